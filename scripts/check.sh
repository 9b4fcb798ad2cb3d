#!/usr/bin/env bash
# The quick subset before a commit: format, build with every import checked, unit and tidy tests. Needs no network.
# scripts/check.sh [OPTION…]: options of swift test, such as --filter NAME.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,/^[^#]/s/^# //p' "scripts/${0##*/}" && exit ;; esac

swift format lint --strict --recursive Package.swift Sources Tests IntegrationTests docs/examples/swift-consumer
swift build --build-tests --explicit-target-dependency-import-check error
timeout --kill-after=30s 600s swift test --skip-build --disable-xctest --skip IntegrationTests "$@" </dev/null
