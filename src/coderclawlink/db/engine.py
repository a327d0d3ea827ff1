"""Open the database, write to it, look at it.

A transaction is a plain function of a `Tx`, run whole by the one writer thread: `await db.write(tasks.move, actor, …)`. So no
agent or network call can stand inside one, a cancelled caller cannot tear one in half, and what many callers ask at once
becomes one commit, which is where the speed under load comes from. When one of them fails in the midst of its writes, all are
done once more, each in a savepoint of its own: the function may be called twice, and works through its `Tx` alone. Reads go
beside it: `await db.read(tasks.all_of, project)`. The two are different types, so that a read can never write.

SQLite: WAL, synchronous FULL, ONE pooled writing connection that DBOS shares, so writers queue in the pool and not at the
file's lock. PostgreSQL: the same functions over psycopg; one advisory lock puts the writers of all hubs in a row, so that
here too what a transaction has read is still so when it writes.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar

import psycopg
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from coderclawlink.db.wake import Bell, PostgresBell, Wake
from coderclawlink.errors import Invalid, Unavailable

P = ParamSpec("P")
T = TypeVar("T")
Told = TypeVar("Told", bound=BaseModel)

GROUP_AT_MOST = 64
"""Calls in one commit: enough to make the flush cheap, few enough that the first caller does not wait for the last."""
COPY_FROM = 10
"""Rows from which PostgreSQL's COPY is faster than as many inserts."""
RETRY_SECONDS = 1.0
_WRITERS_LOCK = 0x77726974  # "writ"


class StoreUnavailable(Unavailable):
    """The database does not answer."""


class now(sa.sql.functions.FunctionElement[float]):
    """The database's own clock, in seconds since the epoch. Leases are judged by no other."""

    name = "now"
    inherit_cache = True
    type = sa.Float()


@compiles(now, "sqlite")
def _now_sqlite(element: now, compiler: SQLCompiler, **kw: object) -> str:
    return "clawlink_now()"


@compiles(now, "postgresql")
def _now_postgresql(element: now, compiler: SQLCompiler, **kw: object) -> str:
    return "extract(epoch from clock_timestamp())::float8"


Parameters = Mapping[str, object] | Sequence[Mapping[str, object]] | None


class Look:
    """A view of the database that cannot write."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        return self._connection.dialect.name

    def rows(self, statement: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        return self._connection.execute(statement).mappings().all()

    def tuples(self, statement: sa.Select[*tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
        """`rows` for many thousands: by place, not by name."""
        return self._connection.execute(statement).all()

    def row(self, statement: sa.Select[Any], parameters: Mapping[str, object] | None = None) -> sa.RowMapping | None:
        """The first row, or None."""
        return self._connection.execute(statement, parameters).mappings().first()

    def scalar(self, statement: sa.Select[Any]) -> Any:
        """The first column of the first row, or None."""
        return self._connection.execute(statement).scalar()

    def now(self) -> float:
        """The database's clock. On SQLite it is this machine's."""
        if self.dialect == "sqlite":
            return time.time()
        return float(self.scalar(sa.select(now())))


_NO_TEXTS: Mapping[str, str] = {}


class Redact(Protocol):
    """Takes known secrets out of what is about to be told."""

    def __call__(self, event: Told, /) -> Told: ...


def _as_it_is(event: Told, /) -> Told:
    return event


class Tx(Look):
    """A transaction under way. `topics` are rung once it is on disk.

    `known` and `texts` are what holds until the end of the commit that it is part of, so that nobody asks for it twice: what the
    clock said, where the journal and the chain end.
    """

    def __init__(
        self,
        connection: sa.Connection,
        known: Mapping[str, float],
        texts: Mapping[str, str] = _NO_TEXTS,
        redact: Redact = _as_it_is,
    ) -> None:
        super().__init__(connection)
        self.redact = redact
        self.topics: set[str] = set()
        self.known = dict(known)
        self.texts: dict[str, str] = dict(texts)
        self.has_written = False

    @property
    def connection(self) -> sa.Connection:
        """For the durable engine's `enqueue_in_transaction`, and nothing else."""
        self.has_written = True
        return self._connection

    def change(self, statement: sa.Insert | sa.Update | sa.Delete, parameters: Parameters = None) -> int:
        """Execute, and return how many rows it touched."""
        self.has_written = True
        result: sa.CursorResult[Any] = self._connection.execute(statement, parameters)
        return result.rowcount

    def insert(self, statement: sa.Insert, parameters: Mapping[str, object] | None = None) -> int:
        """Execute, and return the primary key that the database gave (the first column of it)."""
        self.has_written = True
        result = self._connection.execute(statement, parameters)
        key = result.inserted_primary_key
        return int(key[0]) if key is not None else 0

    def append(self, table: sa.Table, rows: Sequence[Sequence[object]]) -> None:
        """Insert rows that hold a value for every column of the table, in its order. The fast way, for many at once."""
        self.has_written = True
        if self.dialect == "postgresql" and len(rows) >= COPY_FROM:
            _copy(self._connection, table, rows)
            return
        place = "?" if self.dialect == "sqlite" else "%s"
        statement = f"INSERT INTO {table.name} VALUES ({', '.join([place] * len(table.columns))})"  # noqa: S608 - our names
        self._connection.exec_driver_sql(statement, [tuple(row) for row in rows])

    def now(self) -> float:
        """The database's clock when the transaction began."""
        return self.known["now"]


