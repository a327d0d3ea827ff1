"""Saved views, and the cards of the board that they are about."""

from __future__ import annotations

import json

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import cards, comments, labels, links, projects, tasks, views
from coderclawlink.board.cards import NOBODY, Filter
from coderclawlink.board.links import Link
from coderclawlink.board.tasks import Priority, Task, TaskStatus
from coderclawlink.board.views import TooLong, ViewNotFound
from coderclawlink.db.engine import Database, Tx
from coderclawlink.journal import log
from coderclawlink.runs import ledger
from coderclawlink.runs.run import WaitReason
from tests.runs.played import submit

ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
BEN = Actor(Role.DEVELOPER, "ben", "b" * 64)
ADMIN = Actor(Role.ADMIN, "ada", "d" * 64)
VIEWER = Actor(Role.VIEWER, "vic", "v" * 64)
GUEST = Actor(Role.GUEST, "gus", "9" * 64)


def test_a_view_is_its_owners_until_it_is_shared(db: Database) -> None:
    made = db.write_now(views.save, ANN, "Mine", {"label": ["bug"], "q": "ä"})
    shared = db.write_now(views.save, ANN, "All", {}, shared=True)
    with db.look() as look:
        assert [(one.name, one.mine) for one in views.all_of_them(look, ANN)] == [("All", True), ("Mine", True)]
        assert [(one.name, one.mine, one.author) for one in views.all_of_them(look, BEN)] == [("All", False, "ann")]
        assert views.find(look, ANN, made.id).filters == {"label": ["bug"], "q": "ä"}
    for foreign in (made.id, shared.id):
        with pytest.raises(ViewNotFound):
            db.write_now(views.change, BEN, foreign, name="x")
        with pytest.raises(ViewNotFound):
            db.write_now(views.delete, BEN, foreign)
    changed = db.write_now(views.change, ANN, made.id, name="Ours", shared=True)
    assert (changed.name, changed.filters, changed.shared) == ("Ours", made.filters, True)
    kept = db.write_now(views.change, ADMIN, made.id, shared=False)
    assert (kept.shared, kept.mine) == (False, False)
    db.write_now(views.delete, ANN, made.id)
    db.write_now(views.delete, ADMIN, shared.id)
    with db.look() as look:
        assert views.all_of_them(look, ANN) == []
        told = [json.loads(one.data) for one in log.read(look, 0) if one.kind == "view.saved"]
    assert [one["name"] for one in told] == [None, "All", "Ours", None]


def test_who_may_only_look_keeps_views_and_shares_none(db: Database) -> None:
    made = db.write_now(views.save, VIEWER, "Mine", {})
    with pytest.raises(PermissionMissing):
        db.write_now(views.save, VIEWER, "All", {}, shared=True)
    with pytest.raises(PermissionMissing):
        db.write_now(views.change, VIEWER, made.id, shared=True)
    with pytest.raises(TooLong):
        db.write_now(views.save, VIEWER, "Long", {"q": "x" * 9000})
    with pytest.raises(PermissionMissing):
        db.write_now(views.save, GUEST, "Mine", {})


def board(tx: Tx) -> list[Task]:
    one = projects.create(tx, OWNER, name="P", key="ONE")
    two = projects.create(tx, OWNER, name="P", key="TWO")
    made = [
        tasks.create(tx, OWNER, project_id=one.id, title="Parser", assigned_agent_type="goose", assignee="ann"),
        tasks.create(tx, OWNER, project_id=one.id, title="Door", priority=Priority.HIGH),
        tasks.create(tx, OWNER, project_id=two.id, title="Parsley", status=TaskStatus.DONE),
    ]
    labels.put(tx, OWNER, made[0].id, add=["bug", "Urgent"])
    labels.put(tx, OWNER, made[1].id, add=["bug"])
    links.add(tx, OWNER, made[0].id, Link.BLOCKS, made[1].id)
    links.add(tx, OWNER, made[2].id, Link.BLOCKS, made[1].id)
    links.add(tx, OWNER, made[0].id, Link.PARENT, made[2].id)
    comments.create(tx, OWNER, made[1].id, "What about the hinges?")
    return made


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({}, "ABC"),
        ({"key": ("one-2", "TWO-1")}, "BC"),
        ({"status": ("todo", "in_review")}, "AB"),
        ({"priority": ("high",)}, "B"),
        ({"agent": ("goose",)}, "A"),
        ({"agent": ("goose", NOBODY)}, "ABC"),
        ({"assignee": (NOBODY,)}, "BC"),
        ({"label": ("BUG",)}, "AB"),
        ({"label": ("bug", "urgent")}, "A"),
        ({"q": "pars"}, "AC"),
        ({"q": "hinge"}, "B"),
        ({"q": "pars", "status": ("todo",)}, "A"),
        ({"blocked": True}, "B"),
        ({"blocked": False}, "AC"),
    ],
)
def test_a_filter_means_the_tasks_that_meet_all_of_it(db: Database, which: dict[str, object], found: str) -> None:
    made = db.write_now(board)
    names = {task.id: name for task, name in zip(made, "ABC", strict=True)}
    with db.look() as look:
        wanted = Filter(**which)  # type: ignore[arg-type]
        assert "".join(sorted(names[card.id] for card in cards.board(look, OWNER, wanted))) == found
        listed = tasks.all_of_them(look, which=cards.conditions(look, OWNER, wanted))
        assert "".join(names[task.id] for task in listed) == found


def test_a_card_tells_its_newest_run_labels_counts_and_what_it_waits_for(db: Database) -> None:
    def story(tx: Tx) -> None:
        a, b, c = board(tx)
        submit(tx, task=b.id, project=b.project_id)
        newest = submit(tx, task=b.id, project=b.project_id)
        ledger.wait(tx, newest, WaitReason.REVIEW, "a reviewer")
        shown = {card.id: card for card in cards.board(tx, OWNER)}
        card = shown[b.id]
        assert card.run is not None
        assert (card.run.id, card.run.state, card.run.wait_reason) == (newest.id, "waiting", "review")
        assert ([one.name for one in card.labels], card.comments, card.attachments) == (["bug"], 1, 0)
        assert card.blocked == 1, "what is done blocks nobody"
        assert (shown[a.id].done, shown[a.id].total, shown[c.id].parent_id) == (1, 1, a.id)
        hidden = submit(tx, actor=ANN, task=a.id, project=a.project_id)
        assert {card.id: card.run is not None for card in cards.board(tx, BEN)}[a.id] is False
        assert {card.id: card.run and card.run.id for card in cards.board(tx, ANN)}[a.id] == hidden.id
        with pytest.raises(PermissionMissing):
            cards.board(tx, GUEST)

    db.write_now(story)
