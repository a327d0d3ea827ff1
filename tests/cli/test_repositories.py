"""Further repositories from the command line: added to a project, chosen for its tasks, and taken away."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli


def test_a_task_is_about_the_repositories_that_are_named(house: Cli, tmp_path: Path) -> None:
    house.say("project", "create", "MANY", "Demo")
    assert house.say("repository", "list", "MANY") == "There are none but its own.\n"
    told = house.say("repository", "add", "MANY", "web", str(tmp_path / "web"))
    assert told.startswith(f"web is {tmp_path / 'web'}.")
    house.say("repository", "add", "MANY", "docs", "https://github.com/acme/docs")
    assert [each["name"] for each in house.json("repository", "list", "MANY")] == ["docs", "web"]
    house.say("task", "create", "MANY", "Do it", "--repository", "web")
    assert house.say("task", "repositories", "MANY-1") == "MANY-1: the project's own repository and web\n"
    both = house.say("task", "repositories", "MANY-1", "web", "docs")
    assert both == "MANY-1: the project's own repository and docs, web\n"
    assert house.json("task", "show", "MANY-1")["repositories"] == ["docs", "web"]
    house.say("repository", "remove", "MANY", "web")
    assert house.say("task", "repositories", "MANY-1") == "MANY-1: the project's own repository and docs\n"
    assert house.say("task", "repositories", "MANY-1", "--none") == "MANY-1: the project's own repository\n"


def test_what_is_not_there_or_no_name_is_refused_in_one_line(house: Cli) -> None:
    house.say("project", "create", "FEW", "Demo")
    assert "'web'" in house.refuse("repository", "remove", "FEW", "web")
    assert house.refuse("repository", "add", "FEW", "..", "/srv/web") == "A repository cannot be named '..'."
    assert "lower-case letters" in house.refuse("repository", "add", "FEW", "Web", "/srv/web")
    assert "'web'" in house.refuse("task", "create", "FEW", "Do it", "--repository", "web")
    assert house.json("task", "list", "--project", "FEW") == []
