"""Work on a blocked task waits until what blocks it is done, over any killing of the hub, and then begins by itself."""

from __future__ import annotations

import asyncio

import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.board import bulk, links, projects, tasks
from coderclawlink.board.links import Link
from coderclawlink.board.tasks import Task, TaskStatus
from coderclawlink.db.engine import Database, Tx
from coderclawlink.engine import lifecycle, placement
from coderclawlink.engine.dbos import Durable
from coderclawlink.engine.lifecycle import Lifecycle, Limits
from coderclawlink.engine.settling import NEVER_SECONDS, WAITS, due_in, settle
from coderclawlink.ids import RunId
from coderclawlink.runs import attempts, ledger
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runs.run import State, WaitReason
from tests.engine.test_lifecycle import COMPLETED, Kept, acting, live
from tests.runs.played import join, kinds

pytestmark = pytest.mark.anyio


def make(tx: Tx, count: int) -> list[Task]:
    project = projects.create(tx, OWNER, name="P", key="DEMO")
    return [tasks.create(tx, OWNER, project_id=project.id, title=str(n)) for n in range(count)]


def submit(tx: Tx, task: Task) -> Run:
    """As `lifecycle.submit`, without the durable engine."""
    run = attempts.submit(tx, OWNER, Wish("a", "x", {}, "x", project_id=task.project_id, task_id=task.id))
    tasks.run_submitted(tx, task.id, "a", OWNER)
    placement.hold(tx, run)
    return ledger.find(tx, run.id)


def done(tx: Tx, task: Task) -> None:
    tasks.change(tx, OWNER, task.id, {"status": TaskStatus.DONE})


def test_a_deleted_project_blocks_the_tasks_of_others_no_more(db: Database) -> None:
    def story(tx: Tx) -> None:
        join(tx)
        one, waits = make(tx, 2)
        far = projects.create(tx, OWNER, name="F", key="FAR")
        other = tasks.create(tx, OWNER, project_id=far.id, title="Elsewhere")
        for blocker in (one, other):
            links.add(tx, OWNER, blocker.id, Link.BLOCKS, waits.id)
        run = submit(tx, waits)
        assert run.wait_who == "DEMO-1, FAR-1"
        projects.delete(tx, OWNER, far.id)
        assert ledger.find(tx, run.id).wait_who == "DEMO-1"
        links.remove(tx, OWNER, one.id, Link.BLOCKS, waits.id)
        last = projects.create(tx, OWNER, name="L", key="LAST")
        links.add(tx, OWNER, tasks.create(tx, OWNER, project_id=last.id, title="x").id, Link.BLOCKS, waits.id)
        tx.topics.clear()
        projects.delete(tx, OWNER, last.id)
        assert f"over:{run.id}" in tx.topics, "its run is woken"
        assert due_in(tx, run.id, 1) == 0

    db.write_now(story)


def test_a_run_of_a_blocked_task_waits_from_the_first_and_says_for_which(db: Database) -> None:
    def story(tx: Tx) -> None:
        join(tx)
        one, two, three = make(tx, 3)
        for blocker in (one, two):
            links.add(tx, OWNER, blocker.id, Link.BLOCKS, three.id)
        run = submit(tx, three)
        assert (run.state, run.wait_reason, run.wait_who) == (State.WAITING, WaitReason.DEPENDENCY, "DEMO-1, DEMO-2")
        assert placement.place(tx, 16) == []
        assert settle(tx, run.id, 1) == WAITS
        assert due_in(tx, run.id, 1) == NEVER_SECONDS
        tx.topics.clear()
        done(tx, one)
        assert ledger.find(tx, run.id).wait_who == "DEMO-2"
        assert f"over:{run.id}" not in tx.topics
        done(tx, two)
        assert f"over:{run.id}" in tx.topics
        assert due_in(tx, run.id, 1) == 0
        assert settle(tx, run.id, 1) == 0
        assert attempts.offer(tx, ledger.find(tx, run.id)) == 2
        placement.place(tx, 16)
        assert ledger.find(tx, run.id).state is State.PLANNING
        assert attempts.losses(tx, run.id) == 0

    db.write_now(story)


