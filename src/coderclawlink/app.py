"""THE composition root of the hub: the only file that knows every room of it.

    async with open_hub(settings) as hub:
        ...                      # hub.runtime speaks the runtime contract; hub.app is the ASGI application

Opens in this order: lock, tables, engine, loops; closes in the other. The local node is a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI

from coderclawlink.access import cuts, keeping, secrets, sinks
from coderclawlink.access.opa import Opa
from coderclawlink.access.policy import OWNER
from coderclawlink.access.rego import Rego
from coderclawlink.access.rules import Rules
from coderclawlink.access.secrets import Vault
from coderclawlink.access.sinks import FileSink, Sink, WebhookSink
from coderclawlink.board import attachments
from coderclawlink.board.files import Files
from coderclawlink.db.engine import Database, open_database, store_url
from coderclawlink.db.migrate import migrate
from coderclawlink.engine import executors, placement, reaper
from coderclawlink.engine.dbos import Durable
from coderclawlink.engine.lifecycle import Lifecycle, Limits
from coderclawlink.errors import Conflict
from coderclawlink.gate import local
from coderclawlink.gate.connection import Gate
from coderclawlink.gate.files import Handing
from coderclawlink.gate.joining import local_key
from coderclawlink.ids import NodeId, RunId, new_id
from coderclawlink.integrations.delivering import Deliverer, results_follower
from coderclawlink.integrations.github.hooks import Hooks
from coderclawlink.integrations.github.syncing import Syncing
from coderclawlink.integrations.hosts import Hosts
from coderclawlink.integrations.watching import Watcher, ends_follower
from coderclawlink.journal import duty
from coderclawlink.journal.feed import Feed
from coderclawlink.journal.follow import follow
from coderclawlink.link.redaction import RedactedLog
from coderclawlink.runs import ledger
from coderclawlink.runtime.contract import Runtime
from coderclawlink.runtime.wishing import Defaults
from coderclawlink.settings import Settings
from coderclawlink.web import api, backup

DRAIN_SECONDS = 15.0


class AlreadyRunning(Conflict):
    """Another hub already runs on this data."""


@dataclass
class Hub:
    """A running hub."""

    settings: Settings
    db: Database
    feed: Feed
    runtime: Runtime
    gate: Gate
    rules: Rules
    app: FastAPI
    _group: asyncio.TaskGroup = field(repr=False)
    _loops: list[asyncio.Task[None]] = field(default_factory=list, repr=False)

    def keep_running(self, loop: Coroutine[None, None, None]) -> None:
        """Run one of the hub's loops until the hub closes."""
        self._loops.append(self._group.create_task(loop))

    def stop_loops(self) -> None:
        for loop in self._loops:
            loop.cancel()

    def start_local_node(self, url: str) -> None:
        """Announce where this hub listens and see to it that a local node lives."""
        home = self.settings.clawlink_home
        local.announce(home, url)
        environment = {**os.environ, **self.settings.as_environment(), "CLAWLINK_HOME": str(home)}
        self.keep_running(local.supervise(home, environment))

    async def drain_local_node(self) -> bool:
        """Have the local node save its work and stop. False if it did not answer in time."""
        return await self.gate.drain(NodeId(local.NAME), DRAIN_SECONDS)


