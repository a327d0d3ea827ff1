"""Every answer to the port `Post`: over the spool, and on paper. What is told is kept in its order, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from coderclawlink.events import (
    AgentChunk,
    AgentMessage,
    AttemptEnded,
    AttemptEvent,
    AttemptStarted,
    attempt_event,
)
from coderclawlink.link.protocol import Answer, Order, Show, Stop
from coderclawlink.link.redaction import Redactor
from coderclawlink.node.post import SHOWN_AT_MOST, PaperPost, Post, SpooledPost
from coderclawlink.node.spool import Spool

pytestmark = pytest.mark.anyio
KNOWN = {"TOKEN": "a-secret-value"}
ORDER = Order(run="r", attempt=2, agent="a", prompt="p", timeout_seconds=1)


@dataclass
class House:
    """A post, and how to see what went through it."""

    post: Post
    told: Callable[[], list[AttemptEvent]]
    shown: Callable[[], list[AgentChunk]]
    spool: Spool | None = None


@pytest.fixture(params=["spooled", "paper"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "paper":
        paper = PaperPost(ORDER, Redactor(KNOWN))
        yield House(paper, lambda: paper.told, lambda: paper.shown)
        return
    spool = Spool(tmp_path / "node.db")
    spool.take(ORDER)
    sent: list[Show] = []

    def told() -> list[AttemptEvent]:
        spool.flush()
        return [attempt_event.validate_python(entry.event) for entry in spool.unkept(0, 10_000)[1]]

    yield House(
        SpooledPost(ORDER, spool, sent.append, Redactor(KNOWN)),
        told,
        lambda: [AgentChunk.model_validate(word.event) for word in sent],
        spool,
    )
    spool.close()


async def test_what_is_told_is_kept_whole_and_in_its_order(house: House) -> None:
    events: list[AttemptEvent] = [
        AttemptStarted(sandbox="none"),
        *(AgentMessage(text=str(n)) for n in range(300)),
        AttemptEnded(outcome="completed", result="Done."),
    ]
    for event in events:
        house.post.tell(event)
    assert house.told() == events


async def test_what_is_shown_is_not_kept(house: House) -> None:
    house.post.show(AgentChunk(text="he"))
    house.post.tell(AgentMessage(text="hello"))
    house.post.show(AgentChunk(text="llo", thought=True))
    assert house.told() == [AgentMessage(text="hello")]
    assert house.shown() == [AgentChunk(text="he"), AgentChunk(text="llo", thought=True)]


async def test_what_the_hub_says_is_heard_in_its_order(house: House) -> None:
    answer = Answer(run="r", attempt=2, question="q", option="y")
    stop = Stop(run="r", attempt=2, why="cancelled")
    house.post.heard.put_nowait(answer)
    house.post.heard.put_nowait(answer)
    house.post.heard.put_nowait(stop)
    async with asyncio.timeout(5):
        assert [await house.post.heard.get() for _ in range(3)] == [answer, answer, stop]


async def test_it_knows_its_order(house: House) -> None:
    assert house.post.order == ORDER


async def test_what_is_told_of_an_attempt_that_the_hub_gave_up_goes_nowhere_and_is_no_error(house: House) -> None:
    if house.spool is None:
        return  # on paper there is no hub that could give it up
    house.spool.forget("r", 2)
    house.post.tell(AttemptEnded(outcome="cancelled"))
    assert house.told() == []


async def test_half_a_character_and_endless_text_break_no_wire(house: House) -> None:
    house.post.show(AgentChunk(text="\ud83d"))
    house.post.show(AgentChunk(text="x" * (SHOWN_AT_MOST * 2)))
    house.post.tell(AgentMessage(text="\ud83d\x00"))
    if house.spool is not None:  # on paper everything is as it was said
        assert [shown.text[:1] for shown in house.shown()] == ["\ufffd", "x"]
        for shown in house.shown():
            assert len(shown.model_dump_json().encode()) < SHOWN_AT_MOST * 1.1
        assert house.told() == [AgentMessage(text="\ufffd\ufffd")]


async def test_known_secrets_are_neither_kept_nor_shown_also_when_they_come_in_pieces(house: House) -> None:
    for piece in ("It is a-sec", "ret-val", "ue, they say", " a"):
        house.post.show(AgentChunk(text=piece))
    house.post.tell(AgentMessage(text="It is a-secret-value, they say a"))
    house.post.redactor.learn("PIN", "98765432")
    house.post.tell(AttemptEnded(outcome="failed", error="98765432 was wrong"))
    assert "".join(piece.text for piece in house.shown()) == "It is [redacted TOKEN], they say a"
    assert house.told() == [
        AgentMessage(text="It is [redacted TOKEN], they say a"),
        AttemptEnded(outcome="failed", error="[redacted PIN] was wrong"),
    ]
