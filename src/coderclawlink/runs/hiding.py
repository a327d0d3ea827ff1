"""The runs of a task that was deleted: ended, and seen by nobody until it is brought back.

Above: the board, which deletes and restores tasks. Below: the ledger and the attempts. Their rows stay until the task is gone for good,
so a run that is at work is ended as by a cancellation, and its node refused whatever it still says.
"""

from __future__ import annotations

import sqlalchemy as sa

from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import runs
from coderclawlink.ids import TaskId
from coderclawlink.runs import attempts, ledger
from coderclawlink.runs.run import ENDED


def hide(tx: Tx, task: TaskId, by: str) -> bool:
    """Returns whether any of them was still open."""
    is_open = sa.and_(runs.c.task_id == task, runs.c.state.not_in(list(ENDED)))
    left = [row["id"] for row in tx.rows(sa.select(runs.c.id).where(is_open))]
    for run in left:
        ledger.end(tx, ledger.find(tx, run), "its task was deleted", by)
        for attempt in attempts.of_run(tx, run):
            attempts.lose(tx, run, attempt.number, "its task was deleted")
    tx.change(runs.update().where(runs.c.task_id == task).values(hidden=True))
    return bool(left)


def show(tx: Tx, task: TaskId) -> None:
    """They are seen again, as they ended."""
    tx.change(runs.update().where(runs.c.task_id == task).values(hidden=False))
