"""The node's memory: what was told is there after any kill, numbered without a gap, until the hub has it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderclawlink.events import AgentLog, AgentMessage, AgentTool, ArtifactKept, AttemptEnded, AttemptEvent, FileChange
from coderclawlink.link.protocol import AgentOffer, Fence, Order, storable
from coderclawlink.node.spool import ENTRY_AT_MOST, SENT_AT_MOST, Spool

pytestmark = pytest.mark.anyio


def order(run: str = "r", attempt: int = 1) -> Order:
    return Order(run=run, attempt=attempt, agent="a", prompt="p", timeout_seconds=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node" / "node.db"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    made = Spool(path)
    yield made
    made.close()


def words(spool: Spool, after: int = 0) -> list[tuple[str, int, int, str]]:
    _, entries = spool.unkept(after)
    return [(one.run, one.attempt, one.n, str(one.event.get("text", one.event["kind"]))) for one in entries]


async def test_what_is_told_is_numbered_within_its_attempt_and_sent_in_one_order(spool: Spool) -> None:
    spool.take(order("a"))
    spool.take(order("b", 3))
    spool.add("a", 1, AgentMessage(text="1"))
    spool.add("b", 3, AgentMessage(text="2"))
    spool.add("a", 1, AgentMessage(text="3"))
    spool.flush()
    assert words(spool) == [("a", 1, 1, "1"), ("b", 3, 1, "2"), ("a", 1, 2, "3")]
    place, first = spool.unkept(0, at_most=1)
    assert [one.n for one in first] == [1]
    assert [text for *_, text in words(spool, place)] == ["2", "3"]


async def test_what_is_told_rings_by_itself_within_moments_and_an_end_at_once(spool: Spool) -> None:
    spool.take(order())
    spool.add("r", 1, AgentMessage(text="1"))
    assert words(spool) == []
    async with asyncio.timeout(5):
        await spool.news.wait()
    assert words(spool) == [("r", 1, 1, "1")]
    spool.news.clear()
    spool.add("r", 1, AttemptEnded(outcome="completed"))
    assert spool.news.is_set()
    assert len(words(spool)) == 2


async def test_an_order_is_taken_once(spool: Spool) -> None:
    assert spool.take(order())
    assert not spool.take(order())
    assert spool.take(order(attempt=2))


async def test_the_node_forgets_what_the_hub_has_kept_and_the_attempt_with_its_last_word(spool: Spool) -> None:
    spool.take(order())
    for text in "123":
        spool.add("r", 1, AgentMessage(text=text))
    spool.flush()
    spool.kept("r", 1, 2)
    assert words(spool) == [("r", 1, 3, "3")]
    spool.kept("r", 1, 1)  # an older one comes late
    spool.add("r", 1, AttemptEnded(outcome="completed"))
    assert list(spool.unfinished()) == []
    spool.kept("r", 1, 3)
    assert spool.held() == [Fence(run="r", attempt=1)]
    spool.kept("r", 1, 4)
    assert spool.held() == []
    assert spool.take(order())


async def test_what_the_hub_gave_up_is_forgotten_also_what_is_not_written_yet(spool: Spool) -> None:
    spool.take(order())
    spool.take(order("other"))
    spool.add("r", 1, AgentMessage(text="1"))
    spool.add("other", 1, AgentMessage(text="2"))
    spool.forget("r", 1)
    spool.flush()
    assert words(spool) == [("other", 1, 1, "2")]
    assert not spool.holds("r", 1)
    spool.kept("r", 1, 7)  # and words about it do no harm


async def test_after_a_restart_it_knows_what_it_held_said_and_had_not_ended(path: Path) -> None:
    first = Spool(path)
    for run in ("goes-on", "ended", "silent"):
        first.take(order(run))
    first.add("goes-on", 1, AgentMessage(text="1"))
    first.add("ended", 1, AttemptEnded(outcome="failed"))
    first.remember_offers((AgentOffer(name="z", available=False, why="no key"), AgentOffer(name="a", available=True)))
    first.close()
    again = Spool(path)
    try:
        assert {fence.run for fence in again.held()} == {"goes-on", "ended", "silent"}
        assert {one.run for one in again.unfinished()} == {"goes-on", "silent"}
        again.add("goes-on", 1, AgentMessage(text="2"))
        again.flush()
        assert ("goes-on", 1, 2, "2") in words(again)
        assert [offer.name for offer in again.offers()] == ["a", "z"]
    finally:
        again.close()


CHILD = """
import asyncio, sys
from pathlib import Path
from coderclawlink.events import AgentMessage
from coderclawlink.link.protocol import Order
from coderclawlink.node.spool import Spool
async def main():
    spool = Spool(Path(sys.argv[1]))
    spool.take(Order(run="r", attempt=1, agent="a", prompt="p", timeout_seconds=1))
    for n in range(1_000_000):
        spool.add("r", 1, AgentMessage(text=str(n)))
        if n % 50 == 0:
            await spool.news.wait()
            spool.news.clear()
            print(n, flush=True)
