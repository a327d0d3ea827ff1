"""A task's history for people: folded, in their words, newest first, a page at a time, and of what each may see."""

from __future__ import annotations

import pytest

from coderclawlink.access.policy import OWNER, Actor, Role
from coderclawlink.board import activity, attachments, comments, labels, links, projects, tasks
from coderclawlink.board.files import Kept
from coderclawlink.board.links import Link
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import AgentMessage, AttemptStarted, Option, QuestionAsked, RunCompleted
from coderclawlink.ids import QuestionId
from coderclawlink.journal import log
from coderclawlink.runs import ledger, questions, recording
from tests.runs.played import NODE, at_node, join, said

ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
BOB = Actor(Role.DEVELOPER, "bob", "b" * 64)


@pytest.fixture
def task(db: Database) -> Task:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO")
    return db.write_now(tasks.create, OWNER, project_id=project.id, title="T")


def told(db: Database, task: Task, actor: Actor = OWNER, limit: int = 50) -> list[str]:
    """Oldest first."""
    with db.look() as look:
        entries = activity.of_task(look, actor, task.id, limit=limit).entries
    return [f"{entry.actor} {entry.text}" for entry in reversed(entries)]


def test_what_one_person_does_in_a_row_is_one_entry(db: Database, task: Task) -> None:
    db.write_now(tasks.change, ANN, task.id, {"title": "New", "description": "All of it"})
    db.write_now(tasks.change, ANN, task.id, {"priority": "high", "title": "Newer"})
    db.write_now(tasks.change, BOB, task.id, {"status": "in_progress"})
    for name in ("a.png", "b.png"):
        db.write_now(attachments.add, BOB, task.id, name, Kept("0" * 64, 1, "text/plain"))
    db.write_now(labels.put, ANN, task.id, ["bug", "ui"])
    db.write_now(labels.put, ANN, task.id, ["hot"], ["ui"])
    assert told(db, task) == [
        "owner created it",
        "ann changed the title to Newer, set the priority to high, changed the description",
        "bob moved it to in progress",
        "bob attached a.png, b.png",
        "ann put on bug, hot",
    ]


def test_a_comment_stands_there_as_it_is_now_and_not_once_it_is_gone(db: Database, task: Task) -> None:
    first = db.write_now(comments.create, ANN, task.id, "First")
    second = db.write_now(comments.create, ANN, task.id, "Second")
    db.write_now(comments.change, ANN, second.id, "Better")
    db.write_now(comments.delete, OWNER, first.id)
    with db.look() as look:
        page = activity.of_task(look, OWNER, task.id)
    assert [entry.comment.text for entry in page.entries if entry.comment is not None] == ["Better"]
    assert told(db, task)[1:] == ["ann commented", "owner deleted a comment"]


def test_a_run_is_told_by_what_people_want_to_know_of_it(db: Database, task: Task) -> None:
    db.write_now(join)
    run = db.write_now(lambda tx: at_node(tx, task=task.id))
    db.write_now(tasks.run_submitted, task.id, "a", OWNER)
    asked = QuestionAsked(question="q1", title="Delete it?", options=(Option(id="y", label="Yes, do"),))
    entries = said(run, AttemptStarted(), AgentMessage(text="Chatter"), asked)
    db.write_now(recording.record, NODE, entries)
    with db.look() as look:
        question = questions.of_run(look, run.id)[0].id
    db.write_now(questions.answer, ANN if run.session else OWNER, run.id, QuestionId(question), "y", None)
    db.write_now(tasks.run_ended, task.id, "completed", agent="a", branch="task/demo-1")
    db.write_now(lambda tx: log.append(tx, RunCompleted(result="Done"), run.about))
    work = {"head": "f" * 40, "files": 1, "additions": 3, "deletions": 2, "branch": "task/demo-1"}
    db.write_now(lambda tx: ledger.note(tx, run.id, **work))
    assert told(db, task)[1:] == [
        "owner gave it to a",
        "owner moved it to in progress",
        "owner answered “Delete it?” with Yes, do",
        "hub moved it to in review",
        "a finished: 1 file, +3 −2 on task/demo-1",
    ]
    with db.look() as look:
        page = activity.of_task(look, OWNER, task.id)
    assert page.entries[0].run is not None
    assert page.entries[0].run.id == run.id


def test_nobody_is_told_of_a_run_that_they_may_not_see(db: Database, task: Task) -> None:
    db.write_now(join)
    db.write_now(lambda tx: at_node(tx, actor=ANN, task=task.id))
    assert told(db, task, ANN)[-1] == "ann gave it to a"
    assert told(db, task, BOB) == ["owner created it"]


def test_pages_hold_everything_once_and_no_fold_is_torn(db: Database, task: Task) -> None:
    def write(tx: Tx) -> None:
        for n in range(activity.READ_AT_ONCE + 30):
            comments.create(tx, (ANN, BOB)[n % 2], task.id, str(n))
            tasks.change(tx, ANN, task.id, {"title": f"a{n}"})
            tasks.change(tx, ANN, task.id, {"title": f"b{n}"})

    db.write_now(write)
    found: list[activity.Entry] = []
    before: int | None = None
    with db.look() as look:
        while True:
            page = activity.of_task(look, OWNER, task.id, before=before, limit=7)
            found += page.entries
            assert len(page.entries) <= 7
            if (before := page.next) is None:
                break
    said_titles = [entry.text for entry in found if entry.kind == "task.changed"]
    assert said_titles == [f"changed the title to b{n}" for n in reversed(range(activity.READ_AT_ONCE + 30))]
    written = [entry.comment.text for entry in found if entry.comment is not None]
    assert written == [str(n) for n in reversed(range(activity.READ_AT_ONCE + 30))]
    assert found[-1].text == "created it"


def test_the_history_is_read_by_its_index(db: Database, task: Task) -> None:
    if db.dialect != "sqlite":
        return  # a small table is read whole there, rightly
    with db.look() as look:
        rows = look._connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT seq FROM events WHERE task_id = 1 AND n IS NULL AND kind IN ('a') ORDER BY seq DESC"
        ).all()
    assert any("ix_events_task_id_seq" in row[3] for row in rows)


def test_links_are_told_from_where_one_stands(db: Database, task: Task) -> None:
    other = db.write_now(tasks.create, OWNER, project_id=task.project_id, title="Other")
    db.write_now(links.add, ANN, task.id, Link.BLOCKED_BY, other.id)
    db.write_now(links.add, ANN, task.id, Link.CHILD, other.id)
    db.write_now(links.remove, BOB, task.id, Link.BLOCKED_BY, other.id)
    assert told(db, task)[1:] == [
        "ann made it wait for DEMO-2",
        "ann made it a sub-task of DEMO-2",
        "bob took away a link with DEMO-2",
    ]
    assert [text for text in told(db, other) if "DEMO-1" in text] == [
        "ann made it block DEMO-1",
        "ann made DEMO-1 a sub-task of it",
        "bob took away a link with DEMO-1",
    ]
