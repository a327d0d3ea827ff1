"""The audit chain as it is asked: who did what, newest first, as far as the asker may see it.

Above: the routes, `clawlink audit`. Below: `journal.chain`, which writes it. Administrators see all of it, a project's administrators what is
about the project, and everybody what they have done themselves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import audit as table
from coderclawlink.errors import Denied
from coderclawlink.journal.chain import COLUMNS, Row

Status = Literal["success", "denied", "failure"]
STATUSES: tuple[Status, ...] = ("success", "denied", "failure")
_SEARCHED = ("actor", "action", "resource_id", "resource_type")


class NotYours(Denied):
    """Only an administrator sees what others have done."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the chain; what is None is not asked. `since`, `until`: seconds since the epoch. `before`: rows below this number.
    `text`: stands in the actor, the action or the name of the thing. `session`: its hash. `projects`: of any of these; None: of all and
    of none."""

    user: str | None = None
    session: str | None = None
    device: str | None = None
    types: Sequence[str] = ()
    resource: str | None = None
    project: int | None = None
    status: Status | None = None
    since: float | None = None
    until: float | None = None
    text: str | None = None
    before: int | None = None
    projects: frozenset[int] | None = None


def seen(actor: Actor, asked: Question) -> Question:
    """The question, narrowed to what the actor may see. Raises `PermissionMissing` where that is nothing."""
    if policy.may(actor, Permission.ADMIN_SYSTEM):
        return asked
    places = actor.memberships.keys() | (actor.only or frozenset())
    administered = {one for one in places if policy.may(actor, Permission.ADMIN_SYSTEM, one)}
    if not administered:
        policy.require(actor, Permission.ADMIN_SYSTEM)
    return replace(asked, projects=frozenset(administered))


def read(look: Look, asked: Question, limit: int, *further: sa.ColumnElement[bool]) -> list[Row]:
    """Newest first. `further`: what the rows must be as well."""
    statement = sa.select(*COLUMNS).where(*which(asked), *further).order_by(table.c.seq.desc()).limit(limit)
    return [Row(*row) for row in look.tuples(statement)]


def read_for(look: Look, actor: Actor, asked: Question, limit: int) -> list[Row]:
    """Newest first, of what the actor may see. Raises `PermissionMissing`."""
    return read(look, seen(actor, asked), limit)


def activity(look: Look, actor: Actor, *, limit: int, user: str | None = None, session: str | None = None) -> list[Row]:
    """What a person has done, or what was done in a session (its hash): one's own, or anybody's for an administrator. What one has done
    in a project that is not there for one any more is left out; so is, for a token narrowed to a project, what was done in none. Raises
    `NotYours`."""
    there = visibility.visible(actor, table.c.project_id)
    if actor.only is None:
        there = sa.or_(table.c.project_id.is_(None), there)
    is_own = session == actor.login if session is not None else user == actor.user and actor.proven
    if not (is_own or policy.may(actor, Permission.ADMIN_SYSTEM)):
        # A session that has only named somebody sees what it has done itself, not all that was done in that name.
        if session is None and user is not None and user == actor.user and actor.login is not None:
            return read(look, Question(user=user, session=actor.login), limit, there)
        raise NotYours
    return read(look, Question(user=user, session=session), limit, there)


def batch(look: Look, after: int, limit: int) -> list[Row]:
    """The rows after this one, oldest first."""
    statement = sa.select(*COLUMNS).where(table.c.seq > after).order_by(table.c.seq).limit(limit)
    return [Row(*row) for row in look.tuples(statement)]


def which(asked: Question) -> list[sa.ColumnElement[bool]]:
    """The rows that are asked for."""
    named = {"user_id": asked.user, "session_id": asked.session, "device_id": asked.device, "status": asked.status}
    named |= {"resource_type": asked.resource, "project_id": asked.project}  # type: ignore[dict-item]
    found = [table.c[name] == value for name, value in named.items() if value is not None]
    if asked.status not in (None, "success"):
        found.append(table.c.status != sa.literal_column("'success'"))  # the words of the index over the others
    if asked.projects is not None:
        found.append(table.c.project_id.in_(sorted(asked.projects)))
    if asked.types:
        found.append(table.c.event_type.in_(list(asked.types)))
    if asked.since is not None:
        found.append(table.c.at >= asked.since)
    if asked.until is not None:
        found.append(table.c.at < asked.until)
    if asked.before is not None:
        found.append(table.c.seq < asked.before)
    if asked.text:
        found.append(sa.or_(*(table.c[name].icontains(asked.text, autoescape=True) for name in _SEARCHED)))
    return found


def as_json(row: Row) -> dict[str, object]:
    """A row in the contract's shape, with what stands beside it."""
    return {
        "event_id": row.event_id,
        "event_type": row.event_type,
        "timestamp": rfc3339(row.at),
        "user_id": row.user_id,
        "session_id": row.session_id,
        "resource_type": row.resource_type,
        "resource_id": row.resource_id,
        "action": row.action,
        "status": row.status,
        "details": json.loads(row.details),
        "seq": row.seq,
        "actor": row.actor,
        "device_id": row.device_id,
        "project_id": row.project_id,
        "previous": row.previous,
        "hash": row.hash,
    }
