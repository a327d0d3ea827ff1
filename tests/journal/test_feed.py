"""Eyes on the journal: between what is read and what is live there is no hole and no double, and nobody slow is waited for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator

import pytest

from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import AgentMessage, NodeLeft
from coderclawlink.ids import ProjectId, RunId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.feed import BYTES_AT_MOST, QUEUE_AT_MOST, Feed, Shown, Watcher
from coderclawlink.journal.log import About, Line, Told

pytestmark = pytest.mark.anyio
RUN = About(run=RunId("r"))


def tell(tx: Tx, times: int = 1, about: About = RUN, text: str = "hi") -> None:
    log.append_all(tx, [Line(AgentMessage(text=text), about)] * times)


@contextlib.asynccontextmanager
async def feeding(db: Database) -> AsyncIterator[Feed]:
    feed = Feed(db)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(feed.run())
        probe = Watcher(everything=True)
        with feed.watch(probe):  # the feed reads along once this has been given something
            while probe.queue.empty() and not probe.behind:
                await db.write(tell, about=About(run=RunId("probe")))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await probe.fell_behind.wait()
        yield feed
        running.cancel()


async def test_between_what_is_read_and_what_is_live_there_is_no_hole_and_no_double(db: Database) -> None:
    chance = random.Random(7)  # noqa: S311 - only to come at different moments
    last = 400

    async def write() -> None:
        told = 0
        while told < last:
            times = min(chance.randint(1, 9), last - told)
            await db.write(tell, times)
            told += times

    async def watch(feed: Feed) -> None:
        for _ in range(chance.randint(0, 40)):
            await db.read(log.last_seq)
        seen: list[int] = []
        with feed.watch(Watcher(runs={"r"})) as watcher:
            while batch := await db.read(log.read_about, seen[-1] if seen else 0, runs=["r"], at_most=50):
                seen += [told.seq for told in batch]
            while len(seen) < last:
                item = await watcher.queue.get()
                assert isinstance(item, Told)
                if not seen or item.seq > seen[-1]:
                    seen.append(item.seq)
        begin = seen[0]
        assert seen == list(range(begin, begin + last))

    async with feeding(db) as feed, asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for _ in range(12):
            tasks.create_task(watch(feed))
        tasks.create_task(write())


@pytest.mark.parametrize(("times", "text"), [(QUEUE_AT_MOST + 1, "x"), (9, "x" * (BYTES_AT_MOST // 8))])
async def test_a_watcher_that_does_not_keep_up_is_cut_and_the_others_are_not(
    db: Database, times: int, text: str
) -> None:
    async with feeding(db) as feed, asyncio.timeout(60):
        with feed.watch(Watcher(runs={"r"})) as slow, feed.watch(Watcher(runs={"r"})) as quick:
            got = 0
            for begin in range(0, times, 1000):
                batch = min(1000, times - begin)
                await db.write(tell, batch, text=text)
                for _ in range(batch):
                    await quick.queue.get()
                    got += 1
            await slow.fell_behind.wait()
            assert slow.behind
            assert (got, quick.behind) == (times, False)


async def test_a_piece_for_eyes_only_that_finds_no_room_is_no_hole(db: Database) -> None:
    feed = Feed(db)
    with feed.watch(Watcher(runs={"r"})) as watcher:
        for _ in range(QUEUE_AT_MOST + 10):
            feed.show(RUN, {"kind": "agent.chunk", "text": "x"})
        assert watcher.queue.qsize() == QUEUE_AT_MOST
        assert not watcher.behind
        first = await watcher.queue.get()
        assert isinstance(first, Shown)
        assert first.data["text"] == "x"


async def test_a_watcher_that_comes_before_the_feed_knows_its_place_is_sent_back(db: Database) -> None:
    await db.write(tell)
    feed = Feed(db)
    with feed.watch(Watcher(runs={"r"})) as early:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(feed.run())
            async with asyncio.timeout(10):
                await early.fell_behind.wait()
            running.cancel()
    assert feed.head == 1


def one(kind: str, about: About) -> Told:
    return Told(1, 0.0, kind, about, None, None, json.dumps({"kind": kind}))


@pytest.mark.parametrize(
    ("watcher", "kind", "about", "wanted"),
    [
        (Watcher(runs={"r"}), "agent.message", About(run=RunId("r")), True),
        (Watcher(runs={"r"}), "agent.message", About(run=RunId("s")), False),
        (Watcher(tasks={1}), "agent.message", About(ProjectId(9), TaskId(1), RunId("s")), True),
        (Watcher(projects={9}), "agent.message", About(ProjectId(9), TaskId(1), RunId("s")), True),
        (Watcher(board=True), "agent.message", About(ProjectId(9), TaskId(1), RunId("s")), False),
        (Watcher(board=True), "run.started", About(ProjectId(9), TaskId(1), RunId("s")), True),
        (Watcher(board=True), "node.left", About(), True),
        (Watcher(board=True), "session.created", About(), False),
        (Watcher(everything=True), "session.created", About(), True),
        (Watcher(), "run.started", About(run=RunId("r")), False),
    ],
)
def test_a_watcher_is_given_what_it_asked_for_and_nothing_else(
    watcher: Watcher, kind: str, about: About, wanted: bool
) -> None:
    assert watcher.wants(one(kind, about)) is wanted


async def test_what_happens_while_nobody_watches_is_not_read_and_not_sent_later(db: Database) -> None:
    async with feeding(db) as feed:
        await db.write(tell, 50)
        await db.write(lambda tx: log.append(tx, NodeLeft(node="n", reason="-")))
        head = await db.read(log.last_seq)
        async with asyncio.timeout(20):
            while feed.head < head:
                await db.write(tell, 0)
                await asyncio.sleep(0)
        with feed.watch(Watcher(runs={"r"})) as watcher:
            await db.write(tell, text="new")
            item = await asyncio.wait_for(watcher.queue.get(), 20)
            assert isinstance(item, Told)
            assert '"new"' in item.data
