"""Routes of projects."""

from __future__ import annotations

import operator
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field
from typing_extensions import TypedDict

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects, standing
from coderclawlink.board.projects import Project, ProjectStatus
from coderclawlink.board.standing import Standing
from coderclawlink.ids import ProjectId
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, LongText, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/projects", tags=["projects"])

Name = Annotated[str, Field(min_length=1, max_length=255)]
Url = Annotated[str, Field(max_length=2000)]
Chat = Annotated[str, Field(max_length=100)]

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]
Deleter = Annotated[Actor, needs(Permission.PROJECT_DELETE)]


class ProjectTold(Told):
    """`private`: it is there for its members alone; left out where it is not."""

    id: int
    name: str
    key: str
    description: str | None
    status: ProjectStatus
    github_repo_url: str | None
    github_repo_owner: str | None
    github_repo_name: str | None
    telegram_chat_id: str | None
    private: Annotated[bool, Field(exclude_if=operator.not_)] = False
    created_at: Stamp
    updated_at: Stamp


class StandingTold(Told):
    """How a project stands. `open`: tasks that are not done. `running`: runs at work. `needs_you`: tasks in review, and beside them
    runs that ask or wait for a review. `finished`: tasks done on each of the last days, today last."""

    project_id: int
    open: int
    running: int
    needs_you: int
    finished: list[int]


class ProjectWanted(Asked):
    name: Name
    key: Annotated[str, Field(min_length=1, max_length=50)]
    description: LongText | None = None
    status: ProjectStatus = ProjectStatus.ACTIVE
    github_repo_url: Url | None = None
    telegram_chat_id: Chat | None = None


class ProjectChanges(TypedDict, total=False):
    """Only what is named is changed. `private`: it is for its members alone, and as if it was not there for others; administrators and the
    project's admins say so."""

    name: Name
    description: LongText | None
    status: ProjectStatus
    github_repo_url: Url | None
    telegram_chat_id: Chat | None
    private: bool


@router.get("", response_model=list[ProjectTold])
async def list_projects(actor: Reader, here: Here) -> list[Project]:
    """Those that you may read."""
    return await here.db.read(projects.seen_by, actor)


@router.post("", status_code=201, response_model=ProjectTold)
async def create_project(actor: Writer, here: Here, wanted: ProjectWanted) -> Project:
    return await here.db.write(projects.create, actor, **wanted.model_dump(), server=here.server)


@router.get("/summary", response_model=list[StandingTold])
async def summarize_projects(actor: Reader, here: Here) -> list[Standing]:
    """How each project stands, in the order of `GET /api/projects`."""
    return await here.db.read(standing.of_all, actor)


@router.get("/{project_id}", response_model=ProjectTold)
async def show_project(actor: Reader, here: Here, project_id: Id) -> Project:
    return await here.db.read(projects.find_for, actor, ProjectId(project_id))


@router.patch("/{project_id}", response_model=ProjectTold)
async def change_project(
    actor: Writer, here: Here, project_id: Id, changes: Annotated[ProjectChanges, Body()]
) -> Project:
    return await here.db.write(projects.change, actor, ProjectId(project_id), changes, server=here.server)


@router.delete("/{project_id}", status_code=204)
async def delete_project(actor: Deleter, here: Here, project_id: Id) -> None:
    await here.db.write(projects.delete, actor, ProjectId(project_id))
