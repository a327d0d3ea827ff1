"""How many events a second of what agents say are kept: a node's records through the fence into the journal, on both databases.

Beside it, in the same round: the same rows into the same table, written in groups of 100 by `executemany` (SQLite) and in groups of 200 by
COPY (PostgreSQL), which is what the machine's disk and the database allow when nothing is looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import psycopg
import sqlalchemy as sa

from bench.rows import Found, Row, not_run, rate, ratio
from coderclawlink.access.policy import OWNER
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Database, Tx, open_database, store_url
from coderclawlink.db.migrate import migrate
from coderclawlink.db.schema import events
from coderclawlink.events import AgentMessage, AttemptStarted
from coderclawlink.ids import NodeId, RunId, new_id
from coderclawlink.link.protocol import AgentOffer, Entry, Hello
from coderclawlink.runs import attempts, nodes, recording
from coderclawlink.runs.ledger import Wish
from tests import postgres

NODES, RUNS_EACH, RECORD = 4, 5, 200
"""Nodes that tell at once, runs at work on each, entries in one record: as many as a node sends in one word."""
ROUNDS, RECORDS, SECONDS = 7, 25, 0.5
TEXT = "The agent says what it has found in the file, and what it means to do about it, in a line of usual length."
DATA = AgentMessage(text=TEXT).model_dump_json()


def measure(quick: bool) -> Found:
    rounds, records, seconds = (1, 1, 0.05) if quick else (ROUNDS, RECORDS, SECONDS)
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="clawlink-bench-") as folder,
        _sqlite_rows(f"{folder}/raw.db") as raw,
        open_database(f"sqlite:///{folder}/ours.db") as db,
    ):
        rows.append(_compare("SQLite", db, raw, rounds, records, seconds, "groups of 100 by executemany", 0.38))
    try:
        with (
            postgres.server() as server,
            postgres.database(server) as url,
            postgres.database(server) as beside,
            _postgres_rows(beside) as raw,
            open_database(url) as db,
        ):
            rows.append(_compare("PostgreSQL", db, raw, rounds, records, seconds, "groups of 200 by COPY", 0.54))
    except postgres.PostgresMissing as missing:
        rows.append(not_run("PostgreSQL", missing))
    return Found(
        f"Events kept: records of {RECORD} from {NODES} nodes with {RUNS_EACH} runs each, fenced, checked, numbered",
        "the writer thread's CPU: each event is checked against its shape, cleaned and written as JSON by the hub itself, "
        "since a node is not believed.",
        rows,
    )


def _compare(
    name: str,
    db: Database,
    raw: Callable[[float], float],
    rounds: int,
    records: int,
    seconds: float,
    peer: str,
    aim: float,
) -> Row:
    migrate(db)
    told = [db.write_now(_set_up, NodeId(f"node-{number}")) for number in range(NODES)]
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        ours.append(asyncio.run(_record(db, told, records)))
        theirs.append(raw(seconds))
    return Row(f"{name} ÷ raw rows", f"{rate(ours)}, {ratio(ours, theirs):.2f}", f"≥ {aim}", f"{peer}: {rate(theirs)}")


# ── ours ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Telling:
    """A node with runs at work, and how far it has told of each."""

    node: NodeId
    runs: list[RunId]
    said: dict[RunId, int] = field(default_factory=dict)

    def next_record(self) -> tuple[Entry, ...]:
        entries = []
        at = rfc3339(time.time())
        event = {"kind": "agent.message", "text": TEXT}
        for run in self.runs:
            first = self.said.get(run, 1) + 1
            last = first + RECORD // len(self.runs)
            entries += [Entry(run=run, attempt=1, n=n, at=at, event=event) for n in range(first, last)]
            self.said[run] = last - 1
        return tuple(entries)


def _set_up(tx: Tx, node: NodeId) -> Telling:
    offers = (AgentOffer(name="demo", available=True),)
    nodes.join(tx, Hello(node=node, boot=new_id(), slots=RUNS_EACH, agents=offers))
    runs = []
    for _ in range(RUNS_EACH):
        run = attempts.submit(tx, OWNER, Wish("demo", "Please write notes", {}, "Write notes"))
        attempts.place(tx, run, 1, node)
        began = Entry(run=run.id, attempt=1, n=1, at=rfc3339(time.time()), event=AttemptStarted().model_dump())
        recording.record(tx, node, [began])
        runs.append(run.id)
    return Telling(node, runs)


async def _record(db: Database, told: list[Telling], records: int) -> float:
    """Each node tells so many records, the next when the one before is kept; how many entries a second."""
    to_tell = [(node, [node.next_record() for _ in range(records)]) for node in told]

    async def tell(node: Telling, its_records: list[tuple[Entry, ...]]) -> None:
        for record in its_records:
            taken = await db.write(recording.record, node.node, record)
            assert len(taken.kept) == len(node.runs)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for node, its_records in to_tell:
            tasks.create_task(tell(node, its_records))
    return len(told) * records * RECORD / (time.perf_counter() - began)


# ── what the machine allows ────────────────────────────────────────────────────────────────────────────────────────


Rows = Sequence[tuple[object, ...]]


def _rows(first: int, count: int) -> Rows:
    now, run = time.time(), "0199d5c0-0000-7000-8000-000000000000"
    return [(n, now, "agent.message", None, None, run, 1, n, None, DATA) for n in range(first, first + count)]


def _groups(write: Callable[[Rows], object], size: int, seen: list[int], seconds: float) -> float:
    began = time.perf_counter()
    first = seen[0]
    while time.perf_counter() - began < seconds:
        write(_rows(seen[0], size))
        seen[0] += size
    return (seen[0] - first) / (time.perf_counter() - began)


def _table(url: str) -> None:
    """The journal's own table, with its indexes."""
    engine = sa.create_engine(store_url(url))
    events.create(engine)
    engine.dispose()


@contextlib.contextmanager
def _sqlite_rows(path: str) -> Iterator[Callable[[float], float]]:
    _table(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

        def write(rows: Rows) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")

        yield partial(_groups, write, 100, [1])


@contextlib.contextmanager
def _postgres_rows(url: str) -> Iterator[Callable[[float], float]]:
    _table(url)
    with psycopg.connect(url, autocommit=True) as connection:

        def write(rows: Rows) -> None:
            with connection.transaction(), connection.cursor() as cursor, cursor.copy("COPY events FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

        yield partial(_groups, write, 200, [1])
