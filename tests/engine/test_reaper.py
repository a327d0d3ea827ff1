"""What died is noticed by the database's clock, in the order: offline, waiting, given away."""

from __future__ import annotations

import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import nodes as table
from coderclawlink.db.schema import questions as question_rows
from coderclawlink.engine import reaper
from coderclawlink.events import AttemptEnded, AttemptStarted, Option, QuestionAsked
from coderclawlink.gate import reconcile
from coderclawlink.ids import NodeId, QuestionId, RunId
from coderclawlink.journal import log
from coderclawlink.link.protocol import Answer, Fence
from coderclawlink.runs import attempts, ledger, nodes, questions, recording
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State, WaitReason
from tests.runs.played import NODE, at_node, hello, join, kinds, said

LEASE, GRACE = 15.0, 600.0


def unheard_for(tx: Tx, seconds: float, node: NodeId = NODE) -> None:
    tx.change(table.update().where(table.c.name == node).values(seen_at=tx.now() - seconds))


def at_work(tx: Tx) -> Run:
    join(tx)
    run = at_node(tx)
    recording.record(tx, NODE, said(run, AttemptStarted()))
    return ledger.find(tx, run.id)


def state(db: Database, run: RunId) -> tuple[State, WaitReason | None, str]:
    with db.look() as look:
        found, attempt = ledger.find(look, run), attempts.find(look, run, 1)
    assert attempt is not None
    return found.state, found.wait_reason, attempt.outcome or attempt.state


def sweep_after(db: Database, seconds: float, lease: float = LEASE, grace: float = GRACE) -> None:
    db.write_now(unheard_for, seconds)
    with db.look() as look:
        due = reaper.is_due(look, lease, grace)
    before = head(db)
    db.write_now(reaper.sweep, lease, grace)
    assert due is (head(db) > before), "is_due tells whether a sweep finds anything"


def head(db: Database) -> int:
    with db.look() as look:
        return log.last_seq(look)


def test_a_node_within_its_lease_is_left_alone(db: Database) -> None:
    run = db.write_now(at_work)
    sweep_after(db, LEASE - 5)
    assert state(db, run.id) == (State.RUNNING, None, "running")


def test_after_the_lease_its_runs_wait_for_it_and_say_until_when(db: Database) -> None:
    run = db.write_now(at_work)
    sweep_after(db, LEASE + 5)
    assert state(db, run.id) == (State.WAITING, WaitReason.NODE_OFFLINE, "running")
    with db.look() as look:
        found = ledger.find(look, run.id)
        assert found.wait_who == "node n1"
        assert found.wait_until is not None
        assert abs(found.wait_until - look.now() - GRACE + 5) < 5
        assert not nodes.all_of_them(look)[0].online
    before = head(db)
    db.write_now(reaper.sweep, LEASE, GRACE)
    assert head(db) == before  # and it is said once


@pytest.mark.parametrize("by", ["hello", "beat"])
def test_one_that_is_back_within_the_grace_is_taken_up_again(db: Database, by: str) -> None:
    run = db.write_now(at_work)
    sweep_after(db, LEASE + 5)
    held = (Fence(run=run.id, attempt=1),)
    if by == "hello":
        assert db.write_now(reconcile.greet, hello(held=held)) == ()
    else:
        assert db.write_now(reconcile.beat, NODE, held, None) == ()
    assert state(db, run.id) == (State.RUNNING, None, "running")
    taken = db.write_now(recording.record, NODE, said(run, AttemptEnded(outcome="completed"), first=2))
    assert [kept.n for kept in taken.kept] == [2]


def test_after_the_grace_its_attempts_are_given_away_and_its_late_words_refused(db: Database) -> None:
    run = db.write_now(at_work)
    sweep_after(db, LEASE + 5)
    sweep_after(db, LEASE + GRACE + 5)
    assert state(db, run.id)[2] == "lost"
    held = (Fence(run=run.id, attempt=1),)
    assert db.write_now(reconcile.greet, hello(held=held)) == held
    taken = db.write_now(recording.record, NODE, said(run, AttemptEnded(outcome="completed"), first=2))
    assert taken.stale == held
    with db.look() as look:
        assert kinds(look, run.id)[-2:] == ["run.waiting", "attempt.lost"]


def test_with_no_grace_they_are_given_away_with_the_lease(db: Database) -> None:
    run = db.write_now(at_work)
    sweep_after(db, LEASE + 5, grace=0.0)
    assert state(db, run.id)[2] == "lost"


def test_an_answer_that_comes_while_the_node_is_away_is_there_when_it_is_back(db: Database) -> None:
    run = db.write_now(at_work)
    asked = QuestionAsked(question="q1", title="?", options=(Option(id="y", label="Yes"),))
    db.write_now(recording.record, NODE, said(run, asked, first=2))
    sweep_after(db, LEASE + 5)
    assert state(db, run.id)[1] is WaitReason.NODE_OFFLINE
    db.write_now(questions.answer, OWNER, run.id, QuestionId("q1"), "y")
    assert state(db, run.id)[1] is WaitReason.NODE_OFFLINE
    db.write_now(reconcile.greet, hello(held=(Fence(run=run.id, attempt=1),)))
    assert state(db, run.id)[:2] == (State.RUNNING, None)
    with db.look() as look:
        assert [word.option for word in reconcile.to_say(look, NODE) if isinstance(word, Answer)] == ["y"]


def test_a_question_that_nobody_answered_in_time_is_answered_with_no(db: Database) -> None:
    run = db.write_now(at_work)
    options = (Option(id="y", label="Yes", effect="allow_once"), Option(id="n", label="No", effect="reject_once"))
    asked = QuestionAsked(question="q1", title="?", options=options)
    db.write_now(recording.record, NODE, said(run, asked, first=2))
    sweep_after(db, 0)
    assert state(db, run.id)[0] is State.WAITING  # it has no deadline
    db.write_now(set_deadline, -1.0)
    sweep_after(db, 0)
    assert state(db, run.id) == (State.RUNNING, None, "running")
    with db.look() as look:
        assert [word.option for word in reconcile.to_say(look, NODE) if isinstance(word, Answer)] == ["n"]
        assert questions.find(look, QuestionId("q1")).answered_by == "the deadline"
    before = head(db)
    db.write_now(reaper.sweep, LEASE, GRACE)
    assert head(db) == before


def test_a_question_is_left_open_until_its_deadline(db: Database) -> None:
    run = db.write_now(at_work)
    asked = QuestionAsked(question="q1", title="?", options=(Option(id="y", label="Yes"),))
    db.write_now(recording.record, NODE, said(run, asked, first=2))
    db.write_now(set_deadline, 60.0)
    sweep_after(db, 0)
    assert state(db, run.id)[:2] == (State.WAITING, WaitReason.APPROVAL)


def set_deadline(tx: Tx, seconds: float) -> None:
    tx.change(question_rows.update().values(deadline_at=tx.now() + seconds))
