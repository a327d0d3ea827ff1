"""The agent at work: a real process, a real client, a scripted model on every wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from acp import RequestError, text_block
from acp.schema import PermissionOption, ToolCallUpdate

pytestmark = pytest.mark.anyio

# Fixtures' classes live in conftest.py, which cannot be imported; these say what they are.
Worker = Any
Start = Callable[[str], AbstractAsyncContextManager[Any]]

EDIT = """Make a file.
SCRIPT:
think I begin with the file.
say Working.
write src/a.txt | one\\ntwo\\n
edit src/a.txt | two | 2
run cat src/a.txt && pwd
read src/a.txt
finish All is done.
"""


async def test_a_real_edit_and_command_on_every_wire(every: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30):
        talk = await every.session(workspace)
        response = await talk.ask(EDIT)
    shown = talk.shown
    assert response.stop_reason == "end_turn"
    assert (workspace / "src/a.txt").read_text() == "one\n2\n"
    assert shown.thoughts == "I begin with the file."
    assert shown.messages == "Working.All is done."
    first = [updates[0] for updates in shown.calls.values()]
    assert [(call.kind, call.title) for call in first] == [
        ("edit", "Write src/a.txt"),
        ("edit", "Edit src/a.txt"),
        ("execute", "cat src/a.txt && pwd"),
        ("read", "Read src/a.txt"),
    ]
    assert [location.path for location in first[0].locations] == [str(workspace / "src/a.txt")]
    assert shown.statuses(0) == ["pending", "completed"]
    assert shown.statuses(2) == ["pending", "in_progress", "completed"]
    assert shown.output(2) == f"one\n2\n{workspace}\n"
    assert [(diff.old_text, diff.new_text) for diff in shown.diffs()] == [
        (None, "one\ntwo\n"),
        ("one\ntwo\n", "one\n2\n"),
    ]
    assert shown.asked == []
    assert shown.order[:3] == ["thought", "message", "call pending"]
    # Five calls with 0 to 4 results before them; see the scripted model's way of counting.
    assert (response.usage.input_tokens, response.usage.cached_read_tokens) == (
        100 * 5 + 10 * (0 + 1 + 2 + 3 + 4),
        50 * 4,
    )


async def test_a_failed_model_call_is_an_error_on_every_wire(every: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30):
        talk = await every.session(workspace)
        with pytest.raises(RequestError, match=r"HTTP 400.*no such model") as raised:
            await talk.ask("SCRIPT:\nfail 400 no such model\n")
        assert raised.value.data == {"kind": "model", "status": 400}
        assert (await talk.ask("SCRIPT:\nsay Again.\n")).stop_reason == "end_turn"
    assert talk.shown.messages == "Again."


async def test_a_failure_in_the_middle_of_the_work_is_an_error_too(worker: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30):
        talk = await worker.session(workspace)
        with pytest.raises(RequestError, match="HTTP 401"):
            await talk.ask("SCRIPT:\nwrite a.txt | x\nfail 401 wrong key\n")
    assert (workspace / "a.txt").exists()


async def test_cancelling_a_stream_is_quick_on_every_wire(every: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        talk = await every.session(workspace)
        asking = tasks.create_task(talk.ask("SCRIPT:\nstream 500 0.02\n"))
        await talk.shown.until(lambda: "piece 3" in talk.shown.messages)
        began = time.monotonic()
        await talk.cancel()
        assert (await asking).stop_reason == "cancelled"
        assert time.monotonic() - began < 0.3
        assert (await talk.ask("SCRIPT:\nsay Still here.\n")).stop_reason == "end_turn"
    assert talk.shown.messages.endswith("Still here.")


async def gone(pid: int) -> None:
    """Returns when the process has ended; the kernel tells."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


