"""Answering what a code host tells: feedback becomes a prompt for the agent that did the work. Each verb is one transaction's worth.

Above: the runtime, which lends its `follow_up`. Below: `feedback`, the rows. By itself that happens some rounds long (`Answers.rounds_at_most`);
then the pull request needs a person, who begins the count anew. The follow-up is made as the one who asked for the work,
with the rights that are left to them; where they are too few, it needs a person too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from coderclawlink.access import askers, policy, uses, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import pull_requests as table
from coderclawlink.errors import Conflict
from coderclawlink.events import PullRequestAnswered, PullRequestChanged
from coderclawlink.ids import RunId
from coderclawlink.journal import log
from coderclawlink.pulls import connections, deliveries, feedback, pull_requests
from coderclawlink.pulls.deliveries import Delivery
from coderclawlink.pulls.feedback import Everything, Feedback
from coderclawlink.pulls.hosts import MergeMethod, Seen
from coderclawlink.pulls.pull_requests import PullRequest
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.prompts import Prompt

FollowUp = Callable[[Tx, Actor, RunId, str], tuple[Run, Prompt | None]]


class NothingToAnswer(Conflict):
    """There is nothing to answer: no check fails, no reviewer asks for anything new, and nothing conflicts."""


class StillAtWork(Conflict):
    """An agent is at work on this task: what the host tells is answered after that."""


def to_answer(look: Look, pull: int, seen: Seen) -> Feedback | None:
    """What is to become a prompt by itself now; None: nothing, or it is a person's turn."""
    found = pull_requests.find(look, pull)
    wanted = connections.answers_of(look, found.project_id)
    told = feedback.of(seen, wanted, feedback.marks_in(found.seen))
    if told is None or found.rounds >= wanted.rounds_at_most or _obstacle(look, found) is not None:
        return None
    return told if _why_nobody(look, found) is None else None


def is_held(look: Look, pull: int, seen: Seen) -> bool:
    """Whether there is feedback to answer, and somebody is at work on the branch: it is told once that is over."""
    found = pull_requests.find(look, pull)
    wanted = connections.answers_of(look, found.project_id)
    return feedback.of(seen, wanted, feedback.marks_in(found.seen)) is not None and _is_busy(look, found) is not None


def tell_need(tx: Tx, pull: int, seen: Seen) -> None:
    """Say whether it waits for a person, and why."""
    found = pull_requests.find(tx, pull)
    needs = _need(tx, found, seen)
    if found.needs != needs:
        tx.change(table.update().where(table.c.id == pull).values(needs=needs))
        log.append(tx, PullRequestChanged(pull=pull, number=found.number, changes={"needs": needs}), found.about)


def _need(look: Look, pull: PullRequest, seen: Seen) -> str | None:
    wanted = connections.answers_of(look, pull.project_id)
    if _obstacle(look, pull) is not None:
        return None
    if feedback.of(seen, wanted, feedback.marks_in(pull.seen)) is not None:
        rounds = f"After {pull.rounds} rounds of mending there is still something to mend."
        return rounds if pull.rounds >= wanted.rounds_at_most else _why_nobody(look, pull)
    newest = ledger.newest_of_task(look, pull.task_id)
    delivered = {one.run_id for one in _ours(look, pull)}
    if newest is None or (newest.head is not None and newest.id not in delivered):
        return None  # it is about to be put on the branch
    asked = Everything(checks=wanted.checks, reviews=False, conflicts=wanted.conflicts)
    if pull.rounds and feedback.of(seen, asked, ()) is not None:
        return "An agent was asked to mend it, and has left it as it was."
    return None


