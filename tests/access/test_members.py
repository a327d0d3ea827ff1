"""Members of projects: roles of their own, given by hand and by groups, and what changes with them at once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from coderclawlink.access import askers, groups, members, people, policy, sessions
from coderclawlink.access.members import MemberNotFound, NoSuchUser
from coderclawlink.access.policy import OWNER, Actor, Permission, PermissionMissing, Role, ownership
from coderclawlink.access.visibility import ProjectHidden
from coderclawlink.board import projects
from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import projects as table
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from tests.access.test_people import opened

NAMES = ("root", "ann", "bob")


@pytest.fixture
def project(db: Database) -> ProjectId:
    def furnish(tx: Tx) -> ProjectId:
        for name in NAMES:
            role = Role.ADMIN if name == "root" else Role.VIEWER
            people.create(tx, name, role=role, how="admin", by=OWNER)
        return projects.create(tx, OWNER, name="Demo", key="DEMO").id

    return db.write_now(furnish)


def actor(db: Database, name: str) -> Actor:
    with db.look() as look:
        session = opened_once(db, name)
        return sessions.find(look, session.id).actor


def opened_once(db: Database, name: str) -> sessions.Session:
    return opened(db, name)


def test_a_project_gives_a_role_that_is_stronger_or_weaker_than_elsewhere(db: Database, project: ProjectId) -> None:
    db.write_now(members.give, project, "ann", Role.DEVELOPER, "root")
    ann = actor(db, "ann")
    assert ann.memberships == {project: Role.DEVELOPER}
    assert policy.may(ann, Permission.PROJECT_WRITE, project)
    assert not policy.may(ann, Permission.PROJECT_WRITE)
    assert policy.may_somewhere(ann, Permission.PROJECT_WRITE)
    db.write_now(members.give, project, "ann", Role.GUEST, "root")
    assert not policy.may(actor(db, "ann"), Permission.PROJECT_READ, project)
    assert policy.may(actor(db, "ann"), Permission.PROJECT_READ)
    db.write_now(members.take, project, "ann", "root")
    assert actor(db, "ann").memberships == {}


def test_a_projects_admin_configures_no_agents_since_that_reaches_beyond_the_project(
    db: Database, project: ProjectId
) -> None:
    db.write_now(members.give, project, "ann", Role.ADMIN, "root")
    ann = actor(db, "ann")
    may = {permission for permission in Permission if policy.may(ann, permission, project)}
    assert set(Permission) - may == {Permission.AGENT_CONFIGURE, Permission.SKILL_INSTALL}


def test_the_stronger_of_what_is_given_and_what_a_group_gives_counts(db: Database, project: ProjectId) -> None:
    def grant(tx: Tx) -> None:
        members.give(tx, project, "ann", Role.VIEWER, "root")
        groups.give(tx, "builders", project, Role.DEVELOPER, by="root")
        groups.apply(tx, "ann", "scim", ["builders"])
        groups.apply(tx, "bob", "scim", ["builders"])

    db.write_now(grant)
    with db.look() as look:
        assert members.of_user(look, "ann") == {project: Role.DEVELOPER}
        ann, bob = members.all_of(look, project)
        assert (ann.user, ann.role, ann.given, ann.by_group) == ("ann", Role.DEVELOPER, Role.VIEWER, Role.DEVELOPER)
        assert (bob.user, bob.role, bob.given, bob.by_group) == ("bob", Role.DEVELOPER, None, Role.DEVELOPER)
        assert [one.user for one in members.all_of(look, project, limit=1)] == ["ann"]
        assert [one.user for one in members.all_of(look, project, after="ann")] == ["bob"]
    with pytest.raises(MemberNotFound):
        db.write_now(members.take, project, "bob", "root")


def test_what_is_given_and_taken_is_told_and_heard_at_once(db: Database, project: ProjectId) -> None:
    rung: list[set[str]] = []

    def give_and_take(tx: Tx) -> None:
        members.give(tx, project, "ann", Role.DEVELOPER, "root")
        members.give(tx, project, "ann", Role.DEVELOPER, "root")
        rung.append(set(tx.topics))
        members.take(tx, project, "ann", "root")

    db.write_now(give_and_take)
    assert "access:ann" in rung[0]
    with db.look() as look:
        told = [one for one in log.read(look, 0) if one.kind.startswith("permission.")]
    assert [(one.kind, one.about.project, one.actor) for one in told] == [
        ("permission.granted", project, "root"),
        ("permission.revoked", project, "root"),
    ]


def test_a_projects_admin_says_who_its_members_are_and_others_do_not(db: Database, project: ProjectId) -> None:
    db.write_now(members.give, project, "ann", Role.ADMIN, "root")
    ann, bob = actor(db, "ann"), actor(db, "bob")
    made = db.write_now(members.give_for, ann, project, "bob", Role.DEVELOPER)
    assert (made.user, made.role, made.made_by) == ("bob", Role.DEVELOPER, "ann")
    with pytest.raises(PermissionMissing):
        db.write_now(members.give_for, bob, project, "bob", Role.ADMIN)
    with pytest.raises(NoSuchUser):
        db.write_now(members.give_for, ann, project, "nobody", Role.VIEWER)
    with pytest.raises(PermissionMissing):
        db.write_now(members.take_for, bob, project, "ann")


def test_who_makes_a_project_private_is_not_locked_out_and_others_are(db: Database, project: ProjectId) -> None:
    db.write_now(members.give, project, "ann", Role.ADMIN, "root")
    ann, bob = actor(db, "ann"), actor(db, "bob")
    with pytest.raises(PermissionMissing):
        db.write_now(projects.change, bob, project, {"private": True})
    assert db.write_now(projects.change, ann, project, {"private": True}).private
    root = actor(db, "root")
    db.write_now(projects.change, root, project, {"private": False})
    assert db.write_now(projects.change, root, project, {"private": True}).private
    with db.look() as look:
        assert members.of_user(look, "root") == {project: Role.ADMIN}
        assert [one.key for one in projects.seen_by(look, ann)] == ["DEMO"]
        assert projects.seen_by(look, bob) == []
        with pytest.raises(ProjectHidden):
            members.read_for(look, bob, project, after="", limit=10)
        assert look.scalar(sa.select(table.c.private).where(table.c.id == project))


def test_ownership_is_the_persons_from_every_session(db: Database, project: ProjectId) -> None:
    assert actor(db, "ann").session == actor(db, "ann").session == ownership("ann")


def test_what_follows_by_itself_is_done_with_the_rights_that_are_left(db: Database, project: ProjectId) -> None:
    def as_of_now(user: str | None, session: str | None) -> Actor:
        with db.look() as look:
            return askers.as_of_now(look, user, session)

    db.write_now(members.give, project, "ann", Role.DEVELOPER, "root")
    ann = as_of_now("ann", ownership("ann"))
    assert (ann.role, ann.memberships, ann.proven) == (Role.VIEWER, {project: Role.DEVELOPER}, True)
    assert policy.may(ann, Permission.TASK_SUBMIT, project)
    db.write_now(members.take, project, "ann", "root")
    assert not policy.may(as_of_now("ann", ownership("ann")), Permission.TASK_SUBMIT, project)
    db.write_now(people.disable, "ann", by="root")
    assert not policy.may_somewhere(as_of_now("ann", ownership("ann")), Permission.TASK_VIEW)
    # The machine's owner, and who has only named somebody, are as they were.
    assert as_of_now(None, None).is_owner
    assert policy.may(as_of_now("ann", "a session"), Permission.TASK_SUBMIT, project)
