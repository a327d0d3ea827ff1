"""Budgets: caps on what agents may spend, in US dollars and in tokens, kept before the money is spent.

An attempt is placed only with a share set aside for it (`reserve`), and its node's model proxy lets it spend no more. So what a
scope has spent and set aside never exceeds its cap: the overshoot is nothing. A share counts as itself while its attempt is at
work, and from the moment it is over as what was really spent, as far as its node has told: one that was lost may have spent
the rest of its share unseen. Caps have periods; an attempt belongs wholly to the one in which it was placed (UTC). Tokens are
those that went in, cached or not, and those that came out.

Above: placement, which reserves; `recording`, which tells what was spent (`note_spending`); the engine, which wakes the runs
that `freed` names, at the topics `budget.set`, `attempt.ended`, `attempt.lost` and when a period begins; `web`. Below:
`caps`, their rows; `spending`, the sums; `scopes`, what a budget may be for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import budgets, runs
from coderclawlink.errors import Invalid
from coderclawlink.events import BudgetReached, BudgetSet
from coderclawlink.ids import RunId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.runs import caps, fallback, ledger, scopes, spending
from coderclawlink.runs.caps import NO_CAP, Budget, Cap, Period
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State, WaitReason
from coderclawlink.runs.scopes import Scope
from coderclawlink.runs.spending import Spent

PERCENTS = (50, 80, 100)
"""Told once each."""
SHARE = 10
"""Where neither the run nor the budget says what a run may spend, an attempt is given one part in so many of the budget at a
time, so that one run does not set aside what others could use; twice as much after each pause for want of money."""


class BadBudget(Invalid):
    """A budget says at least one of: usd, tokens, run_usd, run_tokens."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands in its period. `label`: what people call what it is for. `left`: what is neither spent nor set
    aside; None where there is no cap."""

    budget: Budget
    label: str
    spent: Spent
    left: Cap


@dataclass(frozen=True, slots=True)
class Reserved:
    """What an attempt may spend; None: no cap. Whoever places it keeps this in its row (`attempts.reserved_*`)."""

    usd: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class UsedUp:
    """Nothing is left for an attempt. `scope`: that of the budget, or `run`. `why`, and `who` must act: for people. `until`:
    when the budget's next period begins, in seconds since the epoch."""

    scope: str
    name: str
    why: str
    who: str
    until: float | None = None


# ── setting aside ──────────────────────────────────────────────────────────────────────────────────────────────────


def reserve(tx: Tx, run: Run, configuration: AgentConfiguration) -> Reserved | UsedUp:
    """What the run's latest attempt may spend, asked in the transaction that places it.

    It is the least of what the run's own cap has left and of what each budget has left that applies to it.
    """
    own = (configuration.budget_usd, configuration.budget_tokens)
    if own == NO_CAP and not caps.are_any(tx):
        return Reserved()
    spending.close(tx)
    return _Books(tx).share(run, own, caps.applying(tx, run, spending.agent_of(tx, run)))


def freed(look: Look) -> list[RunId]:
    """The runs that wait for their budget and could go on now, most urgent first, and no more than there is money for.

    A run whose last attempt had money left is free only for more than that: it was not enough for one answer of the model.
    """
    waiting = look.rows(
        sa.select(runs.c.id)
        .where(runs.c.state == State.WAITING, runs.c.wait_reason == WaitReason.BUDGET)
        .order_by(runs.c.priority, runs.c.number)
    )
    books = _Books(look)
    free: list[RunId] = []
    for row in waiting:
        run = ledger.find(look, row["id"])
        made = fallback.made(look, run)
        found = caps.applying(look, run, made.agent)
        share = books.share(run, (made.configuration.budget_usd, made.configuration.budget_tokens), found)
        if isinstance(share, Reserved) and _is_more(share, spending.left_over(look, run)):
            books.take(found, share)
            free.append(run.id)
    return free


def _is_more(share: Reserved, leftover: Cap | None) -> bool:
    """Whether the share gets the run any further than what its last attempt had left when it was out of money."""
    return leftover is None or any(
        before is not None and (now is None or now - before > spending.NOTHING)
        for before, now in zip(leftover, (share.usd, share.tokens), strict=True)
    )


