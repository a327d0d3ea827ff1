"""The runs themselves: submit, read, move from state to state, cancel. Each verb is one transaction's worth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.clock import rfc3339
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration, Verification
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts, run_repositories, runs
from coderclawlink.errors import NotFound
from coderclawlink.events import (
    AttemptOffered,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunResumed,
    RunStarted,
    RunSubmitted,
    RunWaiting,
)
from coderclawlink.ids import ProjectId, RunId, TaskId, new_id
from coderclawlink.journal import log
from coderclawlink.journal.log import About, Line
from coderclawlink.link.protocol import Beside
from coderclawlink.runs import beside, dismissals, memory
from coderclawlink.runs.run import ENDED, IllegalStep, State, Step, WaitReason, after


class RunNotFound(NotFound):
    """Run not found."""


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the ledger. Times are seconds since the epoch; what has not happened yet is None."""

    number: int
    id: RunId
    project_id: ProjectId | None
    task_id: TaskId | None
    agent: str
    prompt: str
    context: Mapping[str, Any]
    state: State
    wait_reason: WaitReason | None
    wait_who: str | None
    wait_until: float | None
    attempt: int
    failures: int
    tries: int
    timeout_seconds: float
    priority: int
    repository: str | None
    branch: str | None
    title: str
    author: str
    session: str | None
    user_id: str | None
    result: str | None
    error: str | None
    base: str | None
    head: str | None
    files: int | None
    additions: int | None
    deletions: int | None
    options: AgentConfiguration
    verification: Verification | None
    continues: RunId | None
    comparison: str | None
    step: int
    demanded: tuple[str, ...] | None
    review: bool | None
    receipt: str | None
    reviewer: str | None
    told_percent: int
    hidden: bool
    created_at: float
    started_at: float | None
    ended_at: float | None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def about(self) -> About:
        return About(self.project_id, self.task_id, self.id)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `tries`: how many attempts may fail in a way that another could mend. `options`: the run's own layer
    of configuration. `verification`: the project's. `continues`: the run whose work and conversation this one goes on with.
    `beside`: the further repositories that it is about."""

    agent: str
    prompt: str
    context: Mapping[str, Any]
    title: str
    project_id: ProjectId | None = None
    task_id: TaskId | None = None
    repository: str | None = None
    branch: str | None = None
    author: str = ""
    tries: int = 3
    timeout_seconds: float = 3600.0
    priority: int = 2
    options: AgentConfiguration = NOTHING_SAID
    verification: Verification | None = None
    continues: RunId | None = None
    comparison: str | None = None
    beside: tuple[Beside, ...] = ()


_NOTHING_YET: Mapping[str, object] = dict.fromkeys(Run.__dataclass_fields__)


def submit(tx: Tx, actor: Actor, wish: Wish) -> Run:
    """Write the run down; its first attempt, number 1, is `attempts.submit`'s part. Raises `PermissionMissing`."""
    policy.require(actor, Permission.TASK_SUBMIT, wish.project_id)
    row: dict[str, object] = {
        "id": new_id(),
        "project_id": wish.project_id,
        "task_id": wish.task_id,
        "agent": wish.agent,
        "prompt": wish.prompt,
        "context": json.dumps(wish.context, ensure_ascii=False),
        "state": State.PENDING,
        "attempt": 1,
        "failures": 0,
        "tries": wish.tries,
        "timeout_seconds": wish.timeout_seconds,
        "priority": wish.priority,
        "repository": wish.repository,
        "branch": wish.branch,
        "title": wish.title,
        "author": wish.author,
        "session": actor.session,
        "user_id": actor.user,
        "options": wish.options.model_dump_json(exclude_defaults=True),
        "verification": None if wish.verification is None else wish.verification.model_dump_json(),
        "continues": wish.continues,
        "comparison": wish.comparison,
        "step": 0,
        "told_percent": 0,
        "hidden": False,
        "created_at": tx.now(),
    }
    run = _run({**_NOTHING_YET, **row, "number": tx.insert(runs.insert(), row)})
    beside.put(tx, run.id, wish.beside)
    memory.keep(tx, actor, run.id)
    log.append_all(
        tx,
        [
            Line(RunSubmitted(agent=wish.agent, prompt=wish.prompt), run.about),
            Line(AttemptOffered(), About(run.project_id, run.task_id, run.id, run.attempt)),
        ],
        actor=actor,
    )
    return run


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


