"""The database goes away and comes back: nobody in the hub dies of it, and nothing is passed over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.db.engine import Database, StoreUnavailable, Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.engine import lifecycle, placement, reaper
from coderclawlink.engine.dbos import Durable
from coderclawlink.engine.lifecycle import Lifecycle, Limits
from coderclawlink.events import AttemptEnded, AttemptStarted
from coderclawlink.journal.feed import Feed, Watcher
from coderclawlink.journal.follow import Follower, follow
from coderclawlink.journal.log import Told
from coderclawlink.runs import ledger, recording
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runs.run import State
from tests import postgres as postgres_server
from tests.engine.cable import Cable
from tests.runs.played import NODE, join, said

pytestmark = pytest.mark.anyio


@pytest.fixture
def line(postgres: str) -> Iterator[Cable]:
    with postgres_server.database(postgres) as url, Cable(url) as made:
        yield made


async def until(db: Database, run: Run, *states: State) -> None:
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(StoreUnavailable):
                if (await db.read(ledger.find, run.id)).state in states:
                    return
            await asyncio.sleep(0.05)


async def test_all_loops_and_workflows_go_on_after_the_database_was_away(line: Cable) -> None:
    with open_database(line.url) as db:
        migrate(db)
        durable = Durable(db, "hub", Lifecycle(db).carry)
        await asyncio.to_thread(durable.launch)
        try:
            await everything_goes_on(db, durable, line)
        finally:
            line.mend()
            await asyncio.to_thread(durable.close)


async def everything_goes_on(db: Database, durable: Durable, line: Cable) -> None:
    followed: list[str] = []
    seen: list[str] = []

    async def note(told: Told) -> None:
        followed.append(told.about.run or "")

    def submit(tx: Tx) -> Run:
        return lifecycle.submit(tx, durable, Limits(), OWNER, Wish("a", "Do it", {}, "Do it"))

    feed = Feed(db)
    async with asyncio.TaskGroup() as group:
        loops = [
            group.create_task(feed.run()),
            group.create_task(placement.run(db, 10)),
            group.create_task(reaper.run(db, 15.0, 60.0)),
            group.create_task(follow(db, Follower("f", frozenset({"run.completed"}), note))),
        ]
        await db.write(join, slots=2)
        first = await db.write(submit)
        await db.write(recording.record, NODE, said(first, AttemptStarted()))
        with feed.watch(Watcher(runs={first.id})) as watcher:
            line.cut()
            for _ in range(3):  # all who wait are woken and find no database
                db.bell.ring(["journal", "run.completed", "attempt.offered", f"over:{first.id}"])
                with pytest.raises(StoreUnavailable):
                    await db.write(submit)
                with pytest.raises(StoreUnavailable):
                    await db.read(ledger.find, first.id)
            assert not any(loop.done() for loop in loops)
            line.mend()
            await db.insist(recording.record, NODE, said(first, AttemptEnded(outcome="completed"), first=2))
            await until(db, first, State.COMPLETED)
            second = await db.write(submit)
            await until(db, second, State.PLANNING)
            await db.write(recording.record, NODE, said(second, AttemptStarted(), AttemptEnded(outcome="completed")))
            await until(db, second, State.COMPLETED)
            async with asyncio.timeout(20):
                while "run.completed" not in seen:
                    item = await watcher.queue.get()
                    seen += [item.kind] if isinstance(item, Told) else []
                while followed != [first.id, second.id]:
                    await asyncio.sleep(0.05)
        assert not watcher.behind
        for loop in loops:
            loop.cancel()


async def test_what_is_insisted_on_is_written_when_the_database_is_back(line: Cable) -> None:
    with open_database(line.url) as db:
        migrate(db)
        line.cut()
        async with asyncio.TaskGroup() as group:
            joining = group.create_task(db.insist(join))
            with pytest.raises(StoreUnavailable):
                await db.write(join)
            assert not joining.done()
            line.mend()
            async with asyncio.timeout(10):
                assert await joining == NODE
        line.cut()


async def test_nobody_insists_on_a_database_that_is_closed(line: Cable) -> None:
    db = open_database(line.url)
    db.close()
    with pytest.raises(StoreUnavailable):
        await db.insist(join)
