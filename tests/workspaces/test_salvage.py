"""Work that is put aside before anything destructive, and comes back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coderclawlink.workspaces import checkout, salvage
from coderclawlink.workspaces.store import Store

pytestmark = pytest.mark.anyio

Plain = Callable[..., str]


async def test_nothing_unsaved_is_none(store: Store, repository: Path) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        assert await salvage.save(work, "test") is None
        (work.work / "build").mkdir()
        (work.work / "build" / "ignored").write_text("x")
        assert await salvage.save(work, "test") is None


async def test_a_save_outlives_the_folder_and_leaves_index_and_head_alone(
    store: Store, repository: Path, plain: Plain
) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / "staged.txt").write_text("s\n")
        plain(work.work, "add", "staged.txt")
        (work.work / "untracked.txt").write_text("u\n")
        (work.work / "README.md").unlink()
        before = plain(work.work, "status", "--porcelain"), plain(work.work, "rev-parse", "HEAD")
        saved = await salvage.save(work, "before the node stops")
        assert (plain(work.work, "status", "--porcelain"), plain(work.work, "rev-parse", "HEAD")) == before
    assert saved is not None
    assert saved.ref == "refs/clawlink/salvage/r1/1-1"
    shutil.rmtree(work.folder)
    names = plain(work.mirror, "ls-tree", "-r", "--name-only", saved.ref).splitlines()
    assert names == [".gitignore", "src/one.py", "staged.txt", "untracked.txt"]
    assert plain(work.mirror, "log", "-1", "--format=%s|%P", saved.ref) == (
        f"Saved work of attempt 1: before the node stops|{work.base}"
    )


async def test_the_same_work_is_saved_once_and_more_work_again(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / "a.txt").write_text("a\n")
        first = await salvage.save(work, "once")
        assert await salvage.save(work, "twice") is None
        assert await salvage.secure(work, "thrice") == first
        (work.work / "a.txt").write_text("more\n")
        second = await salvage.save(work, "again")
        assert second is not None
        assert second.ref.endswith("/1-2")
        plain(work.work, "add", "-A")
        plain(work.work, "commit", "-m", "Committed now")
        third = await salvage.save(work, "the commit itself is new")
        assert third is not None
        assert third.commit == third.head == plain(work.work, "rev-parse", "HEAD")


async def test_what_was_finished_needs_no_saving(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / "a.txt").write_text("a\n")
        plain(work.work, "add", "-A")
        plain(work.work, "commit", "-m", "Own")
        (work.work / "b.txt").write_text("b\n")
        assert await checkout.finish(work, title="x", author="", agent="a") is not None
        assert await salvage.save(work, "test") is None


async def test_restored_work_is_there_as_changes(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / "new folder").mkdir()
        (work.work / "new folder" / "a.txt").write_text("a\n")
        (work.work / "README.md").unlink()
        saved = await salvage.save(work, "test")
        assert saved is not None
        shutil.rmtree(work.work / "new folder")
        (work.work / "README.md").mkdir()
        (work.work / "README.md" / "in the way").write_text("x")
        (work.work / "later.txt").write_text("later\n")
        await salvage.restore(work, saved.commit)
        assert plain(work.work, "status", "--porcelain") == ' D README.md\n?? "new folder/"'


async def test_a_save_while_files_are_being_written_takes_what_is_there(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / "steady.txt").write_text("steady\n")
        script = 'i=0; while :; do i=$((i+1)); echo "$i" >> churn.txt; echo x > "t$((i % 50))"; rm -f "t$(((i+7) % 50))"; done'
        busy = await asyncio.create_subprocess_exec("sh", "-c", script, cwd=work.work)
        try:
            commits: set[str] = set()
            while len(commits) < 4:
                if saved := await salvage.save(work, "busy"):
                    commits.add(saved.commit)
        finally:
            busy.kill()
            await busy.wait()


async def test_work_of_a_folder_whose_git_was_destroyed_is_saved(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        shutil.rmtree(work.work / ".git")
        (work.work / "a.txt").write_text("a\n")
        saved = await salvage.save(work, "test")
    assert saved is not None
    assert saved.head is None
    assert plain(work.mirror, "rev-parse", f"{saved.commit}^") == work.base


async def test_git_that_is_locked_by_the_agent_does_not_hinder(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / ".git" / "index.lock").write_text("")
        (work.work / ".git" / "HEAD.lock").write_text("")
        (work.work / "a.txt").write_text("a\n")
        assert await salvage.save(work, "test") is not None
