"""Notices what died: nodes whose lease ran out, attempts past their time, questions that nobody has answered in theirs.

A hub that starts waits one lease before it believes that a node is gone: it may only be on its way back. So does a hub that
stood still itself, as on a laptop that was closed: its nodes stood still with it.
"""

from __future__ import annotations

import asyncio
import logging

from coderclawlink.db.engine import Database, Look, StoreUnavailable, Tx
from coderclawlink.runs import attempts, leases, nodes, questions

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
OVERDUE_SECONDS = 30.0
"""The node itself ends an attempt that takes too long; when it has not done so for so long, the hub does not wait for it."""


def sweep(tx: Tx, lease_seconds: float, grace_seconds: float) -> None:
    """One look at everything that has a deadline. Safe to do at any time and from several hubs."""
    for node in nodes.silent(tx, lease_seconds):
        nodes.leave(tx, node.name, "its lease ran out")
        leases.wait_for_node(tx, node.name, node.seen_at + lease_seconds + grace_seconds)
    gone = [node.name for node in nodes.gone(tx, lease_seconds + grace_seconds)]
    for run, number in leases.of_nodes_gone(tx, gone):
        attempts.lose(tx, run, number, "its node has been away for longer than the grace")
    for run, number in leases.overdue(tx, OVERDUE_SECONDS):
        attempts.lose(tx, run, number, "its node did not end it in time")
    for question in questions.overdue(tx):
        questions.expire(tx, question)


def is_due(look: Look, lease_seconds: float, grace_seconds: float) -> bool:
    """Whether a sweep would find anything; costs no commit."""
    gone = [node.name for node in nodes.gone(look, lease_seconds + grace_seconds)]
    return bool(
        nodes.silent(look, lease_seconds)
        or leases.of_nodes_gone(look, gone)
        or leases.overdue(look, OVERDUE_SECONDS)
        or questions.overdue(look)
    )


async def run(db: Database, lease_seconds: float, grace_seconds: float) -> None:
    """Sweep every second, for ever; first after one lease, and again after one lease whenever this process stood still."""
    looked = 0.0
    stood_still = max(lease_seconds / 3, 2 * EVERY_SECONDS)
    while True:
        try:
            if (now := await db.read(Look.now)) - looked > stood_still:
                await asyncio.sleep(lease_seconds)
                now = await db.read(Look.now)
            elif await db.read(is_due, lease_seconds, grace_seconds):
                await db.write(sweep, lease_seconds, grace_seconds)
            looked = now
        except StoreUnavailable as error:
            logger.warning("nothing can be swept: %s", error.message)
        await asyncio.sleep(EVERY_SECONDS)
