#!/bin/sh
# Install the provider of identities that the tests sign in at, and print its folder: oidc-provider, which the OpenID Foundation has certified.
# It goes into ${CLAWLINK_CACHE:-<repository>/.cache}/peers/oidc, Node beside it; a second call finds all there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${CLAWLINK_CACHE:-$(cd "$here/../.." && pwd)/.cache}
folder=$cache/peers/oidc
node=node@24.21.0
package=oidc-provider@9.13.3

install() { # folder package
    mkdir -p "$1"
    npm install --prefix "$1" --no-audit --no-fund --no-package-lock --save-exact --loglevel=error "$2" >&2
}

# npm silently takes older packages on an older Node, so that it is installed and run by this one.
if [ "$(cat "$cache/peers/node/installed" 2>/dev/null)" != "$node" ]; then
    install "$cache/peers/node" "$node"
    echo "$node" >"$cache/peers/node/installed"
fi
PATH=$cache/peers/node/node_modules/.bin:$PATH
export PATH

if [ "$(cat "$folder/installed" 2>/dev/null)" != "$package" ]; then
    rm -rf "$folder"
    install "$folder" "$package"
    echo "$package" >"$folder/installed"
fi
echo "$folder"
