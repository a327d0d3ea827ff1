"""What runs have asked, and what was answered. An answer is given once, and the first one counts.

A question outlives the hub, the browser, and its attempt: one that was lost or interrupted leaves its questions open. When a
later attempt asks the very same again, it takes the question over: people see one question, and an answer that never reached
the agent is not asked for twice. It is closed when the run ends, or an attempt comes to an end of its own.

No agent answers questions, its own or another's: an answer needs an `Actor`, and those are made of sessions and of the
machine's owner alone; agents have no session, and a request from a process below a node's is refused before it is one's.

Above: `recording`, the runtime, the reaper, the gate. Below: the ledger, what agents have learnt, the table of questions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from coderclawlink import rules
from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.agents import learnt
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts, questions, runs
from coderclawlink.errors import Conflict, Denied, Invalid, NotFound
from coderclawlink.events import AnswerHeard, Option, QuestionAnswered, QuestionAsked
from coderclawlink.ids import NodeId, QuestionId, RunId, new_id
from coderclawlink.journal import log
from coderclawlink.rules import Act
from coderclawlink.runs import dismissals, ledger
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import WaitReason

AT_WORK = ("placed", "running")
WHO = {"developer": "anyone who may submit tasks here", "admin": "an admin"}
"""Who may answer, for people."""
DEADLINE = "the deadline"
"""Who has answered when nobody has in time."""


class QuestionNotFound(NotFound):
    """Question not found."""


class AlreadyAnswered(Conflict):
    """The question has been answered already."""


class NoSuchOption(Invalid):
    """The question has no such option."""


class NotYours(Denied):
    """Only an admin may answer this question."""


@dataclass(frozen=True, slots=True)
class Question:
    """`name`: what the attempt calls it. `who`: the least role that may answer. `deadline_at`: when it is answered with a no.
    `heard_at`: when the agent was given the answer. Answered without an option: it was dismissed. `rule`: that wants a person to be asked;
    empty: none does."""

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
    rule: str | None
    asked_at: float
    answered_at: float | None
    option: str | None
    text: str | None
    answered_by: str | None

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


# ── what attempts ask ──────────────────────────────────────────────────────────────────────────────────────────────


def ask(tx: Tx, run: Run, attempt: int, event: QuestionAsked, configuration: AgentConfiguration) -> bool:
    """Keep what an attempt asks. Safe to do twice. True if the run must wait for an answer."""
    if (known := _named(tx, run.id, attempt, event.question)) is not None:
        return known.is_open
    who = configuration.answered_by or "developer"
    if (earlier := _left_behind(tx, run.id, attempt, event)) is not None:
        return _take_over(tx, run, attempt, event, earlier, who)
    is_free = tx.scalar(sa.select(questions.c.id).where(questions.c.id == event.question)) is None
    seconds = configuration.answer_seconds
    tx.change(
        questions.insert().values(
            id=event.question if is_free else new_id(),
            name=event.question,
            run_id=run.id,
            attempt=attempt,
            act=event.act.model_dump_json(),
            who=who,
            deadline_at=None if seconds is None else tx.now() + seconds,
            title=event.title,
            detail=event.detail,
            options=_as_json(event.options),
            tool=event.tool,
            rule=event.rule,
            asked_at=tx.now(),
        )
    )
    if run.has_ended:
        dismissals.close(tx, run.about, "the run's end")
    return not run.has_ended


def known_as(look: Look, run: RunId, attempt: int, event: QuestionAsked | AnswerHeard) -> QuestionId:
    """The id by which people know the question, for the journal; to be asked before the event is taken in."""
    found = _named(look, run, attempt, event.question)
    if found is None and isinstance(event, QuestionAsked):
        found = _left_behind(look, run, attempt, event)
    return QuestionId(event.question) if found is None else found.id


def _left_behind(look: Look, run: RunId, attempt: int, event: QuestionAsked) -> Question | None:
    """The same, as an earlier attempt has asked it, if it is open or its answer was never heard."""
    rows = look.rows(
        sa.select(questions)
        .where(
            questions.c.run_id == run,
            questions.c.attempt < attempt,
            questions.c.title == event.title,
            questions.c.detail == event.detail,
            questions.c.heard_at.is_(None),
            sa.or_(questions.c.answered_at.is_(None), questions.c.option.is_not(None)),
        )
        .order_by(questions.c.asked_at, questions.c.id)
    )
    for found in map(of_row, rows):
        chosen = next((one for one in found.options if one.id == found.option), None)
        if found.act == event.act and (chosen is None or _same_option(chosen, event.options) is not None):
            return found
    return None


def _same_option(chosen: Option, options: Sequence[Option]) -> Option | None:
    """The option as the next attempt offers it: its ids may be others."""
    same = [one for one in options if one.effect == chosen.effect and one.label == chosen.label]
    return same[0] if same else next((one for one in options if one.effect == chosen.effect != "other"), None)


def _take_over(tx: Tx, run: Run, attempt: int, event: QuestionAsked, earlier: Question, who: str) -> bool:
    before = next((one for one in earlier.options if one.id == earlier.option), None)
    chosen = None if before is None else _same_option(before, event.options)
    tx.change(
        questions.update()
        .where(questions.c.id == earlier.id)
        .values(
            name=event.question,
            attempt=attempt,
            who=who,
            options=_as_json(event.options),
            tool=event.tool,
            rule=event.rule,
            option=None if chosen is None else chosen.id,
        )
    )
    if chosen is None:
        return True
    answered = QuestionAnswered(
        question=earlier.id, option=chosen.id, text=earlier.text, by=earlier.answered_by or "somebody"
    )
    log.append(tx, answered, replace(run.about, attempt=attempt))
    _ring(tx, run.id, attempt)
    return False


def heard(tx: Tx, run_id: RunId, attempt: int, event: AnswerHeard) -> None:
    """The agent was given the answer. Safe to do twice."""
    tx.change(
        questions.update()
        .where(*_by_name(run_id, attempt, event.question), questions.c.heard_at.is_(None))
        .values(heard_at=tx.now())
    )


def wait(tx: Tx, run: Run) -> None:
    """The run stands still for what its latest attempt asks; who may answer, and until when, is told."""
    asked = _asked_by_latest(tx, run.id)
    who = WHO["admin" if asked and all(one.who == "admin" for one in asked) else "developer"]
    ledger.wait(
        tx, run, WaitReason.APPROVAL, who, min((one.deadline_at for one in asked if one.deadline_at), default=None)
    )


def dismiss(tx: Tx, run: Run, attempt: int, outcome: str | None) -> None:
    """An attempt is over, in this way. What it asked stays open if the next one goes on from there: lost, interrupted, paused.
    Else nobody needs an answer any more."""
    if run.has_ended:
        dismissals.close(tx, run.about, "the run's end")
    elif outcome not in ("lost", "interrupted", "paused"):
        dismissals.close(tx, run.about, f"the end of attempt {attempt}")


# ── answering ──────────────────────────────────────────────────────────────────────────────────────────────────────


def answer(tx: Tx, actor: Actor, run_id: RunId, question: QuestionId, option: str, text: str | None = None) -> Question:
    """Answer by an option's id or its effect (`allow_once`, `reject_once` …). Who may submit the run may answer, if the agent's
    configuration does not say that it must be an admin. What is allowed for always is learnt for the run's task.

    Raises `RunNotFound`, `QuestionNotFound`, `PermissionMissing`, `NotYours`, `NoSuchOption`, `AlreadyAnswered`.
    """
    run = ledger.find_for(tx, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
    found = find(tx, question)
    if found.run_id != run_id:
        raise QuestionNotFound
    if not may_answer(actor, found, run.project_id):
        raise NotYours
    if not found.is_open:
        raise AlreadyAnswered
    chosen = next((one for one in found.options if one.id == option), None) or _by_effect(found, option)
    if chosen is None:
        offered = ", ".join(f"{one.id} ({one.label})" for one in found.options)
        raise NoSuchOption(f"The question has no option {option!r}; it offers: {offered}.")
    if chosen.effect == "allow_always":
        agent = tx.scalar(
            sa.select(attempts.c.agent).where(attempts.c.run_id == run_id, attempts.c.number == found.attempt)
        )
        learnt.learn(tx, agent or run.agent, run.task_id, run.id, rules.learnt_from(found.act), actor.name)
    return _answer(tx, run, found, chosen.id, text, actor.name, actor.name)


def may_answer(actor: Actor, question: Question, project: int | None) -> bool:
    """Whether the actor's role in the run's project suffices; whether it may see the run is another question."""
    suffices = question.who != "admin" or actor.role_in(project) is Role.ADMIN
    return suffices and policy.may(actor, Permission.TASK_SUBMIT, project)


def overdue(look: Look) -> list[QuestionId]:
    """The open questions whose deadline has passed."""
    rows = look.rows(
        sa.select(questions.c.id).where(questions.c.answered_at.is_(None), questions.c.deadline_at <= look.now())
    )
    return [row["id"] for row in rows]


def expire(tx: Tx, question: QuestionId) -> None:
    """Nobody has answered in time: the answer is no, this once; where that is no option, the question is dismissed."""
    found = find(tx, question)
    if found.is_open:
        no = _by_effect(found, "reject_once")
        _answer(tx, ledger.find(tx, found.run_id), found, None if no is None else no.id, None, DEADLINE, None)


def _answer(
    tx: Tx, run: Run, found: Question, option: str | None, text: str | None, by: str, actor: str | None
) -> Question:
    """Write the answer down, tell of it, and let the run go on if it waits for nothing else."""
    # What the node asked itself before it paused the run, no agent waits to hear: the run's workflow acts upon it.
    is_ours = tx.scalar(
        sa.select(attempts.c.number).where(
            attempts.c.run_id == run.id, attempts.c.number == found.attempt, attempts.c.pause_reason == "question"
        )
    )
    now = tx.now()
    tx.change(
        questions.update()
        .where(questions.c.id == found.id)
        .values(answered_at=now, option=option, text=text, answered_by=by, heard_at=None if is_ours is None else now)
    )
    told = QuestionAnswered(question=found.id, option=option, text=text, by=by)
    log.append(tx, told, replace(run.about, attempt=found.attempt), actor=actor)
    if not _ring(tx, run.id, run.attempt):
        tx.topics.add(f"over:{run.id}")
    elif run.wait_reason in (WaitReason.APPROVAL, WaitReason.QUESTION) and not open_in(tx, run.id):
        ledger.resume(tx, run)
    return find(tx, found.id)


def _by_effect(question: Question, effect: str) -> Option | None:
    return next((one for one in question.options if one.effect == effect), None)


def _ring(tx: Tx, run: RunId, attempt: int) -> bool:
    """Wake the node that the attempt is at work on. False if it is at work on none."""
    node = tx.scalar(
        sa.select(attempts.c.node).where(
            attempts.c.run_id == run, attempts.c.number == attempt, attempts.c.state.in_(AT_WORK)
        )
    )
    if node is not None:
        tx.topics.add(f"node:{node}")
    return node is not None


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def find(look: Look, question: QuestionId) -> Question:
    """Whoever asks. Raises `QuestionNotFound`."""
    row = look.row(sa.select(questions).where(questions.c.id == question))
    if row is None:
        raise QuestionNotFound
    return of_row(row)


def of_run(look: Look, run: RunId, *, only_open: bool = False) -> list[Question]:
    """What the run has asked, oldest first."""
    statement = sa.select(questions).where(questions.c.run_id == run).order_by(questions.c.asked_at, questions.c.id)
    if only_open:
        statement = statement.where(questions.c.answered_at.is_(None))
    return [of_row(row) for row in look.rows(statement)]


def open_in(look: Look, run: RunId) -> bool:
    """Whether the run's latest attempt waits for an answer. What one before it has left open holds up nobody."""
    return bool(_asked_by_latest(look, run))