def answer(
    tx: Tx, actor: Actor | None, pull: int, told: Feedback, logs: Mapping[str, str], follow_up: FollowUp
) -> Run | None:
    """Make a prompt of it. `actor` None: by itself, as the one who asked for the work; a person begins the rounds anew. Returns the run
    that heeds it; None: it was answered meanwhile. Raises `StillAtWork`, `PullRequestNotFound`, and what `follow_up` raises."""
    found = pull_requests.find(tx, pull)
    if actor is None and set(told.marks) <= set(feedback.marks_in(found.seen)):
        return None
    if (obstacle := _obstacle(tx, found)) is not None:
        if actor is None:
            return None
        raise StillAtWork(obstacle)
    before = _result(tx, found)
    if before is None:
        raise NothingToAnswer("No run of the task has made what the pull request proposes.")
    if actor is None and _why_nobody(tx, found) is not None:
        return None
    who = askers.as_of_now(tx, before.user_id, before.session) if actor is None else actor
    run, _ = follow_up(tx, who, before.id, feedback.prompt(told, found.number, logs))
    rounds = 1 if actor is not None else found.rounds + 1
    tx.change(
        table.update()
        .where(table.c.id == pull)
        .values(rounds=rounds, seen=feedback.remember(found.seen, told.marks), error=None, needs=None)
    )
    event = PullRequestAnswered(pull=pull, number=found.number, why=told.why, round=rounds, run=run.id)
    log.append(tx, event, found.about, actor=who.name if actor is not None else "hub")
    return run


def asked_by(look: Look, pull: int) -> Actor | None:
    """Who has asked for the work that what the host tells is about. Raises `PullRequestNotFound`."""
    before = _result(look, pull_requests.find(look, pull))
    return None if before is None else askers.as_of_now(look, before.user_id, before.session)


def _why_nobody(look: Look, pull: PullRequest) -> str | None:
    """Why nobody has it answered by itself: who asked for the work may no more."""
    before = _result(look, pull)
    if before is None:
        return None
    asker = askers.as_of_now(look, before.user_id, before.session)
    may = policy.may(asker, Permission.TASK_SUBMIT, pull.project_id)
    is_refused = uses.why_not(look, asker, "agent", [before.agent], pull.project_id)
    if (
        may
        and not is_refused
        and visibility.may_see_run(look, asker, before.session, before.project_id, before.task_id)
    ):
        return None
    return f"{asker.name}, who asked for the work, may have an agent work here no more: somebody else must have it answered."


def heeded_by(look: Look, pull: int) -> RunId | None:
    """The run that what the host tells would be sent to, or be gone on from. Raises `PullRequestNotFound`."""
    before = _result(look, pull_requests.find(look, pull))
    return None if before is None else before.id


def by_hand(look: Look, actor: Actor, pull: PullRequest, seen: Seen) -> Feedback:
    """What a person has answered, whatever is switched off. Raises `PermissionMissing`, `NothingToAnswer`."""
    policy.require(actor, Permission.TASK_SUBMIT, pull.project_id)
    # What an earlier prompt did not mend may be tried again; remarks that were answered are not told twice.
    known = [mark for mark in feedback.marks_in(pull.seen) if not mark.startswith(("check:", "status:", "conflict:"))]
    told = feedback.of(seen, Everything(), known)
    if told is None:
        raise NothingToAnswer
    return told


def _obstacle(look: Look, pull: PullRequest) -> str | None:
    """Why it is not the time."""
    if (busy := _is_busy(look, pull)) is not None:
        return busy
    return "Somebody else has moved the branch on: what follows is theirs." if _is_moved_on(look, pull) else None


def _is_busy(look: Look, pull: PullRequest) -> str | None:
    """How the branch is about to move."""
    newest = ledger.newest_of_task(look, pull.task_id)
    if newest is not None and not newest.has_ended:
        return StillAtWork().message
    if any(one.state in ("wanted", "pushed") for one in _ours(look, pull)):
        return "A newer result is on its way to the branch."
    return None


def _is_moved_on(look: Look, pull: PullRequest) -> bool:
    ours = _ours(look, pull)
    return bool(ours) and not any(one.head == pull.head for one in ours)


def _ours(look: Look, pull: PullRequest) -> list[Delivery]:
    return [one for one in deliveries.of_task(look, pull.task_id) if one.name == pull.name and one.state != "dropped"]


def _result(look: Look, pull: PullRequest) -> Run | None:
    made = next((one for one in deliveries.of_task(look, pull.task_id) if one.head == pull.head), None)
    return ledger.newest_of_task(look, pull.task_id) if made is None else ledger.find(look, made.run_id)


def merges_by(look: Look, pull: PullRequest) -> MergeMethod:
    """How the project merges when nobody says."""
    return connections.answers_of(look, pull.project_id).merge
