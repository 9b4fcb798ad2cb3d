#!/usr/bin/env bash
# The hostile-input tests under AddressSanitizer with leak detection, in a build folder of their own. Only what these tests
# need is built: Package.swift leaves every other test target out where SLS_ONLY_TESTS names one. About ten minutes.
# scripts/sanitize.sh [OPTION…]: options of swift test, such as --filter NAME.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,/^[^#]/s/^# //p' "scripts/${0##*/}" && exit ;; esac

export SLS_ONLY_TESTS=HostileInputTests
# A small quarantine: what was freed must not look like memory that is still held.
export ASAN_OPTIONS="detect_leaks=1:quarantine_size_mb=16:${ASAN_OPTIONS:-}"
deadline="${SLS_TEST_DEADLINE:-1800s}"
options=(--sanitize=address --scratch-path .build-asan)

swift build "${options[@]}" --product fake-sls
swift build "${options[@]}" --product swift-slsPackageTests
status=0
timeout --kill-after=30s "$deadline" swift test "${options[@]}" --skip-build --disable-xctest "$@" </dev/null || status=$?
if ((status == 124 || status == 137)); then echo "sanitize: stopped: not done after $deadline" >&2; fi
exit "$status"
