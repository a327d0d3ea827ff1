"""Deliveries: a run's commit is wished onto a branch of its repository, and perhaps proposed there as a pull request.

    wanted ──the node pushes──► pushed ──the host is asked──► done
       │                          │
       └───────────────┬──────────┴──► failed    (with words; wished again, it is tried again)
                       └─────────────► dropped   (a later result takes its place)

Here are the rows and the verbs, each one transaction's worth; outside of them nodes push (`gate`), and `integrations.delivering` asks the
host. Above: those, the runtime, web. Below: `bodies`, the board, the runs. The branch belongs to the task: a later result moves it on from
where we have put it, and never from where somebody else has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts, comparisons, external_tasks, run_repositories, verdicts
from coderclawlink.db.schema import deliveries as table
from coderclawlink.errors import BadRequest, Conflict, NotFound
from coderclawlink.events import DeliveryFailed, DeliveryPushed, DeliveryWanted
from coderclawlink.ids import NodeId, RunId, TaskId, new_id
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.link.protocol import Push, Pushed
from coderclawlink.pulls import bodies, connections
from coderclawlink.runs import ledger, receipts
from coderclawlink.runs.ledger import Run

Stage = Literal["wanted", "pushed", "done", "failed", "dropped"]
RETRY_SECONDS = (2.0, 10.0, 30.0, 120.0, 600.0)
TRIES_AT_MOST = 12
OURS_AT_MOST = 100
PUSHED = "delivery.pushed"


class NothingToPropose(Conflict):
    """There is nothing to propose: no run of the task has completed with a change that was kept."""


class NoRepository(BadRequest):
    """The project is not connected to a repository: set its github_repo_url first."""


class DeliveryNotFound(NotFound):
    """Delivery not found."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """`name`: of the repository within the project, "" for its own. `proposes`: whether a pull request is wanted; `draft`: as a draft. `compare`: how to look at it where there are none."""

    id: str
    task_id: TaskId
    run_id: RunId
    attempt: int
    name: str
    repository: str
    head: str
    branch: str
    node: NodeId | None
    state: Stage
    proposes: bool
    draft: bool
    title: str | None
    body: str | None
    pull_id: int | None
    compare: str | None
    error: str | None
    tries: int
    next_at: float | None
    owner: str
    made_by: str
    made_at: float

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed", "dropped")


@dataclass(frozen=True, slots=True)
class Words:
    """What a pull request is to say, where somebody said it. `draft` None: as the project wants it."""

    title: str | None = None
    body: str | None = None
    draft: bool | None = None


_COLUMNS = [table.c[name] for name in Delivery.__dataclass_fields__]


def want(tx: Tx, actor: Actor, task: Task, words: Words, public_url: str, *, run: Run | None = None) -> list[Delivery]:
    """Wish the task's result onto its branch, and a pull request for it: one delivery for each repository that it changed.

    `run`: whose result; the newest good one if not said. What is delivered already is found and not done again. Raises
    `PermissionMissing`, `NoRepository`, `NothingToPropose`.
    """
    if projects.find_for(tx, actor, task.project_id, Permission.PROJECT_WRITE).github_repo_url is None:
        raise NoRepository
    chosen = run or result_of(tx, task)
    if chosen is None:
        raise NothingToPropose
    return [_want(tx, actor, task, chosen, changed, words, public_url) for changed in changes_of(tx, chosen)]


@dataclass(frozen=True, slots=True)
class Changed:
    """A repository that a run has made a commit for."""

    name: str
    repository: str
    branch: str
    head: str


def changes_of(look: Look, run: Run) -> list[Changed]:
    """The project's own repository first."""
    found = []
    if run.head and run.repository:
        found.append(Changed("", run.repository, run.branch or "", run.head))
    beside = run_repositories
    rows = look.rows(
        sa.select(beside.c.name, beside.c.repository, beside.c.branch, beside.c.head)
        .where(beside.c.run_id == run.id, beside.c.head.is_not(None))
        .order_by(beside.c.name)
    )
    return found + [
        Changed(row["name"], row["repository"], row["branch"] or run.branch or "", row["head"]) for row in rows
    ]


