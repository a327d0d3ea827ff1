"""What follows from an attempt: quota and its chain, budgets, questions of the node's own, checks, reviews, further prompts."""

from __future__ import annotations

from typing import Literal

import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.agents import configurations
from coderclawlink.board import projects
from coderclawlink.clock import rfc3339
from coderclawlink.configuration import AgentConfiguration, Check, Fallback, Verification
from coderclawlink.db.engine import Database, Tx
from coderclawlink.engine import handing, placement, settling
from coderclawlink.engine.settling import WAITS, due_in, settle
from coderclawlink.events import (
    AgentUsage,
    AttemptEnded,
    AttemptEvent,
    AttemptStarted,
    CheckEnded,
    Option,
    Pause,
    PromptTaken,
    QuestionAsked,
    WorkCommitted,
)
from coderclawlink.ids import QuestionId
from coderclawlink.runs import (
    attempts,
    budgets,
    ledger,
    nodes,
    orders,
    prompts,
    questions,
    receipts,
    recording,
    reviews,
)
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runs.run import IllegalStep, State, WaitReason
from coderclawlink.runtime import reviewing
from tests.runs.played import NODE, give, hello, join, kinds, said
from tests.runs.reviewed import follow_up

SECONDS = 3600.0
COMPLETED = AttemptEnded(outcome="completed", result="Done.")
COMMIT = WorkCommitted(head="h1", base="b", branch="task/p-1", files=1, additions=1, deletions=0)


def begin(tx: Tx, *, options: AgentConfiguration | None = None, verification: Verification | None = None) -> Run:
    """A run whose first attempt is at work."""
    join(tx, agents=("a", "b"))
    wish = Wish(
        "a", "Do it", {}, "Do it", options=options or AgentConfiguration(), verification=verification, branch="task/p-1"
    )
    run = attempts.submit(tx, OWNER, wish)
    reserved = budgets.reserve(tx, run, wish.options)
    assert isinstance(reserved, budgets.Reserved)
    attempts.place(tx, run, 1, NODE, reserved)
    recording.record(tx, NODE, said(run, AttemptStarted()))
    return ledger.find(tx, run.id)


def tell(tx: Tx, run: Run, *events: AttemptEvent) -> Run:
    """The latest attempt tells more."""
    attempt = attempts.find(tx, run.id, ledger.find(tx, run.id).attempt)
    assert attempt is not None
    recording.record(tx, NODE, said(run, *events, first=attempt.kept + 1, attempt=attempt.number))
    return ledger.find(tx, run.id)


def again(tx: Tx, run: Run) -> Run:
    """The next attempt is at work."""
    attempts.offer(tx, ledger.find(tx, run.id))
    run = give(tx, ledger.find(tx, run.id))
    return tell(tx, run, AttemptStarted())


def limited(until: float | None = None) -> AttemptEnded:
    pause = Pause(reason="quota", why="The quota is used up.", until=None if until is None else rfc3339(until))
    return AttemptEnded(outcome="paused", pause=pause)


def test_a_limit_makes_the_run_wait_until_its_reset_and_then_go_on(db: Database) -> None:
    def story(tx: Tx) -> None:
        reset = tx.now() + SECONDS
        run = tell(tx, begin(tx), limited(reset))
        assert settle(tx, run.id, 1) == WAITS
        run = ledger.find(tx, run.id)
        assert (run.state, run.wait_reason) == (State.WAITING, WaitReason.QUOTA)
        assert run.wait_until == pytest.approx(reset, abs=0.01)
        assert due_in(tx, run.id, 1) == pytest.approx(SECONDS, abs=1)
        assert settle(tx, run.id, 1) == WAITS, "safe to do twice"
        ledger.note(tx, run.id, wait_until=tx.now())
        assert due_in(tx, run.id, 1) == 0
        assert settle(tx, run.id, 1) == 0
        assert ledger.find(tx, run.id).state is State.PENDING
        assert attempts.offer(tx, ledger.find(tx, run.id)) == 2

    db.write_now(story)


def test_a_limit_without_a_known_end_is_waited_out_longer_each_time(db: Database) -> None:
    def story(tx: Tx) -> None:
        run = begin(tx)
        waits = []
        for number in (1, 2, 3):
            run = tell(tx, run, limited())
            assert settle(tx, run.id, number) == WAITS
            waits.append(round(due_in(tx, run.id, number)))
            handing.resume(tx, OWNER, run.id, AgentConfiguration())
            assert settle(tx, run.id, number) == 0
            run = again(tx, run)
        assert waits == [60, 120, 300]

    db.write_now(story)


