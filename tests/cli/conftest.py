"""The command as people run it: a process of its own, with a hub of its own to speak to, and a real agent behind that."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import forked

STEADY = Path(__file__).parents[1] / "journeys" / "steady_agent.py"
CLAWLINK = [sys.executable, "-m", "coderclawlink"]
END_SECONDS = 60
LOOK_SECONDS = 0.05


def environment(home: Path, **more: str) -> dict[str, str]:
    """What the command sees: nothing of the settings of who runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return {**kept, "CLAWLINK_HOME": str(home), **more}


@dataclass
class Cli:
    """Runs commands on one data directory, with the hub that `serve` has started on it."""

    home: Path
    hub: subprocess.Popen[str] | None = None
    greeting: list[str] = field(default_factory=list)
    started: list[subprocess.Popen[str] | forked.Started] = field(default_factory=list, repr=False)

    def run(
        self, *words: str, stdin: str = "", code: int | None = 0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; the exit code must be as said, unless that is None."""
        done = forked.run(words, environment(self.home, **(env or {})), stdin, self.home.parent, END_SECONDS)
        assert code is None or done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def say(self, *words: str) -> str:
        """What a command that succeeds prints."""
        return self.run(*words).stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.say(*words, "--json"))

    def refuse(self, *words: str) -> str:
        """What a command complains of that cannot be done: one line, exit code 2, nothing on standard output."""
        done = self.run(*words, code=2)
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        return done.stderr.strip()

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """Start a command that goes on; its output is read line by line."""
        started = subprocess.Popen(
            [*CLAWLINK, *words],
            env=environment(self.home, PYTHONUNBUFFERED="1", **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home.parent,
        )
        self.started.append(started)
        return started

    def serve(self, *words: str, **more: str) -> None:
        """Start the hub; returns once it has told of the agents."""
        self.hub = self.start("serve", "--port", "0", *words, **more)
        self.greeting = read_until(self.hub, "  Agents")

    def serve_quickly(self, **more: str) -> None:
        """The same for those whom its start is nothing: it is forked, and says what it says to a file."""
        said = self.home.parent / "serve.log"
        hub = forked.Started(["serve", "--port", "0"], environment(self.home, **more), self.home.parent, said)
        self.started.append(hub)
        deadline = time.monotonic() + END_SECONDS
        while not any("  Agents" in line for line in self.greeting):
            with contextlib.suppress(subprocess.TimeoutExpired):
                hub.wait(LOOK_SECONDS)
            lines = said.read_text(encoding="utf-8") if said.exists() else ""
            assert hub.returncode is None, lines
            assert time.monotonic() < deadline, lines
            self.greeting = lines[: lines.rfind("\n") + 1].splitlines()

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Stop the hub by a signal; its exit code, and what it said at the end."""
        assert self.hub is not None
        self.hub.send_signal(number)
        said, complaints = self.hub.communicate(timeout=END_SECONDS)
        assert "Traceback" not in complaints, complaints
        return self.hub.returncode, said

    @property
    def url(self) -> str:
        return next(line.split()[1] for line in self.greeting if line.startswith("  Open"))

    @property
    def node(self) -> int | None:
        """The pid of the node that lives on the data directory."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.home / "node.pid").read_text())
            os.kill(pid, 0)
            return pid
        return None

    def end(self) -> None:
        """End whatever still runs."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            for pipe in () if isinstance(process, forked.Started) else (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            process.wait(timeout=END_SECONDS)
        if (pid := self.node) is not None:
            with contextlib.suppress(ProcessLookupError), contextlib.closing(_Handle(pid)) as handle:
                handle.end()


class _Handle:
    """Another's process, by a descriptor that becomes readable at its end."""

    def __init__(self, pid: int) -> None:
        self._handle = os.pidfd_open(pid)

    def end(self) -> None:
        signal.pidfd_send_signal(self._handle, signal.SIGTERM)
        assert select.select([self._handle], [], [], END_SECONDS)[0], "the node has not ended"

    def close(self) -> None:
        os.close(self._handle)


def read_until(process: subprocess.Popen[str], words: str) -> list[str]:
    """Read the process's output to the line that holds the words. One that says nothing for too long is ended."""
    assert process.stdout is not None
    lines: list[str] = []
    patience = threading.Timer(END_SECONDS, process.kill)
    patience.start()
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if words in line:
                return lines
    finally:
        patience.cancel()
    complaints = process.stderr.read() if process.stderr else ""
    raise AssertionError(f"it ended without saying {words!r}:\n" + "\n".join(lines) + complaints)


def make_repository(folder: Path) -> Path:
    folder.mkdir()
    (folder / "README.md").write_text("# Sample\n")
    who: Sequence[str] = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    for words in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-q", "-m", "The first commit"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Cli]:
    """A data directory with an agent that works in small steps; whatever runs on it at the end is ended."""
    home = folder / "data"
    home.mkdir(mode=0o700)
    (home / "agents.toml").write_text(
        f'[agents.steady]\ncommand = ["{sys.executable}", "{STEADY}"]\npaths = ["{STEADY.parent}"]\nmode = "ask"\n'
    )
    cli = Cli(home)
    try:
        yield cli
    finally:
        cli.end()


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """The command without a hub."""
    with opened(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """The command with a hub, one for all tests of a file."""
    with opened(tmp_path_factory.mktemp("house")) as made:
        made.serve_quickly()
        yield made
