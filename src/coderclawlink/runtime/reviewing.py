"""Giving a reviewer's comments to the agent: all that was not sent yet becomes one prompt. Each verb is one transaction's worth.

Above: the contract, which lends its `follow_up`. Below: the runs' reviews and remarks.
"""

from __future__ import annotations

from collections.abc import Callable

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Tx
from coderclawlink.ids import RunId
from coderclawlink.runs import ledger, remarks, reviews
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.prompts import Prompt
from coderclawlink.runs.remarks import NothingToSend, Remark

FollowUp = Callable[[Tx, Actor, RunId, str], tuple[Run, Prompt | None]]
Sent = tuple[Run, Prompt | None, list[Remark]]
"""The run that heeds them, the prompt as it waits there (None: it is the run's own), and what was sent."""


def send(tx: Tx, actor: Actor, run_id: RunId, text: str, follow_up: FollowUp) -> Sent:
    """The actor's unsent comments and `text` as one prompt: queued in a run under way, else of a run that goes on.

    Raises `RunNotFound`, `PermissionMissing`, `NothingToSend`, `Invalid`, and what `follow_up` raises.
    """
    run = ledger.find_for(tx, actor, run_id)
    policy.require(actor, Permission.TASK_SUBMIT, run.project_id)
    drafts, words = remarks.to_send(tx, actor, run, text)
    return _give(tx, actor, run_id, drafts, words, follow_up)


def request_changes(tx: Tx, actor: Actor, run_id: RunId, text: str, follow_up: FollowUp) -> Sent:
    """The same as a verdict on the result: it is not good yet.

    Raises as `send` does, and `NotUnderReview`; `Invalid` where neither a comment nor a text says what is to be changed.
    """
    run = reviews.reviewable(tx, actor, run_id, text)
    try:
        drafts, words = remarks.to_send(tx, actor, run, text)
    except NothingToSend:
        drafts, words = [], ""
    reviews.refuse(tx, actor, run, text, words)
    return _give(tx, actor, run_id, drafts, words, follow_up)


def _give(tx: Tx, actor: Actor, run_id: RunId, drafts: list[Remark], words: str, follow_up: FollowUp) -> Sent:
    to, prompt = follow_up(tx, actor, run_id, words)
    remarks.sent(tx, actor, drafts, to, 0 if prompt is None else prompt.number)
    return to, prompt, drafts
