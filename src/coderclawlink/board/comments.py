"""Comments on tasks: what people tell each other, and the agents, about the work.

Above: web, and `runtime.wishing`, which tells agents. Below: tasks, authorship, the journal. A comment is Markdown; its author
may change it, its author or an admin may delete it.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import authorship, search, tasks
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import comments as table
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.events import CommentChanged, CommentCreated, CommentDeleted
from coderclawlink.ids import CommentId, ProjectId, TaskId
from coderclawlink.journal import log

TEXT_AT_MOST = 20_000
"""Characters."""


class CommentNotFound(NotFound):
    """Comment not found."""


class BadComment(Invalid):
    """A comment has 1 to 20,000 characters."""


@dataclass(frozen=True, slots=True)
class Comment:
    """Times are seconds since the epoch. `edited_at` None: it stands as it was written."""

    id: CommentId
    task_id: TaskId
    project_id: ProjectId
    text: str
    author: str
    session: str | None
    user_id: str | None
    created_at: float
    edited_at: float | None


_OWN = (table.c[name] for name in Comment.__dataclass_fields__ if name != "project_id")
SELECT = sa.select(*_OWN, tasks_table.c.project_id).join(tasks_table, tasks_table.c.id == table.c.task_id)


def create(tx: Tx, actor: Actor, task: TaskId, text: str) -> Comment:
    """Raises `TaskNotFound`, `BadComment`, `PermissionMissing`."""
    about = tasks.find_for(tx, actor, task, Permission.PROJECT_WRITE).about
    text = _fitting(text)
    row = {"task_id": task, "text": text, "created_at": tx.now(), **authorship.signature(actor)}
    made = find(tx, CommentId(tx.insert(table.insert().values(**row))))
    search.index(tx, task)
    log.append(tx, CommentCreated(comment=made.id, author=made.author, text=text), about, actor=actor)
    return made


def change(tx: Tx, actor: Actor, comment: CommentId, text: str) -> Comment:
    """Raises `CommentNotFound`, `BadComment`, `NotYours`, `PermissionMissing`."""
    found, its = _find_for(tx, actor, comment)
    authorship.require_author(actor, found, its.project_id)
    text = _fitting(text)
    if text == found.text:
        return found
    tx.change(table.update().where(table.c.id == comment).values(text=text, edited_at=tx.now()))
    search.index(tx, found.task_id)
    log.append(tx, CommentChanged(comment=comment, text=text), its.about, actor=actor)
    return find(tx, comment)


def delete(tx: Tx, actor: Actor, comment: CommentId) -> None:
    """Raises `CommentNotFound`, `NotYours`, `PermissionMissing`."""
    found, its = _find_for(tx, actor, comment)
    authorship.require_author_or_admin(actor, found, its.project_id)
    tx.change(table.delete().where(table.c.id == comment))
    search.index(tx, found.task_id)
    log.append(tx, CommentDeleted(comment=comment), its.about, actor=actor)


def find(look: Look, comment: CommentId) -> Comment:
    """Raises `CommentNotFound`, also when its task cannot be found."""
    row = look.row(SELECT.where(table.c.id == comment))
    if row is None:
        raise CommentNotFound
    try:
        tasks.find(look, row["task_id"])
    except tasks.TaskNotFound:
        raise CommentNotFound from None
    return Comment(**row)


def of_task(look: Look, task: TaskId, *, before: CommentId | None = None, limit: int = 100) -> list[Comment]:
    """The newest, oldest of them first. `before`: only those before this one. Raises `TaskNotFound`."""
    tasks.find(look, task)
    statement = SELECT.where(table.c.task_id == task).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(table.c.id < before)
    return [Comment(**row) for row in reversed(look.rows(statement))]


def count(look: Look, task: TaskId) -> int:
    """How many there are."""
    return int(look.scalar(sa.select(sa.func.count()).where(table.c.task_id == task)) or 0)


def _find_for(look: Look, actor: Actor, comment: CommentId) -> tuple[Comment, Task]:
    """To change it. Raises `CommentNotFound`, `PermissionMissing`."""
    found = find(look, comment)
    try:
        return found, tasks.find_for(look, actor, found.task_id, Permission.PROJECT_WRITE)
    except tasks.TaskNotFound:
        raise CommentNotFound from None


def _fitting(text: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= TEXT_AT_MOST:
        raise BadComment
    return text