def test_a_chain_goes_from_account_to_model_to_agent_and_waits_for_the_first_that_is_free_again(db: Database) -> None:
    chain = AgentConfiguration(
        model="big", fallback=(Fallback(account="second"), Fallback(model="small"), Fallback(agent="b"))
    )

    def story(tx: Tx) -> None:
        configurations.put(tx, OWNER, "a", chain)
        now = tx.now()
        run = begin(tx)
        seen = []
        for number, seconds in enumerate((400, 300, 200, 500), 1):
            attempt = attempts.find(tx, run.id, number)
            assert attempt is not None
            seen.append((attempt.agent, attempt.made_with.account, attempt.made_with.model))
            run = tell(tx, run, limited(now + seconds))
            verdict = settle(tx, run.id, number)
            if number < 4:
                assert verdict == 0, "the next step of the chain goes on at once"
                run = again(tx, run)
        assert seen == [("a", None, "big"), ("a", "second", "big"), ("a", "second", "small"), ("b", None, None)]
        run = ledger.find(tx, run.id)
        assert run.wait_reason is WaitReason.QUOTA
        assert run.wait_until == pytest.approx(now + 200, abs=0.01), "the model of the second account is free first"
        assert run.step == 2
        assert kinds(tx, run.id).count("run.handed_over") == 3

    db.write_now(story)


def test_who_waits_for_a_quota_can_be_sent_on_by_hand_and_who_works_cannot(db: Database) -> None:
    def story(tx: Tx) -> None:
        run = begin(tx)
        with pytest.raises(handing.NothingToResume, match="it is running"):
            handing.resume(tx, OWNER, run.id, AgentConfiguration())
        run = tell(tx, run, limited(tx.now() + SECONDS))
        settle(tx, run.id, 1)
        handing.resume(tx, OWNER, run.id, AgentConfiguration(model="other"))
        assert settle(tx, run.id, 1) == 0
        again(tx, run)
        second = attempts.find(tx, run.id, 2)
        assert second is not None
        assert second.made_with.model == "other"

    db.write_now(story)


def test_a_run_out_of_money_waits_until_its_cap_is_raised(db: Database) -> None:
    usage = AgentUsage(model="m", calls=3, input_tokens=10, output_tokens=10, cost_usd=1.0)

    def story(tx: Tx) -> None:
        run = begin(tx, options=AgentConfiguration(budget_usd=1.0))
        run = tell(tx, run, usage, AttemptEnded(outcome="paused", pause=Pause(reason="budget", why="All is spent.")))
        assert settle(tx, run.id, 1) == WAITS
        assert ledger.find(tx, run.id).wait_reason is WaitReason.BUDGET
        assert due_in(tx, run.id, 1) > 0
        with pytest.raises(handing.NothingToResume, match="still used up"):
            handing.resume(tx, OWNER, run.id, AgentConfiguration())
        handing.resume(tx, OWNER, run.id, AgentConfiguration(budget_usd=2.0))
        assert due_in(tx, run.id, 1) == 0
        assert settle(tx, run.id, 1) == 0

    db.write_now(story)


def test_what_no_budget_has_room_for_is_not_placed_and_waits_for_money(db: Database) -> None:
    def story(tx: Tx) -> None:
        nodes.join(tx, hello(agents=("a",)))
        budgets.put(tx, OWNER, "installation", "", 0.0, None)
        run = attempts.submit(tx, OWNER, Wish("a", "Do it", {}, "Do it"))
        placement.place(tx, 16)
        first = attempts.find(tx, run.id, 1)
        assert first is not None
        assert (first.outcome, first.node) == ("paused", None)
        assert settle(tx, run.id, 1) == WAITS
        assert ledger.find(tx, run.id).wait_reason is WaitReason.BUDGET
        budgets.put(tx, OWNER, "installation", "", 10.0, None)
        assert due_in(tx, run.id, 1) == 0
        assert settle(tx, run.id, 1) == 0
        assert attempts.offer(tx, ledger.find(tx, run.id)) == 2
        placement.place(tx, 16)
        second = attempts.find(tx, run.id, 2)
        assert second is not None
        assert second.reserved_usd == 1.0, "a tenth"
        assert orders.order_of(tx, ledger.find(tx, run.id), 2).budget_usd == 1.0

    db.write_now(story)


