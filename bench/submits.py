"""How many runs a second are acknowledged: run, event, workflow and first attempt in one commit, on both databases.

Beside it, in the same round: one-row commits by hand (the machine's limit), a hand-written submit of run and event through
SQLAlchemy, one row with the durable engine's own (the least that a durable submit costs), and on PostgreSQL Procrastinate's
`defer`, a job queue that knows neither waits nor fences.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import procrastinate
import psycopg
import sqlalchemy as sa

from bench.rows import Found, Row, not_run, rate, ratio
from coderclawlink.access.policy import OWNER
from coderclawlink.db.engine import Database, Tx, open_database, store_url
from coderclawlink.db.migrate import migrate
from coderclawlink.db.schema import events, runs
from coderclawlink.engine import lifecycle
from coderclawlink.engine.dbos import Durable, Steps
from coderclawlink.engine.lifecycle import Limits
from coderclawlink.events import RunSubmitted
from coderclawlink.ids import RunId, new_id
from coderclawlink.runs.ledger import Wish
from tests import postgres

CLIENTS = (1, 8, 16, 64)
CONNECTIONS_AT_MOST = 16
"""A peer's clients each have a connection of their own; beyond this they share, as they would in a pool."""
ROUNDS, SECONDS = 5, 0.3
WISH = Wish(agent="demo", prompt="Please write notes", context={}, title="Write notes")
AIMS = {
    ("SQLite", "raw"): {1: 0.23, 8: 0.79},
    ("SQLite", "by hand"): {1: 0.44, 8: 0.39},
    ("PostgreSQL", "raw"): {1: 0.20, 8: 0.12},
    ("PostgreSQL", "by hand"): {1: 0.44, 8: 0.29},
    ("PostgreSQL", "Procrastinate"): {1: 0.67, 8: 0.48},
}

Once = Callable[[], object]
Peer = Callable[[int], contextlib.AbstractContextManager[list[Once]]]
"""Opens so many clients of a peer; calling one is one acknowledged piece of work."""


def measure(quick: bool) -> Found:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="clawlink-bench-") as folder:
        url = f"sqlite:///{folder}/ours.db"
        peers = {"raw": _sqlite_commits(Path(folder)), "by hand": _by_hand(f"sqlite:///{folder}/hand.db")}
        rows += _compare("SQLite", url, peers, quick)
    try:
        with postgres.server() as server, postgres.database(server) as url, postgres.database(server) as beside:
            peers = {
                "raw": _postgres_commits(beside),
                "by hand": _by_hand(beside),
                "Procrastinate": _procrastinate(beside),
            }
            rows += _compare("PostgreSQL", url, peers, quick)
    except postgres.PostgresMissing as missing:
        rows.append(not_run("PostgreSQL", missing))
    return Found(
        "Submits acknowledged: run + event + workflow + attempt in one commit",
        "with one client the flush of the commit and the CPU of some ten statements; with many the one writer thread's CPU, "
        "since up to 64 callers share a flush. The engine's two inserts are a third of it.",
        rows,
    )


def _compare(name: str, url: str, peers: dict[str, Peer], quick: bool) -> list[Row]:
    ours: defaultdict[int, list[float]] = defaultdict(list)
    theirs: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    clients, rounds, seconds = ((1, 8), 1, 0.05) if quick else (CLIENTS, ROUNDS, SECONDS)
    with _hub(url) as hub:
        peers = {**peers, "row + enqueue": _row_and_enqueue(hub)}
        for _ in range(rounds):
            for count in clients:
                ours[count].append(asyncio.run(_submits(hub, count, seconds)))
                for peer, opened in peers.items():
                    with opened(count) as calls:
                        theirs[peer, count].append(_together(calls, seconds))
    return [
        Row(
            f"{name}, {count} client{'s' if count > 1 else ''} ÷ {peer}",
            f"{rate(ours[count])}, {ratio(ours[count], theirs[peer, count]):.2f}",
            f"≥ {aim:.2f}" if (aim := AIMS.get((name, peer), {}).get(count)) else "",
            f"{peer} {rate(theirs[peer, count])}",
        )
        for peer in peers
        for count in clients
    ]


# ── ours ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Submitting:
    """The rooms that a submit goes through, without a node and without the workflows being carried out behind it."""

    db: Database
    durable: Durable


@contextlib.contextmanager
def _hub(url: str) -> Iterator[Submitting]:
    async def carry(steps: Steps, run: RunId) -> None:
        """Nothing is carried out."""

    with open_database(url) as db:
        migrate(db)
        tables = Durable(db, "bench", carry)
        tables.launch()
        tables.close()
        with contextlib.closing(Durable(db, "bench", carry)) as durable:
            yield Submitting(db, durable)


async def _submits(hub: Submitting, clients: int, seconds: float) -> float:
    done = 0
    began = time.perf_counter()

    async def client() -> None:
        nonlocal done
        while True:  # one at least, however short the time
            await hub.db.write(lifecycle.submit, hub.durable, Limits(), OWNER, WISH)
            done += 1
            if time.perf_counter() - began >= seconds:
                return

    async with asyncio.TaskGroup() as tasks:
        for _ in range(clients):
            tasks.create_task(client())
    return done / (time.perf_counter() - began)


