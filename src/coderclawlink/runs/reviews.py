"""A person's word on a result: approved, or to be changed. Where the project demands one, the run completes with it.

Above: the routes; the runtime, which gives what is to be changed to the agent; the board, where a result is discarded; the engine,
which lets a run wait once its checks have passed and goes on when this room rings. Below: the ledger. Nobody approves what they
have asked for themselves: neither in the session that submitted the run nor in another one of the same name. The machine's owner
may, since on a machine with one person nobody else could; in a team so may who administers it, or the project.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import verdicts
from coderclawlink.errors import Conflict, Denied, Invalid
from coderclawlink.events import RunReviewed
from coderclawlink.ids import RunId
from coderclawlink.journal import log
from coderclawlink.runs import beside, ledger
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State, WaitReason

TEXT_AT_MOST = 20_000
"""Characters."""
Word = Literal["approved", "changes", "discarded"]


class NotUnderReview(Conflict):
    """The run does not wait for a review."""


class OwnResult(Denied):
    """Somebody else must approve what you have asked for."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody said of the result `head`. `owner`: as `Actor.key`."""

    run_id: RunId
    verdict: Word
    owner: str
    author: str
    text: str
    head: str | None
    at: float


_COLUMNS = [verdicts.c[name] for name in Verdict.__dataclass_fields__]


def is_demanded(look: Look, run: Run) -> bool:
    """Whether a person must approve the result: as the project says, else as the repository does. Nobody reviews no change."""
    demands = run.review if run.verification is None else run.verification.review
    return bool(demands) and beside.result(look, run) is not None


def approve(tx: Tx, actor: Actor, run_id: RunId, text: str = "") -> Run:
    """The result is good as it is. A run that waits for a review completes; of a completed one it is written down.

    Raises `RunNotFound`, `PermissionMissing`, `NotUnderReview`, `OwnResult`, `Invalid` for too long a text.
    """
    run = reviewable(tx, actor, run_id, text)
    if may_not_approve(actor, run):
        raise OwnResult
    said = of_run(tx, run_id)
    if said and said[-1].head == beside.result(tx, run) and said[-1].verdict == "discarded":
        raise NotUnderReview("The result has been discarded.")
    if not run.has_ended:
        ledger.note(tx, run_id, reviewer=actor.name)
    log.append(tx, RunReviewed(approved=True, by=actor.name, text=text), run.about, actor=actor)
    return keep(tx, actor, run, "approved", text)


def refuse(tx: Tx, actor: Actor, run: Run, text: str, prompt: str) -> None:
    """Write down that the result is not good yet; `prompt`: what its agent is given, which the caller sees to.

    Who asked for the run may say so too. Raises `Invalid` for too long a text, and when there is nothing to be changed.
    """
    _fits(text)
    if not prompt.strip():
        raise Invalid("Say what is to be changed.")
    if not run.has_ended:
        ledger.note(tx, run.id, reviewer=None)
    log.append(tx, RunReviewed(approved=False, by=actor.name, text=text), run.about, actor=actor)
    keep(tx, actor, run, "changes", text)


def reviewable(look: Look, actor: Actor, run_id: RunId, text: str = "") -> Run:
    """The run, if its result can be judged now: it waits for a review, or has completed with a result.

    Raises `RunNotFound`, `PermissionMissing`, `NotUnderReview`, `Invalid` for too long a text.
    """
    run = ledger.find_for(look, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
    if run.has_ended:
        if run.state is not State.COMPLETED:
            raise NotUnderReview(f"The run has already ended: it is {run.state}.")
        if beside.result(look, run) is None:
            raise NotUnderReview("The run has changed nothing: there is nothing to review.")
    elif run.wait_reason is not WaitReason.REVIEW or run.reviewer is not None:
        raise NotUnderReview
    _fits(text)
    return run


def may_not_approve(actor: Actor, run: Run) -> bool:
    """Whether it is the actor's own: the machine's owner may approve all the same, and who has proven to administer the project."""
    is_own = run.session == actor.session or (run.user_id is not None and run.user_id == actor.user)
    may_all = actor.is_owner or (actor.proven and actor.role_in(run.project_id) is Role.ADMIN)
    return is_own and not may_all


def keep(tx: Tx, actor: Actor, run: Run, verdict: Word, text: str) -> Run:
    """Write a verdict down; whoever waits for one hears of it. Returns the run as it stands."""
    tx.change(
        verdicts.insert().values(
            run_id=run.id,
            verdict=verdict,
            owner=actor.key,
            author=actor.name,
            text=text,
            head=beside.result(tx, run),
            at=tx.now(),
        )
    )
    tx.topics.add(f"over:{run.id}")
    return ledger.find(tx, run.id)


def of_run(look: Look, run_id: RunId) -> list[Verdict]:
    """Oldest first."""
    statement = sa.select(*_COLUMNS).where(verdicts.c.run_id == run_id).order_by(verdicts.c.id)
    return [Verdict(**row) for row in look.rows(statement)]


def _fits(text: str) -> None:
    if len(text) > TEXT_AT_MOST:
        raise Invalid(f"A review has at most {TEXT_AT_MOST:,} characters; this one has {len(text):,}.")
