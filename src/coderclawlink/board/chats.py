"""Conversations with a project: a person asks, an agent that has its repository and its tasks before it answers, and may propose.

Above: the runtime, which starts the runs and carries out what is confirmed; the engine, which calls `run_ended`; the routes. Below:
the runs, whose results are the answers. A conversation is its owner's alone. What an agent proposes is kept as `proposed` until its
owner decides: nothing is ever done because an agent has said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects
from coderclawlink.board import proposals as reading
from coderclawlink.board.proposals import Action, NotStrict
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import chat_messages, chats, events, proposals
from coderclawlink.errors import Conflict, NotFound
from coderclawlink.events import (
    AgentMessage,
    ChatAsked,
    ChatProposed,
    PromptTaken,
    ProposalDecided,
    any_event,
)
from coderclawlink.ids import ProjectId, RunId, TaskId, new_id
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State

CHANGED = "The agent has changed files, which it may not in a conversation: its changes are dropped, and so are its proposals."
TITLE_AT_MOST = 72
LISTED_AT_MOST = 200
Decision = Literal["proposed", "confirmed", "dismissed"]


class ChatNotFound(NotFound):
    """There is no such conversation of yours."""


class ProposalNotFound(NotFound):
    """The conversation has no such proposal."""


class AlreadyDecided(Conflict):
    """It has been decided already."""


@dataclass(frozen=True, slots=True)
class Chat:
    """`owner`: as `Actor.key`. Times are seconds since the epoch."""

    id: str
    project_id: ProjectId
    owner: str
    author: str
    agent: str
    title: str
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class Message:
    """What was asked, as prompt `prompt` of the run. `state`: of the run. `answer`: what was said to it, so far while the run is
    open. `refused`: why what was proposed with it is no proposal."""

    number: int
    run_id: RunId
    prompt: int
    text: str
    at: float
    state: State
    answer: str
    error: str | None
    refused: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """`message`: in whose answer it stands. `task_id`, `run_id`: what came of it."""

    number: int
    message: int
    action: Action
    state: Decision
    decided_by: str | None
    decided_at: float | None
    task_id: TaskId | None
    run_id: RunId | None
    at: float


_COLUMNS = [chats.c[name] for name in Chat.__dataclass_fields__]
_PROPOSAL = [proposals.c[name] for name in Proposal.__dataclass_fields__]


# ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def start(tx: Tx, actor: Actor, project: ProjectId, agent: str, text: str) -> Chat:
    """A conversation without a message yet. Raises `ProjectNotFound`, `PermissionMissing`."""
    projects.find_for(tx, actor, project, Permission.TASK_SUBMIT)
    title = next((line.strip() for line in text.splitlines() if line.strip()), "Conversation")[:TITLE_AT_MOST]
    now, chat = tx.now(), new_id()
    values = {"agent": agent, "title": title, "created_at": now, "updated_at": now}
    tx.change(chats.insert().values(id=chat, project_id=project, owner=actor.key, author=actor.name, **values))
    return find(tx, actor, chat)


def asked(tx: Tx, actor: Actor, chat: Chat, run: Run, prompt: int, text: str) -> int:
    """Note that `text` was given to the run as its prompt of that number. Returns the message's number."""
    last = tx.scalar(sa.select(sa.func.max(chat_messages.c.number)).where(chat_messages.c.chat_id == chat.id))
    number = int(last or 0) + 1
    tx.change(
        chat_messages.insert().values(
            chat_id=chat.id, number=number, run_id=run.id, prompt=prompt, text=text, at=tx.now()
        )
    )
    tx.change(chats.update().where(chats.c.id == chat.id).values(updated_at=tx.now()))
    log.append(tx, ChatAsked(chat=chat.id, number=number), run.about, actor=actor)
    return number


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def find(look: Look, actor: Actor, chat: str) -> Chat:
    """Raises `ChatNotFound`, also for another's, and where the project is hidden from the actor."""
    here = sa.and_(chats.c.id == chat, chats.c.owner == actor.key, visibility.visible(actor, chats.c.project_id))
    row = look.row(sa.select(*_COLUMNS).where(here))
    if row is None:
        raise ChatNotFound
    return Chat(**row)


def of_project(look: Look, actor: Actor, project: ProjectId) -> list[Chat]:
    """The actor's own, the latest used first. Raises `ProjectNotFound`, `PermissionMissing`."""
    projects.find_for(look, actor, project)
    here = sa.and_(chats.c.project_id == project, chats.c.owner == actor.key)
    order = chats.c.updated_at.desc(), chats.c.id.desc()
    return [Chat(**row) for row in look.rows(sa.select(*_COLUMNS).where(here).order_by(*order).limit(LISTED_AT_MOST))]


def last_run(look: Look, chat: Chat) -> Run | None:
    """The run of the latest message."""
    run = look.scalar(
        sa.select(chat_messages.c.run_id)
        .where(chat_messages.c.chat_id == chat.id)
        .order_by(chat_messages.c.number.desc())
        .limit(1)
    )
    return None if run is None else ledger.find(look, run)


def messages(look: Look, chat: Chat) -> list[Message]:
    """In order, with what was answered so far."""
    statement = sa.select(chat_messages).where(chat_messages.c.chat_id == chat.id).order_by(chat_messages.c.number)
    rows = look.rows(statement)
    runs = {row["run_id"]: ledger.find(look, row["run_id"]) for row in rows}
    last_of = {row["run_id"]: row["number"] for row in rows}
    said = _said(look, runs)
    told: list[Message] = []
    for row in rows:
        run = runs[row["run_id"]]
        is_last = last_of[run.id] == row["number"]
        words = said.get((run.id, row["prompt"]), "")
        if is_last and run.state is State.COMPLETED:
            words = run.result or ""
        told.append(
            Message(
                row["number"],
                run.id,
                row["prompt"],
                row["text"],
                row["at"],
                run.state,
                reading.without_block(words),
                run.error if is_last else None,
                row["refused"],
            )
        )
    return told


