"""Imports: all of a file or nothing, each task once, and what people have done since is left alone."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import comments, labels, links, projects, tasks
from coderclawlink.board.imports.foreign import ForeignComment, ForeignTask, Reading
from coderclawlink.board.projects import Project
from coderclawlink.board.tasks import Priority, TaskStatus
from coderclawlink.db.engine import Database
from coderclawlink.journal import log
from coderclawlink.pulls import external, imports
from coderclawlink.pulls.external import LinkedAlready


@pytest.fixture
def project(db: Database) -> Project:
    return db.write_now(projects.create, OWNER, name="Demo", key="DEMO")


def foreign(number: int, **more: object) -> ForeignTask:
    made = ForeignTask("ABC", f"ABC-{number}", f"Task {number}", None, TaskStatus.TODO)
    return replace(made, **more)  # type: ignore[arg-type]


READING = Reading(
    (
        foreign(1, status=TaskStatus.DONE, created_at=86400.0),
        foreign(
            2,
            description="Do it",
            priority=Priority.HIGH,
            labels=("ui", "Bug"),
            assignee="Ada",
            parent="ABC-1",
            comments=(ForeignComment("owner", "I say so"),),
        ),
    )
)


def test_a_file_becomes_tasks_with_labels_comments_and_parents(db: Database, project: Project) -> None:
    with db.look() as look:
        planned = imports.plan(look, OWNER, project.id, "jira", READING)
    assert (planned.made, planned.known, planned.labels) == (("ABC-1", "ABC-2"), 0, ("ui", "Bug"))
    came = db.write_now(imports.bring_in, OWNER, project.id, "jira", READING)
    assert (came.made, came.known, came.notes) == (("DEMO-1", "DEMO-2"), 0, ())
    with db.look() as look:
        parent, part = tasks.all_of_them(look, project=project.id)
        assert (parent.status, parent.created_at) == (TaskStatus.DONE, 86400.0)
        assert (part.title, part.description, part.priority) == ("Task 2", "Do it", Priority.HIGH)
        assert (part.assignee, part.parent_id) == ("Ada", parent.id)
        assert [label.name for label in labels.of_task(look, part.id)] == ["Bug", "ui"]
        (comment,) = comments.of_task(look, part.id)
        assert (comment.author, comment.text) == ("jira:owner", "I say so")
        assert comment.session is not None  # nobody here is its author, the owner least of all
        linked = external.shown(look, part.id)
        assert linked is not None
        assert (linked.key, linked.place) == ("ABC-2", "ABC")
        assert links.of_task(look, OWNER, parent.id).total == 1
        told = log.read(look, 0)[-1].as_json()
    assert (told["kind"], told["made"], told["known"], told["source"]) == ("tasks.imported", 2, 0, "jira")


def test_importing_again_makes_what_is_new_and_changes_nothing_else(db: Database, project: Project) -> None:
    db.write_now(imports.bring_in, OWNER, project.id, "jira", READING)
    with db.look() as look:
        first, second = tasks.all_of_them(look, project=project.id)
    db.write_now(tasks.change, OWNER, first.id, {"title": "Ours now"})
    db.write_now(tasks.delete, OWNER, second.id)
    with db.look() as look:
        before = log.last_seq(look)
    again = db.write_now(imports.bring_in, OWNER, project.id, "jira", READING)
    assert (again.made, again.known) == ((), 2)
    with db.look() as look:
        assert log.last_seq(look) == before
        assert [task.title for task in tasks.all_of_them(look, project=project.id)] == ["Ours now"]
    more = Reading((*READING.tasks, foreign(3, parent="ABC-1"), foreign(4, parent="ABC-2")))
    came = db.write_now(imports.bring_in, OWNER, project.id, "jira", more)
    assert (came.made, came.known) == (("DEMO-3", "DEMO-4"), 2)
    assert [told.where for told in came.notes] == [
        "ABC-2",
        "ABC-4",
    ]  # one has parts itself, the other's parent is deleted
    other = db.write_now(projects.create, OWNER, name="Other", key="OTHER")
    assert db.write_now(imports.bring_in, OWNER, other.id, "jira", READING).known == 0


def test_what_fails_in_the_middle_leaves_nothing(db: Database, project: Project) -> None:
    broken = Reading((*READING.tasks, foreign(3, comments=(ForeignComment("a", ""),))))
    with pytest.raises(comments.BadComment):
        db.write_now(imports.bring_in, OWNER, project.id, "jira", broken)
    with db.look() as look:
        assert tasks.all_of_them(look, project=project.id) == []
        assert labels.of_project(look, project.id) == []


def test_labels_for_which_there_is_no_room_are_told(db: Database, project: Project) -> None:
    for number in range(labels.IN_A_PROJECT - 1):
        db.write_now(labels.create, OWNER, project.id, f"old {number}")
    reading = Reading((foreign(1, labels=("rare", "often")), foreign(2, labels=("often", "OLD 1"))))
    came = db.write_now(imports.bring_in, OWNER, project.id, "jira", reading)
    assert came.labels == ("often",)
    assert [(told.where, told.why.partition(";")[2]) for told in came.notes] == [
        ("rare", " this one was left out, of 1 tasks.")
    ]
    with db.look() as look:
        second = tasks.all_of_them(look, project=project.id)[1]
        assert [label.name for label in labels.of_task(look, second.id)] == ["often", "old 1"]


def test_a_viewer_imports_nothing(db: Database, project: Project) -> None:
    with pytest.raises(PermissionMissing):
        db.write_now(imports.bring_in, Actor(Role.VIEWER, "vic", "9" * 64), project.id, "jira", READING)


def test_a_task_is_one_with_one_thing_alone(db: Database, project: Project) -> None:
    one = db.write_now(tasks.create, OWNER, project_id=project.id, title="One")
    two = db.write_now(tasks.create, OWNER, project_id=project.id, title="Two")
    db.write_now(external.link, one, "github", "o/r", "1", by="ada")
    with pytest.raises(LinkedAlready):
        db.write_now(external.link, one, "github", "o/r", "2", by="ada")
    with pytest.raises(LinkedAlready):
        db.write_now(external.link, two, "github", "o/r", "1", by="ada")


def test_many_tasks_are_imported_without_holding_others_up_for_long(db: Database, project: Project) -> None:
    many = Reading(tuple(foreign(n, description="x" * 500, labels=("a", "b")) for n in range(500)))
    began = time.monotonic()
    assert len(db.write_now(imports.bring_in, OWNER, project.id, "jira", many).made) == 500
    took = time.monotonic() - began
    print(f"500 tasks in {took:.1f} s")
    assert took < 30
