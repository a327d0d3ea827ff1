"""Pushes as the hub asks for them: done twice they are done once, and what goes wrong is the answer."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from coderclawlink.link.protocol import Push
from coderclawlink.node import pushes
from coderclawlink.workspaces import checkout
from coderclawlink.workspaces.store import Store
from tests.node.conftest import Bench

pytestmark = pytest.mark.anyio
BRANCH = "task/p-1"


def git(at: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(at), *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A repository with one commit on main."""
    made = tmp_path / "there"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    (made / "README.md").write_text("# There\n")
    git(made, "add", ".")
    git(made, "-c", "user.name=Ann", "-c", "user.email=ann@example.org", "commit", "-q", "-m", "Begin")
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "workspaces")


async def work(store: Store, there: Path, run: str) -> Push:
    """A commit of that run lies on the node; what the hub says to have it pushed."""
    async with checkout.prepare(store, run, 1, repository=str(there)) as made:
        (made.work / f"{run}.txt").write_text(f"{run}\n")
        done = await checkout.finish(made, title=f"Work of {run}", author="", agent="a")
    assert done is not None
    return Push(delivery=f"d-{run}", run=run, attempt=1, head=done.head, repository=str(there), branch=BRANCH)


async def test_a_free_branch_is_made_and_asked_again_it_is_there(store: Store, there: Path) -> None:
    async with asyncio.timeout(60):
        word = await work(store, there, "r1")
        for _ in range(2):
            answer = await pushes.push(word, store, None)
            assert (answer.delivery, answer.branch, answer.error) == ("d-r1", BRANCH, "")
    assert git(there, "rev-parse", BRANCH) == word.head


async def test_a_branch_that_is_ours_is_moved_also_where_that_is_not_forward(store: Store, there: Path) -> None:
    async with asyncio.timeout(60):
        first = await work(store, there, "r1")
        await pushes.push(first, store, None)
        second = (await work(store, there, "r2")).model_copy(update={"expects": (first.head,)})
        assert (await pushes.push(second, store, None)).branch == BRANCH
    assert git(there, "rev-parse", BRANCH) == second.head


async def test_a_push_that_nobody_heard_of_is_moved_on_from_too(store: Store, there: Path) -> None:
    """The second result's answer is lost, and a third takes its place: the branch stands at the one or at the other."""
    async with asyncio.timeout(60):
        first, second, third = [await work(store, there, run) for run in ("r1", "r2", "r3")]
        await pushes.push(first, store, None)
        await pushes.push(second.model_copy(update={"expects": (first.head,)}), store, None)
        last = third.model_copy(update={"expects": (second.head, first.head)})
        for _ in range(2):
            assert (await pushes.push(last, store, None)).branch == BRANCH
    assert git(there, "rev-parse", BRANCH) == third.head
    assert git(there, "branch", "--list", f"{BRANCH}-*") == ""


async def test_what_somebody_else_has_put_there_stays_and_the_work_gets_another_name(store: Store, there: Path) -> None:
    async with asyncio.timeout(60):
        first = await work(store, there, "r1")
        await pushes.push(first, store, None)
        git(there, "branch", "-f", BRANCH, "main")
        second = (await work(store, there, "r2")).model_copy(update={"expects": (first.head,)})
        assert (await pushes.push(second, store, None)).branch == f"{BRANCH}-2"
    assert git(there, "rev-parse", BRANCH) == git(there, "rev-parse", "main")


async def test_a_commit_that_does_not_lie_here_is_not_tried_again(store: Store, there: Path) -> None:
    async with asyncio.timeout(60):
        word = (await work(store, there, "r1")).model_copy(update={"head": "0" * 40})
        answer = await pushes.push(word, store, None)
        empty = await pushes.push(word, Store(there.parent / "nothing"), None)
    for one in (answer, empty):
        assert (one.branch, one.retry) == (None, False)
        assert "does not lie on this node" in one.error


@pytest.mark.parametrize(
    ("repository", "is_shown"),
    [
        ("https://github.com/ada/shop.git", True),
        ("https://evil.example/ada/shop.git", False),
        ("https://github.com.evil.example/ada/shop.git", False),
        ("https://github.com:8443/ada/shop.git", False),
        ("http://github.com/ada/shop.git", False),
        ("/srv/shop.git", False),
        (None, False),
    ],
)
async def test_the_machines_own_token_is_for_its_code_host_alone(
    bench: Bench, repository: str | None, is_shown: bool
) -> None:
    tools = replace(bench.tools, token="s3cret-token", server="https://github.com")
    assert tools.token_for(repository) == ("s3cret-token" if is_shown else None)


async def test_a_name_that_git_does_not_take_is_refused_for_good(store: Store, there: Path) -> None:
    async with asyncio.timeout(60):
        word = (await work(store, there, "r1")).model_copy(update={"branch": "-x"})
        answer = await pushes.push(word, store, None)
    assert (answer.branch, answer.retry) == (None, False)
    assert "cannot be named" in answer.error


async def test_a_repository_that_is_away_may_come_back_and_its_token_is_not_told(store: Store, there: Path) -> None:
    async with asyncio.timeout(60):
        here = await work(store, there, "r1")
        away = "http://127.0.0.1:9/ada/shop.git"
        known, gone = store.mirror(str(there), "r1"), store.mirror(away, "r1")
        known.rename(gone)
        word = here.model_copy(update={"repository": away, "token": "s3cret-token"})
        answer = await pushes.push(word, store, None)
    assert (answer.branch, answer.retry) == (None, True)
    assert answer.error
    assert "s3cret" not in answer.model_dump_json() + repr(word)
