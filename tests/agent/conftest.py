"""The agent as a real process against the scripted model, and a client that notes what it is shown.

One process for each wire is kept over a file's tests, since starting one takes seconds; each test has its own session.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import acp
import pytest
from acp.client.connection import ClientSideConnection
from acp.schema import (
    AgentMessageChunk,
    AgentThoughtChunk,
    AllowedOutcome,
    ClientCapabilities,
    DeniedOutcome,
    FileEditToolCallContent,
    PermissionOption,
    PromptResponse,
    RequestPermissionResponse,
    TextContentBlock,
    ToolCallProgress,
    ToolCallStart,
    ToolCallUpdate,
    UserMessageChunk,
)

from coderclawlink.drivers.models.script import serve


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Shown:
    """What a session's client has seen. `changed` rings at each update."""

    messages: str = ""
    thoughts: str = ""
    heard: str = ""
    calls: dict[str, list[ToolCallStart | ToolCallProgress]] = field(default_factory=dict)
    asked: list[ToolCallUpdate] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def statuses(self, number: int = 0) -> list[str]:
        """The statuses that the number-th tool call went through, without repetitions."""
        updates = list(self.calls.values())[number]
        found = [update.status for update in updates if update.status]
        return [status for at, status in enumerate(found) if at == 0 or found[at - 1] != status]

    def output(self, number: int = 0) -> str:
        return str(list(self.calls.values())[number][-1].raw_output)

    def diffs(self) -> list[FileEditToolCallContent]:
        return [
            content
            for updates in self.calls.values()
            for update in updates
            for content in update.content or []
            if isinstance(content, FileEditToolCallContent)
        ]

    async def until(self, seen: Callable[[], object]) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: bool(seen()))


@dataclass
class Eyes:
    """The client's side of the connection; `choose` answers the next permission request of a session."""

    sessions: dict[str, Shown] = field(default_factory=dict)
    choose: Callable[[ToolCallUpdate, list[PermissionOption]], Awaitable[str | None]] | None = None

    async def session_update(self, session_id: str, update: object, **_: object) -> None:
        shown = self.sessions.setdefault(session_id, Shown())
        match update:
            case AgentMessageChunk(content=TextContentBlock(text=text)):
                shown.messages += text
                shown.order.append("message")
            case AgentThoughtChunk(content=TextContentBlock(text=text)):
                shown.thoughts += text
                shown.order.append("thought")
            case UserMessageChunk(content=TextContentBlock(text=text)):
                shown.heard += text
            case ToolCallStart() | ToolCallProgress():
                shown.calls.setdefault(update.tool_call_id, []).append(update)
                shown.order.append(f"call {update.status}")
            case _:
                pass
        async with shown.changed:
            shown.changed.notify_all()

    async def request_permission(
        self, session_id: str, tool_call: ToolCallUpdate, options: list[PermissionOption], **_: object
    ) -> RequestPermissionResponse:
        shown = self.sessions.setdefault(session_id, Shown())
        shown.asked.append(tool_call)
        async with shown.changed:
            shown.changed.notify_all()
        option = await self.choose(tool_call, options) if self.choose else None
        if option is None:
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=option))


@dataclass
class Worker:
    """A running agent, seen from its client."""

    connection: ClientSideConnection
    process: asyncio.subprocess.Process
    eyes: Eyes

    async def session(self, workspace: Path, mode: str = "auto") -> Conversation:
        opened = await self.connection.new_session(cwd=str(workspace), mcp_servers=[])
        await self.connection.set_session_mode(session_id=opened.session_id, mode_id=mode)
        shown = self.eyes.sessions.setdefault(opened.session_id, Shown())
        return Conversation(self.connection, opened.session_id, shown, self.eyes)


@dataclass
class Conversation:
    connection: ClientSideConnection
    id: str
    shown: Shown
    eyes: Eyes

    async def ask(self, prompt: str) -> PromptResponse:
        return await self.connection.prompt(session_id=self.id, prompt=[TextContentBlock(type="text", text=prompt)])

    async def cancel(self) -> None:
        await self.connection.cancel(session_id=self.id)


def environment(url: str, home: Path) -> dict[str, str]:
    """All that the agent's process knows."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "worthless",
        "OPENAI_BASE_URL": url,
        "OPENAI_API_KEY": "worthless",
        "OLLAMA_HOST": url,
    }


@contextlib.asynccontextmanager
async def agent_process(url: str, home: Path, wire: str) -> AsyncIterator[Worker]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "coderclawlink.agent", "--wire", wire, "--model", "scripted",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=50 * 1024 * 1024,
        env=environment(url, home), cwd=home,
    )  # fmt: skip
    try:
        assert process.stdin
        assert process.stdout
        eyes = Eyes()
        connection = acp.connect_to_agent(eyes, process.stdin, process.stdout)  # type: ignore[arg-type]
        await connection.initialize(protocol_version=1, client_capabilities=ClientCapabilities())
        yield Worker(connection, process, eyes)
        await connection.close()
        process.stdin.close()
        async with asyncio.timeout(5):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


Start = Callable[[str], contextlib.AbstractAsyncContextManager[Worker]]


@pytest.fixture(scope="module")
async def model_url() -> AsyncIterator[str]:
    async with serve() as url:
        yield url


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def start(model_url: str, home: Path) -> Start:
    """Start an agent of its own on a wire."""
    return lambda wire: agent_process(model_url, home, wire)


@pytest.fixture(scope="module", params=["anthropic", "openai", "responses", "ollama"])
async def every(request: pytest.FixtureRequest, start: Start) -> AsyncIterator[Worker]:
    """An agent on each wire in turn."""
    async with start(request.param) as worker:
        yield worker


@pytest.fixture(scope="module")
async def worker(start: Start) -> AsyncIterator[Worker]:
    """An agent where the wire does not matter."""
    async with start("openai") as worker:
        yield worker


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    workspace = tmp_path / "work"
    workspace.mkdir()
    return workspace
