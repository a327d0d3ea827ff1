"""Requests that never arrive: their connections are closed at the deadline, and nobody else waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import time

import httpx2
import pytest

from tests.web.conftest import Quick, Server

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
