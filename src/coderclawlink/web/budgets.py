"""Routes of budgets: caps on what agents may spend."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Tx
from coderclawlink.runs import budgets
from coderclawlink.runs.budgets import Standing
from coderclawlink.runs.caps import Period
from coderclawlink.runs.scopes import Scope
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import SEQ_AT_MOST, Asked, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/budgets", tags=["money"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]

Usd = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Tokens = Annotated[int, Field(ge=0, le=SEQ_AT_MOST)]
Name = Annotated[str, Field(max_length=255)]


class BudgetTold(Told):
    """`name`: a project's or task's id, an agent's or user's name, empty for the installation; `label`: what people call it.
    `usd`, `tokens`: the cap in each `period` (UTC); `run_usd`, `run_tokens`: the cap of a run that has none of its own.
    `held_*`: what is spent, and set aside for attempts at work. `left_*`: null where there is no cap."""

    scope: Scope
    name: str
    label: str
    usd: float | None
    tokens: int | None
    run_usd: float | None
    run_tokens: int | None
    period: Period
    spent_usd: float
    spent_tokens: int
    held_usd: float
    held_tokens: int
    left_usd: float | None
    left_tokens: int | None
    set_by: str
    set_at: Stamp


class BudgetWanted(Asked):
    """`name`: of projects and tasks also the key. At least one amount is given."""

    scope: Scope
    name: Name = ""
    usd: Usd | None = None
    tokens: Tokens | None = None
    run_usd: Usd | None = None
    run_tokens: Tokens | None = None
    period: Period = "total"


@router.get("")
async def list_budgets(actor: Reader, here: Here) -> list[BudgetTold]:
    """The widest scope first, each with how it stands. Budgets of other users are for an admin."""
    return [_told(one) for one in await here.db.read(budgets.seen_by, actor)]


@router.put("")
async def put_budget(actor: Writer, here: Here, wanted: BudgetWanted) -> BudgetTold:
    """Set one, or change it whole. The installation's and users' are an admin's to set, and agents' who may configure them."""
    return _told(await here.db.write(_put, actor, wanted))


def _put(tx: Tx, actor: Actor, wanted: BudgetWanted) -> Standing:
    return budgets.standing(tx, budgets.put(tx, actor, **wanted.model_dump()))


@router.delete("", status_code=204)
async def remove_budget(
    actor: Writer, here: Here, scope: Scope, name: Annotated[str, Query(max_length=255)] = ""
) -> None:
    await here.db.write(budgets.remove, actor, scope, name)


def _told(one: Standing) -> BudgetTold:
    budget, spent = one.budget, one.spent
    return BudgetTold(
        scope=budget.scope,
        name=budget.name,
        label=one.label,
        usd=budget.usd,
        tokens=budget.tokens,
        run_usd=budget.run_usd,
        run_tokens=budget.run_tokens,
        period=budget.period,
        spent_usd=spent.usd,
        spent_tokens=spent.tokens,
        held_usd=spent.held_usd,
        held_tokens=spent.held_tokens,
        left_usd=one.left[0],
        left_tokens=one.left[1],
        set_by=budget.set_by,
        set_at=budget.set_at,  # seconds, told as a stamp
    )
