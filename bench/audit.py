"""The audit chain at a million events: how fast it is verified and asked, and what a row of it costs the transaction that it is part of.

Beside the verification: SHA-256 over the same bytes alone, read from a list in memory, which is what no verifier in this language does faster.
Beside the cost: the same transaction telling an event that is not audited. Beside the questions: the same database's scan of all rows.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from bench.rows import Found, Row, not_run, ratio
from coderclawlink.access import analytics, audit, proof
from coderclawlink.access.audit import Question
from coderclawlink.access.policy import OWNER, Actor, Role
from coderclawlink.db.engine import Database, Look, Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.db.schema import audit as table
from coderclawlink.events import AttemptStarted, Event, PermissionDenied, ProjectChanged, RunSubmitted, RunWaiting
from coderclawlink.ids import ProjectId, RunId
from coderclawlink.journal import chain, log
from coderclawlink.journal.log import About
from tests import postgres

EVENTS, BATCH, AT_ONCE = 1_000_000, 5_000, 20
ROUNDS, COMMITS = 7, 300
DAYS, DAY_SECONDS = 60, 86_400.0
"""Over so many days the events are spread."""
PEOPLE = [
    Actor(
        Role.DEVELOPER, user=f"person{n}", session=f"user:{n}", login=f"{n:064x}", device=None if n % 3 else f"dev{n}"
    )
    for n in range(50)
]
AUDITED = ProjectChanged(
    changes={"name": "A name of usual length", "description": "What changed, in a line of usual length."}
)
NOT_AUDITED = RunWaiting(
    reason="question", who="A name of usual length, and what it waits for, in a line of usual length."
)
REFUSED = PermissionDenied(permission="project:write", reason="POST /api/projects: Permission denied: project:write")


def measure(quick: bool) -> Found:
    events, rounds, commits = (2_000, 1, 5) if quick else (EVENTS, ROUNDS, COMMITS)
    rows: list[Row] = []
    for name, opened in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        try:
            with opened() as db:
                rows += _measured(db, name, events, rounds, commits)
        except postgres.PostgresMissing as missing:
            rows.append(not_run(name, missing))
    bound = "one core of Python: reading rows, JSON, SHA-256; a commit waits for the disk; a sum over a window reads each row of it."
    return Found("Audit chain", bound, rows)


@contextlib.contextmanager
def _sqlite() -> Iterator[Database]:
    with (
        tempfile.TemporaryDirectory(prefix="clawlink-bench-") as folder,
        open_database(f"sqlite:///{Path(folder) / 'a.db'}") as db,
    ):
        migrate(db)
        yield db


@contextlib.contextmanager
def _postgresql() -> Iterator[Database]:
    with postgres.server() as server, postgres.database(server) as url, open_database(url) as db:
        migrate(db)
        yield db


def _measured(db: Database, name: str, events: int, rounds: int, commits: int) -> list[Row]:
    pairs = [(_seconds_each(db, AUDITED, commits), _seconds_each(db, NOT_AUDITED, commits)) for _ in range(rounds)]
    ours, theirs = [one for one, _ in pairs], [other for _, other in pairs]
    now = time.time()
    began, worked = time.perf_counter(), time.process_time()
    for first in range(0, events, BATCH):
        db.write_now(_fill, first, min(BATCH, events), events, now)
    filled, fill_cpu = time.perf_counter() - began, time.process_time() - worked
    with db.writing.connect() as connection, connection.begin():
        connection.exec_driver_sql("ANALYZE audit")
    with db.look() as look:
        worked = time.process_time()
        found = proof.verify(look)
        verify_cpu = time.process_time() - worked
        texts = [
            json.dumps([getattr(row, name) for name in chain.HASHED]).encode() for row in audit.batch(look, 0, 20_000)
        ]
    began = time.perf_counter()
    for text in texts:
        hashlib.sha256(text).hexdigest()
    bare = len(texts) / (time.perf_counter() - began)
    return [
        Row(
            f"{name}: verified, {found.events:,} events, {'all hold' if found.broken is None else found.broken}",
            f"{found.events / found.seconds:,.0f}/s, {found.seconds:.1f} s",
            "",
            f"{verify_cpu:.1f} s of CPU; SHA-256 over the same bytes in memory {bare:,.0f}/s",
        ),
        Row(
            f"{name}: a commit with one audited event",
            f"{median(ours) * 1e6:.0f} µs",
            "",
            f"with one that is not audited {median(theirs) * 1e6:.0f} µs, ratio {ratio(ours, theirs):.2f}",
        ),
        Row(
            f"{name}: one audited event of {BATCH:,} in a commit, {AT_ONCE} by each",
            f"{filled / events * 1e6:.0f} µs",
            "50 µs",
            f"all {events:,} in {filled:.0f} s, {fill_cpu:.0f} s of this process's CPU",
        ),
        *_asked(db, name, now),
    ]


def _asked(db: Database, name: str, now: float) -> list[Row]:
    week, month = Question(since=now - 7 * DAY_SECONDS), Question(since=now - 30 * DAY_SECONDS)
    questions: list[tuple[str, Callable[[Look], object]]] = [
        ("the newest of a person", lambda look: audit.read(look, Question(user="person7"), 100)),
        ("the newest of a project", lambda look: audit.read(look, Question(project=7), 100)),
        ("the newest from a device", lambda look: audit.read(look, Question(device="dev9"), 100)),
        ("the newest refusals", lambda look: audit.read(look, Question(status="denied"), 100)),
        ("words that stand in none", lambda look: audit.read(look, Question(text="nowhere"), 100)),
        ("a week counted by actor", lambda look: analytics.count(look, week, "actor")),
        ("a month counted by action", lambda look: analytics.count(look, month, "action")),
        ("all of it counted by day", lambda look: analytics.count(look, Question(), "day")),
        ("new devices of a week", lambda look: analytics.new_devices(look, week)),
        ("unusual hours of a week", lambda look: analytics.off_hours(look, week)),
    ]
    scan = sa.select(sa.func.sum(sa.func.length(table.c.details)))
    with db.look() as look:
        whole = _fastest(look, lambda one: one.scalar(scan))
        found = [(what, _fastest(look, ask)) for what, ask in questions]
    beside = f"all rows read once {whole * 1000:.0f} ms"
    return [Row(f"{name}: {what}", f"{seconds * 1000:.1f} ms", "1,000 ms", beside) for what, seconds in found]


def _fastest(look: Look, ask: Callable[[Look], object]) -> float:
    """Of three times."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        ask(look)
        took.append(time.perf_counter() - began)
    return min(took)


