"""Routes of what ties tasks together: what blocks what, what relates to what, and sub-tasks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import links
from coderclawlink.board.links import Link, Links
from coderclawlink.board.tasks import TaskStatus
from coderclawlink.ids import TaskId
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/tasks/{task_id}/links", tags=["links"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]


class LinkedTold(Told):
    id: int
    project_id: int
    key: str
    title: str
    status: TaskStatus


class LinksTold(Told):
    """`done` of `total`: its sub-tasks, which are `children`."""

    blocks: list[LinkedTold]
    blocked_by: list[LinkedTold]
    relates: list[LinkedTold]
    parent: LinkedTold | None
    children: list[LinkedTold]
    done: int
    total: int


class LinkWanted(Asked):
    """This task `link` the `other`: it blocks it, is blocked_by it, relates to it, is its parent or its child."""

    link: Link
    other: Id


@router.get("", response_model=LinksTold)
async def list_links(actor: Reader, here: Here, task_id: Id) -> Links:
    return await here.db.read(links.of_task, actor, TaskId(task_id))


@router.post("", response_model=LinksTold)
async def link_task(actor: Writer, here: Here, task_id: Id, wanted: LinkWanted) -> Links:
    """Returns all links of the task. A circle of what blocks what is refused with 409, and named."""
    return await here.db.write(links.add, actor, TaskId(task_id), wanted.link, TaskId(wanted.other))


@router.delete("/{link}/{other}", response_model=LinksTold)
async def unlink_task(actor: Writer, here: Here, task_id: Id, link: Link, other: Id) -> Links:
    return await here.db.write(links.remove, actor, TaskId(task_id), link, TaskId(other))
