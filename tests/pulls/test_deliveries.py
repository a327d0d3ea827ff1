"""A result on its way from a commit to a pull request: each wish once, to the node that has the commit, and moved on from what is ours."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.access.secrets import Vault
from coderclawlink.board import projects, tasks
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import runs
from coderclawlink.events import AttemptEnded, AttemptStarted, WorkCommitted
from coderclawlink.ids import NodeId, TaskId
from coderclawlink.journal import log
from coderclawlink.link.protocol import Pushed
from coderclawlink.pulls import connections, deliveries, pull_requests, results
from coderclawlink.pulls.connections import Answers, Scope
from coderclawlink.pulls.deliveries import Delivery, NoRepository, NothingToPropose, Words
from coderclawlink.pulls.hosts import Given, Opened, Place, Pull
from coderclawlink.pulls.pull_requests import PullRequest
from coderclawlink.runs import ledger, recording, reviews
from coderclawlink.runs.ledger import Run
from tests.runs.played import NODE, at_node, join, said

URL = "https://github.com/ada/shop"
CLONE = f"{URL}.git"
HERE = "http://127.0.0.1:8000"
PLACE = Place("https://github.com", "ada", "shop")
NONE_SAID = Words()


@pytest.fixture
def task(db: Database) -> Task:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO", github_repo_url=URL)
    db.write_now(join)
    return db.write_now(tasks.create, OWNER, project_id=project.id, title="Add a shout", description="As it says.")


def completed(tx: Tx, task: Task, head: str = "a" * 40) -> Run:
    """A run of the task that has completed with a commit, on a node."""
    run = at_node(tx, task=task.id)
    tx.change(runs.update().where(runs.c.id == run.id).values(repository=CLONE, project_id=task.project_id))
    work = WorkCommitted(head=head, base="b", branch=task.branch, files=1, additions=1, deletions=0)
    ended = AttemptEnded(outcome="completed", result="Done.")
    recording.record(tx, NODE, said(run, AttemptStarted(), work, ended))
    ledger.complete(tx, ledger.find(tx, run.id), "Done.")
    return ledger.find(tx, run.id)


def want(db: Database, task: Task, words: Words = NONE_SAID, actor: Actor = OWNER) -> Delivery:
    (one,) = db.write_now(deliveries.want, actor, task, words, HERE)
    return one


def push(db: Database, delivery: Delivery, branch: str | None = None) -> Delivery:
    db.write_now(deliveries.pushed, Pushed(delivery=delivery.id, branch=branch or delivery.branch))
    return found(db, delivery)


def found(db: Database, delivery: Delivery) -> Delivery:
    with db.look() as look:
        return deliveries.find(look, delivery.id)


def expected(db: Database) -> tuple[str, ...]:
    """Where the one branch that is to be pushed may stand."""
    with db.look() as look:
        (word,) = deliveries.to_push(look, NODE)
    return word.expects


def open_pull(db: Database, delivery: Delivery, number: int = 7) -> PullRequest:
    pull = Pull(number, f"{URL}/pull/{number}", "T", delivery.branch, "main", delivery.head, False, "open")
    return db.write_now(pull_requests.opened, delivery, Opened(pull, found=False), PLACE)


def kinds(db: Database, task: TaskId) -> list[str]:
    with db.look() as look:
        told = log.read_about(look, 0, tasks=[task])
    return [one.kind for one in told if one.kind.startswith(("delivery.", "pull_request."))]


def test_a_wish_is_told_to_the_node_that_has_the_commit_until_it_stands_there(db: Database, task: Task) -> None:
    run = db.write_now(completed, task)
    wanted = want(db, task)
    assert (wanted.state, wanted.node, wanted.branch) == ("wanted", NODE, task.branch)
    with db.look() as look:
        (word,) = deliveries.to_push(look, NODE)
        assert (word.delivery, word.run, word.head, word.repository) == (wanted.id, run.id, run.head, CLONE)
        assert word.expects == ()
        assert deliveries.to_push(look, NodeId("another")) == []
    assert push(db, wanted, f"{task.branch}-2").branch == f"{task.branch}-2"
    with db.look() as look:
        assert deliveries.to_push(look, NODE) == []
        assert [one.id for one in deliveries.to_propose(look)] == [wanted.id]
    assert kinds(db, task.id) == ["delivery.wanted", "delivery.pushed"]


def test_an_opened_pull_request_stands_on_the_card_and_is_told_once(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    delivery = push(db, want(db, task))
    pull = open_pull(db, delivery)
    assert open_pull(db, delivery).id == pull.id
    assert found(db, delivery).state == "done"
    assert want(db, task).id == delivery.id, "asked for again it is the same"
    with db.look() as look:
        card = tasks.find(look, task.id)
    assert (card.github_pr_url, card.github_pr_number, card.github_branch_name) == (pull.url, 7, task.branch)
    assert kinds(db, task.id).count("pull_request.opened") == 1


@pytest.mark.parametrize(("draft", "is_one"), [("unproven", True), ("always", True), ("never", False)])
def test_a_project_says_whether_what_nothing_has_proven_is_a_draft(
    db: Database, task: Task, tmp_path: Path, draft: Literal["unproven", "never", "always"], is_one: bool
) -> None:
    scope = Scope(project=task.project_id)
    db.write_now(connections.put, OWNER, Vault(tmp_path), scope, Given("token", "t0ken"), "ada", "ada/shop")
    db.write_now(connections.set_answers, OWNER, task.project_id, Answers(draft=draft))
    db.write_now(completed, task)
    assert want(db, task).draft is is_one
    db.write_now(completed, task, "c" * 40)
    assert want(db, task, Words(draft=not is_one)).draft is not is_one, "who asks may say otherwise"


def test_a_wish_made_twice_at_once_is_one(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    assert want(db, task).id == want(db, task, Words(title="Another title")).id
    assert kinds(db, task.id) == ["delivery.wanted"]


def test_a_later_result_moves_the_branch_on_from_where_we_have_put_it(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    first = push(db, want(db, task), f"{task.branch}-3")
    open_pull(db, first)
    db.write_now(completed, task, "c" * 40)
    second = want(db, task)
    assert (second.branch, expected(db)) == (f"{task.branch}-3", (first.head,))
    third_run = db.write_now(completed, task, "d" * 40)
    third = want(db, task)
    assert found(db, second).state == "dropped"
    assert third.head == third_run.head
    assert expected(db) == (second.head, first.head), "its node may have pushed the second one, and not been heard"
    assert push(db, second).state == "dropped", "its node's answer comes too late"


def test_a_push_that_may_work_later_is_put_off_and_in_the_end_given_up(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    wanted = want(db, task)
    away = Pushed(delivery=wanted.id, error="Could not resolve host", retry=True)
    db.write_now(deliveries.pushed, away)
    waits = found(db, wanted)
    assert (waits.state, waits.tries, waits.error) == ("wanted", 1, "Could not resolve host")
    with db.look() as look:
        assert deliveries.to_push(look, NODE) == [], "not before its time"
    for _ in range(deliveries.TRIES_AT_MOST):
        db.write_now(deliveries.pushed, away)
    assert found(db, wanted).state == "failed"
    assert kinds(db, task.id) == ["delivery.wanted", "delivery.failed"]
    again = want(db, task)
    assert (again.state, again.id != wanted.id) == ("wanted", True)


def test_a_refused_push_has_failed(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    wanted = want(db, task)
    db.write_now(deliveries.pushed, Pushed(delivery=wanted.id, error="It does not lie here."))
    assert (found(db, wanted).state, found(db, wanted).error) == ("failed", "It does not lie here.")


def test_there_is_nothing_to_propose_without_a_result_that_was_kept(db: Database, task: Task) -> None:
    with pytest.raises(NothingToPropose):
        want(db, task)
    run = db.write_now(completed, task)
    db.write_now(reviews.keep, OWNER, run, "discarded", "")
    with pytest.raises(NothingToPropose):
        want(db, task)
    earlier = db.write_now(completed, task, "e" * 40)
    assert want(db, task).run_id == earlier.id


def test_who_may_not_write_to_the_project_wishes_nothing(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    with pytest.raises(PermissionMissing):
        want(db, task, actor=Actor(Role.VIEWER, "eve", "s"))
    assert kinds(db, task.id) == []


def test_a_project_without_a_repository_takes_nothing(db: Database) -> None:
    project = db.write_now(projects.create, OWNER, name="Bare", key="BARE")
    bare = db.write_now(tasks.create, OWNER, project_id=project.id, title="A task")
    with pytest.raises(NoRepository):
        want(db, bare)


def test_what_completes_beside_an_open_pull_request_goes_on_by_itself(db: Database, task: Task) -> None:
    first = db.write_now(completed, task)
    assert db.write_now(results.go_on, first.id, HERE) == [], "nobody has asked for one yet"
    pull = open_pull(db, push(db, want(db, task)))
    second = db.write_now(completed, task, "c" * 40)
    (delivery,) = db.write_now(results.go_on, second.id, HERE)
    assert (delivery.head, expected(db)) == (second.head, (first.head,))
    assert db.write_now(results.go_on, second.id, HERE) == [delivery], "it is told twice after a crash"
    assert db.write_now(results.go_on, first.id, HERE) == [], "it is not the task's result any more"
    assert open_pull(db, push(db, delivery)).id == pull.id


def test_a_project_may_have_every_result_proposed(
    db: Database, task: Task, tmp_path_factory: pytest.TempPathFactory
) -> None:
    vault = Vault(tmp_path_factory.mktemp("home"))
    scope = Scope(project=task.project_id)
    db.write_now(connections.put, OWNER, vault, scope, Given("token", "t0ken"), "ada", "ada/shop")
    run = db.write_now(completed, task)
    assert db.write_now(results.go_on, run.id, HERE) == []
    db.write_now(connections.set_answers, OWNER, task.project_id, Answers(propose=True))
    (delivery,) = db.write_now(results.go_on, run.id, HERE)
    assert delivery.head == run.head


def test_the_answer_for_a_deleted_tasks_delivery_is_taken(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    wanted = want(db, task)
    db.write_now(tasks.delete, OWNER, task.id)
    assert push(db, wanted).state == "pushed"
    db.write_now(deliveries.fail, found(db, wanted), "It refused.")
    assert found(db, wanted).state == "failed"
