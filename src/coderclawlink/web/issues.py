"""Routes of issues: the issues of a project's repository become tasks, by hand or by themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.ids import ProjectId
from coderclawlink.pulls import issues
from coderclawlink.pulls.issues import NoIssues, Standing, Sync, Wanted
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/projects", tags=["issues"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class IssuesWanted(Asked):
    """These `numbers`; without any, all with the `label` and in the `state`."""

    numbers: Annotated[list[Number], Field(max_length=500)] = Field(default_factory=list)
    label: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    state: Literal["open", "closed", "all"] = "open"


class IssueSkipped(Told):
    number: int
    why: str


class IssuesBroughtIn(Told):
    """`made`: keys of the new tasks. `known`: how many had one already."""

    made: list[str]
    known: int
    skipped: list[IssueSkipped]


class SyncTold(Told):
    """What is wanted, and how it goes. `read_up_to`: the host's time up to which its changes were read. `error`: why the last look failed."""

    on: bool
    label: str | None
    assignee: str | None
    start: bool
    agent: str | None
    close_when_done: bool
    comment: bool
    read_up_to: str | None
    look_next_at: Stamp | None
    error: str | None
    changed_by: str


def told(standing: Standing) -> SyncTold:
    return SyncTold(
        **standing.wanted.model_dump(),
        read_up_to=standing.since,
        look_next_at=standing.look_next_at,
        error=standing.error,
        changed_by=standing.changed_by,
    )


@router.post("/{project_id}/issues/import")
async def import_issues(actor: Writer, here: Here, project_id: Id, wanted: IssuesWanted) -> IssuesBroughtIn:
    """Make tasks of issues. Pull requests and locked issues are left out; what was imported before is left as it is."""
    if here.issues is None:
        raise NoIssues
    asked = Wanted(tuple(wanted.numbers), wanted.label, wanted.state)
    came = await here.issues.bring_in(actor, ProjectId(project_id), asked)
    return IssuesBroughtIn(
        made=list(came.made),
        known=came.known,
        skipped=[IssueSkipped(number=number, why=why) for number, why in came.skipped],
    )


@router.get("/{project_id}/issues/sync")
async def show_sync(actor: Reader, here: Here, project_id: Id) -> SyncTold | None:
    """How issues and tasks are kept the same; null: that was never wanted."""
    found = await here.db.read(issues.find, ProjectId(project_id))
    return None if found is None else told(found)


@router.put("/{project_id}/issues/sync")
async def set_sync(actor: Writer, here: Here, project_id: Id, wanted: Annotated[Sync, Body()]) -> SyncTold:
    """Keep issues and tasks the same from now on, both ways, or no longer. All is looked at anew."""
    return told(await here.db.write(issues.set_sync, actor, ProjectId(project_id), wanted))
