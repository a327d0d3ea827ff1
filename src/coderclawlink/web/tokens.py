"""Routes of tokens: one's own, and for an administrator those of programs' accounts.

Above: `api`. Below: `access.tokens`. Only a person makes or revokes one, never a token.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from coderclawlink.access import people, policy, tokens
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.tokens import DAYS_AT_MOST, Token
from coderclawlink.db.engine import Look, Tx
from coderclawlink.errors import Denied, Invalid
from coderclawlink.ids import SessionId
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/tokens", tags=["tokens"])

Anybody = Annotated[Actor, needs(Permission.TASK_VIEW)]
Person = Annotated[Actor, needs(Permission.TASK_VIEW, in_person=True)]
FreshPerson = Annotated[Actor, needs(Permission.TASK_VIEW, step_up=True)]
Whose = Annotated[str | None, Query(max_length=64, description="A service account; for administrators.")]


class NotYourToken(Denied):
    """Tokens are made for oneself, and by administrators for service accounts."""


class TokenTold(Told):
    """`scopes`: null: all that its user may. `project_id`: for it nothing else is there; null: it is narrowed to none. `used_at`: to the
    minute."""

    id: str
    name: str
    user: str
    scopes: list[Permission] | None
    project_id: int | None
    made_at: Stamp
    used_at: Stamp | None
    expires_at: Stamp


class NewToken(Asked):
    """`scopes`: the permissions it is narrowed to; null: all that its user may. `project_id`: a project, than which nothing is
    there for it; null: all that its user sees. `user`: a service account; null: for oneself."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=50)] | None = None
    project_id: Id | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=DAYS_AT_MOST)] = 90
    user: Annotated[str, Field(max_length=64)] | None = None


class TokenMade(TokenTold):
    """`token` is told this once."""

    token: str


@router.get("")
async def list_tokens(actor: Anybody, here: Here, user: Whose = None) -> list[TokenTold]:
    """In the order of their names, at most 100."""
    return [TokenTold.model_validate(_fields(one)) for one in await here.db.read(_all_of, actor, user)]


@router.post("", status_code=201)
async def create_token(actor: FreshPerson, here: Here, wanted: NewToken) -> TokenMade:
    made, secret = await here.db.write(_create, actor, wanted)
    return TokenMade.model_validate({**_fields(made), "token": secret})


@router.delete("/{named}", status_code=204)
async def revoke_token(actor: Person, here: Here, named: str, user: Whose = None) -> None:
    """By its id or its name. It opens nothing from now on."""
    await here.db.write(_revoke, actor, user, named)


def _all_of(look: Look, actor: Actor, user: str | None) -> list[Token]:
    return tokens.all_of(look, _whose(look, actor, user))


def _create(tx: Tx, actor: Actor, wanted: NewToken) -> tuple[Token, SessionId]:
    whose = _whose(tx, actor, wanted.user)
    return tokens.create(
        tx,
        whose,
        wanted.name,
        scopes=wanted.scopes,
        days=wanted.expires_in_days,
        by=actor,
        project=wanted.project_id,
    )


def _revoke(tx: Tx, actor: Actor, user: str | None, named: str) -> None:
    whose = actor.user if user is None else user
    if not (actor.proven and whose == actor.user):
        policy.require(actor, Permission.ADMIN_USERS)
    if whose is None:
        raise Invalid("Name the user whose token it is.")
    tokens.revoke(tx, whose, named, by=actor)


def _whose(look: Look, actor: Actor, user: str | None) -> str:
    """Raises `NotYourToken`, `PermissionMissing`, `PersonNotFound`."""
    if actor.proven and actor.user is not None and user in (None, actor.user):
        return actor.user
    if user is None:
        raise Invalid("You have not signed in as anybody: name a service account, as `user`.")
    policy.require(actor, Permission.ADMIN_USERS)
    if not people.find(look, user).service:
        raise NotYourToken
    return user


def _fields(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "user": token.user,
        "scopes": None if token.scopes is None else list(token.scopes),
        "project_id": token.project,
        "made_at": token.made_at,
        "used_at": token.used_at,
        "expires_at": token.expires_at,
    }
