"""Tasks: create, change, move, delete, restore, find; and what a run does to the card it was made for.

Above: links, bulk and undo, the runtime, web. Below: projects, columns, search, dependencies, the runs. A deleted task is hidden, with its
runs, from all who read; `bury` removes what was deleted long enough ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import columns, dependencies, projects, search
from coderclawlink.board.columns import BOTTOM, TOP, OtherColumn, Place
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import projects as projects_table
from coderclawlink.db.schema import runs, tasks
from coderclawlink.errors import NotFound
from coderclawlink.events import TaskChanged, TaskCreated, TaskDeleted, TaskRestored
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.runs import hiding, spending


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
    """`position`: its place in its column, the less the higher. `assignee`: the person it is meant for, beside the agent."""

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
    assignee: str | None
    parent_id: TaskId | None
    position: float
    created_at: float
    updated_at: float

    @property
    def about(self) -> About:
        return About(self.project_id, self.id)

    @property
    def branch(self) -> str:
        """The name of the branch that its work is put on."""
        return f"task/{self.key.lower()}"

    @property
    def prompt(self) -> str:
        """What an agent is asked when nobody says it in other words."""
        return "\n\n".join(filter(None, (self.title, self.description)))


_COLUMNS = [tasks.c[name] for name in Task.__dataclass_fields__]
HERE = tasks.c.deleted_at.is_(None)
"""The condition that a task is not deleted."""


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
    assignee: str | None = None,
    created_at: float | None = None,
) -> Task:
    """At the bottom of its column. The key is `<PROJECT>-<n>`; n counts up in its project and is never used twice. `created_at`: when
    another program, from which it comes, had it made. Raises `ProjectNotFound`, `PermissionMissing`."""
    project = projects.find_for(tx, actor, project_id, Permission.PROJECT_WRITE)
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
            assignee=assignee,
            position=columns.position(tx, status, BOTTOM),
            created_at=now if created_at is None else created_at,
            updated_at=now,
        )
    )
    task = find(tx, TaskId(made))
    search.index(tx, task.id)
    log.append(tx, TaskCreated(key=task.key, title=title, status=status), task.about, actor=actor)
    return task


def change(tx: Tx, actor: Actor, task: TaskId, changes: Mapping[str, Any]) -> Task:
    """Change the fields named; those not named stay. Into another column it comes at the top, unless a position is named. Raises
    `TaskNotFound`, `PermissionMissing`."""
    return _change(tx, find_for(tx, actor, task, Permission.PROJECT_WRITE), changes, actor.name)


def move(tx: Tx, actor: Actor, task: TaskId, status: TaskStatus | None = None, place: Place = TOP) -> Task:
    """To a place in a column, its own if none is named. Raises `TaskNotFound`, `OtherColumn`, `PermissionMissing`."""
    found = find_for(tx, actor, task, Permission.PROJECT_WRITE)
    target = status or found.status
    beside = place.before or place.after
    if beside is not None and not _is_there(tx, actor, beside):
        raise OtherColumn  # as of one that is not there: its key and its column are not told
    return _change(tx, found, {"status": target, "position": columns.position(tx, target, place, task)}, actor.name)


def _is_there(look: Look, actor: Actor, task: TaskId) -> bool:
    here = sa.select(tasks.c.id).where(tasks.c.id == task, visibility.visible(actor, tasks.c.project_id))
    return look.scalar(here) is not None


def _change(tx: Tx, task: Task, changes: Mapping[str, Any], actor: str) -> Task:
    before = asdict(task)
    changed = {name: value for name, value in changes.items() if before[name] != value}
    if not changed:
        return task
    if "status" in changed and "position" not in changes:
        changed["position"] = columns.position(tx, changed["status"], TOP, task.id)
    tx.change(tasks.update().where(tasks.c.id == task.id).values(**changed, updated_at=tx.now()))
    log.append(tx, TaskChanged(changes=changed), task.about, actor=actor)
    if changed.keys() & {"title", "description"}:
        search.index(tx, task.id)
    if (task.status is TaskStatus.DONE) is not (changed.get("status", task.status) == TaskStatus.DONE):
        dependencies.turned(tx, task.id, task.parent_id, actor)
    return find(tx, task.id)


def delete(tx: Tx, actor: Actor, task: TaskId) -> None:
    """With its runs, which are ended; what is at work is stopped. Raises `TaskNotFound`, `PermissionMissing`."""
    found = find_for(tx, actor, task, Permission.PROJECT_WRITE)
    values: dict[str, object] = {"deleted_at": tx.now()}
    if hiding.hide(tx, task, actor.name):
        values["agent_execution_status"] = "cancelled"
    tx.change(tasks.update().where(tasks.c.id == task).values(**values))
    log.append(tx, TaskDeleted(key=found.key), found.about, actor=actor)
    dependencies.turned(tx, task, found.parent_id, actor.name)


def restore(tx: Tx, actor: Actor, task: TaskId) -> Task:
    """Bring a deleted task back, with its runs as they ended. Raises `TaskNotFound` when it is gone for good,
    `PermissionMissing`."""
    tx.change(tasks.update().where(tasks.c.id == task).values(deleted_at=None))
    found = find_for(tx, actor, task, Permission.PROJECT_WRITE)
    hiding.show(tx, task)
    told = TaskRestored(key=found.key, title=found.title, status=found.status)
    log.append(tx, told, found.about, actor=actor)
    dependencies.turned(tx, task, found.parent_id, actor.name)
    return found


def bury(tx: Tx, before: float) -> int:
    """Remove for good, with their runs, the tasks that were deleted before a time: seconds since the epoch. Returns how many."""
    gone = sa.and_(tasks.c.deleted_at.is_not(None), tasks.c.deleted_at < before)
    if tx.row(sa.select(tasks.c.id).where(gone).limit(1)) is None:
        return 0
    spending.before_deleting(tx, runs.c.task_id.in_(sa.select(tasks.c.id).where(gone)))
    return tx.change(tasks.delete().where(gone))


def find_for(look: Look, actor: Actor, task: TaskId, permission: Permission = Permission.PROJECT_READ) -> Task:
    """The task with which the actor wants to do something. Raises `TaskNotFound`, also where its project is hidden from the actor,
    `PermissionMissing`."""
    found = find(look, task)
    visibility.require(look, actor, permission, found.project_id, TaskNotFound)
    return found


def find(look: Look, task: TaskId) -> Task:
    """Whoever asks. Raises `TaskNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(tasks.c.id == task, HERE))
    if row is None:
        raise TaskNotFound
    return _task(row)


def find_by_key(look: Look, key: str) -> Task:
    """In either case. Raises `TaskNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(tasks.c.key == key.upper(), HERE))
    if row is None:
        raise TaskNotFound(f"There is no task {key!r}.")
    return _task(row)


