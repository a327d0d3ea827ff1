"""A session's memory on both databases: kept with the run, told to it alone, gone with it."""

from __future__ import annotations

import pytest

from coderclawlink.access import members, people, sessions
from coderclawlink.access.policy import OWNER, Actor, Role
from coderclawlink.board import projects
from coderclawlink.db.engine import Database
from coderclawlink.db.schema import memories
from coderclawlink.runs import ledger, memory
from coderclawlink.runs.ledger import Wish
from coderclawlink.runs.memory import Memory

pytestmark = pytest.mark.anyio


async def signed_in(db: Database, user: str) -> Actor:
    opened = await db.write(lambda tx: sessions.open_browser(tx, user, how="password", address=None, agent=None))
    return (await db.read(sessions.find, opened.id)).actor


def wish(prompt: str, project: projects.Project | None = None) -> Wish:
    return Wish("claude", prompt, {}, prompt, None if project is None else project.id)


async def words(db: Database, actor: Actor) -> list[str | None]:
    found: list[Memory] = await db.read(memory.all_of, actor)
    return [one.asked or one.text for one in found]


async def test_it_is_kept_with_the_run_and_told_to_its_session_alone(db: Database) -> None:
    await db.write(people.create, "ann", role=Role.DEVELOPER, how="admin")
    one, other = await signed_in(db, "ann"), await signed_in(db, "ann")
    run = await db.write(ledger.submit, one, wish("First"))
    await db.write(memory.note, one, "A note.")
    await db.write(ledger.submit, other, wish("Theirs"))
    await db.write(ledger.submit, OWNER, wish("The owner's"))
    assert await words(db, one) == ["First", "A note."]
    assert await words(db, other) == ["Theirs"]
    assert await words(db, OWNER) == []
    told = await db.read(memory.told, one)
    assert told.startswith("Asked, ")
    assert told.endswith("> A note.")
    await db.write(lambda tx: ledger.note(tx, run.id, hidden=True))  # its task was deleted
    assert await words(db, one) == ["A note."]
    assert await db.write(memory.forget, one) == 2
    assert await words(db, one) == []


async def test_what_may_not_be_seen_any_more_is_not_remembered(db: Database) -> None:
    await db.write(people.create, "bob", role=Role.DEVELOPER, how="admin")
    made = await db.write(lambda tx: projects.create(tx, OWNER, name="P", key="MEMORY"))
    await db.write(projects.change, OWNER, made.id, {"private": True})
    await db.write(members.give, made.id, "bob", Role.DEVELOPER, "root")
    actor = await signed_in(db, "bob")
    await db.write(ledger.submit, actor, wish("Private", made))
    assert await words(db, actor) == ["Private"]
    await db.write(members.take, made.id, "bob", "root")
    now = await db.read(lambda look: sessions.find_by_hash(look, actor.login or "").actor)
    assert await words(db, now) == []


async def test_it_is_gone_with_the_session_and_nothing_is_kept_for_one_that_has_ended(db: Database) -> None:
    await db.write(people.create, "cleo", role=Role.DEVELOPER, how="admin")
    actor = await signed_in(db, "cleo")
    await db.write(ledger.submit, actor, wish("x"))
    await db.write(sessions.end_all, "cleo")
    await db.write(ledger.submit, actor, wish("y"))
    assert await db.read(lambda look: look.rows(memories.select().where(memories.c.session == actor.login))) == []
