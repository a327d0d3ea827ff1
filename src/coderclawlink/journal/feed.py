"""The journal as it grows, for eyes: one reader of the database, any number of watchers, each with what it asked for.

A watcher that falls behind is cut, never waited for: it comes back with the last sequence number it saw. What is only shown
(`agent.chunk`) goes the same way without a number.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from coderclawlink.db.engine import Database, StoreUnavailable
from coderclawlink.journal import log
from coderclawlink.journal.log import About, Told

logger = logging.getLogger(__name__)

QUEUE_AT_MOST = 5000
"""Events a watcher may be behind."""
BYTES_AT_MOST = 4 * 1024 * 1024
"""Characters of events a watcher may be behind: with the above this bounds what a stuck browser can cost."""
LOOK_AGAIN_SECONDS = 5.0
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """Something for eyes only: no number, never kept."""

    about: About
    data: dict[str, object]


class _Queue(asyncio.Queue["Told | Shown"]):
    """Full also when what is in it is long."""

    def __init__(self) -> None:
        self._characters = 0
        super().__init__(QUEUE_AT_MOST)

    def full(self) -> bool:
        return super().full() or self._characters >= BYTES_AT_MOST

    def _put(self, item: Told | Shown) -> None:
        self._characters += _length(item)
        super()._put(item)

    def _get(self) -> Told | Shown:
        item = super()._get()
        self._characters -= _length(item)
        return item


def _length(item: Told | Shown) -> int:
    return len(item.data) if isinstance(item, Told) else 100


@dataclass(eq=False)
class Watcher:
    """What one browser sees: what is about these; with `board`, also what moves cards, runs and nodes, and
    sets agents and budgets, of all projects.

    `everything` is for benches.
    """

    runs: set[str] = field(default_factory=set)
    tasks: set[int] = field(default_factory=set)
    projects: set[int] = field(default_factory=set)
    board: bool = False
    everything: bool = False
    fell_behind: asyncio.Event = field(default_factory=asyncio.Event)
    queue: asyncio.Queue[Told | Shown] = field(default_factory=_Queue)

    @property
    def behind(self) -> bool:
        """It could not keep up: what is queued is not all. It must be closed and come back."""
        return self.fell_behind.is_set()

    def wants(self, item: Told | Shown) -> bool:
        about = item.about
        return (
            self.everything
            or about.run in self.runs
            or about.task in self.tasks
            or about.project in self.projects
            or (self.board and isinstance(item, Told) and item.kind.startswith(log.BOARD_KINDS))
        )

    def put(self, item: Told | Shown) -> None:
        if self.behind or not self.wants(item):
            return
        try:
            self.queue.put_nowait(item)
        except asyncio.QueueFull:
            if isinstance(item, Told):  # a chunk that is not shown is no loss; a hole in the journal is
                self.fell_behind.set()


class Feed:
    """All watchers of this process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._watchers: set[Watcher] = set()
        self._knows_its_place = False
        self.head = 0
        """The last sequence number that every watcher has been given."""

    @contextlib.contextmanager
    def watch(self, watcher: Watcher) -> Iterator[Watcher]:
        """From now on the watcher is given what it wants. `feed.head` at this moment is where its queue begins."""
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def show(self, about: About, data: dict[str, object]) -> None:
        """Show something to who watches, now and never again."""
        if self._watchers:
            shown = Shown(about, data)
            for watcher in self._watchers:
                watcher.put(shown)

    async def run(self) -> None:
        """Read the journal as it grows, for ever. While the database is away, nothing is told and nothing is passed over."""
        with self._db.bell.listen("journal") as ear:
            while True:
                try:
                    more = await self._pass_on()
                except StoreUnavailable as error:
                    logger.warning("the journal cannot be read: %s", error.message)
                    more = False
                if not more:
                    await ear.wait(LOOK_AGAIN_SECONDS)

    async def _pass_on(self) -> bool:
        """Give every watcher what is new. True if there is more."""
        if not self._watchers or not self._knows_its_place:
            head = await self._db.read(log.last_seq)
            if not self._knows_its_place:
                for watcher in self._watchers:  # they came before this and may have missed something
                    watcher.fell_behind.set()
                self._knows_its_place = True
                self.head = head
            elif not self._watchers:  # nobody came meanwhile, so nothing is passed over
                self.head = head
            return False
        told = await self._db.read(log.read, self.head, at_most=BATCH)
        length = 0
        for one in told:
            self.head = one.seq
            for watcher in self._watchers:
                watcher.put(one)
            length += _length(one)
            if length > BYTES_AT_MOST // 8:  # a batch of long events must not cut those who would keep up
                length = 0
                await asyncio.sleep(0)
        return len(told) == BATCH