class _Books:
    """What the budgets have left, asked for once each, and what is taken from them meanwhile."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._spent: dict[tuple[Scope, str], Spent] = {}

    def share(self, run: Run, own: Cap, found: Sequence[Budget]) -> Reserved | UsedUp:
        usd = self._share(run, found, 0, own[0])
        if isinstance(usd, UsedUp):
            return usd
        tokens = self._share(run, found, 1, own[1])
        if isinstance(tokens, UsedUp):
            return tokens
        return Reserved(usd, None if tokens is None else int(tokens))

    def take(self, found: Iterable[Budget], share: Reserved) -> None:
        for budget in found:
            spent = self._of(budget)
            self._spent[budget.scope, budget.name] = replace(
                spent, held_usd=spent.held_usd + (share.usd or 0.0), held_tokens=spent.held_tokens + (share.tokens or 0)
            )

    def _of(self, budget: Budget) -> Spent:
        at = budget.scope, budget.name
        if at not in self._spent:
            self._spent[at] = spending.of_budget(self._look, budget)
        return self._spent[at]

    def _share(self, run: Run, found: Sequence[Budget], unit: int, own: float | None) -> float | UsedUp | None:
        """The share in one unit: 0 dollars, 1 tokens."""
        capped = [(budget, cap) for budget in found if (cap := budget.caps[unit]) is not None]
        of_a_run = (
            own if own is not None else min((c for b in found if (c := b.run_caps[unit]) is not None), default=None)
        )
        lefts: list[float] = []
        if of_a_run is not None:
            lefts.append(of_a_run - spending.of_run(self._look, run).committed[unit])
            if lefts[0] <= spending.NOTHING:
                why = f"the run has spent its {_amount(unit, of_a_run)}"
                return UsedUp("run", run.id, why, "whoever may raise the run's budget")
        elif capped:
            share = min(cap for _, cap in capped) / SHARE * 2 ** min(spending.pauses(self._look, run), SHARE)
            lefts.append(max(share, 1) if unit else share)
        for budget, cap in capped:
            spent = self._of(budget)
            lefts.append(cap - spent.committed[unit])
            if lefts[-1] <= spending.NOTHING:
                return _used_up(self._look, budget, unit, cap, spent)
        return min(lefts, default=None)


def _used_up(look: Look, budget: Budget, unit: int, cap: float, spent: Spent) -> UsedUp:
    of = scopes.label(look, budget.scope, budget.name)
    when = {"total": "", "month": " of this month", "day": " of today"}[budget.period]
    whole = f"the budget{when} of {of}, {_amount(unit, cap)},"
    held = spent.committed[unit] - spent.real[unit]
    if held > spending.NOTHING:
        why = f"{whole} is spent but for {_amount(unit, held)}, which runs at work may still need"
        who = "the runs at work, or whoever may raise the budget"
    else:
        why = f"{whole} is spent"
        who = "whoever may raise the budget"
    return UsedUp(budget.scope, budget.name, why, who, spending.period_end(budget.period, look.now()))


def _amount(unit: int, value: float) -> str:
    return f"{int(value):,} tokens" if unit else f"${value:,.2f}"


# ── telling ────────────────────────────────────────────────────────────────────────────────────────────────────────


def note_spending(tx: Tx, run: Run, configuration_budget: Cap) -> None:
    """After the run's usage was recorded: tell what part of which cap is reached, each part once."""
    if configuration_budget != NO_CAP:
        before = int(tx.scalar(sa.select(runs.c.told_percent).where(runs.c.id == run.id)) or 0)
        told = _tell(tx, "run", run.id, spending.of_run(tx, run), configuration_budget, before, run.about)
        if told != before:
            ledger.note(tx, run.id, told_percent=told)
    if caps.are_any(tx):
        for budget in caps.applying(tx, run, spending.agent_of(tx, run)):
            _note(tx, budget)


def _note(tx: Tx, budget: Budget) -> None:
    if budget.caps == NO_CAP:
        return
    period = spending.period_name(budget.period, tx.now())
    before = budget.told_percent if budget.told_period == period else 0
    spent = spending.of_budget(tx, budget)
    about = scopes.about(tx, budget.scope, budget.name)
    told = _tell(tx, budget.scope, budget.name, spent, budget.caps, before, about)
    is_new = period != budget.told_period
    if is_new or told != budget.told_percent:
        sums = {"told_period": period, "closed_usd": 0.0, "closed_tokens": 0} if is_new else {}
        tx.change(budgets.update().where(budget.row).values(told_percent=told, **sums))


