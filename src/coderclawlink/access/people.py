"""People, and the accounts of programs: made, changed, disabled, deleted. One administrator always remains.

Above: signing in, invitations, the routes, `clawlink user`. Below: sessions, the rows. What a person's sessions may follows from
here at once: the role is looked up with each request, and who is disabled has no session any more. What they began goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import revocation, sessions
from coderclawlink.access.policy import Role
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import group_members, group_roles, groups
from coderclawlink.db.schema import users as table
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import (
    CredentialAdded,
    CredentialRemoved,
    PermissionGranted,
    PermissionRevoked,
    UserChanged,
    UserCreated,
    UserDeleted,
)
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who

ID = re.compile(r"[a-z0-9][a-z0-9._+-]{0,63}")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
NAME_AT_MOST = 200

State = Literal["active", "disabled"]


class PersonNotFound(NotFound):
    """There is no such user. `clawlink user list` shows them."""


class PersonExists(Conflict):
    """There is a user of this name already."""


class EmailTaken(Conflict):
    """Another user has this e-mail address."""


class LastAdministrator(Conflict):
    """This is the last administrator. Make somebody else one first."""


@dataclass(frozen=True, slots=True)
class Person:
    """`id`: what one signs in as. `role`: the stronger of `given_role`, which was given by hand, and of what the user's groups give.
    `service`: a program's account, which has tokens only. Times: seconds since the epoch."""

    id: str
    role: Role
    given_role: Role
    name: str | None
    email: str | None
    state: State
    service: bool
    has_password: bool
    created_at: float
    seen_at: float | None


def create(
    tx: Tx,
    id: str,
    *,
    role: Role,
    how: str,
    by: Who | str | None = None,
    name: str | None = None,
    email: str | None = None,
    service: bool = False,
    password: str | None = None,
) -> Person:
    """Make a user. `how`: see `UserCreated`. `password`: its hash. Raises `PersonExists`, `EmailTaken`, `Invalid`."""
    id = id.strip().lower()
    if not ID.fullmatch(id):
        raise Invalid("A user's name has 1 to 64 small letters, digits and . _ + -, and begins with a letter or digit.")
    if tx.scalar(sa.select(table.c.id).where(table.c.id == id)) is not None:
        raise PersonExists(f"There is a user {id} already.")
    row = {
        "id": id,
        "role": role,
        "name": _name(name),
        "email": _free_email(tx, email, id),
        "service": service,
        "password": password,
        "made_by": by if by is None or isinstance(by, str) else by.name,
        "created_at": tx.now(),
    }
    tx.change(table.insert().values(**row))
    log.append(tx, UserCreated(user=id, role=role, how=how), actor=by)
    if password is not None:
        log.append(tx, CredentialAdded(user=id, what="password", name="password"), actor=by)
    return find(tx, id)


def find(look: Look, id: str) -> Person:
    """Raises `PersonNotFound`."""
    row = look.row(sa.select(table).where(table.c.id == id))
    if row is None:
        raise PersonNotFound
    return _person(row)


def find_by_email(look: Look, email: str) -> Person | None:
    row = look.row(sa.select(table).where(table.c.email == email.strip().lower()))
    return None if row is None else _person(row)


def all_of_them(look: Look, *, after: str = "", limit: int = 200) -> list[Person]:
    """In the order of their names, those behind `after`."""
    rows = look.rows(sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(limit))
    return [_person(row) for row in rows]


def signing_in(look: Look, name: str) -> tuple[str, str | None] | None:
    """Whom a name or an e-mail address means, and the hash of the password; None for nobody, and for who is not active."""
    given = name.strip().lower()
    chosen = sa.select(table.c.id, table.c.password).where(table.c.state == "active", ~table.c.service)
    row = look.row(chosen.where(table.c.id == given)) or look.row(chosen.where(table.c.email == given))
    return None if row is None else (row["id"], row["password"])


def change(
    tx: Tx,
    id: str,
    changes: Mapping[str, str | None],
    *,
    by: Who | str,
) -> Person:
    """Change what is named: `role`, `state`, `name`, `email`. Who is disabled loses all sessions and tokens. Raises
    `PersonNotFound`, `LastAdministrator`, `EmailTaken`."""
    before = find(tx, id)
    wanted: dict[str, str | None] = {}
    for field, value in changes.items():
        match field:
            case "name":
                wanted[field] = _name(value)
            case "email":
                wanted[field] = _free_email(tx, value, id)
            case "role" if value is not None:
                wanted["given_role"] = Role(value)
            case "state" if value in ("active", "disabled"):
                wanted[field] = value
            case _:
                raise Invalid(f"{field} cannot be {value}.")
    told = {field: value for field, value in wanted.items() if getattr(before, field) != value}
    if not told:
        return before
    role = told.pop("given_role", None)
    after = before.role if role is None else strongest([Role(role), *_by_groups(tx, id)])
    if told.get("state") == "disabled" or after is not Role.ADMIN:
        _keep_an_administrator(tx, before)
    if role is not None:
        told["role"] = role
        tx.change(table.update().where(table.c.id == id).values(role=after, given_role=None if after == role else role))
    if rest := {field: value for field, value in told.items() if field != "role"}:
        tx.change(table.update().where(table.c.id == id).values(**rest))
    log.append(tx, UserChanged(user=id, changes=dict(told)), actor=by)
    if role is not None:
        log.append(tx, PermissionGranted(subject=f"user:{id}", what=role), actor=by)
        revocation.ring(tx, id)
    if told.get("state") == "disabled":
        sessions.end_all(tx, id, who=by, with_tokens=True)
    return find(tx, id)


