"""The conclusion from an attempt that is over: the run ends, or waits for somebody or something, or is tried again.

    completed ─► prompts that wait? ─► again      checks missing? ─► failed      a review demanded? ─► waits ─► completed
    paused    ─► quota: the next step of the fallback chain, or waits for the reset · budget, question: waits ─► again
                 dependency: waits already (`placement.hold`) ─► again
    failed    ─► again after a pause, so often as it may · lost, interrupted ─► again at once

Each verb is one transaction's worth, and safe to do twice. Above: `lifecycle`. Below: the run's own rooms.
"""

from __future__ import annotations

from coderclawlink.board import chats, comparisons, dependencies, tasks
from coderclawlink.db.engine import Look, Tx
from coderclawlink.events import RunHandedOver
from coderclawlink.ids import RunId
from coderclawlink.journal import log
from coderclawlink.runs import (
    attempts,
    beside,
    budgets,
    checks,
    fallback,
    ledger,
    prompts,
    questions,
    receipts,
    reviews,
)
from coderclawlink.runs.attempts import Attempt
from coderclawlink.runs.ledger import Run, RunNotFound
from coderclawlink.runs.run import State, WaitReason

BACKOFF_SECONDS = (2.0, 10.0, 30.0, 60.0)
LOSSES_AT_MOST = 20
"""A run whose node died under it so often has most likely killed it."""
WAITS = -1.0
"""The run waits: look again when it is due."""
UNKNOWN_RESET_SECONDS = (60.0, 120.0, 300.0, 900.0, 3600.0)
"""How long a limit is taken to last whose end the provider did not tell, by how often that has happened to the run."""
RESET_AT_MOST_SECONDS = 40 * 24 * 3600.0
"""No provider's limit lasts longer; what it told is nonsense then."""
NEVER_SECONDS = 3600.0
"""Until somebody acts: the bell will ring, and the rows are looked at now and then all the same."""
WHO_RAISES = "who may raise the budget"
WHO_REVIEWS = "a reviewer"


def settle(tx: Tx, run_id: RunId, number: int) -> float | None:
    """Draw the conclusion. None: the run has ended; `WAITS`; else the seconds until the next attempt."""
    try:
        run = ledger.find(tx, run_id)
    except RunNotFound:
        return None
    if run.has_ended:
        _tell_card(tx, run)
        return None
    attempt = attempts.find(tx, run_id, number)
    if attempt is None or attempt.state != "ended" or run.attempt != number:
        return 0.0  # not over after all, or a later attempt is under way: look again
    if attempt.settled:  # before a crash; the run has not ended, so the next attempt is due
        return _backoff(run.failures - 1) if attempt.outcome == "failed" else 0.0
    error = attempt.error or "The attempt ended without a word."
    match attempt.outcome:
        case "completed":
            return _complete(tx, run, attempt)
        case "paused":
            return _pause(tx, run, attempt)
        case "lost" | "interrupted" if attempts.losses(tx, run_id) < LOSSES_AT_MOST:
            return _again(tx, run, attempt)
        case "failed" if attempt.retry and run.failures + 1 < run.tries:
            ledger.note(tx, run_id, failures=run.failures + 1)
            return _again(tx, run, attempt, _backoff(run.failures))
        case "lost" | "interrupted":
            error = f"Its node was lost {attempts.losses(tx, run_id)} times; the last time: {error}"
        case _:
            pass
    _fail(tx, run, attempt, error)
    return None


def due_in(look: Look, run_id: RunId, number: int) -> float:
    """Seconds until `settle` has something new to say of a run that waits; 0: now."""
    try:
        run = ledger.find(look, run_id)
    except RunNotFound:
        return 0.0
    attempt = attempts.find(look, run_id, number)
    if run.state is not State.WAITING or attempt is None or attempt.settled:
        return 0.0
    match run.wait_reason:
        case WaitReason.QUOTA:
            return max(0.0, (run.wait_until or 0.0) - look.now())
        case WaitReason.BUDGET:
            if run.wait_until is not None and run.wait_until <= look.now():
                return 0.0
            if run_id in budgets.freed(look):
                return 0.0
            return NEVER_SECONDS if run.wait_until is None else run.wait_until - look.now()
        case WaitReason.QUESTION:
            return NEVER_SECONDS if questions.open_in(look, run_id) else 0.0
        case WaitReason.DEPENDENCY:
            return NEVER_SECONDS if dependencies.is_held(look, run_id) else 0.0
        case WaitReason.REVIEW:
            return 0.0 if run.reviewer is not None or prompts.waiting(look, run) else NEVER_SECONDS
        case _:
            return 0.0


