"""An attempt, from its order to its last word: configured, stopped, judged by what is there."""

from __future__ import annotations

import asyncio

import pytest

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers.acp import AcpDriver
from coderclawlink.drivers.catalogue import Agent
from coderclawlink.events import (
    AgentMessage,
    AnswerHeard,
    AttemptEnded,
    AttemptStarted,
    PromptTaken,
    QuestionAsked,
    WorkCommitted,
    WorkSaved,
)
from coderclawlink.link.protocol import Answer
from tests.node.conftest import Bench

pytestmark = pytest.mark.anyio


async def test_a_change_becomes_a_commit_on_a_branch_and_is_shown(bench: Bench) -> None:
    report = await bench.make("script:\nwrite a.txt | hi\nsay Done.")
    assert report.ended == AttemptEnded(outcome="completed", result="Done.")
    committed = report.one(WorkCommitted)
    assert committed.delivered
    assert bench.git("rev-parse", "task/one") == committed.head
    assert bench.git("log", "-1", "--format=%an %s", "task/one") == "Ada Do it"
    assert "+hi" in report.artifact("diff")


async def test_what_is_told_begins_with_the_start_and_the_prompt_taken(bench: Bench) -> None:
    report = await bench.make("script:\nsay Hello.", number=3)
    assert isinstance(report.post.told[0], AttemptStarted)
    assert report.one(PromptTaken) == PromptTaken(number=3, text="script:\nsay Hello.")
    assert report.post.told.index(report.one(PromptTaken)) < report.post.told.index(report.one(AgentMessage))
    assert report.ended == AttemptEnded(outcome="completed", result="Hello.")


async def test_an_agent_that_says_and_changes_nothing_has_failed(bench: Bench) -> None:
    report = await bench.make("script:\nthink hm")
    assert report.ended.outcome == "failed"


async def test_an_agent_that_is_not_here_fails_the_attempt(bench: Bench) -> None:
    assert (await bench.make("x", agent="nobody")).ended.error == "This node has no agent 'nobody'."


async def test_an_unknown_secret_fails_the_attempt_in_words_and_for_good(bench: Bench) -> None:
    wants = AgentConfiguration(env={"TOKEN": "{secret:TOKEN_OF_MINE}"})
    report = await bench.make("script:\nsay Hello.", configuration=wants)
    assert (report.ended.outcome, report.ended.retry) == ("failed", False)
    assert "TOKEN_OF_MINE" in (report.ended.error or "")


async def test_an_unknown_account_fails_the_attempt_in_words_and_for_good(bench: Bench) -> None:
    report = await bench.make("script:\nsay Hello.", configuration=AgentConfiguration(account="gold"))
    assert (report.ended.outcome, report.ended.retry) == ("failed", False)
    assert "'gold'" in (report.ended.error or "")


async def test_a_configured_model_is_told_at_the_start(bench: Bench) -> None:
    report = await bench.make("script:\nsay Hello.", configuration=AgentConfiguration(model="large"))
    assert report.one(AttemptStarted).model == "large"


async def test_an_answer_is_told_as_heard_once_and_an_unknown_one_not_at_all(bench: Bench) -> None:
    async with bench.begin("script:\nask May I?\nwrite a.txt | hi\nsay Done.") as report:
        await report.until(lambda: report.all(QuestionAsked))
        question = report.one(QuestionAsked).question
        for name in ("unknown", question, question):
            report.post.heard.put_nowait(Answer(run="r1", attempt=1, question=name, option="yes"))
    assert report.all(AnswerHeard) == [AnswerHeard(question=question)]
    assert report.one(WorkCommitted).files == 1


async def test_a_stop_saves_the_work(bench: Bench) -> None:
    async with bench.begin("script:\nwrite a.txt | hi\nsay there\nhang") as report:
        await report.until(lambda: report.all(AgentMessage))
        report.stop()
    assert report.ended == AttemptEnded(outcome="cancelled")
    assert len(report.all(WorkSaved)) == 1
    assert "+hi" in report.artifact("diff")


async def test_an_attempt_that_takes_too_long_is_stopped_by_its_configured_time(bench: Bench) -> None:
    report = await bench.make("script:\nhang", configuration=AgentConfiguration(timeout_seconds=0.2))
    assert report.ended.error == "The attempt took longer than 0.2 seconds."


async def test_the_time_for_an_answer_does_not_count(bench: Bench) -> None:
    asks = "script:\nask May I?\nsay Done."
    async with bench.begin(asks, configuration=AgentConfiguration(timeout_seconds=0.4)) as report:
        await report.until(lambda: report.all(QuestionAsked))
        loop = asyncio.get_running_loop()
        late = asyncio.Event()
        loop.call_later(1.2, late.set)
        await late.wait()
        report.post.heard.put_nowait(
            Answer(run="r1", attempt=1, question=report.one(QuestionAsked).question, option="yes")
        )
    assert report.ended.outcome == "completed"


async def test_an_agent_that_does_not_start_can_be_stopped_meanwhile(bench: Bench) -> None:
    """Its program never greets, and is gone a second after the stop."""
    silent = Agent(AcpDriver("silent", ("/bin/sh", "-c", "touch started; exec sleep 100")))
    began = bench.tools.store.folder("r1", 1) / "work" / "started"
    async with bench.having(agents={"silent": silent}).begin("hello", agent="silent") as report:
        while not began.exists():
            await asyncio.sleep(0.02)
        stopped = asyncio.get_running_loop().time()
        report.stop()
    assert asyncio.get_running_loop().time() - stopped < 2
    assert report.ended.outcome == "cancelled"
