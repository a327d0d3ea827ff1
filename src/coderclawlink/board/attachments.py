"""Attachments of tasks: files under the names that people gave them, for people and agents.

Above: web, the gate, and `runs.orders` by the table. Below: tasks, authorship, `files`, the journal. A name stands once on a
task: another file of that name becomes `name-2`, and the same file under the same name is the attachment that is there already.
"""

from __future__ import annotations

import asyncio
import logging
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

import sqlalchemy as sa

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import authorship, tasks
from coderclawlink.board.files import Files, Kept
from coderclawlink.db.engine import Database, Look, StoreUnavailable, Tx
from coderclawlink.db.schema import attachments as table
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.events import AttachmentAdded, AttachmentDeleted
from coderclawlink.ids import AttachmentId, ProjectId, TaskId
from coderclawlink.journal import log

logger = logging.getLogger(__name__)

NAME_BYTES = 200
"""As UTF-8: room for `-2`, and no file system allows more than 255."""
ON_A_TASK = 100
TIDY_SECONDS = 600.0
_AT_ONCE = 500
_HIDING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff/\\\\]")


class AttachmentNotFound(NotFound):
    """Attachment not found."""


class BadName(Invalid):
    """A file's name has 1 to 200 bytes and is no path."""


class TooManyAttachments(Invalid):
    """There are too many attachments."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """`size`: bytes. `created_at`: seconds since the epoch."""

    id: AttachmentId
    task_id: TaskId
    project_id: ProjectId
    name: str
    sha256: str
    size: int
    media_type: str
    author: str
    session: str | None
    user_id: str | None
    created_at: float


_OWN = (table.c[name] for name in Attachment.__dataclass_fields__ if name != "project_id")
SELECT = sa.select(*_OWN, tasks_table.c.project_id).join(tasks_table, tasks_table.c.id == table.c.task_id)


def add(tx: Tx, actor: Actor, task: TaskId, name: str, kept: Kept) -> Attachment:
    """Raises `TaskNotFound`, `BadName`, `TooManyAttachments`, `PermissionMissing`."""
    about = tasks.find_for(tx, actor, task, Permission.PROJECT_WRITE).about
    name = fitting(name)
    there = {one.name: one for one in of_task(tx, task)}
    if name in there and there[name].sha256 == kept.sha256:
        return there[name]
    if len(there) >= ON_A_TASK:
        raise TooManyAttachments(f"A task has at most {ON_A_TASK} attachments.")
    row = {
        "task_id": task,
        "name": _free(name, there),
        "sha256": kept.sha256,
        "size": kept.size,
        "media_type": kept.media_type,
        "created_at": tx.now(),
        **authorship.signature(actor),
    }
    made = find(tx, AttachmentId(tx.insert(table.insert().values(**row))))
    told = AttachmentAdded(attachment=made.id, name=made.name, size=made.size, media_type=made.media_type)
    log.append(tx, told, about, actor=actor)
    return made


def delete(tx: Tx, actor: Actor, attachment: AttachmentId) -> None:
    """Its file goes too, once nobody else has it. Raises `AttachmentNotFound`, `NotYours`, `PermissionMissing`."""
    found = find(tx, attachment)
    try:
        its = tasks.find_for(tx, actor, found.task_id, Permission.PROJECT_WRITE)
    except tasks.TaskNotFound:
        raise AttachmentNotFound from None
    authorship.require_author_or_admin(actor, found, its.project_id)
    tx.change(table.delete().where(table.c.id == attachment))
    told = AttachmentDeleted(attachment=attachment, name=found.name)
    log.append(tx, told, its.about, actor=actor)


def find(look: Look, attachment: AttachmentId) -> Attachment:
    """Raises `AttachmentNotFound`, also when its task cannot be found."""
    row = look.row(SELECT.where(table.c.id == attachment))
    if row is None:
        raise AttachmentNotFound
    try:
        tasks.find(look, row["task_id"])
    except tasks.TaskNotFound:
        raise AttachmentNotFound from None
    return Attachment(**row)


def of_task(look: Look, task: TaskId) -> list[Attachment]:
    """Oldest first. Raises `TaskNotFound`."""
    tasks.find(look, task)
    return [Attachment(**row) for row in look.rows(SELECT.where(table.c.task_id == task).order_by(table.c.id))]


def may_be_there(look: Look, task: TaskId) -> None:
    """Before a file is taken in for a task. Raises `TaskNotFound`, `TooManyAttachments`."""
    if len(of_task(look, task)) >= ON_A_TASK:
        raise TooManyAttachments(f"A task has at most {ON_A_TASK} attachments.")


def is_wanted(look: Look, sha256: str) -> bool:
    """Whether any task has this file."""
    return look.row(sa.select(table.c.id).where(table.c.sha256 == sha256).limit(1)) is not None


def fitting(name: str) -> str:
    """The name as a file can have it on any system. Raises `BadName`."""
    name = _HIDING.sub("_", unicodedata.normalize("NFC", name)).strip()
    if not name.strip(".") or len(name.encode()) > NAME_BYTES:
        raise BadName
    return name


def _free(name: str, taken: Collection[str]) -> str:
    """`shot.png`, or `shot-2.png` and so on."""
    path = PurePosixPath(name)
    names = (f"{path.stem}-{number}{path.suffix}" for number in range(2, ON_A_TASK + 3))
    return name if name not in taken else next(other for other in names if other not in taken)


# ── files that nobody wants any more ───────────────────────────────────────────────────────────────────────────────


async def keep_tidy(db: Database, files: Files) -> None:
    """Remove them, for ever: whatever took the rows away, be it that a whole project was deleted."""
    with db.bell.listen("attachment.deleted", "task.deleted", "project.deleted") as ear:
        while True:
            try:
                await tidy(db, files)
            except StoreUnavailable as error:
                logger.warning("unwanted attachments stay for now: %s", error.message)
            await ear.wait(TIDY_SECONDS)


async def tidy(db: Database, files: Files) -> int:
    """Remove the files that no row wants and that have lain there for a while. Returns how many."""
    old = await asyncio.to_thread(files.old)
    unwanted = await db.read(_unwanted, old)
    # Looked at again among the writers: nobody writes a row for one of them between the look and the removal.
    return await db.write(_remove, files, unwanted) if unwanted else 0


def _remove(tx: Tx, files: Files, some: list[str]) -> int:
    return files.remove(_unwanted(tx, some))


def _unwanted(look: Look, some: list[str]) -> list[str]:
    wanted: set[str] = set()
    for first in range(0, len(some), _AT_ONCE):
        statement = sa.select(table.c.sha256).where(table.c.sha256.in_(some[first : first + _AT_ONCE])).distinct()
        wanted |= {row["sha256"] for row in look.rows(statement)}
    return [sha256 for sha256 in some if sha256 not in wanted]
