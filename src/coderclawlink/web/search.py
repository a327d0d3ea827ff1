"""Routes of search."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import search
from coderclawlink.board.search import Hit
from coderclawlink.board.tasks import TaskStatus
from coderclawlink.web.filters import QUESTION_AT_MOST
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Id, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/search", tags=["search"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Keeper = Annotated[Actor, needs(Permission.ADMIN_SYSTEM)]


class PieceTold(Told):
    """A piece of a text, plain; `hit`: it begins like what was asked for."""

    text: str
    hit: bool


class HitTold(Told):
    """A task that was found; `snippet`: what stands `where`."""

    id: int
    project_id: int
    key: str
    title: str
    status: TaskStatus
    where: Literal["title", "description", "comment"]
    snippet: list[PieceTold]


class Indexed(Told):
    done: bool


@router.get("", response_model=list[HitTold])
async def find_tasks(
    actor: Reader,
    here: Here,
    q: Annotated[str, Query(max_length=QUESTION_AT_MOST, description="Words, each the beginning of one.")],
    project_id: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[Hit]:
    """The tasks with all these words in key, title, description and comments, best first."""
    return await here.db.read(search.find, actor, q, project=project_id, at_most=limit)


@router.post("/reindex", response_model=Indexed)
async def index_all(actor: Keeper, here: Here) -> Indexed:
    """Index all tasks anew. Searching goes on meanwhile."""
    after: int | None = 0
    while after is not None:
        after = await here.db.write(search.reindex, actor, after)
    return Indexed(done=True)
