"""A repository full of canaries: programs in its config, hooks, attributes and `.git` file. None of them may run."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from coderclawlink.workspaces import checkout, delivery, diff, quota, salvage
from coderclawlink.workspaces.git import GitFailed, Place, git
from coderclawlink.workspaces.store import Checkout, Store

pytestmark = pytest.mark.anyio

Plain = Callable[..., str]

HOOKS = (
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit", "prepare-commit-msg"),
    *("commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-push", "pre-receive", "update"),
    *("proc-receive", "post-receive", "post-update", "reference-transaction", "push-to-checkout", "pre-auto-gc"),
    *("post-rewrite", "sendemail-validate", "fsmonitor-watchman", "post-index-change"),
)


@dataclass(frozen=True)
class Trap:
    """A program that leaves a mark when it is run, and ways to get it run."""

    folder: Path

    @property
    def program(self) -> Path:
        return self.folder / "canary"

    def set(self) -> None:
        self.folder.mkdir()
        self.program.write_text(f'#!/bin/sh\necho "$0 $@" >> {self.folder / "marks"}\ntimeout 1 cat\n')
        self.program.chmod(0o755)
        (self.folder / "included").write_text(self.config())
        (self.folder / "hooks").mkdir()
        for hook in HOOKS:
            (self.folder / "hooks" / hook).symlink_to(self.program)

    @property
    def marks(self) -> list[str]:
        path = self.folder / "marks"
        return path.read_text().splitlines() if path.exists() else []

    def config(self) -> str:
        run = self.program
        return f"""
