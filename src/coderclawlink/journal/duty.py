"""Duties: what one hub of several does for all of them, such as asking a code host. A dead hub's duty is another's within the lease.

    await hold(db, "deliver", deliverer.run)     # for ever: works while the duty is ours, and waits for it else

The row says who holds the duty and until when, by the database's clock; the holder renews it three times a lease, and stops its work before the
lease is over if it cannot. Two never hold one together, as long as a hub's work ends within a third of the lease once it is cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from coderclawlink.db.engine import Database, StoreUnavailable, Tx
from coderclawlink.db.schema import duties
from coderclawlink.ids import new_id

LEASE_SECONDS = 15.0


async def hold(
    db: Database, name: str, work: Callable[[], Awaitable[None]], lease_seconds: float = LEASE_SECONDS
) -> None:
    """Do the work whenever the duty is this hub's, for ever; the work itself never ends either."""
    holder = new_id()
    try:
        while True:
            if not await _claimed(db, name, holder, lease_seconds):
                await asyncio.sleep(lease_seconds / 3)
                continue
            async with asyncio.TaskGroup() as tasks:
                doing = tasks.create_task(_until_cancelled(work))
                await _renew(db, name, holder, lease_seconds)
                doing.cancel()
    finally:
        await asyncio.shield(_left(db, name, holder))


async def _until_cancelled(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def _renew(db: Database, name: str, holder: str, lease_seconds: float) -> None:
    """Until the duty is lost."""
    loop = asyncio.get_running_loop()
    renewed = loop.time()
    while True:
        await asyncio.sleep(lease_seconds / 3)
        if await _claimed(db, name, holder, lease_seconds):
            renewed = loop.time()
        elif loop.time() - renewed > lease_seconds / 2:
            return


async def _claimed(db: Database, name: str, holder: str, lease_seconds: float) -> bool:
    try:
        return await db.write(claim, name, holder, lease_seconds)
    except StoreUnavailable:
        return False


async def _left(db: Database, name: str, holder: str) -> None:
    with contextlib.suppress(StoreUnavailable):
        await db.write(leave, name, holder)


def claim(tx: Tx, name: str, holder: str, lease_seconds: float) -> bool:
    """Take or renew the duty; False while another holds it."""
    now = tx.now()
    row = tx.row(sa.select(duties.c.holder, duties.c.until).where(duties.c.name == name))
    values = {"holder": holder, "until": now + lease_seconds}
    if row is None:
        tx.change(duties.insert().values(name=name, **values))
        return True
    if row["holder"] != holder and row["until"] > now:
        return False
    tx.change(duties.update().where(duties.c.name == name).values(**values))
    return True


def leave(tx: Tx, name: str, holder: str) -> None:
    """Give the duty up, so that the next one need not wait for the end of the lease."""
    tx.change(duties.delete().where(duties.c.name == name, duties.c.holder == holder))