def result_of(look: Look, task: Task) -> Run | None:
    """The run whose result the task has: the newest that completed with a commit, was not discarded and not passed over."""
    for found in ledger.completed_of_task(look, task.id):
        said = look.scalar(
            sa.select(verdicts.c.verdict)
            .where(verdicts.c.run_id == found.id, verdicts.c.verdict != "changes")
            .order_by(verdicts.c.id.desc())
            .limit(1)
        )
        if said == "discarded":
            continue
        if found.comparison is not None:
            kept = look.scalar(sa.select(comparisons.c.kept).where(comparisons.c.id == found.comparison))
            if kept != found.id:
                continue
        if changes_of(look, found):
            return found
    return None


def of_task(look: Look, task: TaskId) -> list[Delivery]:
    """Newest first."""
    rows = look.rows(
        sa.select(*_COLUMNS).where(table.c.task_id == task).order_by(table.c.made_at.desc(), table.c.id.desc())
    )
    return [Delivery(**row) for row in rows]


def find(look: Look, delivery: str) -> Delivery:
    """Raises `DeliveryNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(table.c.id == delivery))
    if row is None:
        raise DeliveryNotFound
    return Delivery(**row)


# ── pushing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def to_push(look: Look, node: NodeId) -> list[Push]:
    """What the node on which the commits lie is to push now."""
    rows = look.rows(sa.select(*_COLUMNS).where(table.c.state == "wanted", table.c.node == node, _due(look)))
    return [
        Push(
            delivery=one.id,
            run=one.run_id,
            attempt=one.attempt,
            head=one.head,
            repository=one.repository,
            branch=one.branch,
            expects=_ours(look, one),
        )
        for one in (Delivery(**row) for row in rows)
    ]


def _ours(look: Look, one: Delivery) -> tuple[str, ...]:
    """Where we have put the branch, or may have: an answer gets lost, and its wish is dropped for a later one."""
    beside = sa.and_(table.c.task_id == one.task_id, table.c.name == one.name, table.c.head != one.head)
    rows = look.rows(sa.select(table.c.head).where(beside).order_by(table.c.made_at.desc()).limit(OURS_AT_MOST))
    return tuple(dict.fromkeys(row["head"] for row in rows))


def pushed(tx: Tx, word: Pushed) -> None:
    """A node has answered. What was answered before, or is not wanted any more, is passed over."""
    row = tx.row(sa.select(*_COLUMNS).where(table.c.id == word.delivery, table.c.state == "wanted"))
    if row is None:
        return
    found = Delivery(**row)
    if word.branch is None:
        if word.retry and found.tries + 1 < TRIES_AT_MOST:
            put_off(tx, found, word.error, _backoff(found.tries))
        else:
            fail(tx, found, word.error)
        return
    state = "pushed" if found.proposes else "done"
    _set(tx, found, state=state, branch=word.branch, error=None, tries=0, next_at=None)
    told = DeliveryPushed(delivery=found.id, repository=found.name, branch=word.branch, head=found.head)
    log.append(tx, told, _about(tx, found), actor=found.made_by)


def to_propose(look: Look) -> list[Delivery]:
    """What stands on its branch and is to be proposed now, oldest first."""
    rows = look.rows(sa.select(*_COLUMNS).where(table.c.state == "pushed", _due(look)).order_by(table.c.made_at))
    return [Delivery(**row) for row in rows]


def still_pushed(look: Look, delivery: str) -> Delivery | None:
    """The delivery, if it is still to be proposed; None when it was dealt with, or has gone with its task, meanwhile."""
    row = look.row(sa.select(*_COLUMNS).where(table.c.id == delivery, table.c.state == "pushed"))
    return None if row is None else Delivery(**row)


def compared(tx: Tx, found: Delivery, command: str) -> None:
    """The host has no pull requests: this is how to look at the branch."""
    _set(tx, found, state="done", compare=command, error=None)


def opened(tx: Tx, found: Delivery, pull: int) -> None:
    """Its pull request is there."""
    _set(tx, found, state="done", pull_id=pull, error=None)


def put_off(tx: Tx, found: Delivery, error: str, seconds: float | None = None) -> None:
    """It did not work, and may later. `seconds`: until then."""
    wait = _backoff(found.tries) if seconds is None else seconds
    _set(tx, found, error=error, tries=found.tries + 1, next_at=tx.now() + wait)


def fail(tx: Tx, found: Delivery, error: str) -> None:
    """It is not tried again by itself."""
    _set(tx, found, state="failed", error=error)
    log.append(tx, DeliveryFailed(delivery=found.id, error=error), _about(tx, found), actor=found.made_by)


def _want(tx: Tx, actor: Actor, task: Task, run: Run, changed: Changed, words: Words, public_url: str) -> Delivery:
    earlier = [one for one in of_task(tx, task.id) if one.name == changed.name]
    same = next((one for one in earlier if one.head == changed.head and one.state != "dropped"), None)
    if same is not None and same.state != "failed" and (same.pull_id or same.compare or not same.is_over):
        return same
    for one in earlier:
        if one.state == "wanted":
            _set(tx, one, state="dropped")
    before = next((one for one in earlier if one.state in ("pushed", "done")), None)
    told = _told(tx, task, run, changed, words, public_url)
    now = tx.now()
    row = {
        "id": new_id(),
        "task_id": task.id,
        "run_id": run.id,
        "attempt": run.attempt,
        "name": changed.name,
        "repository": changed.repository,
        "head": changed.head,
        "branch": changed.branch if before is None else before.branch,
        "node": _lies_at(tx, run),
        "state": "wanted",
        "proposes": True,
        "draft": _is_draft(tx, told) if words.draft is None else words.draft,
        "title": words.title or bodies.title(told),
        "body": bodies.body(told, words.body),
        "owner": actor.key,
        "made_by": actor.name,
        "made_at": now,
        "changed_at": now,
    }
    tx.change(table.insert().values(**row))
    found = find(tx, str(row["id"]))
    tx.topics.add(f"node:{found.node}")
    event = DeliveryWanted(delivery=found.id, repository=found.name, branch=found.branch, head=found.head)
    log.append(tx, event, _about(tx, found), actor=actor)
    return found


def _told(tx: Tx, task: Task, run: Run, changed: Changed, words: Words, public_url: str) -> bodies.Told:
    issue = tx.row(
        sa.select(external_tasks.c.place, external_tasks.c.external).where(
            external_tasks.c.task_id == task.id, external_tasks.c.source == "github"
        )
    )
    return bodies.Told(
        task=task,
        run=run,
        repository=changed.name,
        receipt=receipts.find(tx, run.id),
        link=f"{public_url.rstrip('/')}/tasks/{task.key}",
        issue=None if issue is None else (issue["place"], issue["external"]),
    )


def _is_draft(look: Look, told: bodies.Told) -> bool:
    wanted = connections.answers_of(look, told.task.project_id).draft
    return wanted == "always" or (wanted == "unproven" and not bodies.is_proven(told))


def _lies_at(look: Look, run: Run) -> NodeId | None:
    row = look.row(
        sa.select(attempts.c.node)
        .where(attempts.c.run_id == run.id, attempts.c.node.is_not(None))
        .order_by(attempts.c.number.desc())
        .limit(1)
    )
    return None if row is None else NodeId(row["node"])


def _set(tx: Tx, found: Delivery, **values: object) -> None:
    tx.change(table.update().where(table.c.id == found.id).values(**values, changed_at=tx.now()))
    tx.topics.add(f"delivery:{found.id}")


def _due(look: Look) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.next_at.is_(None), table.c.next_at <= look.now())


def _backoff(tries: int) -> float:
    return RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]


def _about(look: Look, found: Delivery) -> About:
    return ledger.find(look, found.run_id).about  # the task may have been deleted meanwhile