async def test_cancelling_a_command_ends_it_and_its_children(every: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        talk = await every.session(workspace)
        asking = tasks.create_task(talk.ask("SCRIPT:\nrun sleep 600 & echo pid $!; wait\nsay Never.\n"))
        await talk.shown.until(lambda: "'pid " in repr(talk.shown.calls))
        pid = int(repr(talk.shown.calls).split("'pid ")[1].split("\\n")[0])
        began = time.monotonic()
        await talk.cancel()
        assert (await asking).stop_reason == "cancelled"
        await gone(pid)
        assert time.monotonic() - began < 0.3
        # The conversation can go on, though the call never came to a result.
        assert (await talk.ask("SCRIPT:\nsay Still here.\n")).stop_reason == "end_turn"


@pytest.mark.parametrize("how", ["its input ends", "it is terminated"])
async def test_no_command_outlives_the_agent_when(how: str, start: Start, workspace: Path) -> None:
    async def ask(talk: Any) -> None:
        with contextlib.suppress(ConnectionError):
            await talk.ask("SCRIPT:\nrun sleep 600 & echo pid $!; wait\n")

    async with asyncio.timeout(30), start("openai") as worker, asyncio.TaskGroup() as tasks:
        talk = await worker.session(workspace)
        tasks.create_task(ask(talk))
        await talk.shown.until(lambda: "'pid " in repr(talk.shown.calls))
        pid = int(repr(talk.shown.calls).split("'pid ")[1].split("\\n")[0])
        if how == "its input ends":
            worker.process.stdin.close()
        else:
            worker.process.terminate()
        await gone(pid)
        assert await worker.process.wait() == 0


async def test_cancelling_a_hanging_model_is_quick(worker: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        talk = await worker.session(workspace)
        asking = tasks.create_task(talk.ask("SCRIPT:\nsay Hm.\nhang\n"))
        await talk.shown.until(lambda: talk.shown.messages)
        began = time.monotonic()
        await talk.cancel()
        await talk.cancel()
        assert (await asking).stop_reason == "cancelled"
        assert time.monotonic() - began < 0.3


def by_kind(kind: str) -> Callable[[ToolCallUpdate, list[PermissionOption]], Any]:
    async def choose(call: ToolCallUpdate, options: list[PermissionOption]) -> str | None:
        return next(option.option_id for option in options if option.kind == kind)

    return choose


async def test_in_ask_mode_each_change_and_command_is_asked_about(worker: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30):
        talk = await worker.session(workspace, "ask")
        talk.eyes.choose = by_kind("allow_once")
        await talk.ask("SCRIPT:\nwrite a.txt | x\nread a.txt\nrun echo hi > b.txt\nfinish Done.\n")
    assert [(call.kind, call.title) for call in talk.shown.asked] == [
        ("edit", "Write a.txt"),
        ("execute", "echo hi > b.txt"),
    ]
    assert talk.shown.asked[0].content[0].new_text == "x"
    assert (workspace / "a.txt").exists()
    assert (workspace / "b.txt").exists()


async def test_a_refused_change_is_not_made_and_the_model_hears_of_it(worker: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30):
        talk = await worker.session(workspace, "ask")
        talk.eyes.choose = by_kind("reject_once")
        response = await talk.ask("SCRIPT:\nwrite a.txt | x\nrun touch b.txt\nfinish Done.\n")
    assert response.stop_reason == "end_turn"
    assert os.listdir(workspace) == []
    assert talk.shown.statuses(0) == ["pending", "failed"]
    assert "refused" in talk.shown.output(0)


async def test_allowed_for_good_is_not_asked_again(worker: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30):
        talk = await worker.session(workspace, "ask")
        talk.eyes.choose = by_kind("allow_always")
        await talk.ask("SCRIPT:\nrun true\nrun true\nwrite a.txt | x\nrun true\n")
    assert [call.kind for call in talk.shown.asked] == ["execute", "edit"]


async def test_cancelling_with_an_open_question_ends_the_turn(worker: Worker, workspace: Path) -> None:
    never = asyncio.Event()

    async def choose(call: ToolCallUpdate, options: list[PermissionOption]) -> str | None:
        await never.wait()
        return None

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        talk = await worker.session(workspace, "ask")
        talk.eyes.choose = choose
        asking = tasks.create_task(talk.ask("SCRIPT:\nwrite a.txt | x\n"))
        await talk.shown.until(lambda: talk.shown.asked)
        await talk.cancel()
        assert (await asking).stop_reason == "cancelled"
        never.set()
    assert os.listdir(workspace) == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('write_file {"path": "../out.txt", "content": "x"}', "outside"),
        ('write_file {"path": "/tmp/out.txt", "content": "x"}', "outside"),
        ('read_file {"path": "link/secret"}', "outside"),
        ('edit_file {"path": "none", "old_text": "a", "new_text": "b"}', "No such file"),
        ('write_file {"path": 7}', "content"),
        ('read_file {"file": "a"}', "path"),
        ('launch_rocket {"to": "moon"}', "launch_rocket"),
        ('run_command {"command": "exit 3"}', "exit code 3"),
    ],
)
async def test_what_cannot_be_done_is_told_to_the_model_and_shown(
    worker: Worker, workspace: Path, call: str, words: str
) -> None:
    (workspace.parent / "secret").write_text("s")
    (workspace / "link").symlink_to(workspace.parent)
    async with asyncio.timeout(30):
        talk = await worker.session(workspace)
        response = await talk.ask(f"SCRIPT:\ncall {call}\nsay I see.\n")
    assert response.stop_reason == "end_turn"
    assert talk.shown.messages == "I see."
    assert words in talk.shown.output(0)
    assert talk.shown.statuses(0)[-1] == ("completed" if "exit" in call else "failed")
    assert not (workspace.parent / "out.txt").exists()


