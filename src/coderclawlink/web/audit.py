"""Routes of the audit chain: what was done by whom, counted, verified, exported. Reading is an administrator's, and everybody's own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AfterValidator, JsonValue
from starlette.responses import StreamingResponse

from coderclawlink.access import audit
from coderclawlink.access.audit import Group, Question, Status
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.sessions import hash_of
from coderclawlink.clock import seconds
from coderclawlink.db.engine import Look
from coderclawlink.errors import Invalid
from coderclawlink.ids import SessionId
from coderclawlink.journal.chain import TYPES, Row
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Id, Seq, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/audit", tags=["audit"])


def _known(name: str) -> str:
    if name not in TYPES:
        raise ValueError(f"no audit event has the type {name!r}")
    return name


Admin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM)]
Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Name = Annotated[str | None, Query(max_length=255)]
When = Annotated[str | None, Query(max_length=40, description="RFC 3339.")]
EventType = Annotated[str, AfterValidator(_known)]
EXPORT_BATCH = 1000


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


def _told(rows: list[Row]) -> list[AuditEvent]:
    return [AuditEvent.model_validate(audit.as_json(row)) for row in rows]


# ── the contract's ─────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/events")
async def list_events(
    actor: Admin,
    here: Here,
    user_id: Name = None,
    event_type: Annotated[EventType | None, Query()] = None,
    resource_type: Name = None,
    limit: Limit = 100,
) -> list[AuditEvent]:
    """Newest first. For administrators."""
    asked = Question(user=user_id, types=(event_type,) if event_type else (), resource=resource_type)
    return _told(await here.db.read(audit.read_for, actor, asked, limit))


@router.get("/users/{user_id}/activity")
async def show_user_activity(actor: Viewer, here: Here, user_id: str, limit: Limit = 100) -> list[AuditEvent]:
    """Your own, or anybody's for an administrator. Newest first."""
    return _told(await here.db.read(_activity, actor, limit, user_id, None))


@router.get("/sessions/{session_id}/activity")
async def show_session_activity(
    actor: Annotated[Actor, needs(Permission.TASK_VIEW, session_as="auth_session_id")],
    here: Here,
    session_id: str,
    auth_session_id: Name = None,
    limit: Limit = 100,
) -> list[AuditEvent]:
    """What was done in a session: your own, or any for an administrator; `auth_session_id` is the session that asks. Newest first."""
    return _told(await here.db.read(_activity, actor, limit, None, hash_of(SessionId(session_id))))


def _activity(look: Look, actor: Actor, limit: int, user: str | None, session: str | None) -> list[Row]:
    return audit.activity(look, actor, limit=limit, user=user, session=session)


# ── beside the contract ────────────────────────────────────────────────────────────────────────────────────────────


class Page(Told):
    """`next`: what to give as `before` for older ones; null when these are the oldest."""

    events: list[AuditEvent]
    next: int | None


class CountTold(Told):
    name: str
    success: int
    denied: int
    failure: int


class Analytics(Told):
    """In the time asked for: how much in each group, what was done from devices not seen before, and outside of the hours."""

    counts: list[CountTold]
    new_devices: list[AuditEvent]
    off_hours: list[AuditEvent]


class CheckpointTold(Told):
    seq: int
    hash: str
    at: Stamp
    key: str
    signature: str


class Chain(Told):
    """`broken`: what does not hold, in words, at row `at`; null: all holds. `signed`: checkpoints that agree with the chain."""

    events: int
    seconds: float
    head: str
    broken: str | None
    at: int | None
    signed: int
    latest: int | None
    checkpoints: list[CheckpointTold]


class _Filter:
    """What a query asks for."""

    def __init__(
        self,
        q: Annotated[
            str | None, Query(max_length=200, description="Stands in the actor, the action or the thing's name.")
        ] = None,
        event_type: Annotated[list[EventType] | None, Query()] = None,
        status: Annotated[Status | None, Query()] = None,
        user_id: Name = None,
        device_id: Name = None,
        resource_type: Name = None,
        project_id: Annotated[Id | None, Query()] = None,
        since: When = None,
        until: When = None,
        before: Annotated[Seq | None, Query()] = None,
    ) -> None:
        self.asked = Question(
            user=user_id,
            device=device_id,
            types=tuple(event_type or ()),
            resource=resource_type,
            project=project_id,
            status=status,
            since=_when(since),
            until=_when(until),
            text=q or None,
            before=before,
        )


