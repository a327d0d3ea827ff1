"""What one actor may see of what is told live: of what it asks to be told of, and of each event anew.

Above: `live`. Below: `access.visibility`, the ledger. What the actor may not see is as if it was not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission, PermissionMissing
from coderclawlink.board import projects, tasks
from coderclawlink.board.projects import ProjectNotFound
from coderclawlink.board.tasks import TaskNotFound
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import projects as projects_table
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.events import TaskLinked, TaskUnlinked
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal.feed import Shown
from coderclawlink.journal.log import Told
from coderclawlink.runs import ledger
from coderclawlink.web.rooms import Rooms
from coderclawlink.web.shapes import Asked, Id

SUBJECTS_AT_MOST = 500
REMEMBERED_AT_MOST = 10_000


class Subscription(Asked):
    runs: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(default_factory=list, max_length=SUBJECTS_AT_MOST)
    ]
    tasks: Annotated[list[Id], Field(default_factory=list, max_length=SUBJECTS_AT_MOST)]
    projects: Annotated[list[Id], Field(default_factory=list, max_length=SUBJECTS_AT_MOST)]
    board: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.runs or self.tasks or self.projects or self.board)


def grant(look: Look, actor: Actor, wanted: Subscription) -> tuple[Subscription, Subscription]:
    """What of it the actor may see, and what not; what is not there is refused like what is hidden."""
    runs = ledger.seen_among(look, actor, (run.lower() for run in wanted.runs))
    known_tasks = {task for task in wanted.tasks if _is_task(look, actor, task)}
    known_projects = {project for project in wanted.projects if _is_project(look, actor, project)}
    reads = policy.may_somewhere(actor, Permission.PROJECT_READ)
    granted = Subscription(
        runs=_those(wanted.runs, runs),
        tasks=[task for task in wanted.tasks if task in known_tasks],
        projects=[project for project in wanted.projects if project in known_projects],
        board=wanted.board and reads,
    )
    refused = Subscription(
        runs=[run for run in wanted.runs if run.lower() not in runs],
        tasks=[task for task in wanted.tasks if task not in known_tasks],
        projects=[project for project in wanted.projects if project not in known_projects],
        board=wanted.board and not reads,
    )
    return granted, refused


def _those(wanted: Iterable[str], seen: set[str]) -> list[str]:
    return [run.lower() for run in wanted if run.lower() in seen]


def _is_task(look: Look, actor: Actor, task: int) -> bool:
    try:
        tasks.find_for(look, actor, TaskId(task))
    except (TaskNotFound, PermissionMissing):
        return False
    return True


def _is_project(look: Look, actor: Actor, project: int) -> bool:
    try:
        projects.find_for(look, actor, ProjectId(project))
    except (ProjectNotFound, PermissionMissing):
        return False
    return True


class Sight:
    """What one actor may see of what is told, looked up once for each run and project."""

    def __init__(self, actor: Actor, here: Rooms) -> None:
        self._actor = actor
        self._here = here
        self._runs: dict[str, bool] = {}
        self._projects: dict[int, bool] = {}
        self._begun = actor.sees_all

    def forget(self) -> None:
        """Look all of it up anew."""
        self._runs, self._projects, self._begun = {}, {}, self._actor.sees_all

    async def of(self, items: Iterable[Told | Shown]) -> list[Told | Shown]:
        items = list(items)
        if not self._begun:  # a project that is deleted later was there
            here = await self._here.db.read(_projects_seen, self._actor, None)
            self._projects, self._begun = dict.fromkeys(here, True), True
        await self._look_up(items)
        runs, projects = self._runs, self._projects
        hidden = await self._linked_to_hidden(items)
        return [item for item in items if self._has(item, runs, projects) and _linked(item) not in hidden]

    async def _look_up(self, items: Sequence[Told | Shown]) -> None:
        runs = {item.about.run for item in items if item.about.run is not None} - self._runs.keys()
        if runs:
            seen = await self._here.db.read(ledger.seen_among, self._actor, runs)
            if len(self._runs) > REMEMBERED_AT_MOST:
                self._runs = {run: self._runs[run] for item in items if (run := item.about.run) in self._runs}
            self._runs |= {run: run in seen for run in runs}
        projects = {item.about.project for item in items if item.about.project is not None} - self._projects.keys()
        if projects and not self._actor.sees_all:
            there = await self._here.db.read(_projects_seen, self._actor, projects)
            self._projects |= {project: project in there for project in projects}

    async def _linked_to_hidden(self, items: Sequence[Told | Shown]) -> set[int | None]:
        """Of the tasks that are linked, those that are hidden: the link would tell their keys."""
        others = {other for item in items if (other := _linked(item)) is not None}
        if not others or self._actor.sees_all:
            return set()
        seen = await self._here.db.read(_tasks_seen, self._actor, others)
        return {other for other in others if other not in seen}

    def _has(self, item: Told | Shown, runs: Mapping[str, bool], projects: Mapping[int, bool]) -> bool:
        if item.about.run is not None:
            return runs[item.about.run]
        project = item.about.project
        if project is not None and not self._actor.sees_all and not projects[project]:
            return False
        kind = item.kind if isinstance(item, Told) else ""
        if kind.startswith(("node.", "agent.configured")):
            return policy.may(self._actor, Permission.AGENT_LIST, project)
        if kind.startswith(("project.", "task.", "comment.", "label.", "attachment.", "comparison.")):
            return policy.may(self._actor, Permission.PROJECT_READ, project)
        return policy.may(self._actor, Permission.ADMIN_USERS, project)


def _linked(item: Told | Shown) -> int | None:
    """The task at the other end of a link that is told of."""
    if not isinstance(item, Told) or item.kind not in ("task.linked", "task.unlinked"):
        return None
    event = item.event
    return event.other_id if isinstance(event, TaskLinked | TaskUnlinked) else None


def _projects_seen(look: Look, actor: Actor, some: Iterable[int] | None) -> set[int]:
    """Of some, or all, those that are there for the actor."""
    statement = sa.select(projects_table.c.id).where(visibility.visible(actor))
    if some is not None:
        statement = statement.where(projects_table.c.id.in_(list(some)))
    return {row["id"] for row in look.rows(statement)}


def _tasks_seen(look: Look, actor: Actor, some: Iterable[int]) -> set[int]:
    seen = visibility.visible(actor, tasks_table.c.project_id)
    statement = sa.select(tasks_table.c.id).where(tasks_table.c.id.in_(list(some)), seen)
    return {row["id"] for row in look.rows(statement)}