@pytest.mark.parametrize(("option", "state"), [("continue", State.PENDING), ("stop", State.FAILED)])
def test_a_paused_loop_goes_on_or_ends_as_a_person_says(db: Database, option: str, state: State) -> None:
    asked = QuestionAsked(
        question="q-loop",
        title="The agent repeats itself",
        options=(
            Option(id="continue", label="Go on", effect="allow_once"),
            Option(id="stop", label="Stop", effect="reject_once"),
        ),
    )

    def story(tx: Tx) -> None:
        run = begin(tx)
        pause = Pause(reason="question", why="It repeats itself.")
        run = tell(
            tx, run, asked.model_copy(update={"question": f"q-{option}"}), AttemptEnded(outcome="paused", pause=pause)
        )
        assert settle(tx, run.id, 1) == WAITS
        assert ledger.find(tx, run.id).wait_reason is WaitReason.QUESTION
        assert due_in(tx, run.id, 1) > 0
        questions.answer(tx, OWNER, run.id, QuestionId(f"q-{option}"), option)
        assert due_in(tx, run.id, 1) == 0
        verdict = settle(tx, run.id, 1)
        run = ledger.find(tx, run.id)
        assert run.state is state
        assert (verdict is None) == (option == "stop")
        if option == "stop":
            assert run.error == "It repeats itself. It was stopped by owner."

    db.write_now(story)


def passed(head: str, *, ok: bool = True) -> CheckEnded:
    return CheckEnded(name="t", command="make t", head=head, passed=ok, exit_code=0 if ok else 1, seconds=1.0)


CHECKS = Verification(checks=(Check(name="t", run="make t"),))


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ((passed("h1"),), State.COMPLETED),
        ((), State.FAILED),
        ((passed("h0"),), State.FAILED),
        ((passed("h1", ok=False),), State.FAILED),
    ],
    ids=["passed on the result", "never run", "passed on another commit", "failed"],
)
def test_done_is_what_the_checks_say_not_what_the_agent_says(
    db: Database, told: tuple[CheckEnded, ...], state: State
) -> None:
    def story(tx: Tx) -> None:
        run = tell(tx, begin(tx, verification=CHECKS), *told, COMMIT, COMPLETED)
        assert settle(tx, run.id, 1) is None
        run = ledger.find(tx, run.id)
        assert run.state is state
        assert (receipts.find(tx, run.id) is not None) == (state is State.COMPLETED)

    db.write_now(story)


def test_a_demanded_review_holds_the_run_until_somebody_approves(db: Database) -> None:
    demanded = CHECKS.model_copy(update={"review": True})

    def story(tx: Tx) -> None:
        run = tell(tx, begin(tx, verification=demanded), passed("h1"), COMMIT, COMPLETED)
        assert settle(tx, run.id, 1) == WAITS
        assert ledger.find(tx, run.id).wait_reason is WaitReason.REVIEW
        assert due_in(tx, run.id, 1) > 0
        reviews.approve(tx, OWNER, run.id)
        assert due_in(tx, run.id, 1) == 0
        assert settle(tx, run.id, 1) is None
        receipt = receipts.find(tx, run.id)
        assert receipt is not None
        assert receipt.reviewer == "owner"
        assert ledger.find(tx, run.id).state is State.COMPLETED

    db.write_now(story)


def test_changes_that_a_review_asks_for_are_the_next_attempts_prompt(db: Database) -> None:
    demanded = CHECKS.model_copy(update={"review": True})

    def story(tx: Tx) -> None:
        run = tell(tx, begin(tx, verification=demanded), passed("h1"), COMMIT, COMPLETED)
        settle(tx, run.id, 1)
        reviewing.request_changes(tx, OWNER, run.id, "Shorter, please.", follow_up)
        assert due_in(tx, run.id, 1) == 0
        assert settle(tx, run.id, 1) == 0
        again(tx, run)
        order = orders.order_of(tx, ledger.find(tx, run.id), 2)
        assert (order.number, order.prompt) == (1, "Shorter, please.")

    db.write_now(story)


def test_a_prompt_that_no_agent_took_is_what_the_next_attempt_begins_with(db: Database) -> None:
    def story(tx: Tx) -> None:
        run = begin(tx)
        prompts.queue(tx, OWNER, run, "And then?")
        run = tell(tx, run, COMMIT, COMPLETED)
        assert settle(tx, run.id, 1) == 0
        run = again(tx, run)
        order = orders.order_of(tx, run, 2)
        assert (order.number, order.prompt, order.resume) == (1, "And then?", (1,))
        run = tell(tx, run, PromptTaken(number=1, text="And then?"), COMPLETED)
        assert settle(tx, run.id, 2) is None
        assert ledger.find(tx, run.id).state is State.COMPLETED

    db.write_now(story)


