"""Routes of further repositories: those of a project beside its own, and which of them a task is about."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import repositories, tasks
from coderclawlink.board.repositories import Further
from coderclawlink.db.engine import Look
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(tags=["repositories"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]
Name = Annotated[str, Path(min_length=1, max_length=64)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=repositories.AT_MOST)]


class RepositoryTold(Told):
    """`name`: of its folder, and before its paths in a review. `owner`, `host_name`: of a repository on the code host."""

    name: str
    url: str
    owner: str | None
    host_name: str | None
    made_at: Stamp


class RepositoryWanted(Asked):
    """`url`: an absolute path, https://…, ssh://… or user@host:path, without a password."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]


class RepositoriesWanted(Asked):
    names: Names


@router.get("/api/projects/{project_id}/repositories", response_model=list[RepositoryTold])
async def list_repositories(actor: Reader, here: Here, project_id: Id) -> list[Further]:
    """The further ones, by name, without the project's own."""
    return await here.db.read(repositories.of_project, ProjectId(project_id))


@router.put("/api/projects/{project_id}/repositories/{name}", response_model=RepositoryTold)
async def put_repository(actor: Writer, here: Here, project_id: Id, name: Name, wanted: RepositoryWanted) -> Further:
    """Add one under this name, or say where it is from now on."""
    return await here.db.write(repositories.put, actor, ProjectId(project_id), name, wanted.url, server=here.server)


@router.delete("/api/projects/{project_id}/repositories/{name}", status_code=204)
async def remove_repository(actor: Writer, here: Here, project_id: Id, name: Name) -> None:
    """No task is about it from now on. What runs made in it stays as it is."""
    await here.db.write(repositories.remove, actor, ProjectId(project_id), name)


@router.get("/api/tasks/{task_id}/repositories", response_model=list[RepositoryTold])
async def list_task_repositories(actor: Reader, here: Here, task_id: Id) -> list[Further]:
    """Those that the task is about, beside the project's own."""
    return await here.db.read(_of_task, TaskId(task_id))


def _of_task(look: Look, task: TaskId) -> list[Further]:
    tasks.find(look, task)
    return repositories.of_task(look, task)


@router.put("/api/tasks/{task_id}/repositories")
async def choose_repositories(actor: Writer, here: Here, task_id: Id, wanted: RepositoriesWanted) -> list[str]:
    """Say which the task is about, beside the project's own. Runs that have begun keep theirs."""
    return await here.db.write(repositories.choose, actor, TaskId(task_id), wanted.names)
