"""What waits for a task to be done: the tasks that it blocks, their runs, and the task that it is a part of.

Above: `links`, which ties tasks; `tasks`, which says when one is done; the engine, which begins no work on a task that is blocked.
Below: the tables and the ledger. A task blocks others until it stands in Done; one that is deleted blocks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import projects, runs, task_links, tasks
from coderclawlink.events import TaskBlockersChanged, TaskProgressed
from coderclawlink.ids import ProjectId, RunId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.runs import ledger
from coderclawlink.runs.run import State, WaitReason

DONE = "done"
NAMED_AT_MOST = 10
PRIVATE = "a task of a private project"

_IS_OPEN = sa.and_(tasks.c.status != DONE, tasks.c.deleted_at.is_(None))
_OPEN_OF_RUN = (
    sa.select(tasks.c.key)
    .select_from(runs)
    .join(task_links, sa.and_(task_links.c.target == runs.c.task_id, task_links.c.kind == "blocks"))
    .join(tasks, tasks.c.id == task_links.c.source)
    .where(runs.c.id == sa.bindparam("run"), _IS_OPEN)
)

_PROGRESS: list[sa.ColumnElement[Any]] = [
    sa.func.count().filter(tasks.c.status == DONE).label("done"),
    sa.func.count().label("total"),
]


def is_held(look: Look, run: RunId) -> bool:
    """Whether the run's task waits for another to be done."""
    return look.row(_OPEN_OF_RUN, {"run": run}) is not None


def blockers(look: Look, task: TaskId) -> list[str]:
    """The keys of the tasks that must be done first, in the order they were made. Of those in another project that is private none: who
    reads it need not be a member there."""
    mine = tasks.alias()
    own_project = sa.select(mine.c.project_id).where(mine.c.id == task).scalar_subquery()
    is_secret = sa.and_(projects.c.private, projects.c.id != own_project)
    statement = (
        sa.select(sa.case((is_secret, PRIVATE), else_=tasks.c.key).label("key"))
        .join(projects, projects.c.id == tasks.c.project_id)
        .join(task_links, sa.and_(task_links.c.source == tasks.c.id, task_links.c.kind == "blocks"))
        .where(task_links.c.target == task, _IS_OPEN)
        .order_by(tasks.c.id)
    )
    return [row["key"] for row in look.rows(statement)]


def names(keys: list[str]) -> str:
    """Some keys, for people."""
    more = len(keys) - NAMED_AT_MOST
    return ", ".join(keys[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def progress(look: Look, task: TaskId) -> tuple[int, int]:
    """How many of its sub-tasks are done, and how many it has."""
    row = look.row(sa.select(*_PROGRESS).where(tasks.c.parent_id == task, tasks.c.deleted_at.is_(None)))
    return (row["done"], row["total"]) if row else (0, 0)


def turned(tx: Tx, task: TaskId, parent: TaskId | None, actor: str) -> None:
    """The task has become done, or is so no longer, or has gone, or come back: tell those that wait for it."""
    blocked = tx.rows(
        sa.select(tasks.c.id, tasks.c.project_id)
        .join(task_links, sa.and_(task_links.c.target == tasks.c.id, task_links.c.kind == "blocks"))
        .where(task_links.c.source == task, tasks.c.deleted_at.is_(None))
        .order_by(tasks.c.id)
    )
    for row in blocked:
        tell_blockers(tx, row["id"], row["project_id"], actor)
    if parent is not None:
        tell_progress(tx, parent, actor)


def blocked_by_project(look: Look, project: ProjectId) -> list[tuple[TaskId, ProjectId]]:
    """The tasks of other projects that this one's block, each with its project."""
    blocker = tasks.alias()
    rows = look.rows(
        sa.select(tasks.c.id, tasks.c.project_id)
        .join(task_links, sa.and_(task_links.c.target == tasks.c.id, task_links.c.kind == "blocks"))
        .join(blocker, blocker.c.id == task_links.c.source)
        .where(blocker.c.project_id == project, tasks.c.project_id != project, tasks.c.deleted_at.is_(None))
        .distinct()
        .order_by(tasks.c.id)
    )
    return [(row["id"], row["project_id"]) for row in rows]


def tell_blockers(tx: Tx, task: TaskId, project: ProjectId, actor: str) -> None:
    """What the task waits for has changed: tell it, and wake its runs or say whom they wait for now."""
    left = blockers(tx, task)
    log.append(tx, TaskBlockersChanged(open=tuple(left)), About(project, task), actor=actor)
    for run in _held(tx, task):
        if left:
            ledger.wait(tx, ledger.find(tx, run), WaitReason.DEPENDENCY, names(left))
        else:
            tx.topics.add(f"over:{run}")


def tell_progress(tx: Tx, parent: TaskId, actor: str) -> None:
    """How far the sub-tasks are. Tells nothing of a parent that is gone."""
    row = tx.row(sa.select(tasks.c.project_id).where(tasks.c.id == parent, tasks.c.deleted_at.is_(None)))
    if row is not None:
        done, total = progress(tx, parent)
        log.append(tx, TaskProgressed(done=done, total=total), About(row["project_id"], parent), actor=actor)


def _held(look: Look, task: TaskId) -> Iterable[RunId]:
    rows = look.rows(
        sa.select(runs.c.id)
        .where(runs.c.task_id == task, runs.c.state == State.WAITING, runs.c.wait_reason == WaitReason.DEPENDENCY)
        .order_by(runs.c.number)
    )
    return [row["id"] for row in rows]