_BY_ID = sa.select(runs).where(runs.c.id == sa.bindparam("id"))


def find(look: Look, run: RunId) -> Run:
    """The run, whoever asks. Raises `RunNotFound`."""
    row = look.row(_BY_ID, {"id": run})
    if row is None:
        raise RunNotFound
    return _run(row)


def find_for(look: Look, actor: Actor, run: RunId) -> Run:
    """The run if the actor may see it. Raises `RunNotFound` else: what is hidden is not there."""
    found = find(look, run)
    if found.hidden or not visibility.may_see_run(look, actor, found.session, found.project_id, found.task_id):
        raise RunNotFound
    return found


def of_task(look: Look, actor: Actor, task: TaskId) -> list[Run]:
    """The task's runs that the actor may see, newest first."""
    return _seen(look, actor, sa.select(runs).where(runs.c.task_id == task))


def newest_of_task(look: Look, task: TaskId) -> Run | None:
    """The run that says how the task stands, whoever asks."""
    row = look.row(sa.select(runs).where(runs.c.task_id == task).order_by(runs.c.number.desc()).limit(1))
    return None if row is None else _run(row)


def completed_of_task(look: Look, task: TaskId) -> list[Run]:
    """The task's runs that completed, whoever asks, newest first."""
    which = (runs.c.task_id == task, runs.c.state == State.COMPLETED)
    return [_run(row) for row in look.rows(sa.select(runs).where(*which).order_by(runs.c.number.desc()))]


def latest(
    look: Look,
    actor: Actor,
    *,
    state: State | None = None,
    project: ProjectId | None = None,
    task: TaskId | None = None,
    mine: bool = False,
    at_most: int = 100,
) -> list[Run]:
    """The newest runs that the actor may see, newest first. `mine`: of a session only what it submitted itself; the machine's
    owner has a share in all."""
    statement = sa.select(runs).limit(at_most)
    if state is not None:
        statement = statement.where(runs.c.state == state)
    if project is not None:
        statement = statement.where(runs.c.project_id == project)
    if task is not None:
        statement = statement.where(runs.c.task_id == task)
    if mine and not actor.is_owner:
        statement = statement.where(runs.c.session == actor.session)
    return _seen(look, actor, statement)


def seen_among(look: Look, actor: Actor, some: Iterable[str]) -> set[str]:
    """Which of these runs the actor may see. One that has been deleted nobody sees."""
    which = sa.and_(runs.c.id.in_(list(some)), ~runs.c.hidden, visibility.run_seen(actor))
    return {row["id"] for row in look.rows(sa.select(runs.c.id).where(which))}


def branches_of(look: Look, task: TaskId) -> set[str]:
    """The branch names that the task's runs have taken: those still open, and those that made a commit."""
    statement = sa.select(runs.c.branch).where(
        runs.c.task_id == task,
        runs.c.branch.is_not(None),
        sa.or_(
            runs.c.head.is_not(None),
            runs.c.state.not_in(list(ENDED)),
            runs.c.id.in_(sa.select(run_repositories.c.run_id).where(run_repositories.c.head.is_not(None))),
        ),
    )
    return {row["branch"] for row in look.rows(statement)}


def _seen(look: Look, actor: Actor, statement: sa.Select[Any]) -> list[Run]:
    """Newest first."""
    seen = statement.where(~runs.c.hidden, visibility.run_seen(actor)).order_by(runs.c.number.desc())
    return [_run(row) for row in look.rows(seen)]


def _run(row: Mapping[Any, Any]) -> Run:
    values = dict(row)
    values["context"] = json.loads(values["context"])
    values["state"] = State(values["state"])
    values["wait_reason"] = WaitReason(values["wait_reason"]) if values["wait_reason"] else None
    values["options"] = AgentConfiguration.model_validate_json(values["options"])
    if values["verification"] is not None:
        values["verification"] = Verification.model_validate_json(values["verification"])
    if values["demanded"] is not None:
        values["demanded"] = tuple(json.loads(values["demanded"]))
    return Run(**values)


