"""Pauses: at a provider's limit, at our own cap, and when an agent turns in circles. The work is safe in each."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from coderclawlink.clock import seconds
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.events import AttemptEnded, Pause, QuestionAsked, WorkSaved
from tests.node.conftest import Bench, Report

pytestmark = pytest.mark.anyio


def pause(report: Report) -> Pause:
    assert report.ended.outcome == "paused"
    assert report.ended.pause is not None
    return report.ended.pause


def prompting(bench: Bench, words: str) -> Bench:
    """What the remembering agent asks its model."""
    agent = bench.tools.agents["remembering"]
    driver = agent.driver.configured(AgentConfiguration(env={"MODEL_PROMPT": words}))
    return bench.having(agents={"remembering": replace(agent, driver=driver)})


async def test_a_providers_limit_pauses_the_attempt_until_it_ends(bench: Bench) -> None:
    limited = prompting(bench, "SCRIPT:\nlimit 3600 slow down\nEND")
    report = await limited.make("write a.txt one\nask-model", agent="remembering")
    why = pause(report)
    assert (why.reason, why.model) == ("quota", "scripted")
    assert why.until is not None
    assert why.until.endswith("Z")
    assert seconds(why.until) > 0
    assert len(report.all(WorkSaved)) == 1
    assert "+one" in report.artifact("diff")


async def test_the_next_attempt_after_a_pause_goes_on_from_the_work(bench: Bench) -> None:
    limited = prompting(bench, "SCRIPT:\nlimit 3600 slow down\nEND")
    await limited.make("write a.txt one\nask-model", agent="remembering")
    report = await bench.make(
        "write b.txt two\nrun cat a.txt b.txt > c.txt", agent="remembering", attempt=2, resume=(1,)
    )
    assert report.ended.outcome == "completed"
    assert bench.git("show", "task/one:c.txt") == "one\ntwo"


async def test_a_used_up_budget_pauses_the_attempt(bench: Bench) -> None:
    report = await bench.make("write a.txt one\nask-model", agent="remembering", budget_tokens=10)
    assert pause(report).reason == "budget"
    assert len(report.all(WorkSaved)) == 1


async def test_an_agent_that_goes_on_asking_without_a_budget_is_broken_off(bench: Bench) -> None:
    began = asyncio.get_running_loop().time()
    report = await bench.make("insist", agent="remembering", budget_tokens=10)
    assert pause(report).reason == "budget"
    assert 5 <= asyncio.get_running_loop().time() - began < 15


async def test_the_same_call_again_and_again_asks_a_person(bench: Bench) -> None:
    report = await bench.make(
        "write a.txt one\nsame-call 20\nwait", agent="remembering", configuration=AgentConfiguration(same_calls=5)
    )
    why = pause(report)
    assert (why.reason, why.why) == (
        "question",
        "The agent has made the same call 5 times on end, each time with the same outcome.",
    )
    question = report.one(QuestionAsked)
    assert question.title == "The agent repeats itself"
    assert "Look" in question.detail
    assert [(option.id, option.effect) for option in question.options] == [
        ("continue", "allow_once"),
        ("stop", "reject_once"),
    ]
    assert isinstance(report.post.told[-1], AttemptEnded)
    assert len(report.all(WorkSaved)) == 1


async def test_by_default_the_eighth_same_call_asks(bench: Bench) -> None:
    fine = await bench.make("same-call 7\nsay Done.", agent="remembering")
    assert fine.ended.outcome == "completed"
    much = await bench.make("same-call 8\nwait", agent="remembering", run="r2", branch="task/two")
    assert pause(much).reason == "question"


async def test_different_outcomes_are_no_circle(bench: Bench) -> None:
    steps = "".join(f"run test {number} -gt 3\nrun echo {number}\n" for number in range(10))
    report = await bench.make(f"script:\n{steps}say Done.", configuration=AgentConfiguration(same_calls=3))
    assert report.ended.outcome == "completed"


async def test_many_calls_of_the_model_without_a_change_ask_a_person(bench: Bench) -> None:
    stubborn = AgentConfiguration(calls_without_change=3)
    report = await bench.make("ask-model 40\nwait", agent="remembering", configuration=stubborn)
    assert pause(report).reason == "question"
    detail = report.one(QuestionAsked).detail
    assert "calls of the model without a change in the files" in detail
    assert "tokens" in detail


async def test_calls_of_the_model_between_changes_ask_nobody(bench: Bench) -> None:
    steps = "".join(f"ask-model 1\nwrite a.txt {number}\n" for number in range(6))
    report = await bench.make(
        f"{steps}say Done.", agent="remembering", configuration=AgentConfiguration(calls_without_change=4)
    )
    assert report.ended.outcome == "completed"
