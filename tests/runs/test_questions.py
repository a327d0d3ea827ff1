"""Questions outlive everything but the need for an answer, and are answered once."""

from __future__ import annotations

import json

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.agents import learnt
from coderclawlink.board import projects, tasks
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.db.engine import Database, Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.db.schema import attempts as attempt_rows
from coderclawlink.db.schema import questions as question_rows
from coderclawlink.events import (
    AnswerHeard,
    AttemptEnded,
    AttemptEvent,
    AttemptStarted,
    Option,
    Outcome,
    Pause,
    QuestionAnswered,
    QuestionAsked,
)
from coderclawlink.gate import reconcile
from coderclawlink.ids import QuestionId, RunId, TaskId, new_id
from coderclawlink.link.protocol import Answer
from coderclawlink.rules import Act
from coderclawlink.runs import attempts, ledger, questions, recording
from coderclawlink.runs.ledger import Run, RunNotFound
from coderclawlink.runs.questions import AlreadyAnswered, NoSuchOption, NotYours, QuestionNotFound
from coderclawlink.runs.run import State, WaitReason
from tests.runs.played import NODE, at_node, give, kinds, said, told

OPTIONS = (
    Option(id="o1", label="Yes", effect="allow_once"),
    Option(id="o2", label="No", effect="reject_once"),
)


def asking(tx: Tx, how_many: int = 1, actor: Actor = OWNER) -> tuple[Run, list[QuestionId]]:
    run = at_node(tx, actor=actor)
    asked = [QuestionAsked(question=new_id(), title=f"{n}?", options=OPTIONS) for n in range(how_many)]
    recording.record(tx, NODE, said(run, AttemptStarted(), *asked))
    return ledger.find(tx, run.id), [QuestionId(one.question) for one in asked]


def make_task(tx: Tx) -> TaskId:
    key = "P" + new_id().replace("-", "")[-12:].upper()
    made = projects.create(tx, OWNER, name="A project", key=key)
    return tasks.create(tx, OWNER, project_id=made.id, title="A task").id


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


@pytest.mark.parametrize("outcome", ["completed", "failed", "cancelled"])
def test_what_nobody_answered_is_dismissed_when_the_attempt_comes_to_an_end_of_its_own(
    db: Database, outcome: Outcome
) -> None:
    run, (question,) = db.write_now(asking)
    db.write_now(recording.record, NODE, said(run, AttemptEnded(outcome=outcome), first=3))
    with db.look() as look:
        (left,) = questions.of_run(look, run.id)
        assert (left.is_open, left.option, left.answered_by) == (False, None, "the end of attempt 1")
        assert kinds(look, run.id)[-2:] == ["attempt.ended", "question.answered"]
    with pytest.raises(AlreadyAnswered):
        db.write_now(questions.answer, OWNER, run.id, question, "o1")


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_the_end_of_a_run_closes_what_it_asks_before_it_is_told(db: Database, how: str) -> None:
    run, _ = db.write_now(asking, 2)
    if how == "cancelled":
        db.write_now(ledger.cancel, OWNER, run.id)
    else:
        db.write_now(ledger.fail, run, "no more")
    with db.look() as look:
        assert not questions.of_run(look, run.id, only_open=True)
        assert kinds(look, run.id)[-3:] == ["question.answered", "question.answered", f"run.{how}"]
        answers = [one.event for one in told(look, run.id) if one.kind == "question.answered"]
        assert [(one.option, one.by) for one in answers if isinstance(one, QuestionAnswered)] == [
            (None, "the run's end")
        ] * 2


def test_what_is_asked_after_the_end_of_the_run_is_closed_at_once(db: Database) -> None:
    run = db.write_now(at_node)
    db.write_now(recording.record, NODE, said(run, AttemptStarted()))
    db.write_now(ledger.cancel, OWNER, run.id)
    late = QuestionAsked(question="late", title="?", options=OPTIONS)
    db.write_now(recording.record, NODE, said(run, late, first=2))
    with db.look() as look:
        assert [one.answered_by for one in questions.of_run(look, run.id)] == ["the run's end"]
        assert ledger.find(look, run.id).state is State.CANCELLED


# ── over attempts ──────────────────────────────────────────────────────────────────────────────────────────────────


def again(tx: Tx, run: Run, how: str = "lost") -> None:
    """The attempt is gone, and the next one is at work on the node."""
    if how == "lost":
        attempts.lose(tx, run.id, run.attempt, "gone")
    else:
        ended = AttemptEnded.model_validate({"outcome": how})
        recording.record(tx, NODE, said(run, ended, first=3, attempt=run.attempt))
    attempts.settle(tx, run.id, run.attempt)
    attempts.offer(tx, ledger.find(tx, run.id))
    given = give(tx, ledger.find(tx, run.id))
    recording.record(tx, NODE, said(run, AttemptStarted(), attempt=given.attempt))


def ask_as(name: str, title: str = "0?", options: tuple[Option, ...] = OPTIONS, **more: str) -> QuestionAsked:
    return QuestionAsked(question=name, title=title, options=options, act=Act(**more))


