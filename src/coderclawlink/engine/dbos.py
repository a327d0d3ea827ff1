"""The adapter to the durable engine (DBOS): every call to it that this house makes stands here, a dozen in all.

DBOS keeps its tables in our database and shares our writing engine, so `enqueue` is part of the caller's transaction. One
workflow is registered, under one name and one hand-given version: what a run does is data, so a release strands none.
`tests/engine/test_dbos.py` is the contract that every bump of the library must pass; recovery leans on one private call, closing on
the names of threads.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from dbos import DBOS, DBOSClient, DBOSConfig, Serializer

from coderclawlink.db.engine import Database, Tx
from coderclawlink.ids import RunId

T = TypeVar("T")

VERSION = "wf-1"
"""Raise it only when a workflow begun by older code could not be ended by newer code."""
NAME = "run"
QUEUE = "runs"
POLL_SECONDS = 0.25
"""How often DBOS looks for enqueued workflows. Nothing waits for it: a first attempt is placed in the submit itself."""
QUEUE_THREADS = "queue-worker-"
"""How DBOS names the threads that take workflows up. They hear of the end within a moment."""
QUEUE_END_SECONDS = 10.0
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
RECOVERIES_AT_MOST = 1_000_000
"""A workflow interrupted more often is put aside for good, and its run with it. A run may wait for weeks while its hub is
restarted at every change of a file, so DBOS's default of 100 would strand it."""


class Steps(Protocol):
    """What a workflow may do durably."""

    async def step(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do something once; after a crash its kept result is returned. What it writes must be safe to write twice."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Sleep by the calendar: a restart does not begin the time anew."""
        ...


class _Json(Serializer):
    """The library's default is pickle; what is kept in a database should be data."""

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {"error": f"{type(data).__name__}: {data}"}
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "clawlink_json"


class _DbosSteps:
    async def step(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        async def doing() -> T:
            return await work()

        return await DBOS.run_step_async({"name": name, "preemptible": True}, doing)

    async def sleep(self, seconds: float) -> None:
        await DBOS.sleep_async(seconds)


class Durable:
    """The running engine of this process. There is one at a time (DBOS is a singleton)."""

    def __init__(self, db: Database, executor: str, carry: Callable[[Steps, RunId], Awaitable[None]]) -> None:
        """`executor`: unique among all running hubs on this database, and the same after a restart.
        `carry`: the workflow's body."""
        quiet = logging.getLogger("dbos")
        quiet.setLevel(logging.ERROR)
        config: DBOSConfig = {
            "name": "coderclawlink",
            "system_database_engine": db.writing,
            "application_version": VERSION,
            "executor_id": executor,
            "serializer": _Json(),
            "max_executor_threads": 64,
            "notification_listener_polling_interval_sec": 0.5,  # nothing here waits in recv
            "log_level": "ERROR",
        }
        self._dbos = DBOS(config=config)

        async def run(run_id: str) -> None:
            await carry(_DbosSteps(), RunId(run_id))

        DBOS.workflow(name=NAME, max_recovery_attempts=RECOVERIES_AT_MOST)(run)
        self._client = DBOSClient(
            system_database_engine=db.writing, serializer=_Json(), application_name="coderclawlink", lazy=True
        )

    def launch(self) -> None:
        """Make the engine's tables if they are missing, take up what this executor left, begin to work. Blocks."""
        DBOS.launch()
        DBOS.register_queue(QUEUE, polling_interval_sec=POLL_SECONDS)

    def enqueue(self, tx: Tx, run: RunId) -> None:
        """The run's workflow will be carried out, if and only if this transaction commits. Once for each run."""
        self._client.enqueue_in_transaction(
            tx.connection, {"workflow_name": NAME, "queue_name": QUEUE, "workflow_id": run, "app_version": VERSION}, run
        )

    def adopt(self, executors: list[str]) -> None:
        """Take up the workflows of executors that are dead. Safe to do twice. Blocks."""
        DBOS._recover_pending_workflows(executors)

    def left_by(self, executors: list[str]) -> list[str]:
        """Which of these executors have workflows at work. Blocks."""
        found = DBOS.list_workflows(status="PENDING", executor_id=executors, load_input=False, load_output=False)
        return sorted({status.executor_id for status in found if status.executor_id})

    def forget_ended(self, seconds: float) -> int:
        """Delete the engine's rows of workflows that ended longer ago; returns how many. Blocks."""
        before = datetime.fromtimestamp(time.time() - seconds, UTC).isoformat()
        forgotten = 0
        while ended := DBOS.list_workflows(
            status=ENDED, completed_before=before, limit=500, load_input=False, load_output=False
        ):
            DBOS.delete_workflows([status.workflow_id for status in ended])
            forgotten += len(ended)
        return forgotten

    def unfinished(self) -> list[str]:
        """Ids of the workflows that have not ended. Blocks."""
        return [status.workflow_id for status in DBOS.list_workflows(status=["PENDING", "ENQUEUED"], limit=100_000)]

    def close(self) -> None:
        """Stop working; what is under way goes on at the next launch. Blocks."""
        # The library ends its event loop before its queues: a workflow that a queue took up in between would never begin, and
        # Python would complain of a coroutine that nobody awaits. So the queues end first.
        for event in self._dbos.background_thread_stop_events:
            event.set()
        for thread in threading.enumerate():
            if thread.name.startswith(QUEUE_THREADS):
                with contextlib.suppress(RuntimeError):  # one only about to begin, which sees at once that it is to end
                    thread.join(QUEUE_END_SECONDS)
        DBOS.destroy(destroy_registry=True)


def make_tables(url: str) -> None:
    """Make the engine's tables in a PostgreSQL database, for what a backup has of them. Blocks."""
    DBOS.migrate(url)