# ── its peers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _together(calls: list[Once], seconds: float) -> float:
    """Each client in a thread of its own, for so long; how many a second all did."""
    counts = [0] * len(calls)
    began = time.perf_counter()

    def client(index: int) -> None:
        while True:
            calls[index]()
            counts[index] += 1
            if time.perf_counter() - began >= seconds:
                return

    threads = [threading.Thread(target=client, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _sqlite_commits(folder: Path) -> Peer:
    path = folder / "raw.db"

    @contextlib.contextmanager
    def opened(count: int) -> Iterator[list[Once]]:
        with contextlib.ExitStack() as stack:
            calls: list[Once] = []
            for _ in range(min(count, CONNECTIONS_AT_MOST)):
                connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
                stack.callback(connection.close)
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, text TEXT)")
                calls.append(_inserting(connection))
            yield calls

    def _inserting(connection: sqlite3.Connection) -> Once:
        return lambda: connection.execute("INSERT INTO t (text) VALUES (?)", ("Please write notes",))

    return opened


def _postgres_commits(url: str) -> Peer:
    @contextlib.contextmanager
    def opened(count: int) -> Iterator[list[Once]]:
        with contextlib.ExitStack() as stack:
            calls: list[Once] = []
            for _ in range(min(count, CONNECTIONS_AT_MOST)):
                connection = stack.enter_context(psycopg.connect(url, autocommit=True))
                connection.execute("CREATE TABLE IF NOT EXISTS t (id bigserial PRIMARY KEY, text TEXT)")
                calls.append(_inserting(connection))
            yield calls

    def _inserting(connection: psycopg.Connection) -> Once:
        return lambda: connection.execute("INSERT INTO t (text) VALUES (%s)", ("Please write notes",), prepare=True)

    return opened


def _by_hand(url: str) -> Peer:
    """What one would write without an engine: insert the run, insert its event, commit. One connection on SQLite, a pool else."""
    name = store_url(url)
    is_sqlite = name.get_backend_name() == "sqlite"
    engine = sa.create_engine(
        name,
        poolclass=sa.QueuePool,
        pool_size=1 if is_sqlite else CONNECTIONS_AT_MOST,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"check_same_thread": False} if is_sqlite else {},
    )
    meta = sa.MetaData()
    its_runs, its_events = runs.to_metadata(meta), events.to_metadata(meta)
    its_events.c.seq.autoincrement = True
    for constraint in [one for one in its_runs.constraints if isinstance(one, sa.ForeignKeyConstraint)]:
        its_runs.constraints.discard(constraint)
    numbers = iter(range(1, 1 << 60))

    def once() -> None:
        run = new_id()
        now = time.time()
        with engine.begin() as connection:
            connection.execute(
                its_runs.insert(),
                {
                    "id": run, "agent": WISH.agent, "prompt": WISH.prompt, "context": "{}", "state": "pending",
                    "tries": 3, "timeout_seconds": 3600.0, "priority": 2, "title": WISH.title, "author": "",
                    "created_at": now,
                },
            )  # fmt: skip
            told = RunSubmitted(agent=WISH.agent, prompt=WISH.prompt)
            connection.execute(
                its_events.insert(),
                {"seq": next(numbers), "at": now, "kind": told.kind, "run_id": run, "data": told.model_dump_json()},
            )

    @contextlib.contextmanager
    def opened(count: int) -> Iterator[list[Once]]:
        with engine.connect() as connection:
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.exec_driver_sql("PRAGMA synchronous=FULL")
            its_runs.create(connection, checkfirst=True)
            its_events.create(connection, checkfirst=True)
            connection.commit()
        yield [once] * min(count, CONNECTIONS_AT_MOST)

    return opened


def _row_and_enqueue(hub: Submitting) -> Peer:
    """The least that a durable submit is: one row of ours and the engine's own, in one commit. No event, attempt, queue."""
    table = sa.Table(
        "bench_rows", sa.MetaData(), sa.Column("id", sa.String(36), primary_key=True), sa.Column("text", sa.Text)
    )

    def once() -> None:
        run = RunId(new_id())
        with hub.db.writing.begin() as connection:
            connection.execute(table.insert(), {"id": run, "text": WISH.prompt})
            hub.durable.enqueue(Tx(connection, {}), run)

    @contextlib.contextmanager
    def opened(count: int) -> Iterator[list[Once]]:
        with hub.db.writing.begin() as connection:
            table.create(connection, checkfirst=True)
        yield [once] * min(count, CONNECTIONS_AT_MOST)

    return opened


def _procrastinate(url: str) -> Peer:
    app = procrastinate.App(
        connector=procrastinate.SyncPsycopgConnector(conninfo=url, min_size=1, max_size=CONNECTIONS_AT_MOST)
    )

    @app.task(queue="runs")
    def run(run_id: str) -> None:
        """Nothing is carried out."""

    made = False

    @contextlib.contextmanager
    def opened(count: int) -> Iterator[list[Once]]:
        nonlocal made
        with app.open():
            if not made:
                app.schema_manager.apply_schema()
                made = True
            yield [lambda: run.defer(run_id=new_id())] * min(count, CONNECTIONS_AT_MOST)

    return opened
