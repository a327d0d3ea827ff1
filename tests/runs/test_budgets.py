"""Budgets hold whatever happens: what is spent and set aside stays within every cap, and is told, and frees what waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.agents import configurations
from coderclawlink.board import projects, tasks
from coderclawlink.clock import seconds
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration
from coderclawlink.db import schema
from coderclawlink.db.engine import Database, Look, Tx
from coderclawlink.events import BudgetReached, BudgetSet
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal import log
from coderclawlink.runs import attempts, budgets, ledger, scopes, spending
from coderclawlink.runs.budgets import Reserved, UsedUp
from coderclawlink.runs.caps import BudgetNotFound, Period
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import WaitReason
from coderclawlink.runs.scopes import BadScope, NoSuchScope, Scope
from tests.runs.played import NODE, submit
from tests.runs.shared import wipe

on_one_database = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
ANN = Actor(Role.DEVELOPER, "ann", "s" * 64)
VIEWER = Actor(Role.VIEWER, "eve", "e" * 64)


def capped(usd: float | None = None, tokens: int | None = None) -> AgentConfiguration:
    return AgentConfiguration(budget_usd=usd, budget_tokens=tokens)


def place(tx: Tx, run: Run, configuration: AgentConfiguration = NOTHING_SAID) -> Reserved | UsedUp:
    """As placement does it: what is reserved is kept in the attempt's row."""
    share = budgets.reserve(tx, run, configuration)
    if isinstance(share, Reserved):
        attempts.place(tx, run, run.attempt, NODE, share)
    return share


def spend(tx: Tx, run: Run, usd: float, tokens: int = 0, *, calls: int = 1) -> None:
    """As recording does it: the attempt's totals so far."""
    tx.change(_row(run).values(cost_usd=usd, input_tokens=tokens, output_tokens=0, calls=calls))


def end(tx: Tx, run: Run, *, paused: bool = False) -> None:
    outcome = {"outcome": "paused", "pause_reason": "budget"} if paused else {"outcome": "completed"}
    tx.change(_row(run).values(state="ended", settled=True, **outcome))


def again(tx: Tx, run: Run) -> Run:
    """The run has a further attempt, in the queue."""
    attempts.offer(tx, ledger.find(tx, run.id))
    return ledger.find(tx, run.id)


def wait(tx: Tx, run: Run) -> None:
    ledger.wait(tx, ledger.find(tx, run.id), WaitReason.BUDGET, "somebody")


def _row(run: Run) -> sa.Update:
    return schema.attempts.update().where(schema.attempts.c.run_id == run.id, schema.attempts.c.number == run.attempt)


def told(look: Look, kind: str = "budget.reached") -> list[BudgetReached | BudgetSet]:
    return [
        event
        for one in log.read(look, 0, at_most=100_000)
        if one.kind == kind and isinstance(event := one.event, BudgetReached | BudgetSet)
    ]


def percents(look: Look, scope: str) -> list[int]:
    return [event.percent for event in told(look) if isinstance(event, BudgetReached) and event.scope == scope]


# ── what an attempt may spend ──────────────────────────────────────────────────────────────────────────────────────


def test_without_any_budget_an_attempt_has_no_cap(db: Database) -> None:
    run = db.write_now(submit)
    assert db.write_now(place, run) == Reserved(None, None)


def test_a_runs_own_cap_counts_over_all_its_attempts(db: Database) -> None:
    def story(tx: Tx) -> None:
        run = submit(tx)
        assert place(tx, run, capped(2.0, 1000)) == Reserved(2.0, 1000)
        spend(tx, run, 1.5, 400)
        end(tx, run)
        run = again(tx, run)
        assert place(tx, run, capped(2.0, 1000)) == Reserved(0.5, 600)
        spend(tx, run, 0.5, 600)
        end(tx, run, paused=True)
        run = again(tx, run)
        used_up = place(tx, run, capped(2.0, 1000))
        assert isinstance(used_up, UsedUp)
        assert (used_up.scope, used_up.why) == ("run", "the run has spent its $2.00")
        assert place(tx, run, capped(2.5)) == Reserved(0.5, None)

    db.write_now(story)


