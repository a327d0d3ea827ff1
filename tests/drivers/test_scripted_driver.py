"""The scripted driver does as it is told."""

import asyncio

import pytest

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers import scripted
from coderclawlink.drivers.base import Ground, Job, Said, TurnEnded
from coderclawlink.drivers.scripted import ScriptedDriver
from coderclawlink.errors import Invalid
from coderclawlink.events import (
    AgentChunk,
    AgentMessage,
    AgentPlan,
    AgentThought,
    AgentTitle,
    AgentTool,
    AgentUsage,
    FileChange,
    PermissionDecided,
    PlanEntry,
    QuestionAsked,
)
from coderclawlink.rules import Rule

pytestmark = pytest.mark.anyio


async def play(script: str, ground: Ground, job: Job, answer: str | None = None) -> list[Said]:
    said: list[Said] = []
    async with asyncio.timeout(10), ScriptedDriver().open(job, ground) as session:
        async for event in session.turn(f"Please do.\n\nscript:\n{script}"):
            said.append(event)
            if isinstance(event, QuestionAsked):
                await session.answer(event.question, answer)
    return said


async def test_each_step_is_told_and_done(ground: Ground, job: Job) -> None:
    said = await play(
        "# a comment\n\nthink hm\ntitle T\nplan a; b\nwrite sub/a.txt | one\\ntwo\nusage 10 2\nsay Done.", ground, job
    )
    change = FileChange(path="sub/a.txt", old=None, new="one\ntwo")
    assert [event for event in said if not isinstance(event, AgentChunk)] == [
        AgentThought(text="hm"),
        AgentTitle(title="T"),
        AgentPlan(entries=(PlanEntry(text="a"), PlanEntry(text="b"))),
        AgentTool(
            id="step-4", title="Write sub/a.txt", tool="edit", status="completed", input="sub/a.txt", changes=(change,)
        ),
        AgentUsage(model="scripted", calls=1, input_tokens=10, output_tokens=2),
        AgentMessage(text="Done."),
        TurnEnded("end_turn", result="Done."),
    ]
    assert (ground.workspace / "sub/a.txt").read_text() == "one\ntwo"


async def test_a_command_runs_in_the_workspace(ground: Ground, job: Job) -> None:
    said = await play("run echo hi > b.txt; cat b.txt; exit 3", ground, job)
    tools = [event for event in said if isinstance(event, AgentTool)]
    assert [(tool.status, tool.output) for tool in tools] == [("running", ""), ("failed", "hi\n")]
    assert (ground.workspace / "b.txt").exists()


@pytest.mark.parametrize(("answer", "written"), [("yes", True), ("allow_once", True), ("no", False), (None, False)])
async def test_a_refused_step_is_skipped(ground: Ground, job: Job, answer: str | None, written: bool) -> None:
    said = await play("ask Write?\nwrite a.txt | x\nsay on", ground, job, answer)
    assert (ground.workspace / "a.txt").exists() is written
    assert said[-1] == TurnEnded("end_turn", result="on")


async def test_rules_go_before_the_script(ground: Ground, job: Job) -> None:
    rules = (Rule(effect="deny", command="rm *"), Rule(effect="ask", path="b.txt"), Rule(effect="allow", path="c.txt"))
    driver = ScriptedDriver().configured(AgentConfiguration(rules=rules))
    script = "run rm a.txt\nwrite b.txt | b\nask C?\nwrite c.txt | c\nrun rm a.txt && echo x"
    (ground.workspace / "a.txt").touch()
    said: list[Said] = []
    async with asyncio.timeout(10), driver.open(job, ground) as session:
        async for event in session.turn(f"script:\n{script}"):
            said.append(event)
            if isinstance(event, QuestionAsked):
                await session.answer(event.question, "allow_once")
    decided = [(event.effect, event.act.tool) for event in said if isinstance(event, PermissionDecided)]
    assert decided == [("deny", "execute"), ("allow", "edit"), ("deny", "execute")]
    assert [(event.act.paths, event.rule) for event in said if isinstance(event, QuestionAsked)] == [
        (("b.txt",), "ask path b.txt")
    ]
    assert sorted(path.name for path in ground.workspace.iterdir()) == ["a.txt", "b.txt", "c.txt"]


async def test_what_is_allowed_for_good_is_not_asked_again(ground: Ground, job: Job) -> None:
    said = await play("ask A?\nrun echo a\nask A?\nrun echo a\nask B?\nrun echo b", ground, job, "allow_always")
    assert [event.title for event in said if isinstance(event, QuestionAsked)] == ["A?", "B?"]


async def test_a_script_may_fail_for_now_or_for_good(ground: Ground, job: Job) -> None:
    assert (await play("fail no luck", ground, job))[-1] == TurnEnded("error", error="no luck")
    assert (await play("try-again busy", ground, job))[-1] == TurnEnded("error", error="busy", retry=True)


async def test_it_waits_for_a_file(ground: Ground, job: Job) -> None:
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(play("wait-for go\nsay gone", ground, job))
        await asyncio.sleep(0)
        assert not playing.done()
        (ground.workspace / "go").touch()
    assert playing.result()[-1] == TurnEnded("end_turn", result="gone")


async def test_it_writes_nothing_outside_of_the_workspace(ground: Ground, job: Job) -> None:
    (ended,) = await play("write ../home/x | y", ground, job)
    assert isinstance(ended, TurnEnded)
    assert "not in the workspace" in (ended.error or "")
    assert not (ground.home / "x").exists()


async def test_a_prompt_without_a_script_gets_the_drivers_own(ground: Ground, job: Job) -> None:
    async with ScriptedDriver(script="say own").open(job, ground) as session:
        said = [event async for event in session.turn("The script: is mine")]
    assert said[-1] == TurnEnded("end_turn", result="own")


async def test_a_script_that_makes_no_sense_is_refused(ground: Ground, job: Job) -> None:
    for wrong, told in (("dance", "Line 2"), ("write a.txt", "PATH"), ("usage 1", "two numbers")):
        with pytest.raises(Invalid, match=told):
            scripted.read(f"say x\n{wrong}")
    assert not (await ScriptedDriver(script="dance").probe()).available
    (ended,) = await play("dance", ground, job)
    assert isinstance(ended, TurnEnded)
    assert "dance is none of" in (ended.error or "")


def test_a_script_in_a_prompt_ends_at_a_fence_or_an_end() -> None:
    found = scripted._SCRIPT.search("Hello\n```\nSCRIPT:\nsay a\n```\nmore")
    assert found is not None
    assert scripted.read(found[1]) == (scripted.Step("say", "a"),)
