"""A person's word on a result: who may say it, when, and what it does."""

from __future__ import annotations

import asyncio

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.db.engine import Database, Tx
from coderclawlink.errors import Invalid
from coderclawlink.events import AttemptStarted, RunReviewed, WorkCommitted
from coderclawlink.runs import ledger, prompts, recording, remarks, reviews
from coderclawlink.runs.ledger import Run, RunNotFound
from coderclawlink.runs.reviews import NotUnderReview, OwnResult
from coderclawlink.runs.run import State, WaitReason
from coderclawlink.runtime import reviewing
from tests.runs.played import NODE, at_node, said, told
from tests.runs.reviewed import changed, follow_up, with_result

pytestmark = pytest.mark.anyio
ADMIN = Actor(Role.ADMIN, "root", "r" * 64)
ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
ANN_AGAIN = Actor(Role.DEVELOPER, "ann", "c" * 64)
BOB = Actor(Role.DEVELOPER, "bob", "b" * 64)
EVE = Actor(Role.VIEWER, "eve", "e" * 64)


def under_review(tx: Tx, actor: Actor = OWNER) -> Run:
    """A run whose result waits for a person's word."""
    run = at_node(tx, actor=actor)
    recording.record(tx, NODE, said(run, AttemptStarted()))
    ledger.wait(tx, ledger.find(tx, run.id), WaitReason.REVIEW, "a reviewer")
    return ledger.find(tx, run.id)


async def test_an_approval_is_noted_told_and_wakes_who_waits_for_it(db: Database) -> None:
    run = await db.write(under_review)
    with db.bell.listen(f"over:{run.id}") as ear:
        approved = await db.write(reviews.approve, OWNER, run.id, "Good.")
        async with asyncio.timeout(5):
            assert await ear.wait(5)
    assert (approved.reviewer, approved.state) == ("owner", State.WAITING)
    with db.look() as look:
        last = told(look, run.id)[-1]
    assert (last.event, last.actor) == (RunReviewed(approved=True, by="owner", text="Good."), "owner")


async def test_a_refusal_becomes_the_agents_next_prompt(db: Database) -> None:
    run = await db.write(under_review, ANN)
    with db.bell.listen(f"over:{run.id}") as ear:
        sent_back, _, _ = await db.write(reviewing.request_changes, ADMIN, run.id, "Name it better.", follow_up)
        async with asyncio.timeout(5):
            assert await ear.wait(5)
    assert (sent_back.reviewer, sent_back.has_ended) == (None, False)
    with db.look() as look:
        (prompt,) = prompts.waiting(look, run)
        reviewed = [one.event for one in told(look, run.id) if one.kind == "run.reviewed"]
    assert prompt.text == "Name it better."
    assert reviewed == [RunReviewed(approved=False, by="root", text="Name it better.")]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_refusal_says_what_is_to_be_changed(db: Database, text: str) -> None:
    run = db.write_now(under_review)
    with pytest.raises(Invalid, match="what is to be changed"):
        db.write_now(reviewing.request_changes, OWNER, run.id, text, follow_up)


def test_a_review_has_an_end(db: Database) -> None:
    run = db.write_now(under_review)
    with pytest.raises(Invalid, match="20,000"):
        db.write_now(reviews.approve, OWNER, run.id, "x" * 20_001)


@pytest.mark.parametrize("actor", [ANN, ANN_AGAIN])
def test_nobody_approves_what_they_asked_for_in_this_session_or_another_of_theirs(db: Database, actor: Actor) -> None:
    run = db.write_now(under_review, ANN)
    with pytest.raises((OwnResult, RunNotFound)):
        db.write_now(reviews.approve, actor, run.id)
    with db.look() as look:
        assert ledger.find(look, run.id).reviewer is None
    assert db.write_now(reviews.approve, ADMIN, run.id).reviewer == "root"


def test_an_admin_of_the_same_name_does_not_approve_either(db: Database) -> None:
    run = db.write_now(under_review, ANN)
    with pytest.raises(OwnResult):
        db.write_now(reviews.approve, Actor(Role.ADMIN, "ann", "d" * 64), run.id)


