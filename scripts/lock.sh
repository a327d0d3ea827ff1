#!/bin/sh
# Pin everything anew, for all platforms and Pythons, with hashes and without the address it came from.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "lock.sh: uv is needed: pip install uv" >&2; exit 1; }
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
        --extra agent --extra github --extra rego "$@" pyproject.toml
}
compile --group build --output-file requirements.lock
compile --group build --group dev --output-file requirements-dev.lock
uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
    --group pyproject.toml:node --output-file requirements-node.lock
