"""Routes of runs: all there is to know of one, and what can be done to it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator, Field, JsonValue

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.clock import rfc3339
from coderclawlink.configuration import NOTHING_SAID
from coderclawlink.db.engine import Look
from coderclawlink.engine import placement
from coderclawlink.errors import NotFound
from coderclawlink.events import Option
from coderclawlink.ids import ProjectId, QuestionId, RunId, TaskId
from coderclawlink.journal import log
from coderclawlink.rules import Act
from coderclawlink.runs import artifacts, attempts, beside, ledger, memory, questions
from coderclawlink.runs.attempts import Attempt
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State, WaitReason
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Configured, Id, Said, Seq, Stamp, Told
from coderclawlink.web.signing_in import needs
from coderclawlink.web.tasks import AgentName

router = APIRouter(prefix="/api/runs", tags=["runs"])

TRIES_AT_MOST = 20
TIMEOUT_AT_MOST = 7 * 24 * 3600.0
ANSWER_AT_MOST = 20_000
"""Characters."""

Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]
Canceller = Annotated[Actor, needs(Permission.TASK_CANCEL)]


class NothingKept(NotFound):
    """The run has kept nothing of that name."""


# ── shapes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Wait(Told):
    """Why a run waits, who or what must act, and when it goes on by itself."""

    reason: WaitReason
    who: str
    until: Stamp | None


class Usage(Told):
    """Tokens and US dollars over all attempts. `cost_usd` null: no known price."""

    model: str | None
    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float | None


class RunTold(Told):
    id: str
    number: int
    project_id: int | None
    task_id: int | None
    agent: str
    title: str
    prompt: str
    context: Annotated[dict[str, JsonValue], BeforeValidator(memory.without)]
    state: State
    wait: Wait | None
    attempt: int
    failures: int
    tries: int
    timeout_seconds: float
    repository: str | None
    branch: str | None
    base: str | None
    head: str | None
    files: int | None
    additions: int | None
    deletions: int | None
    result: str | None
    error: str | None
    user_id: str | None
    may_cancel: bool
    created_at: Stamp
    started_at: Stamp | None
    ended_at: Stamp | None


class PartTold(Told):
    """What was made in a further repository, `name` within the project. `head` null: nothing was changed there so far."""

    name: str
    repository: str
    branch: str | None
    base: str | None
    head: str | None
    files: int | None
    additions: int | None
    deletions: int | None


class AttemptTold(Told):
    """`agent`, `configured`, `made_with`: what it was made with; `configured` names the versions. `prompt`: the latest of the
    run's prompts that its agent took; 0 is the run's own. `reserved_*`: what it may spend. `pause_*`: for what it stood still."""

    number: int
    state: str
    agent: str
    configured: str | None
    made_with: Said
    account: str | None
    resumed: bool | None
    prompt: int
    reserved_usd: float | None
    reserved_tokens: int | None
    pause_reason: str | None
    pause_until: Stamp | None
    node: str | None
    outcome: str | None
    result: str | None
    error: str | None
    retry: bool | None
    sandbox: str | None
    agent_version: str | None
    model: str | None
    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cost_usd: float | None
    offered_at: Stamp
    placed_at: Stamp | None
    started_at: Stamp | None
    ended_at: Stamp | None


class QuestionTold(Told):
    """`option`: the id of the one chosen; null while open, and when it was dismissed because nobody needs an answer any more.

    `act`: what would be done, as far as it can be told. `who`: the least role that may answer. `deadline_at`: when it is answered
    with a no. `heard_at`: when the agent was given the answer. `rule`: that wants a person to be asked; empty: none does, the agent's
    mode asks; null: not known.
    """

    id: str
    attempt: int
    title: str
    detail: str
    options: list[Option]
    tool: str | None
    act: Act
    rule: str | None
    who: str
    is_open: bool
    asked_at: Stamp
    deadline_at: Stamp | None
    answered_at: Stamp | None
    option: str | None
    text: str | None
    answered_by: str | None
    heard_at: Stamp | None


class RunDetail(RunTold):
    attempts: list[AttemptTold]
    questions: list[QuestionTold]
    usage: Usage | None
    repositories: list[PartTold]


class RunWanted(Asked):
    agent: AgentName
    prompt: Annotated[str, Field(min_length=1)]
    project_id: Id | None = None
    task_id: Id | None = None
    context: dict[str, JsonValue] = Field(default_factory=dict)
    tries: Annotated[int, Field(ge=1, le=TRIES_AT_MOST)] | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=TIMEOUT_AT_MOST)] | None = None
    options: Configured | None = None
    """What is to be otherwise than the agent is configured, for this run alone."""


class Answered(Asked):
    """`option`: the id of one of the question's options, or its effect (`allow_once`, `reject_once` …)."""

    question: Annotated[str, Field(max_length=200)]
    option: Annotated[str, Field(max_length=200)]
    text: Annotated[str, Field(max_length=ANSWER_AT_MOST)] | None = None


