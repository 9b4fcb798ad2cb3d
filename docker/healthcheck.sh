#!/usr/bin/env bash
# Asks a health endpoint and succeeds on 200: healthcheck PORT PATH. Needs bash alone, so the image needs no HTTP client.
set -euo pipefail
(($# == 2)) || {
    echo "usage: healthcheck PORT PATH" >&2
    exit 64
}

exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
IFS= read -r -t 4 status <&3 || status=""
[[ $status == "HTTP/1."?" 200"* ]] || {
    echo "healthcheck: port $1 answered: ${status:-nothing}" >&2
    exit 1
}
