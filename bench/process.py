"""What a process of ours uses, as the kernel counts it. For figures that look at the hub from outside."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

MIB = 1024 * 1024
_TICK = os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """MiB of memory that the process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


async def share_of_a_core(pid: int, during: float) -> float:
    """How much of one core the process takes in so many seconds from now, in percent."""
    before, began = _cpu(pid), time.monotonic()
    await asyncio.sleep(during)
    return (_cpu(pid) - before) / (time.monotonic() - began) * 100


async def settle(pid: int, share: float, at_most: float) -> None:
    """Wait until the process takes less than so much of a core for a second. Raises TimeoutError."""
    async with asyncio.timeout(at_most):
        while await share_of_a_core(pid, 1.0) > share:
            pass


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK
