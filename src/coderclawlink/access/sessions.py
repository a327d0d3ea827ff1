"""Sessions: made, looked up, ended. The id is the secret: random, shown once, kept as its SHA-256.

    named      somebody was only named; local mode, where the machine's owner makes them
    given      made by who may write the database, with the role that was given
    browser    a person has signed in; ends after 24 hours without use, and 30 days at the latest
    device     the same, by a device's key (`devices`); it ends with the device too
    contract   made by somebody who has signed in, for programs of the same person
    token      see `tokens`

Of the last four the user has proven to be who it says: then the user's own role counts, and the user must be active.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import members, policy, revocation
from coderclawlink.access.policy import NOWHERE, Actor, Permission, Role, Trust, ownership
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import devices, sessions, users
from coderclawlink.errors import NotFound, NotSignedIn
from coderclawlink.events import SessionCreated, SessionDeleted, SessionsEnded, SignedIn, SteppedUp
from coderclawlink.ids import SessionId
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who

IDLE_SECONDS = 24 * 3600.0
"""A session that was not used for so long has expired."""
LONGEST_SECONDS = 30 * 24 * 3600.0
"""A browser's session ends after so long, however much it is used."""
FRESH_SECONDS = 900.0
"""For so long after proving who one is, one may do what is dangerous."""
TOUCH_SECONDS = 60.0
"""`last_activity` is written at most once in so long: a read is not worth a commit each time."""
SHOWN_AT_MOST = 200
ID_CHARACTERS = 16
"""So much of its hash names a session in lists: what cannot be turned into the session."""

Kind = Literal["named", "given", "browser", "device", "contract", "token"]


class SessionUnknown(NotSignedIn):
    """The session is unknown or has expired."""


class SessionNotFound(NotFound):
    """Session not found."""


@dataclass(frozen=True, slots=True)
class Session:
    """`id`: empty where it was found by its hash. `device`, `address`, `agent`: as it was made. `trust`: of the device that it is bound to. `project`: that a
    token is narrowed to. Times: seconds since the epoch."""

    id: SessionId
    user: str | None
    device: str | None
    role: Role
    created_at: float
    last_activity: float
    hash: str = ""
    kind: Kind = "named"
    proven: bool = False
    scopes: frozenset[Permission] | None = None
    address: str | None = None
    agent: str | None = None
    stepped_up_at: float | None = None
    expires_at: float | None = None
    trust: Trust | None = None
    project: int | None = None
    memberships: Mapping[int, Role] = field(default_factory=lambda: NOWHERE)

    @property
    def permissions(self) -> list[str]:
        actor = self.actor
        return [permission for permission in Permission if policy.may(actor, permission)]

    @property
    def actor(self) -> Actor:
        whose = ownership(self.user) if self.proven and self.user is not None else self.hash
        return Actor(
            self.role,
            self.user,
            whose,
            proven=self.proven,
            login=self.hash,
            memberships=self.memberships,
            scopes=self.scopes,
            only=None if self.project is None else frozenset({self.project}),
            device=self.device,
            trust=self.trust,
        )