@pytest.mark.parametrize("freed_by", ["unlink", "delete", "bulk"])
def test_whatever_frees_a_task_wakes_its_runs(db: Database, freed_by: str) -> None:
    def story(tx: Tx) -> None:
        one, two = make(tx, 2)
        links.add(tx, OWNER, two.id, Link.BLOCKED_BY, one.id)
        run = submit(tx, two)
        tx.topics.clear()
        match freed_by:
            case "unlink":
                links.remove(tx, OWNER, one.id, Link.BLOCKS, two.id)
            case "delete":
                tasks.delete(tx, OWNER, one.id)
            case _:
                bulk.move(tx, OWNER, [one.id], TaskStatus.DONE)
        assert f"over:{run.id}" in tx.topics
        assert due_in(tx, run.id, 1) == 0

    db.write_now(story)


def test_a_link_that_is_made_while_the_run_is_in_the_queue_holds_it_too(db: Database) -> None:
    def story(tx: Tx) -> None:
        one, two = make(tx, 2)
        run = submit(tx, two)
        assert run.state is State.PENDING
        links.add(tx, OWNER, one.id, Link.BLOCKS, two.id)
        join(tx)
        placement.place(tx, 16)
        found = ledger.find(tx, run.id)
        assert (found.state, found.wait_reason) == (State.WAITING, WaitReason.DEPENDENCY)
        assert f"over:{run.id}" in tx.topics
        assert settle(tx, run.id, 1) == WAITS

    db.write_now(story)


def test_a_run_that_waits_for_a_task_can_be_cancelled(db: Database) -> None:
    def story(tx: Tx) -> None:
        one, two = make(tx, 2)
        links.add(tx, OWNER, one.id, Link.BLOCKS, two.id)
        run = submit(tx, two)
        ledger.cancel(tx, OWNER, run.id)
        assert settle(tx, run.id, 1) is None
        done(tx, one)
        assert ledger.find(tx, run.id).state is State.CANCELLED

    db.write_now(story)


@pytest.mark.parametrize("kill_at", range(1, 16))
async def test_a_hub_that_is_killed_anywhere_goes_on_waiting_and_then_goes_on(db: Database, kill_at: int) -> None:
    def begin(tx: Tx) -> tuple[Run, Task]:
        join(tx)
        one, two = make(tx, 2)
        links.add(tx, OWNER, one.id, Link.BLOCKS, two.id)
        return submit(tx, two), one

    run, blocker = await db.write(begin)
    node = acting(COMPLETED)

    def world(tx: Tx, run_id: RunId) -> None:
        if ledger.find(tx, run_id).wait_reason is WaitReason.DEPENDENCY:
            done(tx, blocker)
        else:
            node(tx, run_id)

    await live(db, run.id, world, Kept(kill_at=kill_at))
    with db.look() as look:
        found = ledger.find(look, run.id)
        assert (found.state, found.result, found.failures, found.attempt) == (State.COMPLETED, "Done.", 0, 2)
        assert kinds(look, run.id).count("run.waiting") == 1


async def test_the_real_engine_begins_the_run_once_its_blocker_is_done(db: Database) -> None:
    durable = Durable(db, "hub", Lifecycle(db).carry)
    await asyncio.to_thread(durable.launch)
    try:

        def begin(tx: Tx) -> tuple[Run, Task]:
            join(tx)
            one, two = make(tx, 2)
            links.add(tx, OWNER, one.id, Link.BLOCKS, two.id)
            wish = Wish("a", "x", {}, "x", project_id=two.project_id, task_id=two.id)
            return lifecycle.submit(tx, durable, Limits(), OWNER, wish), one

        run, blocker = await db.write(begin)
        assert run.wait_reason is WaitReason.DEPENDENCY
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            placing = group.create_task(placement.run(db, 16))
            with db.bell.listen(f"run:{run.id}") as ear:
                await db.write(done, blocker)
                while (await db.read(ledger.find, run.id)).state is not State.PLANNING:
                    await ear.wait(1)
            placing.cancel()
        await db.write(ledger.cancel, OWNER, run.id)
    finally:
        await asyncio.to_thread(durable.close)
