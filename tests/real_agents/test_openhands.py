"""OpenHands, the real agent server: started by us for each attempt, contained as on a node, or run by somebody and found by its URL."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers.base import Ground, Job, ModelAccess, Session, TurnEnded
from coderclawlink.drivers.catalogue import AgentSettings, drivers
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.models.listen import loopback
from coderclawlink.events import AgentChunk, AgentMessage, AgentTool, PermissionDecided, QuestionAsked
from coderclawlink.rules import Rule
from coderclawlink.workspaces.sandbox import launch
from tests.real_agents.conftest import Stage, turn
from tests.real_agents.peers import PEERS, Peer

pytestmark = pytest.mark.anyio
OPENHANDS = Peer("opendevin", "openai", "openhands/bin/agent-server")
KEY = "a key of the server's own"


@pytest.fixture
def peer() -> Peer:
    return OPENHANDS


def writes(stage: Stage, name: str = "a.txt", then: str = "finish Done.") -> str:
    """Its editor takes absolute paths alone."""
    return f"SCRIPT:\nwrite {stage.workspace}/{name} | hello\n{then}"


# ── our own server, in the sandbox ─────────────────────────────────────────────────────────────────────────────────


async def test_say_it_answers_and_its_model_calls_are_metered(stage: Stage) -> None:
    async with stage.opened() as session:
        assert session.version == "openhands 1.58.0"
        said, ended = await turn(session, "SCRIPT:\nthink Well.\nsay Good morning.\nfinish hello there")
    assert ended == TurnEnded("end_turn", result="hello there")
    assert [word.text for word in said if isinstance(word, AgentMessage)] == ["Good morning.", "hello there"]
    assert [word.text for word in said if isinstance(word, AgentChunk)] == ["Well.", "Good morning."]
    assert stage.metered
    stage.tell("metered", stage.metered)


async def test_edit_a_file_is_written(stage: Stage) -> None:
    async with stage.opened() as session:
        said, ended = await turn(session, writes(stage, then="run cat a.txt && exit_code() { return 3; } && exit_code"))
    assert ended.error is None
    assert (stage.workspace / "a.txt").read_text() == "hello"
    calls = {word.id: word for word in said if isinstance(word, AgentTool)}
    assert [(call.tool, call.status, call.output) for call in calls.values()] == [
        ("edit", "completed", f"File created successfully at: {stage.workspace}/a.txt"),
        ("execute", "failed", "hello"),
    ]
    assert [(change.path, change.new) for change in next(iter(calls.values())).changes] == [("a.txt", "hello")]


async def test_ask_what_is_allowed_is_done(stage: Stage) -> None:
    async with stage.opened(mode="ask") as session:
        said, ended = await turn(session, writes(stage), answer="allow_once")
    (question,) = [word for word in said if isinstance(word, QuestionAsked)]
    assert (question.act.tool, question.act.paths) == ("edit", ("a.txt",))
    assert question.detail == "--- /dev/null\n+++ a.txt\n@@ -0,0 +1 @@\n+hello"
    assert ended == TurnEnded("end_turn", result="Done.")
    assert (stage.workspace / "a.txt").read_text() == "hello"


async def test_ask_what_was_allowed_for_good_is_not_asked_again(stage: Stage) -> None:
    async with stage.opened(mode="ask") as session:
        said, _ = await turn(session, "SCRIPT:\nrun echo 1\nrun echo 1\nfinish Done.", answer="allow_always")
    assert len([word for word in said if isinstance(word, QuestionAsked)]) == 1
    assert [word.effect for word in said if isinstance(word, PermissionDecided)] == ["allow"]


async def test_ask_rules_decide_before_anybody_is_asked(stage: Stage) -> None:
    rules = (Rule(effect="deny", path="*.env"), Rule(effect="allow", tool="execute", command="cat *"))
    configured = AgentConfiguration(mode="ask", rules=rules)
    prompt = f"SCRIPT:\nwrite {stage.workspace}/x.env | no\nrun cat /dev/null\nfinish Done."
    async with opened(stage, configured) as session:
        said, ended = await turn(session, prompt)
    assert ended.error is None
    assert [word.effect for word in said if isinstance(word, PermissionDecided)] == ["deny", "allow"]
    assert not any(isinstance(word, QuestionAsked) for word in said)
    assert not (stage.workspace / "x.env").exists()


async def test_refuse_what_is_refused_is_not_done(stage: Stage) -> None:
    async with stage.opened(mode="ask") as session:
        said, ended = await turn(session, writes(stage, then="finish Then not."), answer="reject_once")
    assert any(isinstance(word, QuestionAsked) for word in said)
    assert ended == TurnEnded("end_turn", result="Then not.")
    assert not (stage.workspace / "a.txt").exists()


async def test_cancel_it_is_gone_within_a_second_with_all_that_it_started(stage: Stage) -> None:
    seconds = f"{86400 + os.getpid()}.25"  # a command line that is nobody else's
    took = 0.0
    async with asyncio.TaskGroup() as tasks:
        async with stage.opened() as session:
            stopping = tasks.create_task(cancel_at(session, seconds))
            _, ended = await turn(session, f"SCRIPT:\nrun sleep {seconds}\nfinish Done.")
            began = await stopping
        took = time.monotonic() - began
    assert ended == TurnEnded("cancelled")
    assert not alive(seconds)
    assert took < 1, took


async def test_cancel_an_open_question_is_dismissed_and_what_it_asked_never_done(stage: Stage) -> None:
    async with stage.opened(mode="ask") as session:
        said = []
        async for word in session.turn(writes(stage)):
            said.append(word)
            if isinstance(word, QuestionAsked):
                assert await session.interrupt()
        assert said[-1] == TurnEnded("cancelled")
        # The server takes a new prompt for leave to do what is still open.
        _, ended = await turn(session, "SCRIPT:\nfinish Something else.", answer="allow_once")
        assert ended == TurnEnded("end_turn", result="Something else.")
    assert not (stage.workspace / "a.txt").exists()


async def test_cancel_an_interrupted_turn_is_followed_by_another(stage: Stage) -> None:
    seconds = f"{86400 + os.getpid()}.75"
    async with asyncio.TaskGroup() as tasks, stage.opened() as session:
        interrupting = tasks.create_task(interrupt_at(session, seconds))
        _, ended = await turn(session, f"SCRIPT:\nrun sleep {seconds}\nfinish Done.")
        assert ended == TurnEnded("cancelled")
        assert await interrupting
        assert not alive(seconds)
        _, ended = await turn(session, "SCRIPT:\nrun echo again\nfinish Again.")
        assert ended == TurnEnded("end_turn", result="Again.")


async def test_fail_a_model_that_refuses_fails_the_attempt(stage: Stage) -> None:
    async with stage.opened() as session:
        _, ended = await turn(session, "SCRIPT:\nfail 400 no such model")
    assert (ended.reason, ended.retry) == ("error", False)
    assert "no such model" in (ended.error or "")
    failure = stage.lines[-1].failure
    assert failure is not None
    assert "no such model" in failure.why


async def test_fail_a_server_that_dies_ends_the_turn(stage: Stage) -> None:
    async with stage.opened() as session:
        said = []
        async for word in session.turn("SCRIPT:\nstream 600 0.1"):
            said.append(word)
            if isinstance(word, AgentChunk) and len(said) < 3:
                kill(str(stage.home))
    ended = said[-1]
    assert isinstance(ended, TurnEnded)
    assert (ended.reason, ended.retry) == ("error", True)
    assert "in the middle of its turn" in (ended.error or "")


async def test_resume_another_process_remembers_in_another_folder(stage: Stage) -> None:
    async with stage.opened() as session:
        _, ended = await turn(session, "The word is heliotrope.\n\nSCRIPT:\nfinish I shall remember.")
        assert ended.error is None
        id = session.id
    moved = replace(stage, workspace=stage.workspace.rename(stage.workspace.with_name("moved")))
    async with moved.opened(session=id) as again:
        assert again.resumed
        assert again.id == id
        said, ended = await turn(again, "SCRIPT:\nrun pwd\nfinish As before.")
    assert ended == TurnEnded("end_turn", result="As before.")
    assert not any(isinstance(word, AgentMessage) and "I shall remember" in word.text for word in said)
    assert [word.output for word in said if isinstance(word, AgentTool)][-1] == str(moved.workspace)
    assert any("heliotrope" in body for body in stage.model.bodies[-3:])


async def test_resume_an_unknown_conversation_begins_a_new_one(stage: Stage) -> None:
    async with stage.opened(session="11111111-2222-4333-8444-555555555555") as session:
        assert not session.resumed
        _, ended = await turn(session, "SCRIPT:\nfinish New.")
    assert ended == TurnEnded("end_turn", result="New.")


async def test_resume_what_was_asked_when_it_was_killed_is_not_done_later(stage: Stage) -> None:
    async with stage.opened(mode="ask") as session:
        id = session.id
        async for word in session.turn(writes(stage)):
            if isinstance(word, QuestionAsked):
                kill(str(stage.home))
    async with stage.opened(mode="ask", session=id) as again:
        assert again.resumed
        said, ended = await turn(again, "SCRIPT:\nfinish Something else.", answer="allow_once")
    assert ended == TurnEnded("end_turn", result="Something else.")
    assert not any(isinstance(word, QuestionAsked) for word in said)
    assert not (stage.workspace / "a.txt").exists()


# ── a server that somebody runs ────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[str]:
    """The agent server as a person starts it; yields its address."""
    sock = loopback()
    port = sock.getsockname()[1]
    sock.close()
    folder.mkdir()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMUX_TMPDIR": str(folder),
        "OH_SESSION_API_KEYS_0": KEY,
        "OH_SECRET_KEY": "0123456789abcdef" * 2,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "OPENHANDS_SUPPRESS_BANNER": "1",
    }
    process = await asyncio.create_subprocess_exec(
        str(PEERS / OPENHANDS.program), "--host", "127.0.0.1", "--port", str(port),
        env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(90), httpx2.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"{url}/health")
                    break
                except httpx2.TransportError:
                    await asyncio.sleep(0.1)
        yield url
    finally:
        process.kill()
        await process.wait()
        for pid in launch.living_at(folder):  # its tmux outlives it
            os.kill(pid, signal.SIGKILL)


async def test_ask_a_server_on_this_machine_works_in_our_checkout(
    stage: Stage, record_property: Callable[[str, object], None], tmp_path: Path
) -> None:
    record_property("agent", "opendevin by URL")
    settings = {"openai_base_url": stage.model_url, "openai_api_key": "worthless"}
    async with served(tmp_path / "server") as url:
        locked = drivers(AgentSettings(opendevin_api_url=url, **settings))["opendevin"]
        found = await locked.probe()
        assert (found.available, found.signed_in) == (False, False)
        assert "OPENDEVIN_API_KEY" in (found.why or "")

        asking = '[agents.opendevin]\nmode = "ask"\nmodel = "scripted"'
        driver = drivers(AgentSettings(opendevin_api_url=url, opendevin_api_key=KEY, **settings), asking)["opendevin"]
        found = await driver.probe()
        assert (found.available, found.version, found.signed_in) == (True, "openhands 1.58.0", True)
        assert driver.needs_checkout
        models = ModelAccess({"openai": stage.model_url}, "worthless")

        async def start(argv: object, env: object) -> object:
            raise AssertionError

        ground = Ground(stage.workspace, stage.home, start, models)  # type: ignore[arg-type]
        async with driver.open(Job("run", 1, ""), ground) as session:
            said, ended = await turn(session, writes(stage), answer="allow_once")
            assert ended == TurnEnded("end_turn", result="Done.")
            assert any(isinstance(word, QuestionAsked) for word in said)
            assert (stage.workspace / "a.txt").read_text() == "hello"
            stopping = session.turn("SCRIPT:\nstream 600 0.1")
            await anext(stopping)
            began = time.monotonic()
            await session.cancel()
            assert [word async for word in stopping][-1].reason == "cancelled"  # type: ignore[union-attr]
            assert time.monotonic() - began < 1
        elsewhere = replace(ground, workspace=tmp_path / "not there")
        with pytest.raises(AgentFailed, match="does not see this machine's files"):
            async with driver.open(Job("run", 1, ""), elsewhere):
                pass


# ── looking from outside ───────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def opened(stage: Stage, configuration: AgentConfiguration) -> AsyncIterator[Session]:
    """A session with the agent as configured beyond what a stage knows."""
    made = stage.agent

    def agent(*, mode: str = "auto") -> object:
        found = made(mode=mode)
        return replace(found, driver=found.driver.configured(configuration))

    stage.agent = agent  # type: ignore[method-assign,assignment]
    async with stage.opened() as session:
        yield session


async def cancel_at(session: Session, seconds: str) -> float:
    while not alive(seconds):
        await asyncio.sleep(0.02)
    began = time.monotonic()
    await session.cancel()
    return began


async def interrupt_at(session: Session, seconds: str) -> bool:
    while not alive(seconds):
        await asyncio.sleep(0.02)
    return await session.interrupt()


def alive(seconds: str) -> list[int]:
    """The processes that sleep for so long."""
    return [pid for pid, line, _ in processes() if line.startswith("sleep") and seconds in line]


def kill(home: str) -> None:
    """Kill the agent server with this HOME, as if it had died."""
    for pid, line, variables in processes():
        if "start.py" in line and f"HOME={home}" in variables:
            os.kill(pid, signal.SIGKILL)


def processes() -> list[tuple[int, str, list[str]]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line, variables = ((folder / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ"))
        except OSError:
            continue
        found.append((int(folder.name), line.replace("\0", " "), variables.split("\0")))
    return found
