"""An attempt's folder: an ordinary repository for the agent, and commits on the base afterwards."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from coderclawlink.errors import Conflict, Invalid
from coderclawlink.workspaces import checkout, mirror
from coderclawlink.workspaces.git import EMPTY_TREE, GitFailed
from coderclawlink.workspaces.store import Checkout, Store

pytestmark = pytest.mark.anyio

Plain = Callable[..., str]
AUTHOR = "Ada Lovelace <ada@example.org>"


async def finish(work: Checkout, title: str = "Do it") -> checkout.Finished | None:
    return await checkout.finish(work, title=title, author=AUTHOR, agent="goose")


def shown(plain: Plain, work: Checkout, commit: str, path: str) -> bytes:
    return plain(work.mirror, "cat-file", "blob", f"{commit}:{path}").encode("utf-8", "surrogateescape")


async def test_the_agent_finds_an_ordinary_repository_of_its_own(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        assert plain(work.work, "status", "--porcelain") == ""
        assert plain(work.work, "log", "--format=%s") == "Begin"
        assert plain(work.work, "branch", "--show-current") == "main"
        (work.work / "new.txt").write_text("x\n")
        plain(work.work, "add", "-A")
        plain(work.work, "commit", "-m", "Mine")
        assert plain(work.work, "rev-parse", "HEAD") != work.base
        assert plain(repository, "rev-parse", "HEAD") == work.base


async def test_file_urls_and_plain_paths_name_a_local_repository(store: Store, repository: Path) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=repository.as_uri()) as work:
        assert (work.work / "src" / "one.py").read_text() == "one = 1\n"


async def test_nothing_changed_is_told_as_none(store: Store, repository: Path) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / "build").mkdir()
        (work.work / "build" / "ignored.o").write_text("x")
        assert await finish(work) is None


async def test_uncommitted_work_becomes_one_commit_by_the_requester(
    store: Store, repository: Path, plain: Plain
) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 2, repository=str(repository)) as work:
        (work.work / "README.md").write_text("hello\nworld\n")
        (work.work / "src" / "one.py").unlink()
        (work.work / "new.txt").write_text("a\nb\n")
        done = await finish(work, "Say more\nand more")
    assert done is not None
    assert (done.base, done.files, done.additions, done.deletions) == (work.base, 3, 3, 1)
    assert plain(work.mirror, "log", "--format=%an <%ae>|%cn|%B", f"{done.base}..{done.head}") == (
        f"{AUTHOR}|coderClawLink|Say more\n\nAgent: goose\nRun: r1"
    )
    assert plain(work.mirror, "rev-parse", "refs/clawlink/runs/r1/2") == done.head


async def test_the_agents_own_commits_stay_and_what_it_left_comes_on_top(
    store: Store, repository: Path, plain: Plain
) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository), author=AUTHOR) as work:
        (work.work / "a.txt").write_text("a")
        plain(work.work, "add", "-A")
        plain(work.work, "commit", "-m", "Agent's own")
        (work.work / "b.txt").write_text("b")
        done = await finish(work)
    assert done is not None
    assert plain(work.mirror, "log", "--format=%s", f"{done.base}..{done.head}").splitlines() == [
        "Do it",
        "Agent's own",
    ]


async def test_the_agent_commits_as_the_requester_when_it_says_no_name(store: Store, repository: Path) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository), author=AUTHOR) as work:
        config = (work.work / ".git" / "config").read_text()
    assert 'name = "Ada Lovelace"' in config
    assert 'email = "ada@example.org"' in config


async def test_commits_on_another_branch_are_found_when_the_agent_went_back(
    store: Store, repository: Path, plain: Plain
) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        plain(work.work, "checkout", "-b", "feature")
        (work.work / "a.txt").write_text("a")
        plain(work.work, "add", "-A")
        plain(work.work, "commit", "-m", "On a branch")
        plain(work.work, "checkout", "main")
        done = await finish(work)
    assert done is not None
    assert plain(work.mirror, "log", "-1", "--format=%s", done.head) == "On a branch"


async def test_history_that_does_not_build_on_the_base_becomes_one_commit_that_does(
    store: Store, repository: Path, plain: Plain
) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        plain(work.work, "checkout", "--orphan", "elsewhere")
        (work.work / "README.md").write_text("new life\n")
        plain(work.work, "add", "-A")
        plain(work.work, "commit", "-m", "Orphan")
        done = await finish(work)
    assert done is not None
    assert plain(work.mirror, "rev-parse", f"{done.head}^") == done.base
    assert shown(plain, work, done.head, "README.md") == b"new life"


async def test_a_destroyed_git_folder_loses_no_files(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        plain(work.work, "rev-parse", "HEAD")
        os.rename(work.work / ".git", work.folder / "gone")
        (work.work / ".git").write_text("gitdir: /nowhere\n")
        (work.work / "a.txt").write_text("kept\n")
        done = await finish(work)
    assert done is not None
    assert done.files == 1
    assert shown(plain, work, done.head, "a.txt") == b"kept"


@pytest.mark.parametrize("commits", [True, False])
async def test_an_empty_folder_works_the_same(store: Store, plain: Plain, commits: bool) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=None) as work:
        assert plain(work.work, "status", "--porcelain") == ""
        (work.work / "a.txt").write_text("a\n")
        if commits:
            plain(work.work, "add", "-A")
            plain(work.work, "commit", "-m", "First")
        done = await finish(work)
    assert done is not None
    assert (done.base, done.files, done.additions) == (EMPTY_TREE, 1, 1)
    assert plain(work.mirror, "rev-list", "--count", done.head) == "1"


async def test_a_repository_without_commits_gets_its_first_one(store: Store, tmp_path: Path, plain: Plain) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    plain(empty, "init", "-b", "trunk")
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(empty)) as work:
        assert (work.base, work.upstream) == (EMPTY_TREE, "trunk")
        (work.work / "a.txt").write_text("a\n")
        done = await finish(work)
    assert done is not None


async def test_a_detached_head_of_the_repository_is_where_work_begins(
    store: Store, repository: Path, plain: Plain
) -> None:
    first = plain(repository, "rev-parse", "HEAD")
    plain(repository, "commit", "--allow-empty", "-m", "More")
    plain(repository, "checkout", "--detach", first)
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        assert work.base == first


async def test_each_attempt_sees_what_was_pushed_since(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(30):
        async with checkout.prepare(store, "r1", 1, repository=str(repository)):
            pass
        (repository / "late.txt").write_text("late\n")
        plain(repository, "add", "-A")
        plain(repository, "commit", "-m", "Late")
        async with checkout.prepare(store, "r2", 1, repository=str(repository)) as work:
            assert (work.work / "late.txt").exists()
            assert work.base == plain(repository, "rev-parse", "HEAD")


async def test_several_attempts_at_once_share_a_mirror(store: Store, repository: Path, plain: Plain) -> None:
    heads: set[str] = set()

    async def attempt(n: int) -> None:
        async with checkout.prepare(store, f"r{n}", 1, repository=str(repository)) as work:
            (work.work / "mine.txt").write_text(f"{n}\n")
            done = await finish(work)
            assert done is not None
            heads.add(done.head)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for n in range(4):
            tasks.create_task(attempt(n))
    assert len(heads) == 4
    assert len(list((store.root / "mirrors").glob("*.git"))) == 1


async def test_one_attempt_is_made_once_at_a_time(store: Store, repository: Path) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)):
        with pytest.raises(Conflict):
            async with checkout.prepare(store, "r1", 1, repository=str(repository)):
                pass


async def test_the_agent_can_move_no_branch_but_its_own(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        before = plain(work.mirror, "for-each-ref"), plain(repository, "for-each-ref")
        plain(work.work, "commit", "--allow-empty", "-m", "x")
        plain(work.work, "update-ref", "refs/heads/main", "HEAD")
        plain(work.work, "update-ref", "refs/upstream/heads/main", "HEAD")
        assert (plain(work.mirror, "for-each-ref"), plain(repository, "for-each-ref")) == before


async def test_every_kind_of_file_comes_through_unchanged(store: Store, repository: Path, plain: Plain) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
    (repository / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (repository / "weights.bin").write_bytes(pointer)
    plain(repository, "add", "-A")
    plain(repository, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendored")
    plain(repository, "commit", "-m", "Special")
    contents = {
        "crlf.txt": b"one\r\ntwo\r\n",
        "mixed.txt": b"one\r\ntwo\n",
        "with space.txt": b"x",
        'quo"te.txt': b"x",
        "back\\slash.txt": b"x",
        "tab\there.txt": b"x",
        "line\nbreak.txt": b"x",
        "ünï©ødé-日本.txt": b"x",
        "-rf": b"x",
        "--help": b"x",
        ":(exclude)all": b"x",
        "binary.dat": bytes(range(256)) * 4,
        "empty.txt": b"",
        "no-newline": b"last",
        "latin1-\udce9.txt": b"\xe9\xe8\n",
        "large.dat": os.urandom(1 << 20) * 50,
    }
    async with asyncio.timeout(120):
        async with checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
            assert (work.work / "weights.bin").read_bytes() == pointer
            for name, content in contents.items():
                (work.work / name).write_bytes(content)
            (work.work / "run.sh").write_text("#!/bin/sh\n")
            (work.work / "run.sh").chmod(0o755)
            (work.work / "link").symlink_to("README.md")
            (work.work / "broken link").symlink_to("/nowhere/at all")
            os.mkfifo(work.work / "fifo")
            done = await finish(work)
        assert done is not None
        assert done.left_out == ""
        # A second attempt reads them back as files.
        plain(repository, "fetch", str(work.mirror), f"{done.head}:refs/heads/result")
        plain(repository, "symbolic-ref", "HEAD", "refs/heads/result")
        async with checkout.prepare(store, "r2", 1, repository=str(repository)) as again:
            for name, content in contents.items():
                assert (again.work / name).read_bytes() == content, name
            assert os.access(again.work / "run.sh", os.X_OK)
            assert os.readlink(again.work / "link") == "README.md"
            assert os.readlink(again.work / "broken link") == "/nowhere/at all"
            assert await finish(again) is None
    gitlinks = [line for line in plain(work.mirror, "ls-tree", done.head).splitlines() if line.startswith("160000")]
    assert gitlinks == [f"160000 commit {'1' * 40}\tvendored"]


async def test_line_ends_asked_for_by_attributes_are_no_change(store: Store, repository: Path, plain: Plain) -> None:
    (repository / ".gitattributes").write_text("* text=auto eol=crlf\n")
    plain(repository, "add", "-A")
    plain(repository, "commit", "-m", "Windows")
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        assert (work.work / "README.md").read_bytes() == b"hello\r\n"
        assert plain(work.work, "status", "--porcelain") == ""
        assert await finish(work) is None


async def test_repositories_inside_the_folder_are_taken_as_files(store: Store, repository: Path, plain: Plain) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        for name, commits in (("unborn", False), ("born", True), ("born/inner", True), ("src", False)):
            inside = work.work / name
            inside.mkdir(exist_ok=True)
            plain(inside, "init")
            (inside / "file.txt").write_text(f"{name}\n")
            if commits:
                plain(inside, "add", "file.txt")
                plain(inside, "commit", "-m", "inner")
        (work.work / "void").mkdir()
        plain(work.work / "void", "init")
        done = await finish(work)
    assert done is not None
    names = plain(work.mirror, "ls-tree", "-r", "--name-only", done.head).splitlines()
    assert names == [
        ".gitignore",
        "README.md",
        "born/file.txt",
        "born/inner/file.txt",
        "src/file.txt",
        "src/one.py",
        "unborn/file.txt",
    ]


async def test_names_that_git_refuses_are_told_and_the_rest_is_kept(store: Store, repository: Path) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / "git~1").write_text("x")
        (work.work / "good.txt").write_text("x")
        done = await finish(work)
    assert done is not None
    assert done.files == 1
    assert "git~1" in done.left_out


async def test_commits_with_forbidden_content_are_squashed_into_one_without(
    store: Store, repository: Path, plain: Plain
) -> None:
    async with asyncio.timeout(30), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / "good.txt").write_text("good\n")
        blob = plain(work.work, "hash-object", "-w", "good.txt")
        raw = work.folder / "tree"
        raw.write_bytes(b"100644 .git\0" + bytes.fromhex(blob) + b"100644 good.txt\0" + bytes.fromhex(blob))
        tree = plain(work.work, "hash-object", "-w", "--literally", "-t", "tree", str(raw))
        commit = plain(work.work, "commit-tree", tree, "-p", work.base, "-m", "evil")
        plain(work.work, "update-ref", "HEAD", commit)
        done = await finish(work)
    assert done is not None
    assert plain(work.mirror, "log", "--format=%s", f"{done.base}..{done.head}") == "Do it"
    assert ".git" not in plain(work.mirror, "ls-tree", "--name-only", done.head).splitlines()
    assert plain(work.mirror, "cat-file", "-t", commit, check=False) == ""


async def test_the_next_attempt_goes_on_from_the_last_that_did_something(
    store: Store, repository: Path, plain: Plain
) -> None:
    async with asyncio.timeout(60):
        async with checkout.prepare(store, "r1", 1, repository=str(repository)) as first:
            (first.work / "a.txt").write_text("a\n")
            plain(first.work, "add", "-A")
            plain(first.work, "commit", "-m", "First step")
            (first.work / "README.md").unlink()
            (first.work / "src" / "one.py").write_text("one = 2\n")
            (first.work / "untracked.txt").write_text("u\n")
        async with checkout.prepare(store, "r1", 2, repository=str(repository), resume=(1,)):
            pass  # Killed before it did anything, as it were.
        (repository / "README.md").write_text("upstream moved on\n")
        plain(repository, "commit", "-am", "Meanwhile")
        async with checkout.prepare(store, "r1", 3, repository=str(repository), resume=(2, 1)) as third:
            assert third.base == first.base
            assert plain(third.work, "log", "--format=%s").splitlines() == ["First step", "Begin"]
            assert sorted(plain(third.work, "status", "--porcelain").splitlines()) == [
                " D README.md",
                " M src/one.py",
                "?? untracked.txt",
            ]
            done = await finish(third)
    assert done is not None
    assert (done.files, done.base) == (4, first.base)


async def test_an_attempt_that_is_made_again_goes_on_from_itself(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60):
        async with checkout.prepare(store, "r1", 1, repository=str(repository)) as first:
            (first.work / "a.txt").write_text("a\n")
        async with checkout.prepare(store, "r1", 1, repository=str(repository)) as again:
            assert (again.work / "a.txt").read_text() == "a\n"


async def test_a_run_without_repository_goes_on_too(store: Store) -> None:
    async with asyncio.timeout(60):
        async with checkout.prepare(store, "r1", 1, repository=None) as first:
            (first.work / "a.txt").write_text("a\n")
        async with checkout.prepare(store, "r1", 2, repository=None, resume=(1,)) as second:
            assert (second.work / "a.txt").read_text() == "a\n"
            done = await finish(second)
    assert done is not None
    assert done.files == 1


async def test_a_repository_that_is_not_there_fails_in_gits_words(store: Store, tmp_path: Path) -> None:
    async with asyncio.timeout(30):
        with pytest.raises(GitFailed, match=r"git ls-remote failed: .*nowhere"):
            async with checkout.prepare(store, "r1", 1, repository=str(tmp_path / "nowhere")):
                pass


@pytest.mark.parametrize("run", ["../up", "a/b", "", ".hidden", "-x", "a\nb"])
async def test_a_runs_id_must_be_a_safe_name(store: Store, run: str) -> None:
    with pytest.raises(Invalid):
        async with checkout.prepare(store, run, 1, repository=None):
            pass


@pytest.mark.parametrize(
    "repository",
    [
        "https://github.com/a/b.git",
        "ssh://git@host:22/a/b",
        "git@github.com:a/b.git",
        "https://user@host/a",
        "http://h/a",
    ],
)
def test_addresses_of_servers_are_understood(repository: str) -> None:
    assert mirror.locate(repository) == mirror.Remote(repository, None)


@pytest.mark.parametrize(
    "repository",
    [
        "ext::sh -c id",
        "relative/path",
        "-oProxyCommand=id@host:x",
        "ssh://-oProxyCommand=id/x",
        "git@host:-x",
        "git@-host:x",
        "https://user:secret@host/a",
        "git://host/a",
        "file://elsewhere/a",
        "https:///a",
        "",
    ],
)
def test_anything_else_is_refused(repository: str) -> None:
    with pytest.raises(Invalid) as refused:
        mirror.locate(repository)
    assert "secret" not in refused.value.message
