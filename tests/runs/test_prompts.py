"""Further prompts wait their turn, can be changed until the agent has them, and what the node says of them counts."""

from __future__ import annotations

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.db.engine import Database, Tx
from coderclawlink.errors import Invalid
from coderclawlink.events import AttemptEnded, AttemptStarted, PromptTaken
from coderclawlink.ids import NodeId, RunId
from coderclawlink.link.protocol import Ask
from coderclawlink.runs import attempts, ledger, prompts, recording
from coderclawlink.runs.ledger import Run, RunNotFound
from coderclawlink.runs.prompts import Prompt, PromptNotFound, RunOver, TooLate
from tests.runs.played import NODE, at_node, give, join, kinds, said, submit

ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
BOB = Actor(Role.DEVELOPER, "bob", "b" * 64)


def working(tx: Tx, actor: Actor = OWNER) -> Run:
    run = at_node(tx, actor=actor)
    recording.record(tx, NODE, said(run, AttemptStarted()))
    return ledger.find(tx, run.id)


def with_prompts(tx: Tx, *texts: str) -> Run:
    run = working(tx)
    for text in texts:
        prompts.queue(tx, OWNER, run, text)
    return run


def take(db: Database, run: Run, number: int | None, text: str, first: int = 2, attempt: int = 1) -> None:
    taken = PromptTaken(number=number, text=text)
    db.write_now(recording.record, NODE, said(run, taken, first=first, attempt=attempt))


def asked(db: Database, node: NodeId = NODE) -> list[Ask]:
    with db.look() as look:
        return prompts.to_say(look, node)


def states(db: Database, run: Run) -> list[tuple[int, str, str]]:
    with db.look() as look:
        return [(one.number, one.state, one.text) for one in prompts.of_run(look, run)]


def test_prompts_are_numbered_from_one_told_and_said_in_order(db: Database) -> None:
    run = db.write_now(working)
    first = db.write_now(prompts.queue, OWNER, run, "First")
    second = db.write_now(prompts.queue, OWNER, run, "Second", steer=True)
    assert (first.number, first.state, first.author, first.revision) == (1, "queued", "owner", 0)
    assert (second.number, second.steer) == (2, True)
    assert [(one.run, one.attempt, one.number, one.text, one.steer) for one in asked(db)] == [
        (run.id, 1, 1, "First", False),
        (run.id, 1, 2, "Second", True),
    ]
    with db.look() as look:
        assert kinds(look, run.id)[-2:] == ["prompt.queued", "prompt.queued"]
        assert [one.number for one in prompts.waiting(look, run)] == [1, 2]
        assert prompts.latest_text(look, run, 0) == "Do it"
        assert prompts.latest_text(look, run, 2) == "Second"
        with pytest.raises(PromptNotFound):
            prompts.latest_text(look, run, 3)


def test_what_the_agent_has_taken_is_not_said_again_and_cannot_be_changed(db: Database) -> None:
    run = db.write_now(with_prompts, "First", "Second")
    take(db, run, 1, "First")
    assert [one.number for one in asked(db)] == [2]
    with db.look() as look:
        (first, _) = prompts.of_run(look, run)
        attempt = attempts.find(look, run.id, 1)
    assert (first.state, first.attempt) == ("taken", 1)
    assert first.taken_at is not None
    assert attempt is not None
    with pytest.raises(TooLate, match="The agent has it already"):
        db.write_now(prompts.edit, OWNER, run.id, 1, "Other")
    with pytest.raises(TooLate, match="The agent has it already"):
        db.write_now(prompts.withdraw, OWNER, run.id, 1)


def test_a_prompt_is_changed_until_it_is_taken(db: Database) -> None:
    run = db.write_now(with_prompts, "First")
    changed = db.write_now(prompts.edit, OWNER, run.id, 1, "Better")
    assert (changed.text, changed.revision) == ("Better", 1)
    assert db.write_now(prompts.edit, OWNER, run.id, 1, "Better").revision == 1  # nothing is said of no change
    assert [(one.text, one.revision) for one in asked(db)] == [("Better", 1)]
    with db.look() as look:
        assert kinds(look, run.id).count("prompt.changed") == 1


def test_a_withdrawn_prompt_is_taken_back_from_the_node_and_stays_so(db: Database) -> None:
    run = db.write_now(with_prompts, "First", "Second")
    db.write_now(prompts.withdraw, OWNER, run.id, 1)
    assert db.write_now(prompts.withdraw, OWNER, run.id, 1).state == "withdrawn"
    assert [(one.number, one.text) for one in asked(db)] == [(1, None), (2, "Second")]
    with pytest.raises(TooLate, match="withdrawn"):
        db.write_now(prompts.edit, OWNER, run.id, 1, "Other")
    with db.look() as look:
        assert kinds(look, run.id).count("prompt.withdrawn") == 1
        assert [one.number for one in prompts.waiting(look, run)] == [2]
    assert db.write_now(prompts.queue, OWNER, run, "Third").number == 3  # no number is used twice


