"""A run's life as a durable workflow: offer an attempt, wait for its outcome, draw the conclusion, perhaps again.

A killed hub goes on here where it was: each step is kept once done, and what a step writes is safe to write twice. The
first attempt is offered in the submit's own transaction, and placed there if a node has room, so no run waits for the
engine's poll; the workflow then finds it.

    submit ─► [offer] ─► [wait for the outcome] ─► [settle] ─► ended
                 ▲                                     │
                 └──────── sleep ◄── again ────────────┘
"""

from __future__ import annotations

from dataclasses import dataclass

from coderclawlink.access.policy import Actor
from coderclawlink.board import tasks
from coderclawlink.db.engine import Database, StoreUnavailable, Tx
from coderclawlink.engine import placement
from coderclawlink.engine.dbos import Durable, Steps
from coderclawlink.ids import RunId
from coderclawlink.runs import attempts, ledger
from coderclawlink.runs.ledger import Run, RunNotFound, Wish
from coderclawlink.runs.run import State

LOOK_AGAIN_SECONDS = 30.0
"""A ring of the bell may be missed in an outage. A thousand waiting runs look some thirty times a second."""
BACKOFF_SECONDS = (2.0, 10.0, 30.0, 60.0)
LOSSES_AT_MOST = 20
"""A run whose node died under it so often has most likely killed it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the hub allows at most."""

    project: int = 16


def submit(tx: Tx, durable: Durable, limits: Limits, actor: Actor, wish: Wish) -> Run:
    """One commit: the run, its event, its workflow, its first attempt, and its place if there is room.

    Raises `PermissionMissing`. Acknowledged means on disk.
    """
    run = ledger.submit(tx, actor, wish)
    durable.enqueue(tx, run.id)
    if wish.task_id is not None:
        tasks.run_submitted(tx, wish.task_id, wish.agent, actor)
    if attempts.any_queued(tx, besides=run.id):
        return run  # others wait before it; the placement that this commit wakes looks at all of them at once
    placement.place(tx, limits.project)
    return ledger.find(tx, run.id)


class Lifecycle:
    """The workflow's body over one database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def carry(self, steps: Steps, run: RunId) -> None:
        """From submit to end. Returns at once when the run is gone."""
        while True:
            number = await steps.step("offer", lambda: self._offer(run))
            if number is None:
                return
            await steps.step("wait", lambda number=number: self._until_over(run, number))  # type: ignore[misc]
            delay = await steps.step("settle", lambda number=number: self._settle(run, number))  # type: ignore[misc]
            if delay is None:
                return
            if delay:
                await steps.sleep(delay)

    async def _offer(self, run: RunId) -> int | None:
        return await self._db.insist(_offer, run)

    async def _until_over(self, run: RunId, number: int) -> bool:
        """Re-enterable: looks at the rows, and else waits for the bell."""
        with self._db.bell.listen(f"over:{run}") as ear:
            while not await self._look(run, number):
                await ear.wait(LOOK_AGAIN_SECONDS)
        return True

    async def _look(self, run: RunId, number: int) -> bool:
        try:
            return await self._db.read(attempts.is_over, run, number)
        except StoreUnavailable:  # a step that raises would end the workflow, and nobody would end the run
            return False

    async def _settle(self, run: RunId, number: int) -> float | None:
        return await self._db.insist(settle, run, number)


def _offer(tx: Tx, run_id: RunId) -> int | None:
    try:
        run = ledger.find(tx, run_id)
    except RunNotFound:
        return None
    return None if run.has_ended else attempts.offer(tx, run)


def settle(tx: Tx, run_id: RunId, number: int) -> float | None:
    """Draw the conclusion from an attempt that is over: None: the run has ended; else the seconds until the next one.

    Safe to do twice: a run that has ended stays as it is.
    """
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
    attempts.settle(tx, run_id, number)
    error = attempt.error or "The attempt ended without a word."
    match attempt.outcome:
        case "completed":
            ledger.complete(tx, run, attempt.result or "")
        case "lost" | "interrupted" if number < LOSSES_AT_MOST:
            ledger.requeue(tx, run)
            return 0.0
        case "failed" if attempt.retry and run.failures + 1 < run.tries:
            ledger.note(tx, run_id, failures=run.failures + 1)
            ledger.requeue(tx, run)
            return _backoff(run.failures)
        case "lost" | "interrupted":
            ledger.fail(tx, run, f"Its node was lost {number} times; the last time: {error}")
        case _:
            ledger.fail(tx, run, error)
    tx.topics.add(f"over:{run_id}")
    _tell_card(tx, ledger.find(tx, run_id))
    return None


def _backoff(failures: int) -> float:
    """Seconds until the next attempt, after so many failures before the last."""
    return BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]


def _tell_card(tx: Tx, run: Run) -> None:
    if run.task_id is None:
        return
    newest = ledger.newest_of_task(tx, run.task_id)
    if newest is not None and newest.id == run.id:
        branch = run.branch if run.head and run.state is State.COMPLETED else None
        tasks.run_ended(tx, run.task_id, run.state, agent=run.agent, branch=branch)
