"""Further prompts and steering: one session as long as it can be kept, and no prompt lost."""

from __future__ import annotations

import json

import pytest

from coderclawlink.events import AgentMessage, AgentSession, AttemptEnded, PromptTaken, WorkCommitted
from tests.node.conftest import Bench, Report

pytestmark = pytest.mark.anyio


def taken(report: Report) -> list[int | None]:
    return [event.number for event in report.all(PromptTaken)]


def recalled(report: Report) -> list[str]:
    """What the agent said it remembers."""
    words: list[str] = json.loads(report.ended.result)
    return words


async def test_a_queued_prompt_is_the_next_turn_of_the_same_session(bench: Bench) -> None:
    async with bench.begin("wait-a-bit\nrun until test -e go; do sleep 0.02; done", agent="remembering") as report:
        await report.until(lambda: report.all(PromptTaken))
        report.ask(2, "recall")
        report.ask(1, "write b.txt two")
        (bench.tools.store.folder("r1", 1) / "work" / "go").touch()
    assert taken(report) == [0, 1, 2]
    assert len(report.all(AgentSession)) == 1
    assert recalled(report)[1:] == ["write b.txt two", "recall"]
    assert report.one(WorkCommitted).files == 2


async def test_a_queued_prompt_can_be_replaced_and_withdrawn_until_it_is_taken(bench: Bench) -> None:
    async with bench.begin("script:\nwait-for go\nsay One.") as report:
        await report.until(lambda: report.all(PromptTaken))
        report.ask(1, "script:\nsay Two.")
        report.ask(2, "script:\nsay Three.")
        report.ask(1, "script:\nsay Two, but better.\nwait-for stay")
        report.ask(2, None)
        work = bench.tools.store.folder("r1", 1) / "work"
        (work / "go").touch()
        await report.until(lambda: len(report.all(PromptTaken)) == 2)
        report.ask(1, "script:\nsay Too late.")
        report.ask(1, None)
        (work / "stay").touch()
    assert taken(report) == [0, 1]
    assert [said.text for said in report.all(AgentMessage)] == ["One.", "Two, but better."]


async def test_the_prompt_that_the_attempt_began_with_is_not_said_again(bench: Bench) -> None:
    async with bench.begin("script:\nwait-for go\nsay One.", number=2) as report:
        await report.until(lambda: report.all(PromptTaken))
        report.ask(2, "script:\nsay Again.")
        (bench.tools.store.folder("r1", 1) / "work" / "go").touch()
    assert taken(report) == [2]


async def test_steering_breaks_off_the_turn_and_goes_on_in_the_same_session(bench: Bench) -> None:
    async with bench.begin("write a.txt one\nwait", agent="remembering") as report:
        await report.until_shown("waiting")
        report.ask(1, "recall", steer=True)
    assert taken(report) == [0, 1]
    assert len(report.all(AgentSession)) == 1
    assert recalled(report) == ["write a.txt one\nwait", "recall"]
    assert report.ended.outcome == "completed"


async def test_an_agent_that_cannot_be_interrupted_is_started_anew_and_remembers(bench: Bench) -> None:
    async with bench.begin("deaf", agent="remembering") as report:
        await report.until_shown("deaf")
        report.ask(1, "recall", steer=True)
    first, second = report.all(AgentSession)
    assert second == AgentSession(session=first.session, resumed=True)
    assert recalled(report) == ["deaf", "recall"]


async def test_prompts_that_were_not_taken_are_not_told_as_taken(bench: Bench) -> None:
    async with bench.begin("script:\nsay One.\nhang") as report:
        await report.until(lambda: report.all(AgentMessage))
        report.ask(1, "script:\nsay Two.")
        report.stop("interrupted")
    assert taken(report) == [0]
    assert report.ended.outcome == "interrupted"


