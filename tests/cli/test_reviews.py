"""`clawlink review`, against a real hub with a real agent that changes real files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_repository, opened

AGENT = "scripted"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A hub with an agent that does as its prompt says."""
    with opened(tmp_path_factory.mktemp("house")) as made:
        with (made.home / "agents.toml").open("a") as agents:
            agents.write(f'[agents.{AGENT}]\ndriver = "scripted"\n')
        made.serve()
        yield made


@pytest.fixture(scope="module")
def repository(house: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a project DEMO, whose results a person must approve."""
    folder = make_repository(tmp_path_factory.mktemp("repository") / "sample")
    house.say("project", "create", "demo", "The demo", "--repo", str(folder))
    return folder


def work(house: Cli, script: str, task: str | None = None) -> str:
    """The number of a run that has done as the script says."""
    more = ("--task", task) if task else ("--project", "DEMO")
    house.say("run", "submit", AGENT, f"Do it\nscript:\n{script}\nEND", *more, "--follow")
    return str(house.json("run", "show", "last")["number"])


SCRIPT = "write NOTES.md | # Notes\\n\\nten\\n\\x1b[2Jhidden \u202e\\n\nwrite other.txt | other\\n"


def test_a_result_is_looked_at_commented_sent_back_and_approved(house: Cli, repository: Path) -> None:
    number = work(house, SCRIPT)
    shown = house.say("review", "show", number)
    assert [line.split()[:2] for line in shown.splitlines() if line.startswith(("NOTES", "other"))] == [
        ["NOTES.md", "added"],
        ["other.txt", "added"],
    ]
    assert "none yet" in shown
    lines = house.say("review", "show", number, "NOTES.md").splitlines()
    assert "            3 + ten" in lines
    assert any("<U+202E>" in line for line in lines)
    house.say("review", "comment", number, "NOTES.md:3", "In digits, please.")
    house.say("review", "comment", number, "other.txt:1", "And this?")
    (gone,) = [line.split()[0] for line in house.say("review", "show", number).splitlines() if "And this?" in line]
    assert house.say("review", "delete", number, gone) == "It is gone.\n"
    said = house.say("review", "reject", number, "script:\nwrite NOTES.md | # Notes\\n\\n10\\n\nEND\n")
    after = said.split()[-1].rstrip(".")
    assert said == f"Run {number} is gone on with in run {after}.\n"
    house.say("run", "follow", after)
    remarks = house.json("review", "show", after)
    assert (remarks["addressed"], remarks["open"]) == (1, 0)
    assert "addressed  NOTES.md:3" in house.say("review", "show", after)
    assert house.say("review", "approve", after, "Good.") == f"Run {after} is approved.\n"
    assert house.json("review", "show", after)["verdict"] == "approved"
    since = house.say("review", "show", after, "--since", house.json("run", "show", number)["head"])
    assert "other.txt" not in since
    assert "changed" in since


def test_comments_alone_are_sent_to_the_agent(house: Cli, repository: Path) -> None:
    number = work(house, SCRIPT)
    house.say("review", "comment", number, "NOTES.md:1-3", "Shorter.")
    said = house.say("review", "send", number)
    assert said.startswith(f"Run {number} is gone on with in run ")
    assert said.endswith("with 1 comment.\n")
    prompt = house.json("run", "show", "last")["prompt"]
    assert "`NOTES.md:1-3`" in prompt
    assert "nothing to send" in house.refuse("review", "send", number)
    house.say("run", "follow", "last")


def test_a_discarded_result_leaves_its_branch_and_gives_its_task_back(house: Cli, repository: Path) -> None:
    key = str(house.json("task", "create", "DEMO", "Take notes")["key"])
    number = work(house, SCRIPT, key)
    branch = house.json("run", "show", number)["branch"]
    assert house.say("review", "discard", number, "No.") == f"The result of run {number} is discarded.\n"
    assert house.json("task", "show", key)["status"] == "todo"
    found = subprocess.run(["git", "rev-parse", branch], cwd=repository, check=False, capture_output=True)
    assert found.returncode == 0
    assert "discarded" in house.refuse("review", "approve", number)


def test_what_names_no_line_is_refused_in_a_line(house: Cli, repository: Path) -> None:
    number = work(house, SCRIPT)
    for place in ("NOTES.md", "NOTES.md:x", ":3", "NOTES.md:3-", "NOTES.md:٣"):
        assert "names no line" in house.refuse("review", "comment", number, place, "x")
    assert "does not show these lines" in house.refuse("review", "comment", number, "NOTES.md:99", "x")
    assert "does not change that file" in house.refuse("review", "show", number, "none")
