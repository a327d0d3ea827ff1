"""The ACP driver against an agent that does everything wrong that agents are known to do."""

import asyncio
import json
import os
import select
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from coderclawlink.configuration import McpServer
from coderclawlink.drivers.acp import AcpDriver, Greeting
from coderclawlink.drivers.acp.connection import AcpSession, Patience
from coderclawlink.drivers.base import Ground, Job, ModelAccess, Probe, Process, Said, TurnEnded
from coderclawlink.drivers.errors import AgentFailed, CannotStart
from coderclawlink.events import (
    AgentChunk,
    AgentLog,
    AgentMessage,
    AgentPlan,
    AgentThought,
    AgentTitle,
    AgentTool,
    FileChange,
    PermissionDecided,
    QuestionAsked,
)
from coderclawlink.rules import Act

pytestmark = pytest.mark.anyio
Make = Callable[..., AcpDriver]


async def told(session: AcpSession, prompt: str) -> list[Said]:
    async with asyncio.timeout(20):
        return [said async for said in session.turn(prompt)]


def messages(said: list[Said]) -> list[str]:
    return [event.text for event in said if isinstance(event, AgentMessage)]


def logs(said: list[Said]) -> str:
    return "\n".join(event.text for event in said if isinstance(event, AgentLog))


def end(said: list[Said]) -> TurnEnded:
    last = said[-1]
    assert isinstance(last, TurnEnded)
    assert not any(isinstance(event, TurnEnded) for event in said[:-1])
    return last


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# ── what is told ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_turn_tells_everything_in_the_order_of_the_wire(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        said = await told(session, "think hm\nsay I begin.\nwrite a.txt hello\ntitle Work\nplan one;two\nsay Done.")
        assert session.version == "misbehaving 1.2.3"
        assert session.id == "session-1"
    whole = [event for event in said if not isinstance(event, AgentChunk)]
    change = FileChange(path="a.txt", old=None, new="hello")
    assert whole[:4] == [
        AgentThought(text="hm"),
        AgentMessage(text="I begin."),
        AgentTool(id="write-a.txt", title="Write a.txt", tool="edit", status="running"),
        AgentTool(id="write-a.txt", title="Write a.txt", tool="edit", status="completed", changes=(change,)),
    ]
    assert [type(event) for event in whole[4:]] == [AgentTitle, AgentPlan, AgentMessage, TurnEnded]
    assert end(said) == TurnEnded("end_turn", result="Done.")
    assert (ground.workspace / "a.txt").read_text() == "hello"


