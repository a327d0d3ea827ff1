"""The hub's own machine as a node: a process of its own, started from here, that outlives the hub.

It holds a lock file while it lives. A hub that starts and finds the lock held leaves that node alone: it is the one that
went on working while the hub was away, and it will dial in by itself. It finds the hub by `hub.json` in the data directory.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

logger = logging.getLogger(__name__)

LOCK_FILE = "node.lock"
HUB_FILE = "hub.json"
LOG_FILE = "node.log"
NAME = "local"
LOOK_SECONDS = 1.0
QUICK_DEATH_SECONDS = 5.0
BACKOFF_SECONDS = (0.0, 1.0, 5.0, 15.0, 60.0)


def announce(home: Path, url: str) -> None:
    """Tell the local node where the hub is. Replaced in one step, so that it is never read half."""
    with tempfile.NamedTemporaryFile("w", dir=home, delete=False, encoding="utf-8") as file:
        json.dump({"url": url, "pid": os.getpid()}, file)
    Path(file.name).replace(home / HUB_FILE)


def is_alive(home: Path) -> bool:
    """Whether a node process holds the lock."""
    with (home / LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


async def supervise(home: Path, environment: Mapping[str, str]) -> None:
    """See to it that a local node lives, for ever. Cancelled, it leaves the node alone."""
    quick_deaths = 0
    while True:
        if is_alive(home):
            await asyncio.sleep(LOOK_SECONDS)
            continue
        await asyncio.sleep(BACKOFF_SECONDS[min(quick_deaths, len(BACKOFF_SECONDS) - 1)])
        began = asyncio.get_running_loop().time()
        code = await _run(home, environment)
        lived = asyncio.get_running_loop().time() - began
        quick_deaths = quick_deaths + 1 if lived < QUICK_DEATH_SECONDS else 0
        logger.warning("the local node has ended with code %s; see %s", code, home / LOG_FILE)


async def _run(home: Path, environment: Mapping[str, str]) -> int:
    with (home / LOG_FILE).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "coderclawlink.node",
            "--home",
            str(home),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(environment),
            start_new_session=True,  # Ctrl-C in the hub's terminal is the hub's affair
        )
    with contextlib.suppress(ProcessLookupError):
        return await process.wait()
    return -1
