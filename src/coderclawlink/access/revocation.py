"""Taking a right away is heard at once: whoever was let in by it is looked at again.

Above: every verb here that ends a session, disables somebody, lowers a role, takes a membership or a device away; the live streams, which
listen, ask who they tell things to, and end where that is not the same any more. Below: the bell, also between the hubs of one database. Each
listens for its own person and session, so that of a thousand that listen only those look that must.
"""

from __future__ import annotations

from coderclawlink.access.policy import Actor
from coderclawlink.db.engine import Tx

TOPIC = "access"
"""The bell's topic for what may be about anybody, such as that a project is private now."""


def ring(tx: Tx, whose: str | None = None) -> None:
    """Once this transaction is on disk, whoever listens looks again: as this user, or by the session with this hash; None: everybody."""
    tx.topics.add(TOPIC if whose is None else f"{TOPIC}:{whose}")


def topics_of(*actors: Actor) -> set[str]:
    """What is rung when one of them may less, or otherwise, than before."""
    return {
        TOPIC,
        *(f"{TOPIC}:{whose}" for actor in actors for whose in (actor.user, actor.login) if whose is not None),
    }