async def test_stray_lines_on_standard_output_do_not_end_the_conversation(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    async with misbehaving("noisy").open(job, ground) as session:
        said = await told(session, "noise\nsay still here")
    assert messages(said) == ["still here"]
    assert "not json {" in logs(said)
    assert end(said).error is None


async def test_unknown_kinds_are_logged_and_break_nothing(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        said = await told(session, "unknown thought\nsay on")
    assert "telepathy" in logs(said)
    assert messages(said) == ["on"]


async def test_an_unknown_stop_reason_ends_the_turn(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        assert end(await told(session, "say x\nstop bored")) == TurnEnded("other", result="x")
        assert end(await told(session, "stop max_tokens")).reason == "max_tokens"


async def test_an_answer_with_a_string_id_is_understood(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        assert end(await told(session, "answer-with-string-id\nsay x")).reason == "end_turn"


async def test_calls_are_known_by_any_mention_and_closed_at_the_end(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    async with misbehaving().open(job, ground) as session:
        said = await told(session, "only-update a\nleave-open b")
    last = {event.id: event for event in said if isinstance(event, AgentTool)}
    assert last["a"] == AgentTool(id="a", title="Never announced", status="completed")
    assert last["b"].status == "completed"


async def test_a_refused_prompt_is_an_error_in_words(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        ended = end(await told(session, "say trying\nfail -32603 API Error: 400"))
        assert ended == TurnEnded(
            "error", result="trying", error="misbehaving refused the prompt: API Error: 400: because"
        )
        assert end(await told(session, "say again")).reason == "end_turn"


async def test_a_line_of_five_megabytes_arrives_whole(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        said = await told(session, "big 5000000")
    assert [len(text) for text in messages(said)] == [5_000_000]


async def test_twenty_thousand_updates_arrive_in_order(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        said = await told(session, "flood 20000")
    whole = "".join(f"{number} " for number in range(20_000))
    assert messages(said) == [whole]
    assert "".join(event.text for event in said if isinstance(event, AgentChunk)) == whole


async def test_a_reader_that_is_slow_holds_the_agent_back(misbehaving: Make, ground: Ground, job: Job) -> None:
    heard = 0

    def count(direction: str, message: object) -> None:
        nonlocal heard
        heard += direction == "in"

    async with misbehaving(wiretap=count).open(job, ground) as session:
        turn = session.turn("\n".join(f"only-update {number}" for number in range(20_000)))
        await anext(turn)
        before = -1
        while before != heard:  # until nothing more is read
            before = heard
            await asyncio.sleep(0.1)
        assert heard < 5_000
        async with asyncio.timeout(20):
            rest = [said async for said in turn]
    assert sum(isinstance(said, AgentTool) for said in rest) == 19_999


async def test_megabytes_on_standard_error_neither_block_nor_flood(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving("chatty").open(job, ground) as session:
        said = await told(session, "complain 3000000\nsay through")
    assert messages(said) == ["through"]
    assert 0 < len(logs(said)) < 250_000


# ── starting ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def fails_to_open(driver: AcpDriver, ground: Ground, job: Job) -> str:
    with pytest.raises(AgentFailed) as failure:
        async with driver.open(job, ground):
            pass
    return failure.value.message


async def test_an_agent_that_dies_at_the_start_is_told_with_its_last_words(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    why = await fails_to_open(misbehaving("die"), ground, job)
    assert why == "misbehaving ended by itself with exit code 3. Its last words: cannot find my configuration"


async def test_an_agent_that_never_answers_is_given_up(
    misbehaving: Make, ground: Ground, job: Job, launched: list[Process]
) -> None:
    for word, method in (("silent", "initialize"), ("no-session", "session/new")):
        driver = misbehaving(word, patience=Patience(start=0.3))
        assert f"did not answer {method} within 0.3 s" in await fails_to_open(driver, ground, job)
    assert not any(alive(process.pid) for process in launched)


async def test_an_agent_that_wants_a_sign_in_says_what_to_do(misbehaving: Make, ground: Ground, job: Job) -> None:
    why = await fails_to_open(misbehaving("sign-in"), ground, job)
    assert "wants you to sign in first: Run `misbehaving login`" in why
    why = await fails_to_open(misbehaving("sign-in", sign_in="do this"), ground, job)
    assert "wants you to sign in first: do this" in why


async def test_an_agent_of_another_protocol_is_refused(misbehaving: Make, ground: Ground, job: Job) -> None:
    assert "speaks version 2 of ACP" in await fails_to_open(misbehaving("version-2"), ground, job)


async def test_a_program_that_is_not_there_cannot_be_started(ground: Ground, job: Job) -> None:
    driver = AcpDriver("nobody", ("/nowhere/agent",), install="Install it.")
    with pytest.raises(CannotStart, match="/nowhere/agent could not be started"):
        async with driver.open(job, ground):
            pass
    probe = await driver.probe()
    assert not probe.available
    assert probe.why == "The program /nowhere/agent was not found. Install it."


async def test_the_environment_is_an_allow_list_with_placeholders_filled(
    misbehaving: Make, ground: Ground, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HUB", "x")
    env = {"URL": "{openai_url}/v1", "WHERE": "{workspace}", "KEY": "{key}", "JSON": '{"model":"{model}"}'}
    async with misbehaving(env=env, model="m1").open(job, ground) as session:
        (said,) = messages(await told(session, "environment"))
    seen = json.loads(said.removeprefix("environment:"))
    assert seen["HOME"] == str(ground.home)
    assert seen["URL"] == "http://127.0.0.1:9/openai/v1"
    assert (seen["WHERE"], seen["KEY"]) == (str(ground.workspace), "worthless")
    assert seen["JSON"] == '{"model":"m1"}'
    assert "SECRET_OF_THE_HUB" not in seen
    assert seen["PATH"] == os.environ["PATH"]


async def test_a_wire_that_is_not_configured_is_named(misbehaving: Make, ground: Ground, job: Job) -> None:
    why = await fails_to_open(misbehaving(env={"U": "{anthropic_url}"}), ground, job)
    assert why == "misbehaving needs a model on the anthropic wire, and none is configured on this node."


async def test_the_login_is_copied_into_the_home_of_the_run(
    misbehaving: Make, ground: Ground, job: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "user" / ".agent").mkdir(parents=True)
    (tmp_path / "user" / ".agent" / "login.json").write_text("{}")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    async with misbehaving(login=(".agent/login.json", ".agent/absent")).open(job, ground):
        assert (ground.home / ".agent" / "login.json").stat().st_mode & 0o777 == 0o600


async def test_files_are_put_into_the_home_by_no_link(
    misbehaving: Make, ground: Ground, job: Job, tmp_path: Path
) -> None:
    driver = misbehaving(files={".agent/config": "url = {openai_url}"})
    async with driver.open(job, ground):
        assert (ground.home / ".agent/config").read_text() == "url = http://127.0.0.1:9/openai"
    moved = replace(ground, models=ModelAccess({"openai": "http://127.0.0.1:8/openai"}, "another"))
    async with driver.open(job, moved):
        assert (ground.home / ".agent/config").read_text() == "url = http://127.0.0.1:8/openai"
    (ground.home / ".agent/config").unlink()
    (ground.home / ".agent").rmdir()
    (ground.home / ".agent").symlink_to(tmp_path)
    assert "in the agent's HOME cannot be used" in await fails_to_open(driver, ground, job)
    assert not (tmp_path / "config").exists()


async def test_the_configured_session_mode_is_chosen(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving(session_mode="bold").open(job, ground) as session:
        assert messages(await told(session, "mode")) == ["mode:bold"]
    async with misbehaving("options", session_mode="bold").open(job, ground) as session:
        assert messages(await told(session, "mode")) == ["mode:option:bold"]
    async with misbehaving(session_mode="reckless").open(job, ground) as session:
        assert "has no session mode reckless; it offers careful, bold" in logs(await told(session, "mode"))


async def test_mcp_servers_are_passed_on(misbehaving: Make, ground: Ground, job: Job) -> None:
    server = McpServer(name="s", command="c", args=("a",), env={"K": "v"})
    async with misbehaving(mcp_servers=(server,)).open(job, ground) as session:
        (said,) = messages(await told(session, "servers"))
    expected = [{"name": "s", "command": "c", "args": ["a"], "env": [{"name": "K", "value": "v"}]}]
    assert json.loads(said.removeprefix("servers:")) == expected


async def test_a_probe_starts_the_agent_and_remembers_what_it_found(misbehaving: Make) -> None:
    driver = misbehaving()
    probe = await driver.probe()
    assert probe.available
    assert probe.version == "misbehaving 1.2.3"
    assert await driver.probe() is probe
    dead = await misbehaving("die").probe()
    assert not dead.available
    assert "exit code 3" in (dead.why or "")


async def test_programs_that_answer_alike_are_greeted_once(misbehaving: Make) -> None:
    async def models() -> Probe:
        return Probe(True, models=("m",))

    shared = Greeting()
    plain, checked, dead = misbehaving(), replace(misbehaving(), check=models), misbehaving("die")
    async with asyncio.TaskGroup() as tasks:
        looks = [tasks.create_task(replace(driver, greeting=shared).probe()) for driver in (plain, checked)]
    greeted = Probe(True, version="misbehaving 1.2.3")
    assert [look.result() for look in looks] == [greeted, replace(greeted, models=("m",))]
    # One that would die is not started: its kin has answered. Alone it is.
    assert await replace(dead, greeting=shared).probe() == greeted
    assert "exit code 3" in ((await replace(dead, greeting=Greeting()).probe()).why or "")


# ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def answered(driver: AcpDriver, ground: Ground, job: Job, prompt: str, option: str | None) -> list[Said]:
    said: list[Said] = []
    async with asyncio.timeout(20), driver.open(job, ground) as session:
        async for event in session.turn(prompt):
            said.append(event)
            if isinstance(event, QuestionAsked):
                await session.answer("another question", "proceed")
                await session.answer(event.question, option)
                await session.answer(event.question, "proceed")  # answered already: ignored
    return said


@pytest.mark.parametrize(
    ("option", "chosen"),
    [
        ("proceed", "proceed"),
        ("allow_once", "proceed"),
        ("allow_always", "proceed"),
        ("proceed_always", "proceed"),
        ("nope", "nope"),
        ("reject_always", "nope"),
        (None, "cancelled"),
        ("no such option", "cancelled"),
    ],
)
async def test_a_question_is_answered_by_id_or_by_effect(
    misbehaving: Make, ground: Ground, job: Job, option: str | None, chosen: str
) -> None:
    said = await answered(misbehaving(mode="ask"), ground, job, "ask Clean up", option)
    (question,) = [event for event in said if isinstance(event, QuestionAsked)]
    assert (question.title, question.detail, question.tool) == ("Clean up", "rm -rf build", "asked")
    assert [o.effect for o in question.options] == ["allow_once", "allow_always", "reject_once"]
    assert messages(said) == [f"chose:{chosen}"]
    assert end(said).reason == "end_turn"


async def test_a_request_without_a_title_borrows_it_from_its_call(misbehaving: Make, ground: Ground, job: Job) -> None:
    said = await answered(misbehaving(mode="ask"), ground, job, "ask-untitled", "proceed")
    assert [event.title for event in said if isinstance(event, QuestionAsked)] == ["Known title"]


async def test_auto_allows_at_once_and_says_so(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving(mode="auto").open(job, ground) as session:
        said = await told(session, "ask Clean up")
    assert messages(said) == ["chose:proceed"]
    (decided,) = [event for event in said if isinstance(event, PermissionDecided)]
    act = Act(tool="execute", command="rm -rf build")
    assert decided == PermissionDecided(title="Clean up", act=act, effect="allow", tool="asked")
    assert not any(isinstance(event, QuestionAsked) for event in said)


async def test_a_request_without_options_is_dismissed(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving(mode="ask").open(job, ground) as session:
        assert messages(await told(session, "ask-nothing")) == ["chose:cancelled"]


async def test_a_turn_may_end_over_an_open_question(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving(mode="ask").open(job, ground) as session:
        assert end(await told(session, "ask-and-end")).reason == "end_turn"
        assert end(await told(session, "say on")).result == "on"


# ── what it wants done ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_files_of_the_workspace_are_read_and_written_for_it(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        said = await told(session, "fs-write sub/new.txt hello\nfs-read sub/new.txt\nfs-read absent\nterminal")
    (words,) = messages(said)
    assert words == (
        'wrote:{}read:{"content": "hello"}read:{"code": -32002, "message": "Resource not found", "data": null}'
        "terminal:-32601"
    )
    assert (ground.workspace / "sub/new.txt").read_text() == "hello"


@pytest.mark.parametrize("path", ["../home/x", "/etc/hostname", "link/x", "link-to-file", ".git/config", "."])
async def test_nothing_outside_of_the_workspace_is_touched_for_it(
    misbehaving: Make, ground: Ground, job: Job, path: str
) -> None:
    (ground.workspace / "link").symlink_to(ground.home)
    (ground.home / "target").write_text("secret")
    (ground.workspace / "link-to-file").symlink_to(ground.home / "target")
    async with misbehaving().open(job, ground) as session:
        said = await told(session, f"fs-write {path} overwritten\nfs-read {path}")
    (words,) = messages(said)
    assert "wrote:{}" not in words
    assert "secret" not in words
    assert os.listdir(ground.home) == ["target"]
    assert (ground.home / "target").read_text() == "secret"


# ── stopping ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def cancelled_after(
    driver: AcpDriver, ground: Ground, job: Job, prompt: str, on: type[Said]
) -> tuple[TurnEnded, float]:
    """Cancel at the first event of this type; give back the end and the seconds until everything was over."""
    said: list[Said] = []
    began = 0.0
    async with asyncio.timeout(20), driver.open(job, ground) as session:
        async for event in session.turn(prompt):
            said.append(event)
            if isinstance(event, on) and not began:
                began = time.monotonic()
                await session.cancel()
                await session.cancel()
    return end(said), time.monotonic() - began


@pytest.mark.parametrize(
    ("prompt", "on"),
    [
        ("wait-cancel", AgentChunk),
        ("wait-cancel end_turn", AgentChunk),
        ("wait-cancel-and-fail", AgentChunk),
        ("ask-then-wait-cancel", QuestionAsked),
        ("hang", AgentChunk),
        ("deaf", AgentChunk),
        ("child\nhang", AgentChunk),
    ],
)
async def test_a_cancelled_agent_is_gone_within_a_second(
    misbehaving: Make, ground: Ground, job: Job, launched: list[Process], prompt: str, on: type[Said]
) -> None:
    ended, seconds = await cancelled_after(misbehaving(mode="ask"), ground, job, prompt, on)
    assert (ended.reason, ended.error) == ("cancelled", None)
    assert seconds < 1
    assert not alive(launched[0].pid)


async def test_a_cancelled_agent_that_behaves_can_be_asked_again(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        await session.cancel()
        async for said in session.turn("wait-cancel"):
            if isinstance(said, AgentChunk):
                await session.cancel()
        assert end(await told(session, "say again")).result == "again"


async def test_an_agent_that_was_killed_answers_the_next_turn_with_an_error(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    async with misbehaving().open(job, ground) as session:
        async for said in session.turn("hang"):
            if isinstance(said, AgentChunk):
                await session.cancel()
        assert end(await told(session, "say again")).reason == "error"


async def test_a_turn_left_before_its_end_is_stopped_by_the_next(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        turn = session.turn("wait-cancel")
        await anext(turn)
        assert messages(await told(session, "say second")) == ["second"]


@pytest.mark.parametrize("verb", ["die", "die-with-heir"])
async def test_death_in_the_middle_of_a_turn_is_told_at_once(
    misbehaving: Make, ground: Ground, job: Job, verb: str
) -> None:
    async with misbehaving().open(job, ground) as session:
        async with asyncio.timeout(3):
            said = await told(session, f"say going\nleave-open x\n{verb} 7")
    ended = end(said)
    assert ended.reason == "error"
    assert ended.error is not None
    assert ended.error.startswith("misbehaving ended by itself with exit code 7.")
    assert ended.error.endswith("It was in the middle of its turn.")
    assert ended.retry
    assert [event.status for event in said if isinstance(event, AgentTool)] == ["running", "failed"]


async def test_leaving_a_session_ends_the_agent_and_its_children(
    misbehaving: Make, ground: Ground, job: Job, launched: list[Process]
) -> None:
    async with misbehaving().open(job, ground) as session:
        (said,) = messages(await told(session, "child\nsay x"))
        child = int(said.removeprefix("child:").partition(";")[0])
        death = os.pidfd_open(child)
        await session.close()
    assert not alive(launched[0].pid)
    readable, _, _ = select.select([death], [], [], 1)
    os.close(death)
    assert readable


async def test_what_the_user_of_a_session_raises_comes_out_as_it_is(
    misbehaving: Make, ground: Ground, job: Job, launched: list[Process]
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with misbehaving().open(job, ground):
            raise ZeroDivisionError
    assert not alive(launched[0].pid)


async def test_an_opening_that_is_cancelled_leaves_no_process(
    misbehaving: Make, ground: Ground, job: Job, launched: list[Process]
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), misbehaving("silent").open(job, ground):
            pass
    assert not alive(launched[0].pid)
