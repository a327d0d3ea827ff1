"""The policies of the installation and of projects: every version is kept, at most one of each is in force.

Above: `rules`, which asks those in force, and the routes. Below: the database. That the modules compile and pass their tests is for who
calls `put` to have found out (`rego.check`): it takes a process, and no transaction waits for one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import policies, projects
from coderclawlink.errors import NotFound
from coderclawlink.events import PolicyChanged
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.journal.log import About


class PolicyNotFound(NotFound):
    """There is no such policy."""


class NoSuchProject(PolicyNotFound):
    """There is no such project."""


@dataclass(frozen=True, slots=True)
class Version:
    """`project_id` None: of the whole installation. `modules`: Rego by file name. `changed_at`: seconds since the epoch."""

    project_id: ProjectId | None
    version: int
    active: bool
    modules: Mapping[str, str]
    changed_by: str
    changed_at: float


def in_force(look: Look) -> list[Version]:
    """The installation's first."""
    of_all = sa.case((policies.c.project_id.is_(None), 0), else_=1)
    found = look.rows(sa.select(policies).where(policies.c.active).order_by(of_all, policies.c.project_id))
    return [_version(row) for row in found]


def find(look: Look, actor: Actor, project: ProjectId | None, version: int | None = None) -> Version:
    """One version; None: the one in force. Raises `PolicyNotFound`, `PermissionMissing`."""
    require(look, actor, project)
    which = policies.c.active if version is None else policies.c.version == version
    row = look.row(sa.select(policies).where(_of(project), which))
    if row is None:
        raise PolicyNotFound("No policy is in force." if version is None else f"There is no version {version}.")
    return _version(row)


def history(look: Look, actor: Actor, project: ProjectId | None, limit: int = 100) -> list[Version]:
    """Newest first. Raises `PolicyNotFound`, `PermissionMissing`."""
    require(look, actor, project)
    statement = sa.select(policies).where(_of(project)).order_by(policies.c.version.desc()).limit(limit)
    return [_version(row) for row in look.rows(statement)]


def put(tx: Tx, actor: Actor, project: ProjectId | None, modules: Mapping[str, str]) -> Version:
    """A new version, in force from now on. Raises `PolicyNotFound`, `PermissionMissing`."""
    key = require(tx, actor, project)
    newest = tx.scalar(sa.select(sa.func.max(policies.c.version)).where(_of(project)))
    made = Version(project, int(newest or 0) + 1, True, dict(modules), actor.name, tx.now())
    tx.change(sa.update(policies).where(_of(project), policies.c.active).values(active=False))
    tx.insert(
        sa.insert(policies).values(
            project_id=project,
            version=made.version,
            active=True,
            modules=json.dumps(made.modules),
            changed_by=made.changed_by,
            changed_at=made.changed_at,
        )
    )
    log.append(tx, PolicyChanged(project=key, version=made.version), About(project=project), actor=actor)
    return made


def remove(tx: Tx, actor: Actor, project: ProjectId | None) -> None:
    """None is in force any more; the versions stay. Raises `PolicyNotFound`, `PermissionMissing`."""
    key = require(tx, actor, project)
    if not tx.change(sa.update(policies).where(_of(project), policies.c.active).values(active=False)):
        raise PolicyNotFound("No policy is in force.")
    log.append(tx, PolicyChanged(project=key, version=0), About(project=project), actor=actor)


def require(look: Look, actor: Actor, project: ProjectId | None) -> str | None:
    """Policies are an administrator's, of the installation or of the project. Returns the project's key."""
    visibility.require(look, actor, Permission.ADMIN_SYSTEM, project, NoSuchProject)
    if project is None:
        return None
    key = look.scalar(sa.select(projects.c.key).where(projects.c.id == project))
    if key is None:
        raise NoSuchProject
    return str(key)


def _of(project: ProjectId | None) -> sa.ColumnElement[bool]:
    return policies.c.project_id.is_(None) if project is None else policies.c.project_id == project


def _version(row: sa.RowMapping) -> Version:
    return Version(
        row["project_id"],
        row["version"],
        row["active"],
        json.loads(row["modules"]),
        row["changed_by"],
        row["changed_at"],
    )