def test_the_machines_owner_approves_what_they_asked_for(db: Database) -> None:
    run = db.write_now(under_review, OWNER)
    assert db.write_now(reviews.approve, OWNER, run.id).reviewer == "owner"


def test_who_asked_for_a_run_may_send_it_back(db: Database) -> None:
    run = db.write_now(under_review, ANN)
    db.write_now(reviewing.request_changes, ANN, run.id, "Not yet.", follow_up)
    with db.look() as look:
        assert [one.text for one in prompts.waiting(look, run)] == ["Not yet."]


def test_who_does_not_see_a_run_or_may_not_submit_has_no_word_on_it(db: Database) -> None:
    run = db.write_now(under_review, ANN)
    with pytest.raises(RunNotFound):
        db.write_now(reviews.approve, BOB, run.id)
    own = db.write_now(under_review, OWNER)
    with pytest.raises((RunNotFound, PermissionMissing)):
        db.write_now(reviews.approve, EVE, own.id)


def test_only_a_run_that_waits_for_a_review_is_reviewed_and_once(db: Database) -> None:
    run = db.write_now(at_node)
    with pytest.raises(NotUnderReview, match="does not wait"):
        db.write_now(reviews.approve, OWNER, run.id)
    waiting = db.write_now(under_review)
    db.write_now(reviews.approve, OWNER, waiting.id)
    with pytest.raises(NotUnderReview):
        db.write_now(reviewing.request_changes, OWNER, waiting.id, "After all not.", follow_up)
    db.write_now(ledger.cancel, OWNER, waiting.id)
    with pytest.raises(NotUnderReview, match="already ended: it is cancelled"):
        db.write_now(reviews.approve, OWNER, waiting.id)


def test_an_approval_is_of_one_commit_and_goes_with_the_next(db: Database) -> None:
    run = db.write_now(under_review)
    db.write_now(reviews.approve, OWNER, run.id)
    commit = WorkCommitted(head="c" * 40, base="b" * 40, branch="work", files=1, additions=1, deletions=0)
    db.write_now(recording.record, NODE, said(run, commit, first=2))
    with db.look() as look:
        assert ledger.find(look, run.id).reviewer is None


FILES = {"code.py": changed({10: "ten"})}


def completed(tx: Tx, actor: Actor = OWNER) -> Run:
    """A run that has completed with a result, of which nobody demanded a review."""
    run = with_result(tx, FILES, actor)
    ledger.complete(tx, run, "done")
    return ledger.find(tx, run.id)


def test_a_completed_result_is_approved_too_and_its_row_stays_as_it_was(db: Database) -> None:
    run = db.write_now(completed, ANN)
    with pytest.raises(OwnResult):
        db.write_now(reviews.approve, ANN, run.id)
    approved = db.write_now(reviews.approve, ADMIN, run.id, "Good.")
    assert (approved.state, approved.reviewer) == (State.COMPLETED, None)
    with db.look() as look:
        (verdict,) = reviews.of_run(look, run.id)
        assert told(look, run.id)[-1].event == RunReviewed(approved=True, by="root", text="Good.")
    assert (verdict.verdict, verdict.author, verdict.head, verdict.text) == ("approved", "root", run.head, "Good.")


def test_a_run_that_has_changed_nothing_is_not_reviewed(db: Database) -> None:
    def without(tx: Tx) -> Run:
        run = under_review(tx)
        ledger.complete(tx, run, "All is well.")
        return run

    with pytest.raises(NotUnderReview, match="nothing to review"):
        db.write_now(reviews.approve, OWNER, db.write_now(without).id)


def test_comments_alone_say_what_is_to_be_changed(db: Database) -> None:
    run = db.write_now(with_result, FILES)

    def comment(tx: Tx) -> None:
        remarks.make(tx, OWNER, run.id, path="code.py", side="new", first=10, last=10, text="In digits.", head=None)

    db.write_now(comment)
    _, prompt, sent = db.write_now(reviewing.request_changes, OWNER, run.id, "", follow_up)
    assert (prompt is not None and "In digits." in prompt.text, len(sent)) == (True, 1)
    with db.look() as look:
        assert [(one.verdict, one.text) for one in reviews.of_run(look, run.id)] == [("changes", "")]
