"""Who listens to a run for long: whether it still may is looked at whenever somebody's right is taken away, and now and then.

Above: the contract's `stream`. Below: the bell, and whoever can say who asks (`web.signing_in`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from coderclawlink.access.policy import Actor
from coderclawlink.db.wake import Ear
from coderclawlink.journal.feed import Shown, Watcher
from coderclawlink.journal.log import Told

LOOK_AGAIN_SECONDS = 5.0
Who = Callable[[], Awaitable[Actor]]
"""Says who listens as of now; raises `NotSignedIn` for nobody any more."""


class OtherRights(Exception):
    """Who listens may something else by now than what it was let in by; it may come back, and is answered by what it may now."""


class Listener:
    """One who was let in as `actor`. `ear`: hears of rights that are taken away."""

    def __init__(self, actor: Actor, ear: Ear, who: Who | None) -> None:
        self._actor = actor
        self._ear = ear
        self._who = who
        self._looks_at = 0.0

    async def was_looked_at(self) -> bool:
        """Look, if it is time to: True then. Raises `OtherRights`, and what `who` raises. Asked before each word that is told."""
        is_time = time.monotonic() >= self._looks_at
        if not (self._ear.was_rung() or is_time):
            return False
        self._looks_at = time.monotonic() + LOOK_AGAIN_SECONDS
        if self._who is not None and await self._who() != self._actor:
            raise OtherRights
        return True

    async def next_of(self, watcher: Watcher) -> Told | Shown | None:
        """What comes next; None: nothing for a while, or it is time to look."""
        if self._ear.is_rung:
            return None
        with contextlib.suppress(asyncio.QueueEmpty):
            return watcher.queue.get_nowait()
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(watcher.queue.get())
            both = [telling, group.create_task(self._ear.rung())]
            done, late = await asyncio.wait(both, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in late:
                task.cancel()
        return telling.result() if telling in done else None
