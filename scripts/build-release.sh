#!/usr/bin/env bash
# Builds the named programs for release, the Swift runtime inside them, and prints where they lie.
# scripts/build-release.sh PROGRAM…: fake-sls, sls-dispatch.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,/^[^#]/s/^# //p' "scripts/${0##*/}" && exit ;; esac

(($#)) || { echo "build-release: name a program: fake-sls or sls-dispatch" >&2; exit 64; }
for product in "$@"; do
    swift build --configuration release --static-swift-stdlib --product "$product"
done
echo "built in $(swift build --configuration release --static-swift-stdlib --show-bin-path): $*"
