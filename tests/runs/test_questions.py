"""Questions outlive everything but their attempt, and are answered once."""

from __future__ import annotations

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.db.engine import Database, Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.events import AttemptEnded, AttemptStarted, Option, QuestionAsked
from coderclawlink.gate import reconcile
from coderclawlink.ids import QuestionId, new_id
from coderclawlink.link.protocol import Answer
from coderclawlink.runs import attempts, ledger, questions, recording
from coderclawlink.runs.ledger import Run, RunNotFound
from coderclawlink.runs.questions import AlreadyAnswered, NoSuchOption, QuestionNotFound
from coderclawlink.runs.run import State, WaitReason
from tests.runs.played import NODE, at_node, kinds, said

OPTIONS = (
    Option(id="o1", label="Yes", effect="allow_once"),
    Option(id="o2", label="No", effect="reject_once"),
)


def asking(tx: Tx, how_many: int = 1, actor: Actor = OWNER) -> tuple[Run, list[QuestionId]]:
    run = at_node(tx, actor=actor)
    asked = [QuestionAsked(question=new_id(), title=f"{n}?", options=OPTIONS) for n in range(how_many)]
    recording.record(tx, NODE, said(run, AttemptStarted(), *asked))
    return ledger.find(tx, run.id), [QuestionId(one.question) for one in asked]


def test_a_run_that_asks_waits_for_an_approval_until_the_last_question_is_answered(db: Database) -> None:
    run, (first, second) = db.write_now(asking, 2)
    assert (run.state, run.wait_reason) == (State.WAITING, WaitReason.APPROVAL)
    db.write_now(questions.answer, OWNER, run.id, first, "o1")
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.WAITING
    db.write_now(questions.answer, OWNER, run.id, second, "o2", "because")
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.RUNNING
        answers = [word for word in reconcile.to_say(look, NODE) if isinstance(word, Answer)]
        assert {(one.question, one.option, one.text) for one in answers} == {
            (first, "o1", None),
            (second, "o2", "because"),
        }
        assert kinds(look, run.id)[-3:] == ["question.answered", "question.answered", "run.resumed"]


@pytest.mark.parametrize(("given", "chosen"), [("o2", "o2"), ("reject_once", "o2"), ("allow_once", "o1")])
def test_an_answer_is_an_options_id_or_its_effect(db: Database, given: str, chosen: str) -> None:
    run, (question,) = db.write_now(asking)
    assert db.write_now(questions.answer, OWNER, run.id, question, given).option == chosen


def test_what_is_not_offered_is_refused_with_what_is(db: Database) -> None:
    run, (question,) = db.write_now(asking)
    with pytest.raises(NoSuchOption, match=r"o1 \(Yes\), o2 \(No\)"):
        db.write_now(questions.answer, OWNER, run.id, question, "maybe")
    with db.look() as look:
        assert questions.open_in(look, run.id)


def test_of_many_answers_at_once_the_first_counts(db: Database) -> None:
    run, (question,) = db.write_now(asking)
    futures = [
        db.submit(questions.answer, OWNER, run.id, question, option) for option in ("o2", "o1", "o1", "o2", "o1")
    ]
    outcomes = [type(future.exception(10)) for future in futures]
    assert outcomes == [type(None)] + [AlreadyAnswered] * 4
    with db.look() as look:
        assert questions.of_run(look, run.id)[0].option == "o2"
        assert kinds(look, run.id).count("question.answered") == 1


def test_a_stranger_finds_no_question_and_a_viewer_may_not_answer(db: Database) -> None:
    ann = Actor(Role.DEVELOPER, "ann", "a" * 64)
    run, (question,) = db.write_now(asking, 1, ann)
    with pytest.raises(RunNotFound):
        db.write_now(questions.answer, Actor(Role.DEVELOPER, "bob", "b" * 64), run.id, question, "o1")
    with pytest.raises(PermissionMissing):
        db.write_now(questions.answer, Actor(Role.VIEWER, "ann", "a" * 64), run.id, question, "o1")
    other, _ = db.write_now(asking, 1, ann)
    with pytest.raises(QuestionNotFound):
        db.write_now(questions.answer, ann, other.id, question, "o1")


def test_what_nobody_answered_is_dismissed_when_the_attempt_ends_however_it_ends(db: Database) -> None:
    for end in ("ended", "lost"):
        run, (question,) = db.write_now(asking)
        if end == "lost":
            db.write_now(attempts.lose, run.id, 1, "gone")
        else:
            db.write_now(recording.record, NODE, said(run, AttemptEnded(outcome="failed"), first=3))
        with db.look() as look:
            (left,) = questions.of_run(look, run.id)
            assert (left.is_open, left.option, left.answered_by) == (False, None, "the attempt ended")
        with pytest.raises(AlreadyAnswered):
            db.write_now(questions.answer, OWNER, run.id, question, "o1")


def test_a_question_asked_again_under_the_same_id_is_one_question(db: Database) -> None:
    run, (question,) = db.write_now(asking)
    db.write_now(questions.answer, OWNER, run.id, question, "o1")
    again = QuestionAsked(question=question, title="again?", options=OPTIONS)
    db.write_now(recording.record, NODE, said(run, again, first=3))
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.RUNNING  # and does not wait for what is answered
        assert [one.title for one in questions.of_run(look, run.id)] == ["0?"]


def test_a_question_outlives_the_hub(store_url: str) -> None:
    with open_database(store_url) as db:
        migrate(db)
        run, (question,) = db.write_now(asking)
    with open_database(store_url) as again:
        with again.look() as look:
            assert [one.id for one in questions.of_run(look, run.id, only_open=True)] == [question]
        assert again.write_now(questions.answer, OWNER, run.id, question, "o1").option == "o1"
