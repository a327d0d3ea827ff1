"""One database of each kind for a whole file, emptied for every test: on PostgreSQL a fresh one costs more than most tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from coderclawlink.db.engine import Database, Tx, open_database
from coderclawlink.db.migrate import migrate
from coderclawlink.db.schema import meta
from tests import postgres as postgres_server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('shared') / 'clawlink.db'}"
        return
    server, template = request.getfixturevalue("postgres"), request.getfixturevalue("migrated")
    with postgres_server.database(server, template) as url:
        yield url


@pytest.fixture(scope="module")
def shared_db(shared_url: str) -> Iterator[Database]:
    with open_database(shared_url) as opened:
        migrate(opened)
        yield opened


@pytest.fixture
def db(shared_db: Database) -> Database:
    shared_db.write_now(wipe)
    return shared_db


def wipe(tx: Tx) -> None:
    """Nothing is left, as before the first write."""
    with unguarded(tx.connection):
        for table in reversed(meta.sorted_tables):
            tx.change(table.delete())


@contextlib.contextmanager
def unguarded(connection: sa.Connection) -> Iterator[None]:
    """What somebody can do who has the database itself: write to the audit chain past its triggers."""
    if connection.dialect.name == "postgresql":
        for table in ("audit", "audit_cuts"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in ("audit", "audit_cuts"):
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    found = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('audit', 'audit_cuts')"
    ).all()
    for name, _ in found:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, made in found:
        connection.exec_driver_sql(made)
