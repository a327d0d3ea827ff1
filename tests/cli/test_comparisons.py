"""`clawlink task compare` and `clawlink comparison`, against a real hub with a real agent that works several times at once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_repository


@pytest.fixture(scope="module")
def board(house: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project DEMO with a repository; the repository's folder."""
    repository = make_repository(tmp_path_factory.mktemp("repository") / "sample")
    house.say("project", "create", "demo", "The demo", "--repo", str(repository))
    return repository


def make_task(house: Cli, title: str) -> str:
    return str(house.json("task", "create", "DEMO", title)["key"])


def test_two_agents_work_on_one_task_and_the_kept_ones_branch_becomes_its_own(house: Cli, board: Path) -> None:
    key = make_task(house, "Make progress steps=2 pause=0.01")
    said = house.say("task", "compare", key, "--with", "steady", "--with", "steady", "--follow")
    lines = said.splitlines()
    assert sum(line.endswith("steady: completed") for line in lines) == 2
    heads = next(line for line in lines if "AGENT/MODEL" in line)
    assert heads.split() == ["RUN", "AGENT/MODEL", "STATE", "FILES", "+/−", "CHECKS", "COST", "TIME", "KEPT"]
    assert all(len(line) <= 100 for line in lines)
    compared = house.json("comparison", "show", key)
    first, second = compared["runs"]
    assert [run["state"] for run in compared["runs"]] == ["completed", "completed"]
    branches = {first["branch"], second["branch"]}
    found = subprocess.run(
        ["git", "branch", "--format=%(refname:short)"], cwd=board, check=True, capture_output=True, text=True
    )
    assert branches <= set(found.stdout.split())
    assert compared["id"] in house.say("comparison", "list", key)
    assert "progress.txt" in house.say("comparison", "diff", key)
    assert house.say("comparison", "diff", key, str(second["number"]), str(first["number"])).startswith(
        f"--- steady #{second['number']}\n"
    )
    assert "kept" in house.say("comparison", "keep", key, str(second["number"])).lower()
    shown = house.json("task", "show", key)
    assert (shown["status"], shown["github_branch_name"]) == ("in_review", second["branch"])
    table = house.say("comparison", "show", compared["id"]).splitlines()
    assert [line.split()[0] for line in table if line.endswith("yes")] == [str(second["number"])]


def test_without_follow_it_says_which_runs_were_submitted(house: Cli, board: Path) -> None:
    key = make_task(house, "Look around")
    said = house.say(
        "task", "compare", key, "--with", "steady", "--with", "steady", "--prompt", "steps=1000 pause=0.05"
    )
    assert said.startswith(f"{key} is given to 2 agents: runs ")
    refused = house.refuse("comparison", "keep", key, str(house.json("comparison", "show", key)["runs"][0]["number"]))
    assert "Only a completed run can be kept" in refused
    assert "is not one of:" in house.refuse("comparison", "keep", key, "steady")  # which of the two?
    for run in house.json("comparison", "show", key)["runs"]:
        house.say("run", "cancel", str(run["number"]))
    assert house.run("comparison", "show", key).stdout.count("cancelled") == 2


def test_when_nobody_completes_the_exit_code_is_1(house: Cli, board: Path) -> None:
    key = make_task(house, "fail")
    done = house.run("task", "compare", key, "--with", "steady", "--with", "steady", "--follow", code=1)
    assert done.stdout.count("failed") >= 4  # a line each, and in the table


def test_what_cannot_be_compared_is_refused_in_a_line(house: Cli, board: Path) -> None:
    key = make_task(house, "One")
    assert "contenders" in house.refuse("task", "compare", key, "--with", "steady")
    assert "nobody" in house.refuse("task", "compare", key, "--with", "steady", "--with", "nobody")
    assert house.refuse("comparison", "show", key) == f"Nothing was compared for {key}."
    assert "not found" in house.refuse("comparison", "show", "01a20d64-de72-7112-bf19-b73d204f7069").lower()
    assert house.say("comparison", "list", key).startswith("Nothing was compared.")
