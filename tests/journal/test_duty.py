"""One hub of several does what is done once for all: never two of them, and never for long nobody."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from coderclawlink.db.engine import Database, Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.db.schema import duties
from coderclawlink.journal import duty

pytestmark = pytest.mark.anyio
LEASE = 2.0
"""Seconds."""

CHILD = """
import asyncio, sys
from coderclawlink.db.engine import open_database
from coderclawlink.journal import duty

async def work():
    print("working", flush=True)
    await asyncio.Event().wait()

with open_database(sys.argv[1]) as db:
    asyncio.run(duty.hold(db, "d", work, float(sys.argv[2])))
"""


class Site:
    """Where hubs work. `most`: so many were there at once."""

    def __init__(self) -> None:
        self.here: list[str] = []
        self.most = 0
        self.begun: list[str] = []
        self._news = asyncio.Event()

    async def work(self, hub: str) -> None:
        self.here.append(hub)
        self.begun.append(hub)
        self.most = max(self.most, len(self.here))
        self._news.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.here.remove(hub)
            self._news.set()

    async def until_begun(self, times: int) -> str:
        """Who began as the nth."""
        async with asyncio.timeout(20):
            while len(self.begun) < times:
                self._news.clear()
                await self._news.wait()
        return self.begun[times - 1]

    async def until_nobody(self) -> None:
        async with asyncio.timeout(20):
            while self.here:
                self._news.clear()
                await self._news.wait()


@contextlib.asynccontextmanager
async def hubs(db: Database, site: Site, *names: str) -> AsyncIterator[dict[str, asyncio.Task[None]]]:
    async with asyncio.TaskGroup() as tasks:
        made = {name: tasks.create_task(_hub(db, site, name)) for name in names}
        yield made
        for task in made.values():
            task.cancel()


async def _hub(db: Database, site: Site, name: str) -> None:
    await duty.hold(db, "d", lambda: site.work(name), LEASE)


def hand_to(tx: Tx, holder: str, seconds: float) -> None:
    tx.change(duties.update().values(holder=holder, until=tx.now() + seconds))


async def test_of_three_hubs_one_works_and_when_it_goes_another_does(db: Database) -> None:
    site = Site()
    async with hubs(db, site, "a", "b", "c") as running:
        for times in (1, 2, 3):
            running[await site.until_begun(times)].cancel()
    assert sorted(site.begun) == ["a", "b", "c"]
    assert site.most == 1


async def test_a_holder_keeps_its_duty_beyond_its_first_lease(db: Database) -> None:
    site = Site()
    async with hubs(db, site, "a", "b") as running:
        first = await site.until_begun(1)
        first_lease_ends = await db.read(lambda look: look.scalar(sa.select(duties.c.until)))
        async with asyncio.timeout(20):
            while await db.read(lambda look: look.now()) < first_lease_ends + LEASE / 2:
                await asyncio.sleep(LEASE / 10)  # time itself is what is waited for
        assert site.begun == site.here == [first]
        assert not running[first].done()


async def test_one_that_has_lost_its_duty_ends_its_work(db: Database) -> None:
    site = Site()
    async with hubs(db, site, "a"):
        await site.until_begun(1)
        await db.write(hand_to, "somebody else", 3 * LEASE)
        await site.until_nobody()
        assert await db.write(duty.claim, "d", "somebody else", 0.0)  # theirs it was all along, and now they let go
        await site.until_begun(2)


async def test_duties_of_other_names_are_others(db: Database) -> None:
    assert await db.write(duty.claim, "d", "a", 60.0)
    assert not await db.write(duty.claim, "d", "b", 60.0)
    assert await db.write(duty.claim, "e", "b", 60.0)
    await db.write(duty.leave, "d", "b")
    assert not await db.write(duty.claim, "d", "b", 60.0), "nobody gives up what is another's"
    await db.write(duty.leave, "d", "a")
    assert await db.write(duty.claim, "d", "b", 60.0)
    for name, holder in (("d", "b"), ("e", "b")):
        await db.write(duty.leave, name, holder)


async def test_a_killed_hubs_duty_is_taken_within_its_lease(store_url: str) -> None:
    with open_database(store_url) as db:
        await asyncio.to_thread(migrate, db)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CHILD, store_url, str(LEASE)), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        async with asyncio.timeout(60):
            assert await process.stdout.readline() == b"working\n"
        begun = asyncio.Event()

        async def work() -> None:
            begun.set()
            await asyncio.Event().wait()

        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            holding = tasks.create_task(duty.hold(db, "d", work, LEASE))
            await asyncio.sleep(LEASE / 2)  # long enough to ask for it in vain
            assert not begun.is_set()
            os.kill(process.pid, signal.SIGKILL)
            killed_at = loop.time()
            await process.wait()
            async with asyncio.timeout(20):
                await begun.wait()
            took = loop.time() - killed_at
            holding.cancel()
    print(f"taken over after {took:.2f} s of a lease of {LEASE:.0f} s")
    assert took < LEASE * 1.6  # what is left of the lease, and until it is asked for again
