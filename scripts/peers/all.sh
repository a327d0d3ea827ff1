#!/bin/sh
# Install all peers of the tests, side by side: most of the time is spent waiting for what is fetched. Fails as soon as one cannot be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/node.sh" >/dev/null # which several of them need
waiting=
for peer in goose github oidc; do
    "$here/$peer.sh" >/dev/null &
    waiting="$waiting $!"
done
for one in $waiting; do
    wait "$one"
done
