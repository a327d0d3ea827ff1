"""The audit chain is kept for so many days, where that is wanted: what is older goes to a file in the data directory (`cuts`).

Above: `app`, which has one hub of several do it. Below: `cuts`. A chain that does not hold is not cut: what is wrong would leave the database.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import sqlalchemy as sa

from coderclawlink.access import cuts
from coderclawlink.access.cuts import Cut, CutTooLate, Draft
from coderclawlink.access.proof import Broken, Walk
from coderclawlink.access.secrets import KeyMissing, Vault
from coderclawlink.db.engine import Database, Look, StoreUnavailable
from coderclawlink.db.schema import audit as table
from coderclawlink.journal import chain
from coderclawlink.journal.chain import COLUMNS

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0
LOOK_SECONDS = 3600.0
BATCH = 5_000
ROWS_A_FILE = 500_000
ROWS_A_TRANSACTION = 2_000
"""So few that nobody who writes beside it waits for long."""


async def run(db: Database, vault: Vault, folder: Path, days: int) -> None:
    """Cut once a day what is older than so many days, for ever."""
    while True:
        try:
            await keep(db, vault, folder, days)
        except Broken as error:
            logger.error("the audit chain does not hold, and so is not cut: %s", error)
        except (StoreUnavailable, KeyMissing, CutTooLate, OSError) as error:
            logger.warning("the audit chain cannot be cut: %s", error)
        await asyncio.sleep(LOOK_SECONDS)


async def keep(
    db: Database, vault: Vault, folder: Path, days: float, *, rows_a_file: int = ROWS_A_FILE, waits: float = DAY_SECONDS
) -> list[Cut]:
    """Cut what is older than so many days, if the oldest of it is older than that by `waits` seconds. Raises `Broken`, `KeyMissing`,
    `StoreUnavailable`, `CutTooLate`, `OSError`."""
    made: list[Cut] = []
    await _drop(db)  # what a cut stands for that was made before somebody was killed
    until = await db.read(_older, days * DAY_SECONDS, waits)
    while until is not None:
        after, previous = await db.read(cuts.begin)
        if after >= until:
            break
        made.append(await _cut(db, vault, folder, after, previous, min(until, after + rows_a_file)))
        await _drop(db)
    return made


async def _cut(db: Database, vault: Vault, folder: Path, after: int, previous: str, until: int) -> Cut:
    walk = Walk({}, after, previous)
    await asyncio.to_thread(cuts.tidy, folder, after)
    draft = await asyncio.to_thread(Draft, folder)
    with draft:
        while walk.seq < until:
            batch = await db.read(_batch, walk.seq, until)
            if not batch:
                raise Broken(f"Row {walk.seq + 1} is missing.", walk.seq + 1)
            await asyncio.to_thread(walk.go, batch)
            await asyncio.to_thread(draft.add, batch)
        sha256 = await asyncio.to_thread(draft.finish, cuts.file_name(after + 1, until))
    return await db.write(cuts.cut, vault, after + 1, until, str(walk.head), sha256)


async def _drop(db: Database) -> None:
    while await db.write(cuts.drop, ROWS_A_TRANSACTION):
        pass


def _older(look: Look, seconds: float, waits: float) -> int | None:
    """The last row of those that are all older; None where that is not worth a file."""
    line = look.now() - seconds
    oldest = look.scalar(sa.select(table.c.at).order_by(table.c.seq).limit(1))
    if oldest is None or oldest >= line - waits:
        return None
    newer = look.scalar(sa.select(sa.func.min(table.c.seq)).where(table.c.at >= line))
    head, _ = chain.head(look)
    return min(head, head + 1 if newer is None else int(newer)) - 1


def _batch(look: Look, after: int, until: int) -> list[tuple[object, ...]]:
    statement = sa.select(*COLUMNS).where(table.c.seq > after, table.c.seq <= until).order_by(table.c.seq).limit(BATCH)
    return [tuple(row) for row in look.tuples(statement)]
