"""The node's end of the link: find the hub, say hello, send what is spooled, do what it says; again when the wire breaks.

A hub that is away changes nothing for the attempts: they go on, and what they tell waits in the spool.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coderclawlink import clock
from coderclawlink.link.protocol import (
    AgentOffer,
    Answer,
    Ask,
    Assign,
    Beat,
    Drain,
    Fence,
    Goodbye,
    Hello,
    HubWord,
    Kept,
    Push,
    Pushed,
    Record,
    Refused,
    Show,
    Stop,
    Welcome,
)
from coderclawlink.link.wire import Wire, WireBroken, dial
from coderclawlink.node.spool import Spool

logger = logging.getLogger(__name__)

RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
SHOWN_AT_MOST = 2000
"""Words for eyes only that wait for a slow wire; older ones are dropped."""


@dataclass(frozen=True)
class HubAddress:
    url: str
    key: str


def find_hub(home: Path) -> HubAddress | None:
    """Where the hub of this data directory was last seen; None if it has not said so yet."""
    try:
        url = str(json.loads((home / "hub.json").read_text(encoding="utf-8"))["url"])
        key = (home / "node.key").read_text(encoding="ascii").strip()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return HubAddress(url, key)


class Dialer:
    """Keeps the link up."""

    def __init__(
        self,
        spool: Spool,
        *,
        find: Callable[[], HubAddress | None],
        hello: Callable[[], Hello],
        do: Callable[[Assign | Stop | Answer | Ask | Push | Drain], None],
    ) -> None:
        self._spool = spool
        self._find = find
        self._hello = hello
        self._do = do
        self._shown: deque[Show] = deque(maxlen=SHOWN_AT_MOST)
        self._answers: deque[Pushed] = deque()
        self._offers: tuple[AgentOffer, ...] | None = None
        self._beat_now = asyncio.Event()
        self._leave = asyncio.Event()
        self.left = asyncio.Event()
        """Set once the goodbye is said, or the hub was not there to hear it."""
        self.connected = False

    def show(self, word: Show) -> None:
        """Send for eyes only; dropped while the hub is away."""
        if self.connected:
            self._shown.append(word)
            self._spool.news.set()

    def answer(self, word: Pushed) -> None:
        """Send the answer to a push; lost with the wire, and then asked for again."""
        if self.connected:
            self._answers.append(word)
            self._spool.news.set()

    def offer(self, agents: tuple[AgentOffer, ...]) -> None:
        """The agents were looked at again: tell the hub with the next beat, which is now."""
        self._offers = agents
        self._beat_now.set()

    def say_goodbye(self) -> None:
        """When everything spooled is sent, say goodbye."""
        self._leave.set()
        self._spool.news.set()

    async def run(self) -> None:
        """Keep the link up, for ever, or until the goodbye is said."""
        failures = 0
        while not self.left.is_set():
            address = self._find()
            if address is not None:
                try:
                    async with dial(address.url, address.key) as wire:
                        await self._converse(wire)
                except* WireBroken as broken:
                    logger.info("the hub is away: %s", broken.exceptions[0])
                finally:
                    if self.connected:
                        failures = 0
                    self.connected = False
                    self._shown.clear()
                    self._answers.clear()
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    # The wire broke as we were cancelled: of the two, a task group tells only of the wire (Python 3.11, 3.12).
                    raise asyncio.CancelledError
            if self._leave.is_set():
                self.left.set()
                return
            await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
            failures += 1

    async def _converse(self, wire: Wire) -> None:
        await wire.say(self._hello())
        words = wire.hear()
        welcome = await anext(words)
        if isinstance(welcome, Refused):
            raise WireBroken(welcome.why)
        if not isinstance(welcome, Welcome):
            raise WireBroken("The hub did not say welcome.")
        logger.info("the hub is there")
        for fence in welcome.stop:
            self._end_stale(fence)
        self.connected = True
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send(wire))
            beating = tasks.create_task(self._beat(wire, welcome.beat_seconds))
            async for word in words:
                self._take(word)
                if self.left.is_set():
                    break
            sending.cancel()
            beating.cancel()

    def _take(self, word: HubWord) -> None:
        match word:
            case Kept():
                self._spool.kept(word.run, word.attempt, word.n)
                if self._leave.is_set():
                    self._spool.news.set()
            case Stop(why="stale"):
                self._end_stale(Fence(run=word.run, attempt=word.attempt))
            case Assign() | Stop() | Answer() | Ask() | Push() | Drain():
                self._do(word)
            case Refused() | Welcome():
                pass

    def _end_stale(self, fence: Fence) -> None:
        self._do(Stop(run=fence.run, attempt=fence.attempt, why="stale"))
        self._spool.forget(fence.run, fence.attempt)

    async def _send(self, wire: Wire) -> None:
        """Entries from the oldest on; then what is shown; then wait for more."""
        place = 0
        while True:
            self._spool.news.clear()
            while True:
                place, entries = self._spool.unkept(place)
                if not entries:
                    break
                await wire.say(Record(entries=tuple(entries)))
            while self._answers:
                await wire.say(self._answers.popleft())
            while self._shown:
                await wire.say(self._shown.popleft())
            if self._leave.is_set() and not self._spool.unkept(0, 1)[1]:
                await wire.say(Goodbye())
                self.left.set()
            await self._spool.news.wait()

    async def _beat(self, wire: Wire, every: float) -> None:
        while True:
            try:
                async with clock.timeout(every):
                    await self._beat_now.wait()
            except TimeoutError:
                pass
            self._beat_now.clear()
            agents, self._offers = self._offers, None
            await wire.say(Beat(held=tuple(self._spool.held()), agents=agents))