def second(db: Database, run: Run, *events: AttemptEvent, first: int = 2) -> None:
    db.write_now(recording.record, NODE, said(run, *events, first=first, attempt=2))


def answers(db: Database) -> list[tuple[int, str, str | None]]:
    with db.look() as look:
        words = reconcile.to_say(look, NODE)
    return [(word.attempt, word.question, word.option) for word in words if isinstance(word, Answer)]


@pytest.mark.parametrize("how", ["lost", "interrupted", "paused"])
def test_a_question_outlives_an_attempt_that_did_not_come_to_its_end(db: Database, how: str) -> None:
    run, (question,) = db.write_now(asking)
    db.write_now(again, run, how)
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.RUNNING  # what the first has asked holds up nobody
        assert not questions.open_in(look, run.id)
    second(db, run, ask_as("q2"))
    with db.look() as look:
        (one,) = questions.of_run(look, run.id)
        assert (one.id, one.name, one.attempt, one.is_open) == (question, "q2", 2, True)
        assert ledger.find(look, run.id).wait_reason is WaitReason.APPROVAL
        asked = [each.event for each in told(look, run.id) if each.kind == "question.asked"]
        assert [each.question for each in asked if isinstance(each, QuestionAsked)] == [question, question]
    db.write_now(questions.answer, OWNER, run.id, question, "o1")
    assert answers(db) == [(2, "q2", "o1")]
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.RUNNING


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_was_never_heard_goes_to_who_asks_the_same_again(db: Database, when: str) -> None:
    run, (question,) = db.write_now(asking)
    if when == "before":
        db.write_now(questions.answer, OWNER, run.id, question, "o2", "not there")
    db.write_now(again, run)
    if when == "after":
        db.write_now(questions.answer, OWNER, run.id, question, "o2", "not there")
    assert answers(db) == []
    other_ids = (Option(id="a", label="Yes", effect="allow_once"), Option(id="b", label="No", effect="reject_once"))
    second(db, run, ask_as("q2", options=other_ids))
    assert answers(db) == [(2, "q2", "b")]
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.RUNNING
        assert kinds(look, run.id)[-2:] == ["question.asked", "question.answered"]
        last = told(look, run.id)[-1].event
        assert isinstance(last, QuestionAnswered)
        assert (last.question, last.option, last.text, last.by) == (question, "b", "not there", "owner")
    second(db, run, AnswerHeard(question="q2"), first=3)
    assert answers(db) == []
    with db.look() as look:
        heard = told(look, run.id)[-1].event
        assert isinstance(heard, AnswerHeard)
        assert heard.question == question


def test_an_answer_that_was_heard_is_not_given_twice(db: Database) -> None:
    run, (question,) = db.write_now(asking)
    db.write_now(questions.answer, OWNER, run.id, question, "o1")
    db.write_now(recording.record, NODE, said(run, AnswerHeard(question=question), first=3))
    assert answers(db) == []
    db.write_now(again, run)
    second(db, run, ask_as("q2"))
    with db.look() as look:
        assert [(one.id, one.is_open) for one in questions.of_run(look, run.id)] == [(question, False), ("q2", True)]


@pytest.mark.parametrize(
    "other", [ask_as("q2", "1?"), ask_as("q2", tool="execute", command="rm -r /"), ask_as("q2", options=OPTIONS[1:])]
)
def test_an_answer_is_not_taken_for_another_question(db: Database, other: QuestionAsked) -> None:
    run, (question,) = db.write_now(asking)
    db.write_now(questions.answer, OWNER, run.id, question, "o1")
    db.write_now(again, run)
    second(db, run, other)
    with db.look() as look:
        assert questions.find(look, QuestionId("q2")).is_open
    assert answers(db) == []


def test_of_two_that_are_the_same_each_is_taken_over_once(db: Database) -> None:
    run = db.write_now(at_node)
    db.write_now(recording.record, NODE, said(run, AttemptStarted(), ask_as("one"), ask_as("two")))
    db.write_now(again, run)
    second(db, run, ask_as("three"))
    second(db, run, ask_as("four"), first=3)
    with db.look() as look:
        assert [(one.id, one.name, one.attempt) for one in questions.of_run(look, run.id)] == [
            ("one", "three", 2),
            ("two", "four", 2),
        ]


def test_another_runs_name_for_a_question_is_no_hindrance(db: Database) -> None:
    first, (question,) = db.write_now(asking)
    run = db.write_now(at_node)
    db.write_now(recording.record, NODE, said(run, AttemptStarted(), ask_as(question)))
    with db.look() as look:
        (one,) = questions.of_run(look, run.id)
        assert (one.name, one.is_open) == (question, True)
        assert one.id != question
        assert questions.of_run(look, first.id)[0].id == question
    db.write_now(questions.answer, OWNER, run.id, one.id, "o1")
    assert answers(db) == [(1, question, "o1")]


