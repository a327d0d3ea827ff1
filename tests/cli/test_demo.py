"""The demo, whole: it ends with real commits or it has failed."""

from __future__ import annotations

import subprocess

import pytest

from tests.cli.conftest import Cli

pytestmark = pytest.mark.slow


def test_the_demo_makes_a_commit_of_every_task_without_any_key(cli: Cli) -> None:
    data = cli.home.parent / "demo"
    said = cli.say("demo", "--once", "--data", str(data))
    assert "3 of 3 tasks are commits" in said
    assert "+    return celsius * 9 / 5 + 32" in said
    repository = data / "sample"
    branches = subprocess.run(
        ["git", "branch", "--format=%(refname:short)"], cwd=repository, check=True, capture_output=True, text=True
    )
    assert branches.stdout.split() == ["main", "task/demo-1", "task/demo-2", "task/demo-3"]
    changed = subprocess.run(
        ["git", "diff", "--name-only", "main", "task/demo-1"],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    )
    assert changed.stdout.split() == ["temperature.py"]
    assert not (data / "node.pid").exists()  # nothing is left running
    assert "is there already" in cli.refuse("demo", "--once", "--data", str(data))
