"""The outcome of an attempt: judged by what is there, never by what the agent claims.

Above: `execute`. Below: the conversation as it ended, and `result`, which keeps the work. A failed model call fails the attempt or
pauses it, whatever the agent says of it; an answer without a change is a success with a text; a change counts as done
when it has passed every check that is demanded.
"""

from __future__ import annotations

from datetime import UTC, datetime

from coderclawlink.clock import rfc3339
from coderclawlink.drivers.models.failure import ModelFailure, read_words
from coderclawlink.events import AttemptEnded, CheckEnded, Pause
from coderclawlink.node import result
from coderclawlink.node.attempt import Attempt
from coderclawlink.node.conversation import Talked, Verdict
from coderclawlink.workspaces.store import Checkout

RETRY_KINDS = frozenset({"overloaded", "unreachable", "broken"})
"""Failures of the model's provider that another attempt may well not meet."""


async def judge(attempt: Attempt, checkout: Checkout, talked: Talked) -> AttemptEnded:
    """Say what becomes of the attempt, once the work is safe. Raises `GitFailed` when it cannot be made so."""
    turn, failure = talked.turn, talked.failure
    if failure is None and attempt.agent.network == "open":
        # It may call its provider past the proxy; then only its own words tell of a limit.
        failure = read_words(turn.error or turn.result, datetime.now(UTC))
    if attempt.stopped is not None:
        await result.save(attempt, checkout, attempt.stopped)
        return stopped(attempt)
    if talked.circle is not None:
        await result.save(attempt, checkout, "the agent repeats itself")
        attempt.post.tell(talked.circle.question())
        return _paused(Pause(reason="question", why=talked.circle.why), turn.result)
    if failure is not None and (pause := _pause(attempt, failure)) is not None:
        await result.save(attempt, checkout, f"the attempt waits for {pause.reason}")
        return _paused(pause, turn.result)
    if turn.error is not None or failure is not None:
        await result.save(attempt, checkout, "the attempt failed")
        error = failure.why if failure is not None else turn.error or ""
        retry = failure.kind in RETRY_KINDS if failure is not None else turn.retry
        return AttemptEnded(outcome="failed", result=turn.result, error=error, retry=retry)
    if turn.reason == "cancelled":
        await result.save(attempt, checkout, "the agent cancelled its turn")
        return AttemptEnded(outcome="failed", result=turn.result, error="The agent cancelled its own turn.")
    return await _judge_work(attempt, checkout, turn.result, talked.verdict)


async def _judge_work(attempt: Attempt, checkout: Checkout, words: str, verdict: Verdict | None) -> AttemptEnded:
    done = verdict.finished if verdict is not None else await result.commit(attempt, checkout)
    made = ({} if done is None else {"": done}) | await result.commit_beside(attempt, checkout)
    if not made:
        if not words.strip():
            return AttemptEnded(outcome="failed", error="The agent ended its turn without a word and without a change.")
        return AttemptEnded(outcome="completed", result=words)
    failed = verdict.failed if verdict is not None else ()
    await result.tell_of(attempt, checkout, made, deliver=not failed)
    if verdict is not None and failed:
        return AttemptEnded(outcome="failed", result=words, error=_did_not_pass(failed, verdict.mendings))
    files, additions, deletions = (
        sum(counts)
        for counts in zip(*((one.files, one.additions, one.deletions) for one in made.values()), strict=True)
    )
    summary = f"{files} files changed, {additions} lines added, {deletions} removed."
    return AttemptEnded(outcome="completed", result=words.strip() or summary)


def _did_not_pass(failed: tuple[CheckEnded, ...], mendings: int) -> str:
    parts = [
        f"{check.name} failed ({'no end in time' if check.exit_code is None else f'exit code {check.exit_code}'})"
        for check in failed
    ]
    listed = f"Check {parts[0]}" if len(parts) == 1 else f"Checks {', '.join(parts)}"
    after = f" after {mendings} round{'' if mendings == 1 else 's'} of mending" if mendings else ""
    return f"{listed}{after}."


def _pause(attempt: Attempt, failure: ModelFailure) -> Pause | None:
    """What the attempt waits for when another one at once would meet the same."""
    configuration = attempt.order.configuration
    account = failure.account or configuration.account or ""
    model = failure.model or configuration.model or attempt.agent.driver.model
    match failure.kind:
        case "limit":
            until = failure.limit.resets_at if failure.limit is not None else None
            told = None if until is None else rfc3339(until.timestamp())
            return Pause(reason="quota", why=failure.why, until=told, account=account, model=model)
        case "budget":
            return Pause(reason="budget", why=failure.why, account=account, model=model)
        case _:
            return None


def _paused(pause: Pause, words: str) -> AttemptEnded:
    return AttemptEnded(outcome="paused", result=words, pause=pause)


def stopped(attempt: Attempt) -> AttemptEnded:
    """The last word of an attempt that was not to go on."""
    match attempt.stopped:
        case "timeout":
            why = f"The attempt took longer than {attempt.timeout_seconds:g} seconds."
            return AttemptEnded(outcome="failed", error=why)
        case "interrupted":
            return AttemptEnded(outcome="interrupted", error="Its node was stopped; the work goes on later.")
        case _:
            return AttemptEnded(outcome="cancelled")
