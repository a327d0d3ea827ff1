"""Several hubs on one database: each has a slot of its own, and the living take up what the dead had at work."""

from __future__ import annotations

import contextlib

import pytest

from coderclawlink.db.engine import Database
from coderclawlink.engine import executors
from coderclawlink.ids import RunId, new_id
from tests.engine.test_dbos import Work, engine, enqueue


def test_each_running_hub_has_a_slot_of_its_own_and_leaves_it_to_the_next(db: Database) -> None:
    if db.dialect == "sqlite":
        with executors.slot(db) as only:
            assert only == "hub"
        return
    with executors.slot(db) as first:
        with executors.slot(db) as second:
            assert (first, second) == ("hub-1", "hub-2")
        with executors.slot(db) as third:
            assert third == "hub-2"


def test_what_a_dead_hub_had_at_work_is_taken_up_and_what_a_living_one_has_is_left(db: Database) -> None:
    if db.dialect == "sqlite":
        pytest.skip("SQLite has one hub, which takes up its own at its start")
    run = RunId(new_id())
    dies = Work(hangs=True)
    with engine(db, dies, "hub-1") as durable:
        db.write_now(enqueue, durable, run)
        dies.until(f"two {run}")
    heir = Work()
    living = contextlib.ExitStack()
    with living, contextlib.ExitStack() as mine:
        assert living.enter_context(executors.slot(db)) == "hub-1"
        assert mine.enter_context(executors.slot(db)) == "hub-2"
        with engine(db, heir, "hub-2") as durable:
            assert executors.adopt(db, durable) == []
            living.close()
            assert executors.adopt(db, durable) == ["hub-1"]
            heir.until(f"end {run}")
            assert executors.adopt(db, durable) == []
    assert heir.done[f"one {run}"] == 0
