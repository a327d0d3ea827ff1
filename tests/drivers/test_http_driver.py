"""The HTTP driver against a real server that answers in every wrong way."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from coderclawlink.drivers.base import Ground, Job, Said, TurnEnded
from coderclawlink.drivers.http import HttpDriver
from coderclawlink.events import AgentLog, AgentMessage

pytestmark = pytest.mark.anyio
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(status: str, body: bytes, seen: list[bytes] | None = None) -> AsyncIterator[str]:
    """A server that gives everybody this answer; `seen` collects what was asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.lower().splitlines() if b"content-length" in line), 0)
        if seen is not None:
            seen.append(head + await reader.readexactly(length))
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def ask(url: str, ground: Ground, job: Job, timeout_seconds: float = 5) -> list[Said]:
    driver = HttpDriver("old", url, timeout_seconds=timeout_seconds)
    async with asyncio.timeout(10), driver.open(job, ground) as session:
        return [said async for said in session.turn("do it")]


async def test_an_answer_is_a_message_and_the_result(ground: Ground, job: Job) -> None:
    seen: list[bytes] = []
    async with serving("200 OK", b'{"result": "Done.", "metadata": {"model": "x"}}', seen) as url:
        said = await ask(url + "/", ground, job)
    assert said == [
        AgentLog(text='metadata: {"model": "x"}'),
        AgentMessage(text="Done."),
        TurnEnded("end_turn", result="Done."),
    ]
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /execute HTTP/1.1")
    assert json.loads(body) == {"prompt": "do it", "context": {"task": {"key": "DEMO-1"}}}


@pytest.mark.parametrize(
    ("status", "body", "error", "retry"),
    [
        ("500 Oops", b"it broke", "answered with HTTP 500: it broke", False),
        ("503 Busy", b"", "answered with HTTP 503", True),
        ("302 Found", b"", "answered with HTTP 302", False),
        ("200 OK", b"<html>", "answered with something that is not JSON: <html>", False),
        ("200 OK", b'{"answer": 1}', 'answered without a result: {"answer": 1}', False),
        ("200 OK", b'{"result": null}', 'answered without a result: {"result": null}', False),
        ("200 OK", b"[]", "answered without a result: []", False),
    ],
)
async def test_a_wrong_answer_is_an_error_in_words(
    ground: Ground, job: Job, status: str, body: bytes, error: str, retry: bool
) -> None:
    async with serving(status, body) as url:
        assert await ask(url, ground, job) == [TurnEnded("error", error=f"{url}/execute {error}", retry=retry)]


async def test_nobody_there_is_worth_another_attempt(ground: Ground, job: Job) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        (ended,) = await ask(url, ground, job)
        probe = await HttpDriver("old", url).probe()
    assert isinstance(ended, TurnEnded)
    assert ended.retry
    assert "could not be asked" in (ended.error or "")
    assert not probe.available
    assert "does not answer" in (probe.why or "")


async def test_silence_beyond_the_timeout_is_an_error(ground: Ground, job: Job) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        (ended,) = await ask(url, ground, job, timeout_seconds=0.2)
    assert ended == TurnEnded("error", error=f"{url}/execute did not answer within 0.2 s.", retry=True)


async def test_any_answer_counts_for_a_probe() -> None:
    async with serving("404 Not Found", b"") as url:
        assert (await HttpDriver("old", url).probe()).available
    assert not (await HttpDriver("old", "http://").probe()).available
