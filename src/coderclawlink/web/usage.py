"""The route of usage: what agents have used, in sums."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.ids import ProjectId
from coderclawlink.runs import usage
from coderclawlink.runs.usage import ROWS_AT_MOST, By, Total
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Id, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/usage", tags=["money"])

Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]


class TotalTold(Told):
    """`key`: an id, a name, a model or a date; null: of no task, of no project, of an unknown model. `label`: for people.
    `cost_usd`: null when no call had a known price; else it lacks those of `unpriced_calls`. `seconds`: agents were at work."""

    key: str | None
    label: str
    runs: int
    attempts: int
    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float | None
    unpriced_calls: int
    seconds: float


@router.get("", response_model=list[TotalTold])
async def show_usage(
    actor: Viewer,
    here: Here,
    by: By = "project",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    project_id: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=ROWS_AT_MOST)] = ROWS_AT_MOST,
) -> list[Total]:
    """Over the runs that one may see, the dearest first; days in their order. An attempt counts when it was placed, in UTC."""
    return await here.db.read(
        usage.totals,
        actor,
        by,
        since=since.timestamp() if since else None,
        until=until.timestamp() if until else None,
        project=None if project_id is None else ProjectId(project_id),
        at_most=limit,
    )
