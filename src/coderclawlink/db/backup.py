"""The database as files and back: all of it, as it was at one moment, while others go on writing.

SQLite: one file, written by `VACUUM INTO` within a single look, so that nothing of what was deleted is left in it. PostgreSQL: a file
for each table, as COPY writes it, all within one look; the tables are made anew by our own steps and by the durable engine's.

Above: `clawlink backup` and `restore`. Below: the two drivers, the steps of `migrate`.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Literal

import psycopg
import sqlalchemy as sa
from psycopg import sql
from pydantic import BaseModel, ConfigDict

from coderclawlink.db.engine import StoreUnavailable, open_database, store_url
from coderclawlink.db.migrate import has_step, migrate
from coderclawlink.db.schema import meta
from coderclawlink.errors import Conflict, Invalid

SQLITE_FILE = "clawlink.db"
OURS, ENGINES = "public", "dbos"
"""Schemas on PostgreSQL: ours, and the durable engine's."""
ENGINE_VERSION = "dbos_migrations"
BUSY_MILLISECONDS = 30_000
_PIECE = 1024 * 1024


class NothingThere(Conflict):
    """There is no database to back up."""


class NotEmpty(Conflict):
    """A backup is restored into an empty database only."""


class TooNew(Invalid):
    """The backup was made by a newer version of this program: restore it with that one."""


class Damaged(Invalid):
    """The backup is damaged."""


class Table(BaseModel):
    """How a table of PostgreSQL lies in its file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: Literal["public", "dbos"]
    name: str
    columns: tuple[str, ...]
    rows: int

    @property
    def file(self) -> str:
        return f"{self.place}.{self.name}.copy"


class Saved(BaseModel):
    """What was saved. `revision`: the step that the tables are at. `engine`: of PostgreSQL, the step of the durable engine's
    tables; 0: there are none. `sequences`: name → the last number that was given. `attachments`: SHA-256 of files that are wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dialect: Literal["sqlite", "postgresql"]
    revision: str
    engine: int = 0
    tables: tuple[Table, ...] = ()
    sequences: dict[str, int] = {}
    attachments: tuple[str, ...]


def save(url: str, folder: Path) -> Saved:
    """Write the database's files into the folder. Blocks. Raises `NothingThere`, `StoreUnavailable`."""
    store = store_url(url)
    try:
        if store.get_backend_name() == "sqlite":
            return _save_sqlite(Path(str(store.database)), folder / SQLITE_FILE)
        return _save_postgresql(_conninfo(store), folder)
    except (sqlite3.Error, psycopg.Error) as error:
        raise StoreUnavailable(f"The database cannot be read: {str(error).splitlines()[0]}") from error


def load(url: str, folder: Path, saved: Saved, make_engines_tables: Callable[[str], None]) -> None:
    """Make the database that `url` names out of the files, and bring it to what this version needs. Blocks.

    `make_engines_tables`: makes the durable engine's tables in the PostgreSQL database of that URL. Raises `NotEmpty`, `TooNew`,
    `Damaged`, `Invalid` where the database is of the other kind, `StoreUnavailable`.
    """
    store = store_url(url)
    if store.get_backend_name() != saved.dialect:
        raise Invalid(
            f"This is a backup of {_name(saved.dialect)}, and DATABASE_URL names {_name(store.get_backend_name())}. "
            "Restore it into the kind of database that it was made of."
        )
    if not has_step(saved.revision):
        raise TooNew
    try:
        if saved.dialect == "sqlite":
            _load_sqlite(Path(str(store.database)), folder / SQLITE_FILE)
        else:
            _load_postgresql(url, _conninfo(store), folder, saved, make_engines_tables)
        with open_database(url) as db:
            migrate(db)
    except (sqlite3.Error, psycopg.Error) as error:
        raise StoreUnavailable(f"The database cannot be written: {str(error).splitlines()[0]}") from error
    except sa.exc.DBAPIError as error:
        raise StoreUnavailable(f"The database cannot be written: {str(error.orig).splitlines()[0]}") from error


def _name(dialect: str) -> str:
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[dialect]


