#!/bin/sh
# Install the GitHub that the tests talk to, and print its folder: emulate, a stand-in with a memory, and prism, which holds every request
# to GitHub's own description of its interface (slim.py cuts that down to what we call); beside them GitHub's own examples of webhooks.
# It goes into ${CLAWLINK_CACHE:-<repository>/.cache}/peers/github; a second call finds all there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${CLAWLINK_CACHE:-$(cd "$here/../.." && pwd)/.cache}
folder=$cache/peers/github
packages="emulate@0.12.2 @stoplight/prism-cli@5.16.0 @octokit/webhooks-examples@7.6.1"
description=@octokit/openapi@23.0.2
all="$packages $description $(cksum <"$here/slim.py")"

PATH=$("$here/node.sh"):$PATH
export PATH

if [ "$(cat "$folder/installed" 2>/dev/null)" != "$all" ]; then
    rm -rf "$folder" "$folder.description"
    mkdir -p "$folder" "$folder.description"
    # shellcheck disable=SC2086
    npm install --prefix "$folder" --no-audit --no-fund --no-package-lock --save-exact --loglevel=error $packages >&2
    # 400 MB of many forms, of which one is taken out and cut down.
    npm pack --silent --pack-destination "$folder.description" "$description" >&2
    tar -xzf "$folder.description"/*.tgz -C "$folder.description" package/generated/api.github.com.json
    python3 "$here/slim.py" "$folder.description/package/generated/api.github.com.json" "$folder/github.json"
    rm -rf "$folder.description"
    echo "$all" >"$folder/installed"
fi
echo "$folder"
