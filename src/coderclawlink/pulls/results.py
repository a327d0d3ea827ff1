"""Results that go on by themselves: what completes while its task has an open pull request moves that one's branch on, and where a
project wants it, a completed result is proposed without anybody's asking.

Above: the follower in `integrations.delivering`. Below: deliveries, pull requests, connections.
"""

from __future__ import annotations

from coderclawlink.access import askers
from coderclawlink.access.policy import PermissionMissing
from coderclawlink.board import tasks
from coderclawlink.board.projects import ProjectNotFound
from coderclawlink.board.tasks import TaskNotFound
from coderclawlink.db.engine import Look, Tx
from coderclawlink.ids import RunId, TaskId
from coderclawlink.pulls import connections, deliveries, pull_requests
from coderclawlink.pulls.deliveries import Delivery, NoRepository, NothingToPropose, Words
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run, RunNotFound

ENDS = frozenset({"run.completed", "comparison.kept"})
"""The kinds of events with which a task may have a new result."""


def go_on(tx: Tx, run_id: RunId, public_url: str) -> list[Delivery]:
    """Wish the run's result onto its way, if it is its task's and goes on by itself. Safe to do twice. As whoever asked for the run."""
    try:
        run = ledger.find(tx, run_id)
        if run.task_id is None or run.hidden:
            return []
        task = tasks.find(tx, run.task_id)
    except (RunNotFound, TaskNotFound):
        return []
    if not _goes_on(tx, run, task.id):
        return []
    best = deliveries.result_of(tx, task)
    if best is None or best.id != run.id:
        return []
    actor = askers.as_of_now(tx, run.user_id, run.session)
    try:
        return deliveries.want(tx, actor, task, Words(), public_url, run=run)
    except (NoRepository, NothingToPropose, PermissionMissing, ProjectNotFound):
        # A repository was taken from the project meanwhile, or their rights from who asked for the run.
        return []


def _goes_on(look: Look, run: Run, task: TaskId) -> bool:
    if any(pull.state == "open" for pull in pull_requests.of_task(look, task)):
        return True
    return run.project_id is not None and connections.answers_of(look, run.project_id).propose