def _asked_by_latest(look: Look, run: RunId) -> list[Question]:
    latest = look.scalar(sa.select(runs.c.attempt).where(runs.c.id == run))
    return [one for one in of_run(look, run, only_open=True) if one.attempt == latest]


def answers_for(look: Look, node: NodeId) -> list[Question]:
    """What has been answered, and not heard, of what attempts at work on this node ask. They know a question by its `name`."""
    rows = look.rows(
        sa.select(questions)
        .join(attempts, sa.and_(attempts.c.run_id == questions.c.run_id, attempts.c.number == questions.c.attempt))
        .where(
            attempts.c.node == node,
            attempts.c.state.in_(AT_WORK),
            questions.c.answered_at.is_not(None),
            questions.c.heard_at.is_(None),
        )
    )
    return [of_row(row) for row in rows]


def _named(look: Look, run: RunId, attempt: int, name: str) -> Question | None:
    row = look.row(sa.select(questions).where(*_by_name(run, attempt, name)))
    return None if row is None else of_row(row)


def _by_name(run: RunId, attempt: int, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        questions.c.run_id == run,
        questions.c.attempt == attempt,
        sa.func.coalesce(questions.c.name, questions.c.id) == name,
    )


def _as_json(options: Sequence[Option]) -> str:
    return json.dumps([option.model_dump() for option in options], ensure_ascii=False)


def of_row(row: sa.RowMapping) -> Question:
    """The question in a row that may hold more than that."""
    values = {name: row[name] for name in Question.__dataclass_fields__}
    values["options"] = tuple(Option(**option) for option in json.loads(values["options"]))
    values["act"] = Act.model_validate_json(values["act"])
    values["name"] = values["name"] or values["id"]
    return Question(**values)
