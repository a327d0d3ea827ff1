"""Routes of what waits for people over all runs and pull requests: the inbox, and answering from it. Beside: `runs`, with the questions of one run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look
from coderclawlink.ids import QuestionId
from coderclawlink.pulls import needs as pulls_that_need
from coderclawlink.pulls.needs import Need
from coderclawlink.runs import inbox
from coderclawlink.runs.inbox import Entry
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State
from coderclawlink.web.rooms import Here
from coderclawlink.web.runs import ANSWER_AT_MOST, QuestionTold, Wait, wait_of
from coderclawlink.web.shapes import Asked, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(tags=["questions"])

Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]


class InboxEntry(QuestionTold):
    """An open question and the run that asks it. `may_answer`: whether you may."""

    run_id: str
    run_number: int
    run_title: str
    agent: str
    project_id: int | None
    task_id: int | None
    task_key: str | None
    may_answer: bool


class InboxRun(Told):
    """A run as the inbox shows it."""

    id: str
    number: int
    title: str
    agent: str
    state: State
    wait: Wait | None
    attempt: int
    error: str | None
    created_at: Stamp
    started_at: Stamp | None
    ended_at: Stamp | None


class InboxPull(Told):
    """A pull request that waits for a person, and `why`. `repository`: its name within the project, "" for the project's own. `number`, `url`
    null: the result did not come to a pull request."""

    task_id: int
    task_key: str
    task_title: str
    project_id: int
    repository: str
    number: int | None
    url: str | None
    why: str
    since: Stamp


class Inbox(Told):
    """`money`: their budget or quota is used up. `failed`: in the last week, those that you submitted; to the machine's owner all."""

    questions: list[InboxEntry]
    money: list[InboxRun]
    reviews: list[InboxRun]
    pulls: list[InboxPull]
    failed: list[InboxRun]


class Choice(Asked):
    """`option`: the id of one of the question's options, or its effect (`allow_once`, `reject_once` …)."""

    option: Annotated[str, Field(max_length=200)]
    text: Annotated[str, Field(max_length=ANSWER_AT_MOST)] | None = None


@router.get("/api/inbox")
async def show_inbox(actor: Viewer, here: Here) -> Inbox:
    """What waits for people. Questions oldest first, the rest newest first."""
    needs, pulls = await here.db.read(_needs, actor)
    runs = {name: [_run(run) for run in getattr(needs, name)] for name in ("money", "reviews", "failed")}
    return Inbox(questions=[_told(entry) for entry in needs.questions], pulls=[_pull(one) for one in pulls], **runs)


def _needs(look: Look, actor: Actor) -> tuple[inbox.Needs, list[Need]]:
    return inbox.needs(look, actor), pulls_that_need.of(look, actor)


def _pull(need: Need) -> InboxPull:
    fields = {name: getattr(need, name) for name in InboxPull.model_fields if name != "repository"}
    return InboxPull(**fields, repository=need.name)


def _run(run: Run) -> InboxRun:
    fields = {name: getattr(run, name) for name in InboxRun.model_fields if name != "wait"}
    return InboxRun(**fields, wait=wait_of(run))


@router.get("/api/questions")
async def list_questions(actor: Viewer, here: Here) -> list[InboxEntry]:
    """All open questions of all runs that you may see, oldest first."""
    return [_told(entry) for entry in await here.db.read(inbox.inbox, actor)]


def _told(entry: Entry) -> InboxEntry:
    run = {name: getattr(entry, name) for name in InboxEntry.model_fields if name not in QuestionTold.model_fields}
    return InboxEntry(**QuestionTold.model_validate(entry.question).model_dump(), **run)


@router.post("/api/questions/{question_id}/answer")
async def answer(actor: Submitter, here: Here, question_id: str, choice: Choice) -> QuestionTold:
    """The first answer counts."""
    question = QuestionId(question_id)
    run = await here.db.read(inbox.run_of, actor, question)
    return QuestionTold.model_validate(await here.runtime.answer(actor, run, question, choice.option, choice.text))