def settle(tx: Tx, id: str, *, by: Who | str | None) -> Person:
    """Reckon the role anew from what was given by hand and what the user's groups give now. The last administrator stays one, or nobody
    could mend what has gone wrong. Raises `PersonNotFound`."""
    before = find(tx, id)
    role = strongest([before.given_role, *_by_groups(tx, id)])
    counts = before.role is Role.ADMIN and before.state == "active" and not before.service
    if role is before.role or (counts and not is_there_an_administrator(tx, id)):
        return before
    given = None if role is before.given_role else before.given_role
    tx.change(table.update().where(table.c.id == id).values(role=role, given_role=given))
    if strongest([role, before.role]) is role:
        log.append(tx, PermissionGranted(subject=f"user:{id}", what=role), actor=by)
    else:
        log.append(tx, PermissionRevoked(subject=f"user:{id}", what=before.role), actor=by)
        revocation.ring(tx, id)
    return find(tx, id)


def strongest(roles: Iterable[Role]) -> Role:
    return min(roles, key=list(Role).index)


def _by_groups(look: Look, id: str) -> list[Role]:
    """What belonging to groups gives the user for the whole installation."""
    named = groups.join(group_members).join(group_roles, group_roles.c.name == groups.c.name)
    here = sa.and_(group_members.c.user_id == id, group_roles.c.project_id.is_(None))
    return [Role(role) for (role,) in look.tuples(sa.select(group_roles.c.role).select_from(named).where(here))]


def disable(tx: Tx, id: str, *, by: Who | str) -> Person:
    """Nothing is opened to the user any more, from now on. Raises `PersonNotFound`, `LastAdministrator`."""
    return change(tx, id, {"state": "disabled"}, by=by)


def delete(tx: Tx, id: str, *, by: Who | str) -> None:
    """Forget the user; what it did stays told. Raises `PersonNotFound`, `LastAdministrator`."""
    person = find(tx, id)
    _keep_an_administrator(tx, person)
    sessions.end_all(tx, id, who=by, with_tokens=True)
    tx.change(table.delete().where(table.c.id == id))
    log.append(tx, UserDeleted(user=id), actor=by)


def set_password(tx: Tx, id: str, hashed: str | None, *, by: Who | str, but: str | None = None) -> None:
    """Keep this hash; None: no password is one. All sessions of the user end, `but` the one with this hash."""
    person = find(tx, id)
    if person.service:
        raise Invalid("A program's account has tokens only.")
    tx.change(table.update().where(table.c.id == id).values(password=hashed))
    told = CredentialRemoved if hashed is None else CredentialAdded
    log.append(tx, told(user=id, what="password", name="password"), actor=by)
    sessions.end_all(tx, id, who=by, but=but)


def is_there_an_administrator(look: Look, but: str = "") -> bool:
    """A person who may administer and is active; `but` this one."""
    others = sa.select(table.c.id).where(
        table.c.role == Role.ADMIN, table.c.state == "active", ~table.c.service, table.c.id != but
    )
    return look.scalar(others.limit(1)) is not None


def _keep_an_administrator(look: Look, person: Person) -> None:
    counts = person.role is Role.ADMIN and person.state == "active" and not person.service
    if counts and not is_there_an_administrator(look, person.id):
        raise LastAdministrator


def _free_email(look: Look, email: str | None, id: str) -> str | None:
    if email is None or not (email := email.strip().lower()):
        return None
    if not EMAIL.fullmatch(email):
        raise Invalid(f"{email} is no e-mail address.")
    if (other := find_by_email(look, email)) is not None and other.id != id:
        raise EmailTaken
    return email


def _name(name: str | None) -> str | None:
    name = (name or "").strip()
    if len(name) > NAME_AT_MOST or any(not character.isprintable() for character in name):
        raise Invalid(f"A name has at most {NAME_AT_MOST} characters, on one line.")
    return name or None


def _person(row: sa.RowMapping) -> Person:
    return Person(
        row["id"],
        Role(row["role"]),
        Role(row["given_role"] or row["role"]),
        row["name"],
        row["email"],
        row["state"],
        bool(row["service"]),
        row["password"] is not None,
        row["created_at"],
        row["seen_at"],
    )
