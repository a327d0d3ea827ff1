"""Imports from the command line: tried first, done then, done again without harm; and issues that cannot be reached are said so."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.board.test_imports import EXPORT, kanban
from tests.cli.conftest import Cli

NUMBERS = itertools.count(1)


@pytest.fixture
def project(house: Cli) -> str:
    key = f"IMP{next(NUMBERS)}"
    house.say("project", "create", key, "Demo")
    return key


def test_a_dry_run_tells_what_the_import_will_do(house: Cli, project: str, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(EXPORT + "No key,,,,,,,,,,,,,,\n")
    tried = house.say("import", "jira", str(file), "--project", project, "--dry-run")
    assert "line 7: It has no key." in tried
    assert "In Progress → in_progress" in tried
    assert "Columns that nothing is made of: Custom field (Rank)" in tried
    assert tried.endswith(
        f"Would make 3 tasks in {project}; 0 issues known already, 1 skipped.\n"
        "Nothing was changed. Leave out --dry-run to do it.\n"
    )
    done = house.say("import", "jira", str(file), "--project", project)
    assert done.endswith(f"Made 3 tasks in {project}; 0 issues known already, 1 skipped.\n")
    assert [task["title"] for task in house.json("task", "list", "--project", project)] == [
        "An epic",
        'Say "hello" twice',
        "A part",
    ]
    again = house.json("import", "jira", str(file), "--project", project)
    assert (again["made"], again["known"]) == ([], 3)


def test_a_database_of_vibe_kanban_is_imported(house: Cli, project: str, tmp_path: Path) -> None:
    file = kanban(tmp_path / "db.sqlite")
    assert "Made 2 tasks" in house.say("import", "vibe-kanban", str(file), "--project", project, "--only", "Shop")
    assert "Made 1 task in" in house.say("import", "vibe-kanban", str(file), "--project", project)
    assert house.refuse("import", "vibe-kanban", str(file), "--project", project, "--only", "X").endswith(
        "it has: Else, Shop."
    )


def test_what_is_no_file_of_theirs_is_refused_in_one_line(house: Cli, project: str, tmp_path: Path) -> None:
    file = tmp_path / "other.txt"
    file.write_text("hello\n")
    assert "Summary and Issue key" in house.refuse("import", "jira", str(file), "--project", project)
    assert house.refuse("import", "vibe-kanban", str(file), "--project", project) == "The file is no SQLite database."
    assert "cannot be read" in house.refuse("import", "jira", str(tmp_path / "none"), "--project", project)


def test_a_project_without_a_repository_on_github_has_no_issues(house: Cli, project: str) -> None:
    assert "are not kept the same" in house.say("issues", "show", project)
    assert "has no issues that can be reached" in house.refuse("issues", "sync", project)
    assert "has no issues that can be reached" in house.refuse("issues", "import", project)


def test_a_sync_is_set_shown_and_ended(house: Cli) -> None:
    project = f"IMP{next(NUMBERS)}"
    house.say("project", "create", project, "Demo", "--repo", "https://github.com/nobody/nothing")
    said = house.say("issues", "sync", project, "--label", "agent", "--start", "claude", "--no-comment")
    assert said == f"Issues and tasks of {project} are kept the same from now on.\n"
    wanted = house.json("issues", "show", project)
    assert (wanted["label"], wanted["start"], wanted["agent"], wanted["comment"]) == ("agent", True, "claude", False)
    shown = house.run("issues", "show", project, code=None).stdout
    assert "label agent" in shown
    assert "say which, and by which label" in house.refuse("issues", "sync", project, "--start", "claude")
    house.say("issues", "sync", project, "--off")
    assert "are not kept the same" in house.say("issues", "show", project)
