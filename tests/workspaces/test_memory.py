"""An agent's HOME goes from attempt to attempt: moved within a run, copied between runs, links never followed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from coderclawlink.workspaces import memory
from coderclawlink.workspaces.store import try_lock

pytestmark = pytest.mark.anyio


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The folder of an attempt whose agent remembers something."""
    home = tmp_path / "earlier" / "home"
    (home / ".agent").mkdir(parents=True)
    (home / ".agent" / "memory").write_text("hello")
    return home.parent


@pytest.fixture
def later(tmp_path: Path) -> Path:
    folder = tmp_path / "later"
    folder.mkdir()
    return folder


async def test_within_a_run_it_is_moved(earlier: Path, later: Path) -> None:
    assert await memory.carry(later, [earlier], []) == earlier
    assert (later / "home" / ".agent" / "memory").read_text() == "hello"
    assert not (earlier / "home").exists()


async def test_it_is_copied_while_the_earlier_attempt_is_still_in_use(earlier: Path, later: Path) -> None:
    lock = try_lock(earlier / "lock")
    assert lock is not None
    try:
        assert await memory.carry(later, [earlier], []) == earlier
    finally:
        os.close(lock)
    assert (earlier / "home" / ".agent" / "memory").exists()
    assert (later / "home" / ".agent" / "memory").exists()


async def test_between_runs_it_is_copied(earlier: Path, later: Path) -> None:
    assert await memory.carry(later, [], [earlier]) == earlier
    assert (earlier / "home" / ".agent" / "memory").read_text() == "hello"
    assert (later / "home" / ".agent" / "memory").read_text() == "hello"


async def test_what_the_attempt_itself_left_comes_first(earlier: Path, later: Path) -> None:
    (later / "home").mkdir()
    (later / "home" / "own").touch()
    assert await memory.carry(later, [earlier], []) == later
    assert os.listdir(later / "home") == ["own"]


async def test_an_empty_home_is_no_memory(later: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "home").mkdir(parents=True)
    assert not await memory.carry(later, [tmp_path / "other", tmp_path / "missing"], [])


async def test_a_link_in_place_of_the_home_leads_nowhere(later: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").touch()
    for folder in ("other", "later"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "home").symlink_to(tmp_path / "secret")
    assert not await memory.carry(later, [tmp_path / "other"], [tmp_path / "other"])
    assert not (later / "home").is_symlink()
    assert (tmp_path / "secret" / "key").exists()


async def test_links_within_are_carried_as_links(earlier: Path, later: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    (earlier / "home" / "leak").symlink_to(tmp_path / "secret")
    (earlier / "home" / "away").symlink_to(tmp_path)
    assert await memory.carry(later, [], [earlier]) == earlier
    assert (later / "home" / "leak").is_symlink()
    assert (later / "home" / "away").is_symlink()


async def test_a_large_cache_is_left_behind_and_a_small_one_is_not(earlier: Path, later: Path) -> None:
    for name, size in ((".cache", memory.CACHE_BYTES + (1 << 20)), (".npm", 1)):
        (earlier / "home" / name).mkdir()
        with (earlier / "home" / name / "blob").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    assert await memory.carry(later, [], [earlier]) == earlier
    assert sorted(os.listdir(later / "home")) == [".agent", ".npm"]


async def test_folders_named_after_the_workspace_are_named_after_the_new_one(earlier: Path, later: Path) -> None:
    def named(folder: Path) -> str:
        return re.sub(r"[^A-Za-z0-9]", "-", str(folder / "work"))

    (earlier / "home" / ".claude" / "projects" / named(earlier)).mkdir(parents=True)
    assert await memory.carry(later, [earlier], []) == earlier
    assert os.listdir(later / "home" / ".claude" / "projects") == [named(later)]
