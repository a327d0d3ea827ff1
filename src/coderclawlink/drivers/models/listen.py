"""An ASGI app on given sockets inside the running event loop, and work that ends when its client has gone.

Above: the proxy and the scripted model. Below: uvicorn, without its signal handlers and its ticking.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.stop = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the process's signals belong to whoever composed it

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        # The original wakes ten times a second to renew the Date header, which is off here.
        await self.stop.wait()


@contextlib.asynccontextmanager
async def listening(app: App, *sockets: socket.socket) -> AsyncIterator[None]:
    """Serve `app` on the sockets until the block ends. They are closed then; answers under way get one second."""
    config = uvicorn.Config(
        app,
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        # An agent keeps its connection while it works for minutes between two calls; closing it under the next call
        # would look like a failed model.
        timeout_keep_alive=3600,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(sockets=list(sockets)))
        try:
            await server.up.wait()
            yield
        finally:
            server.stop.set()


def loopback(port: int = 0) -> socket.socket:
    """A listening-to-be TCP socket on 127.0.0.1; port 0 takes a free one."""
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, each answer may take 40 ms more.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def unix(path: Path) -> socket.socket:
    """A listening-to-be unix socket at `path`, for its owner alone. What an earlier process left there is removed."""
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(path))
    # Nobody can connect before listen(), so the moment between bind and chmod gives nothing away.
    path.chmod(0o600)
    return sock


async def while_connected(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do `work`, and cancel it when the client goes away. Call it after the request's body was read."""

    async def watch(doing: asyncio.Task[None]) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        doing.cancel()

    async with asyncio.TaskGroup() as tasks:
        doing = tasks.create_task(work)
        watching = tasks.create_task(watch(doing))
        doing.add_done_callback(lambda _: watching.cancel())


class BodyTooLarge(ValueError):
    """The request's body is larger than allowed."""


class ClientGone(ConnectionError):
    """The client went away while it was sending."""


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises `BodyTooLarge` past `limit` bytes and `ClientGone`."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def answer(send: Send, status: int, body: bytes, headers: Headers | None = None) -> None:
    """A whole response at once; JSON unless `headers` say otherwise."""
    given = headers if headers is not None else [(b"content-type", b"application/json")]
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*given, *length]})
    await send({"type": "http.response.body", "body": body})
