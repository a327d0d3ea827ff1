"""Routes of saved views."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import views
from coderclawlink.board.views import View
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/views", tags=["views"])

Name = Annotated[str, Field(min_length=1, max_length=100)]

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]


class ViewTold(Told):
    """`filters`: as they were saved. `mine`: whether the reader saved it."""

    id: int
    name: str
    filters: dict[str, JsonValue]
    shared: bool
    mine: bool
    author: str
    created_at: Stamp
    updated_at: Stamp


class ViewWanted(Asked):
    name: Name
    filters: dict[str, JsonValue]
    shared: bool = False


class ViewChanges(TypedDict, total=False):
    """Only what is named is changed."""

    name: Name
    filters: dict[str, JsonValue]
    shared: bool


@router.get("", response_model=list[ViewTold])
async def list_views(actor: Reader, here: Here) -> list[View]:
    """One's own, and those that are shared with all."""
    return await here.db.read(views.all_of_them, actor)


@router.post("", status_code=201, response_model=ViewTold)
async def save_view(actor: Reader, here: Here, wanted: ViewWanted) -> View:
    """To share one takes `project:write`."""
    return await here.db.write(views.save, actor, wanted.name, wanted.filters, shared=wanted.shared)


@router.patch("/{view_id}", response_model=ViewTold)
async def change_view(actor: Reader, here: Here, view_id: Id, changes: Annotated[ViewChanges, Body()]) -> View:
    return await here.db.write(views.change, actor, view_id, **changes)


@router.delete("/{view_id}", status_code=204)
async def delete_view(actor: Reader, here: Here, view_id: Id) -> None:
    await here.db.write(views.delete, actor, view_id)
