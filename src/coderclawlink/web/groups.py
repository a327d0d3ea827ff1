"""Routes of what belonging to a group gives: a role in a project, or for the whole installation. An administrator's.

Above: `api`. Below: `access.groups`. Who belongs to a group is said by its source: a provider at each signing in, or the directory.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from coderclawlink.access import groups
from coderclawlink.access.groups import NAME_AT_MOST, GroupRole
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.db.engine import Tx
from coderclawlink.ids import ProjectId
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/group-roles", tags=["people"])

Admin = Annotated[Actor, needs(Permission.ADMIN_USERS)]
FreshAdmin = Annotated[Actor, needs(Permission.ADMIN_USERS, step_up=True)]


class GroupRoleTold(Told):
    """`project_id`: null: everywhere. `people`: how many belong to the group now."""

    id: int
    group: str
    project_id: Annotated[int | None, Field(validation_alias="project")]
    role: Role
    people: int


class NewGroupRole(Asked):
    """`group`: its name; nobody need belong to it yet. `project_id`: null: everywhere."""

    group: Annotated[str, Field(min_length=1, max_length=NAME_AT_MOST)]
    project_id: Id | None = None
    role: Role


class OtherRole(Asked):
    role: Role


@router.get("")
async def list_group_roles(actor: Admin, here: Here) -> list[GroupRoleTold]:
    """In the order of the groups' names, at most 1000."""
    return [GroupRoleTold.model_validate(one) for one in await here.db.read(groups.roles)]


@router.put("")
async def give_group_role(actor: FreshAdmin, here: Here, wanted: NewGroupRole) -> GroupRoleTold:
    """Whoever belongs to the group has this role there, from now on. The strongest of all that somebody has counts."""
    project = None if wanted.project_id is None else ProjectId(wanted.project_id)
    given = await here.db.write(groups.give, wanted.group, project, wanted.role, by=actor)
    return GroupRoleTold.model_validate(given)


@router.get("/{id}")
async def show_group_role(actor: Admin, here: Here, id: Id) -> GroupRoleTold:
    """One of them, and how many people have it by this."""
    return GroupRoleTold.model_validate(await here.db.read(groups.find, id))


@router.put("/{id}")
async def change_group_role(actor: FreshAdmin, here: Here, id: Id, wanted: OtherRole) -> GroupRoleTold:
    """Another role, for the same group in the same place."""
    return GroupRoleTold.model_validate(await here.db.write(_change, id, wanted.role, actor))


@router.delete("/{id}", status_code=204)
async def take_group_role(actor: FreshAdmin, here: Here, id: Id) -> None:
    """Belonging to the group gives it no more. Roles given by hand stay."""
    await here.db.write(groups.take, id, by=actor)


def _change(tx: Tx, id: int, role: Role, actor: Actor) -> GroupRole:
    found = groups.find(tx, id)
    return groups.give(tx, found.group, found.project, role, by=actor)
