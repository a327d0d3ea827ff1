"""What a URL speaks, found out from what answers there."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers import address
from coderclawlink.drivers.acp.remote import RemoteAcpDriver
from coderclawlink.drivers.address import Finding, UrlDriver, listen
from coderclawlink.drivers.base import Ground, Job, TurnEnded
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.http import HttpDriver
from coderclawlink.drivers.openhands import OpenHandsDriver
from coderclawlink.rules import Rule

pytestmark = pytest.mark.anyio
OPENHANDS = {"/server_info": (200, '{"title": "OpenHands Agent Server", "version": "1.58.0", "sdk_version": "1.58.2"}')}
GOOSE = {"/health": (200, "ok"), "/acp": (401, "")}
OLD = {"/execute": (200, '{"result": "hello"}')}


@asynccontextmanager
async def serving(answers: Mapping[str, tuple[int, str]], asked: list[str] | None = None) -> AsyncIterator[str]:
    """A server that answers these paths, and 404 to all others; yields its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        except asyncio.IncompleteReadError:
            path = ""
        if asked is not None:
            asked.append(path)
        status, body = answers.get(path, (404, "nothing"))
        head = f"HTTP/1.1 {status} So\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def driver(url: str) -> UrlDriver:
    return UrlDriver(
        "mine",
        "An agent behind a URL",
        OpenHandsDriver("mine", url=url),
        RemoteAcpDriver("mine", url=url),
        HttpDriver("mine", url, capabilities=("answer",)),
        finding=Finding(url),
    )


@pytest.mark.parametrize(
    ("answers", "speech"),
    [
        (OPENHANDS, "openhands"),
        (GOOSE, "acp"),
        ({**GOOSE, "/acp": (406, "")}, "acp"),
        (OLD, "execute"),
        ({"/server_info": (200, "[]"), "/health": (200, '{"status": "ok"}')}, "execute"),
        ({"/server_info": (200, '{"title": "Another"}'), "/health": (200, "ok"), "/acp": (404, "")}, "execute"),
        ({"/server_info": (200, json.dumps({"title": None})), "/health": (500, "")}, "execute"),
    ],
)
async def test_a_native_interface_goes_before_the_plain_one(
    answers: Mapping[str, tuple[int, str]], speech: str
) -> None:
    async with asyncio.timeout(10), serving(answers) as url:
        assert await listen(url) == speech
        assert await listen(f"{url}/") == speech


async def test_nobody_there_speaks_nothing(ground: Ground, job: Job) -> None:
    assert await listen("http://127.0.0.1:9") is None
    assert await listen("no url") is None
    lost = driver("http://127.0.0.1:9")
    assert "does not answer" in ((await lost.probe()).why or "")
    with pytest.raises(AgentFailed, match="does not answer"):
        async with lost.open(job, ground):
            pass


async def test_a_plain_server_is_asked_to_execute(ground: Ground, job: Job) -> None:
    async with asyncio.timeout(10), serving(OLD) as url:
        found = driver(url)
        async with found.open(job, ground) as session:
            assert [said async for said in session.turn("hi")][-1] == TurnEnded("end_turn", result="hello")
        assert not found.needs_checkout
        assert found.capabilities == ("answer",)
        assert (await found.probe()).available


async def test_what_was_found_is_remembered_and_shared_with_the_configured_driver() -> None:
    asked: list[str] = []
    async with asyncio.timeout(10), serving(OPENHANDS, asked) as url:
        found = driver(url)
        assert found.needs_checkout  # not known yet
        await found.finding.look()
        made = found.configured(AgentConfiguration(mode="ask", rules=(Rule(effect="deny", command="rm *"),)))
        await made.finding.look()
        assert made.way is made.openhands
        assert (made.openhands.mode, made.acp.mode, len(made.openhands.rules)) == ("ask", "ask", 1)
        assert made.needs_checkout
        assert asked == ["/server_info"]
        made.finding.at -= address.REMEMBER_SECONDS + 1
        await found.finding.look()
        assert asked == ["/server_info", "/server_info"]


async def test_a_server_that_was_away_is_looked_for_again() -> None:
    finding = Finding("http://127.0.0.1:9")
    assert await finding.look() is None
    async with asyncio.timeout(10), serving(GOOSE) as url:
        finding.url = url
        assert await finding.look() == "acp"


async def test_a_goose_on_another_machine_is_not_worked_with() -> None:
    found = await RemoteAcpDriver("goose", url="http://192.0.2.1").probe()
    assert not found.available
    assert "another machine" in (found.why or "")
