"""The watcher: looks how open pull requests stand on their hosts, writes that down, and has agents answer what is to be mended.

    watcher = Watcher(db, hosts, runtime)
    await watcher.run()                # one hub at a time

Webhooks and people ring for it; by itself it looks as often as `watched` says. Above: the composition root. Below: the hosts, `watched`,
`answering`, the runtime. Every step is safe to repeat: what was answered is remembered in the transaction that answers it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import projects
from coderclawlink.db.engine import Database, Look, StoreUnavailable
from coderclawlink.errors import ClawlinkError, NotFound
from coderclawlink.ids import TaskId
from coderclawlink.journal.follow import Follower
from coderclawlink.journal.log import Told
from coderclawlink.pulls import answering, deliveries, watched
from coderclawlink.pulls.feedback import Feedback
from coderclawlink.pulls.hosts import CodeHost, Hosts, HostUnreachable, LimitReached, MergeMethod, Seen
from coderclawlink.pulls.pull_requests import WATCHED, PullRequest
from coderclawlink.runs.ledger import Run
from coderclawlink.runtime.contract import Runtime

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 15.0
AT_ONCE = 4
"""Pull requests looked at at the same time."""
BACKOFF_SECONDS = (60.0, 300.0, 1800.0)
REFUSED_SECONDS = 1800.0
BUSY_SECONDS = 300.0
"""Until it is looked again whether feedback can be answered that an agent at work or a push under way stands before, unless the end of
either is heard sooner."""


class Watcher:
    """Of one installation."""

    def __init__(self, db: Database, hosts: Hosts, runtime: Runtime) -> None:
        self._db = db
        self._hosts = hosts
        self._runtime = runtime
        self._failures: dict[int, int] = {}

    async def run(self) -> None:
        """Until cancelled."""
        with self._db.bell.listen(WATCHED) as ear:
            while True:
                try:
                    await self.look_at_due()
                    wait = await self._db.read(watched.next_due)
                except StoreUnavailable as error:
                    logger.warning("pull requests cannot be looked at: %s", error.message)
                    wait = None
                await ear.wait(LOOK_AGAIN_SECONDS if wait is None else min(LOOK_AGAIN_SECONDS, max(0.5, wait)))

    async def look_at_due(self) -> None:
        """At all that are due, as far as the limits of their accesses go."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(pull: PullRequest) -> None:
            async with slots:
                await self._guarded(pull)

        async with asyncio.TaskGroup() as several:
            for pull in await self._db.read(watched.due):
                several.create_task(one(pull))

    async def _guarded(self, pull: PullRequest) -> None:
        try:
            host, _ = await self._host(pull, None)
            if host.wait:
                await self._put_off(pull, pull.error, host.wait)
                return
            await self.look(pull)
            self._failures.pop(pull.id, None)
        except LimitReached as limit:
            await self._put_off(pull, limit.message, limit.seconds)
        except HostUnreachable as error:
            failures = self._failures[pull.id] = self._failures.get(pull.id, 0) + 1
            await self._put_off(pull, error.message, BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1])
        except NotFound:  # the task or its project was deleted meanwhile, or what the host tells is not to be had
            await self._put_off(pull, None, REFUSED_SECONDS)
        except StoreUnavailable:
            raise
        except ClawlinkError as error:  # refused by the host, or by our own rules: it says why
            await self._db.write(watched.refused, pull, error.message, REFUSED_SECONDS)

    async def look(self, pull: PullRequest) -> PullRequest:
        """At one, now; with what follows from it. Raises as a host does."""
        host, _ = await self._host(pull, None)
        seen = await host.look(pull.number, pull.known_etags)
        if seen is None:
            return await self._db.write(watched.note, pull.id, None)
        # The etags are kept last: a hub that dies before its answer looks at the whole again, and not at "as it was".
        noted = await self._db.write(watched.note, pull.id, replace(seen, etags={}))
        if noted.state != "open" or await self._answer_by_itself(host, noted, seen):
            await self._db.write(watched.keep_etags, pull.id, seen.etags)
        return noted

    async def _answer_by_itself(self, host: CodeHost, pull: PullRequest, seen: Seen) -> bool:
        """Returns whether nothing is left that is to be answered later."""
        told = await self._db.read(answering.to_answer, pull.id, seen)
        if told is not None:
            await self._runtime.answer_pull(None, pull.id, told, await self._logs(host, told))
        elif await self._db.read(answering.is_held, pull.id, seen):
            await self._db.write(watched.look_again, pull.id, BUSY_SECONDS)
            return False
        else:
            await self._db.write(answering.tell_need, pull.id, seen)
        return True

    # ── what people ask for ────────────────────────────────────────────────────────────────────────────────────────

    async def refresh(self, actor: Actor, pull: PullRequest) -> PullRequest:
        """Look now, whole. Raises as a host does."""
        _, _, noted = await self._whole(actor, pull)
        await self._db.write(watched.look_at, pull.id)  # the watcher draws what follows from it
        return noted

    async def answer(self, actor: Actor, pull: PullRequest) -> Run:
        """Have an agent answer what the host tells, whatever is switched off; the rounds begin anew.

        Raises `NothingToAnswer`, `StillAtWork`, `PermissionMissing`, and as a host does.
        """
        host, seen, noted = await self._whole(actor, pull)
        told = await self._db.read(answering.by_hand, actor, noted, seen)
        run = await self._runtime.answer_pull(actor, pull.id, told, await self._logs(host, told))
        if run is None:
            raise answering.NothingToAnswer
        return run

    async def merge(
        self, actor: Actor, pull: PullRequest, head: str | None, method: MergeMethod | None = None
    ) -> PullRequest:
        """Merge the head that was seen. Raises `HostRefused` with the host's reason, and as a host does."""
        await self._db.read(visibility.require, actor, Permission.PROJECT_WRITE, pull.project_id)
        host, wanted = await self._host(pull, actor)
        await host.merge(pull.number, head or pull.head, method or wanted)
        return await self.refresh(actor, pull)

    async def make_ready(self, actor: Actor, pull: PullRequest) -> PullRequest:
        """It is a draft no longer. Raises as a host does."""
        await self._db.read(visibility.require, actor, Permission.PROJECT_WRITE, pull.project_id)
        host, _ = await self._host(pull, actor)
        await host.make_ready(pull.number)
        return await self.refresh(actor, pull)

    async def _whole(self, actor: Actor | None, pull: PullRequest) -> tuple[CodeHost, Seen, PullRequest]:
        host, _ = await self._host(pull, actor)
        seen = await host.look(pull.number, {})
        if seen is None:
            raise HostUnreachable("The code host has nothing to tell.")
        return host, seen, await self._db.write(watched.note, pull.id, replace(seen, etags={}))

    async def _host(self, pull: PullRequest, actor: Actor | None) -> tuple[CodeHost, MergeMethod]:
        """With the access of who asks, else of whose wish it was. And how the project merges."""
        url, owner, method = await self._db.read(_way, pull)
        return await self._hosts.host_for(pull.project_id, url, owner if actor is None else actor.key), method

    async def _logs(self, host: CodeHost, told: Feedback) -> dict[str, str]:
        """By the checks' ids; what cannot be had is left out."""
        logs = {}
        for check in told.failed:
            if check.id:
                try:
                    logs[check.id] = await host.log_of(check)
                except LimitReached:
                    raise
                except ClawlinkError as error:
                    logger.info("a check's log cannot be had: %s", error.message)
        return logs

    async def _put_off(self, pull: PullRequest, error: str | None, seconds: float) -> None:
        await self._db.write(watched.put_off, pull, error, seconds)


def ends_follower(db: Database) -> Follower:
    """Has pull requests looked at once the agent that was at work on them has ended."""

    async def do(told: Told) -> None:
        if told.about.task is not None:
            await db.write(watched.work_ended, told.about.task)

    return Follower("work_ended", frozenset({"run.completed", "run.failed", "run.cancelled"}), do)


def _way(look: Look, pull: PullRequest) -> tuple[str, str | None, MergeMethod]:
    """The repository's address, the key of who wished the pull request, and how the project merges. Raises `ProjectNotFound`."""
    made = next((one for one in deliveries.of_task(look, TaskId(pull.task_id)) if one.name == pull.name), None)
    projects.find(look, pull.project_id)
    url = f"{pull.server}/{pull.owner}/{pull.repo}"
    method = answering.merges_by(look, pull)
    return (url, None, method) if made is None else (made.repository, made.owner, method)
