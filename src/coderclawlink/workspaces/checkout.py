"""Checkouts: a folder for one attempt to work in, and its work as commits afterwards.

Above: `node.execute`. Below: `beginning`, `mirror`, `snapshot`, `salvage`. The agent gets an ordinary repository of its own that shares
objects with the mirror (read only) and nothing else: a linked worktree would let it move the branches of others.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from coderclawlink.errors import Conflict
from coderclawlink.workspaces import diff, folders, memory, mirror
from coderclawlink.workspaces.beginning import Beginning, find
from coderclawlink.workspaces.git import EMPTY_TREE, IDENTITY, GitFailed, git
from coderclawlink.workspaces.snapshot import builds_on_base, take, tree_of
from coderclawlink.workspaces.store import Checkout, Store, try_lock


@dataclass(frozen=True)
class Finished:
    """The work of an attempt as commits, kept in the mirror. Counts are lines and files against `base`.

    `left_out`: git's words on files that could not be taken, else "".
    """

    head: str
    base: str
    files: int
    additions: int
    deletions: int
    left_out: str = ""


@asynccontextmanager
async def prepare(
    store: Store,
    run: str,
    attempt: int,
    *,
    repository: str | None,
    resume: Sequence[int] = (),
    follows: tuple[str, int] | None = None,
    branch: str = "",
    author: str = "",
    token: str | None = None,
    place: Path | None = None,
) -> AsyncIterator[Checkout]:
    """Make the folder of an attempt and hold it while it is in use.

    `repository`: an absolute path, `file://`, `https://`, `ssh://`, `user@host:path`, or None for an empty folder.
    `resume`: earlier attempts of the run, latest first; the first that lies here and has done something is what this one
    goes on from: its commits, and its changes as changes. `follows`: the run and attempt whose result is gone on from when
    there is no such attempt; where it does not lie here, the repository's `branch` is. The HOME of the attempt before is
    carried along. `author`, "Name <mail>", is who the agent commits as. `place`: where the files are to lie when it is not the
    folder's `work`; a further repository (`Store.beside`), which has no HOME of its own, needs one.
    Raises `GitFailed`, `Invalid`, and `Conflict` while another process holds the folder.
    """
    folder = store.folder(run, attempt)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = try_lock(folder / "lock")
    if lock is None:
        raise Conflict(f"Attempt {attempt} of run {run} is already being made.")
    try:
        # The folder itself may lie here from a node that died within this very attempt.
        begin = await find(store, run, (attempt, *resume), repository, follows, branch, token)
        for left in _left_in(folder, place):
            await folders.remove(left)
        before = None
        if not store.part:
            own = [store.folder(run, number) for number in resume]
            before = await memory.carry(folder, own, () if follows is None else [store.folder(*follows)])
        checkout = Checkout(
            *(run, attempt, folder, store.mirror(repository, run), repository, begin.base, begin.upstream),
            follows=begin.follows,
            remembers=None if before is None else before / "work",
            name=store.part,
            place=place,
        )
        await _fill(checkout, author, begin)
        checkout.write()
        yield checkout
    finally:
        os.utime(lock)  # The time an attempt was last in use is its lock's.
        os.close(lock)


def _left_in(folder: Path, place: Path | None) -> list[Path]:
    """What is in the way. Beside a place of its own lie the other repositories' files, whose turn comes later."""
    left = [folder / name for name in ("checkout.json", "git", "check", "attachments")]
    return [path for path in (*left, place or folder / "work") if os.path.lexists(path)]


@asynccontextmanager
async def clean(checkout: Checkout, head: str) -> AsyncIterator[Checkout]:
    """A checkout of exactly this commit of the mirror, in a folder of its own that is gone afterwards: nothing of the
    attempt's is in it that is not in the commit, and its HOME is empty. Raises `GitFailed`."""
    folder = checkout.folder / "check"
    await folders.remove(folder)
    folder.mkdir(mode=0o700)
    alone = replace(checkout, folder=folder, base=head, follows="", remembers=None, place=None, beside=())
    try:
        await _fill(alone, "", Beginning(head, checkout.upstream, head, head))
        yield alone
    finally:
        await folders.remove(folder)


