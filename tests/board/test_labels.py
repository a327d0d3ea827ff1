"""Labels: once in a project whatever their case, put on and taken off by name, and a filter on tasks."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import labels, projects, tasks
from coderclawlink.board.labels import BadLabel, Colour, LabelNotFound, LabelTaken, TooManyLabels
from coderclawlink.board.projects import Project
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Database
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.journal import log

VIEWER = Actor(Role.VIEWER, "vic", "9" * 64)


@pytest.fixture
def project(db: Database) -> Project:
    return db.write_now(projects.create, OWNER, name="Demo", key="DEMO")


def make(db: Database, project: Project, *names: str) -> Task:
    task = db.write_now(tasks.create, OWNER, project_id=project.id, title="T")
    db.write_now(labels.put, OWNER, task.id, names)
    return task


def test_a_project_has_a_name_once_whatever_its_case(db: Database, project: Project) -> None:
    bug = db.write_now(labels.create, OWNER, project.id, "Bug", Colour.RED)
    with pytest.raises(LabelTaken):
        db.write_now(labels.create, OWNER, project.id, "bUG")
    road = db.write_now(labels.create, OWNER, project.id, "Straße")
    with pytest.raises(LabelTaken):
        db.write_now(labels.change, OWNER, bug.id, name="STRASSE")
    assert db.write_now(labels.change, OWNER, road.id, name="STRASSE").name == "STRASSE"
    other = db.write_now(projects.create, OWNER, name="Other", key="OTHER")
    assert db.write_now(labels.create, OWNER, other.id, "bug").id != bug.id


def test_putting_labels_on_makes_what_is_unknown_and_tells_what_changed(db: Database, project: Project) -> None:
    task = make(db, project, "old")
    now = db.write_now(labels.put, OWNER, task.id, ["bug", "UI", "Bug"], ["OLD", "never there"])
    assert [label.name for label in now] == ["bug", "UI"]
    with db.look() as look:
        told = log.read(look, 0)[-1]
        assert labels.of_task(look, task.id) == now
        assert [label.name for label in labels.of_project(look, project.id)] == ["bug", "old", "UI"]
    assert (told.kind, told.about.task) == ("task.labelled", task.id)
    data = json.loads(told.data)
    assert (data["labels"], data["added"], data["removed"]) == (["bug", "UI"], ["bug", "UI"], ["old"])
    assert db.write_now(labels.put, OWNER, task.id, ["BUG"], ["gone"]) == now
    with db.look() as look:
        assert log.last_seq(look) == told.seq  # what changes nothing is not told


def test_a_label_of_one_name_has_one_colour_of_its_own(db: Database, project: Project) -> None:
    first = db.write_now(labels.create, OWNER, project.id, "bug")
    db.write_now(labels.delete, OWNER, first.id)
    assert db.write_now(labels.create, OWNER, project.id, "bug").colour is first.colour is not Colour.GRAY


def test_changing_and_deleting_a_label_reaches_every_task(db: Database, project: Project) -> None:
    one, two = make(db, project, "bug", "ui"), make(db, project, "bug")
    with db.look() as look:
        bug = labels.of_task(look, two.id)[0]
    db.write_now(labels.change, OWNER, bug.id, name="defect", colour=Colour.PINK)
    with db.look() as look:
        found = labels.of_tasks(look, [one.id, two.id])
        told = log.read(look, 0)[-1]
    assert [label.name for label in found[one.id]] == ["defect", "ui"]
    assert found[two.id][0].colour is Colour.PINK
    assert json.loads(told.data)["before"] == "bug"
    db.write_now(labels.delete, OWNER, bug.id)
    with db.look() as look:
        assert [label.name for label in labels.of_task(look, one.id)] == ["ui"]
        assert labels.of_tasks(look, [two.id]) == {}
    with pytest.raises(LabelNotFound):
        db.write_now(labels.delete, OWNER, bug.id)


def test_tasks_are_found_that_carry_all_of_some_labels(db: Database, project: Project) -> None:
    one, two, three = make(db, project, "bug"), make(db, project, "bug", "UI"), make(db, project)
    with db.look() as look:

        def carrying(*names: str) -> list[int]:
            wanted = sa.select(tasks_table.c.id).where(labels.carrying(names)).order_by(tasks_table.c.id)
            return [row["id"] for row in look.rows(wanted)]

        assert carrying("BUG") == [one.id, two.id]
        assert carrying("bug", " ui ") == [two.id]
        assert carrying("none") == []
        assert carrying() == [one.id, two.id, three.id]


@pytest.mark.parametrize("name", ["", "  ", "+bug", "-bug", "a,b", "a\nb\0", "\x1b[31m", "x" * 51])
def test_a_name_that_is_none_is_refused(db: Database, project: Project, name: str) -> None:
    task = make(db, project)
    with pytest.raises(BadLabel):
        db.write_now(labels.create, OWNER, project.id, name)
    with pytest.raises(BadLabel):
        db.write_now(labels.put, OWNER, task.id, ["good", name])
    with db.look() as look:
        assert labels.of_project(look, project.id) == []  # all or nothing


def test_there_is_an_end_to_labels(db: Database, project: Project) -> None:
    task = make(db, project)
    db.write_now(labels.put, OWNER, task.id, [f"l{n}" for n in range(labels.ON_A_TASK)])
    with pytest.raises(TooManyLabels):
        db.write_now(labels.put, OWNER, task.id, ["one more"])
    full = [f"x{n}" for n in range(labels.IN_A_PROJECT - labels.ON_A_TASK)]
    db.write_now(lambda tx: [labels.create(tx, OWNER, project.id, name) for name in full])
    with pytest.raises(TooManyLabels):
        db.write_now(labels.create, OWNER, project.id, "one more")


def test_who_may_only_look_labels_nothing(db: Database, project: Project) -> None:
    task = make(db, project, "bug")
    with db.look() as look:
        bug = labels.of_task(look, task.id)[0]
    for refused in (
        lambda: db.write_now(labels.create, VIEWER, project.id, "x"),
        lambda: db.write_now(labels.change, VIEWER, bug.id, name="x"),
        lambda: db.write_now(labels.delete, VIEWER, bug.id),
        lambda: db.write_now(labels.put, VIEWER, task.id, ["x"]),
    ):
        with pytest.raises(PermissionMissing):
            refused()
