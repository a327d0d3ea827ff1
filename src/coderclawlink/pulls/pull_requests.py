"""Pull requests: the rows of those that belong to tasks, and how they stand on their host as last seen.

Above: `integrations.delivering` and `watching`, web. Below: the deliveries, the tasks' cards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.board import tasks
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import pull_requests as table
from coderclawlink.errors import NotFound
from coderclawlink.events import PullRequestOpened
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.pulls import deliveries
from coderclawlink.pulls.deliveries import Delivery
from coderclawlink.pulls.hosts import Mergeable, Opened, Place, PullState


class PullRequestNotFound(NotFound):
    """The task has no such pull request."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """`name`: of the repository within the project, "" for its own. `checks`: none, pending, passed, failed; `review`: none, approved,
    changes_requested. `rounds`: prompts that came of it since a person acted last. `error`: why it could not be looked at.
    `needs`: why it waits for a person."""

    id: int
    task_id: TaskId
    project_id: ProjectId
    name: str
    server: str
    owner: str
    repo: str
    number: int
    url: str
    title: str
    branch: str
    base: str
    head: str
    draft: bool
    state: PullState
    checks: str
    checks_json: str
    review: str
    mergeable: Mergeable
    comments: int
    rounds: int
    seen: str
    etags: str
    looked_at: float | None
    look_next_at: float | None
    error: str | None
    needs: str | None
    opened_at: float
    changed_at: float
    ended_at: float | None

    @property
    def place(self) -> Place:
        return Place(self.server, self.owner, self.repo)

    @property
    def about(self) -> About:
        return About(self.project_id, self.task_id)

    @property
    def known_etags(self) -> Mapping[str, str]:
        found: dict[str, str] = json.loads(self.etags)
        return found


COLUMNS = [table.c[name] for name in PullRequest.__dataclass_fields__]


def opened(tx: Tx, delivery: Delivery, found: Opened, place: Place) -> PullRequest:
    """Write down the pull request of a delivery, and on its card. Found again it is the same row."""
    pull, now = found.pull, tx.now()
    task = tasks.find(tx, delivery.task_id)
    seen = {
        "url": pull.url,
        "title": pull.title,
        "branch": pull.branch,
        "base": pull.base,
        "head": pull.head,
        "draft": pull.draft,
        "changed_at": now,
        "look_next_at": now,
    }
    known = tx.row(sa.select(table.c.id).where(*_is(place, pull.number)))
    if known is None:
        number = tx.insert(
            table.insert().values(
                task_id=task.id,
                project_id=task.project_id,
                name=delivery.name,
                server=place.server,
                owner=place.owner,
                repo=place.name,
                number=pull.number,
                state="open",
                checks="none",
                review="none",
                mergeable="unknown",
                opened_at=now,
                **seen,
            )
        )
        told = PullRequestOpened(
            pull=number,
            repository=str(place),
            number=pull.number,
            url=pull.url,
            branch=pull.branch,
            draft=pull.draft,
            found=found.found,
        )
        log.append(tx, told, About(task.project_id, task.id, delivery.run_id), actor=delivery.made_by)
    else:
        number = known["id"]
        tx.change(table.update().where(table.c.id == number).values(**seen))
    deliveries.opened(tx, delivery, number)
    if not delivery.name:
        tasks.proposed(tx, task.id, url=pull.url, number=pull.number, branch=pull.branch, actor=delivery.made_by)
    tx.topics.add(WATCHED)
    return find(tx, number)


WATCHED = "pull_requests"
"""The bell's topic: there is something to look at."""


def find(look: Look, pull: int) -> PullRequest:
    """By its row. Raises `PullRequestNotFound`."""
    row = look.row(sa.select(*COLUMNS).where(table.c.id == pull))
    if row is None:
        raise PullRequestNotFound
    return PullRequest(**row)


def find_in(look: Look, task: TaskId, number: int, name: str = "") -> PullRequest:
    """By its number on the host. Raises `PullRequestNotFound`."""
    where = (table.c.task_id == task, table.c.number == number, table.c.name == name)
    row = look.row(sa.select(*COLUMNS).where(*where).limit(1))
    if row is None:
        raise PullRequestNotFound
    return PullRequest(**row)


def of_task(look: Look, task: TaskId) -> list[PullRequest]:
    """Newest first."""
    rows = look.rows(sa.select(*COLUMNS).where(table.c.task_id == task).order_by(table.c.id.desc()))
    return [PullRequest(**row) for row in rows]


def _is(place: Place, number: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        table.c.server == place.server,
        sa.func.lower(table.c.owner) == place.owner.lower(),
        sa.func.lower(table.c.repo) == place.name.lower(),
        table.c.number == number,
    )
