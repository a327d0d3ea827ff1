"""A run's life under a killer: the hub dies at every point there is, and the end is the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Database, Look, Tx
from coderclawlink.db.schema import runs
from coderclawlink.engine.lifecycle import Lifecycle
from coderclawlink.engine.settling import BACKOFF_SECONDS, LOSSES_AT_MOST, settle
from coderclawlink.events import AttemptEnded, AttemptStarted, Pause, WorkCommitted
from coderclawlink.ids import RunId
from coderclawlink.runs import attempts, ledger, recording
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State, WaitReason
from tests.runs.played import NODE, give, join, kinds, said, submit

pytestmark = pytest.mark.anyio
T = TypeVar("T")
World = Callable[[Tx, RunId], None]


class Killed(BaseException):
    """The hub is gone."""


@dataclass
class Kept:
    """What the engine has kept of one workflow, and when the hub is killed next: at the so-manieth point from now."""

    results: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    points: int = 0
    kill_at: int = -1


class KilledSteps:
    """The engine's steps over `Kept`. Before a wait the world goes on: the test's node does what the test says."""

    def __init__(self, db: Database, kept: Kept, run: RunId, world: World) -> None:
        self._db = db
        self._kept = kept
        self._run = run
        self._world = world
        self._at = 0

    async def step(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        if self._at < len(self._kept.results):
            self._at += 1
            result: T = json.loads(self._kept.results[self._at - 1])
            return result
        if name in ("wait", "due"):
            await self._db.write(self._world, self._run)
        self._point()
        done = json.dumps(await work())
        self._point()
        self._kept.results.append(done)
        self._at += 1
        self._point()
        return cast(T, json.loads(done))

    async def sleep(self, seconds: float) -> None:
        async def slept() -> None:
            self._kept.slept.append(seconds)

        await self.step("sleep", slept)

    def _point(self) -> None:
        self._kept.points += 1
        if self._kept.points == self._kept.kill_at:
            raise Killed


async def live(db: Database, run: RunId, world: World, kept: Kept) -> None:
    """Carry the run to its end; after a kill begin again with what was kept."""
    async with asyncio.timeout(30):
        while True:
            try:
                await Lifecycle(db).carry(KilledSteps(db, kept, run, world), run)
            except Killed:
                continue
            return


def acting(*outcomes: AttemptEnded | str) -> World:
    """A node that takes each attempt and ends it so, one after the other. A word: the hub loses it, or nobody comes."""

    def act(tx: Tx, run_id: RunId) -> None:
        run = ledger.find(tx, run_id)
        if run.wait_reason is WaitReason.QUOTA:
            ledger.note(tx, run_id, wait_until=tx.now())  # the time has come
            return
        attempt = attempts.find(tx, run_id, run.attempt)
        assert attempt is not None
        if attempt.state != "queued":
            return
        give(tx, run)
        outcome = outcomes[min(run.attempt, len(outcomes)) - 1]
        recording.record(tx, NODE, said(run, AttemptStarted(), attempt=run.attempt))
        if isinstance(outcome, str):
            attempts.lose(tx, run_id, run.attempt, outcome)
        else:
            work = WorkCommitted(head="h", base="b", branch="task/p-1", files=1, additions=1, deletions=0)
            recording.record(tx, NODE, said(run, work, outcome, first=2, attempt=run.attempt))

    return act


COMPLETED = AttemptEnded(outcome="completed", result="Done.")
AGAIN = AttemptEnded(outcome="failed", error="overloaded", retry=True)
NEVER = AttemptEnded(outcome="failed", error="no such model")
INTERRUPTED = AttemptEnded(outcome="interrupted")
LIMITED = AttemptEnded(outcome="paused", pause=Pause(reason="quota", why="The quota is used up."))


def end_of(look: Look, run: RunId) -> dict[str, object]:
    found = ledger.find(look, run)
    return {
        "run": (found.state, found.error, found.result, found.failures, found.attempt, found.wait_reason),
        "attempts": [(one.number, one.state, one.outcome, one.settled) for one in attempts.of_run(look, run)],
        "journal": kinds(look, run),
    }


@pytest.mark.parametrize(
    ("world", "end"),
    [
        (acting(COMPLETED), (State.COMPLETED, None, "Done.", 0, 1, None)),
        (acting(NEVER), (State.FAILED, "no such model", None, 0, 1, None)),
        (acting(AGAIN, AGAIN, COMPLETED), (State.COMPLETED, None, "Done.", 2, 3, None)),
        (acting(AGAIN), (State.FAILED, "overloaded", None, 2, 3, None)),
        (acting("its node is gone", INTERRUPTED, AGAIN, COMPLETED), (State.COMPLETED, None, "Done.", 1, 4, None)),
        (acting(LIMITED, LIMITED, COMPLETED), (State.COMPLETED, None, "Done.", 0, 3, None)),
    ],
    ids=[
        "completed",
        "failed",
        "third time lucky",
        "out of tries",
        "lost, interrupted, failed, completed",
        "out of quota twice",
    ],
)
async def test_wherever_the_hub_is_killed_the_end_is_the_same(
    db: Database, world: World, end: tuple[object, ...]
) -> None:
    await db.write(join, slots=1000)
    calm, run = Kept(), await db.write(submit)
    await live(db, run.id, world, calm)
    expected = await db.read(end_of, run.id)
    assert expected["run"] == end
    for point in range(1, calm.points + 1):
        kept, again = Kept(kill_at=point), await db.write(submit)
        await live(db, again.id, world, kept)
        assert kept.points >= point, "it was not killed"
        assert await db.read(end_of, again.id) == expected
        assert list(dict.fromkeys(kept.slept)) == calm.slept, (
            "each backoff is waited out, the one it was killed in twice"
        )


async def test_failures_wait_longer_each_time_and_losses_do_not_wait(db: Database) -> None:
    await db.write(join, slots=1000)
    kept, run = Kept(), await db.write(lambda tx: submit(tx, tries=6))
    await live(db, run.id, acting(AGAIN, "lost", AGAIN, AGAIN, AGAIN, AGAIN, COMPLETED), kept)
    assert kept.slept == [*BACKOFF_SECONDS, BACKOFF_SECONDS[-1]]
    assert (await db.read(ledger.find, run.id)).state is State.COMPLETED


async def test_a_run_that_kills_its_nodes_is_not_tried_for_ever(db: Database) -> None:
    await db.write(join, slots=1000)
    run = await db.write(submit)
    await live(db, run.id, acting("its node died"), Kept())
    found = await db.read(ledger.find, run.id)
    assert (found.state, found.attempt) == (State.FAILED, LOSSES_AT_MOST)
    assert found.error == f"Its node was lost {LOSSES_AT_MOST} times; the last time: its node died"


async def test_a_cancelled_run_ends_its_workflow_and_makes_no_further_attempt(db: Database) -> None:
    await db.write(join)

    def cancel(tx: Tx, run_id: RunId) -> None:
        run = ledger.find(tx, run_id)
        if not run.has_ended:
            give(tx, run)
            ledger.cancel(tx, OWNER, run_id)

    run = await db.write(submit)
    await live(db, run.id, cancel, Kept())
    found = await db.read(ledger.find, run.id)
    assert (found.state, found.attempt) == (State.CANCELLED, 1)
    await db.write(recording.record, NODE, said(run, AttemptStarted(), COMPLETED))
    assert await db.write(settle, run.id, 1) is None
    assert (await db.read(ledger.find, run.id)).state is State.CANCELLED


async def test_a_deleted_run_ends_its_workflow(db: Database) -> None:
    def delete(tx: Tx, run_id: RunId) -> None:
        tx.change(runs.delete().where(runs.c.id == run_id))

    run = await db.write(submit)
    await live(db, run.id, delete, Kept())
    await live(db, RunId("nobody"), delete, Kept())


async def test_the_card_follows_its_newest_run_and_stays_where_a_person_has_put_it(db: Database) -> None:
    def begin(tx: Tx) -> tuple[tasks.Task, Run]:
        join(tx, slots=1000)
        project = projects.create(tx, OWNER, name="P", key="P")
        task = tasks.create(tx, OWNER, project_id=project.id, title="T")
        run = submit(tx, task=task.id, project=project.id)
        tasks.run_submitted(tx, task.id, "a", OWNER)
        return task, run

    task, run = await db.write(begin)
    assert (await db.read(tasks.find, task.id)).status == "in_progress"
    await live(db, run.id, acting(COMPLETED), Kept())
    card = await db.read(tasks.find, task.id)
    assert (card.status, card.agent_execution_status, card.assigned_agent_type, card.github_branch_name) == (
        "in_review",
        "completed",
        "a",
        "task/p-1",
    )
    await db.write(tasks.change, OWNER, task.id, {"status": tasks.TaskStatus.DONE})

    def again(tx: Tx) -> tuple[Run, Run]:
        older, newer = (submit(tx, task=task.id, project=task.project_id) for _ in range(2))
        tasks.run_submitted(tx, task.id, "a", OWNER)
        return older, newer

    older, newer = await db.write(again)
    await live(db, newer.id, acting(NEVER), Kept())
    await live(db, older.id, acting(COMPLETED), Kept())
    card = await db.read(tasks.find, task.id)
    assert (card.status, card.agent_execution_status) == ("done", "failed")


async def test_the_wait_ends_with_the_bell_and_not_with_the_next_look(db: Database) -> None:
    """It looks again only every 15 seconds."""
    await db.write(join)
    run = await db.write(lambda tx: give(tx, submit(tx)))
    waiting = asyncio.Event()

    class Steps:
        async def step(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
            if name == "wait":
                waiting.set()
            return await work()

        async def sleep(self, seconds: float) -> None: ...

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(Lifecycle(db).carry(Steps(), run.id))
        await waiting.wait()
        await db.write(recording.record, NODE, said(run, AttemptStarted()))
        await db.write(recording.record, NODE, said(run, COMPLETED, first=2))
    assert (await db.read(ledger.find, run.id)).state is State.COMPLETED