def _seconds_each(db: Database, event: Event, commits: int) -> float:
    began = time.perf_counter()
    for _ in range(commits):
        db.write_now(_tell, event)
    return (time.perf_counter() - began) / commits


def _tell(tx: Tx, event: Event) -> None:
    log.append(tx, event, actor=OWNER)  # type: ignore[arg-type]


def _fill(tx: Tx, first: int, count: int, of: int, now: float) -> None:
    """Events of several kinds by many people, in many projects, some at a time by each; the journal's half is left out."""
    chance = random.Random(first)
    for begin in range(first, first + count, AT_ONCE):
        tx.known["now"] = now - DAYS * DAY_SECONDS * (1 - begin / of)
        chain.append(tx, [_event(chance, n) for n in range(begin, begin + AT_ONCE)], chance.choice(PEOPLE))


def _event(chance: random.Random, n: int) -> tuple[Event, About]:
    kind, about = chance.random(), About(project=ProjectId(chance.randrange(1, 31)), run=RunId(f"run{n}"))
    if kind < 0.03:
        return REFUSED, about
    if kind < 0.3:
        return RunSubmitted(agent="claude", prompt="Fix what is broken in the parser, please."), about
    if kind < 0.5:
        return AttemptStarted(agent_version="claude 1", sandbox="bubblewrap", model="m"), about
    return AUDITED, about