def test_a_run_without_a_cap_gets_a_tenth_at_a_time_and_twice_as_much_after_each_pause(db: Database) -> None:
    def story(tx: Tx) -> None:
        budgets.put(tx, OWNER, "installation", "", 10.0, 5000)
        run = submit(tx)
        shares = []
        for _ in range(4):
            share = place(tx, run)
            assert isinstance(share, Reserved)
            shares.append((share.usd, share.tokens))
            spend(tx, run, share.usd or 0.0, 100)
            end(tx, run, paused=True)
            run = again(tx, run)
        assert shares == [(1.0, 500), (2.0, 1000), (4.0, 2000), (3.0, 4000)]
        used_up = place(tx, run)
        assert isinstance(used_up, UsedUp)
        assert used_up.why == "the budget of the installation, $10.00, is spent"

    db.write_now(story)


def test_a_budget_may_say_what_each_run_gets_and_that_is_the_runs_cap(db: Database) -> None:
    def story(tx: Tx) -> None:
        budgets.put(tx, OWNER, "agent", "A", 10.0, None, run_usd=0.5)
        run = submit(tx)
        assert place(tx, run) == Reserved(0.5, None)
        spend(tx, run, 0.5)
        end(tx, run, paused=True)
        used_up = place(tx, again(tx, run))
        assert isinstance(used_up, UsedUp)
        assert used_up.scope == "run"

    db.write_now(story)


