"""What the node has told and the hub has not kept yet, on the node's disk: a killed hub loses nothing, nor does a killed node.

Entries are numbered within their attempt and have one order over all; a connection sends them from the oldest on. Writes are
gathered for some milliseconds into one commit. `synchronous=NORMAL`: it survives any kill of the process; a power cut may
take the last moments of an attempt, which the hub then makes anew.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic_core import PydanticSerializationError

from coderclawlink.clock import rfc3339
from coderclawlink.events import AgentLog, AttemptEnded, AttemptEvent
from coderclawlink.link.protocol import AgentOffer, Entry, Fence, Order, storable

GATHER_SECONDS = 0.004
ENTRY_AT_MOST = 4 * 1024 * 1024
"""Bytes of one event; of a longer one the long texts are shortened."""
SENT_AT_MOST = 2 * 1024 * 1024
"""Bytes of entries sent in one word, or one entry: with the above well below what a wire takes."""
NUL = r"\u0000"
_TABLES = """
CREATE TABLE IF NOT EXISTS attempts (
  run TEXT NOT NULL, attempt INTEGER NOT NULL, said INTEGER NOT NULL DEFAULT 0, kept INTEGER NOT NULL DEFAULT 0,
  ended INTEGER NOT NULL DEFAULT 0, task TEXT NOT NULL, PRIMARY KEY (run, attempt)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
  place INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, attempt INTEGER NOT NULL, n INTEGER NOT NULL,
  at TEXT NOT NULL, event TEXT NOT NULL, UNIQUE (run, attempt, n));
CREATE TABLE IF NOT EXISTS offers (name TEXT PRIMARY KEY, offer TEXT NOT NULL);
"""


class Spool:
    """The node's memory. One process uses it, from its event loop."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_TABLES)
        self._waiting: list[tuple[str, int, int, str, str]] = []
        self._said: dict[tuple[str, int], int] = {
            (run, attempt): said for run, attempt, said in self._db.execute("SELECT run, attempt, said FROM attempts")
        }
        self._timer: asyncio.TimerHandle | None = None
        self.news = asyncio.Event()
        """Set when there is something new to send."""

    def take(self, order: Order) -> bool:
        """Note that the attempt is ours. False if it was already."""
        fence = (order.run, order.attempt)
        if fence in self._said:
            return False
        self._said[fence] = 0
        self._db.execute(
            "INSERT INTO attempts (run, attempt, task) VALUES (?, ?, ?)",
            (*fence, order.model_dump_json(exclude={"token": True, "beside": {"__all__": {"token"}}})),
        )
        return True

    def add(self, run: str, attempt: int, event: AttemptEvent) -> None:
        """Tell something; it is on disk within some milliseconds, an attempt's end at once."""
        text = _written(event)
        n = self._said[run, attempt] = self._said[run, attempt] + 1
        self._waiting.append((run, attempt, n, rfc3339(time.time()), text))
        if isinstance(event, AttemptEnded):
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what has gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT INTO entries (run, attempt, n, at, event) VALUES (?, ?, ?, ?, ?)", waiting)
        ends = {(run, attempt) for run, attempt, _, _, event in waiting if json.loads(event)["kind"] == "attempt.ended"}
        for run, attempt in {(row[0], row[1]) for row in waiting}:
            self._db.execute(
                "UPDATE attempts SET said = ?, ended = max(ended, ?) WHERE run = ? AND attempt = ?",
                (self._said[run, attempt], int((run, attempt) in ends), run, attempt),
            )
        self._db.execute("COMMIT")
        self.news.set()

    def unkept(self, after: int, at_most: int = 200) -> tuple[int, list[Entry]]:
        """The oldest entries after a place that the hub has not kept, and the place to go on from."""
        rows = self._db.execute(
            "SELECT place, run, attempt, n, at, event, length(CAST(event AS BLOB)) FROM entries WHERE place > ? "
            "ORDER BY place LIMIT ?",
            (after, at_most),
        )
        entries: list[Entry] = []
        total = 0
        for place, run, attempt, n, at, event, size in rows:
            total += size
            if entries and total > SENT_AT_MOST:
                break
            entries.append(Entry(run=run, attempt=attempt, n=n, at=at, event=json.loads(event)))
            after = place
        rows.close()
        return after, entries

    def kept(self, run: str, attempt: int, n: int) -> None:
        """The hub has everything up to n. An attempt that has ended and is kept whole is forgotten."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM entries WHERE run = ? AND attempt = ? AND n <= ?", (run, attempt, n))
        self._db.execute("UPDATE attempts SET kept = max(kept, ?) WHERE run = ? AND attempt = ?", (n, run, attempt))
        self._db.execute(
            "DELETE FROM attempts WHERE run = ? AND attempt = ? AND ended AND kept >= said", (run, attempt)
        )
        self._db.execute("COMMIT")
        if not self._db.execute("SELECT 1 FROM attempts WHERE run = ? AND attempt = ?", (run, attempt)).fetchone():
            self._said.pop((run, attempt), None)

    def forget(self, run: str, attempt: int) -> None:
        """The hub has given the attempt up: nobody wants its words any more."""
        self._waiting = [row for row in self._waiting if (row[0], row[1]) != (run, attempt)]
        self._db.execute("DELETE FROM entries WHERE run = ? AND attempt = ?", (run, attempt))
        self._db.execute("DELETE FROM attempts WHERE run = ? AND attempt = ?", (run, attempt))
        self._said.pop((run, attempt), None)

    def holds(self, run: str, attempt: int) -> bool:
        return (run, attempt) in self._said

    def held(self) -> list[Fence]:
        """All attempts that are ours: at work, or with words that the hub has not kept."""
        return [Fence(run=run, attempt=attempt) for run, attempt in self._said]

    def unfinished(self) -> Iterator[Order]:
        """Attempts that are ours and have not ended: after a restart, those that died with the process before."""
        for (task,) in self._db.execute("SELECT task FROM attempts WHERE NOT ended").fetchall():
            yield Order.model_validate_json(task)

    def offers(self) -> tuple[AgentOffer, ...]:
        """The agents as they were last found."""
        rows = self._db.execute("SELECT offer FROM offers ORDER BY name").fetchall()
        return tuple(AgentOffer.model_validate_json(offer) for (offer,) in rows)

    def remember_offers(self, offers: tuple[AgentOffer, ...]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM offers")
        self._db.executemany(
            "INSERT INTO offers (name, offer) VALUES (?, ?)", [(one.name, one.model_dump_json()) for one in offers]
        )
        self._db.execute("COMMIT")

    def close(self) -> None:
        self.flush()
        self._db.close()


def _written(event: AttemptEvent) -> str:
    """The event as JSON of at most `ENTRY_AT_MOST` bytes, as any database keeps it."""
    try:
        text = event.model_dump_json()
    except PydanticSerializationError:  # half a character: what an agent says need not be text
        text = NUL
    if NUL not in text and len(text.encode()) <= ENTRY_AT_MOST:
        return text
    said, longest = event.model_dump(), ENTRY_AT_MOST
    while longest > 100:
        text = json.dumps(storable(said, longest), ensure_ascii=False)
        if len(text.encode()) <= ENTRY_AT_MOST:
            return text
        longest //= 16
    return AgentLog(text=f"The agent said something too long to keep: {event.kind}.").model_dump_json()
