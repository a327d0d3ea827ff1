"""Old folders make room: the oldest first, never one in use, never unsaved work."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from coderclawlink.workspaces import checkout, folders, quota
from coderclawlink.workspaces.store import Store

pytestmark = pytest.mark.anyio

Plain = Callable[..., str]
SIZE = 1 << 20


async def make(store: Store, run: str, repository: Path, *, age: int, work: str | None = None) -> Path:
    """An attempt that is over, last in use at time `age`, with 1 MiB of ignored files and perhaps some work."""
    async with checkout.prepare(store, run, 1, repository=str(repository)) as made:
        (made.work / "build").mkdir()
        (made.work / "build" / "large").write_bytes(os.urandom(SIZE))
        if work is not None:
            (made.work / "work.txt").write_text(work)
    os.utime(made.folder / "lock", (age, age))
    return made.folder


async def test_the_oldest_go_first_until_there_is_room(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60):
        kept = [await make(store, "young", repository, age=300)]
        gone = [await make(store, "old", repository, age=100), await make(store, "older", repository, age=50)]
        before = sum(await folders.sizes([*kept, *gone]))
        done = await quota.collect(store, max_bytes=2 * SIZE)
    assert [each.run for each in done.removed] == ["older", "old"]
    assert [folder.exists() for folder in (*kept, *gone)] == [True, False, False]
    assert done.freed_bytes > 2 * SIZE
    assert done.freed_bytes + done.left_bytes == before
    assert store.attempts() == [("young", 1)]


async def test_enough_room_removes_nothing(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60):
        await make(store, "r1", repository, age=1)
        done = await quota.collect(store, max_bytes=100 * SIZE)
    assert (done.removed, done.stays, done.freed_bytes) == ((), (), 0)


async def test_unsaved_work_is_saved_before_its_folder_goes(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(60):
        folder = await make(store, "r1", repository, age=1, work="precious\n")
        done = await quota.collect(store, max_bytes=0)
    assert not folder.exists()
    saved = done.removed[0].saved
    assert saved is not None
    assert plain(store.mirror(str(repository), "r1"), "show", f"{saved.ref}:work.txt") == "precious"


async def test_work_that_cannot_be_saved_keeps_its_folder(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60):
        refused = await make(store, "refused", repository, age=1, work="x")
        (refused / "work" / "git~1").write_text("a name git does not take")
        broken = await make(store, "broken", repository, age=2, work="x")
        (broken / "git" / "config").write_text("[nonsense")
        done = await quota.collect(store, max_bytes=0)
    assert done.removed == ()
    assert [stays.run for stays in done.stays] == ["refused", "broken"]
    assert "git~1" in done.stays[0].why
    assert refused.exists()
    assert broken.exists()


async def test_a_folder_in_use_stays(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "busy", 1, repository=str(repository)) as busy:
        await make(store, "idle", repository, age=1 << 33)
        done = await quota.collect(store, max_bytes=0)
        assert busy.work.exists()
    assert [each.run for each in done.removed] == ["idle"]
    assert [(stays.run, stays.why) for stays in done.stays] == [("busy", "it is in use")]


async def test_runs_that_go_on_stay(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60):
        await make(store, "waiting", repository, age=1)
        done = await quota.collect(store, max_bytes=0, keep={"waiting"})
    assert [(stays.run, stays.why) for stays in done.stays] == [("waiting", "its run goes on")]


async def test_what_a_dead_node_half_made_goes(store: Store) -> None:
    folder = store.folder("r1", 1)
    (folder / "work").mkdir(parents=True)
    async with asyncio.timeout(60):
        done = await quota.collect(store, max_bytes=-1)
    assert [each.run for each in done.removed] == ["r1"]


async def test_trees_too_deep_and_folders_without_rights_are_removed(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60):
        folder = await make(store, "r1", repository, age=1)
        deep = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            "i=0; while [ $i -lt 1500 ]; do mkdir d; cd -P d; i=$((i+1)); done",
            cwd=folder / "work" / "build",
        )
        await deep.wait()
        (folder / "work" / "build" / "closed").mkdir()
        (folder / "work" / "build" / "closed" / "x").write_text("x")
        (folder / "work" / "build" / "closed").chmod(0)
        done = await quota.collect(store, max_bytes=0)
    assert [each.run for each in done.removed] == ["r1"]
    assert not folder.exists()
