"""Whom a provider's subject is here: a user known by it, one with the same e-mail address, one who was invited, or somebody new.

Above: signing in at a provider, the routes. Below: people, invitations, groups. A subject stands for one user for good; names and addresses
change hands and do not, so an e-mail address counts once at most, and only where the provider is trusted to have verified it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import groups, invitations, people, sessions
from coderclawlink.access.people import Person
from coderclawlink.access.providers import Provider
from coderclawlink.access.sessions import Session
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import identities as table
from coderclawlink.db.schema import users
from coderclawlink.errors import Conflict, NotFound, NotSignedIn
from coderclawlink.events import CredentialAdded, CredentialRemoved
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who

SUBJECT_AT_MOST = 255
SHOWN_AT_MOST = 50
_ODD = re.compile(r"[^a-z0-9._+-]+")

Because = Literal["trip", "provider", "token", "account"]
"""What a refusal is about: the way to the provider and back, the provider itself, what it says, or who that is here."""


class Refused(NotSignedIn):
    """The provider does not let you in."""

    def __init__(self, because: Because, why: str, user: str | None = None) -> None:
        super().__init__(why)
        self.because = because
        self.user = user


def unusable(provider: Provider, what: str) -> Refused:
    """It is the provider's own matter that nobody can sign in there. `what`: in words, as a part of a sentence."""
    return Refused("provider", f"{provider.label} cannot be signed in at: {what.rstrip('.')}.")


class IdentityNotFound(NotFound):
    """You do not sign in there."""


class LastWayIn(Conflict):
    """Without this you could not sign in any more. Set a password first, or make a passkey."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider says of who signs in. `subject`: for good; `login`: the name there. `email`: only one that it has verified. `groups`:
    None where they were not asked for. `proven_at`: when somebody has last shown there who it is, seconds since the epoch; None: it
    does not say."""

    subject: str
    login: str | None = None
    name: str | None = None
    email: str | None = None
    groups: tuple[str, ...] | None = None
    proven_at: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """That a user signs in at a provider. `name`: as it is called there. Times: seconds since the epoch."""

    provider: str
    name: str | None
    made_at: float
    used_at: float | None


def plain(text: object) -> str | None:
    """A text that somebody else has written, if it can be kept and shown."""
    return text.strip() or None if isinstance(text, str) and text.isprintable() else None


def address(text: object) -> str | None:
    """The same for an e-mail address, if it is one."""
    found = plain(text)
    return found if found is not None and people.EMAIL.fullmatch(found) else None


def enter(tx: Tx, provider: Provider, identity: Identity, invitation: str | None) -> Person:
    """The user who it is, made if need be and put into its groups. `invitation`: the code of one. Raises `Refused`,
    `InvitationNotFound`."""
    how = provider.how
    here = sa.and_(table.c.provider == provider.name, table.c.subject == identity.subject)
    known = tx.scalar(sa.select(table.c.user_id).where(here))
    if known is None:
        person = _by_email(tx, provider, identity) or _made(tx, provider, identity, invitation)
        link(tx, provider, identity, person.id, by=how)
    else:
        person = people.find(tx, known)
        tx.change(table.update().where(here).values(used_at=tx.now(), name=_told_name(identity)))
    if person.state != "active" or person.service:
        raise Refused("account", f"{person.id} may not sign in here. An administrator can enable it.", person.id)
    if identity.groups is not None:
        groups.apply(tx, person.id, provider.name, identity.groups, by=how)
    return person


def link(tx: Tx, provider: Provider, identity: Identity, user: str, *, by: Who | str) -> None:
    """From now on this subject is that user. Raises `Refused` where it is another already."""
    known = tx.scalar(
        sa.select(table.c.user_id).where(table.c.provider == provider.name, table.c.subject == identity.subject)
    )
    if known == user:
        return
    if known is not None:
        raise Refused("account", f"That account of {provider.label} is somebody else's here.", user)
    row = {"provider": provider.name, "subject": identity.subject, "user_id": user, "name": _told_name(identity)}
    tx.change(table.insert().values(**row, made_at=tx.now(), used_at=tx.now()))
    log.append(tx, CredentialAdded(user=user, what="identity", name=provider.name), actor=by)


def step_up(tx: Tx, provider: Provider, identity: Identity, session: Session) -> None:
    """The session's user has just proven there again to be who it is. Raises `Refused` where it was somebody else."""
    here = sa.and_(table.c.provider == provider.name, table.c.subject == identity.subject)
    if session.user is None or tx.scalar(sa.select(table.c.user_id).where(here)) != session.user:
        raise Refused("account", f"That was another account of {provider.label} than yours.", session.user)
    sessions.step_up(tx, session, provider.how)


def of_user(look: Look, user: str) -> list[Known]:
    """In the order of the providers' names, at most 50."""
    rows = look.rows(sa.select(table).where(table.c.user_id == user).order_by(table.c.provider).limit(SHOWN_AT_MOST))
    return [Known(row["provider"], row["name"], row["made_at"], row["used_at"]) for row in rows]


def unlink(tx: Tx, user: str, provider: str, *, ways_left: int, by: Who) -> None:
    """The user does not sign in there any more. `ways_left`: other ways in, beside those at providers. Raises `IdentityNotFound`,
    `LastWayIn`."""
    known = of_user(tx, user)
    if all(one.provider != provider for one in known):
        raise IdentityNotFound
    if not ways_left and all(one.provider == provider for one in known):
        raise LastWayIn
    tx.change(table.delete().where(table.c.user_id == user, table.c.provider == provider))
    groups.apply(tx, user, provider, ())
    log.append(tx, CredentialRemoved(user=user, what="identity", name=provider), actor=by)


def _by_email(tx: Tx, provider: Provider, identity: Identity) -> Person | None:
    if not provider.settings.trusts_email or identity.email is None:
        return None
    return people.find_by_email(tx, identity.email)


def _made(tx: Tx, provider: Provider, identity: Identity, invitation: str | None) -> Person:
    name = _free_name(tx, identity)
    if invitation is not None:
        return invitations.accept(tx, invitation, name, _shown_name(identity), None)
    if not provider.settings.sign_up:
        raise Refused(
            "account",
            f"Nobody here is known by that account of {provider.label}. Ask an administrator for an invitation.",
        )
    # An address is kept only where it is believed: else somebody could wait under another's for a provider that is.
    email = identity.email if provider.settings.trusts_email else None
    return people.create(
        tx,
        name,
        role=provider.settings.role,
        how=provider.how,
        by=provider.how,
        name=_shown_name(identity),
        email=email,
    )


def _free_name(look: Look, identity: Identity) -> str:
    """The name there or before the @, as far as it can be one here; with a number behind it where somebody has it already."""
    told = identity.login or (identity.email or "").partition("@")[0] or identity.name or ""
    told = told.partition("@")[0]
    stem = _ODD.sub("-", told.lower()).strip("._+-")[:56] or "user"
    taken = {id for (id,) in look.tuples(sa.select(users.c.id).where(users.c.id.startswith(stem, autoescape=True)))}
    number = 1
    while (name := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return name


def _shown_name(identity: Identity) -> str | None:
    return plain((identity.name or "")[: people.NAME_AT_MOST])


def _told_name(identity: Identity) -> str | None:
    return (identity.login or identity.email or identity.name or "")[:SUBJECT_AT_MOST] or None