# ── SQLite ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _save_sqlite(database: Path, file: Path) -> Saved:
    if not database.is_file():
        raise NothingThere(f"There is no database at {database}.")
    source = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        source.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        source.execute("VACUUM INTO ?", (str(file),))
    finally:
        source.close()
    file.chmod(0o600)
    copy = sqlite3.connect(file)
    try:
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
            raise NothingThere(f"The database at {database} has no tables of a hub.")
        (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        wanted = copy.execute("SELECT DISTINCT sha256 FROM attachments ORDER BY 1").fetchall()
    finally:
        copy.close()
    return Saved(dialect="sqlite", revision=revision, attachments=tuple(sha256 for (sha256,) in wanted))


def _load_sqlite(database: Path, file: Path) -> None:
    if database.exists():
        raise NotEmpty(f"There is a database at {database} already. A backup is restored into an empty one only.")
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.is_file():
        raise Damaged
    restored = sqlite3.connect(file)
    try:
        if restored.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise Damaged("The database in the backup is damaged.")
    finally:
        restored.close()
    file.chmod(0o600)
    shutil.move(file, database)


# ── PostgreSQL ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _conninfo(store: sa.URL) -> str:
    return store.set(drivername="postgresql").render_as_string(hide_password=False)


def _save_postgresql(conninfo: str, folder: Path) -> Saved:
    with psycopg.connect(conninfo) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        revision = _revision(connection)
        if revision is None:
            raise NothingThere("The database has no tables of a hub.")
        tables = tuple(_copy_out(connection, table, folder) for table in _tables(connection))
        wanted = connection.execute("SELECT DISTINCT sha256 FROM public.attachments ORDER BY 1").fetchall()
        given = connection.execute(
            "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences "
            "WHERE schemaname = ANY(%s) AND last_value IS NOT NULL",
            ([OURS, ENGINES],),
        ).fetchall()
        return Saved(
            dialect="postgresql",
            revision=revision,
            engine=_engine_version(connection),
            tables=tables,
            sequences=dict(given),
            attachments=tuple(sha256 for (sha256,) in wanted),
        )


def _tables(connection: psycopg.Connection) -> list[Table]:
    """Those of a hub that are there, without a row; generated columns are left out, the database makes them."""
    found = connection.execute(
        "SELECT t.table_schema, t.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position) "
        "FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, table_name) "
        "WHERE t.table_schema = ANY(%s) AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER' GROUP BY 1, 2 ORDER BY 1, 2",
        ([OURS, ENGINES],),
    ).fetchall()
    ours = {*meta.tables, "search"}
    return [
        Table(place=place, name=name, columns=columns, rows=0)
        for place, name, columns in found
        if (name in ours if place == OURS else name != ENGINE_VERSION)
    ]


def _copy_out(connection: psycopg.Connection, table: Table, folder: Path) -> Table:
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(_place(table), _columns(table.columns))
    with connection.cursor() as cursor, (folder / table.file).open("xb") as file:
        with cursor.copy(statement) as copy:
            for piece in copy:
                file.write(piece)
        return table.model_copy(update={"rows": cursor.rowcount})


def _load_postgresql(
    url: str, conninfo: str, folder: Path, saved: Saved, make_engines_tables: Callable[[str], None]
) -> None:
    with psycopg.connect(conninfo) as connection:
        if _revision(connection) not in (None, saved.revision) or any(
            connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(_place(table))).fetchone()
            for table in _tables(connection)
            if table.place == OURS
        ):
            raise NotEmpty("There is something in this database already. A backup is restored into an empty one only.")
    with open_database(url) as db:
        migrate(db, saved.revision)
    if saved.engine:
        make_engines_tables(conninfo)
    with psycopg.connect(conninfo) as connection:
        if saved.engine > _engine_version(connection):
            raise TooNew
        there = {(table.place, table.name): table for table in _tables(connection)}
        for table in saved.tables:
            known = there.get((table.place, table.name))
            if known is None or not set(table.columns) <= set(known.columns):
                raise Damaged(f"The backup has a table {table.name} that its version does not have.")
        engines = [_place(table) for table in there.values() if table.place == ENGINES]
        if engines:
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(engines)))
        for table in _in_order(connection, saved.tables):
            _copy_in(connection, table, folder)
        for name, last in saved.sequences.items():
            connection.execute("SELECT setval(%s::regclass, %s)", (name, last))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _in_order(connection: psycopg.Connection, tables: Iterable[Table]) -> list[Table]:
    """What a table refers to before the table."""
    named: dict[tuple[str, str], Table] = {(table.place, table.name): table for table in tables}
    graph: dict[tuple[str, str], set[tuple[str, str]]] = {key: set() for key in named}
    refers = connection.execute(
        "SELECT a.relnamespace::regnamespace::text, a.relname, b.relnamespace::regnamespace::text, b.relname "
        "FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid "
        "WHERE c.contype = 'f' AND a.oid <> b.oid"
    ).fetchall()
    for place, name, its_place, its_name in refers:
        if (place, name) in graph and (its_place, its_name) in graph:
            graph[place, name].add((its_place, its_name))
    return [named[key] for key in TopologicalSorter(graph).static_order()]


def _copy_in(connection: psycopg.Connection, table: Table, folder: Path) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(_place(table), _columns(table.columns))
    path = folder / table.file
    if not path.is_file():
        raise Damaged
    with connection.cursor() as cursor, path.open("rb") as file:
        with cursor.copy(statement) as copy:
            while piece := file.read(_PIECE):
                copy.write(piece)
        if cursor.rowcount != table.rows:
            raise Damaged(f"The table {table.name} of the backup has not as many rows as it says.")


def _revision(connection: psycopg.Connection) -> str | None:
    """The step that our tables are at; None: there are none."""
    if connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    return None if row is None else str(row[0])


def _engine_version(connection: psycopg.Connection) -> int:
    if connection.execute("SELECT to_regclass('dbos.dbos_migrations')").fetchone() == (None,):
        return 0
    row = connection.execute("SELECT max(version) FROM dbos.dbos_migrations").fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _place(table: Table) -> sql.Identifier:
    return sql.Identifier(table.place, table.name)


def _columns(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
