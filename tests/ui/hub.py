"""A hub as people start it: `clawlink serve`, a process of its own with its node, real git, real agents, and a model that is a script.

Above: `conftest`. Two agents need no model at all: `scripted` does what the prompt says below a line `script:`, `steady` is a program of
its own that asks when its prompt says `ask`.
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
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests import forked

STEADY = Path(__file__).parents[1] / "journeys" / "steady_agent.py"
START_SECONDS = 60.0
LOOK_SECONDS = 0.05


@dataclass
class Hub:
    """A data directory and the process that serves it."""

    home: Path
    process: forked.Started | None = None
    url: str = ""
    port: int = 0
    """0 takes any that is free; once started it keeps it."""
    environment: dict[str, str] = field(default_factory=dict)
    """Beside what all have."""
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30))

    def start(self) -> None:
        """Returns when the hub answers and its node is there."""
        agents = (
            f'[agents.steady]\ncommand = ["{sys.executable}", "{STEADY}"]\npaths = ["{STEADY.parent}"]\nmode = "ask"\n'
            '[agents.scripted]\ndriver = "scripted"\n'
        )
        (self.home / "agents.toml").write_text(agents, encoding="utf-8")
        (self.home / "hub.json").unlink(missing_ok=True)
        words = ["serve", "--port", str(self.port), "--data", str(self.home)]
        environment = {**os.environ, "CLAWLINK_MODEL_SCRIPT": "on", "CLAWLINK_SLOTS": "8", **self.environment}
        self.process = forked.Started(words, environment, self.home.parent, self.home / "serve.log")
        self._until(self._answers, "the hub did not start")
        self.port = int(self.url.rsplit(":", 1)[1])
        self.enter()
        self._until(lambda: any(node["online"] for node in self.get("/api/nodes")), "the node did not join")

    def enter(self) -> None:
        """As whom this acts over HTTP: here the machine's owner, who needs nothing for it."""

    def _answers(self) -> bool:
        with contextlib.suppress(OSError, ValueError, httpx2.HTTPError):
            self.url = json.loads((self.home / "hub.json").read_text())["url"]
            return self.http.get(f"{self.url}/health").status_code == 200
        return False

    def _until(self, is_so: Callable[[], bool], complaint: str) -> None:
        """The start of a process can only be looked for."""
        deadline = time.monotonic() + START_SECONDS
        while not is_so():
            assert self.process is not None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_SECONDS)
            if self.process.returncode is not None or time.monotonic() > deadline:
                raise AssertionError(f"{complaint}: {(self.home / 'serve.log').read_text()[-2000:]}")

    def kill(self) -> None:
        """As a power cut would end it; its node and the agents go on."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> None:
        """The hub, then the node that outlives it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.home / "node.pid").read_text()), signal.SIGTERM)
        self.http.close()

    # ── what people do over HTTP ───────────────────────────────────────────────────────────────────────────────────

    def get(self, path: str) -> Any:
        answer = self.http.get(f"{self.url}{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: object) -> Any:
        answer = self.http.request(method, f"{self.url}{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def post(self, path: str, body: object) -> Any:
        return self.send("POST", path, body)

    def repository(self, name: str) -> Path:
        """A git repository with one commit on main."""
        path = self.home.parent / name
        path.mkdir(parents=True)
        (path / "README.md").write_text("# Sample\n", encoding="utf-8")
        for command in (
            "init -q -b main",
            "add .",
            "-c user.name=Ann -c user.email=ann@example.org commit -q -m 'The first commit'",
        ):
            subprocess.run(["git", *shlex.split(command)], cwd=path, check=True)
        return path

    def project(self, key: str, name: str = "Sample", repository: Path | None = None) -> int:
        where = str(repository) if repository else None
        return int(self.post("/api/projects", {"key": key, "name": name, "github_repo_url": where})["id"])

    def task(self, project: int, title: str, **more: object) -> int:
        return int(self.post("/api/tasks", {"project_id": project, "title": title, **more})["id"])

    def run(self, agent: str, prompt: str, task: int | None = None, **more: object) -> str:
        return str(self.post("/api/runs", {"agent": agent, "prompt": prompt, "task_id": task, **more})["id"])

    def script(self, steps: str, task: int | None = None, **more: object) -> str:
        """A run of the agent `scripted` that does these steps."""
        return self.run("scripted", f"Do it.\nscript:\n{steps}\nEND", task, **more)

    async def until(self, run: str, *states: str, seconds: float = 60) -> Any:
        """Returns the run once it is so."""
        async with asyncio.timeout(seconds):
            while (found := self.get(f"/api/runs/{run}"))["state"] not in states:
                await asyncio.sleep(LOOK_SECONDS)
        return found
