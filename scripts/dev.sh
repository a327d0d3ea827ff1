#!/bin/sh
# The hub, started anew when a source file changes, behind Vite, which shows at once what changes in ui/. Ctrl-C ends both.
set -eu
cd "$(dirname "$0")/.."
port=${API_PORT:-8000}
.venv/bin/python scripts/build_ui.py
CLAWLINK_HUB=http://127.0.0.1:$port .venv/bin/python scripts/build_ui.py run vite --clearScreen false &
vite=$!
trap 'kill "$vite" 2>/dev/null || true' EXIT INT TERM
.venv/bin/python -m watchfiles --filter python --sigint-timeout 20 ".venv/bin/clawlink serve" src
