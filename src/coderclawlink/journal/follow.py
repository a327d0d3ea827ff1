"""Followers: readers of the journal with a place of their own, which is kept, so that they miss nothing over a restart.

A follower is a name, the kinds it wants and what it does for one event. It may be asked to do the same event twice (killed
between the doing and the noting of its place), so what it does must be safe to repeat. It is slow, or its outside is
away: its place waits, and nobody else's does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.db.engine import Database, Look, StoreUnavailable, Tx
from coderclawlink.db.schema import followers
from coderclawlink.journal import log
from coderclawlink.journal.log import Told

logger = logging.getLogger(__name__)
RETRY_SECONDS = (1.0, 5.0, 15.0, 60.0)
LOOK_AGAIN_SECONDS = 15.0


@dataclass(frozen=True)
class Follower:
    name: str
    wants: frozenset[str]
    do: Callable[[Told], Awaitable[None]]


def place_of(look: Look, name: str) -> int:
    """The last sequence number that the follower has dealt with; 0 for a new one."""
    return int(look.scalar(sa.select(followers.c.place).where(followers.c.name == name)) or 0)


def note_place(tx: Tx, name: str, place: int) -> None:
    if not tx.change(followers.update().where(followers.c.name == name).values(place=place)):
        tx.change(followers.insert().values(name=name, place=place))


async def follow(db: Database, follower: Follower) -> None:
    """Read on from the follower's place, for ever, also over times when the database is away. Its place is noted once a
    batch."""
    place = await db.insist(place_of, follower.name)
    failures = 0
    with db.bell.listen(*follower.wants) as ear:
        while True:
            try:
                told = await db.read(log.read, place)
            except StoreUnavailable:
                told = []
            if not told:
                await ear.wait(LOOK_AGAIN_SECONDS)
                continue
            try:
                for one in told:
                    if one.kind in follower.wants:
                        await follower.do(one)
                    place = one.seq
                failures = 0
            except Exception:  # the follower loop: one of the three places; a fault in one reader stops no other
                logger.exception("follower %s failed after event %d; it will try again", follower.name, place)
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
            await db.insist(note_place, follower.name, place)