def _tell(tx: Tx, scope: str, name: str, spent: Spent, whole: Cap, before: int, about: About) -> int:
    """Tell what has been reached since `before`; returns the highest part reached, which a raised cap has lowered."""
    parts = [100 * used / cap if cap else 100.0 for used, cap in zip(spent.real, whole, strict=True) if cap is not None]
    reached = [percent for percent in PERCENTS if percent <= max(parts) + spending.NOTHING]
    for percent in reached:
        if percent > before:
            event = BudgetReached(
                scope=scope,
                name=name,
                percent=percent,
                spent_usd=spent.usd,
                spent_tokens=spent.tokens,
                usd=whole[0],
                tokens=whole[1],
            )
            log.append(tx, event, about)
    return max(reached, default=0)


# ── the budgets themselves ─────────────────────────────────────────────────────────────────────────────────────────


def put(
    tx: Tx,
    actor: Actor,
    scope: Scope,
    name: str,
    usd: float | None,
    tokens: int | None,
    run_usd: float | None = None,
    run_tokens: int | None = None,
    period: Period = "total",
) -> Budget:
    """Set a budget, or change it. Projects and tasks are named by key or id.

    Raises `PermissionMissing`, `NoSuchScope`, `BadScope`, `BadBudget`.
    """
    policy.require_somewhere(actor, scopes.NEEDED[scope])
    limits = {"usd": usd, "tokens": tokens, "run_usd": run_usd, "run_tokens": run_tokens}
    given = [limit for limit in limits.values() if limit is not None]
    if not given:
        raise BadBudget
    if not all(math.isfinite(limit) and 0 <= limit < 2**53 for limit in given):
        raise BadBudget("An amount is a number that is not negative.")
    name = scopes.named(tx, actor, scope, name)
    scopes.require(tx, actor, scope, name)
    values: dict[str, object] = {**limits, "period": period, "set_by": actor.name, "set_at": tx.now()}
    (spending.close if caps.are_any(tx) else spending.close_unseen)(tx)
    before = caps.among(tx, caps.row_of(scope, name))
    if not before:
        tx.change(budgets.insert().values(scope=scope, name=name, **values))
    else:
        tx.change(budgets.update().where(before[0].row).values(**values))
    if not before or before[0].period != period:
        made = caps.find(tx, scope, name)
        past = spending.of_the_past(tx, made)
        told = spending.period_name(period, tx.now())
        sums = {"told_period": told, "told_percent": 0, "closed_usd": past.usd, "closed_tokens": past.tokens}
        tx.change(budgets.update().where(made.row).values(**sums))
    about = scopes.about(tx, scope, name)
    log.append(tx, BudgetSet(scope=scope, name=name, usd=usd, tokens=tokens), about, actor=actor)
    _note(tx, caps.find(tx, scope, name))
    return caps.find(tx, scope, name)


def remove(tx: Tx, actor: Actor, scope: Scope, name: str) -> None:
    """Named as for `put`; what it was for may be gone. Raises `PermissionMissing`, `BudgetNotFound`, `NoSuchScope`."""
    policy.require_somewhere(actor, scopes.NEEDED[scope])
    found = caps.among(tx, caps.row_of(scope, name))
    before = found[0] if found else caps.find(tx, scope, scopes.named(tx, actor, scope, name))
    scopes.require(tx, actor, scope, before.name)
    about = scopes.about(tx, scope, before.name)
    tx.change(budgets.delete().where(before.row))
    log.append(tx, BudgetSet(scope=scope, name=before.name, usd=None, tokens=None), about, actor=actor)


def seen_by(look: Look, actor: Actor) -> list[Standing]:
    """The budgets that the actor may see and how they stand, the widest scope first: those of its projects and their tasks, its own, the
    agents' and the installation's; an administrator's are all. Raises `PermissionMissing`."""
    policy.require_somewhere(actor, Permission.PROJECT_READ)
    return [standing(look, budget) for budget in caps.among(look, sa.true()) if _is_seen(look, actor, budget)]


def _is_seen(look: Look, actor: Actor, budget: Budget) -> bool:
    if actor.sees_all:
        return True
    match budget.scope:
        case "user":
            return budget.name == (actor.user or scopes.OWNER)
        case "project" | "task":
            project = scopes.about(look, budget.scope, budget.name).project
            return visibility.may_see(look, actor, project) and policy.may(actor, Permission.PROJECT_READ, project)
        case _:
            return policy.may(actor, Permission.PROJECT_READ)


def standing(look: Look, budget: Budget) -> Standing:
    spent = spending.of_budget(look, budget)
    usd = None if budget.usd is None else max(0.0, budget.usd - spent.committed[0])
    tokens = None if budget.tokens is None else max(0, budget.tokens - spent.committed[1])
    return Standing(budget, scopes.label(look, budget.scope, budget.name), spent, (usd, tokens))
