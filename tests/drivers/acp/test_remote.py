"""`goose serve`, the real one, spoken with over its WebSocket; what every driver promises is in the conformance suite."""

import asyncio
import os
import select
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from coderclawlink.drivers.acp.remote import RemoteAcpDriver
from coderclawlink.drivers.base import Ground, Job, Process, TurnEnded
from coderclawlink.drivers.models import script
from coderclawlink.drivers.models.listen import loopback
from coderclawlink.errors import Unavailable
from coderclawlink.events import AgentTool, PermissionDecided, QuestionAsked
from coderclawlink.rules import Rule

pytestmark = pytest.mark.anyio
KEY = "a secret of the server"


@asynccontextmanager
async def serving(home: Path, model: str, mode: str = "approve") -> AsyncIterator[str]:
    """Goose as a server that somebody runs on this machine; yields its address."""
    cache = Path(os.environ.get("CLAWLINK_CACHE") or Path(__file__).parents[3] / ".cache")
    program = cache / "peers/goose/node_modules/@aaif/goose-binary-linux-x64/bin/goose"
    if not program.exists():
        pytest.fail(f"Goose is not at {program}: run scripts/peers/goose.sh, as `make test` does.")
    sock = loopback()
    port = sock.getsockname()[1]
    sock.close()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GOOSE_SERVER__SECRET_KEY": KEY,
        "GOOSE_PROVIDER": "openai",
        "GOOSE_MODEL": "scripted",
        "OPENAI_HOST": model,
        "OPENAI_API_KEY": "worthless",
        "GOOSE_DISABLE_KEYRING": "1",
        "GOOSE_MODE": mode,
    }
    process = await asyncio.create_subprocess_exec(
        str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "--with-builtin", "developer",
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(20), httpx2.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"{url}/health")
                    break
                except httpx2.TransportError:
                    await asyncio.sleep(0.02)
        yield url
    finally:
        process.terminate()
        await process.wait()


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
