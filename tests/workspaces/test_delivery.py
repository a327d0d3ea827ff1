"""Results become branches: in a person's own repository, and over the wire to git's own server."""

from __future__ import annotations

import asyncio
import base64
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from coderclawlink.errors import Invalid
from coderclawlink.workspaces import checkout, delivery
from coderclawlink.workspaces.git import GitFailed
from coderclawlink.workspaces.store import Checkout, Store
from tests.peers.git_server import TOKEN, git_serving

pytestmark = pytest.mark.anyio

Plain = Callable[..., str]


async def work_on(store: Store, run: str, repository: str, token: str | None = None) -> tuple[Checkout, str]:
    """An attempt that changed something, finished."""
    async with checkout.prepare(store, run, 1, repository=repository, token=token) as work:
        (work.work / f"{run}.txt").write_text(f"{run}\n")
        done = await checkout.finish(work, title=f"Work of {run}", author="", agent="a")
    assert done is not None
    return work, done.head


async def test_a_local_repository_gets_a_branch_and_nothing_else(store: Store, repository: Path, plain: Plain) -> None:
    (repository / "README.md").write_text("being edited\n")
    before = plain(repository, "status", "--porcelain"), plain(repository, "rev-parse", "HEAD", "main")
    async with asyncio.timeout(60):
        work, head = await work_on(store, "r1", str(repository))
        assert await delivery.deliver(work, head, "task/KEY-1") == "task/KEY-1"
    assert (plain(repository, "status", "--porcelain"), plain(repository, "rev-parse", "HEAD", "main")) == before
    assert plain(repository, "branch", "--format=%(refname:short)").splitlines() == ["main", "task/KEY-1"]
    assert plain(repository, "show", "task/KEY-1:r1.txt") == "r1"
    assert not (repository / ".git" / "FETCH_HEAD").exists()
    plain(repository, "fsck", "--strict")


