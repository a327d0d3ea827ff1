"""Routes of the audit chain: what was done by whom. Administrators see all, a project's administrators the project's, everybody their own.

Above: `api`. Below: `access.audit`. Beside: `audit_sums`, which counts; `audit_chain`, which verifies, signs and exports.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, JsonValue

from coderclawlink.access import audit
from coderclawlink.access.audit import Question, Status
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.sessions import hash_of
from coderclawlink.clock import seconds
from coderclawlink.db.engine import Look
from coderclawlink.errors import Invalid
from coderclawlink.ids import SessionId
from coderclawlink.journal.chain import TYPES, Row
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Id, Seq, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/audit", tags=["audit"])


def _known(name: str) -> str:
    if name not in TYPES:
        raise ValueError(f"no audit event has the type {name!r}")
    return name


Admin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM)]
ProjectAdmin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM, of_project=True)]
Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
User = Annotated[str | None, Query(max_length=255, description="What this person did.")]
Resource = Annotated[str | None, Query(max_length=255, description="What was done to things of this type.")]
Since = Annotated[str | None, Query(max_length=40, description="Not before, RFC 3339.")]
Until = Annotated[str | None, Query(max_length=40, description="Before, RFC 3339.")]
EventType = Annotated[str, AfterValidator(_known)]


class AuditEvent(Told):
    """`session_id`: the hash of the session's id, which is a secret. `details`: what the event told, its long texts cut. `hash` is of this
    row and of the one before it (`previous`)."""

    event_id: str
    event_type: str
    timestamp: str
    user_id: str | None
    session_id: str | None
    resource_type: str | None
    resource_id: str | None
    action: str | None
    status: Status
    details: dict[str, JsonValue]
    seq: int
    actor: str | None
    device_id: str | None
    project_id: int | None
    previous: str
    hash: str


def told(rows: list[Row]) -> list[AuditEvent]:
    return [AuditEvent.model_validate(audit.as_json(row)) for row in rows]


# ── the contract's ─────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/events")
async def list_events(
    actor: ProjectAdmin,
    here: Here,
    user_id: User = None,
    event_type: Annotated[EventType | None, Query(description="Only this type.")] = None,
    resource_type: Resource = None,
    limit: Limit = 100,
) -> list[AuditEvent]:
    """Newest first. For administrators; a project's see what is about the project."""
    asked = Question(user=user_id, types=(event_type,) if event_type else (), resource=resource_type)
    return told(await here.db.read(audit.read_for, actor, asked, limit))


@router.get("/users/{user_id}/activity")
async def show_user_activity(actor: Viewer, here: Here, user_id: str, limit: Limit = 100) -> list[AuditEvent]:
    """Your own, or anybody's for an administrator. Newest first."""
    return told(await here.db.read(_activity, actor, limit, user_id, None))


@router.get("/sessions/{session_id}/activity")
async def show_session_activity(
    actor: Annotated[Actor, needs(Permission.TASK_VIEW, session_as="auth_session_id")],
    here: Here,
    session_id: str,
    auth_session_id: Annotated[str | None, Query(max_length=255, description="The session that asks.")] = None,
    limit: Limit = 100,
) -> list[AuditEvent]:
    """What was done in a session: your own, or any for an administrator; `auth_session_id` is the session that asks. Newest first."""
    return told(await here.db.read(_activity, actor, limit, None, hash_of(SessionId(session_id))))


def _activity(look: Look, actor: Actor, limit: int, user: str | None, session: str | None) -> list[Row]:
    return audit.activity(look, actor, limit=limit, user=user, session=session)


# ── beside the contract ────────────────────────────────────────────────────────────────────────────────────────────


class Page(Told):
    """`next`: what to give as `before` for older ones; null when these are the oldest."""

    events: list[AuditEvent]
    next: int | None


class Filter:
    """What a query asks for."""

    def __init__(
        self,
        q: Annotated[
            str | None, Query(max_length=200, description="Stands in the actor, the action or the thing's name.")
        ] = None,
        event_type: Annotated[list[EventType] | None, Query(description="Only these types.")] = None,
        status: Annotated[Status | None, Query(description="Only what ended so.")] = None,
        user_id: User = None,
        session: Annotated[
            str | None, Query(max_length=64, description="Done in this session: its hash, as events tell it.")
        ] = None,
        device_id: Annotated[str | None, Query(max_length=64, description="Done from this device.")] = None,
        resource_type: Resource = None,
        project_id: Annotated[Id | None, Query(description="About this project.")] = None,
        since: Since = None,
        until: Until = None,
    ) -> None:
        self.asked = Question(
            user=user_id,
            session=session,
            device=device_id,
            types=tuple(event_type or ()),
            resource=resource_type,
            project=project_id,
            status=status,
            since=_when(since),
            until=_when(until),
            text=q or None,
        )


def _when(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return seconds(text)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{text!r} is no time: give it as 2026-01-31T12:00:00Z.") from error


Filtered = Annotated[Filter, Depends()]


@router.get("")
async def search_events(
    actor: ProjectAdmin,
    here: Here,
    which: Filtered,
    before: Annotated[Seq | None, Query(description="Older than this event: the page before's `next`.")] = None,
    limit: Limit = 100,
) -> Page:
    """Newest first, a page at a time. For administrators; a project's see what is about the project."""
    asked = replace(which.asked, before=before)
    found = await here.db.read(audit.read_for, actor, asked, limit + 1)
    return Page(events=told(found[:limit]), next=found[limit - 1].seq if len(found) > limit else None)
