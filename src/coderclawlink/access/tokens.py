"""Tokens of programs: sessions that were given a name, the permissions and the project they are narrowed to, and a day on which they end.

Above: the routes, `clawlink token`. Below: sessions, whose rows they are. A token is `clk_` and 32 random bytes; it is shown once. It never makes
tokens, changes credentials or proves anew who its user is: those want a person (`web.signing_in`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import members, people, policy, revocation, sessions, visibility
from coderclawlink.access.policy import Actor, Permission, ownership
from coderclawlink.access.sessions import ID_CHARACTERS, Session, hash_of
from coderclawlink.access.visibility import ProjectHidden
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import projects
from coderclawlink.db.schema import sessions as table
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import CredentialAdded, CredentialRemoved
from coderclawlink.ids import SessionId
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who

PREFIX = "clk_"
DAYS_AT_MOST = 365
TOKENS_AT_MOST = 100
"""Of one user."""
DAY_SECONDS = 86_400.0


class TokenNotFound(NotFound):
    """There is no such token. `clawlink token list` shows them."""


class TokenExists(Conflict):
    """There is a token of this name already. Revoke it first, or take another name."""


@dataclass(frozen=True, slots=True)
class Token:
    """`scopes`: None: all that its user may. `project`: nothing else is there for it; None: to none. Times: seconds since the epoch; `used_at`: to the minute, None: never."""

    id: str
    name: str
    user: str
    scopes: tuple[Permission, ...] | None
    project: int | None
    made_at: float
    used_at: float | None
    expires_at: float


def create(
    tx: Tx,
    user: str,
    name: str,
    *,
    scopes: Collection[Permission] | None,
    days: int,
    by: Who,
    project: int | None = None,
) -> tuple[Token, SessionId]:
    """Make a token; returned with its secret, which nobody can look up again. Raises `TokenExists`, `PersonNotFound`,
    `ProjectHidden`, `Invalid`."""
    person = people.find(tx, user)
    name = name.strip()
    if not name or len(name) > 64 or not name.isprintable():
        raise Invalid("A token's name has 1 to 64 characters.")
    if not 1 <= days <= DAYS_AT_MOST:
        raise Invalid(f"A token is good for 1 to {DAYS_AT_MOST} days.")
    if person.state != "active":
        raise Invalid(f"{user} is disabled.")
    theirs = all_of(tx, user)
    if any(one.name == name for one in theirs):
        raise TokenExists
    if len(theirs) >= TOKENS_AT_MOST:
        raise Conflict(f"A user has at most {TOKENS_AT_MOST} tokens. Revoke some first.")
    whose = Actor(person.role, user, ownership(user), proven=True, memberships=members.of_user(tx, user))
    visibility.require_visible(tx, whose, project)
    if project is not None and tx.scalar(sa.select(projects.c.id).where(projects.c.id == project)) is None:
        raise ProjectHidden  # or it would be narrowed to one that is made later
    if scopes is not None and (beyond := sorted(one for one in set(scopes) if not _may(whose, one, project))):
        raise Invalid(f"{user} may not {', '.join(beyond)}; a token gives no more than its user has.")
    now = tx.now()
    secret = SessionId(PREFIX + secrets.token_hex(32))
    session = Session(
        secret,
        user,
        None,
        person.role,
        now,
        now,
        hash_of(secret),
        kind="token",
        proven=True,
        scopes=None if scopes is None else frozenset(scopes),
        project=project,
        expires_at=now + days * DAY_SECONDS,
    )
    sessions.keep(tx, session, name)
    log.append(tx, CredentialAdded(user=user, what="token", name=name), actor=by)
    return find(tx, user, session.hash[:ID_CHARACTERS]), secret


def all_of(look: Look, user: str) -> list[Token]:
    """Those that have not ended, in the order of their names."""
    theirs = sa.select(table).where(table.c.user_id == user, table.c.kind == "token", table.c.expires_at > look.now())
    return [_token(row) for row in look.rows(theirs.order_by(table.c.name).limit(TOKENS_AT_MOST))]


def find(look: Look, user: str, named: str) -> Token:
    """By its id or its name. Raises `TokenNotFound`."""
    for token in all_of(look, user):
        if named in (token.id, token.name):
            return token
    raise TokenNotFound


def revoke(tx: Tx, user: str, named: str, *, by: Who) -> None:
    """It opens nothing from now on. Raises `TokenNotFound`."""
    token = find(tx, user, named)
    short = sa.func.substr(table.c.hash, 1, ID_CHARACTERS)
    tx.change(table.delete().where(table.c.user_id == user, table.c.kind == "token", short == token.id))
    log.append(tx, CredentialRemoved(user=user, what="token", name=token.name), actor=by)
    revocation.ring(tx, user)


def _may(actor: Actor, permission: Permission, project: int | None) -> bool:
    return policy.may_somewhere(actor, permission) if project is None else policy.may(actor, permission, project)


def _token(row: sa.RowMapping) -> Token:
    scopes = None if row["scopes"] is None else tuple(Permission(name) for name in json.loads(row["scopes"]))
    used = row["last_activity"] if row["last_activity"] > row["created_at"] else None
    return Token(
        row["hash"][:ID_CHARACTERS],
        row["name"],
        row["user_id"],
        scopes,
        row["project_id"],
        row["created_at"],
        used,
        row["expires_at"],
    )
