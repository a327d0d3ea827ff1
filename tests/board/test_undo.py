"""What is done to one card or to many, all of it or nothing, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import bulk, labels, links, projects, tasks, undo
from coderclawlink.board.bulk import Done
from coderclawlink.board.columns import Place
from coderclawlink.board.links import Link
from coderclawlink.board.tasks import Priority, Task, TaskNotFound, TaskStatus
from coderclawlink.board.undo import ChangedSince, NothingToUndo
from coderclawlink.db.engine import Database, Look, Tx
from coderclawlink.db.schema import tasks as table
from coderclawlink.db.schema import undos
from coderclawlink.ids import TaskId
from coderclawlink.journal import log
from coderclawlink.runs import attempts, ledger
from coderclawlink.runs.ledger import RunNotFound
from coderclawlink.runs.run import State
from tests.runs.played import at_node, join, submit

ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
BEN = Actor(Role.DEVELOPER, "ben", "b" * 64)
ADMIN = Actor(Role.ADMIN, "ada", "d" * 64)
VIEWER = Actor(Role.VIEWER, "vic", "v" * 64)


def make(tx: Tx, count: int = 3) -> list[Task]:
    project = projects.create(tx, OWNER, name="P", key="DEMO")
    return [tasks.create(tx, OWNER, project_id=project.id, title=str(n)) for n in range(count)]


def column(look: Look, status: str) -> str:
    found = [one for one in tasks.all_of_them(look) if one.status == status]
    return "".join(one.title for one in sorted(found, key=lambda one: one.position))


def ids(made: list[Task]) -> list[TaskId]:
    return [task.id for task in made]


def test_many_are_changed_at_once_and_come_back_as_they_were(db: Database) -> None:
    made = db.write_now(make)
    changes = {"status": TaskStatus.DONE, "priority": Priority.HIGH, "assignee": "ann"}
    done = db.write_now(bulk.change, ANN, [*ids(made), made[0].id], changes)
    assert [(one.status, one.priority, one.assignee) for one in done.tasks] == [("done", "high", "ann")] * 3
    back = db.write_now(undo.undo, ANN, done.undo)
    with db.look() as look:
        assert column(look, "todo") == "012"
    assert [(one.status, one.priority, one.assignee) for one in back] == [("todo", "medium", None)] * 3
    with pytest.raises(NothingToUndo):
        db.write_now(undo.undo, ANN, done.undo)


def test_of_many_all_are_done_or_none(db: Database) -> None:
    made = db.write_now(make)
    some = [*ids(made), TaskId(999)]
    with db.look() as look:
        before = log.last_seq(look)
    refused: tuple[Callable[[Tx], Done], ...] = (
        lambda tx: bulk.change(tx, ANN, some, {"status": TaskStatus.DONE}),
        lambda tx: bulk.move(tx, ANN, some, TaskStatus.DONE),
        lambda tx: bulk.label(tx, ANN, some, ["bug"], []),
        lambda tx: bulk.delete(tx, ANN, some),
    )
    for act in refused:
        with pytest.raises(TaskNotFound, match="nothing was done"):
            db.write_now(act)
    with pytest.raises(PermissionMissing):
        db.write_now(bulk.delete, VIEWER, ids(made))
    with pytest.raises(bulk.TooMany):
        db.write_now(bulk.delete, ANN, [TaskId(n) for n in range(1, 1002)])
    with db.look() as look:
        assert (column(look, "todo"), log.last_seq(look)) == ("012", before)


def test_many_are_moved_one_below_the_other_and_back_to_their_places(db: Database) -> None:
    def story(tx: Tx) -> None:
        made = make(tx, 6)
        bulk.move(tx, ANN, ids(made)[4:], TaskStatus.DONE)
        assert column(tx, "done") == "45"
        done = bulk.move(tx, ANN, ids(made)[:3], TaskStatus.DONE, Place(after=made[4].id))
        assert (column(tx, "done"), column(tx, "todo")) == ("40125", "3")
        undo.undo(tx, ANN, done.undo)
        assert (column(tx, "done"), column(tx, "todo")) == ("45", "0123")
        done = bulk.move(tx, ANN, [made[3].id, made[0].id])
        assert column(tx, "todo") == "3012"
        undo.undo(tx, ANN, done.undo)
        assert column(tx, "todo") == "0123"

    db.write_now(story)


def test_labels_come_off_again_and_those_taken_off_come_back(db: Database) -> None:
    def names(look: Look, task: Task) -> list[str]:
        return [one.name for one in labels.of_task(look, task.id)]

    def story(tx: Tx) -> None:
        one, two, _ = make(tx)
        labels.put(tx, ANN, one.id, add=["bug", "old"])
        done = bulk.label(tx, ANN, [one.id, two.id], ["bug", "new"], ["old"])
        assert (names(tx, one), names(tx, two)) == (["bug", "new"], ["bug", "new"])
        undo.undo(tx, ANN, done.undo)
        assert (names(tx, one), names(tx, two)) == (["bug", "old"], [])

    db.write_now(story)


def test_a_deleted_task_is_gone_from_all_reads_with_its_runs_and_comes_back_with_them(db: Database) -> None:
    def begin(tx: Tx) -> tuple[list[Task], ledger.Run, ledger.Run]:
        made = make(tx)
        join(tx)
        links.add(tx, OWNER, made[0].id, Link.BLOCKS, made[1].id)
        return made, at_node(tx, task=made[0].id), submit(tx, task=made[0].id, project=made[0].project_id)

    made, at_work, queued = db.write_now(begin)
    gone = made[0]
    done = db.write_now(bulk.delete, OWNER, [gone.id])
    with db.look() as look:
        with pytest.raises(TaskNotFound):
            tasks.find(look, gone.id)
        with pytest.raises(TaskNotFound):
            tasks.find_by_key(look, gone.key)
        assert column(look, "todo") == "12"
        assert links.of_task(look, OWNER, made[1].id).blocked_by == ()
        for run in (at_work, queued):
            with pytest.raises(RunNotFound):
                ledger.find_for(look, OWNER, run.id)
            assert ledger.find(look, run.id).state is State.CANCELLED
        assert ledger.latest(look, OWNER) == []
        assert ledger.of_task(look, OWNER, gone.id) == []
        assert ledger.seen_among(look, OWNER, [at_work.id]) == set()
        assert attempts.loads(look) == []
    db.write_now(lambda tx: tasks.run_ended(tx, gone.id, "cancelled", agent="a", branch=None))  # as its workflow does
    with pytest.raises(TaskNotFound):
        db.write_now(bulk.delete, OWNER, [gone.id])
    assert db.write_now(tasks.create, OWNER, project_id=gone.project_id, title="n").key == "DEMO-4"
    (back,) = db.write_now(undo.undo, OWNER, done.undo)
    with db.look() as look:
        assert (back.key, back.status, back.agent_execution_status) == ("DEMO-1", "todo", "cancelled")
        assert column(look, "todo") == "012n"
        assert [run.id for run in ledger.of_task(look, OWNER, gone.id)] == [queued.id, at_work.id]
        assert [one.key for one in links.of_task(look, OWNER, made[1].id).blocked_by] == ["DEMO-1"]
        assert [one.kind for one in log.read(look, 0) if one.about.task == gone.id][-1] == "task.restored"


def test_what_somebody_has_changed_since_is_not_undone_nor_is_the_rest(db: Database) -> None:
    made = db.write_now(make)
    done = db.write_now(bulk.change, ANN, ids(made), {"priority": Priority.LOW, "status": TaskStatus.DONE})
    db.write_now(tasks.change, BEN, made[1].id, {"title": "Other", "status": TaskStatus.IN_REVIEW})
    with pytest.raises(ChangedSince, match="DEMO-2 has been changed since"):
        db.write_now(undo.undo, ANN, done.undo)
    with db.look() as look:
        assert [one.priority for one in tasks.all_of_them(look)] == ["low"] * 3
    db.write_now(tasks.change, BEN, made[1].id, {"status": TaskStatus.DONE})
    db.write_now(undo.undo, ANN, done.undo)
    with db.look() as look:
        assert [(one.title, one.status) for one in tasks.all_of_them(look)][1] == ("Other", "todo")


def test_only_who_did_it_takes_it_back_or_an_admin_and_only_within_ten_minutes(db: Database) -> None:
    made = db.write_now(make)
    done = db.write_now(bulk.delete, ANN, [made[0].id])
    for other in (BEN, VIEWER):
        with pytest.raises((NothingToUndo, PermissionMissing)):
            db.write_now(undo.undo, other, done.undo)
    db.write_now(undo.undo, ADMIN, done.undo)
    done = db.write_now(bulk.delete, ANN, [made[0].id])

    def later(tx: Tx) -> None:
        tx.change(undos.update().values(made_at=tx.now() - undo.KEPT_SECONDS - 1))
        tx.change(table.update().where(table.c.id == made[0].id).values(deleted_at=tx.now() - undo.KEPT_SECONDS - 1))

    db.write_now(later)
    with pytest.raises(NothingToUndo):
        db.write_now(undo.undo, ANN, done.undo)
    db.write_now(bulk.change, ANN, [made[1].id], {"title": "x"})
    with pytest.raises(TaskNotFound):  # what cannot come back any more is gone for good
        db.write_now(tasks.restore, ANN, made[0].id)
