"""The inbox: what all runs ask that an actor may see, so that nobody has to look through runs for what waits for people.

Above: `web`. Below: `questions`.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import questions, runs, tasks
from coderclawlink.ids import ProjectId, QuestionId, RunId, TaskId
from coderclawlink.runs.questions import Question, QuestionNotFound, find, may_answer, of_row


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
    for row in look.rows(_OPEN):
        if not policy.may_see_run(actor, row["session"], in_project=row["project_id"] is not None):
            continue
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
                may_answer(actor, question),
            )
        )
    return entries[:at_most]


def run_of(look: Look, actor: Actor, question: QuestionId) -> RunId:
    """Whose question it is. Raises `QuestionNotFound`, also where the actor may not see the run."""
    found = find(look, question)
    row = look.row(sa.select(runs.c.session, runs.c.project_id).where(runs.c.id == found.run_id))
    if row is None or not policy.may_see_run(actor, row["session"], in_project=row["project_id"] is not None):
        raise QuestionNotFound
    return found.run_id
