"""Pushes: a commit that lies here is put where the hub wants it, on a branch of a repository, by real git.

Above: the node's composition root. Below: the workspaces. Done twice it is done once: a branch that stands at the commit is success.
Nothing is kept here: a hub that did not hear the answer asks again.
"""

from __future__ import annotations

import logging

from coderclawlink.errors import ClawlinkError, Conflict, Invalid
from coderclawlink.link.protocol import Push, Pushed
from coderclawlink.workspaces import delivery, mirror
from coderclawlink.workspaces.store import Store

logger = logging.getLogger(__name__)


async def push(word: Push, store: Store, token: str | None) -> Pushed:
    """`token`: the node's own, for a hub that gives none. Raises nothing: what went wrong is the answer."""
    known = store.mirror(word.repository, word.run)
    if not known.exists() or await mirror.commit_at(known, word.head) is None:
        return Pushed(delivery=word.delivery, error=f"The commit {word.head[:12]} does not lie on this node any more.")
    try:
        branch = await delivery.publish(
            known, word.head, word.repository, word.branch, expects=word.expects, token=word.token or token
        )
    except (Invalid, Conflict) as error:
        return Pushed(delivery=word.delivery, error=error.message)
    except ClawlinkError as error:
        logger.warning("%s could not be pushed: %s", word.branch, error.message)
        return Pushed(delivery=word.delivery, error=error.message, retry=True)
    logger.info("%s stands at %s", branch, word.head[:12])
    return Pushed(delivery=word.delivery, branch=branch)
