"""Every answer to the port `Wake`: within one process, and between several over PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from coderclawlink.db.wake import Bell, Ear, PostgresBell, Wake

pytestmark = pytest.mark.anyio


@dataclass
class Pair:
    """Where is rung, and where is listened."""

    rung: Wake
    heard: Wake
    url: str | None = None


@pytest.fixture(params=["bell", "postgres, same object", "postgres, two objects"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    if request.param == "bell":
        bell = Bell()
        yield Pair(bell, bell)
        return
    url = request.getfixturevalue("postgres")
    first = PostgresBell(url).start()
    second = PostgresBell(url).start() if "two" in request.param else first
    yield Pair(first, second, url)
    first.close()
    second.close()


async def until_it_rings(pair: Pair, ear: Ear, topic: str) -> None:
    """Ring until it is heard: the other's line to the server may not stand yet."""
    for _ in range(100):
        pair.rung.ring([topic])
        if await ear.wait(0.1):
            return
    pytest.fail("it was not heard")


async def until_quiet(ear: Ear) -> None:
    while await ear.wait(0.2):
        pass


async def test_who_listens_hears_its_topic(pair: Pair) -> None:
    with pair.heard.listen("run:1") as ear:
        await until_it_rings(pair, ear, "run:1")


async def test_who_listens_to_another_topic_hears_nothing(pair: Pair) -> None:
    with pair.heard.listen("run:1") as one, pair.heard.listen("run:2", "x") as two:
        await until_it_rings(pair, one, "run:1")
        await until_quiet(two)
        await until_it_rings(pair, one, "run:1")
        assert not await two.wait(0.1)


async def test_a_ring_before_the_waiting_is_not_lost_and_many_are_one(pair: Pair) -> None:
    with pair.heard.listen("t") as ear:
        await until_it_rings(pair, ear, "t")
        await until_quiet(ear)
        for _ in range(50):
            pair.rung.ring(["t"])
        assert await ear.wait(5)
        await until_quiet(ear)


async def test_names_with_spaces_quotes_stars_and_letters_of_all_kinds_are_topics(pair: Pair) -> None:
    for topic in ('node:my "old" laptop', "node:ноутбук-😀", "*"):
        with pair.heard.listen(topic) as ear, pair.heard.listen("node:my") as other:
            await until_it_rings(pair, ear, topic)
            await until_quiet(other)
            await until_it_rings(pair, ear, topic)
            assert not await other.wait(0.1)


async def test_more_topics_than_fit_into_one_notice_are_heard_too(pair: Pair) -> None:
    with pair.heard.listen("ö" * 60 + "999") as ear:
        await until_it_rings(pair, ear, "ö" * 60 + "999")
        await until_quiet(ear)
        pair.rung.ring([f"{'ö' * 60}{n}" for n in range(1000)])
        assert await ear.wait(5)


async def test_it_may_be_rung_from_any_thread(pair: Pair) -> None:
    with pair.heard.listen("t") as ear:
        await until_it_rings(pair, ear, "t")
        await until_quiet(ear)
        thread = threading.Thread(target=pair.rung.ring, args=(["t"],))
        thread.start()
        assert await ear.wait(5)
        thread.join(5)


async def test_who_has_stopped_listening_is_forgotten_and_a_ring_to_nobody_is_no_error(pair: Pair) -> None:
    with pair.heard.listen("t") as ear:
        await until_it_rings(pair, ear, "t")
    pair.rung.ring(["t"])
    with pair.heard.listen("t") as again:
        await until_it_rings(pair, again, "t")


def test_an_ear_whose_loop_is_gone_stops_no_other() -> None:
    bell = Bell()
    opened = []

    async def listen() -> None:
        opened.append(bell.listen("t"))
        opened[0].__enter__()

    asyncio.run(listen())
    bell.ring(["t"])


async def test_after_a_broken_connection_it_rings_again(pair: Pair) -> None:
    if pair.url is None:
        return  # within one process nothing can break
    with pair.heard.listen("t") as ear:
        await until_it_rings(pair, ear, "t")
        with psycopg.connect(pair.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database() AND query ~ 'LISTEN|pg_notify'"
            )
        await until_quiet(ear)
        pair.rung.ring(["t"])  # once: it is told when the line stands again
        assert await ear.wait(10)


CHILD = """
import sys
from coderclawlink.db.wake import PostgresBell
bell = PostgresBell(sys.argv[1]).start()
for line in sys.stdin:
    bell.ring([line.strip()])
bell.close()
"""


async def test_a_bell_in_one_process_is_heard_in_another(postgres: str) -> None:
    bell = PostgresBell(postgres).start()
    child = subprocess.Popen([sys.executable, "-c", CHILD, postgres], stdin=subprocess.PIPE, text=True)
    assert child.stdin is not None
    try:
        with bell.listen("run:x") as ear:
            async with asyncio.timeout(20):
                while True:
                    child.stdin.write("run:x\n")
                    child.stdin.flush()
                    if await ear.wait(0.2):
                        break
            await until_quiet(ear)
            child.stdin.write("run:x\n")
            child.stdin.close()  # what is rung last is still told
            assert await ear.wait(5)
    finally:
        child.kill()
        child.wait(10)
        bell.close()
