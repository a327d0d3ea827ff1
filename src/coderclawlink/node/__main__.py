"""`python -m coderclawlink.node`: the node as a process, as the hub starts it on its own machine."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from coderclawlink.errors import ClawlinkError
from coderclawlink.node.app import NodeRunning, run_node
from coderclawlink.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="clawlink node run", description="Make attempts on this machine.")
    parser.add_argument("--home", type=Path, help="data directory")
    parser.add_argument("--name", default="local", help="the node's name")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        settings = Settings() if given.home is None else Settings(clawlink_home=given.home)
        asyncio.run(run_node(settings, given.name))
    except NodeRunning:
        sys.exit(0)
    except ClawlinkError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
