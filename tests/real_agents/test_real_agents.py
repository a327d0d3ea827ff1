"""Real agents, made by the catalogue, contained as on a node, behind the model proxy: what they do, seen from outside."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from coderclawlink.drivers import catalogue
from coderclawlink.drivers.given import AgentSettings
from coderclawlink.events import AgentMessage, QuestionAsked
from tests.real_agents.conftest import Stage, turn
from tests.real_agents.peers import PEERS_DRIVEN, WRITE, Peer, npm

pytestmark = pytest.mark.anyio


def _id(peer: Peer) -> str:
    return peer.name if peer.program else f"{peer.name}-built-in"


@pytest.fixture(params=PEERS_DRIVEN, ids=_id)
def peer(request: pytest.FixtureRequest) -> Peer:
    chosen: Peer = request.param
    return chosen


def written(stage: Stage) -> str:
    file = stage.workspace / "a.txt"
    return file.read_text().strip() if file.exists() else ""


async def test_say_it_answers_and_its_model_calls_are_metered(stage: Stage) -> None:
    async with stage.opened() as session:
        said, ended = await turn(session, "SCRIPT:\nsay hello there")
    assert ended.error is None
    assert ended.reason == "end_turn"
    assert "hello there" in ended.result
    assert any(isinstance(word, AgentMessage) and "hello there" in word.text for word in said)
    assert stage.metered or stage.peer.wire is None
    stage.tell("metered", "yes" if stage.metered else "no: it speaks Google's interface, past the proxy")


async def test_edit_a_file_is_written(stage: Stage) -> None:
    async with stage.opened() as session:
        said, ended = await turn(session, stage.here(WRITE))
    assert ended.error is None
    assert not any(isinstance(word, QuestionAsked) for word in said)
    assert written(stage) == "hello"


async def test_ask_what_is_allowed_is_done(stage: Stage) -> None:
    async with stage.opened(mode="ask") as session:
        said, ended = await turn(session, stage.here(stage.peer.ask), answer="allow_once")
    questions = [word for word in said if isinstance(word, QuestionAsked)]
    assert questions, said
    act = questions[0].act
    assert act is not None
    assert act.paths == ("a.txt",) or "a.txt" in act.command, act
    assert ended.error is None
    assert written(stage) == "hello"


async def test_refuse_what_is_refused_is_not_done(stage: Stage) -> None:
    async with stage.opened(mode="ask") as session:
        said, _ = await turn(session, stage.here(stage.peer.ask), answer="reject_once")
    assert any(isinstance(word, QuestionAsked) for word in said)
    assert written(stage) == ""


async def test_cancel_it_is_gone_within_a_second_with_all_that_it_started(stage: Stage) -> None:
    seconds = f"{86400 + os.getpid()}.5"  # a command line that is nobody else's
    began = asyncio.Event()

    async def stop() -> float:
        while not _alive(seconds):
            await asyncio.sleep(0.02)
        began.set()
        at = time.monotonic()
        await session.cancel()
        return at

    async with asyncio.TaskGroup() as tasks:
        async with stage.opened() as session:
            stopping = tasks.create_task(stop())
            _, ended = await turn(session, f"SCRIPT:\nrun true; sleep {seconds}\nfinish Done.")
            assert began.is_set(), ended
            at = await stopping
        took = time.monotonic() - at
    assert ended.reason == "cancelled"
    assert not _alive(seconds)
    assert took < 1, took


async def test_fail_a_model_that_refuses_fails_the_attempt(stage: Stage) -> None:
    async with stage.opened() as session:
        _, ended = await turn(session, "SCRIPT:\nfail 400 no such model")
    # Some call it a finished turn: that is why the proxy's word counts.
    failure = stage.lines[-1].failure
    said = failure.why if failure is not None else ended.error or ""
    assert "no such model" in said, ended


async def test_resume_another_process_remembers(stage: Stage) -> None:
    async with stage.opened() as session:
        _, ended = await turn(session, "The word is heliotrope.\n\nSCRIPT:\nsay I shall remember.")
        assert ended.error is None
        id = session.id
    async with stage.opened(session=id) as again:
        assert again.resumed
        said, ended = await turn(again, "SCRIPT:\nsay As before.")
    assert "As before." in ended.result
    assert not any(isinstance(word, AgentMessage) and "I shall remember" in word.text for word in said)
    assert any("heliotrope" in body for body in stage.model.bodies[-3:])


def _alive(words: str) -> bool:
    """Whether any process has these words in its command line, and is not only the remains of one."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"sleep {words}" in line and "SCRIPT" not in line:
            return True
    return False


ACCOUNTS = (Peer("auggie", None, npm("auggie", "auggie")), Peer("gemini", None, npm("gemini", "gemini")))


@pytest.mark.parametrize("peer", ACCOUNTS, ids=lambda peer: f"{peer.name}-signed-out")
async def test_signed_out_an_agent_that_needs_an_account_says_so(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    record_property("agent", f"{peer.name} (signed out)")
    record_property("column", "say")
    if not peer.installed:
        pytest.skip(peer.why_not_installed)
    monkeypatch.setenv("PATH", peer.path)
    monkeypatch.setenv("HOME", str(tmp_path))
    toml = f'[agents.{peer.name}]\ncommand = ["{peer.program.rpartition("/")[2]}", "--acp"]'
    async with asyncio.timeout(60):
        probe = await catalogue.agents(AgentSettings(path=peer.path), toml)[peer.name].driver.probe()
    assert (probe.available, probe.signed_in) == (False, False), probe
    assert "sign in first" in (probe.why or "")
    record_property("version", probe.version)
    pytest.skip(f"it needs an account that is not to be had here: {probe.why}")
