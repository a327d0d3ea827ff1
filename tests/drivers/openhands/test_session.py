"""What a session makes of what a server tells, in moments that the real one is seldom in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from coderclawlink.configuration import Mode
from coderclawlink.drivers.acp.permissions import Permissions
from coderclawlink.drivers.acp.told import Told
from coderclawlink.drivers.base import Ground, Said, TurnEnded
from coderclawlink.drivers.openhands.session import STOPPED, OpenHandsSession, Patience
from coderclawlink.events import AgentMessage, AgentTool, PermissionDecided, QuestionAsked
from coderclawlink.rules import Rule
from tests.drivers.openhands.played import PlayedServer

pytestmark = pytest.mark.anyio
Opened = Callable[..., AbstractAsyncContextManager[OpenHandsSession]]


@pytest.fixture
def server() -> PlayedServer:
    return PlayedServer()


@pytest.fixture
def opened(server: PlayedServer, ground: Ground) -> Opened:
    @asynccontextmanager
    async def open(mode: Mode = "ask", *rules: Rule) -> AsyncIterator[OpenHandsSession]:
        session = OpenHandsSession(
            server,
            "id",
            ground,
            str(ground.workspace),
            Permissions(mode, rules),
            Told(),
            asks=True,
            version=None,
            resumed=False,
            patience=Patience(cancel=0.2, interrupt=0.5),
        )
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            await session.attach(tasks)
            try:
                yield session
            finally:
                await session.close()

    return open


async def taken(turn: AsyncIterator[Said], kind: type[Said]) -> Said:
    """What comes up to and with the first of this kind."""
    async for said in turn:
        if isinstance(said, kind):
            return said
    raise AssertionError


async def test_what_came_before_the_turn_does_not_end_it(server: PlayedServer, opened: Opened) -> None:
    async with opened() as session:
        server.state = "finished"
        turn = session.turn("go")
        server.tell_state("finished")  # of the run before
        waiting = asyncio.ensure_future(anext(turn))
        await server.until(lambda: bool(server.asked))
        server.tell("MessageEvent", source="agent", llm_message={"content": [{"type": "text", "text": "Now."}]})
        server.tell_state("finished")
        assert await waiting == AgentMessage(text="Now.")
        assert await anext(turn) == TurnEnded("end_turn", result="Now.")


async def test_one_no_refuses_all_that_waits_together(server: PlayedServer, opened: Opened) -> None:
    async with opened() as session:
        server.then = [
            lambda: server.act("first", "c1"),
            lambda: server.act("second", "c2"),
            lambda: server.act("third", "c3"),
            lambda: server.tell_state("waiting_for_confirmation"),
        ]
        turn = session.turn("go")
        first = await taken(turn, QuestionAsked)
        assert isinstance(first, QuestionAsked)
        await session.answer(first.question, "allow_once")
        second = await taken(turn, QuestionAsked)
        assert isinstance(second, QuestionAsked)
        assert second.act.command == "second"
        await session.answer(second.question, "reject_once", "Not this one.")
        server.tell_state("running")
        await server.until(lambda: "go on" in server.asked)
    assert server.asked[:3] == ["say go", "refuse: Not this one.", "go on"]


async def test_all_that_waits_is_done_when_all_was_allowed(server: PlayedServer, opened: Opened) -> None:
    async with opened("ask", Rule(effect="allow", command="ls *")) as session:
        server.then = [
            lambda: server.act("ls", "c1"),
            lambda: server.act("make", "c2"),
            lambda: server.tell_state("waiting_for_confirmation"),
        ]
        turn = session.turn("go")
        decided = await taken(turn, PermissionDecided)
        assert isinstance(decided, PermissionDecided)
        assert (decided.effect, decided.act.command) == ("allow", "ls")
        question = await taken(turn, QuestionAsked)
        assert isinstance(question, QuestionAsked)
        await session.answer(question.question, "allow_once")
        running = [await taken(turn, AgentTool) for _ in range(2)]
        assert [call.status for call in running if isinstance(call, AgentTool)] == ["running", "running"]
        await server.until(lambda: "allow" in server.asked)


async def test_what_nobody_knows_is_refused(server: PlayedServer, opened: Opened) -> None:
    async with opened("auto", Rule(effect="deny", command="rm *")) as session:
        turn = asyncio.ensure_future(anext(session.turn("go")))
        await server.until(lambda: bool(server.asked))
        server.tell_state("waiting_for_confirmation")
        await server.until(lambda: "go on" in server.asked)
        assert server.asked[1].startswith("refuse: ")
        server.tell_state("finished")
        assert await turn == TurnEnded("end_turn")


async def test_a_question_told_again_after_a_broken_line_is_not_asked_again(
    server: PlayedServer, opened: Opened
) -> None:
    async with opened() as session:
        server.then = [lambda: server.act("make"), lambda: server.tell_state("waiting_for_confirmation")]
        turn = session.turn("go")
        question = await taken(turn, QuestionAsked)
        assert isinstance(question, QuestionAsked)
        broken = server.line
        broken.put_nowait(None)
        await server.until(lambda: server.line is not broken)
        server.tell_state("waiting_for_confirmation")
        await session.answer(question.question, "allow_once")
        await server.until(lambda: "allow" in server.asked)
        server.tell_state("finished")
        rest = [said async for said in turn]
    assert not [said for said in rest if isinstance(said, QuestionAsked)]
    assert rest[-1] == TurnEnded("end_turn")
    assert server.asked == ["say go", "allow"]


async def test_what_happened_while_the_line_was_broken_is_told_before_the_end(
    server: PlayedServer, opened: Opened
) -> None:
    async with opened() as session:
        server.then = [lambda: server.act("make")]
        turn = session.turn("go")
        await taken(turn, AgentTool)
        server.tell(
            "MessageEvent", source="agent", live=False, llm_message={"content": [{"type": "text", "text": "Done."}]}
        )
        server.state = "finished"
        server.line.put_nowait(None)
        rest = [said async for said in turn]
    assert rest[0] == AgentMessage(text="Done.")
    assert rest[-1] == TurnEnded("end_turn", result="Done.")


async def test_a_stop_at_a_question_refuses_it_first(server: PlayedServer, opened: Opened) -> None:
    async with opened() as session:
        server.then = [lambda: server.act("make"), lambda: server.tell_state("waiting_for_confirmation")]
        turn = session.turn("go")
        question = await taken(turn, QuestionAsked)
        assert isinstance(question, QuestionAsked)
        assert await session.interrupt()
        assert [said async for said in turn][-1] == TurnEnded("cancelled")
        await session.answer(question.question, "allow_once")
    assert server.asked == ["say go", f"refuse: {STOPPED}", "interrupt"]


async def test_a_stop_as_it_comes_to_a_question_refuses_that_too(server: PlayedServer, opened: Opened) -> None:
    async def interrupt(id: str) -> None:
        server.asked.append("interrupt")
        server.tell_state("waiting_for_confirmation" if server.asked.count("interrupt") == 1 else "paused")

    server.interrupt = interrupt  # type: ignore[method-assign]  # it had stopped by itself, which no interruption undoes
    async with opened() as session:
        server.then = [lambda: server.act("make")]
        turn = session.turn("go")
        await taken(turn, AgentTool)
        assert await session.interrupt()
        assert [said async for said in turn][-1] == TurnEnded("cancelled")
    assert server.asked == ["say go", "interrupt", f"refuse: {STOPPED}", "interrupt"]


async def test_a_server_that_does_not_stop_is_left_after_the_grace(server: PlayedServer, opened: Opened) -> None:
    server.broken = {"interrupt"}
    async with opened() as session:
        server.then = [lambda: server.act("make")]
        turn = session.turn("go")
        await taken(turn, AgentTool)
        assert not await session.interrupt()
        await session.cancel()
        assert [said async for said in turn][-1] == TurnEnded("cancelled")


async def test_a_lost_server_is_an_error_worth_another_try(server: PlayedServer, opened: Opened) -> None:
    async with opened() as session:
        server.then = [lambda: server.act("make")]
        turn = session.turn("go")
        await taken(turn, AgentTool)
        server.broken, server.then = {"say"}, []
        server.tell_state("error")
        ended = [said async for said in turn][-1]
        assert ended == TurnEnded("error", error="OpenHands broke off: It does not say why.")
        ended = [said async for said in session.turn("again")][-1]
    assert ended == TurnEnded("error", error="no luck", retry=True)
