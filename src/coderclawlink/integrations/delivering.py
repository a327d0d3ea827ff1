"""The deliverer: what stands on its branch is proposed to its host, which is safe to do twice; and the follower that wishes results on.

The deliverer is a follower of deliveries rather than of events: the row says what is still to be done, the bell when to look. A hub that dies between the
host's answer and our note of it finds the pull request by its branch. Above: the composition root. Below: the hosts, and the rows.
"""

from __future__ import annotations

import asyncio
import logging

from coderclawlink.board import tasks
from coderclawlink.board.tasks import TaskNotFound
from coderclawlink.db.engine import Database, StoreUnavailable, Tx
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import ComparisonKept
from coderclawlink.ids import RunId
from coderclawlink.journal.follow import Follower
from coderclawlink.journal.log import Told
from coderclawlink.pulls import bodies, deliveries, pull_requests, results
from coderclawlink.pulls.deliveries import PUSHED, Delivery
from coderclawlink.pulls.hosts import (
    Compare,
    HostRefused,
    Hosts,
    HostUnreachable,
    LimitReached,
    Opened,
    Place,
    Proposal,
)

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 5.0


class Deliverer:
    """Of one installation."""

    def __init__(self, db: Database, hosts: Hosts) -> None:
        self._db = db
        self._hosts = hosts

    async def run(self) -> None:
        """Until cancelled. One hub at a time."""
        with self._db.bell.listen(PUSHED) as ear:
            while True:
                try:
                    async with asyncio.TaskGroup() as several:
                        for delivery in await self._db.read(deliveries.to_propose):
                            several.create_task(self._propose(delivery))
                except* StoreUnavailable as error:
                    logger.warning("nothing can be delivered: %s", error.exceptions[0])
                await ear.wait(LOOK_AGAIN_SECONDS)

    async def _propose(self, delivery: Delivery) -> None:
        try:
            project = (await self._db.read(tasks.find, delivery.task_id)).project_id
            host = await self._hosts.host_for(project, delivery.repository, delivery.owner)
            answer = await host.propose(
                Proposal(
                    title=delivery.title or delivery.branch,
                    body=delivery.body or "",
                    branch=delivery.branch,
                    head=delivery.head,
                    base=None,
                    draft=delivery.draft,
                    mark=bodies.mark(delivery.task_id, delivery.name),
                )
            )
            await self._db.write(_note, delivery.id, answer, host.place)
        except LimitReached as error:
            await self._db.write(_put_off, delivery.id, error.message, error.seconds)
        except HostUnreachable as error:
            await self._db.write(_put_off, delivery.id, error.message, None)
        except TaskNotFound:  # deleted; it may be restored
            pass
        except (HostRefused, Invalid, Conflict, NotFound) as error:
            await self._db.write(_fail, delivery.id, error.message)


def _note(tx: Tx, delivery: str, answer: Opened | Compare, place: Place) -> None:
    found = deliveries.still_pushed(tx, delivery)
    if found is None:
        return
    if isinstance(answer, Compare):
        deliveries.compared(tx, found, answer.command)
    else:
        pull_requests.opened(tx, found, answer, place)


def _put_off(tx: Tx, delivery: str, error: str, seconds: float | None) -> None:
    if (found := deliveries.still_pushed(tx, delivery)) is not None:
        deliveries.put_off(tx, found, error, seconds)


def _fail(tx: Tx, delivery: str, error: str) -> None:
    if (found := deliveries.still_pushed(tx, delivery)) is not None:
        deliveries.fail(tx, found, error)


def results_follower(db: Database, public_url: str) -> Follower:
    """Wishes on what goes on by itself. `public_url`: as `deliveries.want` takes it."""

    async def do(told: Told) -> None:
        event = told.event
        run = RunId(event.run) if isinstance(event, ComparisonKept) else told.about.run
        if run is not None:
            await db.write(results.go_on, run, public_url)

    return Follower("results", results.ENDS, do)
