#!/usr/bin/env bash
# Builds sls-dispatch and runs its demo: emulator, two dispatchers, a kill, and the table of what arrived.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,/^[^#]/s/^# //p' "scripts/${0##*/}" && exit ;; esac

flags=(--configuration release --static-swift-stdlib)
echo "building sls-dispatch (the first time takes some minutes)"
swift build "${flags[@]}" --product sls-dispatch
exec "$(swift build "${flags[@]}" --show-bin-path)/sls-dispatch" demo