def test_the_narrowest_of_all_budgets_that_apply_counts_and_those_of_others_do_not(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, task = board(tx)
        budgets.put(tx, OWNER, "installation", "", 100.0, None)
        budgets.put(tx, OWNER, "project", "DEMO", 3.0, None)
        budgets.put(tx, OWNER, "task", "DEMO-1", 2.0, None)
        budgets.put(tx, OWNER, "user", "ann", 1.5, None)
        budgets.put(tx, OWNER, "agent", "b", 0.1, None)
        anns = submit(tx, actor=ANN, project=project, task=task)
        assert place(tx, anns, capped(50.0)) == Reserved(1.5, None)
        owners = submit(tx, project=project, task=task)
        assert place(tx, owners, capped(50.0)) == Reserved(0.5, None)  # of the task's 2.00
        third = submit(tx, project=project, task=task)
        used_up = place(tx, third, capped(50.0))
        assert isinstance(used_up, UsedUp)
        assert (used_up.scope, used_up.name) == ("task", str(task))
        assert used_up.why == "the budget of DEMO-1, $2.00, is spent but for $2.00, which runs at work may still need"
        elsewhere = submit(tx)
        assert place(tx, elsewhere, capped(50.0)) == Reserved(50.0, None)

    db.write_now(story)


def test_an_attempt_by_a_fallbacks_agent_spends_from_that_agents_budget(db: Database) -> None:
    def story(tx: Tx) -> None:
        budgets.put(tx, OWNER, "agent", "a", 0.0, None)
        budgets.put(tx, OWNER, "agent", "b", 2.0, None)
        run = submit(tx)
        assert isinstance(place(tx, run, capped(5.0)), UsedUp)
        tx.change(_row(run).values(agent="b"))
        assert place(tx, run, capped(5.0)) == Reserved(2.0, None)
        spend(tx, run, 1.0)
        budgets.note_spending(tx, run, (None, None))
        assert [(one.name, one.percent) for one in told(tx) if isinstance(one, BudgetReached)][-1] == ("b", 50)

    db.write_now(story)


def test_what_was_set_aside_and_not_spent_is_there_again_once_the_attempt_is_over(db: Database) -> None:
    def story(tx: Tx) -> None:
        budgets.put(tx, OWNER, "installation", "", 1.0, None)
        first, second = submit(tx), submit(tx)
        assert place(tx, first, capped(1.0)) == Reserved(1.0, None)
        assert isinstance(place(tx, second, capped(1.0)), UsedUp)
        spend(tx, first, 0.25)
        assert isinstance(place(tx, second, capped(1.0)), UsedUp)
        end(tx, first)
        assert place(tx, second, capped(1.0)) == Reserved(0.75, None)

    db.write_now(story)


def test_what_was_spent_stays_spent_when_its_runs_are_deleted(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, task = board(tx)
        budgets.put(tx, OWNER, "installation", "", 10.0, 1000)
        run = submit(tx, project=project, task=task)
        place(tx, run)
        spend(tx, run, 1.0, 100)
        end(tx, run)
        assert place(tx, submit(tx), capped(100.0, 10_000)) == Reserved(9.0, 900)
        tasks.delete(tx, OWNER, task)
        assert budgets.seen_by(tx, OWNER)[0].spent.real == (1.0, 100)

    db.write_now(story)


@pytest.mark.parametrize("is_at_work", [False, True])
def test_deleting_a_task_or_project_gives_no_money_back(db: Database, is_at_work: bool) -> None:
    def story(tx: Tx) -> None:
        project, task = board(tx)
        budgets.put(tx, OWNER, "installation", "", 10.0, 1000)
        for of in (task, None):
            run = submit(tx, project=project, task=of)
            place(tx, run)
            spend(tx, run, 1.0, 100)
            if not is_at_work:
                end(tx, run)
        tasks.delete(tx, OWNER, task)
        assert tasks.bury(tx, tx.now() + 1) == 1
        assert budgets.seen_by(tx, OWNER)[0].spent.real == (2.0, 200)
        projects.delete(tx, OWNER, project)
        assert budgets.seen_by(tx, OWNER)[0].spent.real == (2.0, 200)

    db.write_now(story)


def test_a_new_budget_counts_what_was_spent_before_it(db: Database) -> None:
    def story(tx: Tx) -> None:
        for cost in (0.5, 0.25):
            run = submit(tx)
            place(tx, run)
            spend(tx, run, cost)
            end(tx, run)
        at_work = submit(tx)
        place(tx, at_work)
        spend(tx, at_work, 0.125)
        for scope, name in (("installation", ""), ("agent", "a"), ("user", "owner")):
            budgets.put(tx, OWNER, scope, name, 1.0, None)  # type: ignore[arg-type]  # they are scopes
        spend(tx, at_work, 0.25)
        end(tx, at_work)
        assert place(tx, submit(tx), capped(1.0)) == UsedUp(
            "installation", "", "the budget of the installation, $1.00, is spent", "whoever may raise the budget"
        )
        assert [standing.spent.usd for standing in budgets.seen_by(tx, OWNER)] == [1.0] * 3
        budgets.put(tx, OWNER, "agent", "a", 2.0, None, period="month")
        assert [standing.spent.usd for standing in budgets.seen_by(tx, OWNER)] == [1.0] * 3

    db.write_now(story)


@pytest.mark.parametrize("period", ["day", "month"])
def test_a_period_begins_anew_in_utc_and_an_attempt_belongs_to_where_it_was_placed(
    db: Database, period: Literal["day", "month"]
) -> None:
    def story(tx: Tx) -> None:
        tx.known["now"] = seconds("2026-11-30T23:59:59Z")
        budgets.put(tx, OWNER, "installation", "", 1.0, None, period=period)
        first, second, third = submit(tx), submit(tx), submit(tx)
        place(tx, first, capped(1.0))
        used_up = place(tx, second, capped(1.0))
        assert isinstance(used_up, UsedUp)
        assert used_up.until == seconds("2026-12-01T00:00:00Z")
        tx.known["now"] = seconds("2026-12-01T00:00:01Z")
        spend(tx, first, 1.0)
        assert place(tx, second, capped(0.75)) == Reserved(0.75, None)
        assert place(tx, third, capped(1.0)) == Reserved(0.25, None)

    db.write_now(story)


# ── whatever happens ───────────────────────────────────────────────────────────────────────────────────────────────

SCOPES: list[tuple[Scope, str]] = [
    ("installation", ""), ("project", "DEMO"), ("task", "DEMO-1"), ("agent", "a"), ("user", "ann")
]  # fmt: skip
CENTS = st.integers(0, 1000).map(lambda cents: cents / 100)
PERIODS = st.sampled_from(get_args(Period))
CAPS = st.tuples(
    st.none() | CENTS, st.none() | st.integers(0, 5000), st.none() | CENTS, st.none() | st.integers(0, 500)
)
STEPS = st.tuples(
    st.sampled_from(["submit", "submit", "place", "place", "place", "spend", "spend", "end", "pause", "time"]),
    st.integers(0, 11),  # which one
    st.floats(0, 1),  # how much
    st.none() | CENTS,  # a run's own caps
    st.none() | st.integers(0, 500),
)


@on_one_database
@given(st.lists(st.tuples(CAPS, PERIODS), min_size=5, max_size=5), st.lists(STEPS, max_size=40))
def test_whatever_the_order_of_placing_spending_and_ending_no_cap_is_exceeded(
    db: Database,
    caps: list[tuple[tuple[float | None, int | None, float | None, int | None], Period]],
    steps: list[tuple[str, int, float, float | None, int | None]],
) -> None:
    def story(tx: Tx) -> None:
        house = House(tx, *board(tx))
        for (scope, name), (limits, period) in zip(SCOPES, caps, strict=True):
            if any(limit is not None for limit in limits):
                budgets.put(tx, OWNER, scope, name, *limits, period=period)
        for word, which, part, usd, tokens in steps:
            house.step(word, which, part, capped(usd, tokens))
            house.holds()

    db.write_now(wipe)
    db.write_now(story)


@dataclass
class Placed:
    """An attempt that was given a share, and what came of it."""

    run: Run
    share: Reserved
    at: float
    usd: float = 0.0
    tokens: int = 0
    is_over: bool = False


@dataclass
class House:
    """A house with budgets on all scopes, runs in all of them, and books of its own."""

    tx: Tx
    project: ProjectId
    task: TaskId
    queued: list[Run] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)

    def step(self, word: str, which: int, part: float, own: AgentConfiguration) -> None:
        at_work = [one for one in self.placed if not one.is_over]
        match word:
            case "submit":
                project, task = [(None, None), (self.project, None), (self.project, self.task)][which % 3]
                actor, agent = OWNER if which % 2 else ANN, "a" if which < 6 else "b"
                self.queued.append(submit(self.tx, actor=actor, agent=agent, project=project, task=task))
            case "place" if self.queued:
                run = self.queued[which % len(self.queued)]
                share = place(self.tx, run, own)
                if isinstance(share, Reserved):
                    self.queued.remove(run)
                    self.placed.append(Placed(run, share, self.tx.now()))
            case "spend" if at_work:
                one = at_work[which % len(at_work)]
                one.usd = (5.0 if one.share.usd is None else one.share.usd) * part
                one.tokens = int((500 if one.share.tokens is None else one.share.tokens) * part)
                spend(self.tx, one.run, one.usd, one.tokens)
            case "end" | "pause" if at_work:
                one = at_work[which % len(at_work)]
                one.is_over = True
                end(self.tx, one.run, paused=word == "pause")
                if word == "pause":
                    self.queued.append(again(self.tx, one.run))
            case "time":
                self.tx.known["now"] += 3600.0 * (which + 1) ** 2
            case _:
                pass

    def holds(self) -> None:
        for standing in budgets.seen_by(self.tx, OWNER):
            budget, now = standing.budget, self.tx.now()
            here = [
                one
                for one in self.placed
                if (budget.scope, budget.name) in scopes.of_run(one.run, one.run.agent)
                and spending.period_name(budget.period, one.at) == spending.period_name(budget.period, now)
            ]
            usd = sum(one.usd if one.is_over else max(one.usd, one.share.usd or 0) for one in here)
            tokens = sum(one.tokens if one.is_over else max(one.tokens, one.share.tokens or 0) for one in here)
            assert standing.spent.held_usd == pytest.approx(usd)
            assert standing.spent.held_tokens == tokens
            assert standing.spent.usd == pytest.approx(sum(one.usd for one in here))
            assert standing.spent.tokens == sum(one.tokens for one in here)
            assert budget.usd is None or usd <= budget.usd + 1e-6
            assert budget.tokens is None or tokens <= budget.tokens


# ── what waits ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_raising_a_budget_frees_the_runs_that_wait_for_it_and_no_more_than_there_is_money_for(db: Database) -> None:
    def story(tx: Tx) -> None:
        budgets.put(tx, OWNER, "agent", "a", 1.0, None, run_usd=1.0)
        first, second, third, other = submit(tx), submit(tx), submit(tx), submit(tx, agent="b")
        place(tx, first)
        spend(tx, first, 1.0)
        end(tx, first)
        for run in (second, third, other):
            wait(tx, run)
        assert budgets.freed(tx) == [other.id]
        tx.topics.clear()
        budgets.put(tx, OWNER, "agent", "a", 2.0, None, run_usd=1.0)
        assert "budget.set" in tx.topics
        assert budgets.freed(tx) == [second.id, other.id]
        budgets.put(tx, OWNER, "agent", "a", 3.0, None, run_usd=1.0)
        assert budgets.freed(tx) == [second.id, third.id, other.id]

    db.write_now(story)


def test_raising_a_runs_own_cap_through_its_agents_configuration_frees_it(db: Database) -> None:
    def story(tx: Tx) -> None:
        run = submit(tx)
        configurations.put(tx, OWNER, "a", capped(1.0))
        place(tx, run, capped(1.0))
        spend(tx, run, 0.9)
        end(tx, run, paused=True)
        wait(tx, again(tx, run))
        assert budgets.freed(tx) == []
        configurations.put(tx, OWNER, "a", capped(3.0))
        assert budgets.freed(tx) == [run.id]

    db.write_now(story)


def test_a_rest_that_was_not_enough_for_one_answer_frees_nothing_until_it_has_grown(db: Database) -> None:
    def story(tx: Tx) -> None:
        budgets.put(tx, OWNER, "installation", "", 1.0, None)
        first, second = submit(tx), submit(tx)
        place(tx, first, capped(0.9))
        share = place(tx, second)
        assert isinstance(share, Reserved)
        assert share.usd == pytest.approx(0.1)
        end(tx, second, paused=True)  # not one answer fits into it
        wait(tx, again(tx, second))
        assert budgets.freed(tx) == []
        end(tx, first)
        assert budgets.freed(tx) == [second.id]

    db.write_now(story)


# ── what is told ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_half_four_fifths_and_all_of_a_budget_are_told_once_each(db: Database) -> None:
    def story(tx: Tx) -> None:
        budgets.put(tx, OWNER, "installation", "", 10.0, 1000)
        run = submit(tx)
        own = (4.0, None)
        for usd, tokens in ((1.0, 10), (2.0, 20), (2.0, 20), (2.1, 810), (2.2, 820), (4.0, 1000), (4.0, 1000)):
            spend(tx, run, usd, tokens)
            budgets.note_spending(tx, run, own)
        assert percents(tx, "installation") == [50, 80, 100]
        assert percents(tx, "run") == [50, 80, 100]
        last = told(tx)[-1]
        assert isinstance(last, BudgetReached)
        assert (last.spent_usd, last.spent_tokens, last.usd, last.tokens) == (4.0, 1000, 10.0, 1000)

    db.write_now(story)


def test_a_raised_cap_and_a_new_period_are_told_anew(db: Database) -> None:
    def story(tx: Tx) -> None:
        tx.known["now"] = seconds("2026-11-30T12:00:00Z")
        budgets.put(tx, OWNER, "installation", "", 1.0, None, period="day")
        run = submit(tx)
        place(tx, run, capped(1.0))
        spend(tx, run, 0.9)
        budgets.note_spending(tx, run, (None, None))
        assert percents(tx, "installation") == [50, 80]
        budgets.put(tx, OWNER, "installation", "", 10.0, None, period="day")
        budgets.put(tx, OWNER, "installation", "", 1.0, None, period="day")
        assert percents(tx, "installation") == [50, 80, 50, 80]
        end(tx, run)
        tx.known["now"] = seconds("2026-12-01T12:00:00Z")
        run = submit(tx)
        place(tx, run, capped(1.0))
        spend(tx, run, 0.5)
        budgets.note_spending(tx, run, (None, None))
        assert percents(tx, "installation") == [50, 80, 50, 80, 50]

    db.write_now(story)


def test_a_budget_of_a_project_is_told_as_about_it(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, task = board(tx)
        budgets.put(tx, OWNER, "task", "demo-1", None, 100)
        run = submit(tx, project=project, task=task)
        spend(tx, run, 0.0, 60)
        budgets.note_spending(tx, run, (None, None))
        about = [one.about for one in log.read(tx, 0) if one.kind.startswith("budget.")]
        assert [(one.project, one.task) for one in about] == [(project, task)] * 2

    db.write_now(story)


# ── setting them ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_budget_is_set_changed_shown_and_removed(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, _ = board(tx)
        made = budgets.put(tx, OWNER, "project", "demo", 5.0, None, run_usd=1.0, period="month")
        assert (made.name, made.usd, made.run_usd, made.period, made.set_by) == (
            str(project),
            5.0,
            1.0,
            "month",
            "owner",
        )
        assert budgets.put(tx, OWNER, "project", str(project), None, 10).tokens == 10
        run = submit(tx, project=project)
        place(tx, run)
        [standing] = budgets.seen_by(tx, OWNER)
        assert (standing.label, standing.left, standing.budget.usd) == ("DEMO", (None, 9), None)
        budgets.remove(tx, OWNER, "project", "DEMO")
        assert budgets.seen_by(tx, OWNER) == []
        assert [(event.usd, event.tokens) for event in told(tx, "budget.set")] == [
            (5.0, None),
            (None, 10),
            (None, None),
        ]
        with pytest.raises(BudgetNotFound):
            budgets.remove(tx, OWNER, "project", "DEMO")

    db.write_now(story)


def test_the_budget_of_a_deleted_project_can_be_shown_and_removed(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, _ = board(tx)
        budgets.put(tx, OWNER, "project", "DEMO", 5.0, None)
        projects.delete(tx, OWNER, project)
        assert budgets.seen_by(tx, OWNER)[0].label == f"project {project}, which is gone"
        budgets.remove(tx, OWNER, "project", str(project))

    db.write_now(story)


@pytest.mark.parametrize(
    ("scope", "name", "usd", "tokens", "error"),
    [
        ("installation", "", None, None, budgets.BadBudget),
        ("installation", "", -1.0, None, budgets.BadBudget),
        ("installation", "", float("nan"), None, budgets.BadBudget),
        ("installation", "", float("inf"), None, budgets.BadBudget),
        ("installation", "", None, 2**53, budgets.BadBudget),
        ("installation", "x", 1.0, None, BadScope),
        ("agent", " ", 1.0, None, BadScope),
        ("user", "", 1.0, None, BadScope),
        ("project", "NONE", 1.0, None, NoSuchScope),
        ("task", "99999999999999999999", 1.0, None, NoSuchScope),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(
    db: Database, scope: Scope, name: str, usd: float | None, tokens: int | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        db.write_now(budgets.put, OWNER, scope, name, usd, tokens)


def test_who_may_set_which_budget(db: Database) -> None:
    def story(tx: Tx) -> None:
        board(tx)
        names: dict[Scope, str] = {"installation": "", "user": "ann", "agent": "a", "project": "DEMO", "task": "DEMO-1"}
        allowed = []
        for scope, name in names.items():
            with pytest.raises(PermissionMissing):
                budgets.put(tx, VIEWER, scope, name, 1.0, None)
            try:
                budgets.put(tx, ANN, scope, name, 1.0, None)
                budgets.remove(tx, ANN, scope, name)
                allowed.append(scope)
            except PermissionMissing:
                with pytest.raises(PermissionMissing):
                    budgets.remove(tx, ANN, scope, name)
        assert allowed == ["project", "task"]

    db.write_now(story)


def test_periods_have_beginnings_ends_and_names() -> None:
    at = seconds("2026-12-31T23:59:59Z")
    assert spending.period_start("day", at) == seconds("2026-12-31T00:00:00Z")
    assert spending.period_start("month", at) == seconds("2026-12-01T00:00:00Z")
    assert spending.period_end("day", at) == spending.period_end("month", at) == seconds("2027-01-01T00:00:00Z")
    assert spending.period_end("month", seconds("2026-02-01T00:00:00Z")) == seconds("2026-03-01T00:00:00Z")
    assert spending.period_end("total", at) is None
    assert [spending.period_name(period, at) for period in ("total", "month", "day")] == ["", "2026-12", "2026-12-31"]


def board(tx: Tx) -> tuple[ProjectId, TaskId]:
    """Project DEMO and task DEMO-1."""
    project = projects.create(tx, OWNER, name="Demo", key="DEMO")
    return project.id, tasks.create(tx, OWNER, project_id=project.id, title="One").id
