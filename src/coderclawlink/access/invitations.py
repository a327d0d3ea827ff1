"""Invitations: a link, handed over by whatever way people have, with which somebody becomes a user. No mail server is needed.

Above: the routes, `clawlink user invite`. Below: people. The code in the link is shown once and kept as its SHA-256; it is good once, for a week.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import people
from coderclawlink.access.people import EMAIL, Person
from coderclawlink.access.policy import Role
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import invitations as table
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.events import UserChanged, UserInvited
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who

GOOD_SECONDS = 7 * 86_400.0
SHOWN_AT_MOST = 200
ID_CHARACTERS = 16


class InvitationNotFound(NotFound):
    """This invitation is unknown, used or older than a week. Ask for a new one."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One that is open. Times: seconds since the epoch."""

    id: str
    role: Role
    email: str | None
    made_by: str
    made_at: float
    expires_at: float


def create(tx: Tx, *, role: Role, email: str | None, by: Who) -> tuple[Invitation, str]:
    """Make one; returned with its code, which nobody can look up again. Raises `Invalid`."""
    email = (email or "").strip().lower() or None
    if email is not None and not EMAIL.fullmatch(email):
        raise Invalid(f"{email} is no e-mail address.")
    code = secrets.token_hex(32)
    now = tx.now()
    row = {
        "hash": _hash(code),
        "role": role,
        "email": email,
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
    return _invitation(row)


def all_open(look: Look) -> list[Invitation]:
    """The latest first, at most 200."""
    return [_invitation(row) for row in look.rows(_open(look).order_by(table.c.made_at.desc()).limit(SHOWN_AT_MOST))]


def accept(tx: Tx, code: str, user: str, name: str | None, password: str | None) -> Person:
    """Become a user. `password`: its hash; None for who signs in at a provider. Raises `InvitationNotFound`, and what `people.create` raises."""
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


def _invitation(row: sa.RowMapping) -> Invitation:
    return Invitation(
        row["hash"][:ID_CHARACTERS],
        Role(row["role"]),
        row["email"],
        row["made_by"],
        row["made_at"],
        row["expires_at"],
    )