async def test_a_failed_turn_ends_the_attempt_whatever_is_queued(bench: Bench) -> None:
    async with bench.begin("script:\nwait-for go\nfail no luck") as report:
        await report.until(lambda: report.all(PromptTaken))
        report.ask(1, "script:\nsay Two.")
        (bench.tools.store.folder("r1", 1) / "work" / "go").touch()
    assert taken(report) == [0]
    assert report.ended == AttemptEnded(outcome="failed", error="no luck")


# ── going on ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_next_attempt_takes_the_session_up_and_is_told_of_the_interruption(bench: Bench) -> None:
    async with bench.begin("write a.txt one\nwait", agent="remembering") as report:
        await report.until_shown("waiting")
        report.stop("interrupted")
    session = report.one(AgentSession).session
    prompt = "recall"
    again = await bench.make(prompt, agent="remembering", attempt=2, resume=(1,), session=session)
    assert again.one(AgentSession) == AgentSession(session=session, resumed=True)
    assert recalled(again)[0] == "write a.txt one\nwait"
    folders = [bench.tools.store.folder("r1", number) / "work" for number in (1, 2)]
    assert recalled(again)[1] == (
        "You were interrupted; the files are as you left them. Go on.\n\n"
        f"Your working folder is now {folders[1]}. What you know in {folders[0]} is there.\n\nrecall"
    )
    assert again.one(PromptTaken).text == prompt
    assert again.one(WorkCommitted).files == 1
    assert not bench.home("r1", 1).exists()  # it was moved


async def test_an_agent_that_remembers_nothing_is_told_what_was_said(bench: Bench) -> None:
    words = "You were asked to count. You answered: one."
    report = await bench.make("recall", agent="remembering", session="elsewhere", transcript=words)
    assert report.one(AgentSession).resumed is False
    (said,) = recalled(report)
    assert said == f"What was said and done before:\n\n{words}\n\nNow:\n\nrecall"


async def test_a_follow_up_goes_on_from_the_result_and_the_memory_of_the_earlier_run(bench: Bench) -> None:
    first = await bench.make("write a.txt one", agent="remembering")
    result = first.one(WorkCommitted)
    bench.git("commit", "--quiet", "--allow-empty", "-m", "Meanwhile")
    follow = await bench.make(
        "recall\nwrite b.txt two",
        **{"agent": "remembering", "run": "r2", "follows": {"run": "r1", "attempt": 1}},
        session=first.one(AgentSession).session,
    )
    before, now = recalled(follow)
    assert before == "write a.txt one"
    assert now.startswith("Your working folder is now ")
    whole = follow.one(WorkCommitted)
    assert (whole.base, whole.files) == (result.base, 2)
    assert "a.txt" in follow.artifact("diff")
    assert whole.branch == "task/one"
    assert bench.git("rev-parse", "task/one") == whole.head
    assert bench.git("rev-parse", "task/one~1") == result.head
    assert bench.home("r1", 1).exists()  # others may go on from it too


async def test_a_follow_up_that_changes_nothing_tells_no_result(bench: Bench) -> None:
    await bench.make("script:\nwrite a.txt | one\nsay Done.")
    follow = await bench.make("script:\nsay It is fine.", run="r2", follows={"run": "r1", "attempt": 1})
    assert follow.ended == AttemptEnded(outcome="completed", result="It is fine.")
    assert not follow.all(WorkCommitted)


async def test_a_follow_up_on_another_machine_goes_on_from_the_branch(bench: Bench) -> None:
    first = await bench.make("script:\nwrite a.txt | one\nsay Done.")
    elsewhere = bench.having(store=type(bench.tools.store)(bench.tools.store.root.with_name("elsewhere")))
    follow = await elsewhere.make(
        "script:\nwrite b.txt | two\nsay Done.", run="r2", follows={"run": "r1", "attempt": 1}
    )
    whole = follow.one(WorkCommitted)
    assert (whole.base, whole.files) == (first.one(WorkCommitted).base, 2)
    assert bench.git("rev-parse", "task/one") == whole.head
