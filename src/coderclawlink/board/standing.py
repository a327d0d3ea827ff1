"""How projects stand, counted: what is open, at work, waiting for people, and done of late.

Above: web. Below: tables, and the policy of whose runs somebody may see. The database counts tasks; only runs that are open, which
are few, are looked at one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board.tasks import TaskStatus
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import projects, runs, tasks
from coderclawlink.ids import ProjectId
from coderclawlink.runs.run import State, WaitReason

DAYS = 14
DAY_SECONDS = 86_400.0
_AT_WORK = (State.PLANNING, State.RUNNING)
_ASKS = (WaitReason.APPROVAL, WaitReason.QUESTION, WaitReason.REVIEW)


@dataclass(slots=True)
class Standing:
    """`open`: tasks not done. `running`: runs at work. `needs_you`: tasks in review, and runs of others that ask or wait for a
    review. `finished`: tasks done on each of the last `DAYS` times 24 hours, the latest last."""

    project_id: ProjectId
    open: int
    running: int
    needs_you: int
    finished: list[int]


def of_all(look: Look, actor: Actor) -> list[Standing]:
    """Each project's, the oldest first. Raises `PermissionMissing`."""
    policy.require_somewhere(actor, Permission.PROJECT_READ)
    read = visibility.allowed(actor, Permission.PROJECT_READ)
    found = {
        row["id"]: Standing(row["id"], 0, 0, 0, [0] * DAYS)
        for row in look.rows(sa.select(projects.c.id).where(read).order_by(projects.c.id))
    }
    for row in look.rows(_TASKS.where(tasks.c.project_id.in_(found))):
        if row["status"] != TaskStatus.DONE:
            found[row["project_id"]].open += row["count"]
        if row["status"] == TaskStatus.IN_REVIEW:
            found[row["project_id"]].needs_you += row["count"]
    now = look.now()
    for row in look.rows(_DONE.where(tasks.c.project_id.in_(found), tasks.c.updated_at > now - DAYS * DAY_SECONDS)):
        days_ago = max(0, int((now - row["updated_at"]) // DAY_SECONDS))
        if days_ago < DAYS:
            found[row["project_id"]].finished[DAYS - 1 - days_ago] += 1
    for row in look.rows(_RUNS.where(runs.c.project_id.in_(found), visibility.run_seen(actor))):
        if row["state"] in _AT_WORK:
            found[row["project_id"]].running += 1
        elif row["wait_reason"] in _ASKS and row["task_status"] != TaskStatus.IN_REVIEW:
            found[row["project_id"]].needs_you += 1
    return list(found.values())


_TASKS = (
    sa.select(tasks.c.project_id, tasks.c.status, sa.func.count().label("count"))
    .where(tasks.c.deleted_at.is_(None))
    .group_by(tasks.c.project_id, tasks.c.status)
)
_DONE = sa.select(tasks.c.project_id, tasks.c.updated_at).where(
    tasks.c.deleted_at.is_(None), tasks.c.status == TaskStatus.DONE
)
_RUNS = (
    sa.select(runs.c.project_id, runs.c.state, runs.c.wait_reason, tasks.c.status.label("task_status"))
    .outerjoin(tasks, tasks.c.id == runs.c.task_id)
    .where(
        runs.c.project_id.is_not(None),
        ~runs.c.hidden,
        sa.or_(runs.c.state.in_(_AT_WORK), sa.and_(runs.c.state == State.WAITING, runs.c.wait_reason.in_(_ASKS))),
    )
)
