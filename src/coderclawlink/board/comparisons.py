"""One task, several agents or models at once: their results side by side, and the one that is kept.

Above: the routes; the runtime, which submits the runs (each on a branch of its own) and calls `start`; the engine, which calls
`run_ended`. Below: the runs, and the task's card. While nothing is kept the card stays where it is: the contenders' ends move it
no further than to say that there is something to choose from.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import tasks
from coderclawlink.board.tasks import TaskStatus
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import comparisons, runs
from coderclawlink.errors import Conflict, NotFound
from coderclawlink.events import ComparisonKept, ComparisonStarted
from coderclawlink.ids import RunId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.runs import artifacts, attempts, beside, checks, ledger
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State, WaitReason

LINES_AT_MOST = 1000
"""Of one file's changes: longer ones are not laid beside each other, which takes time by the square of them."""


class ComparisonNotFound(NotFound):
    """Comparison not found."""


class CannotKeep(Conflict):
    """Only a completed run can be kept."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One run of a comparison. `seconds`: of work, over all attempts; `checks_*`: of its latest result. What is not known
    (yet) is None."""

    run: RunId
    number: int
    agent: str
    model: str | None
    account: str | None
    state: State
    wait_reason: WaitReason | None
    branch: str | None
    head: str | None
    files: int | None
    additions: int | None
    deletions: int | None
    checks_demanded: int
    checks_passed: int
    checks_failed: int
    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    seconds: float | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`kept`: the run that was chosen. `runs`: those that the reader may see, in the order of their submission."""

    id: str
    task_id: TaskId
    prompt: str
    kept: RunId | None
    created_at: float
    runs: tuple[Contestant, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison by itself."""

    id: str
    task_id: TaskId
    prompt: str
    kept: RunId | None
    created_at: float


_COLUMNS = [comparisons.c[name] for name in Row.__dataclass_fields__]


def start(tx: Tx, actor: Actor, comparison: str, task: TaskId, prompt: str, contenders: Sequence[Run]) -> None:
    """Write down that these runs, just submitted with `comparison` as theirs, are at work side by side.

    Raises `TaskNotFound`, `PermissionMissing`.
    """
    found = tasks.find_for(tx, actor, task, Permission.TASK_SUBMIT)
    tx.change(comparisons.insert().values(id=comparison, task_id=task, prompt=prompt, created_at=tx.now()))
    told = ComparisonStarted(comparison=comparison, runs=tuple(run.id for run in contenders))
    log.append(tx, told, found.about, actor=actor)


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def find(look: Look, comparison: str) -> Row:
    """Raises `ComparisonNotFound`."""
    row = look.row(sa.select(*_COLUMNS).where(comparisons.c.id == comparison))
    if row is None:
        raise ComparisonNotFound
    return Row(**row)


def show(look: Look, actor: Actor, comparison: str) -> Comparison:
    """The comparison with what of it the actor may see. Raises `ComparisonNotFound`, also when that is nothing."""
    shown = _with_runs(look, actor, find(look, comparison))
    if shown is None:
        raise ComparisonNotFound
    return shown


def of_task(look: Look, actor: Actor, task: TaskId) -> list[Comparison]:
    """The task's comparisons of which the actor may see something, newest first. Raises `TaskNotFound`."""
    tasks.find_for(look, actor, task, Permission.TASK_VIEW)
    statement = (
        sa.select(*_COLUMNS)
        .where(comparisons.c.task_id == task)
        .order_by(comparisons.c.created_at.desc(), comparisons.c.id.desc())
    )
    shown = (_with_runs(look, actor, Row(**row)) for row in look.rows(statement))
    return [comparison for comparison in shown if comparison is not None]


def _with_runs(look: Look, actor: Actor, row: Row) -> Comparison | None:
    seen = [
        run
        for run in _runs(look, row.id)
        if not run.hidden and visibility.may_see_run(look, actor, run.session, run.project_id, run.task_id)
    ]
    if not seen:
        return None
    return Comparison(
        row.id, row.task_id, row.prompt, row.kept, row.created_at, tuple(_contestant(look, run) for run in seen)
    )


def _runs(look: Look, comparison: str) -> list[Run]:
    ids = look.rows(sa.select(runs.c.id).where(runs.c.comparison == comparison).order_by(runs.c.number))
    return [ledger.find(look, row["id"]) for row in ids]


def _contestant(look: Look, run: Run) -> Contestant:
    made = attempts.of_run(look, run.id)
    latest = made[-1] if made else None
    worked = [(one.ended_at or look.now()) - one.started_at for one in made if one.started_at is not None]
    metered = [one for one in made if one.calls is not None]
    costs = [one.cost_usd for one in metered if one.cost_usd is not None]
    results = checks.last_round(checks.of_run(look, run.id), run.attempt)
    further = beside.of_run(look, run.id)
    return Contestant(
        run=run.id,
        number=run.number,
        agent=latest.agent if latest else run.agent,
        model=(latest and latest.model) or run.options.model,
        account=(latest and latest.account) or run.options.account,
        state=run.state,
        wait_reason=run.wait_reason,
        branch=run.branch,
        head=beside.result(look, run),
        files=_sum(run.files, [part.files for part in further]),
        additions=_sum(run.additions, [part.additions for part in further]),
        deletions=_sum(run.deletions, [part.deletions for part in further]),
        checks_demanded=len(checks.demanded(run)),
        checks_passed=sum(result.passed for result in results),
        checks_failed=sum(not result.passed for result in results),
        calls=sum(one.calls or 0 for one in metered) if metered else None,
        input_tokens=sum(one.input_tokens or 0 for one in metered) if metered else None,
        output_tokens=sum(one.output_tokens or 0 for one in metered) if metered else None,
        cost_usd=sum(costs) if costs else None,
        seconds=max(0.0, sum(worked)) if worked else None,
        error=run.error,
    )


