"""The result of an attempt: its work, brought to where it outlives the attempt's folder, and shown.

Above: the conversation, which has a commit checked, and `outcome`, which says what becomes of the attempt. Below: the
workspaces. Whatever happens, what the agent left is in the mirror before the last word is said.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from coderclawlink.errors import ClawlinkError
from coderclawlink.events import AgentLog, ArtifactKept, WorkCommitted, WorkSaved
from coderclawlink.link.protocol import Order
from coderclawlink.node.attempt import Attempt
from coderclawlink.workspaces import checkout as checkouts
from coderclawlink.workspaces import delivery, diff, salvage, snapshot
from coderclawlink.workspaces.checkout import Finished
from coderclawlink.workspaces.mirror import locate
from coderclawlink.workspaces.store import Checkout

DIFF_BYTES = 1 << 20
"""Of the diff that is kept, over all repositories."""


async def commit(attempt: Attempt, checkout: Checkout) -> Finished | None:
    """Make commits of all that is there, kept in the mirror; None when nothing changed. Raises `GitFailed`."""
    order = attempt.order
    author = order.author or attempt.tools.author
    done = await checkouts.finish(checkout, title=order.title, author=author, agent=order.agent)
    if done is not None and done.left_out:
        attempt.post.tell(AgentLog(text=f"Files that could not be taken: {done.left_out}"))
    return done


async def commit_beside(attempt: Attempt, checkout: Checkout) -> dict[str, Finished]:
    """The same for the further repositories: those that changed, by name. Raises `GitFailed`."""
    made = {each.name: await commit(attempt, each) for each in checkout.beside}
    return {name: done for name, done in made.items() if done is not None}


async def tell_of(attempt: Attempt, checkout: Checkout, made: Mapping[str, Finished], *, deliver: bool) -> None:
    """Show what was committed, by the repositories' names, with `deliver` as a branch in each that is on this machine."""
    await keep_diff(attempt, checkout, {name: done.head for name, done in made.items()})
    for each in checkout.all:
        if (done := made.get(each.name)) is None:
            continue
        branch, delivered = _branch_of(attempt.order, each.name), False
        if deliver:
            branch, delivered = await _deliver(attempt, each, done.head, branch)
        attempt.post.tell(
            WorkCommitted(
                head=done.head,
                base=done.base,
                branch=branch,
                files=done.files,
                additions=done.additions,
                deletions=done.deletions,
                delivered=delivered,
                repository=each.name,
            )
        )


def _branch_of(order: Order, name: str) -> str:
    return next((each.branch for each in order.beside if each.name == name), order.branch)


async def _deliver(attempt: Attempt, checkout: Checkout, head: str, branch: str) -> tuple[str, bool]:
    """A repository on this machine gets the branch at once; elsewhere it is pushed when somebody asks for it."""
    if not branch or checkout.repository is None or locate(checkout.repository).path is None:
        return branch, False
    try:
        return await delivery.deliver(checkout, head, branch), True
    except ClawlinkError as error:
        # The work is safe in the mirror: a repository that takes no branch now does not undo it.
        attempt.post.tell(AgentLog(text=f"The branch could not be put into the repository: {error.message}"))
        return branch, False


async def save(attempt: Attempt, checkout: Checkout, reason: str) -> None:
    """Put aside what is there, in every repository, and show it. Raises `GitFailed`."""
    heads: dict[str, str] = {}
    for each in checkout.all:
        if (saved := await salvage.secure(each, reason)) is not None:
            attempt.post.tell(WorkSaved(ref=saved.ref, commit=saved.commit, repository=each.name))
            heads[each.name] = saved.commit
    if heads:
        await keep_diff(attempt, checkout, heads)


async def keep_diff(attempt: Attempt, checkout: Checkout, heads: Mapping[str, str]) -> None:
    """Of all repositories as one. `heads`: those that changed now; what earlier work had made of the others belongs to it too."""
    patch, cut = "", False
    with contextlib.suppress(ClawlinkError):
        for each in checkout.all:
            left = DIFF_BYTES - len(patch.encode())
            head = heads.get(each.name, each.begun)
            if cut or left <= 0 or head == each.base:
                continue
            found = await diff.between(each, head, limit_bytes=left, below=each.name)
            patch, cut = patch + found.patch, found.cut
        told = "\n… the diff is longer than what is kept here\n" if cut else ""
        attempt.post.tell(ArtifactKept(name="diff", size=len(patch), text=patch + told))


async def fingerprint(checkout: Checkout) -> str:
    """The state of the agent's files and commits; empty when it cannot be told just now."""
    try:
        seen = [await snapshot.take(each) for each in checkout.all]
    except ClawlinkError:
        return ""
    return " ".join(f"{one.head} {one.tree}" for one in seen)
