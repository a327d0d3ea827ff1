"""What a project says its results must pass."""

from __future__ import annotations

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import projects, verification
from coderclawlink.board.projects import ProjectNotFound
from coderclawlink.configuration import Check, Verification
from coderclawlink.db.engine import Database
from coderclawlink.events import ProjectChanged
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log

WANTED = Verification(checks=(Check(name="tests", run="make test", network=True),), rounds=1, review=True)


def test_it_is_kept_told_once_and_cleared(db: Database) -> None:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO")
    with db.look() as look:
        assert verification.of_project(look, project.id) is None
        before = log.last_seq(look)
    db.write_now(verification.put, OWNER, project.id, WANTED)
    db.write_now(verification.put, OWNER, project.id, WANTED)
    with db.look() as look:
        assert verification.of_project(look, project.id) == WANTED
        assert log.last_seq(look) == before + 1
    db.write_now(verification.put, OWNER, project.id, None)
    with db.look() as look:
        assert verification.of_project(look, project.id) is None
        changes = [told.event for told in log.read(look, before)]
    assert changes == [
        ProjectChanged(changes={"verification": WANTED.model_dump(mode="json")}),
        ProjectChanged(changes={"verification": None}),
    ]


def test_a_viewer_does_not_say_what_is_done(db: Database) -> None:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO")
    with pytest.raises(PermissionMissing):
        db.write_now(verification.put, Actor(Role.VIEWER, "eve", "e" * 64), project.id, None)


def test_a_project_that_is_not_there_says_nothing(db: Database) -> None:
    with db.look() as look, pytest.raises(ProjectNotFound):
        verification.of_project(look, ProjectId(7))
