"""Executors: one slot for each running hub, whose workflows are taken up by the others when it dies; and what the engine forgets.

On PostgreSQL a slot is a session lock: a hub that dies loses its connection, and with it the slot. Another hub finds the slot free,
holds it for a moment, so that no hub takes it meanwhile, and adopts what the dead one had at work. On SQLite there is one hub.

Above: the composition root. Below: the adapter to the durable engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator

import sqlalchemy as sa

from coderclawlink.db.engine import Database
from coderclawlink.engine.dbos import Durable
from coderclawlink.errors import Conflict

logger = logging.getLogger(__name__)

HUBS_AT_MOST = 64
ADOPT_EVERY_SECONDS = 5.0
FORGET_EVERY_SECONDS = 3600.0
REMEMBERED_SECONDS = 7 * 24 * 3600.0
"""How long the engine's rows of a run that has ended are kept. The run itself, and what happened in it, stay."""
_SLOTS = 0x68756273  # "hubs"


class TooManyHubs(Conflict):
    """All slots for hubs on this database are taken."""


@contextlib.contextmanager
def slot(db: Database) -> Iterator[str]:
    """A name for this process that no other running hub has, and that the next process will have after it is gone. Raises
    `TooManyHubs`."""
    if db.dialect == "sqlite":
        yield "hub"
        return
    with db.writing.connect() as connection:
        for number in range(1, HUBS_AT_MOST + 1):
            if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_SLOTS, number))):
                connection.commit()
                try:
                    yield _name(number)
                finally:  # the connection goes back to the pool, and would keep the lock there
                    with contextlib.suppress(sa.exc.OperationalError):
                        connection.scalar(sa.select(sa.func.pg_advisory_unlock(_SLOTS, number)))
                        connection.commit()
                return
    raise TooManyHubs(f"{HUBS_AT_MOST} hubs already run on this database.")


async def run(db: Database, durable: Durable) -> None:
    """Take up what dead hubs left, and forget what ended long ago, for ever."""
    loop = asyncio.get_running_loop()
    forget_at = loop.time() + ADOPT_EVERY_SECONDS
    while True:
        await asyncio.sleep(ADOPT_EVERY_SECONDS)
        try:
            if db.dialect != "sqlite":
                await asyncio.to_thread(adopt, db, durable)
            if loop.time() >= forget_at:
                await asyncio.to_thread(durable.forget_ended, REMEMBERED_SECONDS)
                forget_at = loop.time() + FORGET_EVERY_SECONDS
        except sa.exc.OperationalError as error:
            logger.warning("the engine's tables cannot be reached: %s", error.orig)


def adopt(db: Database, durable: Durable) -> list[str]:
    """Take up the workflows of every hub that is dead; returns their slots. Blocks."""
    with db.writing.connect() as connection, connection.begin():
        numbers = sa.func.generate_series(1, HUBS_AT_MOST).column_valued("number")
        # Held until the end of this transaction: a hub that starts now takes another slot.
        free = connection.scalars(
            sa.select(numbers).where(sa.func.pg_try_advisory_xact_lock(_SLOTS, sa.cast(numbers, sa.Integer)))
        )
        dead = durable.left_by([_name(number) for number in free])
        if dead:
            logger.warning("hubs have died; taking up what they had at work: %s", ", ".join(dead))
            durable.adopt(dead)
        return dead


def _name(number: int) -> str:
    return f"hub-{number}"
