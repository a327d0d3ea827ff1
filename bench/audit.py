"""The audit chain: how fast a million events are verified, and what a row of it costs the transaction that it is part of.

Beside the verification: SHA-256 over the same bytes alone, read from a list in memory, which is what no verifier in this language does faster.
Beside the cost: the same transaction telling an event that is not audited.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from statistics import median

from bench.rows import Found, Row, ratio
from coderclawlink.access import audit, proof
from coderclawlink.access.policy import OWNER
from coderclawlink.db.engine import Database, Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.events import Event, ProjectChanged, RunWaiting
from coderclawlink.journal import chain, log
from coderclawlink.journal.log import Line

EVENTS, BATCH = 1_000_000, 5_000
ROUNDS, COMMITS = 7, 300
AUDITED = ProjectChanged(
    changes={"name": "A name of usual length", "description": "What changed, in a line of usual length."}
)
NOT_AUDITED = RunWaiting(
    reason="question", who="A name of usual length, and what it waits for, in a line of usual length."
)


def measure(quick: bool) -> Found:
    events, rounds, commits = (2_000, 1, 5) if quick else (EVENTS, ROUNDS, COMMITS)
    with (
        tempfile.TemporaryDirectory(prefix="clawlink-bench-") as folder,
        open_database(f"sqlite:///{folder}/a.db") as db,
    ):
        migrate(db)
        pairs = [(_seconds_each(db, AUDITED, commits), _seconds_each(db, NOT_AUDITED, commits)) for _ in range(rounds)]
        for _ in range(0, events, BATCH):
            db.write_now(_fill, min(BATCH, events))
        with db.look() as look:
            found = proof.verify(look)
            texts = [
                json.dumps([getattr(row, name) for name in chain.HASHED]).encode()
                for row in audit.batch(look, 0, 20_000)
            ]
    began = time.perf_counter()
    for text in texts:
        hashlib.sha256(text).hexdigest()
    bare = len(texts) / (time.perf_counter() - began)
    ours, theirs = [one for one, _ in pairs], [other for _, other in pairs]
    rows = [
        Row(
            f"verified: {found.events:,} events, {'all hold' if found.broken is None else found.broken}",
            f"{found.events / found.seconds:,.0f}/s, {found.seconds:.1f} s",
            "",
            f"SHA-256 over the same bytes in memory {bare:,.0f}/s",
        ),
        Row(
            "a commit with one audited event",
            f"{median(ours) * 1e6:.0f} µs",
            "",
            f"with one that is not audited {median(theirs) * 1e6:.0f} µs, ratio {ratio(ours, theirs):.2f}",
        ),
    ]
    return Found(
        "Audit chain (SQLite)", "one core of Python: reading rows, JSON, SHA-256; a commit waits for the disk.", rows
    )


def _seconds_each(db: Database, event: Event, commits: int) -> float:
    began = time.perf_counter()
    for _ in range(commits):
        db.write_now(_tell, event)
    return (time.perf_counter() - began) / commits


def _tell(tx: Tx, event: Event) -> None:
    log.append(tx, event, actor=OWNER)  # type: ignore[arg-type]


def _fill(tx: Tx, count: int) -> None:
    log.append_all(tx, [Line(AUDITED)] * count, actor=OWNER)
