"""Submitting, seeing and cancelling runs; deleting what they belong to while they are at work."""

from __future__ import annotations

import asyncio

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import AttemptEnded, AttemptStarted, Option, QuestionAsked
from coderclawlink.ids import RunId, new_id
from coderclawlink.runs import attempts, ledger, orders, recording
from coderclawlink.runs.ledger import Run, RunNotFound
from coderclawlink.runs.run import IllegalStep, State, WaitReason
from tests.runs.played import NODE, at_node, give, kinds, said, submit

pytestmark = pytest.mark.anyio
ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
BOB = Actor(Role.DEVELOPER, "bob", "b" * 64)


def brought_to(tx: Tx, state: State, actor: Actor = OWNER) -> Run:
    """A run in that state, by the ordinary way."""
    run = submit(tx, actor=actor)
    if state is State.PENDING:
        return run
    run = give(tx, run)
    if state is State.PLANNING:
        return run
    recording.record(tx, NODE, said(run, AttemptStarted()))
    if state is State.WAITING:
        asked = QuestionAsked(question=new_id(), title="?", options=(Option(id="y", label="Yes"),))
        recording.record(tx, NODE, said(run, asked, first=2))
    run = ledger.find(tx, run.id)
    if state is State.COMPLETED:
        ledger.complete(tx, run, "done")
    elif state is State.FAILED:
        ledger.fail(tx, run, "no")
    elif state is State.CANCELLED:
        ledger.cancel(tx, actor, run.id)
    return ledger.find(tx, run.id)


@pytest.mark.parametrize("state", [State.PENDING, State.PLANNING, State.RUNNING, State.WAITING])
def test_an_open_run_is_cancelled_at_once_and_its_attempt_told_to_stop(db: Database, state: State) -> None:
    run = db.write_now(brought_to, state)
    assert run.state is state
    cancelled = db.write_now(ledger.cancel, OWNER, run.id)
    assert (cancelled.state, cancelled.wait_reason) == (State.CANCELLED, None)
    assert cancelled.ended_at is not None
    with db.look() as look:
        attempt = attempts.find(look, run.id, 1)
        assert attempt is not None
        assert kinds(look, run.id)[-1] == "run.cancelled"
        if state is State.PENDING:
            assert (attempt.state, attempt.outcome) == ("ended", "cancelled")
            assert attempts.queued(look) == []
        else:
            assert attempt.stop == "cancelled"
            assert [stop.why for stop in orders.stops(look, NODE)] == ["cancelled"]
            assert orders.waiting_orders(look, NODE) == []


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELLED])
def test_a_run_that_has_ended_cannot_be_cancelled(db: Database, state: State) -> None:
    run = db.write_now(brought_to, state)
    with pytest.raises(IllegalStep, match=f"already ended: it is {state}"):
        db.write_now(ledger.cancel, OWNER, run.id)
    with db.look() as look:
        assert ledger.find(look, run.id).state is state


async def test_of_many_who_end_a_run_at_once_one_succeeds(db: Database) -> None:
    run = await db.write(brought_to, State.RUNNING)

    def complete(tx: Tx) -> None:
        ledger.complete(tx, run, "done")  # on what was read before the others wrote

    futures = [db.submit(complete) if i % 2 else db.submit(cancel, run.id) for i in range(8)]
    outcomes = [type(future.exception(10)) for future in futures]
    assert outcomes.count(type(None)) == 1
    assert outcomes.count(IllegalStep) == 7
    with db.look() as look:
        assert len([kind for kind in kinds(look, run.id) if kind in ("run.cancelled", "run.completed")]) == 1


def cancel(tx: Tx, run: RunId) -> None:
    ledger.cancel(tx, OWNER, run)


def test_one_session_neither_sees_nor_cancels_the_run_of_another(db: Database) -> None:
    run = db.write_now(brought_to, State.RUNNING, ANN)
    with pytest.raises(RunNotFound):
        db.write_now(ledger.cancel, BOB, run.id)
    with pytest.raises(PermissionMissing, match=r"^Permission denied: task:cancel$"):
        db.write_now(ledger.cancel, OWNER, run.id)
    with db.look() as look:
        assert ledger.latest(look, BOB) == []
        assert [one.id for one in ledger.latest(look, ANN)] == [run.id]
        assert ledger.seen_among(look, BOB, [run.id, "nothing"]) == set()
        assert ledger.seen_among(look, OWNER, [run.id, "nothing"]) == {run.id}
    assert db.write_now(ledger.cancel, ANN, run.id).state is State.CANCELLED


def test_a_viewer_cannot_submit_and_nothing_is_written(db: Database) -> None:
    with pytest.raises(PermissionMissing, match=r"^Permission denied: task:submit$"):
        db.write_now(lambda tx: submit(tx, actor=Actor(Role.VIEWER, "eve", "e" * 64)))
    with db.look() as look:
        assert ledger.count_open(look) == {}


@pytest.mark.parametrize("what", ["project", "task"])
async def test_deleting_what_a_run_belongs_to_ends_its_attempt_and_wakes_all_who_wait(db: Database, what: str) -> None:
    def begin(tx: Tx) -> tuple[projects.Project, tasks.Task, Run]:
        project = projects.create(tx, OWNER, name="P", key="p")
        task = tasks.create(tx, OWNER, project_id=project.id, title="T")
        run = give(tx, submit(tx, project=project.id, task=task.id))
        recording.record(tx, NODE, said(run, AttemptStarted()))
        return project, task, run

    project, task, run = await db.write(begin)
    with db.bell.listen(f"node:{NODE}") as node, db.bell.listen(f"over:{run.id}") as workflow:
        if what == "project":
            await db.write(projects.delete, OWNER, project.id)
        else:
            await db.write(tasks.delete, OWNER, task.id)
        async with asyncio.timeout(5):
            assert await node.wait(5)
            assert await workflow.wait(5)
    taken = await db.write(recording.record, NODE, said(run, AttemptEnded(outcome="completed"), first=2))
    assert (taken.kept, len(taken.stale)) == ((), 1)
    with db.look() as look:
        with pytest.raises(RunNotFound):
            ledger.find_for(look, OWNER, run.id)
        assert attempts.loads(look) == []


def test_a_runs_free_branch_and_its_newest_are_known_to_the_task(db: Database) -> None:
    def begin(tx: Tx) -> tuple[tasks.Task, Run, Run]:
        project = projects.create(tx, OWNER, name="P", key="p")
        task = tasks.create(tx, OWNER, project_id=project.id, title="T")
        return task, at_node(tx, task=task.id), submit(tx, task=task.id)

    task, first, second = db.write_now(begin)
    with db.look() as look:
        newest = ledger.newest_of_task(look, task.id)
        assert newest is not None
        assert newest.id == second.id
        assert [run.id for run in ledger.of_task(look, OWNER, task.id)] == [second.id, first.id]


def test_a_wait_says_why_and_until_when_and_goes_with_the_next_step(db: Database) -> None:
    run = db.write_now(brought_to, State.RUNNING)
    db.write_now(lambda tx: ledger.wait(tx, run, WaitReason.QUOTA, "the provider", 1_800_000_000.0))
    with db.look() as look:
        waiting = ledger.find(look, run.id)
        assert (waiting.state, waiting.wait_reason, waiting.wait_until) == (State.WAITING, "quota", 1_800_000_000.0)
    db.write_now(lambda tx: ledger.resume(tx, waiting))
    with db.look() as look:
        resumed = ledger.find(look, run.id)
        assert (resumed.state, resumed.wait_reason, resumed.wait_who) == (State.RUNNING, None, None)
