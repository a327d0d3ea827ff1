"""The journal's numbers: without a gap, and never one before its forerunner, however many write at once."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from coderclawlink.db.engine import Database, Tx, open_database
from coderclawlink.errors import Invalid
from coderclawlink.events import AgentMessage, Event, ProjectCreated, TaskCreated
from coderclawlink.ids import ProjectId, RunId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About, Line

WRITERS, EACH = 6, 60


def tell(tx: Tx, name: str, *, times: int = 1, then_fail: bool = False) -> int:
    last = log.append_all(tx, [Line(ProjectCreated(key="K", name=f"{name}/{n}")) for n in range(times)])
    if then_fail:
        raise Invalid("taken back")
    return last


@contextlib.contextmanager
def hubs(db: Database, url: str) -> Iterator[list[Database]]:
    """Several hubs on PostgreSQL; SQLite has one."""
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(open_database(url)) for _ in range(2)] if db.dialect == "postgresql" else []
        yield [db, *others]


def test_many_who_write_at_once_leave_no_gap_and_no_reader_sees_a_number_before_its_forerunner(
    db: Database, shared_url: str
) -> None:
    done = threading.Event()
    faults: list[str] = []
    lengths: list[int] = []

    def read_along(own: Database) -> None:
        place = 0
        while True:
            was_done = done.wait(0.002)  # else the readers would leave the writers no time
            with own.look() as look:
                told = log.read(look, place)
            for one in told:
                if one.seq != place + 1:
                    faults.append(f"{one.seq} after {place}")
                place = one.seq
            if was_done and not told:
                lengths.append(place)
                return

    def write(own: Database, name: str) -> None:
        for n in range(EACH):
            with contextlib.suppress(Invalid):
                own.write_now(tell, f"{name}/{n}", times=1 + n % 3, then_fail=n % 5 == 4)

    with hubs(db, shared_url) as all_hubs:
        readers = [threading.Thread(target=read_along, args=(own,)) for own in (all_hubs[0], all_hubs[-1])]
        writers = [threading.Thread(target=write, args=(all_hubs[n % len(all_hubs)], n)) for n in range(WRITERS)]
        for thread in (*readers, *writers):
            thread.start()
        for thread in writers:
            thread.join(60)
        done.set()
        for thread in readers:
            thread.join(30)
    assert faults == []
    kept = sum(1 + n % 3 for n in range(EACH) if n % 5 != 4) * WRITERS
    assert lengths == [kept, kept]


def test_a_number_that_is_taken_and_not_on_disk_holds_up_all_later_ones(db: Database, shared_url: str) -> None:
    taken, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> int:
        seq = tell(tx, "slow")
        taken.set()
        assert go_on.wait(20)
        return seq

    with hubs(db, shared_url) as all_hubs:
        first = all_hubs[0].submit(slow)
        assert taken.wait(20)
        second = all_hubs[-1].submit(tell, "quick")
        if db.dialect == "postgresql":
            until_somebody_waits_for_a_lock(shared_url)
        with db.look() as look:
            assert log.read(look, 0) == []
        go_on.set()
        assert (first.result(20), second.result(20)) == (1, 2)


def until_somebody_waits_for_a_lock(url: str) -> None:
    deadline = time.monotonic() + 20
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            if connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone():
                return
    pytest.fail("nobody waits")


def test_what_is_taken_back_gives_its_numbers_back_within_one_commit(db: Database) -> None:
    futures = [db.submit(tell, str(n), times=3, then_fail=n % 2 == 0) for n in range(9)]
    ends = [future.result(10) for future in futures if future.exception(10) is None]
    assert ends == [3, 6, 9, 12]
    with db.look() as look:
        assert [one.seq for one in log.read(look, 0)] == list(range(1, 13))


def test_a_reader_takes_its_share_by_what_events_are_about(db: Database) -> None:
    def tell_all(tx: Tx) -> None:
        log.append(tx, ProjectCreated(key="A", name="a"), About(ProjectId(1)))
        log.append(tx, TaskCreated(key="A-1", title="t", status="todo"), About(ProjectId(1), TaskId(7)), actor="ann")
        log.append(tx, AgentMessage(text="hi"), About(ProjectId(1), TaskId(7), RunId("r"), 2))
        log.append(tx, AgentMessage(text="ho"), About(run=RunId("s")))

    db.write_now(tell_all)
    with db.look() as look:
        assert [one.seq for one in log.read_about(look, 0, runs=["r"])] == [3]
        assert [one.seq for one in log.read_about(look, 0, tasks=[7])] == [2, 3]
        assert [one.seq for one in log.read_about(look, 1, projects=[1], runs=["s"])] == [2, 3, 4]
        assert [one.seq for one in log.read_about(look, 0, board=True)] == [1, 2]
        assert [one.seq for one in log.read_about(look, 0, projects=[1], up_to=2, at_most=1)] == [1]
        assert log.read_about(look, 0) == []
        second = log.read(look, 1, at_most=1)[0]
        assert second.event == TaskCreated(key="A-1", title="t", status="todo")
        assert json.loads(second.text) == second.as_json()
        assert second.as_json() == {
            "seq": 2,
            "at": second.as_json()["at"],
            "project_id": 1,
            "task_id": 7,
            "run_id": None,
            "attempt": None,
            "actor": "ann",
            "kind": "task.created",
            "key": "A-1",
            "title": "t",
            "status": "todo",
        }


def test_no_event_has_a_field_of_the_name_of_what_is_told_beside_it() -> None:
    told = {"seq", "at", "project_id", "task_id", "run_id", "attempt", "actor"}
    kinds = [Event]
    while kinds:
        kind = kinds.pop()
        assert not told & set(kind.model_fields), kind
        kinds += kind.__subclasses__()
