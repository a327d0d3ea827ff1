"""How tasks hang together: one blocks another, relates to it, or is a part of it. Across projects too.

Above: web, and whoever tells an agent of its task (`of_task`). Below: tasks, `dependencies`, the journal. What blocks goes round in no
circle: a link that would close one is refused, and the circle named. A task that is a part of another has no parts of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import dependencies, tasks
from coderclawlink.board.tasks import Task, TaskStatus
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import task_links as table
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import TaskLinked, TaskUnlinked
from coderclawlink.ids import TaskId
from coderclawlink.journal import log

OF_A_TASK = 500


class NotLinked(NotFound):
    """The two are not linked so."""


class Circle(Conflict):
    """The tasks would block each other in a circle."""


class TooDeep(Conflict):
    """A sub-task has no sub-tasks of its own."""


class TooManyLinks(Invalid):
    """A task has at most 500 links of one kind."""


class Link(StrEnum):
    """What the first task is to the second."""

    BLOCKS = "blocks"
    BLOCKED_BY = "blocked_by"
    RELATES = "relates"
    PARENT = "parent"
    """The second is a sub-task of the first."""
    CHILD = "child"


OTHER_WAY: Mapping[Link, Link] = {
    Link.BLOCKS: Link.BLOCKED_BY,
    Link.BLOCKED_BY: Link.BLOCKS,
    Link.RELATES: Link.RELATES,
    Link.PARENT: Link.CHILD,
    Link.CHILD: Link.PARENT,
}


@dataclass(frozen=True, slots=True)
class Linked:
    """The other end of a link, as much as a list shows of it."""

    id: TaskId
    project_id: int
    key: str
    title: str
    status: TaskStatus


@dataclass(frozen=True, slots=True)
class Links:
    """All of a task's. `done` and `total` count its sub-tasks, which are `children`."""

    blocks: tuple[Linked, ...]
    blocked_by: tuple[Linked, ...]
    relates: tuple[Linked, ...]
    parent: Linked | None
    children: tuple[Linked, ...]
    done: int
    total: int


# ── tying ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def add(tx: Tx, actor: Actor, task: TaskId, link: Link, other: TaskId) -> Links:
    """Link the two; what is linked so already stays. Returns the first one's links.

    Raises `TaskNotFound`, `Circle`, `TooDeep`, `TooManyLinks`, `Invalid` for a task with itself, `PermissionMissing`.
    """
    one, two = (tasks.find_for(tx, actor, each, Permission.PROJECT_WRITE) for each in (task, other))
    if one.id == two.id:
        raise Invalid("A task cannot be linked with itself.")
    match link:
        case Link.BLOCKED_BY | Link.CHILD:
            changed = _tie(tx, actor, two, OTHER_WAY[link], one)
        case _:
            changed = _tie(tx, actor, one, link, two)
    if changed:
        _tell(tx, actor, one, link, two, TaskLinked)
    return of_task(tx, actor, task)


def remove(tx: Tx, actor: Actor, task: TaskId, link: Link, other: TaskId) -> Links:
    """Undo `add`. Raises `TaskNotFound`, `NotLinked`, `PermissionMissing`."""
    one, two = (tasks.find_for(tx, actor, each, Permission.PROJECT_WRITE) for each in (task, other))
    match link:
        case Link.PARENT | Link.CHILD:
            parent, child = (one, two) if link is Link.PARENT else (two, one)
            if child.parent_id != parent.id:
                raise NotLinked
            tx.change(tasks_table.update().where(tasks_table.c.id == child.id).values(parent_id=None))
        case _:
            kind, source, target = _row_of(one, link, two)
            gone = sa.and_(table.c.kind == kind, table.c.source == source, table.c.target == target)
            if not tx.change(table.delete().where(gone)):
                raise NotLinked
    _tell(tx, actor, one, link, two, TaskUnlinked)
    return of_task(tx, actor, task)


def _tie(tx: Tx, actor: Actor, one: Task, link: Link, two: Task) -> bool:
    """`link`: blocks, relates or parent. False if they are tied so already."""
    if link is Link.PARENT:
        return _make_part(tx, actor, one, two)
    kind, source, target = _row_of(one, link, two)
    if tx.row(sa.select(table.c.kind).where(table.c.kind == kind, table.c.source == source, table.c.target == target)):
        return False
    for end, column in ((source, table.c.source), (target, table.c.target)):
        count = tx.scalar(sa.select(sa.func.count()).where(table.c.kind == kind, column == end))
        if count >= OF_A_TASK:
            raise TooManyLinks
    if link is Link.BLOCKS and (path := _path(tx, two.id, one.id)) is not None:
        keys = {one.id: one.key, **_keys(tx, actor, path)}
        raise Circle(f"That would be a circle: {' → '.join(keys[each] for each in (one.id, *path))}.")
    tx.change(table.insert().values(kind=kind, source=source, target=target, made_by=actor.name, made_at=tx.now()))
    return True


def _row_of(one: Task, link: Link, two: Task) -> tuple[str, TaskId, TaskId]:
    match link:
        case Link.BLOCKS:
            return "blocks", one.id, two.id
        case Link.BLOCKED_BY:
            return "blocks", two.id, one.id
        case _:
            return "relates", min(one.id, two.id), max(one.id, two.id)