def test_what_the_node_asked_before_it_paused_is_for_the_workflow_to_act_upon(db: Database) -> None:
    run, (question,) = db.write_now(asking)
    pause = Pause(reason="question", why="the same call eight times")
    db.write_now(recording.record, NODE, said(run, AttemptEnded(outcome="paused", pause=pause), first=3))
    db.write_now(note_pause, run.id)
    answered, rung = db.write_now(answer_and_listen, run.id, question)
    assert f"over:{run.id}" in rung
    assert answered.heard_at is not None  # so that the same question is asked anew the next time
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.WAITING
    db.write_now(again, run, "lost")
    second(db, run, ask_as("q2"))
    with db.look() as look:
        assert questions.find(look, QuestionId("q2")).is_open


def answer_and_listen(tx: Tx, run: RunId, question: QuestionId) -> tuple[questions.Question, set[str]]:
    answered = questions.answer(tx, OWNER, run, question, "allow_once")
    return answered, set(tx.topics)


def note_pause(tx: Tx, run: RunId) -> None:
    tx.change(attempt_rows.update().where(attempt_rows.c.run_id == run).values(pause_reason="question"))


# ── who may, until when, and what is learnt ────────────────────────────────────────────────────────────────────────


def configured(
    tx: Tx,
    configuration: AgentConfiguration,
    task: TaskId | None = None,
    *,
    act: Act | None = None,
    actor: Actor = OWNER,
) -> Run:
    """A run whose agent is so configured has asked `q`."""
    run = at_node(tx, task=task, actor=actor)
    tx.change(
        attempt_rows.update()
        .where(attempt_rows.c.run_id == run.id)
        .values(configuration=configuration.model_dump_json())
    )
    options = (*OPTIONS, Option(id="o3", label="Always", effect="allow_always"))
    asked = QuestionAsked(question="q", title="Run it?", options=options, act=act or Act())
    recording.record(tx, NODE, said(run, AttemptStarted(), asked))
    return ledger.find(tx, run.id)


def test_what_only_an_admin_may_answer_a_developer_may_not(db: Database) -> None:
    ann = Actor(Role.DEVELOPER, "ann", "a" * 64)
    run = db.write_now(configured, AgentConfiguration(answered_by="admin"), actor=ann)
    assert run.wait_who == "an admin"
    with pytest.raises(NotYours):
        db.write_now(questions.answer, ann, run.id, QuestionId("q"), "o1")
    root = Actor(Role.ADMIN, "root", "c" * 64)
    assert db.write_now(questions.answer, root, run.id, QuestionId("q"), "o1").answered_by == "root"


@pytest.mark.parametrize(("options", "given"), [(OPTIONS, "o2"), (OPTIONS[:1], None)])
def test_a_deadline_answers_with_no_or_dismisses(db: Database, options: tuple[Option, ...], given: str | None) -> None:
    run = db.write_now(configured, AgentConfiguration(answer_seconds=0.001))
    db.write_now(question_rows_with, options)
    assert run.wait_until is not None
    with db.look() as look:
        assert questions.overdue(look) == ["q"]
    db.write_now(questions.expire, QuestionId("q"))
    db.write_now(questions.expire, QuestionId("q"))  # from another hub, a moment later
    with db.look() as look:
        (one,) = questions.of_run(look, run.id)
        assert (one.option, one.answered_by) == (given, "the deadline")
        assert ledger.find(look, run.id).state is State.RUNNING
        assert kinds(look, run.id)[-2:] == ["question.answered", "run.resumed"]
        assert questions.overdue(look) == []
    assert answers(db) == [(1, "q", given)]


def question_rows_with(tx: Tx, options: tuple[Option, ...]) -> None:
    tx.change(question_rows.update().values(options=json.dumps([one.model_dump() for one in options])))


def test_a_question_without_a_deadline_waits_for_ever(db: Database) -> None:
    db.write_now(configured, AgentConfiguration())
    with db.look() as look:
        assert questions.overdue(look) == []


@pytest.mark.parametrize("in_task", [True, False])
def test_always_is_learnt_for_the_task_or_without_one_for_the_run(db: Database, in_task: bool) -> None:
    act = Act(tool="execute", command="npm test && npm run lint")
    task = db.write_now(make_task) if in_task else None
    run = db.write_now(configured, AgentConfiguration(), task, act=act)
    db.write_now(questions.answer, OWNER, run.id, QuestionId("q"), "allow_always")
    with db.look() as look:
        rules = learnt.rules_for(look, "a", task, run.id)
        assert {rule.command for rule in rules} == {"npm test", "npm run lint"}
        assert bool(learnt.rules_for(look, "a", task, RunId(new_id()))) is in_task
        assert learnt.rules_for(look, "another", task, run.id) == ()


def test_once_teaches_nothing(db: Database) -> None:
    run = db.write_now(configured, AgentConfiguration(), act=Act(tool="execute", command="npm test"))
    db.write_now(questions.answer, OWNER, run.id, QuestionId("q"), "allow_once")
    with db.look() as look:
        assert learnt.rules_for(look, "a", None, run.id) == ()


def test_a_question_asked_again_under_the_same_id_is_one_question(db: Database) -> None:
    run, (question,) = db.write_now(asking)
    db.write_now(questions.answer, OWNER, run.id, question, "o1")
    once_more = QuestionAsked(question=question, title="again?", options=OPTIONS)
    db.write_now(recording.record, NODE, said(run, once_more, first=3))
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
