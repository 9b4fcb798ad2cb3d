#!/usr/bin/env bash
# Kills `fake-sls --data` with SIGKILL again and again under load, every third time with a commit held, and checks after
# each that nothing that was answered is taken back and no write is parted from its sequence id.
# scripts/crash.sh [ROUNDS] [SEED]: default 200 rounds and a fresh seed, which is printed.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,/^[^#]/s/^# //p' "scripts/${0##*/}" && exit ;; esac

rounds=${1:-200}
seed=${2:-$((RANDOM * 32768 + RANDOM))}
for number in "$rounds" "$seed"; do
    [[ $number =~ ^[0-9]+$ ]] || { echo "crash: $number is no number: scripts/crash.sh [ROUNDS] [SEED]" >&2; exit 64; }
done
echo "crash: seed $seed, $rounds rounds"
swift build --build-tests
SLS_CRASH_ROUNDS=$rounds SLS_CRASH_SEED=$seed swift test --skip-build --disable-xctest --filter 'CrashTests'
