"""Transactions as functions: grouped, all or nothing, never torn by a cancelled caller."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from coderclawlink.db.engine import Database, Look, Tx, now, open_database, store_url
from coderclawlink.db.migrate import config, migrate
from coderclawlink.db.schema import meta, users
from coderclawlink.errors import Invalid

pytestmark = pytest.mark.anyio


def add(tx: Tx, name: str) -> str:
    tx.change(users.insert().values(id=name, role="guest", created_at=now()))
    tx.topics.add(f"user:{name}")
    return name


def add_then_fail(tx: Tx, name: str) -> str:
    add(tx, name)
    raise Invalid("no")


def names(look: Look) -> list[str]:
    return [row["id"] for row in look.rows(sa.select(users.c.id).order_by(users.c.id))]


async def test_a_write_is_seen_by_reads_once_it_has_returned(db: Database) -> None:
    assert await db.write(add, "ann") == "ann"
    assert await db.read(names) == ["ann"]


async def test_a_call_that_raises_takes_back_its_own_writes_and_no_one_elses(db: Database) -> None:
    futures = [db.submit(add, "a"), db.submit(add_then_fail, "b"), db.submit(add, "c"), db.submit(add, "a")]
    outcomes = [type(future.exception(5)) for future in futures]
    assert outcomes == [type(None), Invalid, type(None), sa.exc.IntegrityError]
    assert await db.read(names) == ["a", "c"]


async def test_many_writers_lose_no_update(db: Database) -> None:
    def count_up(tx: Tx) -> None:
        value = int(tx.scalar(sa.select(users.c.role).where(users.c.id == "counter")))
        tx.change(users.update().where(users.c.id == "counter").values(role=str(value + 1)))

    await db.write(lambda tx: tx.change(users.insert().values(id="counter", role="0", created_at=now())))
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for _ in range(200):
            tasks.create_task(db.write(count_up))
    assert await db.read(lambda look: look.scalar(sa.select(users.c.role))) == "200"


async def test_a_cancelled_caller_does_not_tear_its_transaction(db: Database) -> None:
    began, go_on = asyncio.Event(), __import__("threading").Event()
    loop = asyncio.get_running_loop()

    def slow(tx: Tx) -> None:
        add(tx, "first")
        loop.call_soon_threadsafe(began.set)
        go_on.wait(5)
        add(tx, "second")

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(db.write(slow))
        await began.wait()
        task.cancel()
        go_on.set()
    await db.write(lambda tx: None)  # behind the other in the writer's row
    assert await db.read(names) == ["first", "second"]


async def test_a_reading_connection_cannot_write(db: Database) -> None:
    if db.dialect != "sqlite":
        return  # PostgreSQL's readers are kept apart by type alone

    def sneak(look: Look) -> None:
        look._connection.execute(users.insert().values(id="x", role="admin", created_at=0))

    with pytest.raises(Exception, match=r"readonly|does not answer"):
        await db.read(sneak)


async def test_the_bell_rings_after_the_commit_and_only_for_its_topic(db: Database) -> None:
    with db.bell.listen("user:ann") as ann, db.bell.listen("user:bob") as bob:
        await db.write(add, "ann")
        assert await ann.wait(5)
        assert await db.read(names) == ["ann"]
        assert not await bob.wait(0.01)
        with pytest.raises(Invalid):
            await db.write(add_then_fail, "bob")
        assert not await bob.wait(0.01)


async def test_migrations_make_exactly_the_tables_of_the_schema(db: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    migrate(db)  # a second time changes nothing
    with db.writing.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: kind != "table" or name in meta.tables}
        )
        assert compare_metadata(context, meta) == []
    assert config() is not None


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite+aiosqlite:///./portal.db", "sqlite+pysqlite:///./portal.db"),
        ("sqlite:////var/lib/x.db", "sqlite+pysqlite:////var/lib/x.db"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_any_driver_name_in_the_url_is_understood(given: str, used: str) -> None:
    assert store_url(given).render_as_string(hide_password=False) == used


@pytest.mark.parametrize("bad", ["", "mysql://h/d", "sqlite://", "sqlite:///:memory:", "not a url"])
def test_a_url_that_cannot_keep_anything_is_refused(bad: str) -> None:
    with pytest.raises(Invalid):
        store_url(bad)


def test_what_is_written_after_closing_is_refused_not_lost(tmp_path: object) -> None:
    db = open_database(f"sqlite:///{tmp_path}/x.db")
    db.close()
    with pytest.raises(Exception, match="does not answer"):
        db.write_now(add, "late")