async def test_the_same_commit_is_delivered_once(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(60):
        work, head = await work_on(store, "r1", str(repository))
        assert await delivery.deliver(work, head, "task/1") == "task/1"
        assert await delivery.deliver(work, head, "task/1") == "task/1"
    assert plain(repository, "branch", "--format=%(refname:short)").splitlines() == ["main", "task/1"]


async def test_a_taken_name_gives_way_to_the_next(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(60):
        made = [await work_on(store, run, str(repository)) for run in ("r1", "r2", "r3")]
        names = [await delivery.deliver(work, head, "task/1") for work, head in made]
        work, head = made[-1]
        assert await delivery.deliver(work, head, "task/1") == "task/1-3"
        assert await delivery.deliver(work, head, "main") == "main-2"
    assert names == ["task/1", "task/1-2", "task/1-3"]
    assert plain(repository, "log", "-1", "--format=%s", "main") == "Begin"


async def test_deliveries_at_once_get_names_of_their_own(store: Store, repository: Path) -> None:
    names: list[str] = []

    async def one(work: Checkout, head: str) -> None:
        names.append(await delivery.deliver(work, head, "task/1"))

    async with asyncio.timeout(60):
        made = [await work_on(store, f"r{n}", str(repository)) for n in range(4)]
        async with asyncio.TaskGroup() as tasks:
            for work, head in made:
                tasks.create_task(one(work, head))
    assert sorted(names) == ["task/1", "task/1-2", "task/1-3", "task/1-4"]


async def test_bare_repositories_and_linked_worktrees_are_delivered_to(
    store: Store, repository: Path, tmp_path: Path, plain: Plain
) -> None:
    plain(tmp_path, "clone", "--bare", str(repository), "bare.git")
    plain(repository, "worktree", "add", str(tmp_path / "linked"))
    async with asyncio.timeout(60):
        work, head = await work_on(store, "r1", (tmp_path / "bare.git").as_uri())
        await delivery.deliver(work, head, "task/1")
        assert plain(tmp_path / "bare.git", "rev-parse", "task/1") == head
        work, head = await work_on(store, "r2", str(tmp_path / "linked"))
        await delivery.deliver(work, head, "task/2")
        assert plain(repository, "rev-parse", "task/2") == head


async def test_an_empty_repository_gets_its_first_commit_on_the_branch(
    store: Store, tmp_path: Path, plain: Plain
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    plain(empty, "init")
    async with asyncio.timeout(60):
        work, head = await work_on(store, "r1", str(empty))
        await delivery.deliver(work, head, "task/1")
    assert plain(empty, "log", "--format=%s", "task/1") == "Work of r1"


async def test_a_name_in_the_way_of_a_folder_is_told(store: Store, repository: Path, plain: Plain) -> None:
    plain(repository, "branch", "task")
    async with asyncio.timeout(60):
        work, head = await work_on(store, "r1", str(repository))
        with pytest.raises(GitFailed, match=r"refs/heads/task"):
            await delivery.deliver(work, head, "task/1")


@pytest.mark.parametrize("branch", ["", "-x", "a..b", "a b", "a.lock", "a\nb", "@{x}"])
async def test_a_name_that_is_none_for_a_branch_is_refused(store: Store, repository: Path, branch: str) -> None:
    async with asyncio.timeout(60):
        work, head = await work_on(store, "r1", str(repository))
        with pytest.raises(Invalid, match="cannot be named"):
            await delivery.deliver(work, head, branch)


async def test_work_from_nowhere_has_nowhere_to_go(store: Store) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=None) as work:
        (work.work / "a").write_text("a")
        done = await checkout.finish(work, title="x", author="", agent="a")
        assert done is not None
        with pytest.raises(Invalid, match="no repository"):
            await delivery.deliver(work, done.head, "task/1")


# ── git's own server ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Served:
    """A bare repository behind `git http-backend` that asks for a password."""

    url: str
    folder: Path
    seen: list[str]


@pytest.fixture
def served(repository: Path, tmp_path: Path) -> Iterator[Served]:
    with git_serving(tmp_path / "served", TOKEN) as git:
        folder = git.add("project", repository)
        yield Served(f"{git.url}/project.git", folder, git.seen)


async def test_work_over_http_is_fetched_and_pushed_with_the_token(store: Store, served: Served, plain: Plain) -> None:
    async with asyncio.timeout(60):
        work, head = await work_on(store, "r1", served.url, TOKEN)
        assert await delivery.deliver(work, head, "task/1", token=TOKEN) == "task/1"
        pushes = [line for line in served.seen if "git-receive-pack" in line]
        assert await delivery.deliver(work, head, "task/1", token=TOKEN) == "task/1"
        assert [line for line in served.seen if "git-receive-pack" in line] == pushes
        other, other_head = await work_on(store, "r2", served.url, TOKEN)
        assert await delivery.publish(other.mirror, other_head, served.url, "task/1", token=TOKEN) == "task/1-2"
        assert await delivery.publish(other.mirror, other_head, served.url, "main", token=TOKEN) == "main-2"
    assert plain(served.folder, "rev-parse", "task/1", "task/1-2").splitlines() == [head, other_head]
    assert plain(served.folder, "log", "-1", "--format=%s", "main") == "Begin"


async def test_a_large_push_goes_through(store: Store, served: Served, plain: Plain) -> None:
    async with asyncio.timeout(60):
        async with checkout.prepare(store, "r1", 1, repository=served.url, token=TOKEN) as work:
            (work.work / "large").write_bytes(os.urandom(4 << 20))
            done = await checkout.finish(work, title="x", author="", agent="a")
            assert done is not None
        await delivery.deliver(work, done.head, "task/1", token=TOKEN)
    assert plain(served.folder, "cat-file", "-s", "task/1:large") == str(4 << 20)


@pytest.mark.parametrize("token", [None, "wr0ng"])
async def test_without_the_right_token_it_fails_at_once_and_keeps_the_secret(
    store: Store, served: Served, token: str | None
) -> None:
    async with asyncio.timeout(20):
        with pytest.raises(GitFailed, match=r"git ls-remote failed") as failed:
            await work_on(store, "r1", served.url, token)
    assert "wr0ng" not in failed.value.message


async def test_the_token_is_in_no_file_of_the_store(store: Store, served: Served) -> None:
    async with asyncio.timeout(60):
        work, head = await work_on(store, "r1", served.url, TOKEN)
        await delivery.deliver(work, head, "task/1", token=TOKEN)
        encoded = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        for needle in (TOKEN, encoded):
            found = await asyncio.create_subprocess_exec("grep", "-rqF", needle, store.root)
            assert await found.wait() == 1


async def test_a_token_does_not_follow_a_redirect(store: Store, served: Served, repository: Path) -> None:
    seen: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{served.url}{self.path.removeprefix('/moved.git')}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            seen.append(self.path)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        async with asyncio.timeout(30):
            with pytest.raises(GitFailed):
                await work_on(store, "r1", f"http://127.0.0.1:{server.server_address[1]}/moved.git", TOKEN)
        server.shutdown()
        thread.join()
    assert seen
    assert served.seen == []


async def test_ssh_is_asked_without_a_terminal_for_an_address_like_git_at_host(
    store: Store, repository: Path, tmp_path: Path, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of ssh stands a program that runs the command here, as the far end would."""
    plain(tmp_path, "clone", "--bare", str(repository), "bare.git")
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path / "calls"}\nwhile [ "$1" != git@host ]; do shift; done\nshift\nexec sh -c "$*"\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    async with asyncio.timeout(60):
        work, head = await work_on(store, "r1", f"git@host:{tmp_path / 'bare.git'}")
        assert await delivery.deliver(work, head, "task/1") == "task/1"
    assert plain(tmp_path / "bare.git", "rev-parse", "task/1") == head
    calls = (tmp_path / "calls").read_text().splitlines()
    assert all("-o BatchMode=yes" in call for call in calls)
    assert {call.split("git@host ")[1].split()[0] for call in calls} == {"git-upload-pack", "git-receive-pack"}
