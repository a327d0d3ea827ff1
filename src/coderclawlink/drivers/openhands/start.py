"""Start the OpenHands agent server on a unix socket: `python -I start.py SOCKET`, by the Python that it is installed for.

Above: the driver, which starts this inside an attempt's sandbox. No network leads in there, and a port would be open to
whoever else is on the machine; the socket lies in the agent's HOME, where the server keeps its conversations too.
"""

from __future__ import annotations

import os
import sys

import uvicorn


def main(socket: str) -> None:
    """Serve until killed. A path below HOME, because the kernel takes no long ones."""
    os.chdir(os.environ["HOME"])
    uvicorn.run("openhands.agent_server.api:api", uds=socket, ws="wsproto", log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1])