async def test_a_session_is_gone_on_with_by_a_later_process(start: Start, home: Path, workspace: Path) -> None:
    async with asyncio.timeout(60):
        async with start("anthropic") as first:
            talk = await first.session(workspace)
            await talk.ask(EDIT)
        kept = home / ".clawlink-agent" / f"{talk.id}.json"
        assert kept.stat().st_mode & 0o777 == 0o600
        before = kept.read_text()
        assert json.loads(before)["cwd"] == str(workspace)
        async with start("anthropic") as second:
            loaded = await second.connection.load_session(cwd=str(workspace), session_id=talk.id, mcp_servers=[])
            assert loaded.modes.current_mode_id == "auto"
            again = second.eyes.sessions[talk.id]
            assert again.heard == EDIT
            assert again.messages == talk.shown.messages
            assert [updates[-1].status for updates in again.calls.values()] == ["completed"] * 4
        async with start("anthropic") as third:
            resumed = await third.connection.resume_session(cwd=str(workspace), session_id=talk.id, mcp_servers=[])
            assert resumed.modes.current_mode_id == "auto"
            assert talk.id not in third.eyes.sessions  # nothing is played back
            await third.connection.prompt(session_id=talk.id, prompt=[text_block("SCRIPT:\nsay On.\n")])
            assert third.eyes.sessions[talk.id].messages == "On."
            later = json.loads(kept.read_text())["messages"]
            assert len(later) > len(json.loads(before)["messages"])
            for unknown in ("none", "../x", "00000000-0000-0000-0000-000000000000"):
                with pytest.raises(RequestError, match="not found"):
                    await third.connection.load_session(cwd=str(workspace), session_id=unknown, mcp_servers=[])
                with pytest.raises(RequestError, match="not found"):
                    await third.connection.resume_session(cwd=str(workspace), session_id=unknown, mcp_servers=[])


async def test_a_client_that_asks_nonsense_hears_so(worker: Worker, workspace: Path) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        with pytest.raises(RequestError, match="Invalid params"):
            await worker.connection.new_session(cwd="relative", mcp_servers=[])
        talk = await worker.session(workspace)
        with pytest.raises(RequestError, match="Invalid params"):
            await worker.connection.set_session_mode(session_id=talk.id, mode_id="yolo")
        asking = tasks.create_task(talk.ask("SCRIPT:\nsay Hm.\nhang\n"))
        await talk.shown.until(lambda: talk.shown.messages)
        with pytest.raises(RequestError, match="under way"):
            await talk.ask("More")
        await talk.cancel()
        await asking


async def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    # A Python that sees the package and ACP, and no pydantic_ai.
    hide = tmp_path / "sitecustomize.py"
    hide.write_text(
        "import importlib.util as u\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pydantic_ai' else found(name, *rest)\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "coderclawlink.agent", "--wire", "openai", "--model", "m",
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(20):
        _, stderr = await process.communicate()
    assert process.returncode == 2
    assert stderr.decode() == "pydantic_ai not installed; do: pip install 'coderclawlink[agent]'\n"
