#!/usr/bin/env bash
# The build steps of an image: builds one program and stages what its last stage copies.
#
#   docker/build.sh PRODUCT STAGE               installs build packages, builds for release, stages
#   docker/build.sh --from FOLDER PRODUCT STAGE stages from a folder that holds the built program already
#
# STAGE then holds
#   usr/local/bin/PRODUCT, usr/local/bin/healthcheck
#   usr/local/lib/               Swift's runtime libraries, if the program was not linked with them inside
#   usr/local/share/PRODUCT/runtime-packages   the Debian packages that hold the other libraries, one a line
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "docker/build.sh: $1" >&2
    exit 1
}

# The Debian package that a library belongs to; nothing if none does. A path may be registered with or without /usr.
package_of() {
    local path real
    real="$(realpath "$1")"
    for path in "$1" "$real" "${real#/usr}" "/usr$1"; do
        if dpkg-query -S "$path" 2>/dev/null | sed -n 's/^\([^:,]*\)[:,].*/\1/p' | head -n 1 | grep .; then return; fi
    done
}

binaries=""
if [[ ${1:-} == --from ]]; then
    (($# == 4)) || fail "usage: docker/build.sh --from FOLDER PRODUCT STAGE"
    binaries="$2"
    shift 2
fi
(($# == 2)) || fail "usage: docker/build.sh [--from FOLDER] PRODUCT STAGE"
product="$1"
stage="$2"

if [[ -z $binaries ]]; then
    scripts/install-dependencies.sh --build-only
    scripts/build-release.sh "$product"
    binaries="$(swift build --configuration release --static-swift-stdlib --show-bin-path)"
fi
[[ -x $binaries/$product ]] || fail "$binaries holds no program $product"

share="$stage/usr/local/share/$product"
mkdir -p "$stage/usr/local/bin" "$stage/usr/local/lib" "$share"
install -m 0755 "$binaries/$product" "$stage/usr/local/bin/$product"
install -m 0755 docker/healthcheck.sh "$stage/usr/local/bin/healthcheck"

libraries="$(ldd "$binaries/$product")"
if grep -q 'not found' <<<"$libraries"; then fail "$product lacks libraries: $(grep 'not found' <<<"$libraries")"; fi
: >"$share/runtime-packages"
while read -r library; do
    package="$(package_of "$library" || true)"
    if [[ -n $package ]]; then
        echo "$package" >>"$share/runtime-packages"
    elif [[ $library == */usr/lib/swift/linux/* ]]; then
        install -m 0644 "$library" "$stage/usr/local/lib/"
    else
        fail "$library, which $product needs, belongs to no Debian package"
    fi
done < <(sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' <<<"$libraries")
sort -u -o "$share/runtime-packages" "$share/runtime-packages"
echo "staged $product in $stage; runtime packages: $(tr '\n' ' ' <"$share/runtime-packages")"
