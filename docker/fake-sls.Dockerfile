# fake-sls: the emulator. HTTP and forward proxy on 10180, HTTPS on 10443; without --data all is in memory.
# From the repository's root: docker build -f docker/fake-sls.Dockerfile -t fake-sls .

FROM swift:6.3-bookworm AS build
WORKDIR /src
COPY . .
RUN docker/build.sh fake-sls /stage

FROM debian:12-slim
COPY --from=build /stage/ /
RUN apt-get update \
    && xargs apt-get install -y --no-install-recommends ca-certificates </usr/local/share/fake-sls/runtime-packages \
    && rm -rf /var/lib/apt/lists/* \
    && ldconfig \
    && useradd --system --uid 10001 --no-create-home fake-sls
USER 10001
EXPOSE 10180 10443
HEALTHCHECK --interval=5s --timeout=5s --start-period=5s CMD ["healthcheck", "10180", "/_fake/healthz"]
# SIGTERM: finish what is in flight, exit.
STOPSIGNAL SIGTERM
ENTRYPOINT ["fake-sls"]
CMD ["--host", "0.0.0.0", "--port", "10180", "--tls-port", "10443"]
