"""A whole house for the journeys: `clawlink serve` as a process of its own, its node, a git repository, and an HTTP client.

Everything is real: what is killed here is killed by SIGKILL, and what is asked is asked over HTTP. The stories of a file live one
after another in one house, each with a project of its own, since building one costs more than most stories.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

STEADY = Path(__file__).with_name("steady_agent.py")
START_SECONDS = 30.0


def make_repository(path: Path) -> Path:
    """A repository with one commit on main."""
    path.mkdir(parents=True)
    (path / "README.md").write_text("# Sample\n", encoding="utf-8")
    for command in (
        "init -q -b main",
        "add .",
        "-c user.name=Ann -c user.email=ann@example.org commit -q -m 'The first commit'",
    ):
        subprocess.run(["git", *shlex.split(command)], cwd=path, check=True)
    return path


def git(path: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=path, check=True, capture_output=True, text=True).stdout


@dataclass
class House:
    """A data directory, and the hub that runs on it now."""

    home: Path
    environment: Mapping[str, str]
    hub: asyncio.subprocess.Process | None = None
    url: str = ""
    http: httpx2.AsyncClient = field(default_factory=lambda: httpx2.AsyncClient(timeout=60))

    async def start(self) -> None:
        """Start the hub and wait until it answers."""
        (self.home / "hub.json").unlink(missing_ok=True)
        with (self.home / "serve.log").open("ab") as log:
            self.hub = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "coderclawlink", "serve", "--port", "0", "--data", str(self.home),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.environment},
                start_new_session=True,
            )  # fmt: skip
        async with asyncio.timeout(START_SECONDS):
            while True:
                with contextlib.suppress(OSError, ValueError, httpx2.HTTPError):
                    self.url = json.loads((self.home / "hub.json").read_text())["url"]
                    if (await self.http.get(f"{self.url}/health")).status_code == 200:
                        return
                if self.hub.returncode is not None:
                    raise AssertionError(f"the hub did not start: {(self.home / 'serve.log').read_text()[-2000:]}")
                await asyncio.sleep(0.02)

    async def kill_hub(self) -> None:
        assert self.hub is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.hub.pid, signal.SIGKILL)
        await self.hub.wait()

    async def interrupt(self) -> int:
        """Ctrl-C, and wait for its end; returns the exit code."""
        assert self.hub is not None
        self.hub.send_signal(signal.SIGINT)
        async with asyncio.timeout(40):
            return await self.hub.wait()

    @property
    def node_pid(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.home / "node.pid").read_text())
            os.kill(pid, 0)
            return pid
        return None

    async def node_online(self) -> None:
        """Wait until an agent is available."""
        async with asyncio.timeout(START_SECONDS):
            while not any(node["online"] for node in await self.get("/api/nodes")):
                await asyncio.sleep(0.05)

    async def at_rest(self) -> None:
        """After whatever the last story did: the hub is up, its node is there."""
        if self.hub is None or self.hub.returncode is not None:
            await self.start()
        await self.node_online()

    def agent_pids(self) -> dict[int, tuple[str, int]]:
        """The processes that work in a checkout of ours, by /proc: pid → (run, attempt)."""
        found = {}
        runs = f"{self.home}/workspaces/runs/"
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, ValueError):
                    where = os.readlink(entry / "cwd")
                    if where.startswith(runs) and entry.joinpath("cmdline").read_bytes():
                        run, attempt = where.removeprefix(runs).split("/")[:2]
                        found[int(entry.name)] = (run, int(attempt))
        return found

    async def get(self, path: str) -> Any:
        answer = await self.http.get(f"{self.url}{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: object) -> Any:
        answer = await self.http.post(f"{self.url}{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def until_ended(self, run: str, seconds: float = 60) -> Any:
        """Follow the run's stream to its end, over restarts; returns the run."""
        async with asyncio.timeout(seconds):
            while True:
                with contextlib.suppress(httpx2.HTTPError, AssertionError):
                    found = await self.get(f"/api/runs/{run}")
                    if found["state"] in ("completed", "failed", "cancelled"):
                        return found
                await asyncio.sleep(0.05)

    async def events(self, run: str) -> list[Any]:
        found: list[Any] = []
        after = 0
        while True:
            page = await self.get(f"/api/runs/{run}/events?after={after}&limit=1000")
            found += page["events"]
            if page["next"] is None or not page["events"]:
                return found
            after = page["events"][-1]["seq"]


@contextlib.asynccontextmanager
async def house(home: Path, agents: str = "", **environment: str) -> AsyncIterator[House]:
    """Open a house: hub up, node on its way. At the end everything is ended, however it stands."""
    home.mkdir(parents=True, exist_ok=True)
    steady = f'[agents.steady]\ncommand = ["{sys.executable}", "{STEADY}"]\npaths = ["{STEADY.parent}"]\nmode = "ask"\n'
    (home / "agents.toml").write_text(steady + agents, encoding="utf-8")
    opened = House(home, environment)
    try:
        await opened.start()
        yield opened
    finally:
        if opened.hub is not None and opened.hub.returncode is None:
            await opened.kill_hub()
        if (pid := opened.node_pid) is not None:
            os.kill(pid, signal.SIGTERM)
            async with asyncio.timeout(20):
                while opened.node_pid is not None:
                    await asyncio.sleep(0.05)
        await opened.http.aclose()
