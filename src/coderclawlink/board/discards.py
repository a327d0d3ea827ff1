"""Discarding a result: the run is noted as not wanted, and its task is to be done anew. Its branch stays where it is.

Above: the routes. Below: the runs, and the task's card.
"""

from __future__ import annotations

from coderclawlink.access.policy import Actor
from coderclawlink.board import tasks
from coderclawlink.board.tasks import TaskStatus
from coderclawlink.db.engine import Tx
from coderclawlink.events import RunDiscarded
from coderclawlink.ids import RunId
from coderclawlink.journal import log
from coderclawlink.runs import ledger, reviews
from coderclawlink.runs.ledger import Run

REASON = "its result was discarded"


def discard(tx: Tx, actor: Actor, run_id: RunId, text: str = "") -> Run:
    """The result is not wanted. A run that waits for its review is cancelled; the card of the task's newest run goes back to the
    start, if it has not been moved on to Done. Safe to do twice. Returns the run as it stands.

    Raises `RunNotFound`, `PermissionMissing`, `NotUnderReview`, `Invalid` for too long a text.
    """
    run = reviews.reviewable(tx, actor, run_id, text)
    said = reviews.of_run(tx, run_id)
    if said and said[-1].verdict == "discarded":
        return run
    if not run.has_ended:
        run = ledger.cancel(tx, actor, run_id, REASON)
    log.append(tx, RunDiscarded(by=actor.name, text=text), run.about, actor=actor)
    if run.task_id is not None:
        newest = ledger.newest_of_task(tx, run.task_id)
        card = tasks.find(tx, run.task_id)
        if newest is not None and newest.id == run_id and card.status is not TaskStatus.DONE:
            tasks.change(tx, actor, run.task_id, {"status": TaskStatus.TODO})
    return reviews.keep(tx, actor, run, "discarded", text)
