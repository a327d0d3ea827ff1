"""How times are written for people and other programs, and how long something is waited for. Imports nothing of ours."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime


def rfc3339(at: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, always with `Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """RFC 3339 as seconds since the epoch. Raises ValueError."""
    return datetime.fromisoformat(text).timestamp()


@contextlib.asynccontextmanager
async def timeout(seconds: float | None) -> AsyncIterator[asyncio.Timeout]:
    """`asyncio.timeout`, which raises TimeoutError also in the cleaning up of a task that was cancelled: before Python 3.11.3 (Debian 12 has
    3.11.2) it raises CancelledError there, and what was to be done after the wait is not done."""
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling()
    deadline = asyncio.timeout(seconds)
    try:
        async with deadline:
            yield deadline
    except asyncio.CancelledError:
        if deadline.expired() and task is not None and task.cancelling() <= before:
            raise TimeoutError from None
        raise
