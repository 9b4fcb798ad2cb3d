#!/usr/bin/env bash
# Makes the documentation of a library (default SLSConsumer) in .build/docs, and fails on the first warning of docc:
# a link that leads nowhere, a parameter without a word. The tool is part of the toolchain.
# scripts/docs.sh [LIBRARY]
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,/^[^#]/s/^# //p' "scripts/${0##*/}" && exit ;; esac

library=${1:-SLSConsumer}
swift build --target "$library"
products=$(swift build --show-bin-path)
graphs=.build/docs/graphs
rm -rf .build/docs
mkdir -p "$graphs"

# The C modules that the library's own modules rest on.
flags=(-Xcc -ISources/CGNU/include)
while read -r map; do flags+=(-Xcc "-fmodule-map-file=$map"); done < <(
    find Sources "$products"/CGNU.build .build/checkouts -name module.modulemap -not -path '*Darwin*')

swift symbolgraph-extract -module-name "$library" -target "$(uname -m)-unknown-linux-gnu" -I "$products/Modules" \
    "${flags[@]}" -minimum-access-level public -output-dir "$graphs"
docc convert "Sources/$library/$library.docc" --additional-symbol-graph-dir "$graphs" --warnings-as-errors \
    --fallback-display-name "$library" --fallback-bundle-identifier "$library" \
    --output-path ".build/docs/$library.doccarchive"
echo "made .build/docs/$library.doccarchive"