# ── moving ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _move(tx: Tx, run: Run, step: Step, **values: object) -> None:
    """Take one step of the table, if the row is still where we think it is. Raises `IllegalStep`."""
    target = after(run.state, step)
    if step is not Step.WAIT:
        values = {"wait_reason": None, "wait_who": None, "wait_until": None, **values}
    if target in ENDED:
        values["ended_at"] = tx.now()
    moved = tx.change(
        runs.update().where(runs.c.id == run.id, runs.c.state == run.state).values(state=target, **values)
    )
    if not moved:
        raise IllegalStep("The run has just changed; look again.")
    if target in ENDED:
        dismissals.close(tx, run.about, "the run's end")


def place(tx: Tx, run: Run) -> None:
    _move(tx, run, Step.PLACE)


def start(tx: Tx, run: Run) -> None:
    """An agent is at work."""
    _move(tx, run, Step.START, started_at=run.started_at or tx.now())
    if run.state is not State.RUNNING:
        log.append(tx, RunStarted(), run.about)


def wait(tx: Tx, run: Run, reason: WaitReason, who: str, until: float | None = None) -> None:
    """The run stands still until `who` acts. `until`: seconds since the epoch, when it goes on by itself."""
    _move(tx, run, Step.WAIT, wait_reason=reason, wait_who=who, wait_until=until)
    log.append(tx, RunWaiting(reason=reason, who=who, until=None if until is None else rfc3339(until)), run.about)


def resume(tx: Tx, run: Run) -> None:
    _move(tx, run, Step.RESUME)
    log.append(tx, RunResumed(), run.about)


def requeue(tx: Tx, run: Run) -> None:
    """Back to the queue: its attempt is over without a result."""
    if run.state is not State.PENDING:
        _move(tx, run, Step.REQUEUE)


def complete(tx: Tx, run: Run, result: str) -> None:
    _move(tx, run, Step.COMPLETE, result=result)
    branch = run.branch if beside.result(tx, run) else None
    log.append(tx, RunCompleted(result=result[:2000], head=run.head, branch=branch), run.about)


def fail(tx: Tx, run: Run, error: str) -> None:
    _move(tx, run, Step.FAIL, error=error)
    log.append(tx, RunFailed(error=error[:2000]), run.about)


def cancel(tx: Tx, actor: Actor, run_id: RunId, reason: str = "cancelled") -> Run:
    """End the run now; its attempt, if any, is told to stop. Raises `RunNotFound`, `PermissionMissing`, `IllegalStep`."""
    run = find_for(tx, actor, run_id)
    if not policy.may_cancel_run(actor, run.session, run.project_id, run.task_id):
        raise policy.PermissionMissing(f"Permission denied: {Permission.TASK_CANCEL}")
    end(tx, run, reason, actor.name)
    return find(tx, run_id)


def end(tx: Tx, run: Run, reason: str, by: str) -> None:
    """What `cancel` does, whoever it is. Raises `IllegalStep`."""
    _move(tx, run, Step.CANCEL)
    log.append(tx, RunCancelled(reason=reason), run.about, actor=by)
    tx.topics.add(f"over:{run.id}")
    for row in tx.rows(
        sa.select(attempts.c.number, attempts.c.state, attempts.c.node).where(
            attempts.c.run_id == run.id, attempts.c.state != "ended"
        )
    ):
        place = attempts.update().where(attempts.c.run_id == run.id, attempts.c.number == row["number"])
        if row["state"] == "queued":
            tx.change(place.values(state="ended", outcome="cancelled", ended_at=tx.now()))
        else:
            tx.change(place.values(stop="cancelled"))
            tx.topics.add(f"node:{row['node']}")


def note(tx: Tx, run: RunId, **values: object) -> None:
    """Write facts about the run that are no step of its life: attempt number, commit, counts."""
    tx.change(runs.update().where(runs.c.id == run).values(**values))


def count_open(look: Look) -> Mapping[str, int]:
    """How many runs stand in each state."""
    rows: Sequence[sa.RowMapping] = look.rows(
        sa.select(runs.c.state, sa.func.count().label("count")).group_by(runs.c.state)
    )
    return {row["state"]: row["count"] for row in rows}
