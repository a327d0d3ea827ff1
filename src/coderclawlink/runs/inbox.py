"""The inbox: what all runs ask and wait for that an actor may see, so that nobody has to look through runs for what waits for people.

Above: `web`. Below: `questions`, the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import questions, runs, tasks
from coderclawlink.ids import ProjectId, QuestionId, RunId, TaskId
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.questions import Question, QuestionNotFound, find, may_answer, of_row
from coderclawlink.runs.run import State, WaitReason

FAILED_AT_MOST = 20
FAILED_SINCE_SECONDS = 7 * 86_400.0
WAITING_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """An open question and the run that asks it. `task_key` None: the run belongs to no task."""

    question: Question
    run_id: RunId
    run_number: int
    run_title: str
    agent: str
    project_id: ProjectId | None
    task_id: TaskId | None
    task_key: str | None
    may_answer: bool


@dataclass(frozen=True, slots=True)
class Needs:
    """What waits for people. `money`: a budget or a quota is used up. `failed`: of the last days, the actor's own; the machine's
    owner has a share in all."""

    questions: list[Entry]
    money: list[Run]
    reviews: list[Run]
    failed: list[Run]


_OPEN = (
    sa.select(
        questions,
        runs.c.number.label("run_number"),
        runs.c.title.label("run_title"),
        runs.c.agent,
        runs.c.project_id,
        runs.c.task_id,
        runs.c.session,
        tasks.c.key.label("task_key"),
    )
    .join(runs, runs.c.id == questions.c.run_id)
    .outerjoin(tasks, tasks.c.id == runs.c.task_id)
    .where(questions.c.answered_at.is_(None))
    .order_by(questions.c.asked_at, questions.c.id)
)


def inbox(look: Look, actor: Actor, at_most: int = 500) -> list[Entry]:
    """The open questions that the actor may see, oldest first."""
    entries = []
    for row in look.rows(_OPEN.where(visibility.run_seen(actor)).limit(at_most)):
        question = of_row(row)
        entries.append(
            Entry(
                question,
                row["run_id"],
                row["run_number"],
                row["run_title"],
                row["agent"],
                row["project_id"],
                row["task_id"],
                row["task_key"],
                may_answer(actor, question, row["project_id"]),
            )
        )
    return entries


def needs(look: Look, actor: Actor) -> Needs:
    """Questions oldest first, runs newest first."""
    waiting = ledger.latest(look, actor, state=State.WAITING, at_most=WAITING_AT_MOST)
    failed = ledger.latest(look, actor, state=State.FAILED, mine=True, at_most=FAILED_AT_MOST)
    since = look.now() - FAILED_SINCE_SECONDS
    return Needs(
        inbox(look, actor),
        [run for run in waiting if run.wait_reason in (WaitReason.BUDGET, WaitReason.QUOTA)],
        [run for run in waiting if run.wait_reason is WaitReason.REVIEW],
        [run for run in failed if (run.ended_at or run.created_at) >= since],
    )


def run_of(look: Look, actor: Actor, question: QuestionId) -> RunId:
    """Whose question it is. Raises `QuestionNotFound`, also where the actor may not see the run."""
    found = find(look, question)
    row = look.row(sa.select(runs.c.session, runs.c.project_id, runs.c.task_id).where(runs.c.id == found.run_id))
    if row is None or not visibility.may_see_run(look, actor, row["session"], row["project_id"], row["task_id"]):
        raise QuestionNotFound
    return found.run_id
