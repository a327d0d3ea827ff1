"""Work that goes on from another run's result: where it begins, what it is compared with, and how its branch moves."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from coderclawlink.errors import Invalid
from coderclawlink.workspaces import checkout, delivery, mirror, salvage
from coderclawlink.workspaces.checkout import Finished
from coderclawlink.workspaces.git import EMPTY_TREE
from coderclawlink.workspaces.store import Checkout, Store

pytestmark = pytest.mark.anyio

Plain = Callable[..., str]


async def work(store: Store, run: str, repository: Path | str | None, **how: object) -> tuple[Checkout, Finished]:
    """An attempt that adds a file of its run's name, finished."""
    given: dict[str, object] = {"repository": None if repository is None else str(repository), **how}
    async with asyncio.timeout(60), checkout.prepare(store, run, 1, **given) as made:  # type: ignore[arg-type]
        (made.work / f"{run}.txt").write_text(f"{run}\n")
        done = await checkout.finish(made, title=f"Work of {run}", author="", agent="a")
    assert done is not None
    return made, done


async def test_it_begins_at_the_result_and_is_compared_with_the_base_of_the_first(
    store: Store, repository: Path, plain: Plain
) -> None:
    _, first = await work(store, "r1", repository)
    plain(repository, "commit", "--allow-empty", "-m", "Meanwhile")
    made, second = await work(store, "r2", repository, follows=("r1", 1))
    assert made.follows == first.head
    assert (second.base, second.files) == (first.base, 2)
    assert plain(made.work, "log", "--format=%s", second.head).splitlines() == ["Work of r2", "Work of r1", "Begin"]


@pytest.mark.parametrize("way", ["merge", "rebase"])
async def test_it_knows_what_others_have_done_meanwhile_and_can_be_brought_up_to_date(
    store: Store, repository: Path, plain: Plain, way: str
) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as made:
        (made.work / "README.md").write_text("ours\n")
        await checkout.finish(made, title="Ours", author="", agent="a")
    (repository / "README.md").write_text("theirs\n")
    plain(repository, "commit", "-am", "Theirs")
    theirs = plain(repository, "rev-parse", "HEAD")
    async with (
        asyncio.timeout(60),
        checkout.prepare(store, "r2", 1, repository=str(repository), follows=("r1", 1)) as made,
    ):
        assert plain(made.work, "rev-parse", "origin/main") == theirs
        with pytest.raises(AssertionError, match="CONFLICT"):
            plain(made.work, way, "origin/main")
        (made.work / "README.md").write_text("theirs and ours\n")
        plain(made.work, "add", "README.md")
        plain(made.work, "-c", "core.editor=true", way, "--continue")
        done = await checkout.finish(made, title="Both", author="", agent="a")
    assert done is not None
    assert plain(made.mirror, "merge-base", done.head, theirs) == theirs
    assert plain(made.mirror, "cat-file", "blob", f"{done.head}:README.md") == "theirs and ours"


async def test_a_third_run_goes_on_from_the_second(store: Store, repository: Path) -> None:
    _, first = await work(store, "r1", repository)
    _, second = await work(store, "r2", repository, follows=("r1", 1))
    made, third = await work(store, "r3", repository, follows=("r2", 1))
    assert made.follows == second.head
    assert (third.base, third.files) == (first.base, 3)


async def test_work_without_a_result_is_gone_on_from_as_changes(store: Store, repository: Path) -> None:
    async with checkout.prepare(store, "r1", 1, repository=str(repository)) as made:
        (made.work / "r1.txt").write_text("half\n")
    made, second = await work(store, "r2", repository, follows=("r1", 1))
    assert made.follows == ""
    assert second.files == 2


async def test_an_attempt_goes_on_within_its_own_run_before_it_follows_another(store: Store, repository: Path) -> None:
    _, first = await work(store, "r1", repository)
    async with checkout.prepare(store, "r2", 1, repository=str(repository), follows=("r1", 1)) as made:
        (made.work / "half.txt").write_text("half\n")
    async with checkout.prepare(store, "r2", 2, repository=str(repository), resume=(1,), follows=("r1", 1)) as again:
        assert (again.work / "half.txt").exists()
    assert again.follows == first.head


async def test_nothing_done_since_the_result_is_no_work(store: Store, repository: Path) -> None:
    await work(store, "r1", repository)
    async with checkout.prepare(store, "r2", 1, repository=str(repository), follows=("r1", 1)) as made:
        assert await salvage.save(made, "nothing") is None
        assert await checkout.finish(made, title="", author="", agent="a") is None


async def test_a_result_whose_folder_is_gone_is_found_in_the_mirror(store: Store, repository: Path) -> None:
    earlier, first = await work(store, "r1", repository)
    subprocess.run(["rm", "-rf", str(earlier.folder)], check=True)
    made, second = await work(store, "r2", repository, follows=("r1", 1))
    assert made.follows == first.head
    assert (second.base, second.files) == (first.base, 2)


async def test_on_another_machine_the_branch_is_gone_on_from(store: Store, repository: Path, tmp_path: Path) -> None:
    earlier, first = await work(store, "r1", repository)
    await delivery.deliver(earlier, first.head, "task/1")
    other = Store(tmp_path / "other")
    made, second = await work(other, "r2", repository, follows=("r1", 1), branch="task/1")
    assert made.follows == first.head
    assert (second.base, second.files) == (first.base, 2)


