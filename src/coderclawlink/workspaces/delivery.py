"""Delivery: an attempt's result becomes a branch where people look for it. Never forced, never over other commits.

Above: `node.result` and `node.pushes`. Below: `mirror` and `git`. A name that is taken by other commits gives way to `<branch>-2`, `-3`….
Delivering the same commit again is success and finds the name it has. A branch that stands exactly where the work went on
from (`Checkout.follows`) is moved forward to it, if nothing of what it holds is lost and nobody has it checked out; and one that stands
where we have put it ourselves is moved to what takes its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path

from coderclawlink.errors import Conflict, Invalid
from coderclawlink.workspaces import mirror
from coderclawlink.workspaces.git import GitFailed, Place, git
from coderclawlink.workspaces.mirror import NETWORK_SECONDS, Remote
from coderclawlink.workspaces.store import Checkout

_NAMES = 100


async def deliver(checkout: Checkout, head: str, branch: str, *, token: str | None = None) -> str:
    """Put the commit on a branch of the checkout's repository and return the branch's name. As `publish`.

    Raises `Invalid` without a repository.
    """
    if checkout.repository is None:
        raise Invalid("There is no repository to deliver to.")
    follows = await _may_move(checkout, head)
    expects = () if follows is None else (follows,)
    return await publish(checkout.mirror, head, checkout.repository, branch, expects=expects, token=token)


async def publish(
    known: Path, head: str, repository: str, branch: str, *, expects: Collection[str] = (), token: str | None = None
) -> str:
    """Put a commit of the mirror `known` on a branch of a repository and return the branch's name.

    `expects`: commits of ours that the branch may stand at and be moved from. A repository on this machine gets nothing but the
    branch: its files and its checked-out branch stay as they are, and no hook of it is run. `token`: the password for https; ssh uses
    the keys of the user. Raises `GitFailed`, `Conflict` when all names are taken, `Invalid` for a name that git does not take.
    """
    remote = mirror.locate(repository)
    await _check_name(known, branch)
    if remote.path is None:
        return await _push(known, head, remote, branch, expects, token)
    there = Place(mirror.git_dir(remote.path))
    # Fetched by the receiver and not pushed: a push would run the receiver's hooks with the receiver's config.
    await git(
        *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--upload-pack=git-upload-pack", "--"),
        *(str(known), head),
        at=there,
        over="files",
        timeout_seconds=NETWORK_SECONDS,
    )
    async for name, stands in _candidates(there, None, branch, None):
        if stands == head:
            return name
        if stands is not None and (
            stands not in expects or await asyncio.to_thread(_is_checked_out, there.git_dir, name)
        ):
            continue
        order = f"create refs/heads/{name} {head}" if stands is None else f"update refs/heads/{name} {head} {stands}"
        try:
            await git("update-ref", "--stdin", at=there, stdin=f"{order}\n".encode())
        except GitFailed:
            if await _stands(there, None, name, None) == stands:
                raise
            continue  # Somebody was quicker with this very name.
        return name
    raise Conflict(f"All names from {branch} to {branch}-{_NAMES} are taken.")


async def _push(
    known: Path, head: str, remote: Remote, branch: str, expects: Collection[str], token: str | None
) -> str:
    at = Place(known)
    async for name, found in _candidates(at, remote, branch, token):
        stands = found
        while stands != head and (stands is None or stands in expects):
            try:
                await git(
                    *("push", "--quiet", "--no-verify", "--receive-pack=git-receive-pack"),
                    # Expecting what is there, mostly nothing, makes sure that no other commit is passed over.
                    *(f"--force-with-lease=refs/heads/{name}:{stands or ''}", "--"),
                    *(remote.url, f"{head}:refs/heads/{name}"),
                    at=at,
                    over="network",
                    url=remote.url,
                    token=token,
                    timeout_seconds=NETWORK_SECONDS,
                )
                stands = head
            except GitFailed:
                now = await _stands(at, remote, name, token)
                if now == stands:
                    raise
                stands = now
        if stands == head:
            return name
    raise Conflict(f"All names from {branch} to {branch}-{_NAMES} are taken.")


async def _candidates(
    at: Place, remote: Remote | None, branch: str, token: str | None
) -> AsyncIterator[tuple[str, str | None]]:
    """Names that are free, or taken by a commit that the caller may find to be its own."""
    for n in range(1, _NAMES + 1):
        name = branch if n == 1 else f"{branch}-{n}"
        yield name, await _stands(at, remote, name, token)


async def _may_move(checkout: Checkout, head: str) -> str | None:
    """The commit on which a branch may be moved forward: that which the work went on from, if the work still holds it."""
    if not checkout.follows:
        return None
    held = await git(
        *("merge-base", "--is-ancestor", checkout.follows, head), at=Place(checkout.mirror), ok=(0, 1, 128)
    )
    return checkout.follows if held.code == 0 else None


def _is_checked_out(repository: Path, branch: str) -> bool:
    """Whether somebody stands on the branch: moved under their feet, their files would look like changes."""
    heads = (repository / "HEAD", *repository.glob("worktrees/*/HEAD"))
    return f"ref: refs/heads/{branch}" in [head.read_text(errors="replace").strip() for head in heads if head.is_file()]


async def _stands(at: Place, remote: Remote | None, name: str, token: str | None) -> str | None:
    if remote is not None:
        return await mirror.branch_head(at, remote, name, token)
    found = await git("rev-parse", "--verify", "--quiet", f"refs/heads/{name}", at=at, ok=(0, 1))
    return found.text if found.code == 0 else None


async def _check_name(known: Path, branch: str) -> None:
    good = await git("check-ref-format", f"refs/heads/{branch}", at=Place(known), ok=(0, 1))
    if good.code or branch.startswith("-"):
        raise Invalid(f"A branch cannot be named {branch!r}.")
