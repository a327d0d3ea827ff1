"""`clawlink run checks | receipt | approve | reject | resume` and `clawlink project verify`, against a real hub, node and agent:
what a project demands is run on each result, in a sandbox, before it counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_repository, read_until

STEPS = "steps=2 pause=0.01"


@pytest.fixture(scope="module")
def board(house: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project DEMO with a repository; a folder for files."""
    folder = tmp_path_factory.mktemp("repository")
    house.say("project", "create", "demo", "The demo", "--repo", str(make_repository(folder / "sample")))
    return folder


def demand(house: Cli, folder: Path, text: str) -> str:
    file = folder / "demanded.toml"
    file.write_text(text)
    return house.say("project", "verify", "DEMO", "--file", str(file))


def test_a_project_says_shows_and_clears_what_its_results_must_pass(house: Cli, board: Path) -> None:
    said = demand(house, board, 'rounds = 1\n[checks.progress]\nrun = "test -s progress.txt"\n')
    assert "test -s progress.txt" in said
    assert said == house.say("project", "verify", "DEMO", "--show")
    assert house.json("project", "verify", "DEMO")["rounds"] == 1
    assert "repository" in house.say("project", "verify", "DEMO", "--clear")
    assert ".clawlink.toml" in house.say("project", "verify", "DEMO")
    bad = board / "bad.toml"
    bad.write_text('rounds = 1\n[checks.progress]\nrun = "x"\nrum = "x"\n')
    assert "line 4: checks.progress.rum" in house.refuse("project", "verify", "DEMO", "--file", str(bad))
    assert "cannot be read" in house.refuse("project", "verify", "DEMO", "--file", str(board / "nothing"))
    assert "one of" in house.refuse("project", "verify", "DEMO", "--show", "--clear")


def test_a_result_that_passes_has_a_receipt_that_verifies(house: Cli, board: Path) -> None:
    demand(house, board, '[checks.progress]\nrun = "test -s progress.txt"\n')
    house.say("run", "submit", "steady", STEPS, "--project", "DEMO", "--follow")
    checks = house.say("run", "checks", "last")
    assert "passed" in checks
    assert "test -s progress.txt" in checks
    receipt = json.loads(house.say("run", "receipt", "last"))
    assert [(one["name"], one["passed"]) for one in receipt["checks"]] == [("progress", True)]
    assert receipt["head"] == house.json("run", "show", "last")["head"]
    verified = house.say("run", "receipt", "last", "--verify")
    assert verified == f"The receipt is as it was issued.  SHA-256 {receipt['digest']}\n"


def test_a_result_that_fails_its_checks_is_no_result(house: Cli, board: Path) -> None:
    demand(house, board, 'rounds = 0\n[checks.never]\nrun = "echo it is not good; exit 3"\n')
    house.run("run", "submit", "steady", STEPS, "--project", "DEMO", "--tries", "1", "--follow", code=1)
    done = house.run("run", "checks", "last", code=1)
    assert "exit code 3" in done.stdout
    assert "it is not good" in done.stdout
    assert "no receipt" in house.refuse("run", "receipt", "last")


def test_a_result_waits_for_a_review_is_sent_back_and_then_approved(house: Cli, board: Path) -> None:
    demand(house, board, "review = true\n")
    following = house.start("run", "submit", "steady", STEPS, "--project", "DEMO", "--follow")
    read_until(following, "waits: review")
    number = str(house.json("run", "list", "--state", "waiting", "--project", "DEMO")[0]["number"])
    assert "review" in house.say("run", "why", number)
    assert house.say("run", "reject", number, STEPS) == f"Run {number} goes on with your words.\n"
    read_until(following, "waits: review")
    assert house.say("run", "approve", number, "Good.") == f"Run {number} is approved.\n"
    said, _ = following.communicate(timeout=60)
    assert said.endswith("completed\n")
    receipt = json.loads(house.say("run", "receipt", number))
    assert (receipt["reviewer"], len(receipt["prompts"])) == ("owner", 2)


def test_a_run_that_does_not_wait_is_not_resumed(house: Cli, board: Path) -> None:
    house.say("project", "verify", "DEMO", "--clear")
    house.say("run", "submit", "steady", STEPS, "--project", "DEMO", "--follow")
    assert house.refuse("run", "resume", "last")
