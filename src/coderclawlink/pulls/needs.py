"""What of pull requests waits for people: as the inbox shows it, beside what runs wait for.

Above: web. Below: the rows. It stands there until something changes: it was mended, merged, proposed anew, or its task is done or put back.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board.tasks import TaskStatus
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import deliveries, pull_requests, tasks
from coderclawlink.ids import ProjectId, TaskId

AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Need:
    """`name`: of the repository within the project, "" for its own. `number`, `url` None: it did not come to a pull request. `since`: seconds
    since the epoch."""

    task_id: TaskId
    task_key: str
    task_title: str
    project_id: ProjectId
    name: str
    number: int | None
    url: str | None
    why: str
    since: float


_TASK = (
    tasks.c.id.label("task_id"),
    tasks.c.key.label("task_key"),
    tasks.c.title.label("task_title"),
    tasks.c.project_id,
)
_UNDER_WAY = (tasks.c.deleted_at.is_(None), tasks.c.status.not_in((TaskStatus.DONE, TaskStatus.TODO)))


def of(look: Look, actor: Actor) -> list[Need]:
    """Those that the actor may see, newest first."""
    seen = visibility.allowed(actor, Permission.TASK_VIEW, tasks.c.project_id)
    found = [*_pulls(look, seen), *_deliveries(look, seen)]
    return sorted(found, key=lambda one: -one.since)[:AT_MOST]


def _pulls(look: Look, seen: sa.ColumnElement[bool]) -> list[Need]:
    later = pull_requests.alias()
    newer = sa.exists().where(
        later.c.task_id == pull_requests.c.task_id,
        later.c.name == pull_requests.c.name,
        later.c.id > pull_requests.c.id,
    )
    of = pull_requests.c
    rows = look.rows(
        sa.select(*_TASK, of.name, of.number, of.url, of.needs.label("why"), of.changed_at.label("since"))
        .join(tasks, tasks.c.id == of.task_id)
        .where(of.needs.is_not(None), ~newer, seen, *_UNDER_WAY)
        .order_by(of.changed_at.desc())
        .limit(AT_MOST)
    )
    return [Need(**row) for row in rows]


def _deliveries(look: Look, seen: sa.ColumnElement[bool]) -> list[Need]:
    """Results that are not to be had onto their branch, or into a pull request."""
    later = deliveries.alias()
    newer = sa.exists().where(
        later.c.task_id == deliveries.c.task_id,
        later.c.name == deliveries.c.name,
        later.c.made_at > deliveries.c.made_at,
    )
    of = deliveries.c
    why = sa.func.coalesce(of.error, "The code host refused.").label("why")
    nothing = (sa.null().label("number"), sa.null().label("url"))
    rows = look.rows(
        sa.select(*_TASK, of.name, *nothing, why, of.changed_at.label("since"))
        .join(tasks, tasks.c.id == of.task_id)
        .where(of.state == "failed", ~newer, seen, *_UNDER_WAY)
        .order_by(of.changed_at.desc())
        .limit(AT_MOST)
    )
    return [Need(**row) for row in rows]
