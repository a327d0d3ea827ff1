"""Snapshots: what an agent's work tree holds at this moment, as git objects, without touching its repository.

Above: `salvage` and `checkout`. Below: `git` and `store`. Our own git directory looks at the agent's files with an index
of its own, so that the agent's index, HEAD and config are neither used nor changed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from coderclawlink.workspaces.git import EMPTY_TREE, GitFailed, Output, Place, git
from coderclawlink.workspaces.store import Checkout, locked

_TRIES = 3


@dataclass(frozen=True)
class Snapshot:
    """What was there. `head`: the commit the agent stands on, None when it left no readable one; `tree`: all files.

    `left_out`: git's words on files that could not be taken (unreadable, or with names git refuses), else "".
    """

    head: str | None
    head_tree: str
    tree: str
    left_out: str = ""

    @property
    def dirty(self) -> bool:
        """Whether there are changes that the agent has not committed."""
        return self.tree != self.head_tree


async def take(checkout: Checkout) -> Snapshot:
    """Read the agent's head and all its files, ignored ones excepted. Safe while files are being written.

    Raises `GitFailed` when git can make nothing of them.
    """
    head = await _head(checkout)
    async with our_index(checkout) as at:
        tree, left_out = await files(at)
    head_tree = await tree_of(checkout, head or checkout.base)
    if (
        tree == head_tree
        and head in (None, checkout.base, checkout.begun)
        and (elsewhere := await _work_elsewhere(checkout))
    ):
        head, tree = elsewhere, await tree_of(checkout, elsewhere)
        head_tree = tree
    return Snapshot(head, head_tree, tree, left_out)


async def tree_of(checkout: Checkout, commit: str) -> str:
    """The tree of a commit (a tree's own is itself)."""
    return (await git("rev-parse", "--verify", f"{commit}^{{tree}}", at=checkout.data)).text


async def builds_on_base(checkout: Checkout, commit: str) -> bool:
    """Whether a commit has the checkout's base among its ancestors; everything builds on nothing."""
    if checkout.base == EMPTY_TREE:
        return True
    return (await git("merge-base", "--is-ancestor", checkout.base, commit, at=checkout.data, ok=(0, 1))).code == 0


async def _head(checkout: Checkout) -> str | None:
    if not _is_repository(checkout):
        return None
    said = await git("rev-parse", "--verify", "--quiet", "HEAD", at=checkout.agents, ok=range(256))
    commit = said.text
    return commit if said.code == 0 and await _readable(checkout, commit) else None


async def _work_elsewhere(checkout: Checkout) -> str | None:
    """The newest branch on which the agent committed something on top of the base, while it stands on the base itself."""
    if not _is_repository(checkout):
        return None
    listed = await git(
        *("for-each-ref", "--sort=-committerdate", "--count=20", "--format=%(objectname)", "refs/heads"),
        at=checkout.agents,
        ok=range(256),
    )
    for commit in listed.text.split():
        if (
            commit not in (checkout.base, checkout.begun)
            and await _readable(checkout, commit)
            and await builds_on_base(checkout, commit)
        ):
            return commit
    return None


async def _readable(checkout: Checkout, commit: str) -> bool:
    return (await git("cat-file", "-e", f"{commit}^{{tree}}", at=checkout.data, ok=range(256))).code == 0


def _is_repository(checkout: Checkout) -> bool:
    """A `.git` that is a link or a file leads somewhere else, where nothing of ours is."""
    try:
        return stat.S_ISDIR(os.lstat(checkout.work / ".git").st_mode)
    except OSError:
        return False


@asynccontextmanager
async def our_index(checkout: Checkout) -> AsyncIterator[Place]:
    """Have our git directory and its index to oneself. Raises `GitFailed` for a link in the files' place: what it leads to is not
    the agent's work."""
    if checkout.work.is_symlink():
        raise GitFailed(f"{checkout.work.name} is no folder any more, but a link.")
    async with locked(checkout.folder / "index.lock"):
        _fresh(checkout.ours.git_dir / "index.lock")  # Left by a git that was killed.
        yield checkout.ours


async def files(at: Place) -> tuple[str, str]:
    """All files below `at.work_tree` as a tree, with git's words on what was left out. Needs `our_index`."""
    left_out = ""
    inner: list[str] = []
    for _ in range(_TRIES):
        # A file that vanishes or grows while it is read fails the whole call: look again.
        inner = await _repositories_inside(at)
        added = await _add(at, ["."], inner)
        if added.code == 0:
            break
    else:
        changed = await git(
            "ls-files", "--others", "--modified", "--deleted", "--exclude-standard", "-z", at=at, timeout_seconds=600
        )
        left_out = await _add_what_goes(at, list(dict.fromkeys(changed.names)), inner)
    for path in inner:
        left_out += await _flatten(at, path)
    return (await git("write-tree", at=at)).text, left_out[-2000:]


async def _add(at: Place, paths: Sequence[str], inner: Sequence[str], *options: str) -> Output:
    """Bring the index up to the files below these paths, except for the repositories inside."""
    specs = [*paths, *(f":(exclude,literal){path}" for path in inner)]
    return await git(
        *("add", "--all", *options, "--pathspec-from-file=-", "--pathspec-file-nul"),
        at=at,
        stdin=b"\0".join(os.fsencode(spec) for spec in specs),
        ok=range(256),
        timeout_seconds=600,
    )


async def _add_what_goes(at: Place, paths: Sequence[str], inner: Sequence[str]) -> str:
    """Add each of the files that can be read, halving the list where it fails. Returns git's words on the rest."""
    if not paths:
        return ""
    added = await _add(at, [f":(literal){path}" for path in paths], inner, "--ignore-errors")
    if added.code in (0, 1):
        return added.stderr if added.code else ""
    if len(paths) > 1:
        half = len(paths) // 2
        return await _add_what_goes(at, paths[:half], inner) + await _add_what_goes(at, paths[half:], inner)
    return added.stderr if _is_there(at, paths[0]) else ""


async def _repositories_inside(at: Place) -> list[str]:
    """Folders that are repositories of their own: git would keep a mere link to them and lose what they hold."""
    others = await git("ls-files", "--others", "--exclude-standard", "-z", at=at, timeout_seconds=600)
    return [name.rstrip("/") for name in others.names if name.endswith("/")]


async def _flatten(at: Place, path: str) -> str:
    """Take the files of a repository inside the work tree as ordinary files. Returns what was left out."""
    index = _fresh(Path(f"{at.index or at.git_dir / 'index'}-inside"))
    tree, left_out = await files(Place(at.git_dir, (at.work_tree or Path()) / path, index))
    known = await git("ls-files", "-z", "--", f":(literal){path}", at=at)
    await git("update-index", "--force-remove", "-z", "--stdin", at=at, stdin=known.stdout)
    if tree != EMPTY_TREE:
        await git("read-tree", f"--prefix={path}/", tree, at=at)
    return left_out


def _is_there(at: Place, path: str) -> bool:
    return os.path.lexists((at.work_tree or Path()) / path)


def _fresh(path: Path) -> Path:
    path.unlink(missing_ok=True)
    return path
