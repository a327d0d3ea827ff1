"""Routes of what a session remembers. Whoever has the session has its memory, and nobody else: to another session it is not there.

Above: `api`. Below: `runs.memory`. A session is named by its id, which is a secret, or as `current`: the one that asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from coderclawlink.access import sessions
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.sessions import SessionNotFound
from coderclawlink.db.engine import Look
from coderclawlink.ids import SessionId
from coderclawlink.runs import memory
from coderclawlink.runs.memory import NOTE_AT_MOST, Memory
from coderclawlink.web import permitting
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import ID_AT_MOST, Asked, Stamp, Told
from coderclawlink.web.signing_in import open_to_all, session_of

CURRENT = "current"
THE_ID_IS_THE_SECRET = open_to_all("who knows the id has the session; what it may is asked of it")

router = APIRouter(
    prefix="/api/runtime/sessions/{session_id}/memory", tags=["runtime"], dependencies=[THE_ID_IS_THE_SECRET]
)


def _by(permission: Permission) -> Callable[[Request, Here, str], Awaitable[Actor]]:
    """Who has the session that the path names, if it may."""

    async def owner(request: Request, here: Here, session_id: str) -> Actor:
        asking = await session_of(request, here, request.query_params.get("session_id"))
        if session_id == CURRENT:
            if asking is None:
                raise SessionNotFound("You act without a session, and so without a memory. Give a session.")
            found = asking
        else:
            found = await here.db.read(sessions.find, SessionId(session_id))
            if (asking is not None and asking.hash != found.hash) or (here.mode == "team" and found.kind == "named"):
                raise SessionNotFound
        await permitting.permit(request, here, found.actor, permission)
        return found.actor

    return owner


Reader = Annotated[Actor, Depends(_by(Permission.TASK_VIEW))]
Writer = Annotated[Actor, Depends(_by(Permission.TASK_SUBMIT))]


class MemoryTold(Told):
    """`kind`: `run`: one that the session asked for; `asked`: its prompt and what it was asked further; `answered`: its result, or why it
    failed, null: none yet. `note`: a `text`."""

    id: int
    kind: Literal["run", "note"]
    at: Stamp
    text: str | None
    run: str | None
    agent: str | None
    state: str | None
    asked: str | None
    answered: str | None


class Remembered(BaseModel):
    """`remembers`: all further runs of the session are told of it. `memories`: the newest last. `before`: for the page of older ones; null:
    there are none."""

    remembers: bool
    memories: list[MemoryTold]
    before: int | None


class NewNote(Asked):
    text: Annotated[str, Field(min_length=1, max_length=NOTE_AT_MOST)]


class MemoryChange(Asked):
    remembers: bool


@router.get("")
async def show_memory(
    actor: Reader,
    here: Here,
    before: Annotated[
        int | None, Query(ge=1, le=ID_AT_MOST, description="Only those before the one with this id.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Remembered:
    """What the session's runs were asked and answered, and its notes. A run whose context says `"remember": true` is told of it, as far as
    16,000 characters go."""
    return await here.db.read(_told, actor, before, limit)


@router.post("", status_code=201)
async def add_note(actor: Writer, here: Here, wanted: NewNote) -> MemoryTold:
    """Something that later runs of the session are told."""
    return MemoryTold.model_validate(await here.db.write(memory.note, actor, wanted.text))


@router.patch("")
async def change_memory(actor: Writer, here: Here, wanted: MemoryChange) -> Remembered:
    """Whether all further runs of the session are told, without each saying so."""
    await here.db.write(memory.set_remembers, actor, wanted.remembers)
    return await here.db.read(_told, actor, None, 100)


@router.delete("", status_code=204)
async def forget_memory(actor: Writer, here: Here) -> None:
    """Later runs are told nothing from before now. The runs themselves stay what they are."""
    await here.db.write(memory.forget, actor)


def _told(look: Look, actor: Actor, before: int | None, limit: int) -> Remembered:
    found: list[Memory] = memory.all_of(look, actor, before=before, limit=limit + 1)
    page = found[-limit:]
    return Remembered(
        remembers=memory.remembers(look, actor),
        memories=[MemoryTold.model_validate(one) for one in page],
        before=page[0].id if len(found) > limit else None,
    )
