"""Which task is one with something in another program: an issue on GitHub, one of Jira's, a card of Vibe Kanban's.

Above: `imports` and `issues`, which make these rows, and web, which shows them. Below: tasks, the journal. A task is one with one thing
at most, and within a project a thing with one task: that a second import finds what the first one made rests on it. A task that was
deleted keeps its row while it can come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.board import tasks
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import external_tasks as table
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.errors import Conflict
from coderclawlink.events import IssueLinked
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import Line

GITHUB = "github"


class LinkedAlready(Conflict):
    """The task is one with something in another program already."""


@dataclass(frozen=True, slots=True)
class External:
    """`place`: owner/name, or what it was imported from. `external`: its name there. `synced`: JSON of the fields as both sides had
    them last. `there_at`: the other side's own time of its last change. `synced_at`: seconds since the epoch."""

    task_id: TaskId
    project_id: ProjectId
    source: str
    place: str
    external: str
    url: str | None
    synced: str
    there_at: str | None
    synced_at: float

    @property
    def key(self) -> str:
        """As people name it: owner/name#12, ABC-7."""
        return key_of(self.source, self.place, self.external)


_COLUMNS = [table.c[name] for name in External.__dataclass_fields__]


def key_of(source: str, place: str, external: str) -> str:
    """As people name it."""
    return f"{place}#{external}" if source == GITHUB else external


def link(
    tx: Tx,
    task: Task,
    source: str,
    place: str,
    external: str,
    *,
    by: str,
    url: str | None = None,
    synced: str = "{}",
    there_at: str | None = None,
) -> External:
    """They are one from now on. Raises `LinkedAlready` when either of the two is one with another."""
    if of_task(tx, task.id) is not None or find(tx, task.project_id, source, place, external) is not None:
        raise LinkedAlready
    tx.change(
        table.insert().values(
            task_id=task.id,
            source=source,
            place=place,
            external=external,
            project_id=task.project_id,
            url=url,
            synced=synced,
            there_at=there_at,
            synced_at=tx.now(),
        )
    )
    key = key_of(source, place, external)
    log.append(tx, IssueLinked(source=source, external=key, url=url), task.about, actor=by)
    return External(task.id, task.project_id, source, place, external, url, synced, there_at, tx.now())


def link_new(tx: Tx, source: str, wanted: Sequence[tuple[Task, str, str]], *, by: str) -> None:
    """`link` for many tasks that were made in this transaction, each with the place and name of a thing that is nobody's yet."""
    now = tx.now()
    rows = [(task.id, source, place, name, task.project_id, None, "{}", None, now) for task, place, name in wanted]
    lines = [
        Line(IssueLinked(source=source, external=key_of(source, place, name)), task.about)
        for task, place, name in wanted
    ]
    if rows:
        tx.append(table, rows)
        log.append_all(tx, lines, actor=by)


def note(tx: Tx, task: TaskId, *, synced: str, there_at: str | None) -> None:
    """Both sides are so now."""
    tx.change(
        table.update().where(table.c.task_id == task).values(synced=synced, there_at=there_at, synced_at=tx.now())
    )


def forget(tx: Tx, task: TaskId) -> None:
    """They are two again."""
    tx.change(table.delete().where(table.c.task_id == task))


def find(look: Look, project: ProjectId, source: str, place: str, external: str) -> External | None:
    """Also when its task is deleted and may come back."""
    which = sa.and_(table.c.source == source, table.c.place == place, table.c.external == external)
    row = look.row(sa.select(*_COLUMNS).where(table.c.project_id == project, which))
    return None if row is None else External(**row)


def of_task(look: Look, task: TaskId) -> External | None:
    """What the task is one with. Asks not whether the task is there."""
    row = look.row(sa.select(*_COLUMNS).where(table.c.task_id == task))
    return None if row is None else External(**row)


def shown(look: Look, task: TaskId) -> External | None:
    """`of_task` for a reader. Raises `TaskNotFound`."""
    tasks.find(look, task)
    return of_task(look, task)


def all_of(look: Look, project: ProjectId, source: str, place: str) -> list[External]:
    """Those whose tasks are there, oldest first."""
    statement = (
        sa.select(*_COLUMNS)
        .join(tasks_table, tasks_table.c.id == table.c.task_id)
        .where(table.c.project_id == project, table.c.source == source, table.c.place == place, tasks.HERE)
        .order_by(table.c.task_id)
    )
    return [External(**row) for row in look.rows(statement)]


def known(look: Look, project: ProjectId, source: str) -> Mapping[tuple[str, str], TaskId]:
    """All of a program's, by place and name there; those of deleted tasks too."""
    statement = sa.select(table.c.place, table.c.external, table.c.task_id).where(
        table.c.project_id == project, table.c.source == source
    )
    return {(place, external): task for place, external, task in look.tuples(statement)}
