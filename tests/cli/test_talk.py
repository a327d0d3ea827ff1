"""Comments, labels, files and a task's history from the command line, and an agent that is told of them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_repository

NUMBERS = itertools.count(1)


@pytest.fixture
def key(house: Cli, tmp_path: Path) -> str:
    """A task in a project of its own."""
    project = f"TALK{next(NUMBERS)}"
    house.say("project", "create", project, "Demo", "--repo", str(make_repository(tmp_path / "repository")))
    return str(house.json("task", "create", project, "Do it")["key"])


def test_comments_are_written_shown_changed_and_deleted(house: Cli, key: str) -> None:
    assert house.say("task", "comments", key) == "There are no comments.\n"
    said = house.say("task", "comment", key, "- a point\n\x1b[2Jand more")
    number = said.split()[1]
    assert said == f"Comment {number} on {key}.\n"
    house.run("task", "comment", key, "-", stdin="From a pipe\n")
    shown = house.say("task", "comments", key)
    assert "- a point\nand more\n" in shown
    assert "\x1b" not in shown
    assert "From a pipe\n" in shown
    house.say("task", "edit-comment", number, "Other words")
    assert [one["text"] for one in house.json("task", "comments", key)] == ["Other words", "From a pipe"]
    assert house.say("task", "delete-comment", number) == f"Deleted comment {number}.\n"
    assert house.refuse("task", "delete-comment", number) == "Comment not found."
    assert "deleted a comment" in house.say("task", "activity", key)


def test_labels_are_put_on_and_taken_off(house: Cli, key: str) -> None:
    assert house.say("task", "label", key) == f"{key}: no labels\n"
    assert house.say("task", "label", key, "+bug", "+old", "+help wanted") == f"{key}: bug, help wanted, old\n"
    assert house.say("task", "label", key, "+ui", "-old", "-never") == f"{key}: bug, help wanted, ui\n"
    assert [one["name"] for one in house.json("task", "label", key, "-bug")] == ["help wanted", "ui"]
    assert house.refuse("task", "label", key, "bug") == "Write +bug to put it on, or -bug to take it off."
    project = key.rpartition("-")[0]
    assert (
        house.say("project", "label", project, "bug", "--colour", "red", "--rename", "defect")
        == "Label defect is red.\n"
    )
    assert house.say("project", "label", project, "new", "--colour", "teal") == "Label new is teal.\n"
    assert house.say("project", "label", project, "old", "--delete") == "Deleted label old.\n"
    listed = house.say("project", "labels", project).splitlines()
    assert [line.split()[0] for line in listed] == ["LABEL", "defect", "help", "new", "ui"]
    assert house.refuse("project", "label", project, "old", "--delete").startswith("There is no label old.")


def test_files_are_attached_listed_fetched_and_deleted(house: Cli, key: str, tmp_path: Path) -> None:
    file = tmp_path / "shot.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2_000_000))
    assert house.say("task", "attach", key, str(file)) == f"Attached shot.png to {key}.\n"
    file.write_bytes(b"another")
    assert house.say("task", "attach", key, str(file)) == f"Attached shot-2.png to {key}.\n"
    listed = house.say("task", "attachments", key)
    assert [line.split()[:2] for line in listed.splitlines()[1:]] == [["2000008", "image/png"], ["7", "text/plain"]]
    house.say("task", "attachments", key, "--into", str(tmp_path / "got"))
    assert (tmp_path / "got" / "shot-2.png").read_bytes() == b"another"
    assert (tmp_path / "got" / "shot.png").stat().st_size == 2_000_008
    assert "is there already" in house.refuse("task", "attachments", key, "--into", str(tmp_path / "got"))
    assert house.say("task", "detach", key, "shot.png") == "Deleted shot.png.\n"
    assert "has no attachment shot.png" in house.refuse("task", "detach", key, "shot.png")
    assert "cannot be read" in house.refuse("task", "attach", key, str(tmp_path / "none"))


def test_what_has_happened_is_told_with_the_run_that_an_agent_made_of_it(house: Cli, key: str, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("boom")
    house.say("task", "comment", key, "Look at the log")
    house.say("task", "attach", key, str(tmp_path / "log.txt"))
    house.say("task", "run", key, "steady", "steps=1 pause=0.01", "--follow")
    run = house.json("run", "show", "last")["id"]
    beside = house.home / "workspaces" / "runs" / run / "1" / "attachments" / "log.txt"
    assert beside.read_text() == "boom"  # fetched over the link by the node that the hub runs
    told = house.say("task", "activity", key)
    for words in (
        "created it",
        "commented: Look at the log",
        "attached log.txt",
        "gave it to steady",
        "finished: 1 file",
    ):
        assert words in told