class Events(Told):
    """`next`: what to give as `after` for the rest; null when this is all there is for now."""

    events: list[dict[str, JsonValue]]
    next: int | None


class Why(Told):
    """`why`: why the run is where it is, in a sentence. The rest: as in `wait`, null while it does not wait."""

    why: str
    state: State
    reason: WaitReason | None
    who: str | None
    until: Stamp | None


def wait_of(run: Run) -> Wait | None:
    if run.wait_reason is None:
        return None
    return Wait(reason=run.wait_reason, who=run.wait_who or "", until=run.wait_until)


def usage_of(made: Sequence[Attempt]) -> Usage | None:
    """Over all attempts; None while no model was called."""
    metered = [one for one in made if one.calls is not None]
    if not metered:
        return None
    costs = [one.cost_usd for one in metered if one.cost_usd is not None]
    return Usage(
        model=metered[-1].model,
        calls=sum(one.calls or 0 for one in metered),
        input_tokens=sum(one.input_tokens or 0 for one in metered),
        output_tokens=sum(one.output_tokens or 0 for one in metered),
        cached_tokens=sum(one.cached_tokens or 0 for one in metered),
        cost_usd=sum(costs) if costs else None,
    )


def told(actor: Actor, run: Run) -> RunTold:
    values = {name: getattr(run, name) for name in RunTold.model_fields if name not in ("wait", "may_cancel")}
    may_cancel = not run.has_ended and policy.may_cancel_run(actor, run.session, run.project_id, run.task_id)
    return RunTold(**values, wait=wait_of(run), may_cancel=may_cancel)