@pytest.mark.parametrize("meanwhile", ["edit", "withdraw"])
def test_when_both_cross_what_the_agent_was_given_counts(db: Database, meanwhile: str) -> None:
    run = db.write_now(with_prompts, "First")
    if meanwhile == "edit":
        db.write_now(prompts.edit, OWNER, run.id, 1, "Too late")
    else:
        db.write_now(prompts.withdraw, OWNER, run.id, 1)
    take(db, run, 1, "First")
    assert states(db, run) == [(1, "taken", "First")]
    assert asked(db) == []


def test_the_runs_own_prompt_and_the_nodes_words_have_no_row(db: Database) -> None:
    run = db.write_now(with_prompts, "First")
    for first, number in enumerate([0, None, -1, 2, 2**31, 2**80], 2):
        take(db, run, number, "?", first=first)
    assert states(db, run) == [(1, "queued", "First")]
    take(db, run, 1, "First", first=8)
    assert states(db, run) == [(1, "taken", "First")]


def test_the_next_attempt_is_asked_what_the_last_one_was_not_given(db: Database) -> None:
    run = db.write_now(with_prompts, "First", "Second")
    take(db, run, 1, "First")

    def again(tx: Tx) -> None:
        join(tx, "n2")
        attempts.lose(tx, run.id, 1, "gone")
        attempts.settle(tx, run.id, 1)
        attempts.offer(tx, ledger.find(tx, run.id))
        give(tx, ledger.find(tx, run.id), NodeId("n2"))

    db.write_now(again)
    assert asked(db) == []
    assert [(one.attempt, one.number) for one in asked(db, NodeId("n2"))] == [(2, 2)]


@pytest.mark.parametrize("text", ["", " \n ", "x" * 200_001])
def test_a_prompt_has_words_and_not_too_many(db: Database, text: str) -> None:
    run = db.write_now(with_prompts, "First")
    with pytest.raises(Invalid):
        db.write_now(prompts.queue, OWNER, run, text)
    with pytest.raises(Invalid):
        db.write_now(prompts.edit, OWNER, run.id, 1, text)
    assert states(db, run) == [(1, "queued", "First")]


def test_a_run_that_has_ended_takes_no_more(db: Database) -> None:
    run = db.write_now(with_prompts, "First")
    db.write_now(ledger.cancel, OWNER, run.id)
    with pytest.raises(RunOver):
        db.write_now(prompts.queue, OWNER, run, "Second")
    with pytest.raises(RunOver):
        db.write_now(prompts.edit, OWNER, run.id, 1, "Other")
    with pytest.raises(RunOver):
        db.write_now(prompts.withdraw, OWNER, run.id, 1)


def test_strangers_find_no_run_and_viewers_may_not_ask(db: Database) -> None:
    run = db.write_now(working, ANN)
    db.write_now(prompts.queue, ANN, run, "First")
    for verb in (prompts.queue, prompts.edit, prompts.withdraw):
        words: tuple[object, ...] = {
            prompts.queue: (run, "Second"),
            prompts.edit: (run.id, 1, "Other"),
            prompts.withdraw: (run.id, 1),
        }[verb]
        with pytest.raises(RunNotFound):
            db.write_now(verb, BOB, *words)  # type: ignore[arg-type]
        with pytest.raises(PermissionMissing):
            db.write_now(verb, Actor(Role.VIEWER, "ann", "a" * 64), *words)  # type: ignore[arg-type]
    assert states(db, run) == [(1, "queued", "First")]


@pytest.mark.parametrize("number", [0, 2, -1, 2**40, 2**80])
def test_a_prompt_that_is_none_is_not_found(db: Database, number: int) -> None:
    run = db.write_now(with_prompts, "First")
    with pytest.raises(PromptNotFound):
        db.write_now(prompts.edit, OWNER, run.id, number, "Other")
    with pytest.raises(PromptNotFound):
        db.write_now(prompts.withdraw, OWNER, run.id, number)


def test_who_must_look_is_woken_the_node_at_work_or_else_the_runs_workflow(db: Database) -> None:
    def queued(tx: Tx, run: Run) -> tuple[Prompt, set[str]]:
        return prompts.queue(tx, OWNER, run, "More"), set(tx.topics)

    run = db.write_now(working)
    assert f"node:{NODE}" in db.write_now(queued, run)[1]
    db.write_now(recording.record, NODE, said(run, AttemptEnded(outcome="completed"), first=2))
    assert f"over:{run.id}" in db.write_now(queued, run)[1]
    waiting = db.write_now(submit)
    assert f"over:{RunId(waiting.id)}" in db.write_now(queued, waiting)[1]