async def finish(checkout: Checkout, *, title: str, author: str, agent: str) -> Finished | None:
    """Make commits of all that the agent left, on top of the base, and take them into the mirror under `checkout.ref`.

    The agent's own commits stay as they are when they build on the base; what it had not committed becomes one commit by
    `author` ("Name <mail>"). None when nothing changed since it began. Raises `GitFailed`.
    """
    snapshot = await take(checkout)
    if snapshot.tree == await tree_of(checkout, checkout.begun):
        if checkout.follows:  # Who goes on from this attempt goes on from there, when its folder is gone too.
            await mirror.keep(checkout.mirror, checkout.data.git_dir, checkout.follows, checkout.ref)
        return None
    message = f"{_first_line(title) or f'Work of {agent}'}\n\nAgent: {_first_line(agent)}\nRun: {checkout.run}\n"
    head = snapshot.head
    if head is None or not await builds_on_base(checkout, head):
        head = await _commit(checkout, snapshot.tree, checkout.begun, message, author)
    elif snapshot.dirty:
        head = await _commit(checkout, snapshot.tree, head, message, author)
    try:
        await mirror.keep(checkout.mirror, checkout.data.git_dir, head, checkout.ref)
    except GitFailed:
        # The agent's commits hold what git refuses; its files, taken by us, are one commit where it began.
        head = await _commit(checkout, snapshot.tree, checkout.begun, message, author)
        await mirror.keep(checkout.mirror, checkout.data.git_dir, head, checkout.ref)
    files = await diff.changed(checkout, head)
    return Finished(
        head=head,
        base=checkout.base,
        files=len(files),
        additions=sum(file.additions for file in files),
        deletions=sum(file.deletions for file in files),
        left_out=snapshot.left_out,
    )


async def _fill(checkout: Checkout, author: str, begin: Beginning) -> None:
    """Make both git directories and the files."""
    if not checkout.name:
        checkout.home.mkdir(mode=0o700, exist_ok=True)
    checkout.work.mkdir(mode=0o700, parents=True)
    objects = checkout.mirror / "objects"
    branch = f"refs/heads/{checkout.upstream}"
    _init(checkout.data.git_dir, "refs/heads/main", (objects, checkout.work / ".git" / "objects"), "\tbare = true\n")
    name, mail = _person(author)
    person = f'\tbare = false\n[user]\n\tname = "{name}"\n\temail = "{mail}"\n[gc]\n\tauto = 0\n'
    _init(checkout.agents.git_dir, branch, (objects,), person)

    head, files = begin.head, begin.files
    if head:
        await git("update-ref", branch, head, at=checkout.agents)
    if begin.follows and (tip := await mirror.tip(checkout.mirror)):
        # Work that goes on may have to be brought up to date with what others have done since it began.
        await git("update-ref", f"refs/remotes/origin/{checkout.upstream}", tip, at=checkout.agents)
    if files:
        await git("read-tree", "--reset", "-u", files, at=checkout.ours, timeout_seconds=600)
    if head is not None and files == head:
        # The same files, just looked at: the agent's git need not read them all again.
        await asyncio.to_thread(shutil.copyfile, checkout.ours.git_dir / "index", checkout.agents.git_dir / "index")
    elif head:
        await git("read-tree", head, at=checkout.agents)


def _init(folder: Path, head: str, alternates: Sequence[Path], config: str) -> None:
    """What `git init` makes (gitrepository-layout(5)), written by hand: two processes less before an agent can start."""
    for inside in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "hooks", "info"):
        (folder / inside).mkdir(parents=True)
    (folder / "HEAD").write_text(f"ref: {head}\n")
    (folder / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n{config}")
    (folder / "objects" / "info" / "alternates").write_text("".join(f"{path}\n" for path in alternates))


async def _commit(checkout: Checkout, tree: str, parent: str, message: str, author: str) -> str:
    name, mail = _person(author)
    made = await git(
        *("commit-tree", tree, *(() if parent == EMPTY_TREE else ("-p", parent)), "-F", "-"),
        at=checkout.data,
        env=IDENTITY | {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail},
        stdin=message.encode(errors="replace"),
    )
    return made.text


def _person(author: str) -> tuple[str, str]:
    """Read "Name <mail>"; what is missing is ours."""
    found = re.fullmatch(r"\s*([^<>]*?)\s*(?:<([^<>\s]*)>)?\s*", author)
    name = re.sub(r'[\x00-\x1f"\\]', "", found[1]) if found else ""
    mail = re.sub(r'[\x00-\x1f"\\]', "", found[2] or "") if found else ""
    return name or IDENTITY["GIT_COMMITTER_NAME"], mail or IDENTITY["GIT_COMMITTER_EMAIL"]


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.replace("\0", "").splitlines() if line.strip()), "")