def _said(look: Look, runs: dict[RunId, Run]) -> dict[tuple[RunId, int], str]:
    """What the agents said after each prompt, by run and prompt."""
    kinds = [str(each.model_fields["kind"].default) for each in (PromptTaken, AgentMessage)]
    statement = (
        sa.select(events.c.run_id, events.c.data)
        .where(events.c.run_id.in_(list(runs)), events.c.kind.in_(kinds))
        .order_by(events.c.seq)
    )
    at: dict[RunId, int] = {}
    said: dict[tuple[RunId, int], str] = {}
    for row in look.rows(statement):
        event = any_event.validate_json(row["data"])
        if isinstance(event, PromptTaken):
            at[row["run_id"]] = at.get(row["run_id"], 0) if event.number is None else event.number
        elif isinstance(event, AgentMessage):
            key = row["run_id"], at.get(row["run_id"], 0)
            said[key] = f"{said[key]}\n\n{event.text}" if key in said else event.text
    return said


def proposals_of(look: Look, chat: Chat) -> list[Proposal]:
    """In order."""
    statement = sa.select(*_PROPOSAL).where(proposals.c.chat_id == chat.id).order_by(proposals.c.number)
    return [Proposal(**{**row, "action": Action.model_validate_json(row["action"])}) for row in look.rows(statement)]


# ── what an answer proposes ────────────────────────────────────────────────────────────────────────────────────────


def run_ended(tx: Tx, run: Run) -> None:
    """Keep what the answer of a conversation's run proposes, in the run's own transaction. Safe to do twice."""
    statement = sa.select(chat_messages.c.chat_id, chat_messages.c.number).where(chat_messages.c.run_id == run.id)
    row = tx.row(statement.order_by(chat_messages.c.number.desc()).limit(1))
    if row is None or run.state is not State.COMPLETED:
        return
    chat, number = row["chat_id"], row["number"]
    known = tx.rows(sa.select(proposals.c.number, proposals.c.message).where(proposals.c.chat_id == chat))
    if any(one["message"] == number for one in known):
        return
    here = chat_messages.update().where(chat_messages.c.chat_id == chat, chat_messages.c.number == number)
    if run.head is not None:
        tx.change(here.values(refused=CHANGED))
        return
    try:
        _, actions = reading.read(run.result or "")
    except NotStrict as why:
        tx.change(here.values(refused=str(why)))
        return
    first = max((one["number"] for one in known), default=0) + 1
    for at, action in enumerate(actions, first):
        tx.change(
            proposals.insert().values(
                chat_id=chat,
                number=at,
                message=number,
                action=action.model_dump_json(exclude_none=True),
                state="proposed",
                at=tx.now(),
            )
        )
    if actions:
        told = ChatProposed(chat=chat, number=number, proposals=tuple(range(first, first + len(actions))))
        log.append(tx, told, run.about)


def undecided(look: Look, chat: Chat, number: int) -> Proposal:
    """Raises `ProposalNotFound`, `AlreadyDecided`."""
    found = next((one for one in proposals_of(look, chat) if one.number == number), None)
    if found is None:
        raise ProposalNotFound
    if found.state != "proposed":
        raise AlreadyDecided(f"It has been {found.state} already.")
    return found


def task_of(look: Look, chat: Chat, proposal: Proposal) -> TaskId | None:
    """The task that another action of the same answer was to create; None where the proposal names one that is there.

    Raises `Conflict` while that one is not confirmed.
    """
    wanted = None if proposal.action.start_run is None else proposal.action.start_run.created_by
    if wanted is None:
        return None
    beside = [one for one in proposals_of(look, chat) if one.message == proposal.message]
    maker = beside[wanted - 1]
    if maker.task_id is None:
        raise Conflict(f"It needs the task of proposal {maker.number}: confirm that first.")
    return maker.task_id


def decide(
    tx: Tx,
    actor: Actor,
    chat: Chat,
    proposal: Proposal,
    *,
    confirmed: bool,
    task: TaskId | None = None,
    run: RunId | None = None,
) -> Proposal:
    """Write down what became of a proposal: `task` or `run`, if it was carried out."""
    here = sa.and_(proposals.c.chat_id == chat.id, proposals.c.number == proposal.number)
    state: Decision = "confirmed" if confirmed else "dismissed"
    tx.change(
        proposals.update()
        .where(here)
        .values(state=state, decided_by=actor.name, decided_at=tx.now(), task_id=task, run_id=run)
    )
    told = ProposalDecided(chat=chat.id, proposal=proposal.number, confirmed=confirmed, by=actor.name)
    about = About(chat.project_id, task, run)
    log.append(tx, told, about, actor=actor)
    return next(one for one in proposals_of(tx, chat) if one.number == proposal.number)


def open_runs(look: Look, actor: Actor, project: ProjectId) -> list[Run]:
    """What is under way in the project, as far as the actor may see it, but for conversations."""
    found = [run for run in ledger.latest(look, actor, project=project, at_most=200) if not run.has_ended]
    statement = sa.select(chat_messages.c.run_id).where(chat_messages.c.run_id.in_([run.id for run in found]))
    talked = {row["run_id"] for row in look.rows(statement)}
    return [run for run in found if run.id not in talked]