def _copy(connection: sa.Connection, table: sa.Table, rows: Sequence[Sequence[object]]) -> None:
    statement = f"COPY {table.name} FROM STDIN"
    driver: Any = connection.connection  # psycopg's, as SQLAlchemy lends it
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.OperationalError as error:
        raise sa.exc.OperationalError(statement, None, error) from error
    except psycopg.Error as error:
        raise sa.exc.DBAPIError(statement, None, error) from error


@dataclass(frozen=True, slots=True)
class _Call:
    work: Callable[[Tx], Any]
    future: Future[Any]


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a call."""

    call: _Call
    result: Any = None
    error: BaseException | None = None
    topics: Set[str] = frozenset()


class Database:
    """The open database. Made by `open_database`; closed by `close`."""

    def __init__(self, writing: sa.Engine, reading: sa.Engine, bell: Wake) -> None:
        self.writing = writing
        """Shared with the durable engine."""
        self.bell = bell
        self.redact: Redact = _as_it_is
        """What the hub itself tells goes through this. Set by the composition root."""
        self._reading = reading
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="db-read")
        self._writer = threading.Thread(target=self._write_forever, name="db-write", daemon=True)
        self._writer.start()
        self._closed = False
        self._closing = threading.Lock()

    @property
    def dialect(self) -> str:
        return self.writing.dialect.name

    # ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def submit(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a transaction; the future holds its result once it is on disk."""
        future: Future[T] = Future()
        with self._closing:
            if self._closed:
                future.set_exception(StoreUnavailable())
            else:
                self._calls.put(_Call(lambda tx: work(tx, *args, **kwargs), future))
        return future

    async def write(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(tx, …)` as a transaction. Returns after the commit; raises what `work` raises, with nothing written.

        Cancelling the caller does not cancel the transaction.
        """
        return await asyncio.shield(asyncio.wrap_future(self.submit(work, *args, **kwargs)))

    async def insist(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write`, again and again while the database is away. Only for work that is safe to do twice: a commit whose answer
        was lost is done again."""
        while True:
            try:
                return await self.write(work, *args, **kwargs)
            except StoreUnavailable:
                if self._closed:
                    raise
                await asyncio.sleep(RETRY_SECONDS)

    def write_now(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` for a thread that may block."""
        return self.submit(work, *args, **kwargs).result()

    def _write_forever(self) -> None:
        while (call := self._calls.get()) is not None:
            group = [call]
            last = False
            while len(group) < GROUP_AT_MOST:
                try:
                    more = self._calls.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                    break
                group.append(more)
            self._commit(group)
            if last:
                return

    def _commit(self, group: Sequence[_Call]) -> None:
        """One transaction for the whole group. A call that raises takes back only what it wrote itself."""
        try:
            done = self._do(group, apart=False) or self._do(group, apart=True) or []
        except sa.exc.SQLAlchemyError as error:  # also when the pool has no connection to give: the writer must live on
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            for call in group:
                call.future.set_exception(StoreUnavailable(f"The database does not answer: {cause}"))
            return
        if topics := {topic for one in done for topic in one.topics}:
            self.bell.ring(topics)
        for one in done:
            if one.error is None:
                one.call.future.set_result(one.result)
            else:
                one.call.future.set_exception(one.error)

    def _do(self, group: Sequence[_Call], *, apart: bool) -> list[_Done] | None:
        """Do all in one transaction. None, with nothing written, when one raised in the midst of its writes and they were not
        kept apart by savepoints: those cost as much as a third of what is done between them."""
        done: list[_Done] = []
        with self.writing.connect() as connection, connection.begin() as whole:
            known = self._take_turn(connection)
            texts: dict[str, str] = {}
            for call in group:
                # What a call that raises has come to know goes with what it wrote.
                tx = Tx(connection, known, texts, self.redact)
                try:
                    with connection.begin_nested() if apart else contextlib.nullcontext():
                        result = call.work(tx)
                except sa.exc.OperationalError:
                    raise  # the store itself failed: nobody's write stands
                except BaseException as error:  # noqa: BLE001 - handed to the caller, who decides
                    if not apart and (tx.has_written or isinstance(error, sa.exc.DBAPIError)):
                        whole.rollback()
                        return None
                    done.append(_Done(call, error=error))
                else:
                    done.append(_Done(call, result, topics=tx.topics))
                    known, texts = tx.known, tx.texts
        return done

    def _take_turn(self, connection: sa.Connection) -> dict[str, float]:
        """Until this transaction ends nobody else begins one. Returns what is known of it."""
        if self.dialect == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return {"now": time.time()}
        _, at = connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITERS_LOCK), now())).one()
        return {"now": at}

    # ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def look(self) -> Iterator[Look]:
        """A consistent view, the same for all that is read in it; for a thread that may block."""
        try:
            with self._reading.connect() as connection:
                if self.dialect == "sqlite":
                    connection.exec_driver_sql("BEGIN")
                yield Look(connection)
        except sa.exc.OperationalError as error:
            raise StoreUnavailable(f"The database does not answer: {error.orig}") from error
        except sa.exc.TimeoutError as error:
            raise StoreUnavailable(f"The database does not answer: {error}") from error

    async def read(self, work: Callable[Concatenate[Look, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(look, …)` on a reading connection, off the event loop."""

        def reading() -> T:
            with self.look() as look:
                return work(look, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, reading)

    def close(self) -> None:
        """Finish what is queued, then let go of the database. Safe to call twice."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._calls.put(None)
        self._writer.join(30)
        self._readers.shutdown(wait=True)
        self.bell.close()
        self._reading.dispose()
        self.writing.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# ── opening ────────────────────────────────────────────────────────────────────────────────────────────────────────


def store_url(text: str) -> sa.URL:
    """The URL with the driver that this house uses, whatever driver it names. Raises `Invalid` for other databases."""
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise Invalid("DATABASE_URL is not a database URL.") from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise Invalid("DATABASE_URL must name a file: what is acknowledged must be on disk.")
        return url.set(drivername="sqlite+pysqlite", query={})
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise Invalid(f"DATABASE_URL names {backend}; sqlite and postgresql are supported.")


def open_database(text: str) -> Database:
    """Open the database behind a URL; make the file's directory if it is missing. Migrates nothing."""
    url = store_url(text)
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Database(_sqlite(url, pool_size=1, read_only=False), _sqlite(url, pool_size=4, read_only=True), Bell())
    writing = sa.create_engine(url, pool_size=16, max_overflow=16, pool_pre_ping=True)
    reading = sa.create_engine(
        url,
        pool_size=4,
        isolation_level="REPEATABLE READ",
        pool_pre_ping=True,
        execution_options={"postgresql_readonly": True},
    )
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return Database(writing, reading, PostgresBell(conninfo).start())


def _sqlite(url: sa.URL, *, pool_size: int, read_only: bool) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"check_same_thread": False, "cached_statements": 512},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None if read_only else "IMMEDIATE"
        connection.create_function("clawlink_now", 0, time.time)
        # DBOS asks for unixepoch('subsec'), which SQLite knows from 3.42; before, it would be NULL or whole seconds.
        connection.create_function("unixepoch", 1, lambda _: time.time())
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=30000",
            "foreign_keys=ON",
            f"query_only={'ON' if read_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine
