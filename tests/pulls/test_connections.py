"""Whose access counts where, and that each has one."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from coderclawlink.access import secrets
from coderclawlink.access.policy import OWNER
from coderclawlink.access.secrets import SecretNotFound, Vault
from coderclawlink.board import projects
from coderclawlink.db.engine import Database
from coderclawlink.db.schema import connections as table
from coderclawlink.errors import Invalid
from coderclawlink.ids import ProjectId
from coderclawlink.pulls import connections
from coderclawlink.pulls.connections import Scope
from coderclawlink.pulls.hosts import Given


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path)


def put(db: Database, vault: Vault, scope: Scope, token: str) -> None:
    db.write_now(connections.put, OWNER, vault, scope, Given("token", token), token, "ada/shop")


def counts(db: Database, project: ProjectId, owner: str | None) -> str | None:
    with db.look() as look:
        found = connections.find_for(look, project=project, owner=owner)
    return None if found is None else found.as_whom


def test_a_projects_own_counts_before_a_persons_and_that_before_the_installations(db: Database, vault: Vault) -> None:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO").id
    assert counts(db, project, "ann") is None
    put(db, vault, Scope(), "everybody")
    assert counts(db, project, "ann") == "everybody"
    put(db, vault, Scope(owner="ann"), "ann")
    assert (counts(db, project, "ann"), counts(db, project, "eve")) == ("ann", "everybody")
    put(db, vault, Scope(project=project), "project")
    assert (counts(db, project, "ann"), counts(db, project, None)) == ("project", "project")


def test_a_plain_git_remotes_token_is_for_its_project_and_its_host_alone(db: Database, vault: Vault) -> None:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO").id
    scope = Scope(project=project)
    db.write_now(connections.put, OWNER, vault, scope, Given("token", "t0ken"), "git", "", "git.example:8443")
    with db.look() as look:
        told = {
            host: connections.git_token(look, vault, project, host) for host in ("git.example:8443", "evil.example")
        }
        assert told == {"git.example:8443": "t0ken", "evil.example": None}
        assert connections.git_token(look, vault, ProjectId(project + 1), "git.example:8443") is None
    assert counts(db, project, None) is None, "GitHub is not shown it"
    put(db, vault, scope, "project")
    with db.look() as look:
        assert connections.git_token(look, vault, project, "git.example:8443") is None
        with pytest.raises(SecretNotFound):
            secrets.get(look, vault, scope.secret("git.example:8443"))
    for access in (Given("app", "key", "1"), Given("token", "t0ken")):
        where = scope if access.kind == "app" else Scope()
        with pytest.raises(Invalid):
            db.write_now(connections.put, OWNER, vault, where, access, "git", "", "git.example")


@pytest.mark.parametrize("whose", ["installation", "person", "project"])
def test_there_is_one_of_each(db: Database, vault: Vault, whose: str) -> None:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO").id
    scope = {"installation": Scope(), "person": Scope(owner="ann"), "project": Scope(project=project)}[whose]
    put(db, vault, scope, "first")
    put(db, vault, scope, "second")
    with db.look() as look:
        (row,) = look.rows(sa.select(table))
        assert connections.given(look, vault, connections.find(look, scope)).secret == "second"
    again = {name: value for name, value in row.items() if name != "id"}
    with pytest.raises(sa.exc.IntegrityError):
        db.write_now(lambda tx: tx.change(table.insert().values(**again)))
