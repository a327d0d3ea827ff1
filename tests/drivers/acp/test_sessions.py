"""Sessions over ACP that are configured, decided by rules, taken up again, interrupted, or hung."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from coderclawlink.configuration import AgentConfiguration, McpServer
from coderclawlink.drivers.acp import AcpDriver
from coderclawlink.drivers.acp.connection import AcpSession, Patience
from coderclawlink.drivers.base import Ground, Job, Process, Said, TurnEnded
from coderclawlink.events import AgentChunk, AgentLog, AgentMessage, AgentTool, PermissionDecided, QuestionAsked
from coderclawlink.rules import Act, Rule

pytestmark = pytest.mark.anyio
Make = Callable[..., AcpDriver]


async def told(session: AcpSession, prompt: str, option: str | None = None) -> list[Said]:
    said: list[Said] = []
    async with asyncio.timeout(20):
        async for event in session.turn(prompt):
            said.append(event)
            if isinstance(event, QuestionAsked):
                await session.answer(event.question, option)
    return said


def words(said: list[Said]) -> str:
    return "\n".join(event.text for event in said if isinstance(event, AgentMessage))


def logs(said: list[Said]) -> str:
    return "\n".join(event.text for event in said if isinstance(event, AgentLog))


def decisions(said: list[Said]) -> list[PermissionDecided]:
    return [event for event in said if isinstance(event, PermissionDecided)]


def questions(said: list[Said]) -> list[QuestionAsked]:
    return [event for event in said if isinstance(event, QuestionAsked)]


def configured(driver: AcpDriver, **said: object) -> AcpDriver:
    return driver.configured(AgentConfiguration.model_validate(said))


def runs(command: str) -> str:
    return "ask-call " + json.dumps({"kind": "execute", "rawInput": {"command": command}})


def edits(path: str) -> str:
    return "ask-call " + json.dumps({"kind": "edit", "rawInput": {"file_path": path, "content": "x"}})


# ── configured ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_configuration_lies_on_top_of_what_the_driver_was_made_with(misbehaving: Make) -> None:
    first, second = Rule(effect="deny", command="rm *"), Rule(effect="ask", command="git *")
    a, b = McpServer(name="a", command="a"), McpServer(name="b", url="http://b")
    driver = misbehaving(model="m", env={"A": "1", "HOME": "kept"}, rules=(first,), mcp_servers=(a,), mode="ask")
    made = driver.configured(AgentConfiguration(model="n", env={"B": "2"}, rules=(second,), mcp_servers=(b,)))
    assert (made.model, made.mode, made.rules, made.mcp_servers) == ("n", "ask", (first, second), (a, b))
    assert made.env == {"A": "1", "HOME": "kept", "B": "2"}
    assert made.configured(AgentConfiguration()) is not made
    assert (driver.model, driver.rules) == ("m", (first,))


async def test_the_model_stands_also_in_the_command(misbehaving: Make, ground: Ground, job: Job) -> None:
    driver = misbehaving(model="m1")
    driver = replace(driver, command=(*driver.command, "--model", "{model}"), env={"M": "{model}"})
    async with configured(driver, model="m2").open(job, ground) as session:
        said = words(await told(session, "environment"))
    assert json.loads(said.removeprefix("environment:"))["M"] == "m2"


async def test_instructions_come_before_the_first_prompt_of_a_new_session_only(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    driver = configured(misbehaving("load"), instructions="say I was told.")
    async with driver.open(job, ground) as session:
        assert words(await told(session, "say one")) == "I was told.one"
        assert words(await told(session, "say two")) == "two"
    async with driver.open(replace(job, session=session.id), ground) as session:
        assert session.resumed
        assert words(await told(session, "say three")) == "three"


@pytest.mark.parametrize(
    ("mode", "rules", "environment", "session_mode"),
    [
        ("auto", (), "auto", "bold"),
        ("ask", (), "ask", "careful"),
        ("auto", (Rule(effect="allow", command="ls"),), "auto", "bold"),
        ("auto", (Rule(effect="deny", command="rm"),), "ask", "careful"),
        ("auto", (Rule(effect="ask", command="rm"),), "ask", "careful"),
    ],
)
async def test_a_program_is_made_to_ask_where_rules_have_something_to_forbid(
    misbehaving: Make, ground: Ground, job: Job, mode: str, rules: tuple[Rule, ...], environment: str, session_mode: str
) -> None:
    driver = misbehaving(
        modes={"ask": {"MODE": "ask"}, "auto": {"MODE": "auto"}}, session_modes={"ask": "careful", "auto": "bold"}
    )
    async with configured(driver, mode=mode, rules=rules).open(job, ground) as session:
        said = words(await told(session, "mode\nenvironment"))
    assert said.startswith(f"mode:{session_mode}")
    assert json.loads(said.partition("environment:")[2])["MODE"] == environment


async def test_neither_a_session_mode_nor_a_variable_gets_round_the_rules(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    driver = misbehaving(modes={"ask": {"MODE": "ask"}}, session_modes={"ask": "careful"})
    rules = (Rule(effect="deny", command="rm *"),)
    async with configured(driver, session_mode="bold", env={"MODE": "wild"}, rules=rules).open(job, ground) as session:
        said = await told(session, "mode\nenvironment")
    assert words(said).startswith("mode:careful")
    assert '"MODE": "ask"' in words(said)
    assert "Its session mode is careful and not bold" in logs(said)
    async with configured(driver, session_mode="bold", env={"MODE": "wild"}).open(job, ground) as session:
        assert words(await told(session, "mode")) == "mode:bold"


async def test_a_server_the_agent_cannot_reach_is_left_out_and_told(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    servers = [{"name": "h", "url": "http://h"}, {"name": "s", "url": "http://s", "type": "sse"}]
    async with misbehaving(mcp_servers=tuple(map(McpServer.model_validate, servers))).open(job, ground) as session:
        said = await told(session, "servers")
    assert [server["name"] for server in json.loads(words(said).removeprefix("servers:"))] == ["h"]
    assert "cannot reach the MCP server s by sse" in logs(said)


async def test_a_probe_sees_whether_somebody_is_signed_in(misbehaving: Make) -> None:
    assert (await misbehaving().probe()).signed_in is None
    assert (await misbehaving(signs_in=True).probe()).signed_in is True
    probe = await misbehaving("sign-in", signs_in=True).probe()
    assert (probe.available, probe.signed_in) == (False, False)
    assert "Run `misbehaving login`" in (probe.why or "")


# ── decided by rules ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_rules_decide_before_anybody_is_asked(misbehaving: Make, ground: Ground, job: Job) -> None:
    deny, allow = Rule(effect="deny", command="rm *", why="never"), Rule(effect="allow", command="git *")
    ask = Rule(effect="ask", command="git push *")
    async with configured(misbehaving(), mode="auto", rules=(deny, allow, ask)).open(job, ground) as session:
        said = await told(session, "\n".join(map(runs, ("sudo rm x", "git log", "git push", "ls"))), "nope")
    assert words(said) == "chose:nope;chose:proceed;chose:nope;chose:proceed;"
    assert [(event.effect, event.rule, event.act.command, event.tool) for event in decisions(said)] == [
        ("deny", "deny command rm *: never", "sudo rm x", "c"),
        ("allow", "allow command git *", "git log", "c"),
        ("allow", None, "ls", "c"),
    ]
    assert [event.act.command for event in questions(said)] == ["git push"]


async def test_what_no_rule_allows_is_asked_in_ask_mode(misbehaving: Make, ground: Ground, job: Job) -> None:
    rules = (Rule(effect="allow", tool="edit", path="src/**"),)
    async with configured(misbehaving(), mode="ask", rules=rules).open(job, ground) as session:
        said = await told(session, "\n".join(map(edits, ("src/a.py", "src/../b.py", "b.py", "/etc/x"))), "proceed")
    assert [event.act.paths for event in decisions(said)] == [("src/a.py",)]
    assert [event.act for event in questions(said)] == [
        Act(tool="edit", paths=(path,)) for path in ("b.py", "b.py", "/etc/x")
    ]


async def test_allow_always_is_remembered_here_and_not_by_the_agent(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    lines = [runs("npm test"), runs("npm test"), runs("npm testx"), runs("npm test > x"), runs("npm test > x")]
    async with misbehaving(mode="ask").open(job, ground) as session:
        said = await told(session, "\n".join(lines), "allow_always")
    assert words(said) == "chose:proceed;" * 5
    assert [event.act.command for event in questions(said)] == ["npm test", "npm testx", "npm test > x", "npm test > x"]
    assert [event.rule for event in decisions(said)] == ["allow execute command npm test"]
    assert "cannot be decided for good" in logs(said)


async def test_files_that_are_read_and_written_for_it_obey_denials(misbehaving: Make, ground: Ground, job: Job) -> None:
    rules = (Rule(effect="deny", path="**/.env"), Rule(effect="deny", tool="edit", path="locked/**"))
    (ground.workspace / ".env").write_text("secret")
    (ground.workspace / "link").symlink_to(".env")
    async with configured(misbehaving(), rules=rules).open(job, ground) as session:
        said = await told(session, "fs-read .env\nfs-read link\nfs-write locked/a x\nfs-write open x\nfs-read open")
    assert words(said).count("Not allowed here") == 3
    assert "secret" not in words(said)
    assert [(event.act.tool, event.act.paths) for event in decisions(said)] == [
        ("read", (".env",)),
        ("read", (".env",)),
        ("edit", ("locked/a",)),
    ]
    assert (ground.workspace / "open").read_text() == "x"


# ── taken up again ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", [("load",), ("resume",), ("load", "load-lags")])
async def test_an_earlier_conversation_is_gone_on_with_and_not_told_again(
    misbehaving: Make, ground: Ground, job: Job, way: tuple[str, ...]
) -> None:
    async with misbehaving(*way).open(job, ground) as session:
        await told(session, "say first")
        assert (session.id, session.resumed) == ("session-1", False)
    async with misbehaving(*way, session_mode="bold").open(replace(job, session="session-1"), ground) as session:
        assert (session.id, session.resumed) == ("session-1", True)
        said = await told(session, "recall")
        assert "say first" in words(said)
        assert "long ago" not in words(said)
        assert not any(isinstance(event, AgentTool) for event in said)
        assert words(await told(session, "mode")) == "mode:bold"


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ((), "cannot take up an earlier conversation"),
        (("load", "load-refuses"), "does not remember the conversation"),
        (("load", "load-dies"), "my memory fails me"),
        (("load", "load-hangs"), "did not answer session/load"),
    ],
)
async def test_a_conversation_that_cannot_be_taken_up_becomes_a_new_one(
    misbehaving: Make, ground: Ground, job: Job, launched: list[Process], start: tuple[str, ...], why: str
) -> None:
    driver = misbehaving(*start, patience=Patience(start=1), instructions="say told.")
    async with driver.open(replace(job, session="lost"), ground) as session:
        assert (session.id, session.resumed) == ("session-1", False)
        said = await told(session, "say on")
    assert words(said) == "told.on"
    assert why in logs(said)
    assert len(launched) == (2 if start in (("load", "load-dies"), ("load", "load-hangs")) else 1)


# ── interrupted ────────────────────────────────────────────────────────────────────────────────────────────────────


async def interrupted(driver: AcpDriver, ground: Ground, job: Job, prompt: str) -> tuple[bool, TurnEnded, TurnEnded]:
    """Interrupt at the first sign of life; give back whether it stopped, the turn's end and that of the next turn."""
    async with asyncio.timeout(20), driver.open(job, ground) as session:
        stopped = None
        async for event in session.turn(prompt):
            if isinstance(event, AgentChunk | QuestionAsked) and stopped is None:
                stopped = await session.interrupt()
                if not stopped:
                    await session.cancel()
        last = (await told(session, "say again"))[-1]
    assert isinstance(event, TurnEnded)
    assert isinstance(last, TurnEnded)
    return bool(stopped), event, last


