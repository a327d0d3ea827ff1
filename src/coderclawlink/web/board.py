"""Routes of the board as a whole: its cards, moving them, doing something to many at once, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import pydantic_core
from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import Field, model_validator

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import bulk, cards, undo
from coderclawlink.board.cards import Card, Filter
from coderclawlink.board.columns import TOP, Place
from coderclawlink.board.tasks import Priority, Task, TaskStatus
from coderclawlink.configuration import NOTHING_SAID
from coderclawlink.db.engine import Look, Tx
from coderclawlink.ids import TaskId
from coderclawlink.journal import log
from coderclawlink.pulls.hosts import Mergeable, PullState
from coderclawlink.runs.run import State, WaitReason
from coderclawlink.runtime.moving import Move, Moved
from coderclawlink.web.filters import Which
from coderclawlink.web.labels import Names
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Configured, Id, Stamp, Told
from coderclawlink.web.signing_in import needs
from coderclawlink.web.tasks import AgentName, ExternalTold, TaskChanges, TaskTold

router = APIRouter(tags=["board"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=bulk.AT_MOST)]


# ── shapes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class LiveRunTold(Told):
    """The newest run of a task, if the reader may see it."""

    id: str
    number: int
    agent: str
    state: State
    wait_reason: WaitReason | None
    wait_who: str | None


class CardLabelTold(Told):
    name: str
    colour: str


class CardPullTold(Told):
    """The newest pull request of a task, as it was seen last."""

    number: int
    url: str
    state: PullState
    draft: bool
    checks: Literal["none", "pending", "passed", "failed"]
    review: Literal["none", "approved", "changes_requested"]
    mergeable: Mergeable


class CardTold(Told):
    """A task as the board shows it. `position`: its place in its column, the less the higher. `blocked`: by how many tasks that
    are not done. `done` of `total`: its sub-tasks."""

    id: int
    project_id: int
    key: str
    title: str
    status: TaskStatus
    priority: Priority
    agent: str | None
    assignee: str | None
    parent_id: int | None
    position: float
    pr_url: str | None
    pr_number: int | None
    updated_at: Stamp
    run: LiveRunTold | None
    labels: list[CardLabelTold]
    comments: int
    attachments: int
    blocked: int
    done: int
    total: int
    external: ExternalTold | None = None
    pull: CardPullTold | None = None


class BoardTold(Told):
    """`head`: how far the journal had come; what happens from there on is told by the live stream."""

    head: int
    cards: list[CardTold]


class WherePut(Asked):
    """In a column, its own if no `status` is named: above the card `before`, below the card `after`, or at the `position`, which is
    the top if nothing is said."""

    status: TaskStatus | None = None
    before: Id | None = None
    after: Id | None = None
    position: Literal["top", "bottom"] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> WherePut:
        if sum(each is not None for each in (self.before, self.after, self.position)) > 1:
            raise ValueError("say one of before, after and position")
        return self

    @property
    def place(self) -> Place:
        if self.before is not None:
            return Place(before=TaskId(self.before))
        if self.after is not None:
            return Place(after=TaskId(self.after))
        return TOP if self.position is None else Place(self.position)


class MoveWanted(WherePut):
    """`agent`: which one begins to work on it, where it is in progress then. `prompt`: what to ask it, if not the task's title and
    description. `options`: what is to be otherwise than it is configured, for this run alone."""

    agent: AgentName | None = None
    prompt: Annotated[str, Field(min_length=1)] | None = None
    options: Configured | None = None


class RunBegun(Told):
    id: str
    number: int
    state: State


class MovedTold(Told):
    """`undo`: what to give to `POST /api/undo/{token}` to take it back, and cancel the run."""

    task: TaskTold
    position: float
    run: RunBegun | None
    undo: str


class LabelsWanted(Asked):
    add: Names
    remove: Names


class BulkWanted(Asked):
    """Exactly one of the four is done to all tasks named."""

    ids: Ids
    changes: TaskChanges | None = None
    label: LabelsWanted | None = None
    move: WherePut | None = None
    delete: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_act(self) -> BulkWanted:
        if sum(each is not None for each in (self.changes, self.label, self.move, self.delete)) != 1:
            raise ValueError("say one of changes, label, move and delete")
        return self


class BulkDone(Told):
    """The tasks as they stand now, none when they are deleted; and what takes it back within ten minutes."""

    tasks: list[TaskTold]
    undo: str


# ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/api/board", responses={200: {"model": BoardTold}})
async def show_board(
    actor: Reader, here: Here, which: Which, limit: Annotated[int | None, Query(ge=1, le=50_000)] = None
) -> Response:
    """All cards, in the order of their columns."""
    head, found = await here.db.read(_board, actor, which, limit)
    # Written as they are: to look each of ten thousand over once more would take most of the time.
    return Response(pydantic_core.to_json({"head": head, "cards": found}), media_type="application/json")


def _board(look: Look, actor: Actor, which: Filter, limit: int | None) -> tuple[int, list[Card]]:
    return log.last_seq(look), cards.board(look, actor, which, limit=limit)


@router.post("/api/tasks/{task_id}/move", response_model=MovedTold)
async def move_task(actor: Writer, here: Here, task_id: Id, wanted: MoveWanted) -> MovedTold:
    """Put a card into its place; with an agent, which must be in progress then, a run begins in the same commit."""
    move = Move(
        TaskId(task_id), wanted.status, wanted.place, wanted.agent, wanted.prompt, wanted.options or NOTHING_SAID
    )
    return _moved(await here.runtime.move(actor, move))


def _moved(moved: Moved) -> MovedTold:
    return MovedTold(
        task=TaskTold.model_validate(moved.task),
        position=moved.task.position,
        run=None if moved.run is None else RunBegun.model_validate(moved.run),
        undo=moved.undo,
    )


@router.post("/api/tasks/bulk", response_model=BulkDone)
async def do_to_many(actor: Writer, here: Here, wanted: Annotated[BulkWanted, Body()]) -> bulk.Done:
    """Do the same to many tasks: to all or to none."""
    return await here.db.write(_do_to_many, actor, wanted)


def _do_to_many(tx: Tx, actor: Actor, wanted: BulkWanted) -> bulk.Done:
    some: Sequence[TaskId] = [TaskId(each) for each in wanted.ids]
    if wanted.changes is not None:
        return bulk.change(tx, actor, some, wanted.changes)
    if wanted.label is not None:
        return bulk.label(tx, actor, some, wanted.label.add, wanted.label.remove)
    if wanted.move is not None:
        return bulk.move(tx, actor, some, wanted.move.status, wanted.move.place)
    return bulk.delete(tx, actor, some)


@router.post("/api/undo/{token}", response_model=list[TaskTold])
async def take_back(actor: Writer, here: Here, token: Annotated[str, Path(max_length=64)]) -> list[Task]:
    """Take back what a change, move, labelling or deletion did, within ten minutes; returns the tasks as they stand then."""
    return await here.db.write(undo.undo, actor, token)
