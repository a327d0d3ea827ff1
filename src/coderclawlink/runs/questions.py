"""What runs have asked, and what was answered. A question outlives the hub's and the browser's restarts; an answer is given
once, and the first one counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts, questions
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import Option, QuestionAnswered, QuestionAsked
from coderclawlink.ids import NodeId, QuestionId, RunId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.rules import Act
from coderclawlink.runs import ledger
from coderclawlink.runs.run import WaitReason


class QuestionNotFound(NotFound):
    """Question not found."""


class AlreadyAnswered(Conflict):
    """The question has been answered already."""


class NoSuchOption(Invalid):
    """The question has no such option."""


@dataclass(frozen=True, slots=True)
class Question:
    """`name`: what the attempt calls it. `who`: the least role that may answer. `deadline_at`: when it is answered with a no."""

    id: QuestionId
    name: str
    run_id: RunId
    attempt: int
    act: Act
    who: str
    deadline_at: float | None
    heard_at: float | None
    title: str
    detail: str
    options: tuple[Option, ...]
    tool: str | None
    asked_at: float
    answered_at: float | None
    option: str | None
    text: str | None
    answered_by: str | None

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


def ask(tx: Tx, run: RunId, attempt: int, event: QuestionAsked) -> bool:
    """Keep what an attempt asks. Safe to do twice; False the second time."""
    if tx.scalar(sa.select(questions.c.id).where(questions.c.id == event.question)) is not None:
        return False
    tx.change(
        questions.insert().values(
            id=event.question,
            name=event.question,
            act=event.act.model_dump_json(),
            run_id=run,
            attempt=attempt,
            title=event.title,
            detail=event.detail,
            options=json.dumps([option.model_dump() for option in event.options], ensure_ascii=False),
            tool=event.tool,
            asked_at=tx.now(),
        )
    )
    return True


def of_run(look: Look, run: RunId, *, only_open: bool = False) -> list[Question]:
    """What the run has asked, oldest first."""
    statement = sa.select(questions).where(questions.c.run_id == run).order_by(questions.c.asked_at, questions.c.id)
    if only_open:
        statement = statement.where(questions.c.answered_at.is_(None))
    return [_question(row) for row in look.rows(statement)]


def open_in(look: Look, run: RunId) -> bool:
    return bool(of_run(look, run, only_open=True))


def answer(tx: Tx, actor: Actor, run_id: RunId, question: QuestionId, option: str, text: str | None = None) -> Question:
    """Answer by an option's id or its effect (`allow_once`, `reject_once` …). Who may submit the run may answer.

    Raises `RunNotFound`, `QuestionNotFound`, `PermissionMissing`, `NoSuchOption`, `AlreadyAnswered`.
    """
    run = ledger.find_for(tx, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT)
    row = tx.row(sa.select(questions).where(questions.c.id == question, questions.c.run_id == run_id))
    if row is None:
        raise QuestionNotFound
    found = _question(row)
    if not found.is_open:
        raise AlreadyAnswered
    chosen = next((one for one in found.options if one.id == option), None) or next(
        (one for one in found.options if one.effect == option), None
    )
    if chosen is None:
        offered = ", ".join(f"{one.id} ({one.label})" for one in found.options)
        raise NoSuchOption(f"The question has no option {option!r}; it offers: {offered}.")
    tx.change(
        questions.update()
        .where(questions.c.id == question)
        .values(answered_at=tx.now(), option=chosen.id, text=text, answered_by=actor.name)
    )
    about = About(run.project_id, run.task_id, run.id, found.attempt)
    log.append(
        tx,
        QuestionAnswered(question=question, option=chosen.id, text=text, by=actor.name),
        about,
        actor=actor.name,
    )
    if run.wait_reason in (WaitReason.APPROVAL, WaitReason.QUESTION) and not open_in(tx, run_id):
        ledger.resume(tx, run)
    _tell_node(tx, found)
    return _question(tx.rows(sa.select(questions).where(questions.c.id == question))[0])


def answers_for(look: Look, node: NodeId) -> list[Question]:
    """What has been answered of what attempts at work on this node ask: the node ignores what it has acted upon."""
    rows = look.rows(
        sa.select(questions)
        .join(attempts, sa.and_(attempts.c.run_id == questions.c.run_id, attempts.c.number == questions.c.attempt))
        .where(
            attempts.c.node == node, attempts.c.state.in_(("placed", "running")), questions.c.answered_at.is_not(None)
        )
    )
    return [_question(row) for row in rows]


def dismiss(tx: Tx, run: RunId, attempt: int) -> None:
    """The attempt is over: what it asked and nobody answered needs no answer any more."""
    tx.change(
        questions.update()
        .where(questions.c.run_id == run, questions.c.attempt == attempt, questions.c.answered_at.is_(None))
        .values(answered_at=tx.now(), answered_by="the attempt ended")
    )


def _tell_node(tx: Tx, question: Question) -> None:
    node = tx.scalar(
        sa.select(attempts.c.node).where(attempts.c.run_id == question.run_id, attempts.c.number == question.attempt)
    )
    if node is not None:
        tx.topics.add(f"node:{node}")


def _question(row: sa.RowMapping) -> Question:
    values = dict(row)
    values["options"] = tuple(Option(**option) for option in json.loads(values["options"]))
    values["act"] = Act.model_validate_json(values["act"])
    values["name"] = values["name"] or values["id"]
    return Question(**values)
