"""Projects: create, change, delete, find."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from coderclawlink.access import members, policy, revocation, visibility
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.board import dependencies, repository
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts, projects, runs
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import ProjectChanged, ProjectCreated, ProjectDeleted
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.runs import spending

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")


class ProjectNotFound(NotFound):
    """Project not found."""


class KeyTaken(Conflict):
    """A project with this key already exists."""


class BadKey(Invalid):
    """A key has 1 to 50 letters, digits or underscores and begins with a letter."""


class ProjectStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    ARCHIVED = "archived"
    ON_HOLD = "on_hold"


@dataclass(frozen=True, slots=True)
class Project:
    id: ProjectId
    name: str
    key: str
    description: str | None
    status: ProjectStatus
    github_repo_url: str | None
    github_repo_owner: str | None
    github_repo_name: str | None
    telegram_chat_id: str | None
    private: bool
    created_at: float
    updated_at: float


_COLUMNS = [projects.c[name] for name in Project.__dataclass_fields__]


def create(
    tx: Tx,
    actor: Actor,
    *,
    name: str,
    key: str,
    description: str | None = None,
    status: ProjectStatus = ProjectStatus.ACTIVE,
    github_repo_url: str | None = None,
    telegram_chat_id: str | None = None,
    server: str = "https://github.com",
) -> Project:
    """Raises `BadKey`, `KeyTaken`, `NoRepository`, `PermissionMissing`. The key is kept in upper case."""
    policy.require(actor, Permission.PROJECT_WRITE)
    if not KEY.fullmatch(key):
        raise BadKey
    key = key.upper()
    if tx.scalar(sa.select(projects.c.id).where(projects.c.key == key)) is not None:
        raise KeyTaken(f"A project with the key {key} already exists.")
    now = tx.now()
    try:
        made = tx.insert(
            projects.insert().values(
                name=name,
                key=key,
                description=description,
                status=status,
                telegram_chat_id=telegram_chat_id,
                created_at=now,
                updated_at=now,
                **_connected(github_repo_url, server),
            )
        )
    except sa.exc.IntegrityError as error:  # another hub was faster
        raise KeyTaken(f"A project with the key {key} already exists.") from error
    project = find(tx, ProjectId(made))
    log.append(tx, ProjectCreated(key=key, name=name), About(project.id), actor=actor)
    return project


def change(
    tx: Tx, actor: Actor, project: ProjectId, changes: Mapping[str, Any], *, server: str = "https://github.com"
) -> Project:
    """Change the fields named; those not named stay. `private` is for who says who the members are. Raises `ProjectNotFound`,
    `NoRepository`, `PermissionMissing`."""
    before = asdict(find_for(tx, actor, project, Permission.PROJECT_WRITE))
    values = dict(changes)
    if "github_repo_url" in values:
        values |= _connected(values["github_repo_url"], server)
    changed = {name: value for name, value in values.items() if before[name] != value}
    if "private" in changed:
        _hide(tx, actor, project)
    if changed:
        tx.change(projects.update().where(projects.c.id == project).values(**changed, updated_at=tx.now()))
        log.append(tx, ProjectChanged(changes=changed), About(project), actor=actor)
    return find(tx, project)


def _hide(tx: Tx, actor: Actor, project: ProjectId) -> None:
    """Before a project becomes private, or open again. Who does it is a member from then on: it must not lock itself out, also when it
    is no administrator of the installation any more. Raises `PermissionMissing`."""
    policy.require(actor, Permission.ADMIN_USERS, project)
    if actor.proven and actor.user is not None and project not in actor.memberships:
        members.give(tx, project, actor.user, Role.ADMIN, actor)
    revocation.ring(tx)


def delete(tx: Tx, actor: Actor, project: ProjectId) -> None:
    """Takes its tasks and runs along; what is at work is stopped. Raises `ProjectNotFound`, `PermissionMissing`."""
    found = find_for(tx, actor, project, Permission.PROJECT_DELETE)
    ring_nodes(tx, runs.c.project_id == project)
    spending.before_deleting(tx, runs.c.project_id == project)
    blocked = dependencies.blocked_by_project(tx, project)
    tx.change(projects.delete().where(projects.c.id == project))
    log.append(tx, ProjectDeleted(key=found.key), About(project), actor=actor)
    for task, its_project in blocked:
        dependencies.tell_blockers(tx, task, its_project, actor.name)


def ring_nodes(tx: Tx, which: sa.ColumnElement[bool]) -> None:
    """Before these runs are deleted: whoever waits for one or holds an attempt of it must look again."""
    rows = tx.rows(
        sa.select(attempts.c.node, attempts.c.run_id)
        .join(runs, runs.c.id == attempts.c.run_id)
        .where(which, attempts.c.state != "ended")
    )
    for row in rows:
        tx.topics |= {f"node:{row['node']}", f"over:{row['run_id']}"}


def find_for(look: Look, actor: Actor, project: ProjectId, permission: Permission = Permission.PROJECT_READ) -> Project:
    """The project in which the actor wants to do something. Raises `ProjectNotFound`, also where it is hidden from the actor,
    `PermissionMissing`."""
    found = find(look, project)
    visibility.require(look, actor, permission, project, ProjectNotFound)
    return found


def find(look: Look, project: ProjectId) -> Project:
    """Whoever asks. Raises `ProjectNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(projects.c.id == project))
    if row is None:
        raise ProjectNotFound
    return _project(row)


def find_by_key(look: Look, key: str) -> Project:
    """In either case. Raises `ProjectNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(projects.c.key == key.upper()))
    if row is None:
        raise ProjectNotFound(f"There is no project {key!r}.")
    return _project(row)


def all_of_them(look: Look) -> list[Project]:
    """Oldest first, whoever asks."""
    return [_project(row) for row in look.rows(sa.select(*_COLUMNS).order_by(projects.c.id))]


def seen_by(look: Look, actor: Actor) -> list[Project]:
    """Those that the actor may read, oldest first. Raises `PermissionMissing`."""
    policy.require_somewhere(actor, Permission.PROJECT_READ)
    read = visibility.allowed(actor, Permission.PROJECT_READ)
    return [_project(row) for row in look.rows(sa.select(*_COLUMNS).where(read).order_by(projects.c.id))]


def _connected(url: str | None, server: str) -> dict[str, str | None]:
    if url is None or not url.strip():
        return {"github_repo_url": None, "github_repo_owner": None, "github_repo_name": None}
    found = repository.parse(url, server)
    return {"github_repo_url": found.url, "github_repo_owner": found.owner, "github_repo_name": found.name}


def _project(row: sa.RowMapping) -> Project:
    return Project(**{**row, "status": ProjectStatus(row["status"]), "private": bool(row["private"])})
