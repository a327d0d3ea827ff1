"""An agent server that tells what a test puts into it, and keeps what it was asked."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import httpx2

from coderclawlink.drivers.acp.translate import Raw
from coderclawlink.drivers.openhands.server import Address, Refused, Server


class PlayedServer(Server):
    """`asked`: every request that changes something. `kept`: the events it remembers. `line`: what is told over the socket; None
    breaks it. `state`: what it is in when asked. `broken`: what it refuses. `then`: what follows a prompt."""

    def __init__(self) -> None:
        super().__init__(Address("http://played"), httpx2.AsyncClient())
        self.asked: list[str] = []
        self.kept: list[Raw] = []
        self.line: asyncio.Queue[Raw | None] = asyncio.Queue()
        self.state = "idle"
        self.broken: set[str] = set()
        self.then: list[Callable[[], None]] = []
        self._numbers = itertools.count(1)
        self._news = asyncio.Event()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something that it is asked makes this true."""
        while not true():
            self._news.clear()
            await self._news.wait()

    def tell(self, kind: str, *, live: bool = True, **fields: object) -> None:
        number = next(self._numbers)
        event = {"kind": kind, "id": f"e{number}", "timestamp": f"2026-01-01T00:00:00.{number:06}", **fields}
        self.kept.append(event)
        if live:
            self.line.put_nowait(event)

    def tell_state(self, state: str) -> None:
        self.state = state
        self.line.put_nowait(self._whole())

    def act(self, command: str, call: str = "c1", *, live: bool = True) -> None:
        action = {"kind": "TerminalAction", "command": command, "is_input": False, "reset": False}
        self.tell("ActionEvent", tool_name="terminal", tool_call_id=call, action=action, live=live)

    async def say(self, id: str, words: str) -> None:
        self._do(f"say {words}")
        self.tell("MessageEvent", source="user")
        for event in self.then:
            event()

    async def allow(self, id: str) -> None:
        self._do("allow")

    async def refuse(self, id: str, reason: str) -> None:
        self._do(f"refuse: {reason}")

    async def go_on(self, id: str) -> None:
        self._do("go on")

    async def interrupt(self, id: str) -> None:
        self._do("interrupt")
        self.tell_state("paused")
        self.tell_state("paused")  # it does so twice

    async def switch_model(self, id: str, llm: Mapping[str, object]) -> None:
        self._do("switch")

    async def conversation(self, id: str) -> Raw | None:
        return {"execution_status": self.state}

    async def events_since(self, id: str, timestamp: str) -> AsyncIterator[Raw]:
        for event in list(self.kept):
            if str(event["timestamp"]) >= timestamp:
                yield event

    @asynccontextmanager
    async def listen(self, id: str) -> AsyncIterator[AsyncIterator[Raw]]:
        if "listen" in self.broken:
            raise Refused("nobody listens")
        self.line = asyncio.Queue()
        self.line.put_nowait(self._whole())
        self._news.set()
        yield self._told(self.line)

    async def _told(self, line: asyncio.Queue[Raw | None]) -> AsyncIterator[Raw]:
        while (event := await line.get()) is not None:
            yield event

    def _whole(self) -> Raw:
        value = {"execution_status": self.state}
        return {"kind": "ConversationStateUpdateEvent", "key": "full_state", "value": value}

    def _do(self, what: str) -> None:
        if what.split(":")[0].split(" ")[0] in self.broken:
            raise Refused("no luck")
        self.asked.append(what)
        self._news.set()