async def test_where_there_is_neither_it_begins_at_the_default_branch(store: Store, repository: Path) -> None:
    made, done = await work(store, "r2", repository, follows=("r1", 1), branch="task/1")
    assert (made.follows, done.files) == ("", 1)


async def test_work_in_an_empty_folder_is_gone_on_from_too(store: Store) -> None:
    await work(store, "r1", None)
    made, done = await work(store, "r2", None, follows=("r1", 1))
    assert (made.work / "r1.txt").exists()
    assert (done.base, done.files) == (EMPTY_TREE, 2)


# ── the branch ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_branch_of_the_earlier_result_is_moved_forward(store: Store, repository: Path, plain: Plain) -> None:
    earlier, first = await work(store, "r1", repository)
    await delivery.deliver(earlier, first.head, "task/1")
    made, second = await work(store, "r2", repository, follows=("r1", 1))
    assert await delivery.deliver(made, second.head, "task/1") == "task/1"
    assert plain(repository, "rev-parse", "task/1") == second.head


async def test_a_branch_that_has_moved_on_gives_way(store: Store, repository: Path, plain: Plain) -> None:
    earlier, first = await work(store, "r1", repository)
    await delivery.deliver(earlier, first.head, "task/1")
    made, second = await work(store, "r2", repository, follows=("r1", 1))
    theirs = plain(repository, "commit-tree", "-p", first.head, "-m", "Theirs", f"{first.head}^{{tree}}")
    plain(repository, "update-ref", "refs/heads/task/1", theirs)
    assert await delivery.deliver(made, second.head, "task/1") == "task/1-2"
    assert plain(repository, "rev-parse", "task/1") == theirs


async def test_a_branch_that_somebody_stands_on_gives_way(store: Store, repository: Path, plain: Plain) -> None:
    earlier, first = await work(store, "r1", repository)
    await delivery.deliver(earlier, first.head, "task/1")
    plain(repository, "worktree", "add", "../elsewhere", "task/1")
    made, second = await work(store, "r2", repository, follows=("r1", 1))
    assert await delivery.deliver(made, second.head, "task/1") == "task/1-2"
    assert plain(repository.parent / "elsewhere", "status", "--porcelain") == ""


async def test_work_that_no_longer_holds_the_earlier_result_gives_way(
    store: Store, repository: Path, plain: Plain
) -> None:
    earlier, first = await work(store, "r1", repository)
    await delivery.deliver(earlier, first.head, "task/1")
    async with checkout.prepare(store, "r2", 1, repository=str(repository), follows=("r1", 1)) as made:
        plain(made.work, "reset", "--hard", first.base)
        (made.work / "new.txt").write_text("new\n")
        done = await checkout.finish(made, title="", author="", agent="a")
    assert done is not None
    assert await delivery.deliver(made, done.head, "task/1") == "task/1-2"
    assert plain(repository, "rev-parse", "task/1") == first.head


async def test_a_pushed_branch_is_moved_forward_and_never_over_others(
    store: Store, repository: Path, plain: Plain, tmp_path: Path
) -> None:
    url = str(tmp_path / "remote.git")
    plain(tmp_path, "clone", "--quiet", "--bare", str(repository), url)
    earlier, first = await work(store, "r1", repository)
    assert await delivery.publish(earlier.mirror, first.head, url, "task/1") == "task/1"
    made, second = await work(store, "r2", repository, follows=("r1", 1))
    assert await delivery.publish(made.mirror, second.head, url, "task/1", expects=[first.head]) == "task/1"
    rival, third = await work(store, "r3", repository, follows=("r1", 1))
    assert await delivery.publish(rival.mirror, third.head, url, "task/1", expects=[first.head]) == "task/1-2"
    assert plain(Path(url), "rev-parse", "task/1") == second.head


# ── reading the mirror, and clean checkouts ────────────────────────────────────────────────────────────────────────


async def test_a_file_is_read_from_the_default_branch(store: Store, repository: Path, plain: Plain) -> None:
    where = store.mirror(str(repository), "r1")
    await mirror.refresh(where, str(repository))
    tip = await mirror.tip(where)
    assert tip == plain(repository, "rev-parse", "main")
    assert await mirror.file_at(where, tip, "README.md", 100) == "hello\n"
    assert await mirror.file_at(where, tip, "missing", 100) is None
    for name in ("src", "README.md"):
        with pytest.raises(Invalid):
            await mirror.file_at(where, tip, name, 3)


async def test_a_clean_checkout_holds_the_commit_and_nothing_else(store: Store, repository: Path, plain: Plain) -> None:
    async with checkout.prepare(store, "r1", 1, repository=str(repository)) as made:
        (made.work / "build").mkdir()
        (made.work / "build" / "ignored").touch()
        (made.home / "memory").touch()
        (made.work / "a.txt").write_text("a\n")
        done = await checkout.finish(made, title="", author="", agent="a")
        assert done is not None
        (made.work / "later.txt").touch()
        async with checkout.clean(made, done.head) as alone:
            assert plain(alone.work, "rev-parse", "HEAD") == done.head
            assert plain(alone.work, "status", "--porcelain", "--ignored") == ""
            assert sorted(path.name for path in alone.work.iterdir()) == [
                ".git",
                ".gitignore",
                "README.md",
                "a.txt",
                "src",
            ]
            assert not list(alone.home.iterdir())
        assert not alone.folder.exists()
