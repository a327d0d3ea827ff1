"""The route of the audit chain's sums: counted in groups, what was refused, new devices, unusual hours; each also as CSV.

Above: `api`. Below: `access.analytics`. Beside: `audit`, which says what can be asked for.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from coderclawlink.access import analytics, audit
from coderclawlink.access.analytics import WINDOW_SECONDS, Group
from coderclawlink.access.audit import Question
from coderclawlink.access.policy import Actor
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Look
from coderclawlink.errors import Invalid
from coderclawlink.journal.chain import Row
from coderclawlink.web.audit import AuditEvent, Filtered, ProjectAdmin, told
from coderclawlink.web.csv_text import written
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Stamp, Told

router = APIRouter(prefix="/api/audit", tags=["audit"])

SHOWN_AT_MOST = 100
IN_CSV_AT_MOST = 1000
Part = Literal["counts", "denied", "new_devices", "off_hours"]
_CELLS = (
    "seq",
    "at",
    "actor",
    "user_id",
    "device_id",
    "action",
    "resource_type",
    "resource_id",
    "project_id",
    "status",
)


class CountTold(Told):
    """How many events of a group ended so."""

    name: str
    success: int
    denied: int
    failure: int


class Analytics(Told):
    """In the time from `since` on: how much in each group; the latest that was refused; what was done from devices not seen before, and at
    hours that are not the person's usual ones, or outside those asked for."""

    since: Stamp
    counts: list[CountTold]
    denied: list[AuditEvent]
    new_devices: list[AuditEvent]
    off_hours: list[AuditEvent]


@router.get("/analytics", response_model=Analytics, responses={200: {"content": {"text/csv": {}}}})
async def count_events(
    actor: ProjectAdmin,
    here: Here,
    which: Filtered,
    by: Annotated[Group, Query(description="In which groups.")] = "action",
    form: Annotated[Literal["json", "csv"], Query(description="All as JSON, or one part as CSV.")] = "json",
    part: Annotated[Part, Query(description="Which part, as CSV.")] = "counts",
    begin: Annotated[
        int | None, Query(ge=0, le=23, description="The first hour of work, UTC; left out: each person's usual hours.")
    ] = None,
    end: Annotated[int | None, Query(ge=1, le=24, description="The hour after the last one, UTC.")] = None,
) -> Analytics | Response:
    """Of the last seven days, unless `since` says otherwise. For administrators; a project's see what is about the project."""
    hours = _hours(begin, end)
    if form == "csv":
        text, name = await here.db.read(_as_csv, actor, which.asked, by, part, hours)
        headers = {"content-disposition": f'attachment; filename="audit-{name}.csv"'}
        return Response(text, media_type="text/csv", headers=headers)
    return await here.db.read(_analytics, actor, which.asked, by, hours)


def _hours(begin: int | None, end: int | None) -> tuple[int, int] | None:
    if begin is None and end is None:
        return None
    hours = (begin or 0, 24 if end is None else end)
    if hours[0] >= hours[1]:
        raise Invalid("The hours of work end before they begin.")
    return hours


def _asked(look: Look, actor: Actor, asked: Question) -> Question:
    seen = audit.seen(actor, asked)
    if seen.since is not None:
        return seen
    return replace(seen, since=(look.now() if seen.until is None else seen.until) - WINDOW_SECONDS)


def _analytics(look: Look, actor: Actor, asked: Question, by: Group, hours: tuple[int, int] | None) -> Analytics:
    seen = _asked(look, actor, asked)
    return Analytics(
        since=rfc3339(seen.since or 0.0),
        counts=[CountTold(**asdict(one)) for one in analytics.count(look, seen, by)],
        denied=told(analytics.denied(look, seen, SHOWN_AT_MOST)),
        new_devices=told(analytics.new_devices(look, seen, SHOWN_AT_MOST)),
        off_hours=told(analytics.off_hours(look, seen, hours, SHOWN_AT_MOST)),
    )


def _as_csv(
    look: Look, actor: Actor, asked: Question, by: Group, part: Part, hours: tuple[int, int] | None
) -> tuple[str, str]:
    seen = _asked(look, actor, asked)
    if part == "counts":
        counts = analytics.count(look, seen, by)
        cells = [(one.name, one.success, one.denied, one.failure) for one in counts]
        return written([(by, "success", "denied", "failure"), *cells]), f"by-{by}"
    if part == "denied":
        rows = analytics.denied(look, seen, IN_CSV_AT_MOST)
    elif part == "new_devices":
        rows = analytics.new_devices(look, seen, IN_CSV_AT_MOST)
    else:
        rows = analytics.off_hours(look, seen, hours, IN_CSV_AT_MOST)
    return written([_CELLS, *map(_cells, rows)]), part.replace("_", "-")


def _cells(row: Row) -> list[object]:
    return [rfc3339(row.at) if name == "at" else getattr(row, name) for name in _CELLS]