@contextlib.asynccontextmanager
async def open_hub(settings: Settings, listens_at: str | None = None) -> AsyncIterator[Hub]:
    """Open everything, run it, close it. `listens_at`: its base URL, where that is known; else it is what the settings say.

    Raises `AlreadyRunning`, `TooManyHubs`, `Invalid`, `StoreUnavailable`.
    """
    home = settings.clawlink_home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    url = store_url(settings.store_url)
    with contextlib.ExitStack() as stack:
        if url.get_backend_name() == "sqlite":
            stack.enter_context(_alone(Path(str(url.database))))
        db = stack.enter_context(open_database(settings.store_url))
        await asyncio.to_thread(migrate, db)
        executor = stack.enter_context(executors.slot(db))
        durable = Durable(db, executor, Lifecycle(db).carry)
        await asyncio.to_thread(durable.launch)
        feed = Feed(db)
        public_url = settings.public_url or listens_at or f"http://{settings.api_host}:{settings.api_port}"
        limits = Limits(project=settings.project_limit)
        rules = Rules(db, Opa(settings.opa_url), "opa") if settings.opa_url else Rules(db, Rego())
        await rules.load()
        runtime = Runtime(
            db,
            rules,
            durable,
            feed,
            limits,
            Defaults(settings.attempt_timeout_seconds, server=settings.github_server_url, public_url=public_url),
        )
        key = local_key(home)
        vault = stack.enter_context(_untold(settings, db, home))
        told = _sinks(settings, db, vault)
        await asyncio.to_thread(backup.tidy, home)
        hosts = Hosts(
            db, vault, server=settings.github_server_url, api=settings.github_api, token=settings.github_token
        )
        syncing = Syncing(db, runtime, hosts.issues_for)
        watcher = Watcher(db, hosts, runtime)
        gate = Gate(
            db,
            feed,
            hub=new_id(),
            key=key,
            lease_seconds=settings.lease_seconds,
            token_for=partial(_token_for, db, hosts),
        )
        files = Files(home / "attachments")
        app = api.make(
            db=db,
            runtime=runtime,
            feed=feed,
            link=gate.serve,
            hand=Handing(db, files, key).serve,
            files=files,
            home=home,
            allowed_hosts=_names(settings),
            server=settings.github_server_url,
            github_api=settings.github_api,
            public_url=public_url,
            rules=rules,
            hosts=hosts,
            vault=vault,
            issues=syncing,
            watching=watcher,
            hear=Hooks(db, vault, settings.github_server_url).hear,
            mode=settings.mode,
            proxies=settings.proxy_addresses,
            is_encrypted=settings.is_encrypted,
            store=settings.store_url,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                hub = Hub(settings, db, feed, runtime, gate, rules, app, tasks)
                hub.keep_running(feed.run())
                hub.keep_running(rules.run())
                hub.keep_running(rules.keeper.run(db))
                hub.keep_running(placement.run(db, limits.project))
                hub.keep_running(executors.run(db, durable))
                hub.keep_running(reaper.run(db, settings.lease_seconds, settings.grace_seconds))
                hub.keep_running(attachments.keep_tidy(db, files))
                hub.keep_running(duty.hold(db, "deliver", Deliverer(db, hosts).run, holder=executor))
                results = partial(follow, db, results_follower(db, public_url))
                hub.keep_running(duty.hold(db, "results", results, holder=executor))
                hub.keep_running(duty.hold(db, "issues", syncing.run, holder=executor))
                hub.keep_running(duty.hold(db, "watch", watcher.run, holder=executor))
                ends = partial(follow, db, ends_follower(db))
                hub.keep_running(duty.hold(db, "work_ended", ends, holder=executor))
                hub.keep_running(duty.hold(db, "audit", partial(sinks.run, db, vault, told), holder=executor))
                if settings.audit_keep_days:
                    cutting = partial(keeping.run, db, vault, home / cuts.FOLDER, settings.audit_keep_days)
                    hub.keep_running(duty.hold(db, "audit.keep", cutting, holder=executor))
                try:
                    yield hub
                finally:
                    await gate.close()
                    hub.stop_loops()
        finally:
            await rules.close()
            await asyncio.to_thread(durable.close)


@contextlib.contextmanager
def _untold(settings: Settings, db: Database, home: Path) -> Iterator[Vault]:
    """The hub's secrets, none of which stands in what it tells or logs, nor do those that it was given by its settings."""
    vault = Vault(home)
    given = {
        "GITHUB_TOKEN": settings.github_token,
        "CLAWLINK_AUDIT_WEBHOOK_SECRET": settings.audit_webhook_secret,
        "DATABASE_URL": store_url(settings.store_url).password,
    }
    for name, value in given.items():
        if value:
            vault.learn(name, str(value))
    with db.look() as look:
        secrets.learn_all(look, vault)
    db.redact = vault.redact
    veil = RedactedLog(lambda: vault.redactor)
    handlers = [*logging.getLogger().handlers]
    for handler in handlers:
        handler.addFilter(veil)
    try:
        yield vault
    finally:
        for handler in handlers:
            handler.removeFilter(veil)


def _sinks(settings: Settings, db: Database, vault: Vault) -> list[Sink]:
    """Who is told the audit chain's checkpoints."""
    found: list[Sink] = []
    if settings.audit_file is not None:
        found.append(FileSink(settings.audit_file))
    if settings.audit_webhook is not None:
        found.append(WebhookSink(db, vault, settings.audit_webhook, settings.audit_webhook_secret))
    return found


def _names(settings: Settings) -> list[str]:
    """The hub's names beside localhost's."""
    names = [host.strip() for host in settings.allowed_hosts.split(",") if host.strip()]
    if settings.public_url and (own := urlsplit(settings.public_url).hostname):
        names.append(f"[{own}]" if ":" in own else own)
    return names


async def _token_for(db: Database, hosts: Hosts, run: RunId, repository: str) -> str | None:
    found = await db.read(ledger.find, run)
    return await hosts.push_token(found.project_id, repository, found.session or OWNER.key)


@contextlib.contextmanager
def _alone(database: Path) -> Iterator[None]:
    """One hub for one SQLite file: a second one is refused."""
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with database.with_name(database.name + ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunning(f"Another hub already runs on {database}.") from error
        yield
