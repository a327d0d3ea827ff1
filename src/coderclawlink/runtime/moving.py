"""A card that is moved, and the run that begins with it: one transaction, so that there is never the one without the other.

Above: the contract. Below: the board. `submit` is the contract's own, handed down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import bulk, tasks, undo
from coderclawlink.board.columns import TOP, Place
from coderclawlink.board.tasks import Task, TaskStatus
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration
from coderclawlink.db.engine import Tx
from coderclawlink.errors import Conflict, Invalid
from coderclawlink.ids import TaskId
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run
from coderclawlink.runtime.wishing import Asked


class AtWork(Conflict):
    """A run of the task is not over yet."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a card goes, and which agent begins to work on it there. `status` None: it stays in its column. `prompt`: what to ask,
    if not the task's title and description."""

    task: TaskId
    status: TaskStatus | None = None
    place: Place = TOP
    agent: str | None = None
    prompt: str | None = None
    options: AgentConfiguration = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class Moved:
    """`undo`: the token for `undo.undo`, which also cancels the run."""

    task: Task
    run: Run | None
    undo: str


def move(tx: Tx, actor: Actor, wanted: Move, submit: Callable[[Tx, Actor, Asked], Run]) -> Moved:
    """Raises `TaskNotFound`, `OtherColumn`, `AtWork`, `PermissionMissing`, `Invalid` for an agent in another column than In
    progress, and as `submit` does."""
    if wanted.agent is None:
        done = bulk.move(tx, actor, [wanted.task], wanted.status, wanted.place)
        return Moved(done.tasks[0], None, done.undo)
    before = tasks.find_for(tx, actor, wanted.task, Permission.PROJECT_WRITE)
    moved = tasks.move(tx, actor, wanted.task, wanted.status, wanted.place)
    if moved.status is not TaskStatus.IN_PROGRESS:
        raise Invalid("An agent begins to work on a card that is in progress: move it there.")
    newest = ledger.newest_of_task(tx, wanted.task)
    if newest is not None and not newest.has_ended:
        raise AtWork(f"Run {newest.number} of {before.key} is not over yet: it is {newest.state}.")
    asked = Asked(wanted.agent, wanted.prompt or moved.prompt, {}, task_id=wanted.task, options=wanted.options)
    run = submit(tx, actor, asked)
    moved = tasks.find(tx, wanted.task)
    return Moved(moved, run, undo.keep(tx, actor, [undo.of_change(before, moved, run.id)]))
