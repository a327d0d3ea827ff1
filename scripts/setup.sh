#!/bin/sh
# Make the virtual environment, or bring it up to date, from a lock file: setup.sh requirements.lock
set -eu
cd "$(dirname "$0")/.."
lock=$1

python=
for name in python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: Python 3.11 or newer is needed and was not found. On Debian: apt-get install python3" >&2
    exit 1
fi

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    echo "Making the environment in .venv with $($python --version) …"
    rm -rf .venv
    if ! "$python" -m venv .venv 2>/dev/null; then
        # Debian leaves the part of Python that makes environments in a package of its own.
        rm -rf .venv
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "Installing python3-venv …"
            apt-get update -qq && apt-get install -qq -y python3-venv >/dev/null
            "$python" -m venv .venv
        else
            echo "setup: this Python cannot make environments. Install that part: apt-get install python3-venv" >&2
            exit 1
        fi
    fi
fi

echo "Installing what $lock names …"
# Only what is in the lock, and only with the hashes it gives.
install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps "$@"; }
install --require-hashes -r "$lock"
if .venv/bin/python scripts/build_ui.py --needs-node; then
    echo "Installing Node for the build of the web interface, since this machine has none that is new enough …"
    install --require-hashes -r requirements-node.lock
fi
echo "Building the web interface …"
install --no-build-isolation --editable .
