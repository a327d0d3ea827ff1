"""Routes of comparisons: one task by several agents at once, their results side by side, one of them kept."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import comparisons
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.ids import RunId, TaskId
from coderclawlink.runs.run import State, WaitReason
from coderclawlink.runtime.contract import CONTENDERS_AT_MOST, Contender
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs
from coderclawlink.web.tasks import AgentName

router = APIRouter(tags=["comparisons"])

Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
RunName = Annotated[str, Query(max_length=64)]


class ContenderWanted(Asked):
    agent: AgentName
    model: Word | None = None
    account: Word | None = None


class ComparisonWanted(Asked):
    prompt: Annotated[str, Field(min_length=1)]
    contenders: Annotated[list[ContenderWanted], Field(min_length=2, max_length=CONTENDERS_AT_MOST)]


class ContestantTold(Told):
    """One run. `seconds`: of work, over all attempts; `checks_*`: of its latest result; `cost_usd` null: no known price."""

    run: str
    number: int
    agent: str
    model: str | None
    account: str | None
    state: State
    wait_reason: WaitReason | None
    branch: str | None
    head: str | None
    files: int | None
    additions: int | None
    deletions: int | None
    checks_demanded: int
    checks_passed: int
    checks_failed: int
    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    seconds: float | None
    error: str | None


class ComparisonTold(Told):
    """`kept`: the id of the run that was chosen."""

    id: str
    task_id: int
    prompt: str
    kept: str | None
    created_at: Stamp
    runs: list[ContestantTold]


class Choice(Asked):
    run_id: Annotated[str, Field(max_length=64)]


@router.post("/api/tasks/{task_id}/comparisons", status_code=201)
async def compare(actor: Submitter, here: Here, task_id: Id, wanted: ComparisonWanted) -> ComparisonTold:
    """Submit one prompt to several agents at once, each on a branch of its own."""
    contenders = [
        Contender(each.agent, AgentConfiguration(model=each.model, account=each.account)) for each in wanted.contenders
    ]
    comparison, _ = await here.runtime.compare(actor, TaskId(task_id), wanted.prompt, contenders)
    return ComparisonTold.model_validate(await here.db.read(comparisons.show, actor, comparison))


@router.get("/api/tasks/{task_id}/comparisons")
async def list_comparisons(actor: Viewer, here: Here, task_id: Id) -> list[ComparisonTold]:
    """Newest first."""
    found = await here.db.read(comparisons.of_task, actor, TaskId(task_id))
    return [ComparisonTold.model_validate(one) for one in found]


@router.get("/api/comparisons/{comparison_id}")
async def show_comparison(actor: Viewer, here: Here, comparison_id: str) -> ComparisonTold:
    return ComparisonTold.model_validate(await here.db.read(comparisons.show, actor, comparison_id.lower()))


@router.post("/api/comparisons/{comparison_id}/keep")
async def keep(actor: Writer, here: Here, comparison_id: str, choice: Choice) -> ComparisonTold:
    """Choose one that has completed: the task gets its branch and stands in review; what is still open is cancelled."""
    kept = await here.db.write(comparisons.keep, actor, comparison_id.lower(), RunId(choice.run_id.lower()))
    return ComparisonTold.model_validate(kept)


@router.get(
    "/api/comparisons/{comparison_id}/diff",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def show_difference(actor: Viewer, here: Here, comparison_id: str, left: RunName, right: RunName) -> Response:
    """What sets the changes of two of its runs apart, file by file."""
    sides = await here.db.read(
        comparisons.diffs, actor, comparison_id.lower(), RunId(left.lower()), RunId(right.lower())
    )
    text = await asyncio.to_thread(comparisons.difference, *sides)
    return Response(text, media_type="text/plain; charset=utf-8")
