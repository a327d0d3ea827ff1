"""Sessions: made, looked up, ended. The id is the secret: a random UUID shown once, kept as its SHA-256."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access.policy import GRANTS, Actor, Permission, Role
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import sessions, users
from coderclawlink.errors import NotFound, NotSignedIn
from coderclawlink.events import SessionCreated, SessionDeleted
from coderclawlink.ids import SessionId
from coderclawlink.journal import log

IDLE_SECONDS = 24 * 3600.0
"""A session that was not used for so long has expired."""
TOUCH_SECONDS = 60.0
"""`last_activity` is written at most once in so long: a read is not worth a commit each time."""


class SessionUnknown(NotSignedIn):
    """The session is unknown or has expired."""


class SessionNotFound(NotFound):
    """Session not found."""


@dataclass(frozen=True, slots=True)
class Session:
    id: SessionId
    user: str | None
    device: str | None
    role: Role
    created_at: float
    last_activity: float

    @property
    def permissions(self) -> list[str]:
        return [permission for permission in Permission if permission in GRANTS[self.role]]

    @property
    def actor(self) -> Actor:
        at = hash_of(self.id)
        return Actor(self.role, self.user, at, login=at, device=self.device)


def hash_of(session: SessionId) -> str:
    return hashlib.sha256(session.strip().lower().encode()).hexdigest()


def create(tx: Tx, user: str | None, device: str | None, *, role: Role | None = None) -> Session:
    """Make a session. Without `role` (which only the machine's owner can give) it has the role that its user has; a user
    never seen is made, with role developer and never more; nobody has developer's rights too."""
    now = tx.now()
    known = None if user is None else tx.scalar(sa.select(users.c.role).where(users.c.id == user))
    if user is not None and known is None:
        tx.change(users.insert().values(id=user, role=Role.DEVELOPER, created_at=now))
    # Naming a user is not proving to be one: a session asked for by name has a developer's rights at most.
    given = role or (Role(known) if known in (Role.VIEWER, Role.GUEST) else Role.DEVELOPER)
    session = Session(SessionId(str(uuid.uuid4())), user, device, given, now, now)
    tx.change(
        sessions.insert().values(
            hash=hash_of(session.id), user_id=user, device_id=device, role=given, created_at=now, last_activity=now
        )
    )
    log.append(tx, SessionCreated(user=user, role=given), actor=session.actor)
    return session


def find(look: Look, session: SessionId) -> Session:
    """The session. Raises `SessionNotFound` when it is unknown or has expired."""
    row = look.row(sa.select(sessions).where(sessions.c.hash == hash_of(session)))
    if row is None or look.now() - row["last_activity"] > IDLE_SECONDS:
        raise SessionNotFound
    return Session(
        session, row["user_id"], row["device_id"], Role(row["role"]), row["created_at"], row["last_activity"]
    )


def touch(tx: Tx, session: SessionId) -> Session:
    """`find`, and note that it was used now."""
    found = find(tx, session)
    now = tx.now()
    tx.change(sessions.update().where(sessions.c.hash == hash_of(session)).values(last_activity=now))
    return Session(found.id, found.user, found.device, found.role, found.created_at, now)


def delete(tx: Tx, session: SessionId) -> None:
    """End it: from now on it opens nothing. Raises `SessionNotFound`."""
    found = find(tx, session)
    tx.change(sessions.delete().where(sessions.c.hash == hash_of(session)))
    log.append(tx, SessionDeleted(user=found.user), actor=found.actor)
