"""Revisions: the results of a run so far, one for each attempt that left work, each with the diff that was kept of it.

Above: `recording`, which notes them; `remarks`, `reviews` and the routes. Below: the kept diffs (`artifacts`), read by `patches`.
A run that goes on from another one keeps the base of the work before it, so that the diffs of both can be laid beside each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import artifacts, revisions, ticks
from coderclawlink.errors import Conflict, NotFound
from coderclawlink.ids import RunId
from coderclawlink.runs import ledger, patches
from coderclawlink.runs.ledger import Run, RunNotFound
from coderclawlink.runs.patches import File, Patch

RUNS_AT_MOST = 50
"""So many runs are followed back."""
Since = Literal["new", "changed", "gone"]
"""Against an earlier revision: the file was not changed there, was changed otherwise, or is no longer changed."""


class RevisionNotFound(NotFound):
    """There is no diff of that commit, of this run or one that it goes on from."""


class FileNotFound(NotFound):
    """The result does not change that file."""


class NothingToReview(Conflict):
    """The run has no result yet."""


@dataclass(frozen=True, slots=True)
class Revision:
    """`head`: the commit that its diff leads to; `base`: where it begins, None for work that was put aside unfinished."""

    run_id: RunId
    attempt: int
    head: str
    base: str | None
    at: float


_COLUMNS = [revisions.c[name] for name in Revision.__dataclass_fields__]


def note(tx: Tx, run: RunId, attempt: int, head: str, base: str | None) -> None:
    """The attempt's work is this commit now; its kept diff is of it."""
    here = sa.and_(revisions.c.run_id == run, revisions.c.attempt == attempt)
    tx.change(revisions.delete().where(here))
    tx.change(revisions.insert().values(run_id=run, attempt=attempt, head=head, base=base, at=tx.now()))


def is_noted(look: Look, run: RunId, attempt: int) -> bool:
    """Whether the attempt has brought work already."""
    here = sa.and_(revisions.c.run_id == run, revisions.c.attempt == attempt)
    return bool(look.scalar(sa.select(sa.func.count()).select_from(revisions).where(here)))


def of_run(look: Look, run: RunId) -> list[Revision]:
    """Those whose diff is kept, oldest first."""
    statement = (
        sa.select(*_COLUMNS)
        .join(artifacts, sa.and_(artifacts.c.run_id == revisions.c.run_id, artifacts.c.attempt == revisions.c.attempt))
        .where(revisions.c.run_id == run, artifacts.c.name == "diff")
        .order_by(revisions.c.attempt)
    )
    return [Revision(**row) for row in look.rows(statement)]


def latest(look: Look, run: Run) -> Revision:
    """Raises `NothingToReview`."""
    made = of_run(look, run.id)
    if not made:
        raise NothingToReview
    return made[-1]


def find(look: Look, run: Run, head: str) -> Revision:
    """By its commit, of the run or those that it goes on from. Raises `RevisionNotFound`."""
    for each in before(look, run):
        for revision in reversed(of_run(look, each.id)):
            if revision.head == head:
                return revision
    raise RevisionNotFound


def before(look: Look, run: Run) -> Iterator[Run]:
    """The run, that which it goes on from, and so on."""
    seen: set[RunId] = set()
    here: Run | None = run
    while here is not None and here.id not in seen and len(seen) < RUNS_AT_MOST:
        seen.add(here.id)
        yield here
        try:
            here = None if here.continues is None else ledger.find(look, here.continues)
        except RunNotFound:  # deleted since
            here = None


def patch(look: Look, revision: Revision) -> Patch:
    """The kept diff, read. Of the longest that are kept that takes a good part of a second."""
    text = look.scalar(
        sa.select(artifacts.c.text).where(
            artifacts.c.run_id == revision.run_id,
            artifacts.c.attempt == revision.attempt,
            artifacts.c.name == "diff",
        )
    )
    return patches.NOTHING if text is None else patches.read(str(text))


def find_file(patch: Patch, path: str) -> File:
    """Raises `FileNotFound`."""
    found = next((file for file in patch.files if file.path == path), None)
    if found is None:
        raise FileNotFound
    return found


def differences(then: Patch, now: Patch) -> dict[str, Since]:
    """What sets two revisions apart, by file. Of diffs that were cut only what both hold is told."""
    before, after = ({file.path: file for file in each.files} for each in (then, now))
    told: dict[str, Since] = {}
    for path, file in after.items():
        if path not in before:
            if not then.cut:
                told[path] = "new"
        elif before[path].digest != file.digest:
            told[path] = "changed"
    if not now.cut:
        told |= {path: "gone" for path in before if path not in after}
    return told


# ── what a reviewer has looked at ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Tick:
    """A file that its reviewer has looked at, as it was in the diff of `head`. `file`: SHA-256 of its path."""

    file: str
    digest: str
    head: str
    at: float


def tick(tx: Tx, actor: Actor, run_id: RunId, path: str, *, viewed: bool) -> None:
    """Note that the actor has looked at a file of the run's latest result, or take it back. A tick holds as long as the file's
    changes stay as they were. Raises `RunNotFound`, `PermissionMissing`, `NothingToReview`, `FileNotFound`."""
    run = ledger.find_for(tx, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
    revision = latest(tx, run)
    file = find_file(patch(tx, revision), path)
    key = name_of(path)
    tx.change(ticks.delete().where(ticks.c.run_id == run_id, ticks.c.owner == actor.key, ticks.c.file == key))
    if viewed:
        tx.change(
            ticks.insert().values(
                run_id=run_id, owner=actor.key, file=key, digest=file.digest, head=revision.head, at=tx.now()
            )
        )


def ticks_of(look: Look, actor: Actor, runs: Sequence[RunId]) -> dict[str, Tick]:
    """The actor's latest tick of each file, over these runs, by `name_of` its path."""
    columns = [ticks.c[name] for name in Tick.__dataclass_fields__]
    statement = (
        sa.select(*columns).where(ticks.c.run_id.in_(list(runs)), ticks.c.owner == actor.key).order_by(ticks.c.at)
    )
    return {row["file"]: Tick(**row) for row in look.rows(statement)}


def name_of(path: str) -> str:
    """What a tick knows a file by."""
    return hashlib.sha256(path.encode(errors="replace")).hexdigest()
