"""Who you are to this hub, and what you may: what a page or a command asks before it offers you anything.

Above: `api`. Below: the actor whom `signing_in` has found. Everybody has a role that may view tasks, so everybody may ask.
"""

from __future__ import annotations

import operator
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission, Role, may
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/me", tags=["me"])


class Me(Told):
    """`name`: as the journal calls you. `user`: as the session was made for; null: nobody in particular. `is_owner`: you are the
    machine's owner, known without a session. `mode`: how people are told apart here; `local`: by sessions that the owner made;
    `team`: everybody signs in. `projects`: where a project gives you a role of its own, what you may there instead; left out where
    none does."""

    name: str
    user: str | None
    role: Role
    permissions: list[Permission]
    is_owner: bool
    mode: Literal["local", "team"]
    projects: Annotated[dict[int, list[Permission]], Field(default_factory=dict, exclude_if=operator.not_)]


@router.get("")
async def who_am_i(actor: Annotated[Actor, needs(Permission.TASK_VIEW)], here: Here) -> Me:
    return Me(
        name=actor.name,
        user=actor.user,
        role=actor.role,
        permissions=_granted(actor, None),
        is_owner=actor.is_owner,
        mode=here.mode,
        projects={project: _granted(actor, project) for project in actor.memberships},
    )


def _granted(actor: Actor, project: int | None) -> list[Permission]:
    return sorted(permission for permission in Permission if may(actor, permission, project))
