"""`goose serve`, the real one, spoken with over its WebSocket; what every driver promises is in the conformance suite."""

import asyncio
import os
import select
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from coderclawlink.drivers.acp.remote import RemoteAcpDriver
from coderclawlink.drivers.base import Ground, Job, Process, TurnEnded
from coderclawlink.drivers.catalogue import AgentSettings, drivers
from coderclawlink.drivers.models import script
from coderclawlink.errors import Unavailable
from coderclawlink.events import AgentTool, PermissionDecided, QuestionAsked
from coderclawlink.rules import Rule
from tests.drivers.goose_server import KEY, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def goose(tmp_path: Path) -> AsyncIterator[str]:
    (tmp_path / "server").mkdir()
    async with script.serve() as model, serving(tmp_path / "server", model) as url:
        yield url


async def test_it_edits_a_file_in_our_checkout_and_nothing_is_started(
    goose: str, ground: Ground, job: Job, launched: list[Process]
) -> None:
    async with asyncio.timeout(20), RemoteAcpDriver("goose", url=goose, key=KEY).open(job, ground) as session:
        assert session.version == "goose 1.52.0"
        said = [event async for event in session.turn("SCRIPT:\nwrite a.txt | hello\nfinish Done.")]
    assert said[-1] == TurnEnded("end_turn", result="Done.")
    assert (ground.workspace / "a.txt").read_text() == "hello"
    assert not launched


async def test_it_is_found_by_its_url_and_put_into_the_mode_that_was_configured(
    goose: str, ground: Ground, job: Job
) -> None:
    settings = AgentSettings(goose_api_url=f"{goose}/", goose_api_key=KEY)
    driver = drivers(settings, '[agents.goose]\nmode = "auto"')["goose"]
    async with asyncio.timeout(20):
        found = await driver.probe()
        assert (found.available, found.version, found.signed_in) == (True, "goose 1.52.0", True)
        assert driver.needs_checkout
        async with driver.open(job, ground) as session:  # the server itself was started to ask
            said = [event async for event in session.turn("SCRIPT:\nwrite a.txt | hello\nfinish Done.")]
    assert not any(isinstance(event, QuestionAsked) for event in said)
    assert (ground.workspace / "a.txt").read_text() == "hello"


async def test_rules_decide_and_people_are_asked(goose: str, ground: Ground, job: Job) -> None:
    deny = Rule(effect="deny", path="*.env")
    driver = RemoteAcpDriver("goose", url=goose, key=KEY, mode="ask", rules=(deny,))
    async with asyncio.timeout(20), driver.open(job, ground) as session:
        said = []
        async for event in session.turn("SCRIPT:\nwrite x.env | no\nwrite a.txt | hello\nfinish Done."):
            said.append(event)
            if isinstance(event, QuestionAsked):
                assert event.act.paths == ("a.txt",)
                await session.answer(event.question, "allow_once")
    decided = [event for event in said if isinstance(event, PermissionDecided)]
    assert [(event.effect, event.act.paths) for event in decided] == [("deny", ("x.env",))]
    assert not (ground.workspace / "x.env").exists()
    assert (ground.workspace / "a.txt").read_text() == "hello"


async def test_a_session_that_is_left_in_a_command_ends_the_command(goose: str, ground: Ground, job: Job) -> None:
    death: int | None = None
    began = 0.0
    async with asyncio.timeout(20), RemoteAcpDriver("goose", url=goose, key=KEY).open(job, ground) as session:
        async for said in session.turn("SCRIPT:\nrun echo $$; exec sleep 600"):
            if isinstance(said, AgentTool) and said.status == "running":
                death = os.pidfd_open(int(said.output))
                began = time.monotonic()
                break
    assert death is not None
    readable, _, _ = select.select([death], [], [], 2)
    os.close(death)
    assert readable
    assert time.monotonic() - began < 2


async def test_an_earlier_conversation_is_taken_up_again(goose: str, ground: Ground) -> None:
    driver = RemoteAcpDriver("goose", url=goose, key=KEY)
    async with asyncio.timeout(20):
        async with driver.open(Job("run", 1, ""), ground) as session:
            assert [event async for event in session.turn("SCRIPT:\nfinish One.")][-1] == TurnEnded("end_turn", "One.")
            id = session.id
        async with driver.open(Job("run", 2, "", session=id), ground) as session:
            assert session.resumed
            assert session.id == id
            assert [event async for event in session.turn("SCRIPT:\nfinish Two.")][-1] == TurnEnded("end_turn", "Two.")


async def test_a_wrong_key_is_told_as_such(goose: str, ground: Ground, job: Job) -> None:
    driver = RemoteAcpDriver("goose", url=goose, key="another")
    async with asyncio.timeout(20):
        found = await driver.probe()
        with pytest.raises(Unavailable, match="GOOSE_API_KEY"):
            async with driver.open(job, ground):
                pass
    assert (found.available, found.signed_in) == (False, False)
    assert "GOOSE_API_KEY" in (found.why or "")


async def test_a_server_that_is_not_there_is_told_as_such(ground: Ground, job: Job) -> None:
    async with asyncio.timeout(20):
        found = await RemoteAcpDriver("goose", url="http://127.0.0.1:9").probe()
    assert not found.available
    assert "does not answer" in (found.why or "")


async def test_a_server_that_dies_ends_the_turn_with_an_error_worth_another_try(
    tmp_path: Path, ground: Ground, job: Job
) -> None:
    (tmp_path / "server").mkdir()
    async with asyncio.timeout(30), script.serve() as model:
        async with serving(tmp_path / "server", model) as url:
            session = await (opened := RemoteAcpDriver("goose", url=url, key=KEY).open(job, ground)).__aenter__()
            turn = session.turn("SCRIPT:\nstream 600 0.1")
            await anext(turn)
        ended = [said async for said in turn][-1]
        await opened.__aexit__(None, None, None)
    assert isinstance(ended, TurnEnded)
    assert (ended.reason, ended.retry) == ("error", True)
    assert "hung up" in (ended.error or "")
