"""The ground for real agents: the scripted model behind the proxy, the strongest sandbox, and a table of what was seen."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coderclawlink.drivers import catalogue
from coderclawlink.drivers.base import Ground, Job, Process, Said, Session, TurnEnded
from coderclawlink.drivers.given import AgentSettings
from coderclawlink.drivers.models import proxy, script
from coderclawlink.drivers.models.listen import Message, Receive, Scope, Send, listening, loopback
from coderclawlink.drivers.models.proxy import Line
from coderclawlink.drivers.models.script import Script
from coderclawlink.events import QuestionAsked
from coderclawlink.node import supervise
from coderclawlink.workspaces.sandbox.base import Confinement, Reach, Sandbox
from coderclawlink.workspaces.sandbox.choice import choose
from tests.real_agents.google import Google
from tests.real_agents.peers import Peer

COLUMNS = ("say", "edit", "ask", "refuse", "cancel", "fail", "resume", "metered")


class Listening(Script):
    """The scripted model, which keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts: list[bytes] = []

        async def heard() -> Message:
            message = await receive()
            parts.append(message.get("body", b""))
            if message["type"] == "http.request" and not message.get("more_body", False):
                self.bodies.append(b"".join(parts).decode(errors="replace"))
            return message

        await super().__call__(scope, heard, send)


@dataclass
class Stage:
    """One agent with a workspace, a HOME that is kept, and a model of its own."""

    peer: Peer
    workspace: Path
    home: Path
    model: Listening
    model_url: str
    google_url: str
    models: proxy.Proxy
    reach: Reach
    sandbox: Sandbox
    tell: Callable[[str, object], None]
    lines: list[Line] = field(default_factory=list)

    def agent(self, *, mode: str = "auto") -> catalogue.Agent:
        """As the catalogue makes it of a node's settings and its `agents.toml`."""
        wire, settings = self.peer.wire, {}
        if wire is not None:
            settings[f"{wire}_base_url"] = self.model_url
            if wire != "ollama":
                settings[f"{wire}_api_key"] = "scripted"
        toml = f'[agents.{self.peer.name}]\nmode = "{mode}"\nmodel = "scripted"\n'
        toml += self.peer.entry.replace("{google}", self.google_url)
        return catalogue.agents(AgentSettings(path=self.peer.path, **settings), toml)[self.peer.name]

    @asynccontextmanager
    async def opened(self, *, mode: str = "auto", session: str = "") -> AsyncIterator[Session]:
        """A session with the agent, contained as on a node."""
        agent = self.agent(mode=mode)
        confinement = Confinement(
            self.workspace,
            self.home,
            read_only=tuple(map(Path, agent.paths)),
            reach=(self.reach,),
            network="none" if agent.network == "model" else "open",
        )

        async def launch(argv: Sequence[str], env: Mapping[str, str]) -> Process:
            return await supervise.start(argv, env, confinement, self.sandbox)

        async with AsyncExitStack() as stack:
            line = await stack.enter_async_context(self.models.open("run", 1, on_usage=lambda _: None))
            self.lines.append(line)
            ground = Ground(self.workspace, self.home, launch, line.access)
            job = Job("run", 1, "", session=session)
            opened = await stack.enter_async_context(agent.driver.open(job, ground))
            self.tell("version", opened.version)
            yield opened

    def here(self, prompt: str) -> str:
        """The prompt with `{workspace}` filled in: several agents take no relative paths."""
        return prompt.replace("{workspace}", str(self.workspace))

    @property
    def metered(self) -> int:
        """Calls of the model that told of tokens, over all sessions."""
        return sum(line.usage.calls for line in self.lines if line.usage)


async def turn(session: Session, prompt: str, *, answer: str | None = None) -> tuple[list[Said], TurnEnded]:
    """A whole turn; whatever is asked in it gets this answer."""
    said: list[Said] = []
    async for word in session.turn(prompt):
        said.append(word)
        if isinstance(word, QuestionAsked):
            await session.answer(word.question, answer)
    ended = said[-1]
    assert isinstance(ended, TurnEnded)
    return said, ended


@pytest.fixture
async def stage(
    request: pytest.FixtureRequest,
    peer: Peer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> AsyncIterator[Stage]:
    column = request.node.originalname.removeprefix("test_").split("_")[0]
    own = "" if peer.program else " (built in)"
    record_property("agent", f"{peer.name}{own}")
    record_property("column", column)
    if not peer.installed:
        pytest.skip(peer.why_not_installed)
    if column in peer.cannot:
        pytest.skip(peer.cannot[column])
    monkeypatch.setenv("PATH", peer.path)
    workspace, home = tmp_path / "work", tmp_path / "home"
    workspace.mkdir()
    home.mkdir()
    for words in (["init", "-q"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x", "--allow-empty"]):
        subprocess.run(["git", "-C", str(workspace), *words], check=True)
    for name, content in peer.home.items():
        (tmp_path / "user" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "user" / name).write_text(content)
        monkeypatch.setenv("HOME", str(tmp_path / "user"))
    socket = tmp_path / "model.sock"
    model = Listening()
    google = loopback()
    async with (
        asyncio.timeout(120),
        script.serve(model) as url,
        listening(Google(url), google),
        proxy.serve(script.instead(url), socket_path=socket) as models,
    ):
        sandbox = (await choose("auto")).sandbox
        reach = Reach(models.port, socket)
        google_url = f"http://127.0.0.1:{google.getsockname()[1]}"
        yield Stage(peer, workspace, home, model, url, google_url, models, reach, sandbox, record_property)


# ── the table ──────────────────────────────────────────────────────────────────────────────────────────────────────


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """agent | version | what was seen of each thing | why what was not."""
    seen: dict[str, dict[str, str]] = {}
    notes: dict[str, list[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            told = dict(report.user_properties)
            agent, column = told.get("agent"), told.get("column")
            if agent is None or (report.when != "call" and report.outcome == "passed"):
                continue
            row = seen.setdefault(agent, {})
            if told.get("version"):
                row["version"] = str(told["version"])
            row[str(column)] = {"passed": "yes", "skipped": "—"}.get(outcome, "NO")
            metered, _, why_not = str(told.get("metered", row.get("metered", ""))).partition(": ")
            row["metered"] = "yes" if metered.isdigit() else metered
            if why_not:
                notes.setdefault(agent, []).append(f"not metered: {why_not}")
            if outcome == "skipped":
                why = str(report.longrepr[2]).removeprefix("Skipped: ")
                if why not in notes.setdefault(agent, []):
                    notes[agent].append(why)
    if not seen:
        return
    rows: list[tuple[str, ...]] = [("agent", "version", *COLUMNS, "note")]
    for agent, row in seen.items():
        rows.append(
            (agent, row.get("version", ""), *(row.get(name, "") for name in COLUMNS), "; ".join(notes.get(agent, [])))
        )
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    terminalreporter.section("real agents", sep="─")
    for one in rows:
        terminalreporter.write_line(
            " │ ".join([*(cell.ljust(width) for cell, width in zip(one, widths, strict=False)), one[-1]])
        )
