"""The link's route, and nothing else, behind uvicorn; and a node's real end of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from coderclawlink.db.engine import Database
from coderclawlink.gate.connection import Gate
from coderclawlink.ids import RunId, new_id
from coderclawlink.journal.feed import Feed
from coderclawlink.link.protocol import Answer, Ask, Assign, Drain, Fence, Hello, Push, Stop
from coderclawlink.node.dial import Dialer, HubAddress
from coderclawlink.node.spool import Spool
from tests.runs.played import hello

KEY = "the-key"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Server(uvicorn.Server):
    """Signals are the test's affair."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def no_token(run: RunId, repository: str) -> str | None:
    return None


@dataclass
class Serving:
    gate: Gate
    feed: Feed
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def serve(
    db: Database,
    *,
    key: str = KEY,
    port: int = 0,
    lease_seconds: float = 15.0,
    token_for: Callable[[RunId, str], Awaitable[str | None]] = no_token,
) -> AsyncIterator[Serving]:
    feed = Feed(db)
    gate = Gate(db, feed, hub=new_id(), key=key, lease_seconds=lease_seconds, token_for=token_for)
    app = Starlette(routes=[WebSocketRoute("/api/link", gate.serve)])
    server = Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            ws="websockets-sansio",
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    )
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve())
        feeding = tasks.create_task(feed.run())
        async with asyncio.timeout(10):
            await server.up.wait()
        try:
            yield Serving(gate, feed, server.servers[0].sockets[0].getsockname()[1])
        finally:
            await gate.close()
            feeding.cancel()
            server.should_exit = True
            await serving


@dataclass
class Dialled:
    """A node: its spool, its dialer, and what it was told to do. It takes what it is assigned."""

    spool: Spool
    find: HubAddress
    heard: asyncio.Queue[Assign | Stop | Answer | Ask | Push | Drain] = field(default_factory=asyncio.Queue)
    boot: str = field(default_factory=new_id)
    agents: tuple[str, ...] = ("a",)
    deaf: bool = False
    """It does not take what it is assigned."""

    def __post_init__(self) -> None:
        self.dialer = Dialer(self.spool, find=lambda: self.find, hello=self.hello, do=self.do)

    def hello(self) -> Hello:
        return hello(boot=self.boot, held=self.held(), agents=self.agents)

    def held(self) -> list[Fence]:
        return self.spool.held()

    def do(self, word: Assign | Stop | Answer | Ask | Push | Drain) -> None:
        if isinstance(word, Assign) and not self.deaf:
            self.spool.take(word.order)
        self.heard.put_nowait(word)

    async def hear(self) -> Assign | Stop | Answer | Ask | Push | Drain:
        async with asyncio.timeout(15):
            return await self.heard.get()


@contextlib.asynccontextmanager
async def dialled(path: Path, url: str, *, key: str = KEY, boot: str | None = None) -> AsyncIterator[Dialled]:
    spool = Spool(path)
    try:
        node = Dialled(spool, HubAddress(url, key), boot=boot or new_id())
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(node.dialer.run())
            yield node
            running.cancel()
    finally:
        spool.close()
