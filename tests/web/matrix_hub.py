"""A team's hub inside the test's own process, which forgets what was asked of it: so it is asked thousands of times in seconds.

Above: `matrix_world`, which furnishes it, and the tests. Below: the application as `api.make` makes it, with all its layers, over a database in
memory. All of one question, however many transactions it takes, is done in one outer transaction, which is rolled back. Nothing
runs beside the requests: no agents, no loops, no durable engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import unquote

import sqlalchemy as sa
from fastapi import FastAPI
from starlette.types import Message, Scope

from coderclawlink.access.rego import Rego
from coderclawlink.access.rules import Rules
from coderclawlink.access.secrets import Vault
from coderclawlink.board.files import Files
from coderclawlink.db.engine import Database, Look, Tx
from coderclawlink.db.migrate import migrate
from coderclawlink.db.wake import Bell
from coderclawlink.engine.dbos import Durable
from coderclawlink.engine.lifecycle import Limits
from coderclawlink.ids import RunId
from coderclawlink.integrations.github.syncing import Syncing
from coderclawlink.integrations.hosts import Hosts
from coderclawlink.integrations.watching import Watcher
from coderclawlink.journal.feed import Feed
from coderclawlink.runtime.contract import Runtime
from coderclawlink.runtime.wishing import Defaults
from coderclawlink.web import api

P = ParamSpec("P")
T = TypeVar("T")

NOWHERE = "http://127.0.0.1:9"
"""A code host that never answers."""
PUBLIC = "https://hub.example"
ANSWER_SECONDS = 20.0


class Forgetful(Database):
    """A database of one connection: what is done between `forgetting` and its end is undone."""

    def __init__(self) -> None:
        engine = sa.create_engine(
            "sqlite+pysqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
        )
        sa.event.listen(engine, "connect", _prepare)
        super().__init__(engine, engine, Bell())
        migrate(self)
        self._connection = engine.connect()
        self._taken_back = 0

    @property
    def changes(self) -> int:
        """How many rows were ever touched, but for those of transactions that failed."""
        raw: Any = self._connection.connection.dbapi_connection  # sqlite3's, as SQLAlchemy lends it
        return int(raw.total_changes) - self._taken_back

    @contextlib.contextmanager
    def forgetting(self) -> Iterator[None]:
        self._connection.exec_driver_sql("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

    @contextlib.contextmanager
    def remembering(self) -> Iterator[None]:
        self._connection.exec_driver_sql("BEGIN")
        yield
        self._connection.commit()

    def write_now(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        tx = Tx(self._connection, {"now": time.time()}, {})
        before, is_done = self.changes, False
        try:
            with self._connection.begin_nested():
                result = work(tx, *args, **kwargs)
            is_done = True
        finally:
            if not is_done:
                self._taken_back += self.changes - before
        self.bell.ring(tx.topics)
        return result

    async def write(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.write_now(work, *args, **kwargs)

    @contextlib.contextmanager
    def look(self) -> Iterator[Look]:
        yield Look(self._connection)

    async def read(self, work: Callable[Concatenate[Look, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return work(Look(self._connection), *args, **kwargs)


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
    connection.create_function("clawlink_now", 0, time.time)
    connection.execute("PRAGMA foreign_keys=ON")


class Nobody(Durable):
    """The durable engine where nothing is carried out."""

    def __init__(self) -> None:
        pass

    def enqueue(self, tx: Tx, run: RunId) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Reply:
    """`headers`: names in small letters, values joined. `text`: of a stream only its beginning."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class InProcess:
    """The hub. `ask` is one request."""

    db: Forgetful
    app: FastAPI
    rules: Rules
    runtime: Runtime
    files: Files
    vault: Vault
    asked: int = field(default=0)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: object = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        client: tuple[str, int] = ("127.0.0.1", 50000),
    ) -> Reply:
        """`body`: sent as JSON; `raw`: as it is."""
        self.asked += 1
        sent = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        kind = "application/json" if raw is None else "application/octet-stream"
        given = {name.lower(): value for name, value in (headers or {}).items()}
        told = {"host": "hub.example", **({"content-type": kind} if sent else {}), **given}
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
            "client": client,
            "server": ("127.0.0.1", 443),
        }
        incoming = [{"type": "http.request", "body": sent, "more_body": False}]
        never = asyncio.Event()
        started: list[Message] = []
        parts: list[bytes] = []

        async def receive() -> Message:
            if incoming:
                return incoming.pop()
            await never.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            else:
                parts.append(message.get("body", b""))

        async with asyncio.timeout(ANSWER_SECONDS):
            await self.app(scope, receive, send)
        (start,) = started
        found: dict[str, str] = {}
        for name, value in start["headers"]:
            key = name.decode().lower()
            found[key] = f"{found[key]}, {value.decode()}" if key in found else value.decode()
        return Reply(start["status"], found, b"".join(parts).decode(errors="replace"))

    async def say(self, *frames: object, headers: Mapping[str, str] | None = None) -> list[dict[str, object]]:
        """Open a live stream, say these frames, hear one word to each (a close is `{"close": code}`), and hang up."""
        self.asked += 1
        told = {"host": "hub.example", **(headers or {})}
        scope: Scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "wss",
            "path": "/api/live",
            "raw_path": b"/api/live",
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 443),
            "subprotocols": [],
        }
        heard: list[dict[str, object]] = []
        waiting = [json.dumps(frame) for frame in reversed(frames)]
        answered = asyncio.Event()
        answered.set()
        is_open = False

        async def receive() -> Message:
            nonlocal is_open
            if not is_open:
                is_open = True
                return {"type": "websocket.connect"}
            await answered.wait()
            answered.clear()
            if waiting:
                return {"type": "websocket.receive", "text": waiting.pop()}
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Message) -> None:
            if message["type"] == "websocket.send":
                word = json.loads(message["text"])
                heard.append(word)
                if "refused" not in word and "events" not in word:
                    answered.set()
            elif message["type"] == "websocket.close":
                heard.append({"close": message["code"]})
                waiting.clear()
                answered.set()

        async with asyncio.timeout(ANSWER_SECONDS):
            await self.app(scope, receive, send)
        return heard


@contextlib.asynccontextmanager
async def in_process(home: Path) -> AsyncIterator[InProcess]:
    """A hub over nothing. `home`: for files and keys."""
    db = Forgetful()
    feed = Feed(db)
    rules = Rules(db, Rego())
    defaults = Defaults(3600.0, server=NOWHERE, public_url=PUBLIC)
    runtime = Runtime(db, rules, Nobody(), feed, Limits(project=10_000), defaults)
    vault = Vault(home)
    hosts = Hosts(db, vault, server=NOWHERE, api=NOWHERE, token=None)
    files = Files(home / "attachments")

    async def nothing(*_: object) -> None:
        raise AssertionError("the gate is not asked here")

    app = api.make(
        db=db,
        runtime=runtime,
        feed=feed,
        link=nothing,
        hand=nothing,  # type: ignore[arg-type]
        files=files,
        home=home,
        hosts=hosts,
        vault=vault,
        public_url=PUBLIC,
        rules=rules,
        allowed_hosts=["hub.example"],
        server=NOWHERE,
        issues=Syncing(db, runtime, hosts.issues_for),
        watching=Watcher(db, hosts, runtime),
        mode="team",
        is_encrypted=True,
    )
    try:
        yield InProcess(db, app, rules, runtime, files, vault)
    finally:
        await rules.close()
        db.close()
