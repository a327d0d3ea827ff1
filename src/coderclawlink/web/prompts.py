"""Routes of further prompts: ask a run's agent for more, change or withdraw what it has not taken yet, hand the run over."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration
from coderclawlink.db.engine import Look
from coderclawlink.ids import RunId
from coderclawlink.runs import ledger, prompts
from coderclawlink.runs.prompts import TEXT_AT_MOST, Prompt
from coderclawlink.web.rooms import Here
from coderclawlink.web.runs import RunTold, told
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs
from coderclawlink.web.tasks import AgentName

router = APIRouter(prefix="/api/runs/{run_id}", tags=["prompts"])

Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]
Text = Annotated[str, Field(min_length=1, max_length=TEXT_AT_MOST)]
Model = Annotated[str, Field(min_length=1, max_length=200)]


class PromptTold(Told):
    """`number`: from 1 within the run. `state`: queued, taken or withdrawn. `revision`: how often its words were changed.
    `attempt`: whose agent took it."""

    run_id: str
    number: int
    text: str
    steer: bool
    state: str
    revision: int
    author: str
    attempt: int | None
    created_at: Stamp
    taken_at: Stamp | None


class PromptWanted(Asked):
    """`steer`: the agent is interrupted for it. `agent`, `model`: another one goes on; both may be left out."""

    text: Text
    steer: bool = False
    agent: AgentName | None = None
    model: Model | None = None


class Words(Asked):
    text: Text


class HandoverWanted(Asked):
    """`text`: what the other agent is told; without it, to go on."""

    agent: AgentName
    model: Model | None = None
    text: Text | None = None


class FollowUp(Told):
    """`prompt`: as it waits in `run`; null when `run` is a new one, with the text as its own prompt."""

    run: RunTold
    prompt: PromptTold | None


@router.get("/prompts")
async def list_prompts(actor: Viewer, here: Here, run_id: str) -> list[PromptTold]:
    """All but the run's own, by number."""
    found = await here.db.read(_prompts, actor, RunId(run_id.lower()))
    return [PromptTold.model_validate(one) for one in found]


def _prompts(look: Look, actor: Actor, run_id: RunId) -> list[Prompt]:
    return prompts.of_run(look, ledger.find_for(look, actor, run_id))


@router.post("/prompts", status_code=201)
async def ask_for_more(actor: Submitter, here: Here, run_id: str, wanted: PromptWanted) -> FollowUp:
    """For the agent of a run under way: it hears of it after what it does now, or with `steer` at once. When the run has ended,
    or another agent or model shall go on, a new run goes on from its work."""
    run, prompt = await here.runtime.follow_up(
        actor,
        RunId(run_id.lower()),
        wanted.text,
        steer=wanted.steer,
        agent=wanted.agent,
        options=_options(wanted.model),
    )
    return FollowUp(run=told(actor, run), prompt=None if prompt is None else PromptTold.model_validate(prompt))


@router.patch("/prompts/{number}")
async def change_prompt(actor: Submitter, here: Here, run_id: str, number: Id, words: Words) -> PromptTold:
    """Until the agent has taken it; then 409."""
    return PromptTold.model_validate(
        await here.db.write(prompts.edit, actor, RunId(run_id.lower()), number, words.text)
    )


@router.delete("/prompts/{number}")
async def withdraw_prompt(actor: Submitter, here: Here, run_id: str, number: Id) -> PromptTold:
    """Until the agent has taken it; then 409."""
    return PromptTold.model_validate(await here.db.write(prompts.withdraw, actor, RunId(run_id.lower()), number))


@router.post("/handover")
async def hand_over(actor: Submitter, here: Here, run_id: str, wanted: HandoverWanted) -> RunTold:
    """Another agent goes on with the run's work, and is told what was said and done so far."""
    run = await here.runtime.hand_over(actor, RunId(run_id.lower()), wanted.agent, _options(wanted.model), wanted.text)
    return told(actor, run)


def _options(model: str | None) -> AgentConfiguration:
    return NOTHING_SAID if model is None else AgentConfiguration(model=model)
