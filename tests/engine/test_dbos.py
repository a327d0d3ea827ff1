"""The contract with the durable engine, to be passed at every bump of it: what is enqueued with our rows, what is taken up
again after a crash, what is left alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa
from dbos import DBOS, DBOSClient

from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import users
from coderclawlink.engine import dbos
from coderclawlink.engine.dbos import Durable, Steps
from coderclawlink.errors import Invalid
from coderclawlink.ids import RunId, new_id


@dataclass
class Work:
    """A workflow of two steps. The second hangs until it is let go on; everything is counted."""

    hangs: bool = False
    done: Counter[str] = field(default_factory=Counter)
    changed: threading.Condition = field(default_factory=threading.Condition)

    async def carry(self, steps: Steps, run: RunId) -> None:
        kept = await steps.step("one", lambda: self._one(run))
        assert kept == {"one": [run, None, 1.5]}
        await steps.sleep(0.01)
        await steps.step("two", lambda: self._two(run))
        self._count(f"end {run}")

    async def _one(self, run: RunId) -> dict[str, list[object]]:
        self._count(f"one {run}")
        return {"one": [run, None, 1.5]}

    async def _two(self, run: RunId) -> None:
        self._count(f"two {run}")
        if self.hangs:
            await asyncio.Event().wait()

    def _count(self, what: str) -> None:
        with self.changed:
            self.done[what] += 1
            self.changed.notify_all()

    def until(self, *what: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: all(self.done[one] for one in what), 20), f"{what} not in {self.done}"


@contextlib.contextmanager
def engine(db: Database, work: Work, executor: str = "hub") -> Iterator[Durable]:
    durable = Durable(db, executor, work.carry)
    durable.launch()
    try:
        yield durable
    finally:
        durable.close()


def enqueue(tx: Tx, durable: Durable, run: RunId, *, then_fail: bool = False) -> None:
    tx.change(users.insert().values(id=run, role="guest", created_at=tx.now()))
    durable.enqueue(tx, run)
    if then_fail:
        raise Invalid("taken back")


def unfinished(durable: Durable) -> set[str]:
    return set(durable.unfinished())


def until_ended(durable: Durable, run: RunId) -> None:
    """The end is noted a moment after the workflow has told of it; of that nothing tells."""
    deadline, never = time.monotonic() + 20, threading.Event()
    while run in unfinished(durable):
        assert time.monotonic() < deadline
        never.wait(0.02)


def test_a_workflow_is_carried_out_once_if_and_only_if_its_transaction_commits_and_its_version_is_ours(
    db: Database,
) -> None:
    work = Work()
    kept, taken_back, after, strange = (RunId(new_id()) for _ in range(4))
    with engine(db, work) as durable:
        futures = [
            db.submit(enqueue, durable, kept),
            db.submit(enqueue, durable, taken_back, then_fail=True),
            db.submit(enqueue_strange, strange, db),
            db.submit(durable.enqueue, kept),
            db.submit(enqueue, durable, after),
        ]
        assert [type(future.exception(10)) for future in futures] == [type(None), Invalid, *[type(None)] * 3]
        work.until(f"end {kept}", f"end {after}")
        db.write_now(durable.enqueue, kept)
        last = RunId(new_id())
        db.write_now(enqueue, durable, last)
        work.until(f"end {last}")
        assert [work.done[f"{step} {kept}"] for step in ("one", "two", "end")] == [1, 1, 1]
        with db.look() as look:
            assert {row["id"] for row in look.rows(sa.select(users.c.id))} == {kept, after, last}
        assert work.done[f"one {taken_back}"] == work.done[f"one {strange}"] == 0
        assert strange in unfinished(durable)
        assert taken_back not in unfinished(durable)
        DBOS.delete_workflows([strange])


def enqueue_strange(tx: Tx, run: RunId, db: Database) -> None:
    client = DBOSClient(system_database_engine=db.writing, application_name="coderclawlink", lazy=True)
    client.enqueue_in_transaction(
        tx.connection,
        {"workflow_name": dbos.NAME, "queue_name": dbos.QUEUE, "workflow_id": run, "app_version": "wf-0"},
        run,
    )


def test_after_a_restart_a_workflow_goes_on_without_repeating_what_was_done_however_often_that_happens(
    db: Database,
) -> None:
    run = RunId(new_id())
    before = Work(hangs=True)
    with engine(db, before) as durable:
        db.write_now(enqueue, durable, run)
        before.until(f"two {run}")
    assert before.done[f"end {run}"] == 0

    def interrupted_often(tx: Tx) -> None:
        table = sa.table("workflow_status", sa.column("recovery_attempts"), schema=schema_of(db))
        tx.change(table.update().values(recovery_attempts=500))  # the library's own limit is 100

    db.write_now(interrupted_often)
    after = Work()
    with engine(db, after):
        after.until(f"end {run}")
    assert (after.done[f"one {run}"], after.done[f"two {run}"]) == (0, 1)


def test_what_is_enqueued_in_the_moment_of_closing_is_carried_out_at_the_next_launch(db: Database) -> None:
    work, runs = Work(), [RunId(new_id()) for _ in range(60)]
    with engine(db, work) as durable:
        db.write_now(enqueue, durable, runs[0])
        work.until(f"end {runs[0]}")  # it takes from the queue by now
        for run in runs[1:]:
            db.submit(enqueue, durable, run)
        db.write_now(lambda tx: None)
    with engine(db, work):
        work.until(*(f"end {run}" for run in runs))


def test_what_another_executor_left_is_taken_up_when_it_is_adopted_and_not_before(db: Database) -> None:
    run, mine = RunId(new_id()), RunId(new_id())
    dead = Work(hangs=True)
    with engine(db, dead, "hub-1") as durable:
        db.write_now(enqueue, durable, run)
        dead.until(f"two {run}")
    heir = Work()
    with engine(db, heir, "hub-2") as durable:
        db.write_now(enqueue, durable, mine)
        heir.until(f"end {mine}")
        assert heir.done[f"two {run}"] == 0
        assert run in unfinished(durable)
        durable.adopt(["hub-1"])
        durable.adopt(["hub-1"])
        heir.until(f"end {run}")
    assert (heir.done[f"one {run}"], heir.done[f"two {run}"]) == (0, 1)


def test_what_is_kept_is_json_and_can_be_forgotten(db: Database) -> None:
    work, run = Work(), RunId(new_id())
    with engine(db, work) as durable:
        db.write_now(enqueue, durable, run)
        work.until(f"end {run}")
        until_ended(durable, run)
        assert run in json.dumps(kept_of(db, run, "workflow_input", "inputs"))
        assert {"one": [run, None, 1.5]} in kept_of(db, run, "operation_outputs", "output")
        assert durable.forget_ended(3600) == 0
        assert durable.forget_ended(-1) >= 1
    assert kept_of(db, run, "workflow_status", "status") == []
    assert kept_of(db, run, "workflow_input", "inputs") == []
    assert kept_of(db, run, "operation_outputs", "output") == []


def kept_of(db: Database, run: RunId, table: str, column: str) -> list[object]:
    made = sa.table(table, sa.column("workflow_uuid"), sa.column(column), schema=schema_of(db))
    with db.look() as look:
        rows = look.rows(sa.select(made.c[column]).where(made.c.workflow_uuid == run))
    return [json.loads(row[column]) for row in rows if row[column] is not None]


def schema_of(db: Database) -> str | None:
    return "dbos" if db.dialect == "postgresql" else None
