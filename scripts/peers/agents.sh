#!/bin/sh
# Install the agents that `make test-agents` drives for real, each into ${CLAWLINK_CACHE:-<repository>/.cache}/peers/<agent>.
# agents.sh [NAME…] installs those named, without names all. What is there already is left; what cannot be installed is said
# and does not stop the rest. Agents are other people's programs under their own licences; nothing of them is kept here.
set -u

cache=${CLAWLINK_CACHE:-$(cd "$(dirname "$0")/../.." && pwd)/.cache}
peers=$cache/peers
mkdir -p "$peers"

# npm silently takes older packages on an older Node, so that all of them are installed and run by this one.
node=node@24.21.0

npm_install() { # folder package@version
    npm install --prefix "$1" --no-audit --no-fund --no-package-lock --save-exact --loglevel=error "$2"
}

of_npm() { # name package version program
    folder=$peers/$1
    [ "$(cat "$folder/installed" 2>/dev/null)" = "$2@$3" ] && [ -x "$folder/node_modules/.bin/$4" ] && return 0
    echo "Installing $2@$3 …"
    mkdir -p "$folder" && npm_install "$folder" "$2@$3" && [ -x "$folder/node_modules/.bin/$4" ] &&
        echo "$2@$3" >"$folder/installed"
}

of_pypi() { # name package version program
    folder=$peers/$1
    [ "$(cat "$folder/installed" 2>/dev/null)" = "$2@$3" ] && [ -x "$folder/bin/$4" ] && return 0
    python=$(python_312) || {
        echo "$2 needs Python 3.12, which was not found."
        return 1
    }
    echo "Installing $2 $3 with $("$python" --version) …"
    rm -rf "$folder"
    "$python" -m venv "$folder" && "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$2==$3" &&
        [ -x "$folder/bin/$4" ] && echo "$2@$3" >"$folder/installed"
}

python_312() { # the path of a Python 3.12 or newer that can make environments
    for name in python3.12 "$HOME"/.pyenv/versions/3.12*/bin/python python3.13 "$HOME"/.pyenv/versions/3.13*/bin/python python3; do
        if "$name" -c 'import ensurepip, sys, venv; sys.exit(not (3, 12) <= sys.version_info < (3, 14))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    return 1
}

install() {
    case $1 in
    goose) "$(dirname "$0")/goose.sh" >/dev/null ;;
    claude) of_npm claude @agentclientprotocol/claude-agent-acp 0.49.0 claude-agent-acp ;;
    codex) of_npm codex @agentclientprotocol/codex-acp 2.6.0 codex-acp ;;
    copilot) of_npm copilot @github/copilot 1.0.102 copilot ;;
    auggie) of_npm auggie @augmentcode/auggie 0.36.0 auggie ;;
    vibe) of_pypi vibe mistral-vibe 3.0.2 vibe-acp ;;
    gemini) of_npm gemini @google/gemini-cli 0.61.0 gemini ;;
    qwen) of_npm qwen @qwen-code/qwen-code 0.24.4 qwen ;;
    opencode) of_npm opencode opencode-ai 1.18.33 opencode ;;
    openhands) of_pypi openhands openhands-agent-server 1.58.0 agent-server ;;
    *)
        echo "agents.sh knows no agent $1."
        return 1
        ;;
    esac
}

of_npm node "${node%@*}" "${node#*@}" node || echo "agents.sh: Node could not be installed; the one on the PATH is used." >&2
PATH=$peers/node/node_modules/.bin:$PATH
export PATH

for name in "${@:-}"; do
    for each in ${name:-goose claude codex copilot auggie vibe gemini qwen opencode openhands}; do
        if install "$each" >"$peers/$each.log" 2>&1; then
            echo "$each is installed."
        else
            echo "$each could not be installed: $(tail -n 1 "$peers/$each.log")"
        fi
    done
done
