"""Followers go on at their place: after failures, restarts and kills they have missed nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import ProjectCreated, ProjectDeleted
from coderclawlink.journal import log
from coderclawlink.journal.follow import Follower, follow, place_of
from coderclawlink.journal.log import Told

pytestmark = pytest.mark.anyio
WANTS = frozenset({"project.created"})


def tell(tx: Tx, *names: str) -> None:
    for name in names:
        log.append(tx, ProjectDeleted(key="other"))
        log.append(tx, ProjectCreated(key="K", name=name))


class Notebook:
    """What a follower did. `until` waits for it."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._news = asyncio.Event()

    async def note(self, told: Told) -> None:
        event = told.event
        assert isinstance(event, ProjectCreated)
        self.names.append(event.name)
        self._news.set()

    async def until(self, *names: str) -> None:
        async with asyncio.timeout(20):
            while self.names != list(names):
                await self._news.wait()
                self._news.clear()


@contextlib.asynccontextmanager
async def following(
    db: Database, do: Callable[[Told], Awaitable[None]], name: str = "f"
) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(follow(db, Follower(name, WANTS, do)))
        yield task
        task.cancel()


async def until_noted(db: Database, place: int, name: str = "f") -> None:
    async with asyncio.timeout(20):
        while await db.read(place_of, name) != place:
            await db.write(lambda tx: None)


async def test_a_follower_does_all_that_it_wants_in_order_and_notes_its_place(db: Database) -> None:
    book = Notebook()
    await db.write(tell, "before")
    async with following(db, book.note):
        await book.until("before")
        await db.write(tell, "live", "and more")
        await book.until("before", "live", "and more")
        await until_noted(db, 6)


async def test_after_a_restart_it_goes_on_at_its_place(db: Database) -> None:
    book = Notebook()
    async with following(db, book.note):
        await db.write(tell, "1")
        await book.until("1")
        await until_noted(db, 2)
    await db.write(tell, "2", "3")
    async with following(db, book.note):
        await book.until("1", "2", "3")


async def test_one_that_is_killed_while_doing_does_it_again_and_misses_nothing(db: Database) -> None:
    began, book = asyncio.Event(), Notebook()

    async def hang_at_two(told: Told) -> None:
        if '"2"' in told.data:
            began.set()
            await asyncio.Event().wait()
        await book.note(told)

    await db.write(tell, "1", "2", "3")
    async with following(db, hang_at_two):
        async with asyncio.timeout(20):
            await began.wait()
    async with following(db, book.note):
        await book.until("1", "1", "2", "3")


async def test_one_that_fails_tries_again_from_where_it_failed_and_stops_no_other(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    book, other, failures = Notebook(), Notebook(), 0

    async def fail_once(told: Told) -> None:
        nonlocal failures
        if '"2"' in told.data and failures == 0:
            failures += 1
            raise ValueError("the outside is away")
        await book.note(told)

    async with following(db, fail_once, "fails"), following(db, other.note, "other"):
        await db.write(tell, "1", "2", "3")
        await other.until("1", "2", "3")
        await book.until("1", "2", "3")
    assert "follower fails failed after event 3" in caplog.text
