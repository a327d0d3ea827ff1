"""Sums of what attempts have spent and set aside: what is over is kept with the budgets, the rest is in the attempts' rows.

Above: `budgets`, which lays caps beside them. Below: `db`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts, budgets, runs
from coderclawlink.runs import caps, scopes
from coderclawlink.runs.caps import Budget, Period
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.scopes import OWNER, Scope

_Sums = sa.Select[tuple[float, int, float, int]]

NOTHING = 1e-6
"""US dollars so few that they are nothing: sums of fractions are not exact."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was really spent, in US dollars (calls without a known price count as nothing) and tokens. `held_*`: the same, but
    for attempts at work what was set aside for them, if that is more."""

    usd: float = 0.0
    tokens: int = 0
    held_usd: float = 0.0
    held_tokens: int = 0

    @property
    def real(self) -> tuple[float, int]:
        return self.usd, self.tokens

    @property
    def committed(self) -> tuple[float, int]:
        return self.held_usd, self.held_tokens


user: sa.ColumnElement[str] = sa.func.coalesce(runs.c.user_id, OWNER)
"""Whose an attempt is, where its run is joined."""
TOKENS = sa.func.coalesce(attempts.c.input_tokens, 0) + sa.func.coalesce(attempts.c.output_tokens, 0)
_USD = sa.func.coalesce(attempts.c.cost_usd, 0.0)


def _held(spent: sa.ColumnElement[float], reserved: sa.Column[float]) -> sa.ColumnElement[float]:
    return sa.case((sa.and_(attempts.c.state != "ended", reserved > spent), reserved), else_=spent)


_SUMS = sa.select(
    sa.func.coalesce(sa.func.sum(_USD), 0.0).label("usd"),
    sa.func.coalesce(sa.func.sum(TOKENS), 0).label("tokens"),
    sa.func.coalesce(sa.func.sum(_held(_USD, attempts.c.reserved_usd)), 0.0).label("held_usd"),
    sa.func.coalesce(sa.func.sum(_held(TOKENS, attempts.c.reserved_tokens)), 0).label("held_tokens"),
)


def of_budget(look: Look, budget: Budget) -> Spent:
    """In the present period, by the database's clock: what is closed, and what attempts not yet closed have spent."""
    now = look.now()
    open_ones = _spent(look, _within(_SUMS.where(sa.not_(attempts.c.closed)), budget, now))
    is_of_now = budget.told_period == period_name(budget.period, now)
    usd, tokens = (budget.closed_usd, budget.closed_tokens) if is_of_now else (0.0, 0)
    return Spent(
        open_ones.usd + usd, open_ones.tokens + tokens, open_ones.held_usd + usd, open_ones.held_tokens + tokens
    )


_DUE = sa.and_(sa.not_(attempts.c.closed), attempts.c.state == "ended")


def close(tx: Tx) -> None:
    """Let the budgets count for good what attempts that are over have spent: also when their runs are deleted, and without
    adding up all that ever was."""
    over = tx.rows(
        sa.select(
            attempts.c.agent, runs.c.user_id, attempts.c.project_id, runs.c.task_id, attempts.c.placed_at,
            _USD.label("usd"), TOKENS.label("tokens"),
        )
        .join(runs, runs.c.id == attempts.c.run_id)
        .where(_DUE)
    )  # fmt: skip
    if not over:
        return
    spent_from: defaultdict[tuple[Scope, str], list[sa.RowMapping]] = defaultdict(list)
    for row in over:
        if row["placed_at"] is not None:
            for scope in scopes.of(row["agent"], row["user_id"], row["project_id"], row["task_id"]):
                spent_from[scope].append(row)
    for budget in caps.among(tx, sa.tuple_(budgets.c.scope, budgets.c.name).in_(spent_from)):
        _add(tx, budget, spent_from[budget.scope, budget.name])
    close_unseen(tx)


def before_deleting(tx: Tx, which: sa.ColumnElement[bool]) -> None:
    """These runs are about to be deleted (`which`: a condition on them): what they have spent stays spent."""
    if caps.are_any(tx):
        theirs = attempts.c.run_id.in_(sa.select(runs.c.id).where(which))
        tx.change(attempts.update().where(theirs, attempts.c.state != "ended").values(state="ended"))
        close(tx)


