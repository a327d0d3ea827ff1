"""The driver for agents that serve ACP on a WebSocket, as `goose serve` does: the same conversation, another transport.

Above: `drivers.address`, which found that a URL speaks it. Below: the WebSocket. The process is not ours: there is nothing to
kill, so an agent that is left is told to stop, and hung up on. It works in our checkout, and so it must be on this machine.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from coderclawlink import clock
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers.acp import AcpDriver
from coderclawlink.drivers.acp.connection import AcpSession, Patience
from coderclawlink.drivers.acp.process import LONGEST_MESSAGE
from coderclawlink.drivers.base import Ground, Probe, Process
from coderclawlink.drivers.errors import AgentFailed, CannotStart, NotSignedIn
from coderclawlink.drivers.here import is_here

PROBE_SECONDS = 5.0
_CONNECT_SECONDS = 10.0


@dataclass(eq=False)
class RemoteAcpDriver(AcpDriver):
    """One agent behind a WebSocket. `url`: the server's, http or https; `key`: shown to it as `X-Secret-Key`."""

    command: tuple[str, ...] = ()
    url: str = ""
    key: str = field(default="", repr=False)

    @property
    def reached(self) -> str:
        return self.url

    def configured(self, configuration: AgentConfiguration) -> Self:
        """Its model and its environment are its server's: only what is said in the conversation can be configured."""
        return super().configured(configuration.model_copy(update={"model": None, "env": {}}))

    async def _look(self) -> Probe:
        """Greet the server and hang up."""
        if not is_here(self.url):
            why = f"The server at {self.url} is on another machine, where our files are not. Run a node there instead."
            return Probe(False, why=why)
        with tempfile.TemporaryDirectory(prefix="clawlink-nothing-") as nothing:
            ground = Ground(Path(nothing), Path(nothing), _start_nothing)
            try:
                async with self._session(ground, replace(self.patience, start=PROBE_SECONDS)) as session:
                    return Probe(True, version=session.version, signed_in=True if self.key else None)
            except NotSignedIn as failure:
                return Probe(False, why=failure.message, signed_in=False)
            except AgentFailed as failure:
                return Probe(False, why=failure.message)

    @asynccontextmanager
    async def _session(self, ground: Ground, patience: Patience) -> AsyncIterator[AcpSession]:
        """A session with a server that has greeted us."""
        session = self._unopened(ground, patience)
        far = await _call(self.name, self.url, self.key, session.told.room)
        # Entered and left by hand: as a context manager the group would wrap what the user of the session raises.
        tasks = asyncio.TaskGroup()
        await tasks.__aenter__()
        try:
            session.attach(far, tasks)
            await session.initialize()
            yield session
        finally:
            try:
                await session.close()
            finally:
                await tasks.__aexit__(None, None, None)


async def _start_nothing(argv: Sequence[str], env: Mapping[str, str]) -> Process:
    raise CannotStart("An agent behind a URL starts nothing here.")


async def _call(name: str, url: str, key: str, room: asyncio.Event) -> FarAgent:
    """Connect. Raises `NotSignedIn` for a key that is not taken, and `AgentFailed`."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/").removesuffix("/acp") + "/acp"
    at = urlunsplit(("wss" if parts.scheme == "https" else "ws", parts.netloc, path, "", ""))
    headers = {"X-Secret-Key": key} if key else {}
    try:
        socket = await connect(
            at,
            additional_headers=headers,
            max_size=LONGEST_MESSAGE,
            open_timeout=_CONNECT_SECONDS,
            close_timeout=1,
            proxy=None,
        )
    except InvalidStatus as refusal:
        status = refusal.response.status_code
        if status in (401, 403):
            raise NotSignedIn(f"{url} wants a key, or another one. Set GOOSE_API_KEY to its secret key.") from refusal
        raise AgentFailed(f"{url} answered with HTTP {status}, where a WebSocket for ACP was asked for.") from refusal
    except (OSError, TimeoutError, WebSocketException) as problem:
        reason = str(problem) or type(problem).__name__
        raise AgentFailed(f"{url} does not answer ({reason}). Is the server of {name} running?") from problem
    return FarAgent(socket, url, room)


class FarAgent:
    """The transport (`send`, `receive`, `close`) that the ACP library asks for, to an agent that is not our process."""

    def __init__(self, socket: ClientConnection, url: str, room: asyncio.Event) -> None:
        self._socket = socket
        self._url = url
        self._room = room
        self._working: dict[object, object] = {}
        """The sessions with a prompt under way, by the number of its request."""
        self._idle = asyncio.Event()
        self._idle.set()

    async def receive(self) -> dict[str, Any] | None:
        """The next message, or None when no more will come."""
        while True:
            await self._room.wait()
            try:
                frame = await self._socket.recv()
            except ConnectionClosed:
                self._idle.set()
                return None
            try:
                message = json.loads(frame)
            except (ValueError, RecursionError):
                continue
            if isinstance(message, dict):
                if "method" not in message:
                    self._working.pop(message.get("id"), None)
                    if not self._working:
                        self._idle.set()
                return message

    async def send(self, message: dict[str, Any]) -> None:
        """Raises `ConnectionError` when the agent no longer listens and the message is ours to ask."""
        if message.get("method") == "session/prompt":
            self._working[message.get("id")] = message["params"]["sessionId"]
            self._idle.clear()
        try:
            await self._socket.send(json.dumps(message, separators=(",", ":")))
        except ConnectionClosed:
            if "method" in message:
                raise ConnectionError("The agent no longer listens.") from None

    async def close(self) -> None:
        await self._socket.close()

    async def end(self, grace_seconds: float) -> None:
        """Stop what it does for us and hang up; after `grace_seconds` without good-bye. Safe to call twice."""
        try:
            async with clock.timeout(grace_seconds):
                for session in [*self._working.values()]:
                    with suppress(ConnectionError):
                        cancel = {"jsonrpc": "2.0", "method": "session/cancel", "params": {"sessionId": session}}
                        await self.send(cancel)
                await self._idle.wait()  # hung up on at once, Goose would let its command run on
                await self._socket.close()
        except TimeoutError:
            pass
        finally:
            self._socket.transport.abort()

    async def obituary(self, name: str) -> str:
        return f"{name} at {self._url} hung up."

    def last_words(self) -> str:
        return ""
