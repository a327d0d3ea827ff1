"""What an agent that remembers nothing is told of what was said and done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import runs as run_rows
from coderclawlink.events import (
    AgentMessage,
    AgentThought,
    AgentTool,
    AttemptEnded,
    AttemptEvent,
    AttemptStarted,
    CheckEnded,
    Option,
    PermissionDecided,
    PromptTaken,
    QuestionAsked,
    RunHandedOver,
    WorkCommitted,
)
from coderclawlink.ids import QuestionId, RunId
from coderclawlink.journal import log
from coderclawlink.rules import Act
from coderclawlink.runs import attempts, ledger, prompts, questions, recording
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.transcript import transcript
from tests.runs.played import NODE, at_node, said

OPTIONS = (Option(id="y", label="Yes", effect="allow_once"), Option(id="n", label="No", effect="reject_once"))


def told(db: Database, run: Run, at_most: int = 60_000) -> str:
    with db.look() as look:
        return transcript(look, ledger.find(look, run.id), at_most)


def telling(tx: Tx, *events: AttemptEvent) -> Run:
    """A run whose agent has said all this."""
    run = at_node(tx)
    recording.record(tx, NODE, said(run, AttemptStarted(), *events))
    return ledger.find(tx, run.id)


def test_nothing_is_told_of_a_run_in_which_nothing_was_said_yet(db: Database) -> None:
    run = db.write_now(at_node)
    assert told(db, run) == ""
    db.write_now(recording.record, NODE, said(run, AttemptStarted(), PromptTaken(number=0, text="Do it")))
    assert told(db, run) == ""


def test_it_tells_in_order_what_was_asked_said_done_and_decided(db: Database) -> None:
    def tool(status: str) -> AgentTool:
        return AgentTool.model_validate({"id": "t", "title": "make\n test", "tool": "execute", "status": status})

    run = db.write_now(
        telling,
        PromptTaken(number=0, text="Do it"),
        AgentThought(text="Hm."),
        AgentMessage(text="I test it."),
        tool("pending"),
        QuestionAsked(question="q", title="Run it?", detail="make test", options=OPTIONS),
    )
    db.write_now(questions.answer, OWNER, run.id, QuestionId("q"), "y", "but only once")
    first: list[AttemptEvent] = [
        tool("completed"),
        PermissionDecided(title="rm -r /", act=Act(), effect="deny", rule="deny rm *"),
    ]
    db.write_now(recording.record, NODE, said(run, *first, first=7))
    db.write_now(prompts.queue, OWNER, run, "And the docs.")
    rest: list[AttemptEvent] = [
        PromptTaken(number=1, text="And the docs."),
        AgentMessage(text="Done."),
        WorkCommitted(head="a" * 40, base="b" * 40, branch="w", files=2, additions=3, deletions=1),
        CheckEnded(
            name="tests", command="make", head="a" * 40, passed=False, exit_code=1, seconds=1, output="1 failed"
        ),
        PromptTaken(number=None, text="The check tests failed."),
        AgentMessage(text="Mended."),
        AttemptEnded(outcome="failed", error="The model is away."),
    ]
    db.write_now(recording.record, NODE, said(run, *rest, first=9))
    assert told(db, run).split("\n\n") == [
        "PROMPT (to a): Do it",
        "AGENT: I test it.",
        "QUESTION: Run it?: make test → Yes, “but only once” (by owner)",
        "TOOL execute: make test → completed",
        "NOT ALLOWED: rm -r / (rule: deny rm *)",
        "PROMPT: And the docs.",
        "AGENT: Done.",
        f"WORK: 2 files changed, +3 −1, commit {'a' * 12}",
        "CHECK tests: failed\n1 failed",
        "TOLD BY THE SYSTEM: The check tests failed.",
        "AGENT: Mended.",
        "THE WORK WAS FAILED: The model is away.",
    ]


def test_a_prompt_that_nothing_has_followed_is_no_part_of_it(db: Database) -> None:
    run = db.write_now(telling, AgentMessage(text="Done."))
    db.write_now(prompts.queue, OWNER, run, "And now?")
    db.write_now(recording.record, NODE, said(run, PromptTaken(number=1, text="And now?"), first=3))
    assert told(db, run) == "PROMPT (to a): Do it\n\nAGENT: Done."


def test_a_question_that_two_attempts_asked_is_told_once(db: Database) -> None:
    run = db.write_now(telling, QuestionAsked(question="q", title="Run it?", options=OPTIONS))

    def again(tx: Tx) -> None:
        attempts.lose(tx, run.id, 1, "gone")
        attempts.settle(tx, run.id, 1)
        attempts.offer(tx, ledger.find(tx, run.id))
        attempts.place(tx, ledger.find(tx, run.id), 2, NODE)
        asked = QuestionAsked(question="q2", title="Run it?", options=OPTIONS)
        recording.record(tx, NODE, said(run, AttemptStarted(), asked, attempt=2))

    db.write_now(again)
    assert told(db, run).split("\n\n") == [
        "PROMPT (to a): Do it",
        "THE WORK WAS INTERRUPTED: its machine was lost",
        "QUESTION: Run it? → not answered",
    ]


def test_it_begins_with_the_runs_that_it_goes_on_from(db: Database) -> None:
    first = db.write_now(telling, AgentMessage(text="One."), AttemptEnded(outcome="completed", result="One."))
    db.write_now(ledger.complete, first, "One.")
    second = db.write_now(telling, AgentMessage(text="Two."))

    def link(tx: Tx) -> None:
        tx.change(run_rows.update().where(run_rows.c.id == second.id).values(continues=first.id))
        tx.change(
            run_rows.update().where(run_rows.c.id == first.id).values(continues=second.id)
        )  # never round and round
        log.append(tx, RunHandedOver(before="a", agent="b", why="owner"), second.about)

    db.write_now(link)
    assert told(db, second).split("\n\n") == [
        "PROMPT (to a): Do it",
        "AGENT: One.",
        "OUTCOME: completed",
        "PROMPT (to a): Do it",
        "AGENT: Two.",
        "HANDED OVER from a to b: owner",
    ]


def test_a_run_before_it_that_is_gone_is_passed_over(db: Database) -> None:
    run = db.write_now(telling, AgentMessage(text="One."))
    with db.look() as look:
        assert transcript(look, replace(run, continues=RunId("nowhere"))).endswith("AGENT: One.")


def test_what_is_too_long_loses_its_oldest_part_and_says_so(db: Database) -> None:
    run = db.write_now(telling, *(AgentMessage(text=f"Message {n}: {'x' * 40}") for n in range(500)))
    short = told(db, run, 1000)
    assert len(short) <= 1000
    assert short.startswith("[What came before is left out.]\n\nAGENT: Message 4")
    assert short.endswith(f"AGENT: Message 499: {'x' * 40}")
    assert told(db, run).startswith("PROMPT (to a): Do it\n\nAGENT: Message 0")


@pytest.mark.parametrize("at_most", [0, 1, 20, 31, 40, 100, 5000, 60_000])
def test_it_is_never_longer_than_it_may_be(db: Database, at_most: int) -> None:
    run = db.write_now(telling, AgentMessage(text="x" * 100_000), AgentMessage(text="y" * 100_000))
    assert len(told(db, run, at_most)) <= at_most


def test_one_long_message_keeps_its_beginning_and_its_end(db: Database) -> None:
    run = db.write_now(telling, AgentMessage(text="begin" + "x" * 100_000 + "end"))
    assert told(db, run).splitlines()[-1].startswith("AGENT: begin")
    assert told(db, run).endswith("end")
    assert 0 < len(told(db, run)) < 20_000
