"""Requests that never arrive: their connections are closed at the deadline, and nobody else waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine

import httpx2
import pytest

from tests.web.conftest import Quick, Server, serving
from tests.web.conftest import task as make_task

pytestmark = pytest.mark.anyio

HEAD = b"POST /api/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


async def dribble(server: Server, begin: bytes, drop: bytes) -> float:
    """Begin a request and go on a byte at a time for ever; seconds until the connection was cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    began = time.monotonic()
    writer.write(begin)
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    async with asyncio.timeout(0.1):
                        if not await reader.read(1):
                            break
                except TimeoutError:
                    writer.write(drop)
    except ConnectionError:
        pass
    finally:
        writer.close()
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: loc", b""),
        (b"GET / HTTP/1.1\r\nX-Slow: ", b"x"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b""),
        (HEAD + b"Content-Length: 100000\r\n\r\n{", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
)
async def test_a_request_that_never_arrives_is_cut_at_the_deadline(server: Server, begin: bytes, drop: bytes) -> None:
    took = await dribble(server, begin, drop)
    assert 0.5 < took < 2.5 * max(Quick.header_seconds, Quick.body_seconds)


async def test_a_second_request_on_the_connection_has_the_same_deadline(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(5):
        await reader.readuntil(b"}")
        writer.write(b"GET /health HTTP/1.1\r\nHost: ")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
    writer.close()


async def test_two_hundred_slow_connections_are_all_cut_and_nobody_waits_for_them(
    server: Server, client: httpx2.AsyncClient
) -> None:
    async with asyncio.TaskGroup() as tasks:
        slow = [tasks.create_task(dribble(server, b"GET / HTTP/1.1\r\nX: ", b"x")) for _ in range(200)]
        began = time.monotonic()
        assert (await client.get("/health")).status_code == 200
        assert time.monotonic() - began < Quick.header_seconds
    assert all(one.result() < 8 for one in slow)


async def test_headers_without_end_are_cut_by_their_length(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    began = time.monotonic()
    try:
        async with asyncio.timeout(5):
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000)
            await writer.drain()
            assert not await reader.read(1)
    except ConnectionError:
        pass
    finally:
        writer.close()
    assert time.monotonic() - began < Quick.header_seconds


async def test_an_answer_that_takes_longer_than_the_deadlines_is_not_cut(
    server: Server, client: httpx2.AsyncClient
) -> None:
    run = (await client.post("/api/runs", json={"agent": "claude", "prompt": "x"})).json()["id"]
    async with client.stream("GET", f"/api/runtime/tasks/{run}/stream") as stream, asyncio.timeout(20):
        lines = stream.aiter_lines()
        assert await anext(lines)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * Quick.header_seconds):
                while await anext(lines) is not None:
                    pass
        await client.post(f"/api/runs/{run}/cancel")


async def test_a_hub_that_stops_lets_streams_and_waiting_callers_go(
    tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> None:
    began = 0.0

    async def wait_for(client: httpx2.AsyncClient, task: object, under_way: asyncio.Event) -> int:
        body = {"task_id": task, "agent_type": "claude", "prompt": "x"}

        async def sent(name: str, info: object) -> None:
            if name == "http11.send_request_body.complete":
                under_way.set()

        answer = await client.post("/api/tasks/execute", json=body, extensions={"trace": sent})
        return answer.status_code

    async def follow(client: httpx2.AsyncClient, run: str, under_way: asyncio.Event) -> None:
        async with client.stream("GET", f"/api/runtime/tasks/{run}/stream") as stream:
            async for _ in stream.aiter_lines():
                under_way.set()

    home = tmp_path_factory.mktemp("stopping")
    context = serving(home)
    server = context.__enter__()
    async with httpx2.AsyncClient(base_url=server.url, timeout=20) as client:
        run = (await client.post("/api/runs", json={"agent": "claude", "prompt": "x"})).json()["id"]
        task = await make_task(client)
        waiting, following = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            executing = tasks.create_task(wait_for(client, task["id"], waiting))
            streaming = tasks.create_task(_swallow(follow(client, run, following)))
            async with asyncio.timeout(10):
                await waiting.wait()
                await following.wait()
                while len((await client.get("/api/runs")).json()) < 2:
                    pass
            began = time.monotonic()
            await asyncio.to_thread(context.__exit__, None, None, None)
        assert executing.result() == 503
        assert streaming.done()
    assert time.monotonic() - began < 2.5


async def _swallow(following: Coroutine[None, None, None]) -> None:
    """A stream that is cut is no error here: it is what is tested."""
    with contextlib.suppress(httpx2.RemoteProtocolError):
        await following