def close_unseen(tx: Tx) -> None:
    """The same while there is no budget."""
    tx.change(attempts.update().where(_DUE).values(closed=True))


def _add(tx: Tx, budget: Budget, spent: Sequence[sa.RowMapping]) -> None:
    """Those of the present period to the budget's row, which may still hold the sums of the one before."""
    begun, name = period_start(budget.period, tx.now()), period_name(budget.period, tx.now())
    within = [row for row in spent if row["placed_at"] >= begun]
    is_new = budget.told_period != name
    tx.change(
        budgets.update()
        .where(budget.row)
        .values(
            told_period=name,
            told_percent=0 if is_new else budget.told_percent,
            closed_usd=(0.0 if is_new else budget.closed_usd) + sum(row["usd"] for row in within),
            closed_tokens=(0 if is_new else budget.closed_tokens) + sum(row["tokens"] for row in within),
        )
    )


def of_the_past(look: Look, budget: Budget) -> Spent:
    """What closed attempts have spent in the present period, added up anew: for a budget that is new."""
    return _spent(look, _within(_SUMS.where(attempts.c.closed), budget, look.now()))


def _within(statement: _Sums, budget: Budget, now: float) -> _Sums:
    match budget.scope:
        case "project":
            statement = statement.where(attempts.c.project_id == int(budget.name))
        case "agent":
            statement = statement.where(attempts.c.agent == budget.name)
        case "task":
            statement = statement.join_from(attempts, runs).where(runs.c.task_id == int(budget.name))
        case "user":
            statement = statement.join_from(attempts, runs).where(user == budget.name)
        case "installation":
            pass
    if budget.period != "total":
        statement = statement.where(attempts.c.placed_at >= period_start(budget.period, now))
    return statement


def of_run(look: Look, run: Run) -> Spent:
    """Over all attempts of the run."""
    return _spent(look, _SUMS.where(attempts.c.run_id == run.id))


def _spent(look: Look, statement: _Sums) -> Spent:
    row = look.rows(statement)[0]
    return Spent(float(row["usd"]), int(row["tokens"]), float(row["held_usd"]), int(row["held_tokens"]))


_OUT_OF_MONEY = sa.and_(attempts.c.pause_reason == "budget", attempts.c.placed_at.is_not(None))


def agent_of(look: Look, run: Run) -> str:
    """Who makes the run's latest attempt."""
    here = attempts.c.run_id == run.id, attempts.c.number == run.attempt
    return str(look.scalar(sa.select(attempts.c.agent).where(*here)) or run.agent)


def pauses(look: Look, run: Run) -> int:
    """How many attempts of the run have paused because their share was spent."""
    return int(look.scalar(sa.select(sa.func.count()).where(attempts.c.run_id == run.id, _OUT_OF_MONEY)) or 0)


def left_over(look: Look, run: Run) -> tuple[float | None, int | None] | None:
    """What the run's last attempt had left, in dollars and tokens, when it paused for want of money; None if it did not."""
    row = look.row(
        sa.select(
            attempts.c.pause_reason,
            (attempts.c.reserved_usd - _USD).label("usd"),
            (attempts.c.reserved_tokens - TOKENS).label("tokens"),
        )
        .where(attempts.c.run_id == run.id, attempts.c.placed_at.is_not(None))
        .order_by(attempts.c.number.desc())
        .limit(1)
    )
    return None if row is None or row["pause_reason"] != "budget" else (row["usd"], row["tokens"])


def period_start(period: Period, now: float) -> float:
    """When the period began, UTC, in seconds since the epoch."""
    at = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case "total":
            return 0.0
        case "month":
            return at.replace(day=1).timestamp()
        case "day":
            return at.timestamp()


def period_end(period: Period, now: float) -> float | None:
    """When the next one begins; None for a budget that is one for all times."""
    if period == "total":
        return None
    begun = datetime.fromtimestamp(period_start(period, now), UTC)
    return period_start(period, (begun + timedelta(days=1 if period == "day" else 31)).timestamp())


def period_name(period: Period, now: float) -> str:
    """`2026-11-24`, `2026-11`, or empty: what tells one period from the next."""
    at = datetime.fromtimestamp(now, UTC)
    return {"total": "", "month": f"{at:%Y-%m}", "day": f"{at:%Y-%m-%d}"}[period]
