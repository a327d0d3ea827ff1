"""What a node holds beside what the rows say: every row of the table, by hello and by beat."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import AttemptEnded, AttemptStarted
from coderclawlink.gate import reconcile
from coderclawlink.ids import NodeId
from coderclawlink.link.protocol import AgentOffer, Assign, Fence, Stop
from coderclawlink.runs import attempts, ledger, nodes, recording
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State
from tests.runs.played import NODE, at_node, hello, join, said, submit

OTHER = NodeId("n2")


def fence(run: Run, attempt: int = 1) -> Fence:
    return Fence(run=run.id, attempt=attempt)


def running(tx: Tx) -> Run:
    run = at_node(tx)
    recording.record(tx, NODE, said(run, AttemptStarted()))
    return run


def says(db: Database, by: str, held: Iterable[Fence]) -> tuple[Fence, ...]:
    """What the hub calls stale of what the node says it holds."""
    if by == "hello":
        return db.write_now(reconcile.greet, hello(held=tuple(held)))
    return db.write_now(reconcile.beat, NODE, tuple(held), None)


def outcome(db: Database, run: Run) -> str:
    with db.look() as look:
        attempt = attempts.find(look, run.id, 1)
    assert attempt is not None
    return attempt.outcome or attempt.state


by_both = pytest.mark.parametrize("by", ["hello", "beat"])


@by_both
def test_held_and_at_work_here_is_as_it_should_be(db: Database, by: str) -> None:
    db.write_now(join)
    placed, at_work = db.write_now(at_node), db.write_now(running)
    assert says(db, by, [fence(placed), fence(at_work)]) == ()
    assert (outcome(db, placed), outcome(db, at_work)) == ("placed", "running")


@by_both
def test_held_and_to_be_ended_is_told_to_stop_and_is_not_stale(db: Database, by: str) -> None:
    db.write_now(join)
    run = db.write_now(running)
    db.write_now(ledger.cancel, OWNER, run.id)
    assert says(db, by, [fence(run)]) == ()
    with db.look() as look:
        assert reconcile.to_say(look, NODE) == [Stop(run=run.id, attempt=1, why="cancelled")]
        assert reconcile.gone(look, NODE, [fence(run)]) == []


@by_both
def test_held_and_given_up_is_stale(db: Database, by: str) -> None:
    db.write_now(join)

    def begin(tx: Tx) -> list[Fence]:
        lost, ended, elsewhere, queued = running(tx), running(tx), at_node(tx, OTHER), submit(tx)
        attempts.lose(tx, lost.id, 1, "gone")
        recording.record(tx, NODE, said(ended, AttemptEnded(outcome="completed"), first=2))
        never = Fence(run="nobody", attempt=1)
        return [fence(lost), fence(ended), fence(elsewhere), fence(queued), fence(queued, 2), never]

    stale = db.write_now(begin)
    assert set(says(db, by, stale)) == set(stale)
    with db.look() as look:
        assert {Fence(run=stop.run, attempt=stop.attempt) for stop in reconcile.gone(look, NODE, stale)} == set(stale)


@by_both
def test_placed_and_not_held_is_assigned_again(db: Database, by: str) -> None:
    db.write_now(join)
    run = db.write_now(at_node)
    assert says(db, by, []) == ()
    with db.look() as look:
        (word,) = reconcile.to_say(look, NODE)
        assert isinstance(word, Assign)
        assert (word.order.run, word.order.attempt, word.order.prompt) == (run.id, 1, "Do it")
        assert reconcile.to_say(look, OTHER) == []


@by_both
def test_running_and_not_held_is_lost(db: Database, by: str) -> None:
    db.write_now(join)
    run, other = db.write_now(running), db.write_now(lambda tx: at_node(tx, OTHER))
    assert says(db, by, []) == ()
    assert (outcome(db, run), outcome(db, other)) == ("lost", "placed")


def test_what_is_only_spooled_counts_as_held(db: Database) -> None:
    db.write_now(join)
    run = db.write_now(running)
    word = hello().model_copy(update={"spooled": (fence(run),)})
    assert db.write_now(reconcile.greet, word) == ()
    assert outcome(db, run) == "running"


def test_deleting_a_task_makes_what_is_held_of_it_stale(db: Database) -> None:
    def begin(tx: Tx) -> tuple[tasks.Task, Run]:
        join(tx)
        project = projects.create(tx, OWNER, name="P", key="P")
        task = tasks.create(tx, OWNER, project_id=project.id, title="T")
        return task, at_node(tx, task=task.id)

    task, run = db.write_now(begin)
    db.write_now(tasks.delete, OWNER, task.id)
    assert says(db, "beat", [fence(run)]) == (fence(run),)


def test_a_goodbye_loses_what_ran_and_gives_back_what_had_not_begun(db: Database) -> None:
    db.write_now(join)
    placed, at_work = db.write_now(at_node), db.write_now(running)
    db.write_now(reconcile.part, NODE)
    assert (outcome(db, placed), outcome(db, at_work)) == ("queued", "lost")
    with db.look() as look:
        assert [node.online for node in nodes.all_of_them(look)] == [False]
        assert ledger.find(look, placed.id).state is State.PENDING
        assert reconcile.to_say(look, NODE) == []


def test_a_later_boot_of_a_name_takes_the_place_of_the_earlier(db: Database) -> None:
    db.write_now(reconcile.greet, hello(boot="one", slots=1))
    db.write_now(reconcile.greet, hello(boot="two", slots=7, agents=["b"]))
    with db.look() as look:
        (node,) = nodes.all_of_them(look)
    assert (node.boot, node.slots, [offer.name for offer in node.agents]) == ("two", 7, ["b"])


def test_a_beat_tells_of_agents_only_when_something_has_changed(db: Database) -> None:
    db.write_now(join)
    db.write_now(reconcile.beat, NODE, (), None)
    with db.look() as look:
        assert nodes.all_of_them(look)[0].offer("a") is not None
    db.write_now(reconcile.beat, NODE, (), (AgentOffer(name="z", available=False, why="no key"),))
    with db.look() as look:
        node = nodes.all_of_them(look)[0]
        assert node.offer("a") is None
        assert node.offer("z") == AgentOffer(name="z", available=False, why="no key")
