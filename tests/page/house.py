"""The real hub behind a real server, and a node that is played by the test.

The hub runs in a thread with an event loop of its own, and can be stopped and started again at the same address. The node
speaks through the same verbs as the gate does for a real one; what its agents do is what the test says.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from coderclawlink.app import Hub, open_hub
from coderclawlink.clock import rfc3339
from coderclawlink.events import AgentChunk, AttemptEvent, AttemptStarted, Option, QuestionAsked
from coderclawlink.ids import NodeId, ProjectId, RunId, TaskId, new_id
from coderclawlink.journal.log import About
from coderclawlink.link.protocol import AgentOffer, Entry, Hello, Order
from coderclawlink.runs import ledger, nodes, orders, recording
from coderclawlink.settings import Settings

T = TypeVar("T")
NAME = NodeId("played")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, up: threading.Event) -> None:
        super().__init__(config)
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class House:
    """A hub that can be stopped and started again at one address, over one data directory."""

    home: Path
    port: int
    hub: Hub | None = None
    _loop: asyncio.AbstractEventLoop | None = field(default=None, repr=False)
    _server: _Server | None = field(default=None, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        up = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(up),), name="hub")
        self._thread.start()
        assert up.wait(30), "the hub did not start"

    async def _serve(self, up: threading.Event) -> None:
        async with open_hub(Settings(clawlink_home=self.home, lease_seconds=3600)) as hub:
            config = uvicorn.Config(
                hub.app,
                port=self.port,
                ws="websockets-sansio",
                proxy_headers=False,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=1,
            )
            self.hub, self._loop, self._server = hub, asyncio.get_running_loop(), _Server(config, up)
            await self._server.serve()

    def stop(self) -> None:
        if self._thread is None or self._server is None:
            return
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive(), "the hub did not stop"
        self._thread = self.hub = None

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it in the hub's own loop."""
        assert self._loop is not None
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


@dataclass
class Node:
    """A node as the hub sees it: what it is given and what it tells."""

    house: House
    name: NodeId = NAME
    _told: dict[tuple[str, int], int] = field(default_factory=dict)

    @property
    def hub(self) -> Hub:
        assert self.house.hub is not None
        return self.house.hub

    async def join(self) -> None:
        offers = (
            AgentOffer(name="claude", description="Anthropic's agent.", available=True, version="claude 1.2"),
            AgentOffer(name="goose", available=False, why="goose is not installed: npm install -g it."),
        )
        hello = Hello(node=self.name, boot=new_id(), slots=64, agents=offers, sandbox="bubblewrap")
        await self.house.do(self.hub.db.write(nodes.join, hello))

    async def start(self, run: str) -> Order:
        """Take the run's attempt once it stands here, and say that its agent is up."""
        order = await self.house.do(self._order(run))
        await self.tell(order, AttemptStarted(agent_version="claude 1.2", sandbox="bubblewrap", model="opus"))
        return order

    async def _order(self, run: str) -> Order:
        async with asyncio.timeout(20):
            with self.hub.db.bell.listen(f"node:{self.name}") as ear:
                while True:
                    for order in await self.hub.db.read(orders.waiting_orders, self.name):
                        if order.run == run:
                            return order
                    await ear.wait(1)

    async def tell(self, order: Order, *events: AttemptEvent) -> None:
        first = self._told.get((order.run, order.attempt), 0) + 1
        entries = [
            Entry(run=order.run, attempt=order.attempt, n=n, at=rfc3339(time.time()), event=event.model_dump())
            for n, event in enumerate(events, first)
        ]
        self._told[order.run, order.attempt] = first + len(events) - 1
        await self.house.do(self.hub.db.write(recording.record, self.name, entries))

    async def say(self, order: Order, text: str, *, thought: bool = False) -> None:
        """A piece of what the agent is saying."""
        await self.house.do(self._show(order, AgentChunk(text=text, thought=thought)))

    async def _show(self, order: Order, chunk: AgentChunk) -> None:
        run = await self.hub.db.read(ledger.find, RunId(order.run))
        project = None if run.project_id is None else ProjectId(run.project_id)
        task = None if run.task_id is None else TaskId(run.task_id)
        self.hub.feed.show(About(project, task, run.id, order.attempt), chunk.model_dump())

    async def ask(self, order: Order, title: str, detail: str) -> str:
        question = new_id()
        options = (
            Option(id="y", label="Allow once", effect="allow_once"),
            Option(id="a", label="Always allow", effect="allow_always"),
            Option(id="n", label="Reject", effect="reject_once"),
        )
        await self.tell(order, QuestionAsked(question=question, title=title, detail=detail, options=options))
        return question
