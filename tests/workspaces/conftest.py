"""Real repositories for the tests of workspaces. Plain git plays the user and the agent here."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from coderclawlink.workspaces.store import Store

Plain = Callable[..., str]
"""Run git as a person would, with that person's defaults: `plain(folder, "commit", "-m", "…")` returns its output."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def plain(tmp_path: Path) -> Plain:
    home = tmp_path / "person"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Person\n\temail = person@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C"}

    def run(folder: Path, *args: str, check: bool = True) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=folder,
            env=env,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=60,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip("\n")

    return run


@pytest.fixture
def repository(tmp_path: Path, plain: Plain) -> Path:
    """A person's repository with one commit on `main`."""
    folder = tmp_path / "repository"
    folder.mkdir()
    plain(folder, "init")
    (folder / "README.md").write_text("hello\n")
    (folder / "src").mkdir()
    (folder / "src" / "one.py").write_text("one = 1\n")
    (folder / ".gitignore").write_text("build/\n")
    plain(folder, "add", "-A")
    plain(folder, "commit", "-m", "Begin")
    return folder
