"""The result of an attempt: its work, brought to where it outlives the attempt's folder, and shown.

Above: the conversation, which has a commit checked, and `outcome`, which says what becomes of the attempt. Below: the
workspaces. Whatever happens, what the agent left is in the mirror before the last word is said.
"""

from __future__ import annotations

import contextlib

from coderclawlink.errors import ClawlinkError
from coderclawlink.events import AgentLog, ArtifactKept, WorkCommitted, WorkSaved
from coderclawlink.node.attempt import Attempt
from coderclawlink.workspaces import checkout as checkouts
from coderclawlink.workspaces import delivery, diff, salvage, snapshot
from coderclawlink.workspaces.checkout import Finished
from coderclawlink.workspaces.mirror import locate
from coderclawlink.workspaces.store import Checkout


async def commit(attempt: Attempt, checkout: Checkout) -> Finished | None:
    """Make commits of all that is there, kept in the mirror; None when nothing changed. Raises `GitFailed`."""
    order = attempt.order
    author = order.author or attempt.tools.author
    done = await checkouts.finish(checkout, title=order.title, author=author, agent=order.agent)
    if done is not None and done.left_out:
        attempt.post.tell(AgentLog(text=f"Files that could not be taken: {done.left_out}"))
    return done


async def tell_of(attempt: Attempt, checkout: Checkout, done: Finished, *, deliver: bool) -> None:
    """Show what was committed, with `deliver` as a branch in the repository if that is on this machine."""
    await keep_diff(attempt, checkout, done.head)
    branch, delivered = attempt.order.branch, False
    if deliver:
        branch, delivered = await _deliver(attempt, checkout, done.head)
    attempt.post.tell(
        WorkCommitted(
            head=done.head,
            base=done.base,
            branch=branch,
            files=done.files,
            additions=done.additions,
            deletions=done.deletions,
            delivered=delivered,
        )
    )


async def _deliver(attempt: Attempt, checkout: Checkout, head: str) -> tuple[str, bool]:
    """A repository on this machine gets the branch at once; elsewhere it is pushed when somebody asks for it."""
    order = attempt.order
    if not order.branch or checkout.repository is None or locate(checkout.repository).path is None:
        return order.branch, False
    try:
        return await delivery.deliver(checkout, head, order.branch), True
    except ClawlinkError as error:
        # The work is safe in the mirror: a repository that takes no branch now does not undo it.
        attempt.post.tell(AgentLog(text=f"The branch could not be put into the repository: {error.message}"))
        return order.branch, False


async def save(attempt: Attempt, checkout: Checkout, reason: str) -> None:
    """Put aside what is there, and show it. Raises `GitFailed`."""
    saved = await salvage.secure(checkout, reason)
    if saved is None:
        return
    attempt.post.tell(WorkSaved(ref=saved.ref, commit=saved.commit))
    await keep_diff(attempt, checkout, saved.commit)


async def keep_diff(attempt: Attempt, checkout: Checkout, head: str) -> None:
    with contextlib.suppress(ClawlinkError):
        found = await diff.between(checkout, head)
        cut = "\n… the diff is longer than what is kept here\n" if found.cut else ""
        attempt.post.tell(ArtifactKept(name="diff", size=len(found.patch), text=found.patch + cut))


async def fingerprint(checkout: Checkout) -> str:
    """The state of the agent's files and commits; empty when it cannot be told just now."""
    try:
        seen = await snapshot.take(checkout)
    except ClawlinkError:
        return ""
    return f"{seen.head} {seen.tree}"