def _when(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return seconds(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is no time: give it as 2026-01-31T12:00:00Z.") from error


Filtered = Annotated[_Filter, Depends()]


@router.get("")
async def search_events(actor: Admin, here: Here, which: Filtered, limit: Limit = 100) -> Page:
    """Newest first, a page at a time."""
    found = await here.db.read(audit.read_for, actor, which.asked, limit + 1)
    return Page(events=_told(found[:limit]), next=found[limit - 1].seq if len(found) > limit else None)


@router.get("/analytics", response_model=Analytics, responses={200: {"content": {"text/csv": {}}}})
async def count_events(
    actor: Admin,
    here: Here,
    which: Filtered,
    by: Annotated[Group, Query()] = "action",
    form: Annotated[Literal["json", "csv"], Query()] = "json",
    begin: Annotated[int, Query(ge=0, le=23, description="The first hour of people's work, UTC.")] = 6,
    end: Annotated[int, Query(ge=1, le=24, description="The hour after the last one, UTC.")] = 22,
) -> Analytics | Response:
    """How much was done, in groups; as CSV the groups alone."""
    counts = await here.db.read(audit.count, which.asked, by)
    if form == "csv":
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow([by, *("success", "denied", "failure")])
        rows.writerows([_cell(one.name), one.success, one.denied, one.failure] for one in counts)
        return Response(text.getvalue(), media_type="text/csv", headers=_as_file(f"audit-by-{by}.csv"))
    since = which.asked.since or 0.0
    return Analytics(
        counts=[CountTold(**asdict(one)) for one in counts],
        new_devices=_told(await here.db.read(audit.new_devices, since)),
        off_hours=_told(await here.db.read(audit.off_hours, since, begin, end)),
    )


def _cell(text: str) -> str:
    """A spreadsheet shall not take a name for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@router.get("/chain")
async def verify_chain(actor: Admin, here: Here) -> Chain:
    """Reckons the whole chain anew: some ten seconds for a million events."""
    found, signed = await here.db.read(_verified)
    return Chain(**asdict(found), checkpoints=[CheckpointTold.model_validate(one) for one in signed])


def _verified(look: Look) -> tuple[audit.Verified, list[audit.Checkpoint]]:
    return audit.verify(look), audit.all_checkpoints(look)[-100:]


@router.post("/checkpoints")
async def sign_chain(actor: Admin, here: Here) -> CheckpointTold | None:
    """Sign where the chain ends now; null when it is signed there already. Keep the answer outside of this hub."""
    made = await here.db.write(audit.checkpoint, here.vault)
    return None if made is None else CheckpointTold.model_validate(made)


@router.get("/export", response_class=Response, responses={200: {"content": {"application/x-ndjson": {}}}})
async def export_events(
    actor: Admin, here: Here, form: Annotated[Literal["jsonl", "ocsf"], Query()] = "jsonl"
) -> StreamingResponse:
    """All of it, oldest first, a line each: as it is kept, or as OCSF 1.3."""
    shape = audit.as_json if form == "jsonl" else audit.as_ocsf
    return StreamingResponse(_lines(here, shape), media_type="application/x-ndjson", headers=_as_file(f"audit.{form}"))


async def _lines(here: Rooms, shape: Callable[[Row], Mapping[str, object]]) -> AsyncIterator[str]:
    after = 0
    while batch := await here.db.read(_batch, after):
        after = batch[-1].seq
        yield "".join(json.dumps(shape(row), ensure_ascii=False) + "\n" for row in batch)


def _batch(look: Look, after: int) -> list[Row]:
    return list(audit.rows(look, after, after + EXPORT_BATCH))


def _as_file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
