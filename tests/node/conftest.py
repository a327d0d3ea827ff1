"""A node without its hub: real repositories, real agents, and a post on paper, for the tests of attempts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from coderclawlink.drivers.acp import AcpDriver
from coderclawlink.drivers.catalogue import Agent
from coderclawlink.drivers.models import proxy, script
from coderclawlink.drivers.scripted import ScriptedDriver
from coderclawlink.events import ArtifactKept, AttemptEnded, AttemptEvent
from coderclawlink.link.protocol import Ask, Order, Stop
from coderclawlink.node.execute import Tools, execute
from coderclawlink.node.post import PaperPost
from coderclawlink.workspaces.sandbox.base import Reach
from coderclawlink.workspaces.sandbox.none import Unconfined
from coderclawlink.workspaces.store import Store

Event = TypeVar("Event", bound=AttemptEvent)
SECONDS = 30


@dataclass
class Report:
    """One attempt, under way or over."""

    post: PaperPost
    asked: int = field(default=0)

    def all(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.post.told if isinstance(event, kind)]

    def one(self, kind: type[Event]) -> Event:
        (event,) = self.all(kind)
        return event

    @property
    def ended(self) -> AttemptEnded:
        """The last word."""
        last = self.post.told[-1]
        assert isinstance(last, AttemptEnded)
        return last

    def artifact(self, name: str) -> str:
        return [kept.text for kept in self.all(ArtifactKept) if kept.name == name][-1]

    async def until(self, seen: Callable[[], object]) -> None:
        """Wait for what is told or shown."""
        while not seen():
            self.post.news.clear()
            await self.post.news.wait()

    async def until_shown(self, text: str) -> None:
        await self.until(lambda: any(text in chunk.text for chunk in self.post.shown))

    def ask(self, number: int, text: str | None, *, steer: bool = False) -> None:
        order = self.post.order
        self.post.heard.put_nowait(Ask(run=order.run, attempt=order.attempt, number=number, text=text, steer=steer))

    def stop(self, why: Any = "cancelled") -> None:
        self.post.heard.put_nowait(Stop(run=self.post.order.run, attempt=self.post.order.attempt, why=why))


@dataclass(frozen=True)
class Bench:
    """Makes attempts."""

    tools: Tools
    repository: Path

    def order(self, prompt: str, **fields: Any) -> Order:
        said: dict[str, Any] = {
            "run": "r1",
            "attempt": 1,
            "agent": "scripted",
            "repository": str(self.repository),
            "branch": "task/one",
            "title": "Do it",
            "timeout_seconds": 60,
        }
        return Order(prompt=prompt, **{**said, **fields})

    async def make(self, prompt: str, **fields: Any) -> Report:
        async with self.begin(prompt, **fields) as report:
            pass
        return report

    @asynccontextmanager
    async def begin(self, prompt: str, **fields: Any) -> AsyncIterator[Report]:
        """An attempt that is under way within the block and over after it."""
        report = Report(PaperPost(self.order(prompt, **fields)))
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
            tasks.create_task(execute(report.post, self.tools))
            yield report

    def git(self, *args: str) -> str:
        return git(self.repository, *args)

    def home(self, run: str, attempt: int) -> Path:
        return self.tools.store.folder(run, attempt) / "home"

    def having(self, **tools: Any) -> Bench:
        """The same with other tools."""
        return replace(self, tools=replace(self.tools, **tools))


def git(folder: Path, *args: str) -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "LC_ALL": "C"}
    person = ("-c", "user.name=Person", "-c", "user.email=person@example.org")
    done = subprocess.run(["git", *person, *args], cwd=folder, env=env, check=True, capture_output=True, timeout=60)
    return done.stdout.decode().strip("\n")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A person's repository with one commit on `main`."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "README.md").write_text("hello\n")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "Begin")
    return folder


@pytest.fixture
async def bench(tmp_path: Path, repository: Path) -> AsyncIterator[Bench]:
    """A scripted agent, one that remembers, and a scripted model behind the proxy."""
    agent = Path(__file__).with_name("remembering_agent.py")
    remembering = AcpDriver(
        "remembering", (sys.executable, str(agent)), env={"MODEL_URL": "{anthropic_url}"}, mode="auto"
    )
    agents = {"scripted": Agent(ScriptedDriver()), "remembering": Agent(remembering, paths=(str(agent.parent),))}
    socket = tmp_path / "model.sock"
    async with script.serve() as url, proxy.serve(script.instead(url), socket_path=socket) as models:
        yield Bench(
            Tools(
                store=Store(tmp_path / "store"),
                agents=agents,
                proxy=models,
                reach=Reach(models.port, socket),
                sandbox=Unconfined(),
                author="Ada <ada@example.org>",
            ),
            repository,
        )
