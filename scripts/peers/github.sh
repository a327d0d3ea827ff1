#!/bin/sh
# Install the GitHub that the tests talk to, and print its folder: emulate, a stand-in with a memory, and prism, which holds every request
# to GitHub's own description of its interface (slim.py cuts that down to what we call); beside them GitHub's own examples of webhooks.
# It goes into ${CLAWLINK_CACHE:-<repository>/.cache}/peers/github, Node beside it; a second call finds all there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${CLAWLINK_CACHE:-$(cd "$here/../.." && pwd)/.cache}
folder=$cache/peers/github
node=node@24.21.0
packages="emulate@0.12.2 @stoplight/prism-cli@5.16.0 @octokit/webhooks-examples@7.6.1"
description=@octokit/openapi@23.0.2
all="$packages $description $(cksum <"$here/slim.py")"

install() { # folder package…
    prefix=$1
    shift
    mkdir -p "$prefix"
    npm install --prefix "$prefix" --no-audit --no-fund --no-package-lock --save-exact --loglevel=error "$@" >&2
}

# npm silently takes older packages on an older Node, so that all of them are installed and run by this one.
if [ "$(cat "$cache/peers/node/installed" 2>/dev/null)" != "$node" ]; then
    install "$cache/peers/node" "$node"
    echo "$node" >"$cache/peers/node/installed"
fi
PATH=$cache/peers/node/node_modules/.bin:$PATH
export PATH

if [ "$(cat "$folder/installed" 2>/dev/null)" != "$all" ]; then
    rm -rf "$folder" "$folder.description"
    # shellcheck disable=SC2086
    install "$folder" $packages
    install "$folder.description" "$description" # 400 MB of many forms, of which one is cut down and the rest thrown away
    python3 "$here/slim.py" "$folder.description/node_modules/@octokit/openapi/generated/api.github.com.json" "$folder/github.json"
    rm -rf "$folder.description"
    echo "$all" >"$folder/installed"
fi
echo "$folder"
