"""A person's word on a result, where the project demands one before the run counts as completed.

Above: the routes; the engine, which lets a run wait once its checks have passed and goes on when this room rings. Below: the
ledger and the run's prompts. Nobody approves what they have asked for themselves: neither in the session that submitted the run nor
in another one of the same name. The machine's owner may, since on a machine with one person nobody else could.
"""

from __future__ import annotations

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Tx
from coderclawlink.errors import Conflict, Denied, Invalid
from coderclawlink.events import RunReviewed
from coderclawlink.ids import RunId
from coderclawlink.journal import log
from coderclawlink.runs import ledger, prompts
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import WaitReason

TEXT_AT_MOST = 20_000
"""Characters."""


class NotUnderReview(Conflict):
    """The run does not wait for a review."""


class OwnResult(Denied):
    """Somebody else must approve what you have asked for."""


def is_demanded(run: Run) -> bool:
    """Whether a person must approve the result: as the project says, else as the repository does. Nobody reviews no change."""
    demands = run.review if run.verification is None else run.verification.review
    return bool(demands) and run.head is not None


def approve(tx: Tx, actor: Actor, run_id: RunId, text: str = "") -> Run:
    """The result is good as it is: the run completes. Returns the run as it stands.

    Raises `RunNotFound`, `PermissionMissing`, `NotUnderReview`, `OwnResult`, `Invalid` for too long a text.
    """
    run = _under_review(tx, actor, run_id, text)
    if not actor.is_owner and (run.session == actor.session or (run.user_id is not None and run.user_id == actor.user)):
        raise OwnResult
    ledger.note(tx, run_id, reviewer=actor.name)
    return _tell(tx, actor, run, text, approved=True)


def request_changes(tx: Tx, actor: Actor, run_id: RunId, text: str) -> Run:
    """The result is not good yet: the agent goes on with `text` as its next prompt. Who asked for the run may say so too.

    Raises as `approve` does, but for `OwnResult`; `Invalid` also without a text.
    """
    run = _under_review(tx, actor, run_id, text)
    if not text.strip():
        raise Invalid("Say what is to be changed.")
    ledger.note(tx, run_id, reviewer=None)
    prompts.queue(tx, actor, run, text)
    return _tell(tx, actor, run, text, approved=False)


def _under_review(tx: Tx, actor: Actor, run_id: RunId, text: str) -> Run:
    run = ledger.find_for(tx, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT)
    if run.has_ended:
        raise NotUnderReview(f"The run has already ended: it is {run.state}.")
    if run.wait_reason is not WaitReason.REVIEW or run.reviewer is not None:
        raise NotUnderReview
    if len(text) > TEXT_AT_MOST:
        raise Invalid(f"A review has at most {TEXT_AT_MOST:,} characters; this one has {len(text):,}.")
    return run


def _tell(tx: Tx, actor: Actor, run: Run, text: str, *, approved: bool) -> Run:
    log.append(tx, RunReviewed(approved=approved, by=actor.name, text=text), run.about, actor=actor.name)
    tx.topics.add(f"over:{run.id}")
    return ledger.find(tx, run.id)
