"""Routes of people and invitations. An administrator's, who has proven who that is for what changes anything.

Above: `api`. Below: `access.people`, `access.invitations`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from coderclawlink.access import invitations, passwords, people
from coderclawlink.access.invitations import PROJECTS_AT_MOST, Invitation
from coderclawlink.access.people import Person
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.sign_in import Password
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api", tags=["people"])

Admin = Annotated[Actor, needs(Permission.ADMIN_USERS)]
FreshAdmin = Annotated[Actor, needs(Permission.ADMIN_USERS, step_up=True)]
UserId = Annotated[str, Field(max_length=64)]
Name = Annotated[str, Field(max_length=200)]
Email = Annotated[str, Field(max_length=320)]


class User(Told):
    """`id`: the name to sign in with. `role`: the strongest of `given_role`, which was given by hand, and of those that groups give. `service`: a program's account, which has tokens only."""

    id: str
    role: Role
    given_role: Role
    name: str | None
    email: str | None
    state: Literal["active", "disabled"]
    service: bool
    has_password: bool
    created_at: Stamp
    seen_at: Stamp | None


class NewUser(Asked):
    """Without a password, the user has none yet: `PATCH` sets one. A service account never has one."""

    id: UserId
    role: Role = Role.DEVELOPER
    name: Name | None = None
    email: Email | None = None
    service: bool = False
    password: Password | None = None


class UserChange(Asked):
    """What is left out stays. A new password ends all of the user's sessions."""

    role: Role | None = None
    state: Literal["active", "disabled"] | None = None
    name: Name | None = None
    email: Email | None = None
    password: Password | None = None


class InvitedTo(Told):
    """A project of which whoever accepts becomes a member, and its role there."""

    project_id: Annotated[int, Field(validation_alias="project")]
    key: str
    name: str
    role: Role


class Invited(Told):
    id: str
    role: Role
    email: str | None
    projects: list[InvitedTo]
    made_by: str
    made_at: Stamp
    expires_at: Stamp


class Membership(Asked):
    project_id: Id
    role: Role


class NewInvitation(Asked):
    """`role`: for the whole hub. `projects`: of which whoever accepts becomes a member."""

    role: Role = Role.DEVELOPER
    email: Email | None = None
    projects: Annotated[list[Membership], Field(default_factory=list, max_length=PROJECTS_AT_MOST)]


class InvitationMade(BaseModel):
    """`link` and `code` are told this once."""

    invitation: Invited
    code: str
    link: str


@router.get("/users")
async def list_users(
    actor: Admin,
    here: Here,
    after: Annotated[str, Query(max_length=255, description="Only those whose names come behind this one.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[User]:
    """In the order of their names."""
    return [_user(person) for person in await here.db.read(people.all_of_them, after=after, limit=limit)]


@router.post("/users", status_code=201)
async def create_user(actor: FreshAdmin, here: Here, wanted: NewUser) -> User:
    hashed = None
    if wanted.password is not None and not wanted.service:
        passwords.require_good(wanted.password, wanted.id, wanted.name)
        hashed = await passwords.hashed(wanted.password)
    person = await here.db.write(
        people.create,
        wanted.id,
        role=wanted.role,
        how="admin",
        by=actor,
        name=wanted.name,
        email=wanted.email,
        service=wanted.service,
        password=hashed,
    )
    return _user(person)


@router.get("/users/{user_id}")
async def show_user(actor: Admin, here: Here, user_id: str) -> User:
    return _user(await here.db.read(people.find, user_id))


@router.patch("/users/{user_id}")
async def change_user(actor: FreshAdmin, here: Here, user_id: str, wanted: UserChange) -> User:
    """Who is disabled loses all sessions and tokens at once; runs go on. The last administrator stays one."""
    hashed = None
    if wanted.password is not None:
        person = await here.db.read(people.find, user_id)
        passwords.require_good(wanted.password, person.id, person.name)
        hashed = await passwords.hashed(wanted.password)
    changes = wanted.model_dump(mode="json", exclude_unset=True, exclude={"password"})
    if changes:
        await here.db.write(people.change, user_id, changes, by=actor)
    if hashed is not None:
        but = actor.login if actor.user == user_id else None
        await here.db.write(people.set_password, user_id, hashed, by=actor, but=but)
    return _user(await here.db.read(people.find, user_id))


@router.delete("/users/{user_id}", status_code=204)
async def delete_user(actor: FreshAdmin, here: Here, user_id: str) -> None:
    """What the user did stays told. The last administrator cannot be deleted."""
    await here.db.write(people.delete, user_id, by=actor)


@router.get("/invitations")
async def list_invitations(actor: Admin, here: Here) -> list[Invited]:
    """Those that are open, the latest first, at most 200."""
    return [_invited(one) for one in await here.db.read(invitations.all_open)]


@router.post("/invitations", status_code=201)
async def create_invitation(actor: FreshAdmin, here: Here, wanted: NewInvitation) -> InvitationMade:
    """A link to hand over, good once and for 7 days."""
    projects = {one.project_id: one.role for one in wanted.projects}
    made, code = await here.db.write(
        invitations.create, role=wanted.role, email=wanted.email, by=actor, projects=projects
    )
    # Behind the `#`, which browsers do not send: the code stands in no log.
    return InvitationMade(invitation=_invited(made), code=code, link=f"{here.public_url}/invitation#{code}")


@router.delete("/invitations/{invitation_id}", status_code=204)
async def withdraw_invitation(actor: Admin, here: Here, invitation_id: str) -> None:
    await here.db.write(invitations.withdraw, invitation_id, by=actor)


def _user(person: Person) -> User:
    return User.model_validate(person)


def _invited(invitation: Invitation) -> Invited:
    return Invited.model_validate(invitation)
