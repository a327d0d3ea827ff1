"""A submit is one transaction: the run, its events, its workflow, its card and its place, or nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Database, Tx
from coderclawlink.engine import lifecycle
from coderclawlink.engine.dbos import Durable
from coderclawlink.engine.lifecycle import Lifecycle, Limits
from coderclawlink.errors import Invalid
from coderclawlink.events import AttemptEnded, AttemptStarted
from coderclawlink.ids import ProjectId, RunId, TaskId
from coderclawlink.journal import log
from coderclawlink.runs import attempts, ledger, recording
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runs.run import State
from tests.runs.played import NODE, join, kinds, said

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def durable(shared_db: Database) -> Iterator[Durable]:
    made = Durable(shared_db, "hub", Lifecycle(shared_db).carry)
    made.launch()
    yield made
    made.close()


def submit(
    tx: Tx,
    durable: Durable,
    *,
    actor: Actor = OWNER,
    then_fail: bool = False,
    task_id: TaskId | None = None,
    project_id: ProjectId | None = None,
) -> Run:
    wish = Wish("a", "Do it", {}, "Do it", project_id=project_id, task_id=task_id)
    run = lifecycle.submit(tx, durable, Limits(), actor, wish)
    if then_fail:
        raise Invalid("taken back")
    return run


async def unfinished(durable: Durable) -> set[str]:
    return set(await asyncio.to_thread(durable.unfinished))


async def until_ended(db: Database, run: RunId) -> Run:
    with db.bell.listen(f"run:{run}") as ear:
        async with asyncio.timeout(20):
            while not (found := await db.read(ledger.find, run)).has_ended:
                await ear.wait(5)
            return found


async def test_one_commit_brings_the_run_its_events_its_workflow_its_card_and_its_place(
    db: Database, durable: Durable
) -> None:
    def begin(tx: Tx) -> tuple[tasks.Task, Run]:
        join(tx)
        project = projects.create(tx, OWNER, name="P", key="P")
        task = tasks.create(tx, OWNER, project_id=project.id, title="T")
        return task, submit(tx, durable, task_id=task.id, project_id=project.id)

    task, run = await db.write(begin)
    assert run.state is State.PLANNING
    assert run.id in await unfinished(durable)
    with db.look() as look:
        assert kinds(look, run.id) == ["run.submitted", "attempt.offered", "attempt.placed"]
        card = tasks.find(look, task.id)
        assert (card.status, card.agent_execution_status) == ("in_progress", "pending")
    await db.write(
        recording.record, NODE, said(run, AttemptStarted(), AttemptEnded(outcome="completed", result="Done."))
    )
    assert (await until_ended(db, run.id)).result == "Done."


async def test_what_fails_after_it_leaves_nothing_behind_and_takes_nobody_elses_run_along(
    db: Database, durable: Durable
) -> None:
    await db.write(join)
    before = await unfinished(durable)
    futures = [db.submit(submit, durable, then_fail=n % 2 == 1) for n in range(6)]
    failures = [future.exception(20) for future in futures]
    assert [type(failure) for failure in failures] == [type(None), Invalid] * 3
    kept = {future.result().id for future in futures if future.exception() is None}
    assert await unfinished(durable) - before == kept
    with db.look() as look:
        assert {run.id for run in ledger.latest(look, OWNER)} == kept
        assert sum(load[3] for load in attempts.loads(look)) == 3
        assert {told.about.run for told in log.read(look, 0) if told.about.run} == kept


async def test_who_may_not_submit_leaves_nothing_behind(db: Database, durable: Durable) -> None:
    before = await unfinished(durable)
    with pytest.raises(PermissionMissing):
        await db.write(submit, durable, actor=Actor(Role.GUEST, "eve", "e" * 64))
    assert await unfinished(durable) <= before  # those of the tests before may end meanwhile; none may begin
    with db.look() as look:
        assert ledger.latest(look, OWNER) == []


async def test_an_agent_that_no_node_has_fails_the_run_with_the_reason(db: Database, durable: Durable) -> None:
    await db.write(join, agents=("b",))
    run = await db.write(submit, durable)
    found = await until_ended(db, run.id)
    assert (found.state, found.error) == (State.FAILED, "Agent a is not available: no node knows it.")


async def test_a_run_deleted_before_its_workflow_begins_leaves_no_workflow(db: Database, durable: Durable) -> None:
    def begin(tx: Tx) -> tuple[tasks.Task, Run]:
        project = projects.create(tx, OWNER, name="P", key="P")
        task = tasks.create(tx, OWNER, project_id=project.id, title="T")
        return task, submit(tx, durable, task_id=task.id, project_id=project.id)

    task, run = await db.write(begin)
    await db.write(tasks.delete, OWNER, task.id)
    async with asyncio.timeout(20):
        while run.id in await unfinished(durable):
            await asyncio.sleep(0.02)
