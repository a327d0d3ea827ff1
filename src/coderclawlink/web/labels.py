"""Routes of labels: a project's, and those on a task."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field
from typing_extensions import TypedDict

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import labels, tasks
from coderclawlink.board.labels import Colour, Label
from coderclawlink.db.engine import Look
from coderclawlink.ids import LabelId, ProjectId, TaskId
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(tags=["labels"])

Name = Annotated[str, Field(min_length=1, max_length=50)]
Names = Annotated[list[Name], Field(default_factory=list, max_length=labels.ON_A_TASK)]

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]


class LabelTold(Told):
    id: int
    project_id: int
    name: str
    colour: Colour


class LabelWanted(Asked):
    """Without a colour it gets one that its name decides."""

    name: Name
    colour: Colour | None = None


class LabelChanges(TypedDict, total=False):
    """Only what is named is changed."""

    name: Name
    colour: Colour


class LabelsPut(Asked):
    """By name, in any case. What is added and unknown to the project is made."""

    add: Names
    remove: Names


@router.get("/api/projects/{project_id}/labels", response_model=list[LabelTold])
async def list_labels(actor: Reader, here: Here, project_id: Id) -> list[Label]:
    return await here.db.read(labels.of_project, ProjectId(project_id))


@router.post("/api/projects/{project_id}/labels", status_code=201, response_model=LabelTold)
async def create_label(actor: Writer, here: Here, project_id: Id, wanted: LabelWanted) -> Label:
    return await here.db.write(labels.create, actor, ProjectId(project_id), wanted.name, wanted.colour)


@router.patch("/api/labels/{label_id}", response_model=LabelTold)
async def change_label(actor: Writer, here: Here, label_id: Id, changes: Annotated[LabelChanges, Body()]) -> Label:
    return await here.db.write(labels.change, actor, LabelId(label_id), **changes)


@router.delete("/api/labels/{label_id}", status_code=204)
async def delete_label(actor: Writer, here: Here, label_id: Id) -> None:
    """From all tasks too."""
    await here.db.write(labels.delete, actor, LabelId(label_id))


@router.get("/api/tasks/{task_id}/labels", response_model=list[LabelTold])
async def list_labels_of_task(actor: Reader, here: Here, task_id: Id) -> list[Label]:
    return await here.db.read(_of_task, TaskId(task_id))


@router.patch("/api/tasks/{task_id}/labels", response_model=list[LabelTold])
async def put_labels(actor: Writer, here: Here, task_id: Id, wanted: LabelsPut) -> list[Label]:
    """Put labels on a task and take others off; answers with those it has then."""
    return await here.db.write(labels.put, actor, TaskId(task_id), wanted.add, wanted.remove)


def _of_task(look: Look, task: TaskId) -> list[Label]:
    tasks.find(look, task)
    return labels.of_task(look, task)
