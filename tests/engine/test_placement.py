"""Who goes where, in which order, under which limits; and what is said of those who must wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Database, Look, Tx
from coderclawlink.engine import placement
from coderclawlink.events import AttemptEnded, AttemptStarted
from coderclawlink.ids import NodeId, ProjectId, RunId
from coderclawlink.link.protocol import AgentOffer
from coderclawlink.runs import attempts, ledger, nodes, recording
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State
from tests.runs.played import NODE, give, join, said, submit

pytestmark = pytest.mark.anyio


def where(look: Look, runs: Sequence[Run]) -> list[NodeId | None]:
    found = [attempts.find(look, run.id, ledger.find(look, run.id).attempt) for run in runs]
    return [None if attempt is None else attempt.node for attempt in found]


def placed(db: Database, runs: Sequence[Run], limit: int = 100) -> list[NodeId | None]:
    db.write_now(placement.place, limit)
    with db.look() as look:
        return where(look, runs)


def project(tx: Tx, key: str) -> ProjectId:
    return projects.create(tx, OWNER, name=key, key=key).id


def test_the_most_urgent_goes_first_then_the_oldest(db: Database) -> None:
    def begin(tx: Tx) -> list[Run]:
        runs = [submit(tx, priority=priority) for priority in (3, 2, 0, 2)]
        join(tx, slots=2)
        return runs

    low, medium, critical, later = db.write_now(begin)
    assert placed(db, [low, medium, critical, later]) == [None, NODE, NODE, None]
    db.write_now(recording.record, NODE, said(critical, AttemptStarted(), AttemptEnded(outcome="completed")))
    assert placed(db, [low, later]) == [None, NODE]


def test_a_node_takes_no_more_than_its_slots_and_an_agent_no_more_than_its_limit(db: Database) -> None:
    def begin(tx: Tx) -> tuple[list[Run], list[Run]]:
        join(tx, slots=3, agents=[AgentOffer(name="a", available=True, limit=1), "b"])
        return [submit(tx, agent="a") for _ in range(2)], [submit(tx, agent="b") for _ in range(4)]

    of_a, of_b = db.write_now(begin)
    assert placed(db, of_a) == [NODE, None]
    assert placed(db, of_b) == [NODE, NODE, None, None]


def test_a_project_has_no_more_at_work_than_its_limit_and_others_go_past_it(db: Database) -> None:
    def begin(tx: Tx) -> tuple[list[Run], list[Run]]:
        join(tx, slots=10)
        one, two = project(tx, "ONE"), project(tx, "TWO")
        mine = [submit(tx, project=one) for _ in range(4)]
        return mine, [submit(tx, project=two), submit(tx)]

    mine, others = db.write_now(begin)
    assert placed(db, mine, limit=2) == [NODE, NODE, None, None]
    assert placed(db, others, limit=2) == [NODE, NODE]


def test_a_long_queue_of_one_project_or_agent_holds_up_nobody_elses(db: Database) -> None:
    def begin(tx: Tx) -> list[Run]:
        join(tx, slots=10, agents=[AgentOffer(name="a", available=True, limit=1), "b"])
        one, two = project(tx, "ONE"), project(tx, "TWO")
        for _ in range(placement.LOOKED_AT_ONCE // 2 + 10):
            submit(tx, project=one, agent="b")
            submit(tx, project=two, agent="a")
        return [submit(tx, agent="b"), submit(tx, project=two, agent="b")]

    others = db.write_now(begin)
    assert placed(db, others, limit=3) == [NODE, NODE]


def test_the_least_busy_node_is_taken_but_a_run_goes_back_to_where_its_work_lies(db: Database) -> None:
    def begin(tx: Tx) -> tuple[Run, list[Run]]:
        for name in ("n1", "n2", "n3"):
            join(tx, name)
        back = give(tx, submit(tx), NodeId("n3"))
        attempts.lose(tx, back.id, 1, "gone")
        attempts.settle(tx, back.id, 1)
        give(tx, submit(tx), NodeId("n3"))
        attempts.offer(tx, ledger.find(tx, back.id))
        return back, [submit(tx) for _ in range(2)]

    back, others = db.write_now(begin)
    assert placed(db, [*others, back]) == ["n1", "n2", "n3"]


def test_a_run_whose_earlier_node_is_away_goes_to_another(db: Database) -> None:
    def begin(tx: Tx) -> Run:
        join(tx, "n1")
        join(tx, "n2")
        run = give(tx, submit(tx), NodeId("n2"))
        attempts.lose(tx, run.id, 1, "gone")
        attempts.settle(tx, run.id, 1)
        attempts.offer(tx, ledger.find(tx, run.id))
        nodes.leave(tx, NodeId("n2"), "bye")
        return run

    run = db.write_now(begin)
    assert placed(db, [run]) == ["n1"]


def test_an_agent_that_no_node_can_run_fails_its_attempt_at_once_with_the_reason(db: Database) -> None:
    def begin(tx: Tx) -> list[Run]:
        join(tx, agents=[AgentOffer(name="a", available=False, why="Set OPENAI_API_KEY.")])
        return [submit(tx, agent="a"), submit(tx, agent="nobody")]

    runs = db.write_now(begin)
    unplaced = db.write_now(placement.place, 10)
    assert [one.hopeless for one in unplaced] == [True, True]
    with db.look() as look:
        found = [attempts.find(look, run.id, 1) for run in runs]
        assert [(one.state, one.outcome, one.retry) for one in found if one] == [("ended", "failed", False)] * 2
        assert [one.error for one in found if one] == [
            "Agent a is not available: Set OPENAI_API_KEY.",
            "Agent nobody is not available: no node knows it.",
        ]


def test_without_a_node_a_run_stays_pending_and_says_why(db: Database) -> None:
    run = db.write_now(submit)
    assert placed(db, [run]) == [None]
    with db.look() as look:
        assert ledger.find(look, run.id).state is State.PENDING
        assert placement.explain(look, run.id) == "no node is online"
    db.write_now(join, slots=0)
    assert placed(db, [run]) == [None]
    with db.look() as look:
        assert placement.explain(look, run.id) == "all places for a on n1 are taken"


def test_a_node_that_cannot_run_the_agent_now_is_passed_over_for_one_that_can(db: Database) -> None:
    def begin(tx: Tx) -> Run:
        join(tx, "n1", agents=[AgentOffer(name="a", available=False)])
        join(tx, "n2")
        return submit(tx)

    assert placed(db, [db.write_now(begin)]) == ["n2"]


async def until_placed(db: Database, run: RunId) -> None:
    with db.bell.listen(f"run:{run}") as ear:
        async with asyncio.timeout(10):
            while (await db.read(ledger.find, run)).state is State.PENDING:
                await ear.wait(20)


async def test_whatever_makes_room_has_the_next_placed_at_once(db: Database) -> None:
    def task_of(tx: Tx) -> tasks.Task:
        return tasks.create(tx, OWNER, project_id=project(tx, "ONE"), title="T")

    task = await db.write(task_of)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(placement.run(db, 100))
        first = await db.write(lambda tx: submit(tx, task=task.id, project=task.project_id))
        await db.write(join, slots=1)
        await until_placed(db, first.id)
        second, third, fourth = [await db.write(submit) for _ in range(3)]
        await db.write(tasks.delete, OWNER, task.id)
        await until_placed(db, second.id)
        await db.write(recording.record, NODE, said(second, AttemptStarted(), AttemptEnded(outcome="completed")))
        await until_placed(db, third.id)
        await db.write(attempts.lose, third.id, 1, "gone")
        await until_placed(db, fourth.id)
        running.cancel()
