# sls-dispatch: the dispatcher. Set the variables of README.md; health and metrics on 9000.
# From the repository's root: docker build -f docker/sls-dispatch.Dockerfile -t sls-dispatch .

FROM swift:6.3-bookworm AS build
WORKDIR /src
COPY . .
RUN docker/build.sh sls-dispatch /stage

FROM debian:12-slim
COPY --from=build /stage/ /
RUN apt-get update \
    && xargs apt-get install -y --no-install-recommends ca-certificates </usr/local/share/sls-dispatch/runtime-packages \
    && rm -rf /var/lib/apt/lists/* \
    && ldconfig \
    && useradd --system --uid 10001 --no-create-home sls-dispatch
USER 10001
EXPOSE 9000
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["healthcheck", "9000", "/healthz"]
# SIGTERM: finish what is in flight, exit.
STOPSIGNAL SIGTERM
ENTRYPOINT ["sls-dispatch"]
CMD ["run", "--admin", "0.0.0.0:9000"]
