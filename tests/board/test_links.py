"""What ties tasks: no circles, one level of parts, both ends told, and nothing of what is deleted."""

from __future__ import annotations

import json

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import dependencies, links, projects, tasks
from coderclawlink.board.links import Circle, Link, NotLinked, TooDeep
from coderclawlink.board.tasks import Task, TaskNotFound, TaskStatus
from coderclawlink.db.engine import Database, Look, Tx
from coderclawlink.errors import Invalid
from coderclawlink.ids import TaskId
from coderclawlink.journal import log

VIEWER = Actor(Role.VIEWER, "vic", "v" * 64)


def make(tx: Tx, count: int, key: str = "DEMO") -> list[Task]:
    project = projects.create(tx, OWNER, name="P", key=key)
    return [tasks.create(tx, OWNER, project_id=project.id, title=str(n)) for n in range(count)]


def told(look: Look, kind: str) -> list[tuple[int | None, dict[str, object]]]:
    return [(one.about.task, json.loads(one.data)) for one in log.read(look, 0, at_most=10_000) if one.kind == kind]


def test_a_link_is_seen_from_both_ends_and_told_of_both(db: Database) -> None:
    def story(tx: Tx) -> None:
        (one, two), (far,) = make(tx, 2), make(tx, 1, "OTHER")
        assert [each.key for each in links.add(tx, OWNER, one.id, Link.BLOCKS, two.id).blocks] == ["DEMO-2"]
        assert [each.key for each in links.of_task(tx, OWNER, two.id).blocked_by] == ["DEMO-1"]
        links.add(tx, OWNER, two.id, Link.BLOCKED_BY, far.id)
        assert [each.key for each in links.of_task(tx, OWNER, two.id).blocked_by] == ["DEMO-1", "OTHER-1"]
        links.add(tx, OWNER, far.id, Link.RELATES, one.id)
        assert [each.key for each in links.of_task(tx, OWNER, one.id).relates] == ["OTHER-1"]
        assert [each.key for each in links.of_task(tx, OWNER, far.id).relates] == ["DEMO-1"]
        assert [(about, data["link"], data["other"]) for about, data in told(tx, "task.linked")][:2] == [
            (one.id, "blocks", "DEMO-2"),
            (two.id, "blocked_by", "DEMO-1"),
        ]
        before = log.last_seq(tx)
        links.add(tx, OWNER, one.id, Link.BLOCKS, two.id)
        links.add(tx, OWNER, one.id, Link.RELATES, far.id)
        assert log.last_seq(tx) == before, "what is linked so already stays, and is not told again"

    db.write_now(story)


def test_a_circle_is_refused_and_named(db: Database) -> None:
    def begin(tx: Tx) -> list[TaskId]:
        made = [task.id for task in make(tx, 5)]
        links.add(tx, OWNER, made[0], Link.BLOCKS, made[2])
        links.add(tx, OWNER, made[2], Link.BLOCKS, made[3])
        links.add(tx, OWNER, made[0], Link.BLOCKS, made[1])
        return made

    made = db.write_now(begin)
    with pytest.raises(Circle, match="DEMO-4 → DEMO-1 → DEMO-3 → DEMO-4"):
        db.write_now(links.add, OWNER, made[3], Link.BLOCKS, made[0])
    with pytest.raises(Circle, match="DEMO-3 → DEMO-1 → DEMO-3"):
        db.write_now(links.add, OWNER, made[0], Link.BLOCKED_BY, made[2])
    with pytest.raises(Invalid):
        db.write_now(links.add, OWNER, made[0], Link.BLOCKS, made[0])
    db.write_now(links.add, OWNER, made[3], Link.RELATES, made[0])
    db.write_now(tasks.delete, OWNER, made[2])
    with pytest.raises(Circle):  # it may come back
        db.write_now(links.add, OWNER, made[3], Link.BLOCKS, made[0])


def test_a_task_has_parts_and_they_have_none(db: Database) -> None:
    def begin(tx: Tx) -> list[TaskId]:
        made = [task.id for task in make(tx, 4)]
        links.add(tx, OWNER, made[0], Link.PARENT, made[1])
        links.add(tx, OWNER, made[2], Link.CHILD, made[0])
        return made

    made = db.write_now(begin)
    for one, other in ((made[1], made[3]), (made[3], made[0])):
        with pytest.raises(TooDeep):
            db.write_now(links.add, OWNER, one, Link.PARENT, other)
    db.write_now(tasks.change, OWNER, made[1], {"status": TaskStatus.DONE})
    with db.look() as look:
        found = links.of_task(look, OWNER, made[0])
        assert (found.done, found.total, [each.key for each in found.children]) == (1, 2, ["DEMO-2", "DEMO-3"])
        parent = links.of_task(look, OWNER, made[1]).parent
        assert parent is not None
        assert parent.id == made[0]
        progressed = [(about, data["done"], data["total"]) for about, data in told(look, "task.progressed")]
        assert progressed == [(made[0], 0, 1), (made[0], 0, 2), (made[0], 1, 2)]
    db.write_now(links.remove, OWNER, made[0], Link.PARENT, made[1])
    db.write_now(tasks.delete, OWNER, made[2])
    with db.look() as look:
        assert links.of_task(look, OWNER, made[0]).total == 0
        assert links.of_task(look, OWNER, made[1]).parent is None


def test_a_task_blocks_until_it_is_done_or_deleted_and_those_that_wait_are_told(db: Database) -> None:
    def story(tx: Tx) -> None:
        one, two, three = (task.id for task in make(tx, 3))
        links.add(tx, OWNER, one, Link.BLOCKS, three)
        links.add(tx, OWNER, two, Link.BLOCKS, three)
        assert dependencies.blockers(tx, three) == ["DEMO-1", "DEMO-2"]
        tasks.change(tx, OWNER, one, {"status": TaskStatus.DONE})
        tasks.delete(tx, OWNER, two)
        assert dependencies.blockers(tx, three) == []
        tasks.restore(tx, OWNER, two)
        tasks.change(tx, OWNER, one, {"status": TaskStatus.IN_REVIEW})
        links.remove(tx, OWNER, three, Link.BLOCKED_BY, two)
        assert [(about, data["open"]) for about, data in told(tx, "task.blockers_changed")] == [
            (three, opened)
            for opened in (
                ["DEMO-1"],
                ["DEMO-1", "DEMO-2"],
                ["DEMO-2"],
                [],
                ["DEMO-2"],
                ["DEMO-1", "DEMO-2"],
                ["DEMO-1"],
            )
        ]

    db.write_now(story)


def test_what_is_not_linked_cannot_be_unlinked_and_who_may_only_look_links_nothing(db: Database) -> None:
    one, two = db.write_now(make, 2)
    for link in Link:
        with pytest.raises(NotLinked):
            db.write_now(links.remove, OWNER, one.id, link, two.id)
        with pytest.raises(PermissionMissing):
            db.write_now(links.add, VIEWER, one.id, link, two.id)
        with pytest.raises(TaskNotFound):
            db.write_now(links.add, OWNER, one.id, link, TaskId(999))
