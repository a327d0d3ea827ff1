"""Answering what a code host tells: feedback becomes a prompt for the agent that did the work. Each verb is one transaction's worth.

Above: the runtime, which lends its `follow_up`. Below: `feedback`, the rows. By itself that happens some rounds long (`Answers.rounds_at_most`);
then the pull request needs a person, who begins the count anew. The follow-up is made as the one who asked for the work, with a developer's rights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import pull_requests as table
from coderclawlink.errors import Conflict
from coderclawlink.events import PullRequestAnswered, PullRequestChanged
from coderclawlink.ids import RunId
from coderclawlink.journal import log
from coderclawlink.pulls import connections, deliveries, feedback, pull_requests
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
    return told


def person_needed(tx: Tx, pull: int, seen: Seen) -> bool:
    """Whether there is feedback that nobody answers by itself any more, since the rounds are used up; said once, on the pull request."""
    found = pull_requests.find(tx, pull)
    wanted = connections.answers_of(tx, found.project_id)
    if found.rounds < wanted.rounds_at_most or feedback.of(seen, wanted, feedback.marks_in(found.seen)) is None:
        return False
    words = f"It needs a person: after {found.rounds} rounds of mending there is still something to mend."
    tx.change(table.update().where(table.c.id == pull).values(error=words))
    if found.error != words:
        log.append(tx, PullRequestChanged(pull=pull, number=found.number, changes={"error": words}), found.about)
    return True


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
    who = Actor(Role.DEVELOPER, before.user_id, before.session) if actor is None else actor
    run, _ = follow_up(tx, who, before.id, feedback.prompt(told, found.number, logs))
    rounds = 1 if actor is not None else found.rounds + 1
    tx.change(
        table.update()
        .where(table.c.id == pull)
        .values(rounds=rounds, seen=feedback.remember(found.seen, told.marks), error=None)
    )
    event = PullRequestAnswered(pull=pull, number=found.number, why=told.why, round=rounds, run=run.id)
    log.append(tx, event, found.about, actor=who.name if actor is not None else "hub")
    return run


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
    """Why it is not the time: the branch is about to move, or somebody else has moved it."""
    newest = ledger.newest_of_task(look, pull.task_id)
    if newest is not None and not newest.has_ended:
        return StillAtWork().message
    ours = [one for one in deliveries.of_task(look, pull.task_id) if one.name == pull.name and one.state != "dropped"]
    if any(one.state in ("wanted", "pushed") for one in ours):
        return "A newer result is on its way to the branch."
    if ours and not any(one.head == pull.head for one in ours):
        return "Somebody else has moved the branch on: what follows is theirs."
    return None


def _result(look: Look, pull: PullRequest) -> Run | None:
    made = next((one for one in deliveries.of_task(look, pull.task_id) if one.head == pull.head), None)
    return ledger.newest_of_task(look, pull.task_id) if made is None else ledger.find(look, made.run_id)


def is_held(look: Look, pull: int, seen: Seen) -> bool:
    """Whether there is feedback that is answered by itself, only not yet."""
    found = pull_requests.find(look, pull)
    wanted = connections.answers_of(look, found.project_id)
    return feedback.of(seen, wanted, feedback.marks_in(found.seen)) is not None and _obstacle(look, found) is not None


def merges_by(look: Look, pull: PullRequest) -> MergeMethod:
    """How the project merges when nobody says."""
    return connections.answers_of(look, pull.project_id).merge