def _sum(own: int | None, further: Sequence[int | None]) -> int | None:
    """Over all of the run's repositories; None where nothing was changed in any."""
    known = [count for count in (own, *further) if count is not None]
    return sum(known) if known else None


# ── keeping one ────────────────────────────────────────────────────────────────────────────────────────────────────


def keep(tx: Tx, actor: Actor, comparison: str, run_id: RunId) -> Comparison:
    """Choose a run: the card gets its branch and stands in review, and the others that are still open are cancelled.

    Another may be kept later, until the task is done. Raises `ComparisonNotFound`, `RunNotFound`, `CannotKeep`;
    `PermissionMissing` also when an open one is not the actor's to cancel.
    """
    shown = show(tx, actor, comparison)
    tasks.find_for(tx, actor, shown.task_id, Permission.PROJECT_WRITE)
    run = ledger.find_for(tx, actor, run_id)
    if run.comparison != comparison:
        raise ledger.RunNotFound("The run is not one of this comparison.")
    if run.state is not State.COMPLETED:
        raise CannotKeep(f"Only a completed run can be kept; this one is {run.state}.")
    if shown.kept == run_id:
        return shown
    card = tasks.find(tx, shown.task_id)
    if card.status is TaskStatus.DONE:
        raise CannotKeep("The task is done: what was kept stays.")
    tx.change(comparisons.update().where(comparisons.c.id == comparison).values(kept=run_id))
    for other in _runs(tx, comparison):
        if not other.has_ended:
            ledger.cancel(tx, actor, other.id, reason=f"run {run.number} was kept")
    tasks.change(
        tx,
        actor,
        card.id,
        {
            "status": TaskStatus.IN_REVIEW,
            "github_branch_name": run.branch if beside.result(tx, run) else None,
            "assigned_agent_type": run.agent,
            "agent_execution_status": State.COMPLETED,
        },
    )
    about = About(run.project_id, run.task_id, run.id)
    log.append(tx, ComparisonKept(comparison=comparison, run=run_id), about, actor=actor)
    return show(tx, actor, comparison)


def run_ended(tx: Tx, run: Run) -> None:
    """Tell the card that a contender has ended, in the run's own transaction. The last one's end says how all went: there is
    something to choose, or nothing. What was kept before is not touched, nor a card whose newest run is another's."""
    if run.comparison is None or run.task_id is None:
        return
    newest = ledger.newest_of_task(tx, run.task_id)
    contenders = _runs(tx, run.comparison)
    is_newest = newest is not None and newest.comparison == run.comparison
    if not is_newest or not all(one.has_ended for one in contenders) or find(tx, run.comparison).kept is not None:
        return
    states = {one.state for one in contenders}
    state = next(state for state in (State.COMPLETED, State.FAILED, State.CANCELLED) if state in states)
    tasks.contenders_ended(tx, run.task_id, state)


# ── two results beside each other ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a difference: whose it is, and its changes as git writes them."""

    name: str
    diff: str


def diffs(look: Look, actor: Actor, comparison: str, left: RunId, right: RunId) -> tuple[Side, Side]:
    """What two of the runs changed. Raises `ComparisonNotFound`, `RunNotFound`."""
    shown = {one.run: one for one in show(look, actor, comparison).runs}
    for run in (left, right):
        if run not in shown:
            raise ledger.RunNotFound("The run is not one of this comparison.")
    one, other = (
        Side(f"{shown[run].agent} #{shown[run].number}", artifacts.find(look, run, "diff") or "")
        for run in (left, right)
    )
    return one, other


def difference(left: Side, right: Side) -> str:
    """What sets two results apart, file by file in unified form: `-` stands before what only the left one does. Files changed
    alike are named only. Takes up to seconds; belongs into a thread."""
    lefts, rights = _by_file(left.diff), _by_file(right.diff)
    told = [f"--- {left.name}", f"+++ {right.name}"]
    for file in sorted(lefts.keys() | rights.keys()):
        one, other = lefts.get(file, []), rights.get(file, [])
        if one == other:
            told.append(f"= {file}: alike in both")
        elif not other or not one:
            told += [f"{'-' if one else '+'} {file}: only in {left.name if one else right.name}"]
            told += [f"{'-' if one else '+'}{line}" for line in one or other]
        elif max(len(one), len(other)) > LINES_AT_MOST:
            told.append(f"! {file}: too long to be laid beside each other ({len(one):,} and {len(other):,} lines)")
        else:
            told.append(f"! {file}: different")
            told += list(difflib.unified_diff(one, other, lineterm="", n=3))[2:]
    return "\n".join(told) + "\n"


def _by_file(diff: str) -> dict[str, list[str]]:
    """The changes of each file, without the lines before them that name blobs: those differ wherever anything does."""
    files: dict[str, list[str]] = {}
    lines: list[str] = []
    is_head = False
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            lines = files.setdefault(line.rpartition(" b/")[2], [])
            is_head = True
            continue
        is_head = is_head and not line.startswith("@@")
        if line and not (is_head and line.startswith(("index ", "--- ", "+++ "))):
            lines.append(line)
    return files
