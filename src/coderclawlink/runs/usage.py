"""What agents have used, in sums: by run, task, project, agent, user, model or day, from the attempts' rows.

An attempt belongs to the day, in UTC, on which it was placed. Calls whose price nobody knows are counted as such and never as
free.

Above: `web`. Below: `db`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import attempts, projects, runs, tasks
from coderclawlink.ids import ProjectId
from coderclawlink.runs import spending

By = Literal["run", "task", "project", "agent", "user", "model", "day"]

DAY_SECONDS = 86_400
ROWS_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Total:
    """`key`: an id, a name, a model or a date; None: of no task, of no project, of an unknown model. `label`: for people.
    `cost_usd` None: no call had a known price; else it is short of `unpriced_calls`. `seconds`: agents were at work."""

    key: str | None
    label: str
    runs: int
    attempts: int
    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float | None
    unpriced_calls: int
    seconds: float


def totals(
    look: Look,
    actor: Actor,
    by: By,
    *,
    since: float | None = None,
    until: float | None = None,
    project: ProjectId | None = None,
    at_most: int = ROWS_AT_MOST,
) -> list[Total]:
    """Over the runs that the actor may see: days in their order, all else with the dearest first.

    `since` and `until`, without the latter itself: seconds since the epoch. Raises `PermissionMissing`.
    """
    policy.require_somewhere(actor, Permission.TASK_VIEW)
    key, label = _grouping(look, by)
    calls = sa.func.coalesce(attempts.c.calls, 0)
    begun = sa.func.coalesce(attempts.c.started_at, attempts.c.placed_at)
    cost = sa.func.sum(attempts.c.cost_usd)
    statement = (
        sa.select(
            key.label("key"),
            sa.func.max(label).label("label"),
            sa.func.count(sa.distinct(runs.c.id)).label("runs"),
            sa.func.count().label("attempts"),
            sa.func.sum(calls).label("calls"),
            sa.func.sum(sa.func.coalesce(attempts.c.input_tokens, 0)).label("input_tokens"),
            sa.func.sum(sa.func.coalesce(attempts.c.output_tokens, 0)).label("output_tokens"),
            sa.func.sum(sa.func.coalesce(attempts.c.cached_tokens, 0)).label("cached_tokens"),
            cost.label("cost_usd"),
            sa.func.sum(sa.case((attempts.c.cost_usd.is_(None), calls), else_=0)).label("unpriced_calls"),
            sa.func.sum(sa.func.coalesce(attempts.c.ended_at, look.now()) - begun).label("seconds"),
        )
        .select_from(attempts)
        .join(runs, runs.c.id == attempts.c.run_id)
        .outerjoin(tasks, tasks.c.id == runs.c.task_id)
        .outerjoin(projects, projects.c.id == runs.c.project_id)
        .where(attempts.c.placed_at.is_not(None), ~runs.c.hidden, visibility.run_seen(actor))
        .group_by(key)
        .order_by(*((key.desc(),) if by == "day" else (cost.desc().nulls_last(), sa.text("calls DESC"), key)))
        .limit(at_most)
    )
    if since is not None:
        statement = statement.where(attempts.c.placed_at >= since)
    if until is not None:
        statement = statement.where(attempts.c.placed_at < until)
    if project is not None:
        statement = statement.where(runs.c.project_id == project)
    found = [_total(row, by) for row in look.rows(statement)]
    return found[::-1] if by == "day" else found


def _grouping(look: Look, by: By) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """What is grouped by, and what people call it."""
    match by:
        case "run":
            return runs.c.number, runs.c.title
        case "task":
            return tasks.c.id, tasks.c.key
        case "project":
            return projects.c.id, projects.c.key
        case "agent":
            return attempts.c.agent, attempts.c.agent
        case "user":
            return spending.user, spending.user
        case "model":
            return attempts.c.model, attempts.c.model
        case "day":
            days = attempts.c.placed_at / DAY_SECONDS
            day = sa.cast(days if look.dialect == "sqlite" else sa.func.floor(days), sa.Integer)  # SQLite's cast cuts
            return day, day


_NONE: dict[By, str] = {"task": "no task", "project": "no project", "model": "unknown"}


def _total(row: sa.RowMapping, by: By) -> Total:
    key, label = row["key"], row["label"]
    if by == "day":
        key = label = datetime.fromtimestamp(key * DAY_SECONDS, UTC).date().isoformat()
    elif by == "run":
        label = f"#{key} {label}"
    unpriced = int(row["unpriced_calls"])
    return Total(
        key=None if key is None else str(key),
        label=_NONE.get(by, "") if label is None else label,
        runs=row["runs"],
        attempts=row["attempts"],
        calls=int(row["calls"]),
        input_tokens=int(row["input_tokens"]),
        output_tokens=int(row["output_tokens"]),
        cached_tokens=int(row["cached_tokens"]),
        cost_usd=(None if unpriced else 0.0) if row["cost_usd"] is None else float(row["cost_usd"]),
        unpriced_calls=unpriced,
        seconds=max(0.0, float(row["seconds"])),
    )
