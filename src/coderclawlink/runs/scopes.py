"""What a budget may be for: the installation, a project, an agent, a user, a task; how each is named, and by whom it is set.

A budget's row names a project or task by its id, an agent or user by name, and the installation by nothing.

Above: `budgets`. Below: `db`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import projects, tasks
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal.log import About
from coderclawlink.runs.ledger import Run

Scope = Literal["installation", "project", "agent", "user", "task"]

OWNER = "owner"
"""Whose the runs are that no user has submitted."""

NEEDED: Mapping[Scope, Permission] = {
    "installation": Permission.ADMIN_SYSTEM,
    "user": Permission.ADMIN_SYSTEM,
    "agent": Permission.AGENT_CONFIGURE,
    "project": Permission.PROJECT_WRITE,
    "task": Permission.PROJECT_WRITE,
}
"""What setting a budget of the scope takes."""


class NoSuchScope(NotFound):
    """What the budget is for is not there."""


class BadScope(Invalid):
    """The budget does not say what it is for."""


def of_run(run: Run, agent: str) -> list[tuple[Scope, str]]:
    """All that an attempt of a run belongs to: its agent may be another than the run's, as a fallback."""
    return of(agent, run.user_id, run.project_id, run.task_id)


def of(agent: str, user: str | None, project: ProjectId | None, task: TaskId | None) -> list[tuple[Scope, str]]:
    scopes: list[tuple[Scope, str]] = [("installation", ""), ("agent", agent), ("user", user or OWNER)]
    if project is not None:
        scopes.append(("project", str(project)))
    if task is not None:
        scopes.append(("task", str(task)))
    return scopes


def named(look: Look, actor: Actor, scope: Scope, name: str) -> str:
    """The name in the row, for what people write: of projects and tasks also the key. Raises `NoSuchScope`, also for what is hidden from
    the actor, `BadScope`."""
    match scope:
        case "installation":
            if name:
                raise BadScope("The installation has one budget, which has no name.")
            return ""
        case "project" | "task":
            table = projects if scope == "project" else tasks
            is_it: sa.ColumnElement[bool] = table.c.key == name.upper()
            if name.isascii() and name.isdigit() and len(name) < 10:
                is_it = table.c.id == int(name)
            seen = visibility.visible(actor, projects.c.id if scope == "project" else tasks.c.project_id)
            found = look.scalar(sa.select(table.c.id).where(is_it, seen))
            if found is None:
                raise NoSuchScope(f"There is no {scope} {name[:80]!r}.")
            return str(found)
        case "agent" | "user":
            if not name.strip() or len(name) > 255:
                raise BadScope(f"Say which {scope} the budget is for.")
            return name.strip().lower() if scope == "agent" else name.strip()


def require(look: Look, actor: Actor, scope: Scope, name: str) -> None:
    """`name`: as in the row. What is gone, who may write to any project takes away. Raises `NoSuchScope` for what is hidden from the
    actor, `PermissionMissing`."""
    project = about(look, scope, name).project
    if project is not None and look.scalar(sa.select(projects.c.id).where(projects.c.id == project)) is not None:
        if not visibility.may_see(look, actor, project):
            raise NoSuchScope(f"There is no {scope} {name[:80]!r}.")
        policy.require(actor, NEEDED[scope], project)
    else:
        policy.require(actor, NEEDED[scope])


def label(look: Look, scope: Scope, name: str) -> str:
    """What people call it: of projects and tasks the key. What is gone is called by its id."""
    if scope == "installation":
        return "the installation"
    if scope in ("agent", "user"):
        return name
    table = projects if scope == "project" else tasks
    key = look.scalar(sa.select(table.c.key).where(table.c.id == int(name)))
    return str(key) if key is not None else f"{scope} {name}, which is gone"


def about(look: Look, scope: Scope, name: str) -> About:
    """What an event of its budget is about."""
    match scope:
        case "project":
            return About(project=ProjectId(int(name)))
        case "task":
            project = look.scalar(sa.select(tasks.c.project_id).where(tasks.c.id == int(name)))
            return About(project=project, task=TaskId(int(name)))
        case _:
            return About()