@pytest.mark.parametrize(
    "prompt", ["wait-cancel", "wait-cancel end_turn", "wait-cancel-and-fail", "ask-then-wait-cancel"]
)
async def test_an_interrupted_agent_stays_for_the_next_turn(
    misbehaving: Make, ground: Ground, job: Job, prompt: str
) -> None:
    stopped, ended, last = await interrupted(misbehaving(mode="ask"), ground, job, prompt)
    assert stopped
    assert (ended.reason, ended.error) == ("cancelled", None)
    assert last == TurnEnded("end_turn", result="again")


async def test_an_agent_that_does_not_stop_is_to_be_cancelled(misbehaving: Make, ground: Ground, job: Job) -> None:
    driver = misbehaving(patience=Patience(start=10, interrupt=0.2))
    stopped, ended, last = await interrupted(driver, ground, job, "hang")
    assert not stopped
    assert (ended.reason, ended.error) == ("cancelled", None)
    assert last.reason == "error"


async def test_an_interrupt_without_a_turn_does_nothing(misbehaving: Make, ground: Ground, job: Job) -> None:
    async with misbehaving().open(job, ground) as session:
        assert await session.interrupt()
        assert words(await told(session, "say on")) == "on"
        assert await session.interrupt()


# ── hung ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_agent_that_falls_silent_in_its_turn_is_taken_for_hung(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    async with misbehaving(patience=Patience(start=10, silence=0.3)).open(job, ground) as session:
        ended = (await told(session, "say words\nhang"))[-1]
    why = "misbehaving has said nothing for 0.3 s, so it is taken for hung."
    assert ended == TurnEnded("error", result="wordshanging", error=why, retry=True)


async def test_an_agent_that_waits_for_people_tools_or_models_is_not_hung(
    misbehaving: Make, ground: Ground, job: Job
) -> None:
    driver = misbehaving(patience=Patience(start=10, silence=0.2), mode="ask")
    async with asyncio.timeout(20), driver.open(job, ground) as session:
        assert (await told(session, "leave-open x\nquiet 0.5\nsay on"))[-1] == TurnEnded("end_turn", result="on")
        async for event in session.turn("ask Clean up"):
            if isinstance(event, QuestionAsked):
                await asyncio.sleep(0.5)  # a person thinks
                await session.answer(event.question, "proceed")
        assert event == TurnEnded("end_turn", result="chose:proceed")
    busy = replace(ground, models=replace(ground.models, busy=lambda: True))
    async with driver.open(job, busy) as session:
        assert (await told(session, "quiet 0.5\nsay on"))[-1] == TurnEnded("end_turn", result="on")
