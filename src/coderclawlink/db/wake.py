"""PORT: the bell. After a commit it tells who waits that something of their topic was written; they look for themselves.

A topic is an event's kind (`run.submitted`), `run:<id>` (anything about it), `over:<run>` (an attempt of it is over, or it
has ended or is gone), `node:<name>` (there is something to tell that node), or `journal` for anything at all. A ring says
nothing but "look": it may come twice, come for nothing, or be missed in an outage, so every listener also looks by itself
now and then. Two answers: `Bell` in this process, and `PostgresBell` over LISTEN/NOTIFY for several.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterable, Iterator
from typing import Protocol, Self

import psycopg

from coderclawlink import clock
from coderclawlink.ids import new_id

CHANNEL = "clawlink"


class Ear:
    """One listener. Made on the event loop that waits; rung from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard = asyncio.Event()

    def ring(self) -> None:
        # The loop may have closed between the commit and this call: then nobody listens any more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._heard.set)

    @property
    def is_rung(self) -> bool:
        """Since it was last waited for, or `was_rung` was asked."""
        return self._heard.is_set()

    def was_rung(self) -> bool:
        """`is_rung`, and from now on it waits for the next ring."""
        heard = self._heard.is_set()
        self._heard.clear()
        return heard

    async def rung(self) -> None:
        """Until rung; the ring stays to be asked for."""
        await self._heard.wait()

    async def wait(self, at_most: float | None = None) -> bool:
        """Until rung, or `at_most` seconds. True if it was rung, also before this call and since the last one."""
        try:
            async with clock.timeout(at_most):
                await self._heard.wait()
        except TimeoutError:
            return False
        self._heard.clear()
        return True


class Wake(Protocol):
    def ring(self, topics: Iterable[str]) -> None:
        """Called after the commit, from any thread."""
        ...

    def listen(self, *topics: str) -> contextlib.AbstractContextManager[Ear]: ...

    def close(self) -> None: ...


class Bell:
    """The bell within one process: what SQLite needs."""

    def __init__(self) -> None:
        self._ears: dict[str, set[Ear]] = {}
        self._lock = threading.Lock()

    def ring(self, topics: Iterable[str]) -> None:
        with self._lock:
            ears = {ear for topic in topics for ear in self._ears.get(topic, ())}
        for ear in ears:
            ear.ring()

    @contextlib.contextmanager
    def listen(self, *topics: str) -> Iterator[Ear]:
        ear = Ear()
        with self._lock:
            for topic in topics:
                self._ears.setdefault(topic, set()).add(ear)
        try:
            yield ear
        finally:
            with self._lock:
                for topic in topics:
                    ears = self._ears[topic]
                    ears.discard(ear)
                    if not ears:
                        del self._ears[topic]

    def close(self) -> None:
        pass


class PostgresBell(Bell):
    """The bell between processes: a ring is also a NOTIFY, gathered so that a hub sends at most 20 a second."""

    EVERY_SECONDS = 0.05

    def __init__(self, conninfo: str) -> None:
        super().__init__()
        self._conninfo = conninfo
        self._outgoing: set[str] = set()
        self._go = threading.Event()
        self._closed = threading.Event()
        self._name = new_id()
        self._threads = [
            threading.Thread(target=self._listen_forever, name="bell-listen", daemon=True),
            threading.Thread(target=self._notify_forever, name="bell-notify", daemon=True),
        ]

    def start(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def ring(self, topics: Iterable[str]) -> None:
        topics = set(topics)
        super().ring(topics)
        with self._lock:
            self._outgoing |= topics
        self._go.set()

    def _notify_forever(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(psycopg.Error), psycopg.connect(self._conninfo, autocommit=True) as connection:
                while True:
                    self._go.wait()
                    self._go.clear()
                    self._notify(connection)
                    if self._closed.wait(self.EVERY_SECONDS):
                        return
            self._closed.wait(1.0)

    def _notify(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        with self._lock:
            topics, self._outgoing = self._outgoing, set()
        # A payload is at most 8,000 bytes: many topics become "everything".
        text = json.dumps(sorted(topics))
        try:
            connection.execute(
                "SELECT pg_notify(%s, %s)", (CHANNEL, f"{self._name} {text if len(text) < 7000 else '*'}")
            )
        except psycopg.Error:
            with self._lock:
                self._outgoing |= topics  # told on the next connection
            self._go.set()
            raise

    def _listen_forever(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(psycopg.Error), psycopg.connect(self._conninfo, autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                self._ring_all()  # what was told while nobody listened
                while not self._closed.is_set():
                    for note in connection.notifies(timeout=0.5):
                        if self._closed.is_set():
                            return
                        sender, _, text = note.payload.partition(" ")
                        if sender == self._name:
                            continue
                        if text == "*":
                            self._ring_all()
                        else:
                            super().ring(json.loads(text))
            self._closed.wait(1.0)

    def _ring_all(self) -> None:
        with self._lock:
            topics = list(self._ears)
        super().ring(topics)

    def close(self) -> None:
        self._closed.set()
        self._go.set()  # the last word wakes the listening thread too
        for thread in self._threads:
            if thread.is_alive():
                thread.join(2.0)
