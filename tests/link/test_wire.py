"""The wire: it knows when it is broken, and says so in one way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve

from coderclawlink.link.protocol import Drain, Goodbye, Kept
from coderclawlink.link.wire import Wire, WireBroken, dial

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def dialled(hub: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[Wire]:
    async with serve(hub, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with dial(f"http://127.0.0.1:{port}", "key") as wire:
            yield wire


async def test_words_go_both_ways_and_the_key_goes_first() -> None:
    heard: list[object] = []

    async def hub(socket: ServerConnection) -> None:
        assert socket.request is not None
        heard.append((socket.request.path, socket.request.headers["Authorization"]))
        heard.append(await socket.recv())
        await socket.send(Kept(run="r", attempt=1, n=7).model_dump_json())
        await socket.wait_closed()

    async with asyncio.timeout(10), dialled(hub) as wire:
        await wire.say(Goodbye())
        assert await anext(wire.hear()) == Kept(run="r", attempt=1, n=7)
    assert heard == [("/api/link", "Bearer key"), '{"word":"goodbye"}']


async def test_what_is_no_word_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    async def hub(socket: ServerConnection) -> None:
        for said in ("", "{}", "\x00", '{"word":"from the future"}', Drain().model_dump_json()):
            await socket.send(said)
        await socket.wait_closed()

    async with asyncio.timeout(10), dialled(hub) as wire:
        assert await anext(wire.hear()) == Drain()
    assert caplog.text.count("something unknown") == 4


async def test_a_wire_that_the_hub_closes_or_cuts_is_broken_for_who_listens_and_who_speaks() -> None:
    async def closes(socket: ServerConnection) -> None:
        await socket.close(1012)

    async def cuts(socket: ServerConnection) -> None:
        socket.transport.abort()

    for hub in (closes, cuts):
        async with asyncio.timeout(10), dialled(hub) as wire:
            with pytest.raises(WireBroken):
                await anext(wire.hear())
            with pytest.raises(WireBroken):
                await wire.say(Goodbye())


async def test_a_hub_that_is_not_there_is_a_broken_wire_too() -> None:
    async with serve(lambda socket: socket.close(), "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://[::1]:1", "nonsense"):
        with pytest.raises(WireBroken):
            async with asyncio.timeout(20), dial(url, "key"):
                pass


async def test_one_that_answers_something_else_is_a_broken_wire_too() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(WireBroken, match="does not answer"):
            async with asyncio.timeout(20), dial(url, "key"):
                pass
