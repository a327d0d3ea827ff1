"""Tasks: create, change, delete, find; and what a run does to the card it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import projects as projects_table
from coderclawlink.db.schema import runs, tasks
from coderclawlink.errors import NotFound
from coderclawlink.events import TaskChanged, TaskCreated, TaskDeleted
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About


class TaskNotFound(NotFound):
    """Task not found."""


class TaskStatus(StrEnum):
    TODO = "todo"
    IN_PROGRESS = "in_progress"
    IN_REVIEW = "in_review"
    DONE = "done"
    BLOCKED = "blocked"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Lower goes first."""
        return {Priority.CRITICAL: 0, Priority.HIGH: 1, Priority.MEDIUM: 2, Priority.LOW: 3}[self]


@dataclass(frozen=True, slots=True)
class Task:
    id: TaskId
    project_id: ProjectId
    key: str
    title: str
    description: str | None
    status: TaskStatus
    priority: Priority
    assigned_agent_type: str | None
    agent_execution_status: str | None
    github_pr_url: str | None
    github_pr_number: int | None
    github_branch_name: str | None
    created_at: float
    updated_at: float

    @property
    def about(self) -> About:
        return About(self.project_id, self.id)

    @property
    def branch(self) -> str:
        """The name of the branch that its work is put on."""
        return f"task/{self.key.lower()}"


_COLUMNS = [tasks.c[name] for name in Task.__dataclass_fields__]


def create(
    tx: Tx,
    actor: Actor,
    *,
    project_id: ProjectId,
    title: str,
    description: str | None = None,
    status: TaskStatus = TaskStatus.TODO,
    priority: Priority = Priority.MEDIUM,
    assigned_agent_type: str | None = None,
) -> Task:
    """The key is `<PROJECT>-<n>`; n counts up in its project and is never used twice. Raises `ProjectNotFound`."""
    policy.require(actor, Permission.PROJECT_WRITE)
    project = projects.find(tx, project_id)
    table = projects_table
    tx.change(table.update().where(table.c.id == project_id).values(last_task_number=table.c.last_task_number + 1))
    number = tx.scalar(sa.select(table.c.last_task_number).where(table.c.id == project_id))
    now = tx.now()
    made = tx.insert(
        tasks.insert().values(
            project_id=project_id,
            key=f"{project.key}-{number}",
            title=title,
            description=description,
            status=status,
            priority=priority,
            assigned_agent_type=assigned_agent_type,
            created_at=now,
            updated_at=now,
        )
    )
    task = find(tx, TaskId(made))
    log.append(tx, TaskCreated(key=task.key, title=title, status=status), task.about, actor=actor.name)
    return task


def change(tx: Tx, actor: Actor, task: TaskId, changes: Mapping[str, Any]) -> Task:
    """Change the fields named; those not named stay. Raises `TaskNotFound`, `PermissionMissing`."""
    policy.require(actor, Permission.PROJECT_WRITE)
    return _change(tx, find(tx, task), changes, actor.name)


def _change(tx: Tx, task: Task, changes: Mapping[str, Any], actor: str) -> Task:
    before = asdict(task)
    changed = {name: value for name, value in changes.items() if before[name] != value}
    if not changed:
        return task
    tx.change(tasks.update().where(tasks.c.id == task.id).values(**changed, updated_at=tx.now()))
    log.append(tx, TaskChanged(changes=changed), task.about, actor=actor)
    return find(tx, task.id)


def delete(tx: Tx, actor: Actor, task: TaskId) -> None:
    """Takes its runs along; what is at work is stopped. Raises `TaskNotFound`, `PermissionMissing`."""
    policy.require(actor, Permission.PROJECT_WRITE)
    found = find(tx, task)
    projects.ring_nodes(tx, runs.c.task_id == task)
    tx.change(tasks.delete().where(tasks.c.id == task))
    log.append(tx, TaskDeleted(key=found.key), found.about, actor=actor.name)


def find(look: Look, task: TaskId) -> Task:
    """Raises `TaskNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(tasks.c.id == task))
    if row is None:
        raise TaskNotFound
    return _task(row)


def find_by_key(look: Look, key: str) -> Task:
    """In either case. Raises `TaskNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(tasks.c.key == key.upper()))
    if row is None:
        raise TaskNotFound(f"There is no task {key!r}.")
    return _task(row)


def all_of_them(
    look: Look,
    *,
    project: ProjectId | None = None,
    status: TaskStatus | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Task]:
    """Oldest first; without a limit all of them."""
    statement = sa.select(*_COLUMNS).order_by(tasks.c.id).offset(offset)
    if project is not None:
        statement = statement.where(tasks.c.project_id == project)
    if status is not None:
        statement = statement.where(tasks.c.status == status)
    if limit is not None:
        statement = statement.limit(limit)
    elif offset:
        statement = statement.limit(2**31)
    return [_task(row) for row in look.rows(statement)]


# ── what a run does to its card, in the run's own transaction ──────────────────────────────────────────────────────


def run_submitted(tx: Tx, task: TaskId, agent: str, actor: Actor) -> None:
    """Work has begun: a card that waited stands in progress."""
    found = find(tx, task)
    changes: dict[str, object] = {"agent_execution_status": "pending"}
    if found.status in (TaskStatus.TODO, TaskStatus.BLOCKED):
        changes["status"] = TaskStatus.IN_PROGRESS
    _change(tx, found, changes, actor.name)


def run_ended(tx: Tx, task: TaskId, state: str, *, agent: str, branch: str | None) -> None:
    """Tell the card how its run ended. `branch`: where the run's commits stand, None if it made none.

    A completed run puts the card in review; what a person has moved on to Done in the meantime stays there.
    """
    found = find(tx, task)
    changes: dict[str, object] = {"agent_execution_status": state}
    if state == "completed":
        changes["assigned_agent_type"] = agent
        if branch is not None:
            changes["github_branch_name"] = branch
        if found.status is TaskStatus.IN_PROGRESS:
            changes["status"] = TaskStatus.IN_REVIEW
    _change(tx, found, changes, "hub")


def contenders_ended(tx: Tx, task: TaskId, state: str) -> None:
    """Tell the card how its runs side by side ended as a whole. It stays in its column: a person chooses one of them first."""
    _change(tx, find(tx, task), {"agent_execution_status": state}, "hub")


def _task(row: sa.RowMapping) -> Task:
    return Task(**{**row, "status": TaskStatus(row["status"]), "priority": Priority(row["priority"])})
