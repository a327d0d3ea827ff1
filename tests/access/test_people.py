"""People: made, changed, disabled, deleted; invitations and tokens; and that an administrator always remains."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from coderclawlink.access import invitations, people, sessions, tickets, tokens
from coderclawlink.access.invitations import InvitationNotFound
from coderclawlink.access.people import EmailTaken, LastAdministrator, PersonExists, PersonNotFound
from coderclawlink.access.policy import OWNER, Permission, Role, may, ownership
from coderclawlink.access.sessions import IDLE_SECONDS, Session, SessionNotFound, SessionUnknown
from coderclawlink.access.tokens import TokenExists, TokenNotFound
from coderclawlink.db import schema
from coderclawlink.db.engine import Database, Tx
from coderclawlink.errors import Invalid
from coderclawlink.ids import SessionId
from coderclawlink.journal import log


def made(db: Database, name: str = "ann", role: Role = Role.DEVELOPER, **more: object) -> people.Person:
    return db.write_now(lambda tx: people.create(tx, name, role=role, how="admin", by=OWNER, **more))  # type: ignore[arg-type]


def opened(db: Database, user: str = "ann") -> Session:
    return db.write_now(sessions.open_browser, user, how="password", address="192.0.2.1", agent="a browser")


def is_open(db: Database, session: SessionId) -> bool:
    with db.look() as look:
        try:
            sessions.find(look, session)
        except SessionNotFound:
            return False
        return True


def aged(tx: Tx, session: Session, /, **values: float) -> None:
    tx.change(schema.sessions.update().where(schema.sessions.c.hash == session.hash).values(**values))


def told(db: Database) -> list[str]:
    with db.look() as look:
        return [one.kind for one in log.read(look, 0)]


def test_names_are_small_letters_and_stand_for_one_person_only(db: Database) -> None:
    assert made(db, "Ann", email="Ann@Example.org").id == "ann"
    with pytest.raises(PersonExists):
        made(db, "ANN ")
    for wrong in ("", "-x", "a b", "a/b", "ä", "a" * 65, "bob@example.org", "a\nb"):
        with pytest.raises(Invalid):
            made(db, wrong)
    with pytest.raises(EmailTaken):
        made(db, "bob", email="ann@example.ORG")
    with pytest.raises(Invalid):
        made(db, "bob", email="nobody")
    with db.look() as look:
        assert people.signing_in(look, " ANN@example.org ") == ("ann", None)
        assert people.signing_in(look, "Ann") == ("ann", None)
        assert people.signing_in(look, "nobody") is None


def test_a_person_has_the_same_things_however_and_wherever_signed_in(db: Database) -> None:
    made(db)
    one, other = opened(db), opened(db)
    contract = db.write_now(sessions.open_contract, "ann", "phone")
    assert len({one.hash, other.hash, contract.hash}) == 3
    assert {one.actor.session, other.actor.session, contract.actor.session} == {ownership("ann")}
    assert one.actor.proven
    assert one.actor.login == one.hash
    named = db.write_now(sessions.create, "ann", None)
    assert named.actor.session == named.hash  # naming is no proof
    with db.look() as look:
        assert sessions.find(look, one.id) == one
        assert {s.hash for s in sessions.all_of(look, "ann")} == {one.hash, other.hash, contract.hash}


def test_a_browsers_session_ends_after_a_day_without_use_and_after_thirty_days_in_any_case(db: Database) -> None:
    made(db)
    idle, old, good = opened(db), opened(db), opened(db)
    with db.look() as look:
        now = look.now()
    db.write_now(aged, idle, last_activity=now - IDLE_SECONDS - 1)
    db.write_now(aged, old, expires_at=now - 1)
    assert [is_open(db, one.id) for one in (idle, old, good)] == [False, False, True]
    assert good.expires_at is not None
    assert 29.9 < (good.expires_at - now) / 86400 < 30.1


def test_another_role_counts_from_the_next_request_on(db: Database) -> None:
    made(db, "root", Role.ADMIN)
    made(db)
    session = opened(db)
    assert not may(session.actor, Permission.ADMIN_USERS)
    db.write_now(people.change, "ann", {"role": "admin"}, by=OWNER)
    with db.look() as look:
        assert may(sessions.find(look, session.id).actor, Permission.ADMIN_USERS)
    db.write_now(people.change, "ann", {"role": "guest"}, by=OWNER)
    with db.look() as look:
        assert not may(sessions.find(look, session.id).actor, Permission.PROJECT_READ)
    assert told(db).count("permission.granted") == 2


def test_who_is_disabled_has_no_session_and_no_token_any_more(db: Database) -> None:
    made(db, "root", Role.ADMIN)
    made(db)
    session, named = opened(db), db.write_now(sessions.create, "ann", None)
    _, token = db.write_now(lambda tx: tokens.create(tx, "ann", "ci", scopes=None, days=1, by=OWNER))
    other = opened(db, "root")
    db.write_now(people.disable, "ann", by=OWNER)
    assert not any(is_open(db, one) for one in (session.id, named.id, token))
    assert is_open(db, other.id)
    with pytest.raises(SessionUnknown):
        opened(db)
    with db.look() as look:
        assert people.signing_in(look, "ann") is None
    with pytest.raises(Invalid):
        db.write_now(lambda tx: tokens.create(tx, "ann", "ci2", scopes=None, days=1, by=OWNER))
    db.write_now(people.change, "ann", {"state": "active"}, by=OWNER)
    assert is_open(db, opened(db).id)
    assert not is_open(db, token)  # what was ended stays ended


def test_the_last_administrator_stays_one(db: Database) -> None:
    made(db, "root", Role.ADMIN)
    made(db, "robot", Role.ADMIN, service=True)  # signs in by tokens alone
    for change in ({"role": "viewer"}, {"state": "disabled"}):
        with pytest.raises(LastAdministrator):
            db.write_now(people.change, "root", change, by=OWNER)
    with pytest.raises(LastAdministrator):
        db.write_now(people.delete, "root", by=OWNER)
    made(db, "other", Role.ADMIN)
    db.write_now(people.delete, "root", by=OWNER)
    with db.look() as look, pytest.raises(PersonNotFound):
        people.find(look, "root")


def test_a_new_password_ends_the_other_sessions_and_no_token(db: Database) -> None:
    made(db)
    mine, other = opened(db), opened(db)
    _, token = db.write_now(lambda tx: tokens.create(tx, "ann", "ci", scopes=None, days=1, by=OWNER))
    db.write_now(people.set_password, "ann", "a hash", by=mine.actor, but=mine.hash)
    assert [is_open(db, one) for one in (mine.id, other.id, token)] == [True, False, True]


def test_an_invitation_is_good_once_and_for_a_week(db: Database) -> None:
    made(db, "root", Role.ADMIN)
    root = opened(db, "root").actor
    invited, code = db.write_now(lambda tx: invitations.create(tx, role=Role.VIEWER, email="New@example.org", by=root))
    with db.look() as look:
        assert code not in str([tuple(row.values()) for row in look.rows(sa.select(schema.invitations))])
        assert [one.id for one in invitations.all_open(look)] == [invited.id]
    with pytest.raises(PersonExists):
        db.write_now(invitations.accept, code, "root", None, "a hash")
    new = db.write_now(invitations.accept, code, "new", "New One", "a hash")
    assert (new.role, new.email, new.has_password) == (Role.VIEWER, "new@example.org", True)
    with pytest.raises(InvitationNotFound):
        db.write_now(invitations.accept, code, "second", None, "a hash")
    old, late = db.write_now(lambda tx: invitations.create(tx, role=Role.VIEWER, email=None, by=root))
    db.write_now(lambda tx: tx.change(schema.invitations.update().values(expires_at=tx.now() - 1)))
    with pytest.raises(InvitationNotFound):
        db.write_now(invitations.accept, late, "third", None, "a hash")
    withdrawn, gone = db.write_now(lambda tx: invitations.create(tx, role=Role.ADMIN, email=None, by=root))
    db.write_now(invitations.withdraw, withdrawn.id, by=root)
    with pytest.raises(InvitationNotFound):
        db.write_now(invitations.accept, gone, "fourth", None, "a hash")
    assert old.id != withdrawn.id


def test_a_token_is_kept_as_a_hash_gives_no_more_than_its_user_has_and_ends(db: Database) -> None:
    made(db)
    scopes = [Permission.TASK_VIEW, Permission.TASK_SUBMIT]
    token, secret = db.write_now(lambda tx: tokens.create(tx, "ann", "ci", scopes=scopes, days=3, by=OWNER))
    assert secret.startswith("clk_")
    with db.look() as look:
        everything = [str(tuple(r.values())) for t in schema.meta.sorted_tables for r in look.rows(sa.select(t))]
        assert not any(secret.removeprefix("clk_") in row for row in everything)
        actor = sessions.find(look, secret).actor
    assert actor.session == ownership("ann")
    assert [p for p in Permission if may(actor, p)] == [Permission.TASK_SUBMIT, Permission.TASK_VIEW]
    with pytest.raises(TokenExists):
        db.write_now(lambda tx: tokens.create(tx, "ann", "ci", scopes=None, days=3, by=OWNER))
    with pytest.raises(Invalid, match="admin:users"):
        db.write_now(lambda tx: tokens.create(tx, "ann", "x", scopes=[Permission.ADMIN_USERS], days=3, by=OWNER))
    for days in (0, 366):
        with pytest.raises(Invalid):
            db.write_now(tokens.create, "ann", "x", scopes=None, days=days, by=OWNER)
    db.write_now(aged, Session(secret, "ann", None, Role.DEVELOPER, 0, 0, sessions.hash_of(secret)), last_activity=1.0)
    assert is_open(db, secret)  # a program may be quiet for long
    with pytest.raises(TokenNotFound):
        db.write_now(tokens.revoke, "root", token.id, by=OWNER)
    db.write_now(tokens.revoke, "ann", "ci", by=OWNER)
    assert not is_open(db, secret)


def test_a_ticket_is_good_once_and_for_half_a_minute(db: Database) -> None:
    ticket = db.write_now(tickets.create, "a hash")
    assert db.write_now(tickets.redeem, ticket) == "a hash"
    with pytest.raises(SessionUnknown):
        db.write_now(tickets.redeem, ticket)
    late = db.write_now(tickets.create, "a hash")
    db.write_now(lambda tx: tx.change(schema.sign_ins.update().values(made_at=tx.now() - 31)))
    with pytest.raises(SessionUnknown):
        db.write_now(tickets.redeem, late)
