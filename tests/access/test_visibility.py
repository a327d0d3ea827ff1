"""Which projects and runs are there for whom: what lists say in SQL is what is said of one, for every kind of actor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import OWNER, READS, Actor, Permission, Role, ownership
from coderclawlink.access.visibility import ProjectHidden
from coderclawlink.board import dependencies, links, projects, tasks
from coderclawlink.board.links import Link
from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import projects as table
from coderclawlink.db.schema import runs
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Wish

OPEN, HIDDEN, OTHER = "OPEN", "HIDDEN", "OTHER"
ANN = ownership("ann")


def furnish(tx: Tx) -> dict[str, ProjectId]:
    """One open project, and two that are private."""
    made = {key: projects.create(tx, OWNER, name=key, key=key).id for key in (OPEN, HIDDEN, OTHER)}
    tx.change(table.update().where(table.c.key != OPEN).values(private=True))
    return made


@pytest.fixture
def places(db: Database) -> dict[str, ProjectId]:
    return db.write_now(furnish)


def person(role: Role, memberships: Mapping[int, Role] | None = None) -> Actor:
    return Actor(role, "ann", ANN, proven=True, login="a login", memberships=memberships or {})


def everybody(at: dict[str, ProjectId]) -> Iterator[Actor]:
    yield OWNER
    yield Actor(Role.DEVELOPER, "hub")
    for role in Role:
        yield Actor(role, "ann", "a session")
        for one in (None, *Role):
            for other in (None, *Role):
                given: dict[int, Role] = {
                    at[key]: each for key, each in ((OPEN, one), (HIDDEN, other)) if each is not None
                }
                yield person(role, given)
                yield replace(person(role, given), only=frozenset({at[HIDDEN]}))
    yield replace(person(Role.ADMIN), scopes=READS)
    yield replace(person(Role.DEVELOPER, {at[HIDDEN]: Role.ADMIN}), trust="low")
    yield replace(person(Role.DEVELOPER, {at[HIDDEN]: Role.ADMIN}), scopes=frozenset({Permission.AGENT_LIST}))


def test_a_private_project_is_there_for_its_members_and_for_administrators(
    db: Database, places: dict[str, ProjectId]
) -> None:
    seen = {
        "the owner": (OWNER, [OPEN, HIDDEN, OTHER]),
        "an administrator": (person(Role.ADMIN), [OPEN, HIDDEN, OTHER]),
        "a developer": (person(Role.DEVELOPER), [OPEN]),
        "a member": (person(Role.DEVELOPER, {places[HIDDEN]: Role.VIEWER}), [OPEN, HIDDEN]),
        "a guest": (person(Role.GUEST), []),
        "a guest who is a member": (person(Role.GUEST, {places[OPEN]: Role.VIEWER}), [OPEN]),
        "a token narrowed to one": (
            replace(person(Role.DEVELOPER, {places[HIDDEN]: Role.VIEWER}), only=frozenset({places[HIDDEN]})),
            [HIDDEN],
        ),
        "an administrator's token narrowed to one": (
            replace(person(Role.ADMIN), only=frozenset({places[OTHER]})),
            [OTHER],
        ),
    }
    with db.look() as look:
        for who, (actor, expected) in seen.items():
            statement = sa.select(table.c.key).where(visibility.visible(actor)).order_by(table.c.id)
            assert [key for (key,) in look.tuples(statement)] == expected, who
            for key, project in places.items():
                assert visibility.may_see(look, actor, project) is (key in expected), (who, key)


def test_what_is_hidden_is_refused_as_what_is_not_there(db: Database, places: dict[str, ProjectId]) -> None:
    with db.look() as look:
        for project in (places[HIDDEN], 10**6):
            with pytest.raises(ProjectHidden, match=r"^Project not found\.$"):
                visibility.require_visible(look, person(Role.DEVELOPER), project)
            with pytest.raises(projects.ProjectNotFound, match=r"^Project not found\.$"):
                projects.find_for(look, person(Role.DEVELOPER), ProjectId(project))


def test_lists_hold_what_may_be_done_one_by_one(db: Database, places: dict[str, ProjectId]) -> None:
    with db.look() as look:
        for actor in everybody(places):
            lists = [visibility.allowed(actor, permission).label(f"p{at}") for at, permission in enumerate(Permission)]
            seen = {project: visibility.may_see(look, actor, project) for project in places.values()}
            for row in look.rows(sa.select(table.c.id, *lists)):
                for at, permission in enumerate(Permission):
                    may = seen[row["id"]] and policy.may(actor, permission, row["id"])
                    assert bool(row[f"p{at}"]) is may, (actor, permission)


def test_the_runs_of_lists_are_those_that_may_be_seen_one_by_one(db: Database, places: dict[str, ProjectId]) -> None:
    bob = Actor(Role.DEVELOPER, "bob", ownership("bob"), proven=True)
    owners = (OWNER, Actor(Role.DEVELOPER, "ann", ANN), Actor(Role.DEVELOPER, "bob", "another"), bob)

    def submit(tx: Tx) -> None:
        for owner in owners:
            for project in (None, *places.values()):
                ledger.submit(tx, owner, Wish("goose", "p", {}, "t", project_id=project))
                if project is not None:
                    task = tasks.create(tx, OWNER, project_id=project, title="t").id
                    ledger.submit(tx, owner, Wish("goose", "p", {}, "t", project_id=project, task_id=task))

    db.write_now(submit)
    with db.look() as look:
        every = look.rows(sa.select(runs.c.number, runs.c.session, runs.c.project_id, runs.c.task_id))
        for actor in everybody(places):
            listed = {number for (number,) in look.tuples(sa.select(runs.c.number).where(visibility.run_seen(actor)))}
            one_by_one = {
                row["number"]
                for row in every
                if visibility.may_see_run(look, actor, row["session"], row["project_id"], row["task_id"])
            }
            assert listed == one_by_one, actor
        member = person(Role.DEVELOPER, {places[HIDDEN]: Role.ADMIN})
        seen = ledger.latest(look, member, project=places[HIDDEN])
        assert len(seen) == 8, "a project's admin reads all of its runs"
        assert all(policy.may_cancel_run(member, run.session, run.project_id) for run in seen)


def test_what_is_of_no_project_is_its_submitters_also_where_no_project_is_private(db: Database) -> None:
    db.write_now(lambda tx: ledger.submit(tx, OWNER, Wish("goose", "p", {}, "t")))
    with db.look() as look:
        for actor in (person(Role.VIEWER), person(Role.DEVELOPER), Actor(Role.DEVELOPER, "eve", "a session's hash")):
            assert ledger.latest(look, actor) == []
        assert len(ledger.latest(look, OWNER)) == 1


def test_people_of_a_project_see_and_cancel_what_each_has_had_done_of_its_tasks_and_no_more() -> None:
    bob, ann = ownership("bob"), person(Role.DEVELOPER)
    assert policy.may_see_run(ann, bob, 1, 1)
    assert policy.may_cancel_run(ann, bob, 1, 1)
    assert not policy.may_see_run(ann, bob, 1), "a conversation, say"
    assert not policy.may_see_run(ann, bob, None)
    viewer = person(Role.VIEWER)
    assert policy.may_see_run(viewer, bob, 1, 1)
    assert not policy.may_cancel_run(viewer, bob, 1, 1)
    named = Actor(Role.DEVELOPER, "ann", "a session's hash")
    assert not policy.may_see_run(named, bob, 1, 1), "who has only named somebody"
    assert not policy.may_see_run(ann, "a session's hash", 1, 1)


def test_a_link_tells_nothing_of_a_task_that_is_hidden(db: Database, places: dict[str, ProjectId]) -> None:
    def tie(tx: Tx) -> list[TaskId]:
        one, two, three = (tasks.create(tx, OWNER, project_id=places[key], title=key) for key in (OPEN, HIDDEN, OPEN))
        links.add(tx, OWNER, two.id, Link.BLOCKS, one.id)
        links.add(tx, OWNER, one.id, Link.RELATES, two.id)
        links.add(tx, OWNER, one.id, Link.BLOCKS, three.id)
        return [one.id, two.id, three.id]

    one, two, three = db.write_now(tie)
    developer, member = person(Role.DEVELOPER), person(Role.DEVELOPER, {places[HIDDEN]: Role.DEVELOPER})
    with db.look() as look:
        assert [each.id for each in links.of_task(look, member, one).blocked_by] == [two]
        found = links.of_task(look, developer, one)
        assert (found.blocked_by, found.relates) == ((), ())
        assert [each.id for each in found.blocks] == [three]
        assert dependencies.blockers(look, one) == ["a task of a private project"]
        assert dependencies.blockers(look, three) == ["OPEN-1"]
    with pytest.raises(tasks.TaskNotFound):
        db.write_now(links.add, developer, one, Link.RELATES, two)
    with pytest.raises(links.Circle) as circle:
        db.write_now(links.add, replace(member), three, Link.BLOCKS, two)
    assert "HIDDEN-1" in circle.value.message
