"""Salvage: what an agent has not delivered is put aside before anything destructive is done to its folder.

Above: `checkout`, `quota` and `node.execute`. Below: `snapshot` and `mirror`. A save is a commit in the mirror under
`refs/clawlink/salvage/<run>/<attempt>-<k>`: its parent is the agent's last commit, its tree all files. So it outlives the
folder, and the agent's index and HEAD are as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

from coderclawlink.workspaces import mirror
from coderclawlink.workspaces.git import EMPTY_TREE, IDENTITY, GitFailed, Place, git
from coderclawlink.workspaces.snapshot import Snapshot, files, our_index, take
from coderclawlink.workspaces.store import Checkout


@dataclass(frozen=True)
class Saved:
    """Work that is safe. `head`: the agent's own last commit below it, or None; `commit` equals it if all was committed.

    `left_out`: git's words on files that could not be taken, else "".
    """

    ref: str
    commit: str
    head: str | None
    left_out: str = ""


async def save(checkout: Checkout, reason: str) -> Saved | None:
    """Save what is not yet in the mirror: commits and uncommitted changes. None when there is nothing unsaved.

    Raises `GitFailed` when it cannot be saved; the folder must then stay.
    """
    snapshot = await take(checkout)
    if not has_work(checkout, snapshot) or await _known(checkout, snapshot):
        return None
    return await _save(checkout, snapshot, reason)


async def secure(checkout: Checkout, reason: str) -> Saved | None:
    """As `save`, but also tells what was saved earlier. None when the agent has done nothing at all."""
    snapshot = await take(checkout)
    if not has_work(checkout, snapshot):
        return None
    return await _known(checkout, snapshot) or await _save(checkout, snapshot, reason)


async def restore(checkout: Checkout, commit: str) -> None:
    """Make the files those of a saved commit, as changes that are not committed. The agent must not be at work.

    What is in the folder now and not ignored is replaced: save it first. Raises `GitFailed`.
    """
    async with our_index(checkout) as at:
        await files(at)  # Our index must know what lies there for it to be taken away.
        await git("read-tree", "--reset", "-u", f"{commit}^{{tree}}", at=at, timeout_seconds=600)


def has_work(checkout: Checkout, snapshot: Snapshot) -> bool:
    """Whether the agent committed or changed anything since it began."""
    return snapshot.dirty or snapshot.head not in (None, checkout.base, checkout.begun)


async def _known(checkout: Checkout, snapshot: Snapshot) -> Saved | None:
    """The ref of the mirror that holds this state already."""
    listed = await git(
        *("for-each-ref", "--format=%(objectname) %(tree) %(refname) %(parent)"),
        *(f"{checkout.salvage_ref}-*", checkout.ref),
        at=Place(checkout.mirror),
    )
    for line in listed.text.splitlines():
        commit, tree, ref, *parents = line.split(" ")
        same_history = commit == snapshot.head or [parent for parent in parents if parent] == _parents(
            checkout, snapshot
        )
        if tree == snapshot.tree and same_history:
            return Saved(ref, commit, snapshot.head, snapshot.left_out)
    return None


def _parents(checkout: Checkout, snapshot: Snapshot) -> list[str]:
    if snapshot.head is not None:
        return [snapshot.head]
    return [] if checkout.base == EMPTY_TREE else [checkout.base]


async def _save(checkout: Checkout, snapshot: Snapshot, reason: str) -> Saved:
    commit = snapshot.head
    if snapshot.dirty or commit is None:
        commit = await _commit(checkout, snapshot, _parents(checkout, snapshot), reason)
    ref = await _free_ref(checkout)
    try:
        await mirror.keep(checkout.mirror, checkout.data.git_dir, commit, ref)
        return Saved(ref, commit, snapshot.head, snapshot.left_out)
    except GitFailed:
        if snapshot.head is None:
            raise
    # The agent's own commits are such as git refuses. The files are what matters: save them without their history.
    commit = await _commit(checkout, snapshot, [] if checkout.base == EMPTY_TREE else [checkout.base], reason)
    await mirror.keep(checkout.mirror, checkout.data.git_dir, commit, ref)
    return Saved(ref, commit, None, snapshot.left_out)


async def _commit(checkout: Checkout, snapshot: Snapshot, parents: list[str], reason: str) -> str:
    message = f"Saved work of attempt {checkout.attempt}: {reason}\n\nRun: {checkout.run}\n"
    args = [arg for parent in parents for arg in ("-p", parent)]
    made = await git(
        "commit-tree",
        snapshot.tree,
        *args,
        "-F",
        "-",
        at=checkout.data,
        env=IDENTITY,
        stdin=message.encode(errors="replace"),
    )
    return made.text


async def _free_ref(checkout: Checkout) -> str:
    listed = await git("for-each-ref", "--format=%(refname)", f"{checkout.salvage_ref}-*", at=Place(checkout.mirror))
    taken = [int(ref.rpartition("-")[2]) for ref in listed.text.splitlines()]
    return f"{checkout.salvage_ref}-{max(taken, default=0) + 1}"