def all_of_them(
    look: Look,
    *,
    project: ProjectId | None = None,
    status: TaskStatus | None = None,
    which: Sequence[sa.ColumnElement[bool]] = (),
    limit: int | None = None,
    offset: int = 0,
) -> list[Task]:
    """Oldest first, whoever asks; without a limit all of them. `which`: further conditions on the table."""
    statement = sa.select(*_COLUMNS).where(HERE, *which).order_by(tasks.c.id).offset(offset)
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

    A completed run puts the card in review; what a person has moved on to Done in the meantime stays there, and what they have
    deleted is left alone.
    """
    found = _card(tx, task)
    if found is None:
        return
    changes: dict[str, object] = {"agent_execution_status": state}
    if state == "completed":
        changes["assigned_agent_type"] = agent
        if branch is not None:
            changes["github_branch_name"] = branch
        if found.status is TaskStatus.IN_PROGRESS:
            changes["status"] = TaskStatus.IN_REVIEW
    _change(tx, found, changes, "hub")


def proposed(tx: Tx, task: TaskId, *, url: str, number: int, branch: str, actor: str) -> None:
    """Its pull request is there."""
    found = _card(tx, task)
    if found is not None:
        _change(tx, found, {"github_pr_url": url, "github_pr_number": number, "github_branch_name": branch}, actor)


def contenders_ended(tx: Tx, task: TaskId, state: str) -> None:
    """Tell the card how its runs side by side ended as a whole. It stays in its column: a person chooses one of them first."""
    found = _card(tx, task)
    if found is not None:
        _change(tx, found, {"agent_execution_status": state}, "hub")


def _card(look: Look, task: TaskId) -> Task | None:
    try:
        return find(look, task)
    except TaskNotFound:
        return None


def _task(row: sa.RowMapping) -> Task:
    return Task(**{**row, "status": TaskStatus(row["status"]), "priority": Priority(row["priority"])})
