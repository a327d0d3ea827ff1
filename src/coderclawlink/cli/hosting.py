"""A hub hosted in this process: its socket, its server, its signals, and the local node it looks after.

Above: `serve` and `demo`. Below: `app` and uvicorn. Ctrl-C stops hub and node: the node saves its work first, while the
sockets are still open. SIGTERM, which is what a service manager and an upgrade send, stops the hub alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa
import uvicorn

from coderclawlink.access import people
from coderclawlink.access.policy import OWNER
from coderclawlink.app import Hub, open_hub
from coderclawlink.cli.port import BACKLOG, url_of
from coderclawlink.db.engine import StoreUnavailable
from coderclawlink.errors import Invalid
from coderclawlink.gate import local
from coderclawlink.runs import nodes
from coderclawlink.runtime.agents import Agent
from coderclawlink.settings import Settings
from coderclawlink.web.deadlines import Deadlined, Severed

GRACEFUL_SECONDS = 3
"""How long answers that are under way may still take once the hub stops."""
SPOKEN_AT_MOST = 16 * 1024 * 1024
"""Bytes of one WebSocket message: the largest is a diff that a node sends."""
LOOK_AGAIN_SECONDS = 5.0
NODE_START_SECONDS = 5.0
END_SECONDS = 15.0
LOOK_SECONDS = 0.1
INTERRUPTED = 130


class Server(uvicorn.Server):
    """uvicorn, but its signals are ours, and it says when it is up."""

    def __init__(self, config: uvicorn.Config, up: asyncio.Event) -> None:
        super().__init__(config)
        self.up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Hosted:
    """The hub as the command that hosts it sees it."""

    hub: Hub
    url: str
    opened: str | None = None
    """Where people reach it, if that is another door than this machine's own."""
    has_administrator: bool = True
    """Somebody may administer it by signing in."""
    interrupted: bool = False
    """Ctrl-C was pressed: the node is to stop too."""
    _stop: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _since: float = field(default_factory=lambda: asyncio.get_running_loop().time(), repr=False)

    def interrupt(self) -> None:
        """What Ctrl-C does; the second time, it ends this process at once. What was acknowledged is on disk."""
        if self.interrupted:
            os.write(2, b"\nStopped at once. Agents still at work go on with the node.\n")
            os._exit(INTERRUPTED)
        self.interrupted = True
        self._stop.set()

    def stop(self) -> None:
        self._stop.set()

    async def until(self, *meanwhile: Coroutine[None, None, None]) -> None:
        """Wait until the hub is to stop; what is given runs meanwhile, and no longer."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(each) for each in meanwhile]
            await self._stop.wait()
            for task in running:
                task.cancel()

    async def agents(self) -> list[Agent]:
        """The agents as they are once a node is here."""
        with self.hub.db.bell.listen("node.joined") as ear:
            while not await self.hub.db.read(nodes.online):
                await ear.wait(LOOK_AGAIN_SECONDS)
        return await self.hub.runtime.list_agents(OWNER)

    async def sandboxes(self) -> list[str]:
        """What contains the agents on the nodes that are here."""
        return sorted({node.sandbox for node in await self.hub.db.read(nodes.online)})

    async def save_work(self) -> bool:
        """Have the local node save its agents' work and end. False if it did not say so in time."""
        self.hub.stop_loops()  # nothing is placed any more, and the node is not started again
        told = await self.hub.drain_local_node()
        return await self._node_ended(told=told)

    async def _node_ended(self, *, told: bool) -> bool:
        """Wait until the node's process is gone. One that is only just starting is not connected, and cannot be told: its
        SIGTERM means the same."""
        home, loop = self.hub.settings.clawlink_home, asyncio.get_running_loop()
        asked = told
        deadline = loop.time() + END_SECONDS
        while loop.time() < deadline:
            if local.is_alive(home):
                with contextlib.suppress(OSError, ValueError):
                    if not asked:
                        os.kill(int((home / "node.pid").read_text(encoding="ascii")), signal.SIGTERM)
                        asked = True
            elif asked or loop.time() > self._since + NODE_START_SECONDS:
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return False


@contextlib.asynccontextmanager
async def hosted(
    settings: Settings, listener: socket.socket, inner: socket.socket | None = None
) -> AsyncIterator[Hosted]:
    """Open the hub, serve it on the socket, look after the local node. `inner`: a door of this machine's own. Raises as
    `app.open_hub` does."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # It would tell of a node that ends after this process's loop does; that is how it is meant to be.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    async with contextlib.AsyncExitStack() as stack:
        url = url_of(inner or listener)
        opened = (
            None if inner is None else url_of(listener).replace("http:", "https:" if settings.is_encrypted else "http:")
        )
        hub = await _open(settings, url, stack)
        doors = [(listener, _config(hub, settings))] + ([] if inner is None else [(inner, _config(hub))])
        servers = [(door, Server(config, asyncio.Event())) for door, config in doors]
        async with asyncio.TaskGroup() as tasks:
            for door, server in servers:
                tasks.create_task(server.serve([door]))
                await server.up.wait()
            here = Hosted(hub, url, opened, await hub.db.read(people.is_there_an_administrator))
            hub.start_local_node(here.url)
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, here.interrupt)
            loop.add_signal_handler(signal.SIGTERM, here.stop)
            try:
                yield here
            finally:
                for _, server in servers:
                    server.should_exit = True


async def _open(settings: Settings, url: str, stack: contextlib.AsyncExitStack) -> Hub:
    try:
        return await stack.enter_async_context(open_hub(settings, url))
    except sa.exc.DBAPIError as error:
        raise StoreUnavailable(f"The database cannot be used: {str(error.orig).splitlines()[0]}") from error
    except OSError as error:
        raise Invalid(f"The data directory cannot be used: {error.strerror}: {error.filename}") from error


def _config(hub: Hub, settings: Settings | None = None) -> uvicorn.Config:
    """`settings`: with the certificate that is shown there, if it is one that faces the network."""
    return uvicorn.Config(
        hub.app,
        ssl_certfile=None if settings is None else settings.tls_cert,
        ssl_keyfile=None if settings is None else settings.tls_key,
        http=Deadlined,
        ws=Severed,
        ws_per_message_deflate=False,
        ws_max_size=SPOKEN_AT_MOST,
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        proxy_headers=False,  # who asks is decided by the socket alone
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