def _make_part(tx: Tx, actor: Actor, parent: Task, child: Task) -> bool:
    if child.parent_id == parent.id:
        return False
    if parent.parent_id is not None and _is_there(tx, parent.parent_id):
        raise TooDeep(f"{parent.key} is a sub-task itself.")
    if dependencies.progress(tx, child.id)[1]:
        raise TooDeep(f"{child.key} has sub-tasks itself.")
    if dependencies.progress(tx, parent.id)[1] >= OF_A_TASK:
        raise TooManyLinks
    tx.change(tasks_table.update().where(tasks_table.c.id == child.id).values(parent_id=parent.id))
    if child.parent_id is not None:
        dependencies.tell_progress(tx, child.parent_id, actor.name)
    return True


def _is_there(look: Look, task: TaskId) -> bool:
    here = sa.select(tasks_table.c.id).where(tasks_table.c.id == task, tasks_table.c.deleted_at.is_(None))
    return look.row(here) is not None


def _path(look: Look, start: TaskId, end: TaskId) -> list[TaskId] | None:
    """The shortest way from one to the other along what blocks what, both included; None if there is none. What is deleted counts,
    since it may come back."""
    came_from: dict[TaskId, TaskId | None] = {start: None}
    edge = [start]
    while edge and end not in came_from:
        rows = look.rows(
            sa.select(table.c.source, table.c.target)
            .where(table.c.kind == "blocks", table.c.source.in_(edge))
            .order_by(table.c.source, table.c.target)
        )
        edge = []
        for row in rows:
            if row["target"] not in came_from:
                came_from[row["target"]] = row["source"]
                edge.append(row["target"])
    if end not in came_from:
        return None
    path: list[TaskId] = []
    here: TaskId | None = end
    while here is not None:
        path.append(here)
        here = came_from[here]
    return path[::-1]


def _keys(look: Look, actor: Actor, some: list[TaskId]) -> dict[TaskId, str]:
    seen = visibility.visible(actor, tasks_table.c.project_id)
    rows = look.rows(sa.select(tasks_table.c.id, tasks_table.c.key).where(tasks_table.c.id.in_(some), seen))
    return {**dict.fromkeys(some, "a task that you do not see"), **{row["id"]: row["key"] for row in rows}}


def _tell(tx: Tx, actor: Actor, one: Task, link: Link, two: Task, kind: type[TaskLinked] | type[TaskUnlinked]) -> None:
    """Of both, each from where it stands; and of what follows for the one that waits, or has parts."""
    back = OTHER_WAY[link]
    log.append(tx, kind(link=link, other=two.key, other_id=two.id), one.about, actor=actor)
    log.append(tx, kind(link=back, other=one.key, other_id=one.id), two.about, actor=actor)
    match link:
        case Link.BLOCKS:
            dependencies.tell_blockers(tx, two.id, two.project_id, actor.name)
        case Link.BLOCKED_BY:
            dependencies.tell_blockers(tx, one.id, one.project_id, actor.name)
        case Link.PARENT:
            dependencies.tell_progress(tx, one.id, actor.name)
        case Link.CHILD:
            dependencies.tell_progress(tx, two.id, actor.name)
        case Link.RELATES:
            pass


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────

_OTHER = [tasks_table.c[name] for name in Linked.__dataclass_fields__]


def of_task(look: Look, actor: Actor, task: TaskId) -> Links:
    """What the task is linked with, in the order the others were made; nothing that is deleted, or hidden from the actor. Raises
    `TaskNotFound`."""
    found = tasks.find(look, task)
    seen = visibility.visible(actor, tasks_table.c.project_id)
    blocks = _others(look, seen, table.c.target, sa.and_(table.c.kind == "blocks", table.c.source == task))
    blocked_by = _others(look, seen, table.c.source, sa.and_(table.c.kind == "blocks", table.c.target == task))
    relates = [
        *_others(look, seen, table.c.target, sa.and_(table.c.kind == "relates", table.c.source == task)),
        *_others(look, seen, table.c.source, sa.and_(table.c.kind == "relates", table.c.target == task)),
    ]
    children = _where(look, seen, tasks_table.c.parent_id == task)
    parents = [] if found.parent_id is None else _where(look, seen, tasks_table.c.id == found.parent_id)
    return Links(
        blocks=tuple(blocks),
        blocked_by=tuple(blocked_by),
        relates=tuple(sorted(relates, key=lambda one: one.id)),
        parent=parents[0] if parents else None,
        children=tuple(children),
        done=sum(child.status is TaskStatus.DONE for child in children),
        total=len(children),
    )


def _others(
    look: Look, seen: sa.ColumnElement[bool], end: sa.Column[int], which: sa.ColumnElement[bool]
) -> list[Linked]:
    return _where(look, seen, tasks_table.c.id.in_(sa.select(end).where(which)))


def _where(look: Look, seen: sa.ColumnElement[bool], which: sa.ColumnElement[bool]) -> list[Linked]:
    statement = sa.select(*_OTHER).where(seen, which, tasks_table.c.deleted_at.is_(None)).order_by(tasks_table.c.id)
    return [Linked(**{**row, "status": TaskStatus(row["status"])}) for row in look.rows(statement)]
