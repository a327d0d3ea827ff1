"""Routes of a project's members: whom it gives a role of its own.

Above: `api`. Below: `access.members`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from coderclawlink.access import members
from coderclawlink.access.members import LISTED_AT_MOST, Member
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/projects/{project_id}/members", tags=["people"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Admin = Annotated[Actor, needs(Permission.ADMIN_USERS, of_project=True)]
FreshAdmin = Annotated[Actor, needs(Permission.ADMIN_USERS, step_up=True, of_project=True)]


class MemberTold(Told):
    """`role`: the stronger of the one `given` by hand and the one that a group gives (`by_group`); null: not this way."""

    user: str
    name: str | None
    role: Role
    given: Role | None
    by_group: Role | None
    made_by: str
    made_at: Stamp


class MemberWanted(Asked):
    role: Annotated[Role, Field(description="It may be stronger or weaker than the user's role elsewhere.")]


@router.get("", response_model=list[MemberTold])
async def list_members(
    actor: Reader,
    here: Here,
    project_id: Id,
    after: Annotated[str, Query(max_length=255, description="Only those whose names come behind this one.")] = "",
    limit: Annotated[int, Query(ge=1, le=LISTED_AT_MOST, description="At most so many.")] = 200,
) -> list[Member]:
    """In the order of their names."""
    return await here.db.read(members.read_for, actor, project_id, after=after, limit=limit)


@router.put("/{user_id}", response_model=MemberTold)
async def put_member(actor: FreshAdmin, here: Here, project_id: Id, user_id: str, wanted: MemberWanted) -> Member:
    """Make a user a member, or give a member another role. Administrators and the project's admins may."""
    return await here.db.write(members.give_for, actor, project_id, user_id, wanted.role)


@router.delete("/{user_id}", status_code=204)
async def remove_member(actor: Admin, here: Here, project_id: Id, user_id: str) -> None:
    """Take away what was given by hand; what a group gives is taken away there."""
    await here.db.write(members.take_for, actor, project_id, user_id)
