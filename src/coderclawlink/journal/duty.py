"""Duties: what one hub of several does for all of them, such as asking a code host. A dead hub's duty is another's within the lease.

    await hold(db, "deliver", deliverer.run)     # for ever: works while the duty is ours, and waits for it else

The row says who holds the duty and until when, by the database's clock. The holder renews it several times a lease, and ends its work after two
thirds of one in which it could not, however the database failed: so two never work together, as long as work ends within the last third.
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
    db: Database,
    name: str,
    work: Callable[[], Awaitable[None]],
    lease_seconds: float = LEASE_SECONDS,
    *,
    holder: str | None = None,
) -> None:
    """Do the work whenever the duty is this hub's, for ever; the work itself never ends either. `holder`: a name that no other running
    hub has; one that is the next hub's after this one is gone lets that one begin at once. None: a new one."""
    holder = holder or new_id()
    loop = asyncio.get_running_loop()
    try:
        while True:
            asked_at = loop.time()
            if not await _claimed(db, name, holder, lease_seconds):
                await asyncio.sleep(lease_seconds / 3)
                continue
            async with asyncio.TaskGroup() as tasks:
                doing = tasks.create_task(_do(work))
                await _renew(db, name, holder, lease_seconds, asked_at)
                doing.cancel()
    finally:
        await asyncio.shield(_left(db, name, holder))


async def _do(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def _renew(db: Database, name: str, holder: str, lease_seconds: float, asked_at: float) -> None:
    """Until the duty is another's, or two thirds of the lease are over: what was asked for at a time lasts at least a lease from then."""
    loop = asyncio.get_running_loop()
    patience = lease_seconds * 2 / 3
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(asked_at + patience) as deadline:
            renewed: bool | None = True
            while renewed is not False:
                await asyncio.sleep(lease_seconds / 6)
                asked_at = loop.time()
                renewed = await _claimed(db, name, holder, lease_seconds)
                if renewed:
                    deadline.reschedule(asked_at + patience)


async def _claimed(db: Database, name: str, holder: str, lease_seconds: float) -> bool | None:
    """None: the database does not answer."""
    try:
        return await db.write(claim, name, holder, lease_seconds)
    except StoreUnavailable:
        return None


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
