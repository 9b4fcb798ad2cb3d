#!/usr/bin/env bash
# Makes .venv with the official Python SDKs, and .venv-2023 with an older release, for the integration tests. Quick when
# both are already right.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,/^[^#]/s/^# //p' "scripts/${0##*/}" && exit ;; esac

fail() {
    echo "python-environment: $1" >&2
    exit 1
}

# Debian's own first: others on PATH may be built without what venv needs.
for python in "${PYTHON:-}" /usr/bin/python3 python3; do
    [[ -n $python ]] && command -v "$python" >/dev/null 2>&1 && break
done
version="$("$python" --version 2>/dev/null)" || fail "python3 is missing: install the packages python3 and python3-venv"

# What an environment was made from; another requirement, interpreter or place makes it anew.
stamp() { echo "$version $PWD $(cksum <"$1")"; }
is_right() { [[ -x $1/bin/python && "$(cat "$1/stamp" 2>/dev/null)" == "$(stamp "$2")" ]]; }

# make FOLDER REQUIREMENTS MODULE...: the packages of a file, in an environment that can import the modules.
make() {
    local folder="$1" requirements="$2" modules
    shift 2
    printf -v modules 'import %s; ' "$@"
    "$python" -m venv --clear "$folder" || fail "$python cannot make a virtual environment: install the package python3-venv"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --retries 5 --requirement "$requirements" 2> \
        >(grep -v "DEPRECATION:" >&2) ||
        fail "the packages of $requirements could not be installed from PyPI: check the network and the proxy settings"
    "$folder/bin/python" -W ignore -c "$modules" ||
        fail "the packages of $requirements were installed but cannot be imported: run make clean, then again"
    stamp "$requirements" >"$folder/stamp"
}

requirements=IntegrationTests/python/requirements.txt
older=IntegrationTests/python/requirements-2023.txt
# Both wait for the network most of the time, so they are made side by side.
pending=()
if ! is_right .venv "$requirements"; then
    echo "python-environment: making .venv ($version)"
    make .venv "$requirements" aliyun.log alibabacloud_sls20201230.client aliyun_log_producer &
    pending+=($!)
fi
if ! is_right .venv-2023 "$older"; then
    echo "python-environment: making .venv-2023 ($version)"
    make .venv-2023 "$older" aliyun.log &
    pending+=($!)
fi
status=0
for process in "${pending[@]}"; do wait "$process" || status=1; done
exit "$status"