[core]
\tfsmonitor = {run}
\thooksPath = {self.folder / "hooks"}
\tpager = {run}
\teditor = {run}
\tsshCommand = {run}
\tgitProxy = {run}
\taskPass = {run}
\talternateRefsCommand = {run}
[credential]
\thelper = !{run}
[credential "https://example.org"]
\thelper = !{run}
[diff]
\texternal = {run}
[diff "evil"]
\tcommand = {run}
\ttextconv = {run}
[filter "evil"]
\tclean = {run}
\tsmudge = {run}
\trequired = true
[filter "evil.long"]
\tprocess = {run}
\tclean = {run}
\tsmudge = {run}
[merge "evil"]
\tdriver = {run}
[merge]
\ttool = evil
[mergetool "evil"]
\tcmd = {run}
[gpg]
\tprogram = {run}
[gpg "ssh"]
\tprogram = {run}
[commit]
\tgpgSign = true
[tag]
\tgpgSign = true
[push]
\tgpgSign = if-asked
[log]
\tshowSignature = true
[uploadpack]
\tpackObjectsHook = {run}
[protocol]
\tallow = always
[protocol "ext"]
\tallow = always
[url "ext::{run} "]
\tinsteadOf = https://example.org/
\tpushInsteadOf = ssh://
[remote "origin"]
\turl = ext::{run} x
\tuploadpack = {run}
\treceivepack = {run}
\tvcs = evil
[remote "lazy"]
\turl = ext::{run} x
\tpromisor = true
\tpartialclonefilter = blob:none
[submodule]
\trecurse = true
[submodule "sub"]
\turl = ext::{run} x
\tupdate = !{run}
\tactive = true
[fetch]
\trecurseSubmodules = true
[status]
\tsubmoduleSummary = true
[interactive]
\tdiffFilter = {run}
[sequence]
\teditor = {run}
[pager]
\tstatus = {run}
\tdiff = {run}
\tlog = {run}
[alias]
\tx = !{run}
[gc]
\tauto = 1
[user]
\tname = Agent
\temail = agent@example.org
"""

    def arm(self, git_dir: Path, tree: Path | None) -> None:
        """Write what a hostile agent would into a git directory and the files beside it."""
        with (git_dir / "config").open("a") as file:
            file.write(self.config() + f"[include]\n\tpath = {self.folder / 'included'}\n")
        shutil.rmtree(git_dir / "hooks", ignore_errors=True)
        shutil.copytree(self.folder / "hooks", git_dir / "hooks", symlinks=True)
        (git_dir / "info").mkdir(exist_ok=True)
        (git_dir / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
        if tree is not None:
            (tree / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n*.md filter=evil.long\n")
            (tree / ".gitmodules").write_text(f'[submodule "sub"]\n\tpath = sub\n\turl = ext::{self.program}\n')


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    found = Trap(tmp_path / "trap")
    found.set()
    return found


@pytest.fixture
def hostile(repository: Path, trap: Trap) -> Path:
    trap.arm(repository / ".git", repository)
    (repository / "README.md").write_text("changed\n")
    # An old time in the index makes git read the file again, through its filters.
    os.utime(repository / "src" / "one.py", (1, 1))
    return repository


OPERATIONS = {
    "status": (("status", "--porcelain"),),
    "add": (("add", "--all"),),
    "diff": (("diff", "--no-ext-diff", "--no-textconv"),),
    "diff --cached": (("add", "--all"), ("diff", "--cached", "--no-ext-diff", "--no-textconv")),
    "log -p": (("log", "-p", "--no-ext-diff", "--no-textconv"),),
    "show": (("show", "--no-ext-diff", "--no-textconv", "HEAD"),),
    "blame": (("blame", "--no-textconv", "README.md"),),
    "commit": (("add", "--all"), ("commit", "-m", "x")),
    "commit --amend": (("commit", "--amend", "--no-edit"),),
    "checkout": (("checkout", "--force", "HEAD"),),
    "switch": (("switch", "--force-create", "other"),),
    "restore": (("restore", "."),),
    "reset --hard": (("reset", "--hard"),),
    "read-tree": (("read-tree", "--reset", "-u", "HEAD"),),
    "stash": (("stash", "push", "--include-untracked"),),
    "tag": (("tag", "-a", "-m", "x", "v1"),),
    "fetch": (("fetch", "origin"),),
    "push": (("push", "origin", "HEAD"),),
    "submodule update": (("submodule", "update", "--init", "--recursive"),),
    "merge": (("add", "--all"), ("commit", "-m", "x"), ("merge", "--no-ff", "HEAD~1")),
    "gc": (("gc", "--auto"),),
    "archive": (("archive", "--format=tar", "HEAD"),),
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_ordinary_operation_runs_nothing_of_the_repositorys(operation: str, hostile: Path, trap: Trap) -> None:
    at = Place(hostile / ".git", hostile)
    async with asyncio.timeout(30):
        for args in OPERATIONS[operation]:
            await git(*args, at=at, ok=range(256))
    assert trap.marks == []


def test_the_same_operations_by_plain_git_do_run_it(hostile: Path, trap: Trap, plain: Plain) -> None:
    fell = 0
    for operations in OPERATIONS.values():
        before = len(trap.marks)
        for args in operations:
            plain(hostile, *(arg for arg in args if not arg.startswith("--no-")), check=False)
        fell += len(trap.marks) > before
    print(f"\nplain git ran the repository's programs in {fell} of {len(OPERATIONS)} operations")
    assert fell > len(OPERATIONS) / 2


async def test_network_operations_run_nothing_of_the_repositorys(hostile: Path, trap: Trap) -> None:
    at = Place(hostile / ".git", hostile)
    for url in ("https://example.org/x", "ssh://127.0.0.1:1/x", "origin", f"ext::{trap.program} x"):
        async with asyncio.timeout(30):
            with pytest.raises(GitFailed):
                await git("ls-remote", url, at=at, over="network", token="t", url="https://example.org/x")
    assert trap.marks == []


def arm_everything(work: Checkout, trap: Trap) -> None:
    """As an agent without a sandbox could."""
    trap.arm(work.work / ".git", work.work)
    trap.arm(work.folder / "git", None)
    trap.arm(work.mirror, None)
    inner = work.work / "inner"
    (inner / ".git").mkdir(parents=True)
    shutil.copytree(work.work / ".git", inner / ".git", dirs_exist_ok=True, symlinks=True)
    trap.arm(inner / ".git", inner)


async def test_an_attempts_whole_life_runs_nothing_of_the_agents(
    store: Store, repository: Path, trap: Trap, plain: Plain
) -> None:
    async with asyncio.timeout(90):
        async with checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
            (work.work / "a.md").write_text("a\n")
            plain(work.work, "add", "-A")
            plain(work.work, "commit", "-m", "Innocent")
            arm_everything(work, trap)
            trap.arm(repository / ".git", repository)
            (work.work / "b.md").write_text("b\n")
            saved = await salvage.save(work, "test")
            assert saved is not None
            done = await checkout.finish(work, title="x", author="", agent="a")
            assert done is not None
            await diff.between(work, done.head)
            assert await delivery.deliver(work, done.head, "task/1") == "task/1"
            await salvage.restore(work, saved.commit)
        async with checkout.prepare(store, "r1", 2, repository=str(repository), resume=(1,)) as again:
            assert (again.work / "b.md").exists()
            await checkout.finish(again, title="x", author="", agent="a")
        async with checkout.prepare(store, "r2", 1, repository=str(repository)):
            pass
        collected = await quota.collect(store, max_bytes=0)
        assert len(collected.removed) == 3
    assert trap.marks == []


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
async def test_a_replaced_git_folder_runs_nothing(
    store: Store, repository: Path, trap: Trap, tmp_path: Path, plain: Plain, kind: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    plain(other, "init")
    plain(other, "commit", "--allow-empty", "-m", "x")
    trap.arm(other / ".git", other)
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        shutil.rmtree(work.work / ".git")
        if kind == "file":
            (work.work / ".git").write_text(f"gitdir: {other / '.git'}\n")
        elif kind == "link":
            (work.work / ".git").symlink_to(other / ".git")
        else:
            shutil.copytree(other / ".git", work.work / ".git", symlinks=True)
            (work.work / ".git" / "commondir").write_text(f"{other / '.git'}\n")
        (work.work / "a.txt").write_text("kept\n")
        assert await salvage.save(work, "test") is not None
        done = await checkout.finish(work, title="x", author="", agent="a")
    assert done is not None
    assert done.files == 1
    assert plain(work.mirror, "rev-parse", f"{done.head}^") == done.base
    assert trap.marks == []


async def test_links_in_the_tree_are_kept_as_links_and_never_followed(
    store: Store, repository: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("key")
    async with asyncio.timeout(60):
        async with checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
            shutil.rmtree(work.work / "src")
            (work.work / "src").symlink_to(secret)
            saved = await salvage.save(work, "test")
            assert saved is not None
            change = await diff.between(work, saved.commit)
            assert "key" not in {line for file in change.files for hunk in file.hunks for line in hunk.lines}
            await salvage.restore(work, work.base)
            assert (work.work / "src" / "one.py").read_text() == "one = 1\n"
            (work.work / "home").symlink_to(secret)
        await quota.collect(store, max_bytes=0)
    assert (secret / "key").read_text() == "key"
    assert sorted(path.name for path in secret.iterdir()) == ["key"]


async def test_attributes_of_the_agent_cannot_hide_its_change(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        (work.work / ".gitattributes").write_text("* -diff\n*.py binary\n")
        (work.work / "src" / "one.py").write_text("one = 'evil'\n")
        done = await checkout.finish(work, title="x", author="", agent="a")
        assert done is not None
        change = await diff.between(work, done.head)
    assert "+one = 'evil'" in change.patch
    assert not any(file.binary for file in change.files)
