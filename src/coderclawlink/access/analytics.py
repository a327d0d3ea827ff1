"""What the audit chain tells in sum: how much was done, what was refused, what was done from new devices and at unusual hours.

Above: the routes, `clawlink audit analytics`. Below: the rows. Days and hours are UTC. The window of the question (`since`, `until`) bounds
what is read; each answer comes from an index on it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa

from coderclawlink.access.audit import STATUSES, Question, read, which
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import audit as table
from coderclawlink.db.schema import runs
from coderclawlink.journal.chain import COLUMNS, Row

DAY_SECONDS = 86_400.0
WINDOW_SECONDS = 7 * DAY_SECONDS
"""What is looked at where nothing else is asked."""
NEW_DEVICE_DAYS = 90
"""A device that a person was not seen with for so long is a new one."""
USUAL_DAYS = 30
"""So long before the window is looked at for a person's usual hours."""
USUAL_AT_LEAST = 2
"""On so many days something was done at an hour that is usual; the hours beside it are too."""
KNOWN_AT_LEAST = 5
"""On so many days a person must have been seen to have usual hours."""

Group = Literal["actor", "action", "agent", "type", "project", "day", "hour", "status"]


@dataclass(frozen=True, slots=True)
class Count:
    """`name`: of the group. The three sum up to all."""

    name: str
    success: int
    denied: int
    failure: int


def count(look: Look, asked: Question, by: Group, limit: int = 1000) -> list[Count]:
    """How much was done, in groups: days and hours in their order, the others by their size. `agent`: what runs tell, by the agent that
    each was for."""
    name: Any = _group(look, by).label("name")
    sums: list[Any] = [
        sa.func.sum(sa.case((table.c.status == status, 1), else_=0)).label(status) for status in STATUSES
    ]
    statement: sa.Select[Any] = sa.select(name, *sums).where(*which(asked)).group_by(name).limit(limit)
    if by == "agent":
        statement = statement.join(runs, sa.and_(table.c.resource_type == "run", table.c.resource_id == runs.c.id))
    statement = statement.order_by(name) if by in ("day", "hour") else statement.order_by(sa.func.count().desc(), name)
    return [Count(str(row["name"]), *(int(row[status]) for status in STATUSES)) for row in look.rows(statement)]


def _group(look: Look, by: Group) -> sa.ColumnElement[Any]:
    match by:
        case "actor":
            return sa.func.coalesce(table.c.actor, "hub")
        case "action":
            return sa.func.coalesce(table.c.action, "")
        case "agent":
            return runs.c.agent
        case "type":
            return table.c.event_type
        case "project":
            return sa.func.coalesce(sa.cast(table.c.project_id, sa.Text), "")
        case "status":
            return table.c.status
        case _:
            pass
    pattern = {"day": ("%Y-%m-%d", "YYYY-MM-DD"), "hour": ("%Y-%m-%dT%H", 'YYYY-MM-DD"T"HH24')}[by]
    if look.dialect == "sqlite":
        return sa.func.strftime(pattern[0], table.c.at, "unixepoch")
    return sa.func.to_char(sa.func.timezone("UTC", sa.func.to_timestamp(table.c.at)), pattern[1])


def denied(look: Look, asked: Question, limit: int = 100) -> list[Row]:
    """What was refused, newest first."""
    return read(look, replace(asked, status="denied"), limit)


def new_devices(look: Look, asked: Question, limit: int = 100) -> list[Row]:
    """The first things that were done from devices which were not seen for long before, newest first."""
    earlier = table.alias()
    seen = sa.exists().where(
        earlier.c.device_id == table.c.device_id,
        earlier.c.seq < table.c.seq,
        earlier.c.at > table.c.at - NEW_DEVICE_DAYS * DAY_SECONDS,
    )
    statement = sa.select(*COLUMNS).where(*which(asked), table.c.device_id.is_not(None), ~seen)
    return [Row(*row) for row in look.tuples(statement.order_by(table.c.seq.desc()).limit(limit))]


def off_hours(look: Look, asked: Question, work: tuple[int, int] | None = None, limit: int = 100) -> list[Row]:
    """What people did outside of hours, newest first: outside those from `work[0]` up to `work[1]` of the day; where that is None, outside
    each person's usual ones, as the thirty days before the window tell them. Who was seen too little has none yet, and is left out.
    """
    hour = _hour(look)
    if work is not None:
        outside = sa.or_(hour < work[0], hour >= work[1])
    else:
        unusual = _unusual(look, asked)
        if not unusual:
            return []
        # Who is in it at which hours, told in as few terms as there are sets of hours.
        people: dict[frozenset[int], list[str]] = defaultdict(list)
        for user, hours in unusual.items():
            people[hours].append(user)
        outside = sa.or_(
            *(sa.and_(table.c.user_id.in_(users), hour.in_(sorted(hours))) for hours, users in people.items())
        )
    statement = sa.select(*COLUMNS).where(*which(asked), table.c.user_id.is_not(None), outside)
    return [Row(*row) for row in look.tuples(statement.order_by(table.c.seq.desc()).limit(limit))]


def _unusual(look: Look, asked: Question) -> dict[str, frozenset[int]]:
    """The hours that are not usual, of each person who has usual ones."""
    begin = asked.since or 0.0
    hour, day = _hour(look).label("hour"), _whole(look, table.c.at / DAY_SECONDS).label("day")
    before = replace(
        asked, since=begin - USUAL_DAYS * DAY_SECONDS, until=begin, before=None, text=None, status=None, types=()
    )
    seen = (
        sa.select(table.c.user_id.label("user"), hour, day)
        .where(*which(before), table.c.user_id.is_not(None))
        .distinct()
    )
    days: dict[str, set[int]] = defaultdict(set)
    on: dict[tuple[str, int], int] = defaultdict(int)
    for user, at, of in look.tuples(seen):
        days[user].add(of)
        on[user, at] += 1
    found = {}
    for user, active in days.items():
        if len(active) < KNOWN_AT_LEAST:
            continue
        usual = {at for at in range(24) if on[user, at] >= USUAL_AT_LEAST}
        usual |= {(at + beside) % 24 for at in usual for beside in (-1, 1)}
        if usual:
            found[user] = frozenset(range(24)) - usual
    return {user: hours for user, hours in found.items() if hours}


def _hour(look: Look) -> sa.ColumnElement[int]:
    """Of the day, UTC."""
    return _whole(look, table.c.at / 3600.0) % 24


def _whole(look: Look, number: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """Rounded down; what is asked of it is positive."""
    return sa.cast(number if look.dialect == "sqlite" else sa.func.floor(number), sa.Integer)
