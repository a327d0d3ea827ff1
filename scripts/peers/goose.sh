#!/bin/sh
# Install the Goose agent, which the tests drive for real, and print the path of its program.
# It goes into ${CLAWLINK_CACHE:-<repository>/.cache}/peers/goose; a second call finds it there. Linux on x86-64 only.
set -eu

version=1.52.0
package=@aaif/goose-binary-linux-x64
cache=${CLAWLINK_CACHE:-$(cd "$(dirname "$0")/../.." && pwd)/.cache}
folder=$cache/peers/goose
program=$folder/node_modules/$package/bin/goose

if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "goose.sh: Goose comes as a package for Linux on x86-64 only; this is $(uname -sm)" >&2
    exit 1
fi
if ! [ -x "$program" ] || [ "$("$program" --version | tr -d ' ')" != "$version" ]; then
    mkdir -p "$folder"
    npm install --prefix "$folder" --no-audit --no-fund --no-package-lock --save-exact "$package@$version" >&2
fi
echo "$program"
