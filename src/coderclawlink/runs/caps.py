"""The rows of the budgets: which there are, and which a run spends from.

Above: `budgets`, whose verbs change them; `spending`. Below: `db`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import sqlalchemy as sa

from coderclawlink.db.engine import Look
from coderclawlink.db.schema import budgets
from coderclawlink.errors import NotFound
from coderclawlink.runs import scopes
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.scopes import Scope

Period = Literal["total", "month", "day"]

Cap = tuple[float | None, int | None]
"""US dollars and tokens; None: no cap."""
NO_CAP: Cap = (None, None)


class BudgetNotFound(NotFound):
    """There is no such budget."""


@dataclass(frozen=True, slots=True)
class Budget:
    """`name`: a project's or task's id, an agent's or user's name, empty for the installation. `usd`, `tokens`: the cap in
    each period. `run_usd`, `run_tokens`: the cap of a run that has none of its own. `told_percent` and `closed_*`, what
    attempts that are over have spent, are of the period `told_period`. Times are seconds since the epoch."""

    scope: Scope
    name: str
    usd: float | None
    tokens: int | None
    run_usd: float | None
    run_tokens: int | None
    period: Period
    told_percent: int
    told_period: str
    closed_usd: float
    closed_tokens: int
    set_by: str
    set_at: float

    @property
    def caps(self) -> Cap:
        return self.usd, self.tokens

    @property
    def run_caps(self) -> Cap:
        return self.run_usd, self.run_tokens

    @property
    def row(self) -> sa.ColumnElement[bool]:
        return row_of(self.scope, self.name)


def row_of(scope: Scope, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(budgets.c.scope == scope, budgets.c.name == name)


_ANY = sa.select(budgets.c.scope).limit(1)


def are_any(look: Look) -> bool:
    """Asked at every submit and every word of usage: most houses have none."""
    return look.row(_ANY) is not None


def applying(look: Look, run: Run, agent: str) -> list[Budget]:
    """The budgets that an attempt of the run by this agent spends from."""
    return among(look, sa.or_(*(row_of(scope, name) for scope, name in scopes.of_run(run, agent))))


def among(look: Look, which: sa.ColumnElement[bool]) -> list[Budget]:
    """The widest scope first."""
    found = [Budget(**row) for row in look.rows(sa.select(budgets).where(which))]
    order = get_args(Scope)
    return sorted(found, key=lambda budget: (order.index(budget.scope), budget.name))


def find(look: Look, scope: Scope, name: str) -> Budget:
    """By the name that its row has. Raises `BudgetNotFound`."""
    found = among(look, row_of(scope, name))
    if not found:
        raise BudgetNotFound
    return found[0]
