#!/usr/bin/env bash
# Installs the system packages that the build, the programs and the tests need, and only those that are missing.
# Says nothing and changes nothing when all are there. With --build-only, what only the tests need is left out.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,/^[^#]/s/^# //p' "$0" && exit ;; esac

fail() {
    echo "install-dependencies: $1" >&2
    exit 1
}

# The program's name, and what to do about its absence.
require() {
    command -v "$1" >/dev/null 2>&1 || fail "$1 is missing: $2"
}

# What each is for: docs/dependencies.md.
packages=(
    libevent-dev libhttp-parser-dev libcurl4-openssl-dev libssl-dev libsqlite3-dev liblz4-dev libzstd-dev zlib1g-dev
    libyaml-dev pkg-config
    # Swift links with these.
    binutils g++ libc6-dev
)
# Certificates, and the official Python SDK.
for_tests=(ca-certificates openssl python3 python3-venv)
[[ ${1:-} == --build-only ]] || packages+=("${for_tests[@]}")

require git "install the package git"
require swift "install a Swift toolchain of version 6.2 or later from swift.org and put its usr/bin on PATH"

version="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)"
[[ -n $version ]] || fail "swift --version told no version: check the toolchain on PATH ($(command -v swift))"
if ((${version%%.*} < 6 || (${version%%.*} == 6 && ${version##*.} < 2))); then
    fail "Swift $version is too old: install a toolchain of version 6.2 or later from swift.org"
fi

command -v dpkg-query >/dev/null 2>&1 ||
    fail "this is not Debian: install the equivalents of these packages yourself: ${packages[*]}"

missing=()
for package in "${packages[@]}"; do
    # An unknown package makes dpkg-query fail; that is one that is missing.
    status="$(dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null || true)"
    grep -qx installed <<<"$status" || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null 2>&1 ||
        fail "root is needed: run as root, or install sudo, or have an administrator install: ${missing[*]}"
    # Under CI nobody can type a password.
    if [[ -n ${CI:-} ]]; then as_root=(sudo -n); else as_root=(sudo); fi
fi

echo "install-dependencies: installing ${missing[*]}"
"${as_root[@]}" apt-get -q update || fail "apt-get update failed: check the network and /etc/apt/sources.list"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${missing[@]}" ||
    fail "apt-get install failed; missing are: ${missing[*]}"
