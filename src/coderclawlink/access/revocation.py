"""Taking a right away is heard at once: whoever was let in by it is looked at again.

Above: every verb here that ends a session, disables somebody, lowers a role, takes a membership or a device away; the live streams, which
listen, ask who they tell things to, and end where that is not the same any more. Below: the bell, also between the hubs of one database.
"""

from __future__ import annotations

from coderclawlink.db.engine import Tx

TOPIC = "access"
"""The bell's topic: somebody may less, or otherwise, than before."""


def ring(tx: Tx) -> None:
    """Once this transaction is on disk, whoever listens looks again."""
    tx.topics.add(TOPIC)
