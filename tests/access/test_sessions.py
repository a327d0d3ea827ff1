"""Sessions: the id is the secret and is kept nowhere; time ends them; a name gives nobody a higher role."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from coderclawlink.access import sessions
from coderclawlink.access.policy import Permission, Role
from coderclawlink.access.sessions import IDLE_SECONDS, Session, SessionNotFound
from coderclawlink.db import schema
from coderclawlink.db.engine import Database, Tx
from coderclawlink.ids import SessionId
from coderclawlink.journal import log


def unused_for(tx: Tx, session: Session, seconds: float) -> None:
    table = schema.sessions
    here = table.c.hash == sessions.hash_of(session.id)
    tx.change(table.update().where(here).values(last_activity=tx.now() - seconds))


def test_a_session_is_found_by_its_id_and_by_nothing_else(db: Database) -> None:
    made = db.write_now(sessions.create, "ann", "laptop")
    uuid.UUID(made.id)
    with db.look() as look:
        assert sessions.find(look, made.id) == made
        assert sessions.find(look, SessionId(f" {made.id.upper()} ")).user == "ann"
        for wrong in ("", "ann", sessions.hash_of(made.id), made.id[:-1], str(uuid.uuid4()), "' OR 1=1 --"):
            with pytest.raises(SessionNotFound):
                sessions.find(look, SessionId(wrong))


def test_the_id_stands_nowhere_in_the_database(db: Database) -> None:
    made = db.write_now(sessions.create, "ann", "laptop")
    with db.look() as look:
        everything = [
            str(tuple(row.values())) for table in schema.meta.sorted_tables for row in look.rows(sa.select(table))
        ]
    assert any("ann" in row for row in everything)
    assert not any(made.id in row or made.id.replace("-", "") in row for row in everything)


def test_a_session_ends_after_a_day_without_use_and_use_keeps_it(db: Database) -> None:
    made = db.write_now(sessions.create, "ann", None)
    db.write_now(unused_for, made, IDLE_SECONDS - 60)
    with db.look() as look:
        sessions.find(look, made.id)
    db.write_now(sessions.touch, made.id)
    db.write_now(unused_for, made, IDLE_SECONDS + 1)
    with db.look() as look, pytest.raises(SessionNotFound):
        sessions.find(look, made.id)
    with pytest.raises(SessionNotFound):
        db.write_now(sessions.touch, made.id)
    with pytest.raises(SessionNotFound):
        db.write_now(sessions.delete, made.id)


def test_touching_notes_the_time_by_the_databases_clock(db: Database) -> None:
    made = db.write_now(sessions.create, "ann", None)
    db.write_now(unused_for, made, 1000)
    touched = db.write_now(sessions.touch, made.id)
    with db.look() as look:
        assert touched.last_activity == sessions.find(look, made.id).last_activity
        assert look.now() - touched.last_activity < 60


def test_a_session_that_was_ended_opens_nothing(db: Database) -> None:
    made, other = db.write_now(sessions.create, "ann", None), db.write_now(sessions.create, "ann", None)
    db.write_now(sessions.delete, made.id)
    with db.look() as look:
        with pytest.raises(SessionNotFound):
            sessions.find(look, made.id)
        assert sessions.find(look, other.id).user == "ann"
        assert [told.kind for told in log.read(look, 0)] == ["session.created", "session.created", "session.deleted"]


@pytest.mark.parametrize(
    ("known_as", "asked_for_by_name"),
    [
        (None, Role.DEVELOPER),
        (Role.ADMIN, Role.DEVELOPER),
        (Role.DEVELOPER, Role.DEVELOPER),
        (Role.VIEWER, Role.VIEWER),
        (Role.GUEST, Role.GUEST),
    ],
)
def test_naming_a_user_never_gives_more_than_a_developers_rights(
    db: Database, known_as: Role | None, asked_for_by_name: Role
) -> None:
    if known_as is not None:
        db.write_now(lambda tx: tx.change(schema.users.insert().values(id="ann", role=known_as, created_at=0)))
    made = db.write_now(sessions.create, "ann", None)
    assert made.role is asked_for_by_name
    assert (made.actor.user, made.actor.session) == ("ann", sessions.hash_of(made.id))
    with db.look() as look:
        role = look.scalar(sa.select(schema.users.c.role).where(schema.users.c.id == "ann"))
    assert role == (known_as or Role.DEVELOPER)


def test_one_that_names_nobody_has_a_developers_rights_and_no_user(db: Database) -> None:
    made = db.write_now(sessions.create, None, None)
    assert (made.user, made.role) == (None, Role.DEVELOPER)
    assert "task:submit" in made.permissions
    assert "project:delete" not in made.permissions
    with db.look() as look:
        assert look.rows(sa.select(schema.users)) == []


def test_a_role_that_the_owner_gives_is_the_sessions_and_not_the_users(db: Database) -> None:
    admin = db.write_now(sessions.create, "ann", None, role=Role.ADMIN)
    assert set(admin.permissions) == set(Permission)
    assert db.write_now(sessions.create, "ann", None).role is Role.DEVELOPER
