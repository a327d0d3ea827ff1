"""Start the OpenHands agent server on a unix socket: `python -I start.py SOCKET`, by the Python that it is installed for.

Above: the driver, which starts this inside an attempt's sandbox. No network leads in there, and a port would be open to
whoever else is on the machine; the socket lies in the agent's HOME, where the server keeps its conversations too.
"""

from __future__ import annotations

import os
import sys
import tempfile

import uvicorn


def main(socket: str) -> None:
    """Serve until killed."""
    os.chdir(os.environ["HOME"])  # below it the socket's path is short enough for the kernel
    if not _is_open("/tmp"):  # noqa: S108
        _hide("tmux")
    uvicorn.run("openhands.agent_server.api:api", uds=socket, ws="wsproto", log_level="warning")


def _is_open(folder: str) -> bool:
    try:
        os.rmdir(tempfile.mkdtemp(dir=folder))
    except OSError:
        return False
    return True


def _hide(program: str) -> None:
    """Let the server do without a program: tmux would want to lay its socket where a sandbox lets nothing be laid."""
    folder = os.path.abspath(".openhands-hidden")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, program), "w") as script:
        script.write("#!/bin/sh\nexit 1\n")
    os.chmod(script.name, 0o700)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"


if __name__ == "__main__":
    main(sys.argv[1])
