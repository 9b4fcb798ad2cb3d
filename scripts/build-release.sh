#!/usr/bin/env bash
# Builds the named programs for release, the Swift runtime inside them, and prints where they lie.
set -euo pipefail
cd "$(dirname "$0")/.."

for product in "$@"; do
    swift build --configuration release --static-swift-stdlib --product "$product"
done
echo "built in $(swift build --configuration release --static-swift-stdlib --show-bin-path): $*"
