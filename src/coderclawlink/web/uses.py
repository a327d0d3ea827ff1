"""Routes of rules that say who may use which agent and which skill.

Above: `api`. Below: `access.uses`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from coderclawlink.access import uses
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.uses import LISTED_AT_MOST, Kind, Use
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Seq, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/uses", tags=["people"])

Admin = Annotated[Actor, needs(Permission.ADMIN_USERS, of_project=True)]
FreshAdmin = Annotated[Actor, needs(Permission.ADMIN_USERS, step_up=True, of_project=True)]


class UseTold(Told):
    """`subject`: user:…, group:…, role:…, trust:…; `project_id`: null: everywhere."""

    id: int
    subject: str
    kind: Kind
    name: str
    project_id: int | None
    allowed: bool
    made_by: str
    made_at: Stamp


class UseWanted(Asked):
    """Once a rule allows somebody to use an agent, only those may whom a rule allows; one that denies counts above all."""

    subject: Annotated[
        str, Field(max_length=300, description="user:<name>, group:<name>, role:<role> or trust:<level>.")
    ]
    kind: Kind = "agent"
    name: Annotated[str, Field(min_length=1, max_length=64, description="Of the agent, or the skill.")]
    project_id: Annotated[Id | None, Field(description="Only in this project; null: everywhere.")] = None
    allowed: bool = True


@router.get("", response_model=list[UseTold])
async def list_uses(
    actor: Admin,
    here: Here,
    project_id: Annotated[Id | None, Query(description="Only those of this project.")] = None,
    after: Annotated[Seq, Query(description="Only those with a higher id.")] = 0,
    limit: Annotated[int, Query(ge=1, le=LISTED_AT_MOST, description="At most so many.")] = 200,
) -> list[Use]:
    """Those that you may change, oldest first."""
    return await here.db.read(uses.all_of, actor, project_id=project_id, after=after, limit=limit)


@router.post("", status_code=201, response_model=UseTold)
async def create_use(actor: FreshAdmin, here: Here, wanted: UseWanted) -> Use:
    """Make a rule, or change that of the same subject. Administrators may, and a project's admins in it."""
    return await here.db.write(uses.add, actor, **wanted.model_dump())


@router.delete("/{use_id}", status_code=204)
async def remove_use(actor: FreshAdmin, here: Here, use_id: Id) -> None:
    """Take a rule back."""
    await here.db.write(uses.remove, actor, use_id)