def hash_of(session: SessionId) -> str:
    return hashlib.sha256(session.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()


# ── made ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def create(tx: Tx, user: str | None, device: str | None, *, role: Role | None = None) -> Session:
    """Make a session. Without `role` (which only the machine's owner can give) it has the role that its user has; a user
    never seen is made, with role developer and never more; nobody has developer's rights too."""
    now = tx.now()
    known = None if user is None else tx.scalar(sa.select(users.c.role).where(users.c.id == user))
    if user is not None and known is None:
        tx.change(users.insert().values(id=user, role=Role.DEVELOPER, created_at=now))
    # Naming a user is not proving to be one: a session asked for by name has a developer's rights at most.
    given = role or (Role(known) if known in (Role.VIEWER, Role.GUEST) else Role.DEVELOPER)
    session = _new(tx, user, given, SessionId(str(uuid.uuid4())), device=device)
    if role is not None:
        session = replace(session, kind="given", stepped_up_at=now)
    keep(tx, session)
    log.append(tx, SessionCreated(user=user, role=given), actor=session.actor)
    return session


def open_browser(
    tx: Tx,
    user: str,
    *,
    how: str,
    address: str | None,
    agent: str | None,
    device: str | None = None,
    proven_at: float | None = None,
) -> Session:
    """Somebody has proven to be this user, at `proven_at` (seconds since the epoch; None: just now). Raises `SessionUnknown` for one who
    is not, or no longer, active."""
    shown_at = tx.now() if proven_at is None else min(proven_at, tx.now())
    return _open(tx, user, "browser", device, how=how, address=address, agent=agent, proven_at=shown_at)


def open_device(tx: Tx, user: str, device: str, *, address: str | None, agent: str | None) -> Session:
    """A device of this user's has proven to be that. Nobody has shown to be there in person: what is dangerous wants that first. Raises
    `SessionUnknown` for a user who is not, or no longer, active."""
    return _open(tx, user, "device", device, how="device", address=address, agent=agent)


def open_contract(tx: Tx, user: str, device: str | None) -> Session:
    """A further session of somebody who has signed in, for a program. It never outlives the longest of a browser's."""
    session = _new(tx, user, _role(tx, user), SessionId(str(uuid.uuid4())), device=device)
    session = replace(session, kind="contract", proven=True, expires_at=tx.now() + LONGEST_SECONDS)
    keep(tx, session)
    log.append(tx, SessionCreated(user=user, role=session.role), actor=session.actor)
    return session


def _open(
    tx: Tx,
    user: str,
    kind: Kind,
    device: str | None,
    *,
    how: str,
    address: str | None,
    agent: str | None,
    proven_at: float | None = None,
) -> Session:
    session = replace(
        _new(tx, user, _role(tx, user), SessionId(secrets.token_hex(32)), device=device),
        kind=kind,
        proven=True,
        address=address,
        agent=(agent or "")[:300] or None,
        stepped_up_at=proven_at,
        expires_at=tx.now() + LONGEST_SECONDS,
    )
    keep(tx, session)
    tx.change(users.update().where(users.c.id == user).values(seen_at=tx.now()))
    log.append(tx, SignedIn(user=user, how=how, device=device), actor=session.actor)
    return session


def _new(tx: Tx, user: str | None, role: Role, secret: SessionId, *, device: str | None) -> Session:
    return Session(secret, user, device, role, tx.now(), tx.now(), hash_of(secret))


def _role(look: Look, user: str) -> Role:
    found = look.scalar(sa.select(users.c.role).where(users.c.id == user, users.c.state == "active"))
    if found is None:
        raise SessionUnknown(f"{user} may not sign in.")
    return Role(found)


def keep(tx: Tx, session: Session, name: str | None = None) -> None:
    tx.change(
        sessions.insert().values(
            hash=session.hash,
            kind=session.kind,
            proven=session.proven,
            name=name,
            scopes=None if session.scopes is None else json.dumps(sorted(session.scopes)),
            project_id=session.project,
            user_id=session.user,
            device_id=session.device,
            role=session.role,
            address=session.address,
            agent=session.agent,
            stepped_up_at=session.stepped_up_at,
            expires_at=session.expires_at,
            created_at=session.created_at,
            last_activity=session.last_activity,
        )
    )


# ── found ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def find(look: Look, session: SessionId) -> Session:
    """The session. Raises `SessionNotFound` when it is unknown or has expired, or its user was disabled."""
    return replace(find_by_hash(look, hash_of(session)), id=session)


def find_by_hash(look: Look, hash: str) -> Session:
    """`find`, for who has proven already to have it."""
    row = look.row(_WITH_USER.where(sessions.c.hash == hash))
    if row is None:
        raise SessionNotFound
    found = _session(row)
    now = look.now()
    is_over = found.expires_at is not None and now >= found.expires_at
    if is_over or (found.kind != "token" and now - found.last_activity > IDLE_SECONDS):
        raise SessionNotFound
    if found.proven and row["device_state"] == "revoked":
        raise SessionNotFound
    if row["user_state"] not in (None, "active") or (found.proven and row["user_role"] is None):
        raise SessionNotFound
    if found.proven and found.user is not None:
        return replace(found, memberships=members.of_user(look, found.user))
    return found


_WITH_USER = sa.select(
    sessions,
    users.c.role.label("user_role"),
    users.c.state.label("user_state"),
    devices.c.trust,
    devices.c.state.label("device_state"),
).select_from(
    sessions.outerjoin(users, users.c.id == sessions.c.user_id).outerjoin(devices, devices.c.id == sessions.c.device_id)
)


def _session(row: sa.RowMapping) -> Session:
    return Session(
        SessionId(""),
        row["user_id"],
        row["device_id"],
        Role(row["user_role"] if row["proven"] and row["user_role"] else row["role"]),
        row["created_at"],
        row["last_activity"],
        row["hash"],
        row["kind"],
        bool(row["proven"]),
        None if row["scopes"] is None else frozenset(Permission(name) for name in json.loads(row["scopes"])),
        row["address"],
        row["agent"],
        row["stepped_up_at"],
        row["expires_at"],
        row["trust"] if row["proven"] else None,
        row["project_id"],
    )


def all_of(look: Look, user: str) -> list[Session]:
    """Those that somebody has who proved to be the user, tokens left out; the latest used first, at most 200."""
    rows = look.rows(
        _WITH_USER.where(sessions.c.user_id == user, sessions.c.proven, sessions.c.kind != "token")
        .order_by(sessions.c.last_activity.desc())
        .limit(SHOWN_AT_MOST)
    )
    now = look.now()
    found = [_session(row) for row in rows]
    return [one for one in found if now - one.last_activity <= IDLE_SECONDS and now < (one.expires_at or now + 1)]


def touch(tx: Tx, session: SessionId) -> Session:
    """`find`, and note that it was used now."""
    found = find(tx, session)
    now = tx.now()
    tx.change(sessions.update().where(sessions.c.hash == found.hash).values(last_activity=now))
    return replace(found, last_activity=now)


# ── proven anew ────────────────────────────────────────────────────────────────────────────────────────────────────


def step_up(tx: Tx, session: Session, how: str = "password") -> Session:
    """The session's user has just proven again to be who it is."""
    now = tx.now()
    tx.change(sessions.update().where(sessions.c.hash == session.hash).values(stepped_up_at=now))
    log.append(tx, SteppedUp(user=session.user or "", how=how), actor=session.actor)
    return replace(session, stepped_up_at=now)


def is_stepped_up(session: Session, now: float, within_seconds: float = FRESH_SECONDS) -> bool:
    return session.stepped_up_at is not None and now - session.stepped_up_at <= within_seconds


# ── ended ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def delete(tx: Tx, session: SessionId) -> None:
    """End it: from now on it opens nothing. Raises `SessionNotFound`."""
    found = find(tx, session)
    end(tx, found, found.actor)


def end(tx: Tx, session: Session, who: Who | None) -> None:
    tx.change(sessions.delete().where(sessions.c.hash == session.hash))
    log.append(tx, SessionDeleted(user=session.user), actor=who)
    revocation.ring(tx, session.hash)


def end_by_id(tx: Tx, user: str, id: str, who: Who) -> None:
    """End one of the user's, as named in lists. Raises `SessionNotFound`."""
    found = next((one for one in all_of(tx, user) if one.hash[:ID_CHARACTERS] == id), None)
    if found is None:
        raise SessionNotFound
    end(tx, found, who)


def end_all(
    tx: Tx, user: str, *, who: Who | str | None = None, but: str | None = None, with_tokens: bool = False
) -> int:
    """End all sessions of the user's, `but` the one with this hash; returns how many."""
    theirs = sessions.c.user_id == user
    if but is not None:
        theirs &= sessions.c.hash != but
    if not with_tokens:
        theirs &= sessions.c.kind != "token"
    ended = tx.change(sessions.delete().where(theirs))
    if ended:
        log.append(tx, SessionsEnded(user=user, sessions=ended), actor=who)
        revocation.ring(tx, user)
    return ended
