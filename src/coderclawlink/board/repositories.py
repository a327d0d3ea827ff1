"""The further repositories of a project, beside its own, and which of them a task is about.

Above: web, `runtime.wishing`. Below: `repository`, which understands what was pasted, the project and the task. A run keeps what it
was about when it began: a repository that is taken away here changes nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects, repository, tasks
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import repositories as table
from coderclawlink.db.schema import task_repositories
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import ProjectChanged, TaskChanged
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
AT_MOST = 20
"""Of one project: an attempt has a checkout of each that its task is about."""


class RepositoryNotFound(NotFound):
    """The project has no further repository of that name."""


class RepositoryTaken(Conflict):
    """The project has that repository already."""


class TooManyRepositories(Conflict):
    """A project has at most 20 further repositories."""


class BadName(Invalid):
    """A repository's name has 1 to 64 lower-case letters, digits, dots, dashes or underscores and begins with a letter or digit."""


@dataclass(frozen=True, slots=True)
class Further:
    """`name`: of its folder and in paths; `url`: as given; `owner` and `host_name`: of a repository on the code host, else None."""

    name: str
    url: str
    owner: str | None
    host_name: str | None
    made_at: float


_COLUMNS = [table.c[name] for name in Further.__dataclass_fields__]


def of_project(look: Look, project: ProjectId) -> list[Further]:
    """By name. Raises `ProjectNotFound`."""
    projects.find(look, project)
    return _of_project(look, project)


def put(
    tx: Tx, actor: Actor, project: ProjectId, name: str, url: str, *, server: str = "https://github.com"
) -> Further:
    """Add a repository under this name, or say where it is from now on. Raises `ProjectNotFound`, `BadName`, `NoRepository`,
    `RepositoryTaken`, `TooManyRepositories`, `PermissionMissing`."""
    own = projects.find_for(tx, actor, project, Permission.PROJECT_WRITE).github_repo_url
    if not NAME.fullmatch(name):
        raise BadName
    found = repository.parse(url, server)
    others = [each for each in _of_project(tx, project) if each.name != name]
    for there in (*(each.url for each in others), *([own] if own else [])):
        if repository.parse(there, server).clone == found.clone:
            raise RepositoryTaken
    if len(others) >= AT_MOST:
        raise TooManyRepositories
    here = sa.and_(table.c.project_id == project, table.c.name == name)
    values = {"url": found.url, "owner": found.owner, "host_name": found.name}
    if not tx.change(table.update().where(here).values(**values)):
        tx.change(table.insert().values(project_id=project, name=name, made_at=tx.now(), **values))
    _tell(tx, actor, project)
    return find(tx, project, name)


def remove(tx: Tx, actor: Actor, project: ProjectId, name: str) -> None:
    """No task is about it from now on. Raises `ProjectNotFound`, `RepositoryNotFound`, `PermissionMissing`."""
    projects.find_for(tx, actor, project, Permission.PROJECT_WRITE)
    find(tx, project, name)
    of_its_tasks = sa.select(tasks_table.c.id).where(tasks_table.c.project_id == project)
    links = task_repositories
    tx.change(links.delete().where(links.c.name == name, links.c.task_id.in_(of_its_tasks)))
    tx.change(table.delete().where(table.c.project_id == project, table.c.name == name))
    _tell(tx, actor, project)


def find(look: Look, project: ProjectId, name: str) -> Further:
    """Raises `RepositoryNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(table.c.project_id == project, table.c.name == name))
    if row is None:
        raise RepositoryNotFound(f"The project has no further repository {name!r}.")
    return Further(**row)


def of_task(look: Look, task: TaskId) -> list[Further]:
    """Those that the task is about, by name."""
    statement = (
        sa.select(*_COLUMNS)
        .join(tasks_table, tasks_table.c.project_id == table.c.project_id)
        .join(
            task_repositories,
            sa.and_(task_repositories.c.task_id == tasks_table.c.id, task_repositories.c.name == table.c.name),
        )
        .where(tasks_table.c.id == task)
        .order_by(table.c.name)
    )
    return [Further(**row) for row in look.rows(statement)]


def choose(tx: Tx, actor: Actor, task: TaskId, names: Sequence[str]) -> list[str]:
    """Say which the task is about, beside the project's own; runs that have begun keep theirs. Raises `TaskNotFound`,
    `RepositoryNotFound`, `PermissionMissing`."""
    found = tasks.find_for(tx, actor, task, Permission.PROJECT_WRITE)
    wanted = sorted(set(names))
    for name in wanted:
        find(tx, found.project_id, name)
    before = [each.name for each in of_task(tx, task)]
    if wanted == before:
        return wanted
    tx.change(task_repositories.delete().where(task_repositories.c.task_id == task))
    for name in wanted:
        tx.change(task_repositories.insert().values(task_id=task, name=name))
    log.append(tx, TaskChanged(changes={"repositories": wanted}), found.about, actor=actor)
    return wanted


def _of_project(look: Look, project: ProjectId) -> list[Further]:
    rows = look.rows(sa.select(*_COLUMNS).where(table.c.project_id == project).order_by(table.c.name))
    return [Further(**row) for row in rows]


def _tell(tx: Tx, actor: Actor, project: ProjectId) -> None:
    told = [{"name": each.name, "url": each.url} for each in _of_project(tx, project)]
    log.append(tx, ProjectChanged(changes={"repositories": told}), About(project), actor=actor.name)
