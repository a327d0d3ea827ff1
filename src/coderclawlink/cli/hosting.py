"""A hub hosted in this process: its socket, its server, its signals, and the local node it looks after.

Above: `serve` and `demo`. Below: `app` and uvicorn. Ctrl-C stops hub and node: the node saves its work first, while the
sockets are still open. SIGTERM, which is what a service manager and an upgrade send, stops the hub alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass, field

import uvicorn

from coderclawlink.access.policy import OWNER
from coderclawlink.app import Hub, open_hub
from coderclawlink.errors import Conflict, Invalid
from coderclawlink.runs import nodes
from coderclawlink.runtime.agents import Agent
from coderclawlink.settings import Settings

GRACEFUL_SECONDS = 3
"""How long answers that are under way may still take once the hub stops."""
BACKLOG = 1024
SPOKEN_AT_MOST = 16 * 1024 * 1024
"""Bytes of one WebSocket message: the largest is a diff that a node sends."""
HEADER_AT_MOST = 64 * 1024
LOOK_AGAIN_SECONDS = 5.0
INTERRUPTED = 130


class PortTaken(Conflict):
    """The port is taken."""


# ── where it listens ───────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens. Raises `Invalid` for an address that is not loopback, `PortTaken`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise Invalid(f"{host} is no address of this machine: {error.strerror}.") from error
    if not all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found):
        raise Invalid(
            f"Refusing to listen on {host}: whoever reached the port would act as you. In local mode the hub listens on "
            "loopback only, such as 127.0.0.1. To reach it from elsewhere, use a tunnel: ssh -L 8000:127.0.0.1:8000 HOST"
        )
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError as error:
            raise PortTaken(
                f"Port {port} on {host} cannot be had: {error.strerror}. Take another with --port; 0 takes any free one."
            ) from error
        yield listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


# ── while it runs ──────────────────────────────────────────────────────────────────────────────────────────────────


class Server(uvicorn.Server):
    """uvicorn, but its signals are ours, and it says when it is up."""

    def __init__(self, config: uvicorn.Config, up: asyncio.Event) -> None:
        super().__init__(config)
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Hosted:
    """The hub as the command that hosts it sees it."""

    hub: Hub
    url: str
    interrupted: bool = False
    """Ctrl-C was pressed: the node is to stop too."""
    _stop: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

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

    async def save_work(self) -> bool:
        """Have the local node save its agents' work and end. False if it did not say so in time."""
        self.hub.stop_loops()  # nothing is placed any more, and the node is not started again
        return await self.hub.drain_local_node()


@contextlib.asynccontextmanager
async def hosted(settings: Settings, listener: socket.socket) -> AsyncIterator[Hosted]:
    """Open the hub, serve it on the socket, look after the local node. Raises as `app.open_hub` does."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    async with open_hub(settings) as hub:
        up = asyncio.Event()
        server = Server(_config(hub), up)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve([listener]))
            await up.wait()
            here = Hosted(hub, url_of(listener))
            hub.start_local_node(here.url)
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, here.interrupt)
            loop.add_signal_handler(signal.SIGTERM, here.stop)
            try:
                yield here
            finally:
                server.should_exit = True


def _config(hub: Hub) -> uvicorn.Config:
    return uvicorn.Config(
        hub.app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=SPOKEN_AT_MOST,
        h11_max_incomplete_event_size=HEADER_AT_MOST,
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        proxy_headers=False,  # who asks is decided by the socket alone
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
