"""The reaper's loop, in real time: it is about clocks, so one database is enough."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from coderclawlink.db.engine import Database, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.engine import reaper
from coderclawlink.gate import reconcile
from coderclawlink.link.protocol import Fence
from coderclawlink.runs.run import State
from tests.engine.test_reaper import at_work, state, unheard_for
from tests.runs.played import NODE, hello

pytestmark = pytest.mark.anyio


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'x.db'}") as opened:
        migrate(opened)
        yield opened


@contextlib.asynccontextmanager
async def reaping(db: Database, lease: float, grace: float) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(reaper.run(db, lease, grace))
        yield
        running.cancel()


async def test_a_hub_that_starts_gives_its_nodes_one_lease_to_come_back(db: Database) -> None:
    lease = 1.5
    run = await db.write(at_work)
    await db.write(unheard_for, 3600.0)  # the hub was away for an hour
    with db.bell.listen("attempt.lost", "node.left") as ear:
        began = asyncio.get_running_loop().time()
        async with reaping(db, lease, 0.0):
            assert await ear.wait(10)
        assert asyncio.get_running_loop().time() - began >= lease
    assert state(db, run.id)[2] == "lost"


async def test_a_node_that_comes_back_in_that_time_keeps_its_runs(db: Database) -> None:
    lease = 1.5
    run = await db.write(at_work)
    await db.write(unheard_for, 3600.0)
    with db.bell.listen("attempt.lost", "node.left") as ear:
        async with reaping(db, lease, 0.0):
            await db.write(reconcile.greet, hello(held=(Fence(run=run.id, attempt=1),)))
            assert not await ear.wait(0.5)
            await db.write(reconcile.beat, NODE, (Fence(run=run.id, attempt=1),), None)
            assert not await ear.wait(1.2)
            assert state(db, run.id)[0] is State.RUNNING
            assert await ear.wait(10)  # now it has gone silent
    assert state(db, run.id)[2] == "lost"
