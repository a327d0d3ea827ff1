"""A run's life as a durable workflow: offer an attempt, wait for its outcome, draw the conclusion, perhaps again.

A killed hub goes on here where it was: each step is kept once done, and what a step writes is safe to write twice. The
first attempt is offered in the submit's own transaction, and placed there if a node has room, so no run waits for the
engine's poll; the workflow then finds it.

    submit ─► [offer] ─► [wait for the outcome] ─► [settle] ─► ended
                 ▲                                   │  ▲ │
                 │                                   │  └─┴─ [wait until due]: a reset, a budget, an answer, a review, tasks
                 └──────── sleep ◄── again ──────────┘
"""

from __future__ import annotations

from dataclasses import dataclass

from coderclawlink.access.policy import Actor
from coderclawlink.board import tasks
from coderclawlink.db.engine import Database, StoreUnavailable, Tx
from coderclawlink.engine import placement, settling
from coderclawlink.engine.dbos import Durable, Steps
from coderclawlink.ids import RunId
from coderclawlink.runs import attempts, ledger
from coderclawlink.runs.ledger import Run, RunNotFound, Wish

LOOK_AGAIN_SECONDS = 30.0
"""A ring of the bell may be missed in an outage. A thousand waiting runs look some thirty times a second."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the hub allows at most."""

    project: int = 16


def submit(tx: Tx, durable: Durable, limits: Limits, actor: Actor, wish: Wish) -> Run:
    """One commit: the run, its event, its workflow, its first attempt, and its place if there is room.

    Raises `PermissionMissing`. Acknowledged means on disk.
    """
    run = attempts.submit(tx, actor, wish)
    durable.enqueue(tx, run.id)
    if wish.task_id is not None:
        tasks.run_submitted(tx, wish.task_id, wish.agent, actor)
        if placement.hold(tx, run):
            return ledger.find(tx, run.id)
    if attempts.any_queued(tx, besides=run.id):
        return run  # others wait before it; the placement that this commit wakes looks at all of them at once
    placement.place(tx, limits.project)
    return ledger.find(tx, run.id)


MONEY = ("budget.set", "attempt.ended", "attempt.lost")
"""The kinds of events after which a run that waits for its budget may find it has one."""


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
            while True:
                delay = await steps.step("settle", lambda number=number: self._settle(run, number))  # type: ignore[misc]
                if delay != settling.WAITS:
                    break
                await steps.step("due", lambda number=number: self._until_due(run, number))  # type: ignore[misc]
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

    async def _until_due(self, run: RunId, number: int) -> bool:
        """Until what the run waits for has happened. Re-enterable, and by the calendar: a restart begins nothing anew."""
        with self._db.bell.listen(f"over:{run}", *MONEY) as ear:
            while (seconds := await self._due_in(run, number)) > 0:
                await ear.wait(min(seconds, LOOK_AGAIN_SECONDS))
        return True

    async def _due_in(self, run: RunId, number: int) -> float:
        try:
            return await self._db.read(settling.due_in, run, number)
        except StoreUnavailable:
            return LOOK_AGAIN_SECONDS

    async def _settle(self, run: RunId, number: int) -> float | None:
        return await self._db.insist(settling.settle, run, number)


def _offer(tx: Tx, run_id: RunId) -> int | None:
    try:
        run = ledger.find(tx, run_id)
    except RunNotFound:
        return None
    return None if run.has_ended else attempts.offer(tx, run)
