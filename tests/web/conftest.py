"""A real hub behind a real server, in a thread with an event loop of its own, and a node that is played by the test.

The node speaks through the same verbs as the gate does for a real one: it joins, is given attempts, records entries. What
its agents do is what the test says. One hub serves all tests of a file.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx2
import pytest
import uvicorn

from coderclawlink.app import Hub, open_hub
from coderclawlink.clock import rfc3339
from coderclawlink.events import (
    AgentMessage,
    AgentUsage,
    ArtifactKept,
    AttemptEnded,
    AttemptEvent,
    AttemptStarted,
    Option,
    QuestionAsked,
    WorkCommitted,
)
from coderclawlink.ids import NodeId, new_id
from coderclawlink.link.protocol import AgentOffer, Entry, Hello, Order
from coderclawlink.runs import nodes, orders, recording
from coderclawlink.settings import Settings
from coderclawlink.web.deadlines import Deadlined, Severed


class Quick(Deadlined):
    """Deadlines that a test can wait for."""

    header_seconds = 1.0
    body_seconds = 1.0


class QuicklySevered(Severed):
    linger_seconds = 0.5


@dataclass
class Server:
    """A running hub, and where it listens."""

    hub: Hub
    loop: asyncio.AbstractEventLoop
    port: int
    home: Path
    stop: asyncio.Event = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(
    home: Path,
    host: str,
    database: str | None,
    mode: Literal["local", "team"],
    answer: list[Server],
    up: threading.Event,
) -> None:
    settings = Settings(
        clawlink_home=home,
        database_url=database,
        lease_seconds=3600,
        allowed_hosts="hub.example",
        project_limit=1000,
        mode=mode,
        proxies="127.0.0.9" if mode == "team" else "",
        public_url="http://localhost" if mode == "team" else None,
    )
    async with open_hub(settings) as hub:
        config = uvicorn.Config(
            hub.app,
            host=host,
            port=0,
            http=Quick,
            ws=QuicklySevered,
            ws_per_message_deflate=False,
            proxy_headers=False,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=3,
        )
        server = _Uvicorn(config)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve())
            await server.up.wait()
            port = server.servers[0].sockets[0].getsockname()[1]
            answer.append(Server(hub, asyncio.get_running_loop(), port, home, stop))
            up.set()
            await stop.wait()
            server.should_exit = True
            await serving


@contextmanager
def serving(
    home: Path, host: str = "127.0.0.1", database: str | None = None, mode: Literal["local", "team"] = "local"
) -> Iterator[Server]:
    """A hub over its own data, served until the block ends."""
    answer: list[Server] = []
    up = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_serve(home, host, database, mode, answer, up))
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)
        finally:
            up.set()

    thread = threading.Thread(target=run, name="hub")
    thread.start()
    try:
        assert up.wait(30), "the hub did not start"
        if failures:
            raise failures[0]
        yield answer[0]
    finally:
        if answer:
            answer[0].loop.call_soon_threadsafe(answer[0].stop.set)
        thread.join(30)
        if failures:
            raise failures[0]
        assert not thread.is_alive(), "the hub did not stop"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.url, timeout=20) as opened:
        yield opened


@pytest.fixture
async def node(server: Server) -> Node:
    played = Node(server.hub)
    await played.join()
    return played


NAME = NodeId("played")


@dataclass
class Node:
    """A node as the hub sees it: what it is given and what it tells."""

    hub: Hub
    name: NodeId = NAME
    _told: dict[tuple[str, int], int] = field(default_factory=dict)

    async def join(self) -> None:
        offers = (
            AgentOffer(
                name="claude", description="Anthropic's", available=True, version="claude 1", capabilities=("edit",)
            ),
            AgentOffer(name="goose", available=False, why="goose is not installed."),
            AgentOffer(name="parrot", available=True),
        )
        hello = Hello(node=self.name, boot=new_id(), slots=64, agents=offers, sandbox="bubblewrap")
        await self.hub.db.write(nodes.join, hello)

    async def order(self, run: str) -> Order:
        """The run's attempt, once it stands here."""
        async with asyncio.timeout(20):
            with self.hub.db.bell.listen(f"node:{self.name}") as ear:
                while True:
                    for order in await self.hub.db.read(orders.waiting_orders, self.name):
                        if order.run == run:
                            return order
                    await ear.wait(1)

    async def orders(self) -> list[Order]:
        return await self.hub.db.read(orders.waiting_orders, self.name)

    async def tell(self, order: Order, *events: AttemptEvent) -> None:
        first = self._told.get((order.run, order.attempt), 0) + 1
        entries = [
            Entry(run=order.run, attempt=order.attempt, n=n, at=rfc3339(0), event=event.model_dump())
            for n, event in enumerate(events, first)
        ]
        self._told[order.run, order.attempt] = first + len(events) - 1
        await self.hub.db.write(recording.record, self.name, entries)

    async def start(self, run: str) -> Order:
        order = await self.order(run)
        await self.tell(order, AttemptStarted(agent_version="claude 1", sandbox="bubblewrap", model="m"))
        return order

    async def finish(self, order: Order, result: str = "done", error: str | None = None) -> None:
        if error is None:
            await self.tell(
                order,
                AgentMessage(text="Working."),
                AgentUsage(model="m", calls=2, input_tokens=10, output_tokens=5, cost_usd=0.5),
                WorkCommitted(
                    head="a" * 40, base="b" * 40, branch=order.branch or "work", files=1, additions=2, deletions=1
                ),
                ArtifactKept(name="diff", size=8, text="--- a\n+++ b\n<b>é</b>\n"),
            )
        await self.tell(
            order,
            AttemptEnded(outcome="failed" if error else "completed", result="" if error else result, error=error),
        )

    async def ask(self, order: Order, title: str = "Run this?") -> str:
        question = new_id()
        options = (
            Option(id="y", label="Yes", effect="allow_once"),
            Option(id="n", label="No", effect="reject_once"),
        )
        await self.tell(order, QuestionAsked(question=question, title=title, detail="rm -r build", options=options))
        return question


async def session(client: httpx2.AsyncClient, user: str | None = None) -> str:
    """A new session's id."""
    made = await client.post("/api/runtime/sessions", json={"user_id": user})
    assert made.status_code == 200, made.text
    return str(made.json()["session_id"])


async def project(client: httpx2.AsyncClient) -> dict[str, object]:
    """A new project, with a key that no other has."""
    key = "P" + new_id().replace("-", "")[-12:]
    made = await client.post("/api/projects", json={"name": "A project", "key": key})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def task(client: httpx2.AsyncClient) -> dict[str, object]:
    """A new task in a new project."""
    made = await client.post("/api/tasks", json={"project_id": (await project(client))["id"], "title": "A task"})
    assert made.status_code == 201, made.text
    return dict(made.json())
