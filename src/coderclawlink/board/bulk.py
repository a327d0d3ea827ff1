"""What is done to cards, to one or to many at once: all of it or nothing, and so that it can be taken back.

Above: web and the runtime. Below: `undo`, which keeps it; tasks and labels. Each verb returns the cards in the order they were named, and
the token that takes it all back. Named twice is named once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import labels, tasks, undo
from coderclawlink.board.columns import TOP, Place
from coderclawlink.board.tasks import Task, TaskNotFound, TaskStatus
from coderclawlink.board.undo import Act
from coderclawlink.db.engine import Look, Tx
from coderclawlink.errors import Invalid
from coderclawlink.ids import TaskId

AT_MOST = 1000


class TooMany(Invalid):
    """At most 1,000 tasks at once."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: the cards as they stand now (none when they are deleted), and the token for `undo.undo`."""

    tasks: list[Task]
    undo: str


def change(tx: Tx, actor: Actor, some: Sequence[TaskId], changes: Mapping[str, Any]) -> Done:
    """The same fields of all. Raises `TaskNotFound`, `TooMany`, `PermissionMissing`."""
    before = _those(tx, actor, some)
    after = [tasks.change(tx, actor, task.id, changes) for task in before]
    return _kept(tx, actor, before, after)


def move(tx: Tx, actor: Actor, some: Sequence[TaskId], status: TaskStatus | None = None, place: Place = TOP) -> Done:
    """To a place in a column, one below the other. Raises `TaskNotFound`, `OtherColumn`, `TooMany`, `PermissionMissing`."""
    before = _those(tx, actor, some)
    after: list[Task] = []
    for task in before:
        # The first one takes the place, each other one stands below the one before it, if that is in the same column.
        beside = after and (status is not None or after[-1].status is task.status)
        after.append(tasks.move(tx, actor, task.id, status, Place(after=after[-1].id) if beside else place))
    after = [tasks.find(tx, task.id) for task in after]  # a column that had no room left is numbered anew
    return _kept(tx, actor, before, after)


def label(tx: Tx, actor: Actor, some: Sequence[TaskId], add: Sequence[str], remove: Sequence[str]) -> Done:
    """Put labels on all and take others off. Raises `TaskNotFound`, `TooMany`, `PermissionMissing`, and as `labels.put` does."""
    before = _those(tx, actor, some)
    acts: list[Act] = []
    for task in before:
        had = {each.name for each in labels.of_task(tx, task.id)}
        has = {each.name for each in labels.put(tx, actor, task.id, add=add, remove=remove)}
        acts.append(Act(task.id, added=tuple(sorted(has - had)), removed=tuple(sorted(had - has))))
    return Done(before, undo.keep(tx, actor, acts))


def delete(tx: Tx, actor: Actor, some: Sequence[TaskId]) -> Done:
    """With their runs. Raises `TaskNotFound`, `TooMany`, `PermissionMissing`."""
    before = _those(tx, actor, some)
    for task in before:
        tasks.delete(tx, actor, task.id)
    return Done([], undo.keep(tx, actor, [Act(task.id, deleted=True) for task in before]))


def _those(look: Look, actor: Actor, some: Sequence[TaskId]) -> list[Task]:
    named = list(dict.fromkeys(some))
    if len(named) > AT_MOST:
        raise TooMany
    try:
        return [tasks.find_for(look, actor, task, Permission.PROJECT_WRITE) for task in named]
    except TaskNotFound as error:
        raise TaskNotFound("One of the tasks was not found; nothing was done.") from (error if len(named) > 1 else None)


def _kept(tx: Tx, actor: Actor, before: list[Task], after: list[Task]) -> Done:
    acts = [undo.of_change(one, other) for one, other in zip(before, after, strict=True)]
    return Done(after, undo.keep(tx, actor, acts))