asyncio.run(main())
"""


async def test_a_node_that_is_killed_has_all_that_it_had_told_of_as_written_and_no_gap(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD, path], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    written = 0
    for line in child.stdout:
        written = int(line)
        if written >= 500:
            break
    child.kill()
    rest, _ = child.communicate(timeout=10)
    written = max([written, *map(int, rest.split())])
    spool = Spool(path)
    try:
        place, seen = 0, list[int]()
        while (found := spool.unkept(place))[1]:
            place, entries = found
            assert [int(entry.event["text"]) for entry in entries] == [entry.n - 1 for entry in entries]
            seen += [entry.n for entry in entries]
        assert seen == list(range(1, len(seen) + 1))
        assert len(seen) > written
        spool.add("r", 1, AgentMessage(text="again"))
        spool.flush()
        assert [entry.n for entry in spool.unkept(place)[1]] == [len(seen) + 1]
    finally:
        spool.close()


@pytest.mark.parametrize("text", ["\ud83d", "\x00", "a\udfffb\x00c", "😀", "\u2028", "\\u0000"])
async def test_what_is_no_text_is_kept_as_text_and_takes_one_number(spool: Spool, text: str) -> None:
    """A program that streams may cut a character in two."""
    spool.take(order())
    spool.add("r", 1, AgentMessage(text=text))
    spool.add("r", 1, AgentMessage(text="next"))
    spool.flush()
    _, (first, second) = spool.unkept(0)
    assert (first.n, second.n) == (1, 2)
    first.model_dump_json().encode()
    assert first.event["text"] == storable(text, 100)
    if text in ("😀", "\u2028", "\\u0000"):
        assert first.event["text"] == text


async def test_long_entries_are_sent_in_words_that_a_wire_takes(spool: Spool) -> None:
    spool.take(order())
    for n in range(7):
        spool.add("r", 1, AgentMessage(text=str(n) * (SENT_AT_MOST // 3)))
    spool.flush()
    place, sent = 0, list[int]()
    while (found := spool.unkept(place))[1]:
        place, entries = found
        assert sum(len(entry.model_dump_json()) for entry in entries) <= SENT_AT_MOST * 1.1
        sent += [entry.n for entry in entries]
    assert sent == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "event",
    [
        AgentMessage(text="é" * (ENTRY_AT_MOST * 2)),
        ArtifactKept(name="diff", size=3, text='"\n' * ENTRY_AT_MOST),
        AgentTool(
            id="t",
            input="x" * ENTRY_AT_MOST,
            output="y" * ENTRY_AT_MOST,
            changes=(FileChange(path="p", old="z" * ENTRY_AT_MOST, new="w" * ENTRY_AT_MOST),),
        ),
        AttemptEnded(outcome="completed", result="\ud800" * ENTRY_AT_MOST),
    ],
    ids=["message", "artifact", "tool", "end"],
)
async def test_what_is_too_long_is_shortened_and_stays_what_it_is(spool: Spool, event: AttemptEvent) -> None:
    spool.take(order())
    spool.add("r", 1, event)
    spool.flush()
    _, (entry,) = spool.unkept(0)
    assert len(entry.model_dump_json().encode()) <= ENTRY_AT_MOST * 1.1
    told = type(event).model_validate(entry.event)
    assert told.kind == event.kind
    assert "left out" in json.dumps(entry.event)


async def test_what_is_too_long_in_too_many_pieces_becomes_a_line_of_the_log(spool: Spool) -> None:
    spool.take(order())
    pieces = tuple(FileChange(path=str(n), new="x" * 50) for n in range(ENTRY_AT_MOST // 50))
    spool.add("r", 1, AgentTool(id="t", changes=pieces))
    spool.flush()
    _, (entry,) = spool.unkept(0)
    assert AgentLog.model_validate(entry.event).text == "The agent said something too long to keep: agent.tool."


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(codec=None), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(json_like)
def test_anything_like_json_becomes_json_that_every_database_keeps(value: object) -> None:
    text = json.dumps(storable(value, 1000), ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text
    assert storable(json.loads(text), 1000) == json.loads(text)
