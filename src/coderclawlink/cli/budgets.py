"""`clawlink budget`: caps on what agents may spend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

if TYPE_CHECKING:
    from coderclawlink.cli.agent_shapes import Budget

app = App(name="budget", help="Budgets: caps on what agents may spend, never exceeded.")

Scope = Annotated[
    Literal["installation", "project", "task", "agent", "user"], Parameter(help="What the budget is for.")
]
Name = Annotated[
    str, Parameter(help="Which one: a project's or task's key, an agent's or user's name. `owner`: yours.")
]


@app.command(name="set")
def put(
    scope: Scope,
    name: Name = "",
    /,
    *,
    usd: Annotated[float | None, Parameter(help="US dollars in each period.")] = None,
    tokens: Annotated[int | None, Parameter(help="Tokens in each period, in and out.")] = None,
    run_usd: Annotated[float | None, Parameter(help="US dollars for each run that has no cap of its own.")] = None,
    run_tokens: Annotated[int | None, Parameter(help="Tokens for each run that has no cap of its own.")] = None,
    period: Annotated[
        Literal["total", "month", "day"], Parameter(help="When it begins anew, in UTC; `total`: never.")
    ] = "total",
    reach: Reach = HERE,
) -> int:
    """Set a budget, or change it whole. Runs that wait for it go on once it is raised."""
    from coderclawlink.cli import agent_shapes as shapes
    from coderclawlink.cli import hub as hubs

    body = {"usd": usd, "tokens": tokens, "run_usd": run_usd, "run_tokens": run_tokens, "period": period}
    with hubs.reached(reach) as hub:
        answer = hub.put("/api/budgets", {"scope": scope, "name": name, **body})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(shapes.Budget)
    screen.say(f"The budget of {made.label} is {_caps(made.usd, made.tokens)}{_per(made)}; left: {_left(made)}.")
    return 0


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List all budgets and how they stand."""
    from coderclawlink.cli import agent_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/budgets")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("scope", "of", "period", "cap", "each run", "spent", "held", "left"),
        [
            (
                one.scope,
                "-" if one.scope == "installation" else one.label,
                one.period,
                _caps(one.usd, one.tokens),
                _caps(one.run_usd, one.run_tokens),
                _spent(one, one.spent_usd, one.spent_tokens),
                _spent(one, one.held_usd - one.spent_usd, one.held_tokens - one.spent_tokens),
                _left(one),
            )
            for one in answer.read(list[shapes.Budget])
        ],
        empty="There are no budgets. Set one: clawlink budget set project DEMO --usd 20 --period month",
    )
    return 0


@app.command
def remove(scope: Scope, name: Name = "", /, *, reach: Reach = HERE) -> int:
    """Remove a budget: from now on it caps nothing."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete("/api/budgets", scope=scope, name=name)
    screen.say("The budget is removed.")
    return 0


def _caps(usd: float | None, tokens: int | None) -> str:
    parts = [f"${usd:,.2f}" if usd is not None else "", f"{tokens:,} tokens" if tokens is not None else ""]
    return ", ".join(part for part in parts if part) or "-"


def _spent(budget: Budget, usd: float, tokens: int) -> str:
    """In the units in which there is a cap."""
    return _caps(usd if budget.usd is not None else None, tokens if budget.tokens is not None else None)


def _left(budget: Budget) -> str:
    return _caps(budget.left_usd, budget.left_tokens)


def _per(budget: Budget) -> str:
    return "" if budget.period == "total" else f" a {budget.period}"
