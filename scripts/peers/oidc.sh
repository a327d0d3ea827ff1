#!/bin/sh
# Install the provider of identities that the tests sign in at, and print its folder: oidc-provider, which the OpenID Foundation has certified.
# It goes into ${CLAWLINK_CACHE:-<repository>/.cache}/peers/oidc; a second call finds all there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${CLAWLINK_CACHE:-$(cd "$here/../.." && pwd)/.cache}
folder=$cache/peers/oidc
package=oidc-provider@9.13.3

PATH=$("$here/node.sh"):$PATH
export PATH

if [ "$(cat "$folder/installed" 2>/dev/null)" != "$package" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    npm install --prefix "$folder" --no-audit --no-fund --no-package-lock --save-exact --loglevel=error "$package" >&2
    echo "$package" >"$folder/installed"
fi
echo "$folder"
