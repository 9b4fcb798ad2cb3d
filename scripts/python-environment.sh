#!/usr/bin/env bash
# Makes .venv with the official Python SDK, for the integration tests. Quick when it is already right.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "python-environment: $1" >&2
    exit 1
}

requirements=IntegrationTests/python/requirements.txt
# Debian's own first: others on PATH may be built without what venv needs.
for python in "${PYTHON:-}" /usr/bin/python3 python3; do
    [[ -n $python ]] && command -v "$python" >/dev/null 2>&1 && break
done
version="$("$python" --version 2>/dev/null)" || fail "python3 is missing: install the packages python3 and python3-venv"

# What .venv was made from; another requirement, interpreter or place makes it anew.
stamp="$version $PWD $(cksum <"$requirements")"
if [[ -x .venv/bin/python && "$(cat .venv/stamp 2>/dev/null)" == "$stamp" ]]; then exit 0; fi

echo "python-environment: making .venv ($version)"
rm -rf .venv
"$python" -m venv .venv || fail "$python cannot make a virtual environment: install the package python3-venv"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --retries 5 --requirement "$requirements" ||
    fail "the packages of $requirements could not be installed from PyPI: check the network and the proxy settings"
.venv/bin/python -c 'import aliyun.log' || fail "the SDK was installed but cannot be imported: run make clean, then again"
echo "$stamp" >.venv/stamp