def test_an_interrupted_attempt_is_made_anew_with_the_prompt_it_was_at(db: Database) -> None:
    def story(tx: Tx) -> None:
        run = begin(tx)
        prompts.queue(tx, OWNER, run, "And then?")
        run = tell(tx, run, PromptTaken(number=1, text="And then?"), AttemptEnded(outcome="interrupted"))
        assert settle(tx, run.id, 1) == 0
        again(tx, run)
        order = orders.order_of(tx, ledger.find(tx, run.id), 2)
        assert (order.number, order.prompt) == (1, "And then?")

    db.write_now(story)


def test_handing_over_stops_the_agent_at_work_and_the_next_attempt_is_the_others(db: Database) -> None:
    def story(tx: Tx) -> None:
        run = begin(tx, options=AgentConfiguration(model="for-a"))
        handing.hand_over(tx, OWNER, run, "b", AgentConfiguration())
        assert [(stop.run, stop.why) for stop in orders.stops(tx, NODE)] == [(run.id, "interrupted")]
        run = tell(tx, run, AttemptEnded(outcome="interrupted"))
        assert settle(tx, run.id, 1) == 0
        run = again(tx, run)
        second = attempts.find(tx, run.id, 2)
        assert second is not None
        assert (second.agent, second.made_with.model) == ("b", None)
        order = orders.order_of(tx, run, 2)
        assert (order.agent, order.session) == ("b", "")
        assert "Do it" in order.transcript
        assert attempts.losses(tx, run.id) == 0, "that was no loss"
        tell(tx, run, COMPLETED)
        settle(tx, run.id, 2)
        with pytest.raises(IllegalStep, match="already ended"):
            handing.hand_over(tx, OWNER, ledger.find(tx, run.id), "a", AgentConfiguration())

    db.write_now(story)


@pytest.mark.parametrize("reason", ["quota", "budget"])
def test_a_run_that_waits_goes_on_at_once_when_it_is_handed_over(
    db: Database, reason: Literal["quota", "budget"]
) -> None:
    def story(tx: Tx) -> None:
        run = begin(tx)
        paused = Pause(reason=reason, why="Nothing is left.", until=rfc3339(tx.now() + 3600))
        run = tell(tx, run, AttemptEnded(outcome="paused", pause=paused))
        assert settle(tx, run.id, 1) == WAITS
        assert due_in(tx, run.id, 1) > 0
        handing.hand_over(tx, OWNER, ledger.find(tx, run.id), "b", AgentConfiguration())
        assert f"over:{run.id}" in tx.topics, "who waits for it looks again"
        assert due_in(tx, run.id, 1) == 0
        assert settle(tx, run.id, 1) == 0
        again(tx, run)
        second = attempts.find(tx, run.id, 2)
        assert second is not None
        assert second.agent == "b"

    db.write_now(story)


def test_a_queued_attempt_is_made_anew_when_its_run_is_handed_over(db: Database) -> None:
    def story(tx: Tx) -> None:
        run = attempts.submit(tx, OWNER, Wish("a", "Do it", {}, "Do it"))
        handing.hand_over(tx, OWNER, run, "b", AgentConfiguration(model="small"))
        first = attempts.find(tx, run.id, 1)
        assert first is not None
        assert (first.state, first.agent, first.made_with.model) == ("queued", "b", "small")

    db.write_now(story)


def test_an_attempt_is_told_the_versions_of_configuration_it_was_made_of(db: Database) -> None:
    def story(tx: Tx) -> None:
        made = projects.create(tx, OWNER, name="Money", key="MONEY")
        configurations.put(tx, OWNER, "a", AgentConfiguration(instructions="Be brief.", budget_usd=5.0))
        configurations.put(tx, OWNER, "a", AgentConfiguration(budget_usd=1.0), made.id)
        run = attempts.submit(tx, OWNER, Wish("a", "x", {}, "x", project_id=made.id))
        first = attempts.find(tx, run.id, 1)
        assert first is not None
        assert first.configured is not None
        assert first.configured.startswith("a@")
        assert "MONEY/a@1" in first.configured
        assert (first.made_with.instructions, first.made_with.budget_usd) == ("Be brief.", 1.0)

    db.write_now(story)


def test_a_run_whose_node_is_lost_too_often_ends_and_says_so(db: Database) -> None:
    def story(tx: Tx) -> None:
        run = begin(tx)
        for number in range(1, settling.LOSSES_AT_MOST + 1):
            attempts.lose(tx, run.id, number, "its node is gone")
            verdict = settle(tx, run.id, number)
            if verdict is None:
                break
            run = again(tx, run)
        assert ledger.find(tx, run.id).state is State.FAILED
        assert "lost 20 times" in (ledger.find(tx, run.id).error or "")

    db.write_now(story)