# ── routes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("")
async def list_runs(
    actor: Viewer,
    here: Here,
    state: State | None = None,
    project_id: Id | None = None,
    task_id: Id | None = None,
    mine: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[RunTold]:
    """Newest first. `mine`: only those that you submitted; to the machine's owner all."""
    runs = await here.db.read(
        ledger.latest,
        actor,
        state=state,
        project=None if project_id is None else ProjectId(project_id),
        task=None if task_id is None else TaskId(task_id),
        mine=mine,
        at_most=limit,
    )
    return [told(actor, run) for run in runs]


@router.post("", status_code=201)
async def submit_run(actor: Submitter, here: Here, wanted: RunWanted) -> RunTold:
    run = await here.runtime.submit(
        actor,
        agent=wanted.agent,
        prompt=wanted.prompt,
        context=wanted.context,
        project_id=None if wanted.project_id is None else ProjectId(wanted.project_id),
        task_id=None if wanted.task_id is None else TaskId(wanted.task_id),
        tries=wanted.tries,
        timeout_seconds=wanted.timeout_seconds,
        options=wanted.options or NOTHING_SAID,
    )
    return told(actor, run)


@router.get("/{run_id}")
async def show_run(actor: Viewer, here: Here, run_id: str) -> RunDetail:
    return await here.db.read(_detail, actor, RunId(run_id.lower()))


def _detail(look: Look, actor: Actor, run_id: RunId) -> RunDetail:
    run = ledger.find_for(look, actor, run_id)
    made = attempts.of_run(look, run_id)
    return RunDetail(
        **told(actor, run).model_dump(),
        attempts=[AttemptTold.model_validate(one) for one in made],
        questions=[QuestionTold.model_validate(one) for one in questions.of_run(look, run_id)],
        usage=usage_of(made),
        repositories=[PartTold.model_validate(one) for one in beside.of_run(look, run_id)],
    )


@router.post("/{run_id}/cancel")
async def cancel_run(actor: Canceller, here: Here, run_id: str) -> RunTold:
    return told(actor, await here.runtime.cancel(actor, RunId(run_id.lower())))


@router.post("/{run_id}/answers")
async def answer(actor: Submitter, here: Here, run_id: str, answered: Answered) -> QuestionTold:
    """The first answer counts."""
    question = QuestionId(answered.question)
    given = await here.runtime.answer(actor, RunId(run_id.lower()), question, answered.option, answered.text)
    return QuestionTold.model_validate(given)


@router.get("/{run_id}/events", responses={200: {"model": Events}})
async def list_events(
    actor: Viewer,
    here: Here,
    run_id: str,
    after: Annotated[Seq, Query()] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> Response:
    """What was told of the run after a place in the journal, in order."""
    found = await here.db.read(_events, actor, RunId(run_id.lower()), after, limit)
    more = found[-1].seq if len(found) == limit else None
    # Written as they are kept: to look each of thousands over once more would take most of the time.
    text = f'{{"events": [{", ".join(one.text for one in found)}], "next": {json.dumps(more)}}}'
    return Response(text, media_type="application/json")


def _events(look: Look, actor: Actor, run_id: RunId, after: int, limit: int) -> list[log.Told]:
    ledger.find_for(look, actor, run_id)
    return log.read_about(look, after, runs=[run_id], at_most=limit)


@router.get("/{run_id}/diff", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def show_diff(actor: Viewer, here: Here, run_id: str) -> Response:
    """The run's changes, as git writes them."""
    return await _artifact(here, actor, run_id, "diff")


@router.get("/{run_id}/log", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def show_log(actor: Viewer, here: Here, run_id: str) -> Response:
    """What the agent's program wrote beside its protocol."""
    return await _artifact(here, actor, run_id, "log")


async def _artifact(here: Here, actor: Actor, run_id: str, name: str) -> Response:
    text = await here.db.read(_kept, actor, RunId(run_id.lower()), name)
    return Response(text, media_type="text/plain; charset=utf-8")


def _kept(look: Look, actor: Actor, run_id: RunId, name: str) -> str:
    ledger.find_for(look, actor, run_id)
    text = artifacts.find(look, run_id, name)
    if text is None:
        raise NothingKept(f"The run has kept no {name}.")
    return text


# ── why is this not moving, and who must act ───────────────────────────────────────────────────────────────────────


@router.get("/{run_id}/why")
async def why(actor: Viewer, here: Here, run_id: str) -> Why:
    """Why the run is not moving, and who must act."""
    return await here.db.read(_why, actor, RunId(run_id.lower()))


def _why(look: Look, actor: Actor, run_id: RunId) -> Why:
    run = ledger.find_for(look, actor, run_id)
    wait = wait_of(run)
    return Why(
        why=_sentence(look, run),
        state=run.state,
        reason=wait.reason if wait else None,
        who=wait.who if wait else None,
        until=wait.until if wait else None,
    )


def _sentence(look: Look, run: Run) -> str:
    latest = attempts.find(look, run.id, run.attempt)
    node = latest.node if latest else None
    match run.state:
        case State.PENDING if latest is not None and latest.state == "ended":
            return f"The last attempt did not succeed ({latest.error or latest.outcome}); the next one follows shortly."
        case State.PENDING:
            return f"It waits for a place: {placement.explain(look, run.id) or 'it is about to be placed'}."
        case State.PLANNING:
            return f"It is moving: node {node} prepares the workspace and starts the agent."
        case State.RUNNING:
            return f"It is moving: the agent is at work on node {node}."
        case State.WAITING if run.wait_reason is not None:
            until = f", until {rfc3339(run.wait_until)}" if run.wait_until and run.wait_until > time.time() else ""
            return f"{WAITS[run.wait_reason]}: {run.wait_who}{until}."
        case _:
            return f"It has ended: {run.state}."


WAITS = {
    WaitReason.APPROVAL: "It asks for approval; who may answer",
    WaitReason.QUESTION: "It asks a question; who may answer",
    WaitReason.QUOTA: "The model's quota is used up; it waits for",
    WaitReason.BUDGET: "Its budget is used up; who can raise it",
    WaitReason.DEPENDENCY: "Its task is blocked; what must be done first",
    WaitReason.SCHEDULE: "It waits for its time",
    WaitReason.NODE_OFFLINE: "Its node does not answer; it waits for",
    WaitReason.CI: "It waits for the checks",
    WaitReason.REVIEW: "It waits for a review by",
}
