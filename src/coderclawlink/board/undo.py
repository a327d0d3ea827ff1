"""Taking back what was just done to cards: changes, moves, labels, deletions, for ten minutes.

Above: `bulk`, which keeps what it does here; web. Below: tasks, labels, the ledger. What was done comes back whole or not at all: where
somebody has changed one of the cards since, nothing does. Each can be taken back once, by who did it, or an admin.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from pydantic import JsonValue, TypeAdapter

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.board import labels, tasks
from coderclawlink.board.tasks import Priority, Task, TaskNotFound, TaskStatus
from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import undos
from coderclawlink.errors import Conflict, NotFound
from coderclawlink.ids import RunId, TaskId
from coderclawlink.runs import ledger

KEPT_SECONDS = 600.0


class NothingToUndo(NotFound):
    """There is nothing to undo: it is done already, or longer ago than ten minutes."""


class ChangedSince(Conflict):
    """It has been changed since."""


@dataclass(frozen=True)
class Act:
    """What was done to one card: fields from `before` to `after`, labels, a run that began with it, or that it was deleted."""

    task: TaskId
    before: Mapping[str, JsonValue] = field(default_factory=dict)
    after: Mapping[str, JsonValue] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    run: RunId | None = None
    deleted: bool = False


_acts: TypeAdapter[tuple[Act, ...]] = TypeAdapter(tuple[Act, ...])


def of_change(before: Task, after: Task, run: RunId | None = None) -> Act:
    """The act that made one of the other."""
    names = [
        name
        for name in ("title", "description", "status", "priority", "assigned_agent_type", "assignee", "position")
        if getattr(before, name) != getattr(after, name)
    ]
    return Act(
        before.id,
        before={name: getattr(before, name) for name in names},
        after={name: getattr(after, name) for name in names},
        run=run,
    )


def keep(tx: Tx, actor: Actor, acts: Sequence[Act]) -> str:
    """Write down what was done, in the transaction that does it. Returns the token that takes it back. What can be taken back
    no longer is forgotten, and the tasks that were deleted so long ago are removed for good."""
    oldest = tx.now() - KEPT_SECONDS
    tx.change(undos.delete().where(undos.c.made_at < oldest))
    tasks.bury(tx, oldest)
    token = secrets.token_urlsafe(18)
    tx.change(
        undos.insert().values(
            token=token, owner=actor.key, acts=_acts.dump_json(tuple(acts)).decode(), made_at=tx.now()
        )
    )
    return token


def undo(tx: Tx, actor: Actor, token: str) -> list[Task]:
    """Take it back; returns the cards as they stand then. Raises `NothingToUndo`, `ChangedSince`, `PermissionMissing`."""
    policy.require_somewhere(actor, Permission.PROJECT_WRITE)
    row = tx.row(sa.select(undos).where(undos.c.token == token, undos.c.made_at >= tx.now() - KEPT_SECONDS))
    if row is None or (row["owner"] != actor.key and actor.role is not Role.ADMIN):
        raise NothingToUndo
    tx.change(undos.delete().where(undos.c.token == token))
    acts = _acts.validate_json(row["acts"])
    done = [_undo(tx, actor, act) for act in reversed(acts)]
    return done[::-1]


def _undo(tx: Tx, actor: Actor, act: Act) -> Task:
    if act.deleted:
        try:
            return tasks.restore(tx, actor, act.task)
        except TaskNotFound as error:
            raise NothingToUndo("A task is gone for good.") from error
    try:
        found = tasks.find(tx, act.task)
    except TaskNotFound as error:
        raise ChangedSince("A task has been deleted since.") from error
    # Where a card stands among the others is nobody's work: it may have been moved about, and goes back all the same.
    if any(name != "position" and getattr(found, name) != value for name, value in act.after.items()):
        raise ChangedSince(f"{found.key} has been changed since.")
    if act.run is not None and not ledger.find(tx, act.run).has_ended:
        ledger.cancel(tx, actor, act.run, reason="its beginning was undone")
    if act.added or act.removed:
        labels.put(tx, actor, act.task, add=act.removed, remove=act.added)
    return tasks.change(tx, actor, act.task, {name: _read(name, value) for name, value in act.before.items()})


def _read(name: str, value: JsonValue) -> JsonValue:
    match name, value:
        case "status", str():
            return TaskStatus(value)
        case "priority", str():
            return Priority(value)
        case _:
            return value
