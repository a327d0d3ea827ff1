"""Invitations: a link, handed over by whatever way people have, with which somebody becomes a user, and a member of projects. No mail server
is needed.

Above: the routes, `clawlink user invite`. Below: people, members. The code in the link is shown once and kept as its SHA-256; it is good once, for a week.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import members, people
from coderclawlink.access.people import EMAIL, Person
from coderclawlink.access.policy import Role
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import invitations as table
from coderclawlink.db.schema import projects as projects_table
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.events import UserChanged, UserInvited
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who

GOOD_SECONDS = 7 * 86_400.0
SHOWN_AT_MOST = 200
ID_CHARACTERS = 16
PROJECTS_AT_MOST = 100


class InvitationNotFound(NotFound):
    """This invitation is unknown, used or older than a week. Ask for a new one."""


@dataclass(frozen=True, slots=True)
class Membership:
    """Of a project, which whoever accepts is given."""

    project: int
    key: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Invitation:
    """One that is open. `projects`: those that are there still. Times: seconds since the epoch."""

    id: str
    role: Role
    email: str | None
    projects: tuple[Membership, ...]
    made_by: str
    made_at: float
    expires_at: float


def create(
    tx: Tx, *, role: Role, email: str | None, by: Who, projects: Mapping[int, Role] | None = None
) -> tuple[Invitation, str]:
    """Make one; returned with its code, which nobody can look up again. `projects`: the roles there, by project id. Raises
    `members.NoSuchProject`, `Invalid`."""
    given = projects or {}
    if len(given) > PROJECTS_AT_MOST:
        raise Invalid(f"An invitation is for at most {PROJECTS_AT_MOST} projects.")
    known = sa.select(sa.func.count()).select_from(projects_table).where(projects_table.c.id.in_(list(given)))
    if tx.scalar(known) != len(given):
        raise members.NoSuchProject
    email = (email or "").strip().lower() or None
    if email is not None and not EMAIL.fullmatch(email):
        raise Invalid(f"{email} is no e-mail address.")
    code = secrets.token_hex(32)
    now = tx.now()
    row = {
        "hash": _hash(code),
        "role": role,
        "email": email,
        "projects": json.dumps(given),
        "made_by": by.name,
        "made_at": now,
        "expires_at": now + GOOD_SECONDS,
    }
    tx.change(table.insert().values(**row))
    made = find(tx, code)
    log.append(tx, UserInvited(invitation=made.id, role=role), actor=by)
    return made, code


def find(look: Look, code: str) -> Invitation:
    """The open one. Raises `InvitationNotFound`."""
    row = look.row(_open(look).where(table.c.hash == _hash(code)))
    if row is None:
        raise InvitationNotFound
    return _invitations(look, [row])[0]


def all_open(look: Look) -> list[Invitation]:
    """The latest first, at most 200."""
    return _invitations(look, look.rows(_open(look).order_by(table.c.made_at.desc()).limit(SHOWN_AT_MOST)))


def accept(tx: Tx, code: str, user: str, name: str | None, password: str | None) -> Person:
    """Become a user, and a member. `password`: its hash; None for who signs in at a provider. Raises `InvitationNotFound`, and what `people.create` raises."""
    invitation = find(tx, code)
    person = people.create(
        tx,
        user,
        role=invitation.role,
        how="invitation",
        by=invitation.made_by,
        name=name,
        email=invitation.email,
        password=password,
    )
    for one in invitation.projects:
        members.give(tx, one.project, person.id, one.role, invitation.made_by)
    used = {"used_at": tx.now(), "used_by": person.id}
    tx.change(table.update().where(table.c.hash == _hash(code)).values(**used))
    return person


def withdraw(tx: Tx, id: str, *, by: Who) -> None:
    """It is good for nothing any more. Raises `InvitationNotFound`."""
    short = sa.func.substr(table.c.hash, 1, ID_CHARACTERS)
    if not tx.change(table.delete().where(short == id, table.c.used_at.is_(None))):
        raise InvitationNotFound
    log.append(tx, UserChanged(user="", changes={"invitation": id, "state": "withdrawn"}), actor=by)


def _open(look: Look) -> sa.Select[tuple[object, ...]]:
    return sa.select(table).where(table.c.used_at.is_(None), table.c.expires_at > look.now())


def _hash(code: str) -> str:
    return hashlib.sha256(code.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()


def _invitations(look: Look, rows: Sequence[sa.RowMapping]) -> list[Invitation]:
    given = {row["hash"]: {int(id): Role(role) for id, role in json.loads(row["projects"]).items()} for row in rows}
    named = {id for roles in given.values() for id in roles}
    columns = (projects_table.c.id, projects_table.c.key, projects_table.c.name)
    there = {row["id"]: row for row in look.rows(sa.select(*columns).where(projects_table.c.id.in_(named)))}
    return [
        Invitation(
            row["hash"][:ID_CHARACTERS],
            Role(row["role"]),
            row["email"],
            tuple(
                Membership(id, there[id]["key"], there[id]["name"], role)
                for id, role in given[row["hash"]].items()
                if id in there
            ),
            row["made_by"],
            row["made_at"],
            row["expires_at"],
        )
        for row in rows
    ]
