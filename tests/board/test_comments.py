"""Comments: their author's to change, an admin's to delete, told to all, and gone with their task."""

from __future__ import annotations

import json

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import comments, projects, tasks
from coderclawlink.board.authorship import NotYours
from coderclawlink.board.comments import BadComment, CommentNotFound
from coderclawlink.board.tasks import Task, TaskNotFound
from coderclawlink.db.engine import Database
from coderclawlink.ids import CommentId, TaskId
from coderclawlink.journal import log

ANN = Actor(Role.DEVELOPER, "ann", "a" * 64)
ANN_ELSEWHERE = Actor(Role.DEVELOPER, "ann", "b" * 64)
BOB = Actor(Role.DEVELOPER, "bob", "c" * 64)
NOBODY = Actor(Role.DEVELOPER, None, "d" * 64)
NAMED_OWNER = Actor(Role.DEVELOPER, "owner", "e" * 64)
ADMIN = Actor(Role.ADMIN, "root", "f" * 64)
VIEWER = Actor(Role.VIEWER, "vic", "9" * 64)


@pytest.fixture
def task(db: Database) -> Task:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO")
    return db.write_now(tasks.create, OWNER, project_id=project.id, title="T")


def test_a_comment_is_told_with_its_words_and_its_author(db: Database, task: Task) -> None:
    made = db.write_now(comments.create, ANN, task.id, "  **Look** at this\n")
    assert (made.text, made.author, made.edited_at) == ("**Look** at this", "ann", None)
    with db.look() as look:
        assert comments.of_task(look, task.id) == [made]
        told = log.read(look, 0)[-1]
    assert (told.kind, told.actor, told.about) == ("comment.created", "ann", task.about)
    assert json.loads(told.data)["text"] == "**Look** at this"


def test_its_author_alone_changes_it_from_any_session_of_theirs(db: Database, task: Task) -> None:
    made = db.write_now(comments.create, ANN, task.id, "One")
    changed = db.write_now(comments.change, ANN_ELSEWHERE, made.id, "Two")
    assert (changed.text, changed.author) == ("Two", "ann")
    assert changed.edited_at is not None
    with db.look() as look:
        head = log.last_seq(look)
    assert db.write_now(comments.change, ANN, made.id, "Two") == changed
    for other in (BOB, ADMIN, OWNER, NOBODY):
        with pytest.raises(NotYours):
            db.write_now(comments.change, other, made.id, "Three")
    with db.look() as look:
        assert log.last_seq(look) == head  # what changes nothing is not told


def test_who_calls_themselves_owner_is_not_the_owner(db: Database, task: Task) -> None:
    made = db.write_now(comments.create, OWNER, task.id, "Mine")
    assert made.author == "owner"
    with pytest.raises(NotYours):
        db.write_now(comments.change, NAMED_OWNER, made.id, "Yours")
    assert db.write_now(comments.change, OWNER, made.id, "Still mine").text == "Still mine"


def test_two_sessions_without_a_user_are_two_people(db: Database, task: Task) -> None:
    made = db.write_now(comments.create, NOBODY, task.id, "Hi")
    with pytest.raises(NotYours):
        db.write_now(comments.change, Actor(Role.DEVELOPER, None, "8" * 64), made.id, "Ho")


def test_its_author_and_admins_delete_it(db: Database, task: Task) -> None:
    first, second, third = (db.write_now(comments.create, ANN, task.id, text) for text in "123")
    with pytest.raises(NotYours):
        db.write_now(comments.delete, BOB, first.id)
    for actor, comment in ((ANN, first), (ADMIN, second), (OWNER, third)):
        db.write_now(comments.delete, actor, comment.id)
        with pytest.raises(CommentNotFound):
            db.write_now(comments.delete, actor, comment.id)
    with db.look() as look:
        assert comments.of_task(look, task.id) == []
        assert [told.kind for told in log.read(look, 0)][-3:] == ["comment.deleted"] * 3


def test_who_may_only_look_does_not_comment(db: Database, task: Task) -> None:
    made = db.write_now(comments.create, ANN, task.id, "Hi")
    for refused in (
        lambda: db.write_now(comments.create, VIEWER, task.id, "x"),
        lambda: db.write_now(comments.change, VIEWER, made.id, "x"),
        lambda: db.write_now(comments.delete, VIEWER, made.id),
    ):
        with pytest.raises(PermissionMissing):
            refused()


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 20_001])
def test_a_comment_without_words_or_with_too_many_is_refused(db: Database, task: Task, text: str) -> None:
    with pytest.raises(BadComment):
        db.write_now(comments.create, ANN, task.id, text)
    kept = db.write_now(comments.create, ANN, task.id, "ä" * 20_000)
    with pytest.raises(BadComment):
        db.write_now(comments.change, ANN, kept.id, text)


def test_comments_are_paged_from_the_newest_back(db: Database, task: Task) -> None:
    made = [db.write_now(comments.create, ANN, task.id, str(n)) for n in range(5)]
    with db.look() as look:
        assert [one.text for one in comments.of_task(look, task.id, limit=2)] == ["3", "4"]
        assert [one.text for one in comments.of_task(look, task.id, limit=2, before=made[3].id)] == ["1", "2"]
        assert comments.of_task(look, task.id, before=made[0].id) == []
        assert comments.count(look, task.id) == 5


def test_a_comment_is_gone_with_its_task(db: Database, task: Task) -> None:
    made = db.write_now(comments.create, ANN, task.id, "Hi")
    db.write_now(tasks.delete, OWNER, task.id)
    with db.look() as look:
        with pytest.raises(CommentNotFound):
            comments.find(look, made.id)
        with pytest.raises(TaskNotFound):
            comments.of_task(look, task.id)
    with pytest.raises(TaskNotFound):
        db.write_now(comments.create, ANN, TaskId(99), "x")
    with pytest.raises(CommentNotFound):
        db.write_now(comments.change, ANN, CommentId(99), "x")
