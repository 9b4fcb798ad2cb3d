#!/usr/bin/env bash
# Runs a command beside a fake-sls of its own: docs/examples/ci/steps.sh python3 docs/examples/python/example.py
set -euo pipefail

ready="$(mktemp)"
fake-sls --port 0 --ready-file "$ready" >/dev/null &
server=$!
trap 'kill "$server"; rm -f "$ready"' EXIT

for ((try = 0; try < 300; try++)); do
    [[ -s $ready ]] && break
    kill -0 "$server" 2>/dev/null || { echo "fake-sls ended before it was ready" >&2; exit 1; }
    sleep 0.1
done
address="$(sed -n 's/.*"http":"\([^"]*\)".*/\1/p' "$ready")"
[[ -n $address ]] || { echo "fake-sls was not ready in 30 s" >&2; exit 1; }

http_proxy="http://$address" HTTP_PROXY="http://$address" https_proxy="http://$address" "$@"
