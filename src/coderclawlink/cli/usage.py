"""`clawlink usage`: what agents have used, in sums."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.text import line
from coderclawlink.errors import Invalid

if TYPE_CHECKING:
    from coderclawlink.cli.agent_shapes import Total

_AGO = re.compile(r"(\d{1,4})([hdw])")


def usage(
    *,
    by: Annotated[
        Literal["project", "task", "run", "agent", "user", "model", "day"], Parameter(help="What to add up by.")
    ] = "project",
    since: Annotated[
        str | None, Parameter(help="Only what began since then: 12h, 7d, 2w, a date (this machine's) or RFC 3339.")
    ] = None,
    until: Annotated[str | None, Parameter(help="Only what began before then, in the same words.")] = None,
    project: Annotated[str | None, Parameter(help="Only this project's, by key.")] = None,
    limit: Annotated[int, Parameter(help="At most so many rows, the dearest or latest.")] = 100,
    reach: Reach = HERE,
) -> int:
    """Show tokens and cost by project, task, run, agent, user, model or day (UTC)."""
    from coderclawlink.cli import agent_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get(
            "/api/usage",
            by=by,
            since=_when(since),
            until=_when(until),
            project_id=hub.project(project).id if project else None,
            limit=limit,
        )
    if reach.json:
        screen.as_json(answer.text)
        return 0
    totals = answer.read(list[shapes.Total])
    cells = [_cells(line(one.label), one) for one in totals]
    if len(totals) > 1:
        cells.append(_cells("all of these", _sum(totals)))
    heads = (by, "runs", "calls", "tokens in", "tokens out", "cost", "at work")
    screen.rows(heads, cells, empty="Nothing was used.")
    if unpriced := sum(one.unpriced_calls for one in totals):
        screen.say(f"≥: {unpriced:,} calls have no known price and are not in the cost.")
    return 0


def _cells(label: str, one: Total) -> tuple[object, ...]:
    cost = "unknown" if one.cost_usd is None else f"{'≥ ' if one.unpriced_calls else ''}${one.cost_usd:,.4f}"
    return (
        label,
        f"{one.runs:,}",
        f"{one.calls:,}",
        f"{one.input_tokens:,}",
        f"{one.output_tokens:,}",
        cost,
        str(timedelta(seconds=round(one.seconds))),
    )


def _sum(totals: list[Total]) -> Total:
    from coderclawlink.cli.agent_shapes import Total

    costs = [one.cost_usd for one in totals if one.cost_usd is not None]
    return Total(
        label="",
        runs=sum(one.runs for one in totals),
        attempts=sum(one.attempts for one in totals),
        calls=sum(one.calls for one in totals),
        input_tokens=sum(one.input_tokens for one in totals),
        output_tokens=sum(one.output_tokens for one in totals),
        cost_usd=sum(costs) if costs else None,
        unpriced_calls=sum(one.unpriced_calls for one in totals),
        seconds=sum(one.seconds for one in totals),
    )


def _when(words: str | None) -> str | None:
    """As RFC 3339. Raises `Invalid`."""
    if words is None:
        return None
    if ago := _AGO.fullmatch(words):
        hours = int(ago[1]) * {"h": 1, "d": 24, "w": 168}[ago[2]]
        return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    try:
        at = datetime.fromisoformat(words)
    except ValueError as error:
        raise Invalid(f"{words} is no time; one looks like 7d, 2026-11-24 or 2026-11-24T08:00:00Z.") from error
    return (at if at.tzinfo else at.astimezone()).isoformat()
