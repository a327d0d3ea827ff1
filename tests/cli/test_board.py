"""The board from the command line: moves with a run, links, many at once, search, views, and taking things back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_repository


@pytest.fixture(scope="module")
def board(house: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = make_repository(tmp_path_factory.mktemp("repository") / "sample")
    house.say("project", "create", "demo", "The demo", "--repo", str(repository))
    return repository


def make(house: Cli, title: str, *words: str) -> str:
    return str(house.json("task", "create", "DEMO", title, *words)["key"])


def keys(house: Cli, *words: str) -> list[str]:
    return [task["key"] for task in house.json("task", "list", *words)]


def token(complaint: str) -> str:
    assert "within ten minutes: clawlink task undo " in complaint
    return complaint.split()[-1]


def test_a_task_is_moved_beside_another_and_taken_back(house: Cli, board: Path) -> None:
    one, two = make(house, "One"), make(house, "Two")
    done = house.run("task", "move", two, "todo", "--before", one)
    assert done.stdout == f"{two} was todo and is todo.\n"
    moved = house.run("task", "move", one, "done", "--bottom")
    assert moved.stdout == f"{one} was todo and is done.\n"
    assert house.say("task", "undo", token(moved.stderr)) == f"{one} is todo again.\n"
    assert "nothing to undo" in house.refuse("task", "undo", token(moved.stderr))
    assert "another column" in house.refuse("task", "move", two, "done", "--after", one)


def test_a_task_is_moved_to_an_agent_that_begins_at_once(house: Cli, board: Path) -> None:
    key = make(house, "Make progress steps=2 pause=0.01")
    said = house.say("task", "move", key, "in_progress", "--agent", "steady", "--follow")
    assert said.endswith("completed\n")
    assert keys(house, "--status", "in_review", "-q", key) == [key]


def test_tasks_are_linked_and_a_blocked_one_waits(house: Cli, board: Path) -> None:
    one, two = make(house, "First"), make(house, "Then steps=1 pause=0.01")
    assert house.say("task", "link", one, "blocks", two) == f"{one} blocks {two}.\n"
    assert f"{two} → {one} → {two}" in house.refuse("task", "link", two, "blocks", one)
    assert f"blocked by  {one}  todo    First" in house.say("task", "links", two)
    assert two in keys(house, "--blocked")
    house.say("task", "run", two, "steady")
    why = house.say("run", "why", "last")
    assert one in why
    house.say("task", "move", one, "done")
    assert house.say("run", "follow", "last").endswith("completed\n")
    assert "No more" in house.say("task", "unlink", two, "blocked_by", one)
    part = make(house, "Part", "--parent", one)
    assert keys(house, "--parent", one) == [part]
    assert "0 of 1 sub-tasks are done." in house.say("task", "links", one)


def test_many_are_changed_labelled_and_deleted_at_once(house: Cli, board: Path) -> None:
    some = [make(house, f"Bulk {n}") for n in range(3)]
    assert house.say("task", "bulk", *some, "--priority", "high", "--assignee", "ann") == "Changed 3 tasks.\n"
    assert keys(house, "--assignee", "ann", "--priority", "high") == some
    house.say("task", "bulk", *some[:2], "--label", "+bug")
    assert keys(house, "--label", "bug") == some[:2]
    assert "one thing" in house.refuse("task", "bulk", *some, "--status", "done", "--delete")
    assert "one thing" in house.refuse("task", "bulk", *some)
    assert "--yes" in house.refuse("task", "bulk", *some, "--delete")
    gone = house.run("task", "bulk", *some, "--delete", "--yes")
    assert gone.stdout == "Deleted 3 tasks.\n"
    assert keys(house, "--assignee", "ann") == []
    assert house.say("task", "undo", token(gone.stderr)).splitlines() == [f"{key} is todo again." for key in some]
    one = house.run("task", "delete", some[0], "--yes")
    house.say("task", "undo", token(one.stderr))
    assert keys(house, "--assignee", "ann") == some


def test_tasks_are_found_by_their_words(house: Cli, board: Path) -> None:
    key = make(house, "Mend the windmill", "--description", "It turns the wrong way.")
    assert house.say("search", "windm").splitlines() == [f"{key}  todo  Mend the windmill"]
    assert house.say("search", "wrong", "wind").splitlines()[1] == "    It turns the wrong way."
    assert house.say("search", "nowhere") == "Nothing was found.\n"
    assert house.json("search", "windmill", "--project", "DEMO")[0]["key"] == key
    assert house.say("search", "--reindex") == "All tasks are indexed anew.\n"
    assert "--reindex" in house.refuse("search")


def test_views_are_saved_listed_and_deleted(house: Cli, board: Path) -> None:
    said = house.say("view", "save", "Bugs", '{"label": ["bug"]}', "--shared")
    number = said.split()[-1].rstrip(".")
    assert "Bugs" in house.say("view", "list")
    assert "no JSON" in house.refuse("view", "save", "x", "{")
    assert house.say("view", "delete", number) == f"Deleted view {number}.\n"
    assert house.say("view", "list") == "There are no views.\n"