# ── done ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _complete(tx: Tx, run: Run, attempt: Attempt) -> float | None:
    if prompts.waiting(tx, run):
        return _again(tx, run, attempt)
    if (missing := checks.missing(tx, run, attempt.number)) is not None:
        _fail(tx, run, attempt, missing)
        return None
    if reviews.is_demanded(tx, run) and run.reviewer is None:
        if run.wait_reason is not WaitReason.REVIEW:
            ledger.wait(tx, run, WaitReason.REVIEW, WHO_REVIEWS)
        return WAITS
    attempts.settle(tx, run.id, attempt.number)
    receipts.issue(tx, run, attempt, run.reviewer)
    ledger.complete(tx, run, attempt.result or "")
    _ended(tx, run)
    return None


def _fail(tx: Tx, run: Run, attempt: Attempt, error: str) -> None:
    attempts.settle(tx, run.id, attempt.number)
    ledger.fail(tx, run, error)
    _ended(tx, run)


def _ended(tx: Tx, run: Run) -> None:
    tx.topics.add(f"over:{run.id}")
    run = ledger.find(tx, run.id)
    chats.run_ended(tx, run)
    _tell_card(tx, run)


def _again(tx: Tx, run: Run, attempt: Attempt, delay: float = 0.0) -> float:
    attempts.settle(tx, run.id, attempt.number)
    ledger.requeue(tx, run)
    return delay


def _backoff(failures: int) -> float:
    """Seconds until the next attempt, after so many failures before the last."""
    return BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]


# ── standing still ─────────────────────────────────────────────────────────────────────────────────────────────────


def _pause(tx: Tx, run: Run, attempt: Attempt) -> float | None:
    if run.state is State.WAITING and run.wait_reason in _PAUSED:
        return _go_on(tx, run, attempt) if due_in(tx, run.id, attempt.number) <= 0 else WAITS
    match attempt.pause_reason:
        case "quota":
            return _out_of_quota(tx, run, attempt)
        case "budget":
            ledger.wait(tx, run, WaitReason.BUDGET, f"{WHO_RAISES}: {attempt.error}", attempt.pause_until)
        case _:
            if not questions.open_in(tx, run.id):  # answered before we came to it
                return _go_on(tx, run, attempt)
            who = questions.WHO[attempt.made_with.answered_by or "developer"]
            ledger.wait(tx, run, WaitReason.QUESTION, who)
    return WAITS


_PAUSED = (WaitReason.QUOTA, WaitReason.BUDGET, WaitReason.QUESTION, WaitReason.DEPENDENCY)


def _go_on(tx: Tx, run: Run, attempt: Attempt) -> float | None:
    if attempt.pause_reason == "question" and (by := _stopped_by(tx, run, attempt)) is not None:
        _fail(tx, run, attempt, f"{attempt.error} It was stopped by {by}.")
        return None
    return _again(tx, run, attempt)


def _stopped_by(look: Look, run: Run, attempt: Attempt) -> str | None:
    """Who did not want a paused attempt to go on; None if nobody said so."""
    for asked in reversed([one for one in questions.of_run(look, run.id) if one.attempt == attempt.number]):
        chosen = next((option for option in asked.options if option.id == asked.option), None)
        if chosen is None or chosen.effect.startswith("reject"):
            return asked.answered_by or "somebody"
        return None
    return None


def _out_of_quota(tx: Tx, run: Run, attempt: Attempt) -> float:
    """Go along the fallback chain, or wait for the first step of it that is free again."""
    now = tx.now()
    until = attempt.pause_until
    if until is None or until > now + RESET_AT_MOST_SECONDS:
        until = now + UNKNOWN_RESET_SECONDS[min(_unknown_resets(tx, run), len(UNKNOWN_RESET_SECONDS) - 1)]
    before = fallback.made(tx, run)
    fallback.note_limit(tx, before, max(until, now))
    step, free_at = fallback.next_step(tx, run)
    if step != run.step:
        ledger.note(tx, run.id, step=step)
    if free_at is not None and free_at > now:
        ledger.wait(tx, run, WaitReason.QUOTA, f"the provider's limit: {attempt.error}", free_at)
        return WAITS
    if step != run.step:
        after = fallback.made(tx, run, step)
        told = RunHandedOver(before=before.name, agent=after.name, why=attempt.error or "its limit is reached")
        log.append(tx, told, run.about)
    return _again(tx, run, attempt)


def _unknown_resets(look: Look, run: Run) -> int:
    paused = [one for one in attempts.of_run(look, run.id) if one.pause_reason == "quota" and one.pause_until is None]
    return max(0, len(paused) - 1)


# ── the card ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _tell_card(tx: Tx, run: Run) -> None:
    if run.task_id is None:
        return
    if run.comparison is not None:
        comparisons.run_ended(tx, run)
        return
    newest = ledger.newest_of_task(tx, run.task_id)
    if newest is not None and newest.id == run.id:
        branch = run.branch if run.state is State.COMPLETED and beside.result(tx, run) else None
        tasks.run_ended(tx, run.task_id, run.state, agent=run.agent, branch=branch)
