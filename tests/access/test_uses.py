"""Who may use which agent: a rule that denies counts above all, one that allows leaves the others out, and it is said why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coderclawlink.access import groups, members, people, uses
from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role, ownership
from coderclawlink.access.uses import UseDenied, UseNotFound
from coderclawlink.board import projects
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration, Fallback
from coderclawlink.db.engine import Database, Tx
from coderclawlink.engine import handing
from coderclawlink.errors import Invalid
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.runs import fallback, ledger
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runtime import wishing
from coderclawlink.runtime.wishing import Asked, Defaults

ROOT = Actor(Role.ADMIN, "root", ownership("root"), proven=True)
ANN = Actor(Role.DEVELOPER, "ann", ownership("ann"), proven=True)
BOB = Actor(Role.DEVELOPER, "bob", ownership("bob"), proven=True)


@pytest.fixture
def project(db: Database) -> ProjectId:
    def furnish(tx: Tx) -> ProjectId:
        for one in (ROOT, ANN, BOB):
            people.create(tx, str(one.user), role=one.role, how="admin", by=OWNER)
        groups.apply(tx, "ann", "scim", ["builders"])
        return projects.create(tx, OWNER, name="Demo", key="DEMO").id

    return db.write_now(furnish)


def rule(db: Database, subject: str, *, allowed: bool = True, project: int | None = None, name: str = "goose") -> int:
    made = db.write_now(
        lambda tx: uses.add(tx, ROOT, subject=subject, kind="agent", name=name, project_id=project, allowed=allowed)
    )
    return made.id


def may(db: Database, actor: Actor, project: int | None = None, name: str = "goose") -> bool:
    with db.look() as look:
        return not uses.why_not(look, actor, "agent", [name], project)


def test_without_a_rule_everybody_may_and_with_one_only_those_whom_it_allows(db: Database, project: ProjectId) -> None:
    assert may(db, ANN)
    assert may(db, BOB)
    made = rule(db, "group:builders")
    assert may(db, ANN)
    assert not may(db, BOB)
    assert not may(db, ROOT), "nobody is above the rules who has signed in"
    assert may(db, OWNER)
    assert may(db, BOB, name="claude")
    db.write_now(uses.remove, ROOT, made)
    assert may(db, BOB)


def test_a_rule_that_denies_counts_above_all_that_allow(db: Database, project: ProjectId) -> None:
    rule(db, "role:developer")
    rule(db, "user:ann", allowed=False)
    assert may(db, BOB)
    with db.look() as look, pytest.raises(UseDenied, match=r"goose: it is denied to the user ann.*administrator"):
        uses.require(look, ANN, "agent", "goose", None)


def test_a_rule_holds_in_one_project_or_everywhere_and_the_projects_role_counts(
    db: Database, project: ProjectId
) -> None:
    rule(db, "role:admin", project=project)
    member = replace(BOB, memberships={project: Role.ADMIN})
    assert may(db, BOB)
    assert not may(db, BOB, project)
    assert may(db, member, project)


def test_a_rule_may_ask_for_a_device_that_is_trusted(db: Database, project: ProjectId) -> None:
    rule(db, "trust:high")
    assert not may(db, ANN)
    assert may(db, replace(ANN, trust="high"))


def test_who_has_only_named_a_user_is_denied_what_that_one_is_and_not_allowed_what_that_one_is(
    db: Database, project: ProjectId
) -> None:
    named = Actor(Role.DEVELOPER, "ann", "a session")
    rule(db, "user:ann")
    rule(db, "user:ann", allowed=False, name="claude")
    assert not may(db, named)
    assert not may(db, named, name="claude")


def test_it_is_asked_wherever_an_agent_is_to_begin(db: Database, project: ProjectId) -> None:
    rule(db, "user:bob")
    defaults = Defaults()
    with pytest.raises(UseDenied, match="it is for the user bob"):
        db.write_now(wishing.wish_for, ANN, Asked("goose", "Do it", {}, project), defaults)
    assert db.write_now(wishing.wish_for, BOB, Asked("goose", "Do it", {}, project), defaults).agent == "goose"


def test_a_rule_says_who_and_what_and_is_told(db: Database, project: ProjectId) -> None:
    for subject in ("ann", "user:", "role:king", "trust:some", "group:"):
        with pytest.raises(Invalid):
            rule(db, subject)
    with pytest.raises(Invalid):
        rule(db, "user:ann", name="a b")
    first = rule(db, "user:ann")
    assert rule(db, "user:ann", allowed=False) == first, "a subject has one rule for it"
    db.write_now(uses.remove, ROOT, first)
    with pytest.raises(UseNotFound):
        db.write_now(uses.remove, ROOT, first)
    with db.look() as look:
        told = [one.kind for one in log.read(look, 0) if one.kind.startswith("permission.")]
    assert told == ["permission.granted", "permission.revoked", "permission.granted"]


def test_a_projects_admin_makes_rules_for_the_project_alone(db: Database, project: ProjectId) -> None:
    db.write_now(members.give, project, "ann", Role.ADMIN, "root")
    ann = replace(ANN, memberships={project: Role.ADMIN})
    everywhere = rule(db, "role:viewer")
    wanted = {"subject": "user:bob", "kind": "agent", "name": "goose"}
    made = db.write_now(lambda tx: uses.add(tx, ann, project_id=project, **wanted))  # type: ignore[arg-type]
    with pytest.raises(PermissionMissing):
        db.write_now(lambda tx: uses.add(tx, ann, **wanted))  # type: ignore[arg-type]
    with pytest.raises(PermissionMissing):
        db.write_now(uses.remove, ann, everywhere)
    with db.look() as look:
        assert [one.id for one in uses.all_of(look, ann)] == [made.id]
        assert [one.id for one in uses.all_of(look, ROOT)] == [everywhere, made.id]
        assert uses.all_of(look, BOB) == []


def test_a_run_is_not_handed_over_to_an_agent_nor_falls_back_to_one_that_may_not_be_used(
    db: Database, project: ProjectId
) -> None:
    chain = AgentConfiguration(fallback=(Fallback(agent="claude"), Fallback(agent="ollama")))

    def begin(tx: Tx) -> Run:
        wish = Wish("goose", "Do it", {}, "t", project_id=project, options=chain)
        return ledger.submit(tx, ANN, wish)

    run = db.write_now(begin)
    with db.look() as look:
        assert fallback.steps(look, run) == [0, 1, 2]
    rule(db, "user:ann", allowed=False, name="claude")
    with db.look() as look:
        assert fallback.steps(look, run) == [0, 2]
    with pytest.raises(UseDenied, match="claude: it is denied to the user ann"):
        db.write_now(handing.hand_over, ANN, run, "claude", NOTHING_SAID)
