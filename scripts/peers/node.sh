#!/bin/sh
# Install the Node that the tests' peers are installed and run by, and print the folder of its programs: npm silently takes older packages on
# an older Node. It goes into ${CLAWLINK_CACHE:-<repository>/.cache}/peers/node; a second call finds it there.
set -eu

node=node@24.21.0
folder=${CLAWLINK_CACHE:-$(cd "$(dirname "$0")/../.." && pwd)/.cache}/peers/node
if [ "$(cat "$folder/installed" 2>/dev/null)" != "$node" ]; then
    mkdir -p "$folder"
    npm install --prefix "$folder" --no-audit --no-fund --no-package-lock --save-exact --loglevel=error "$node" >&2
    echo "$node" >"$folder/installed"
fi
echo "$folder/node_modules/.bin"
