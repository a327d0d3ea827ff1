"""Pull requests as they are watched: which are to be looked at, what a look has told, and what that does to their cards.

Above: the watcher and the webhooks in `integrations`, web. Below: their rows. What a look tells is written with its events in one transaction;
a merged pull request puts its task into Done right there.
"""

from __future__ import annotations

import json
import secrets as randomness
from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol

import sqlalchemy as sa

from coderclawlink.access import policy, secrets
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.access.secrets import Vault
from coderclawlink.board import tasks
from coderclawlink.board.tasks import TaskNotFound, TaskStatus
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import hooks_heard
from coderclawlink.db.schema import pull_requests as table
from coderclawlink.events import PullRequestChanged, PullRequestClosed, PullRequestMerged, PullRequestReopened
from coderclawlink.ids import TaskId
from coderclawlink.journal import log
from coderclawlink.pulls import feedback, pull_requests
from coderclawlink.pulls.hosts import Check, MergeMethod, Seen
from coderclawlink.pulls.pull_requests import WATCHED, PullRequest
from coderclawlink.runs.ledger import Run

HUB = Actor(Role.DEVELOPER, "hub")
PENDING_SECONDS = 60.0
STEADY_SECONDS = 300.0
QUIET_SECONDS = 1800.0
QUIET_AFTER_SECONDS = 86_400.0
HOOKED = 10.0
"""So many times rarer is looked by itself while webhooks come."""
HOOKS_COME_SECONDS = 86_400.0
HOOKS_KEPT_SECONDS = 7 * 86_400.0
CLOSED = "It was closed without being merged."
SIGNED_BY = "github/webhook"
"""The name of the secret that the host signs its webhooks with."""


class Watching(Protocol):
    """The watcher as web reaches it. Every verb raises what a `CodeHost` does."""

    async def refresh(self, actor: Actor, pull: PullRequest) -> PullRequest:
        """Look now."""
        ...

    async def answer(self, actor: Actor, pull: PullRequest) -> Run:
        """Have an agent answer what the host tells. Raises `NothingToAnswer`, `StillAtWork`, `PermissionMissing`."""
        ...

    async def merge(
        self, actor: Actor, pull: PullRequest, head: str | None, method: MergeMethod | None = None
    ) -> PullRequest:
        """Merge this head; None: the one that was seen last."""
        ...

    async def make_ready(self, actor: Actor, pull: PullRequest) -> PullRequest:
        """It is a draft no longer."""
        ...


def due(look: Look, at_most: int = 100) -> list[PullRequest]:
    """To be looked at now, the longest due first."""
    which = (table.c.state != "merged", table.c.look_next_at <= look.now())
    rows = look.rows(
        sa.select(*pull_requests.COLUMNS).where(*which).order_by(table.c.look_next_at, table.c.id).limit(at_most)
    )
    return [PullRequest(**row) for row in rows]


def next_due(look: Look) -> float | None:
    """Seconds until one is due; None: none ever is."""
    at = look.scalar(sa.select(sa.func.min(table.c.look_next_at)).where(table.c.state != "merged"))
    return None if at is None else max(0.0, float(at) - look.now())


def note(tx: Tx, pull: int, seen: Seen | None) -> PullRequest:
    """Write down what a look has told, with its events. None: nothing has changed. Raises `PullRequestNotFound`."""
    found, now = pull_requests.find(tx, pull), tx.now()
    if seen is None:
        _set(tx, found, looked_at=now, look_next_at=now + _wait(tx, found), error=None)
        return pull_requests.find(tx, pull)
    there = seen.pull
    moved = found.state != there.state
    needs = found.needs
    if there.state == "closed":
        needs = CLOSED
    elif there.state == "merged" or moved or needs == found.error:  # what was refused is refused no longer
        needs = None
    shown = {
        "title": there.title,
        "draft": there.draft,
        "head": there.head,
        "base": there.base,
        "checks": feedback.checks_of(seen.checks),
        "review": feedback.review_of(seen.remarks),
        "mergeable": seen.mergeable,
        "comments": len(seen.remarks),
        "needs": needs,
    }
    changes = {name: value for name, value in shown.items() if getattr(found, name) != value}
    listed = json.dumps([asdict(one) for one in map(_short, seen.checks)])
    values: dict[str, object] = {**changes, "checks_json": listed, "state": there.state}
    values |= {"etags": json.dumps(dict(seen.etags)), "looked_at": now, "error": None}
    if changes or moved or listed != found.checks_json:
        values["changed_at"] = now
    if moved:
        values["ended_at"] = None if there.state == "open" else now
    _set(tx, found, **values)
    after = pull_requests.find(tx, pull)
    _set(tx, after, look_next_at=None if after.state == "merged" else now + _wait(tx, after))
    if changes:
        log.append(tx, PullRequestChanged(pull=pull, number=found.number, changes=changes), found.about)
    if moved:
        _tell(tx, after, there.merged_by)
    return pull_requests.find(tx, pull)


def put_off(tx: Tx, pull: PullRequest, error: str | None, seconds: float) -> None:
    """It could not be looked at, or is not to be for a while. `seconds`: until the next look."""
    _set(tx, pull, error=error, look_next_at=tx.now() + seconds)


def refused(tx: Tx, pull: PullRequest, error: str, seconds: float) -> None:
    """The host refuses, which a person must mend. Once it answers again all of it is told anew, and this need is over."""
    put_off(tx, pull, error, seconds)
    _set(tx, pull, needs=error, etags="{}")
    if pull.needs != error:
        told = PullRequestChanged(pull=pull.id, number=pull.number, changes={"needs": error})
        log.append(tx, told, pull.about)


def keep_etags(tx: Tx, pull: int, etags: Mapping[str, str]) -> None:
    """All that follows from the look that told them is done."""
    tx.change(table.update().where(table.c.id == pull).values(etags=json.dumps(dict(etags))))


def look_again(tx: Tx, pull: int, seconds: float) -> None:
    """So many seconds from now, and as if it had not been looked at: the feedback that could not be answered is told whole."""
    tx.change(table.update().where(table.c.id == pull).values(look_next_at=tx.now() + seconds, etags="{}"))


def work_ended(tx: Tx, task: TaskId) -> None:
    """An agent has ended: what it has left to answer is told whole."""
    which = (table.c.task_id == task, table.c.state == "open")
    if tx.change(table.update().where(*which).values(look_next_at=tx.now(), etags="{}")):
        tx.topics.add(WATCHED)


def look_now(tx: Tx, server: str, owner: str, name: str) -> int:
    """Something happened in a repository, as somebody says: look. Returns how many are looked at."""
    which = (
        table.c.server == server,
        sa.func.lower(table.c.owner) == owner.lower(),
        sa.func.lower(table.c.repo) == name.lower(),
        table.c.state != "merged",
    )
    rung = tx.change(table.update().where(*which).values(look_next_at=tx.now()))
    if rung:
        tx.topics.add(WATCHED)
    return rung


def look_at(tx: Tx, pull: int) -> None:
    tx.change(table.update().where(table.c.id == pull).values(look_next_at=tx.now()))
    tx.topics.add(WATCHED)


def make_secret(tx: Tx, actor: Actor, vault: Vault) -> str:
    """A new secret for webhooks, in the place of an earlier one. Raises `PermissionMissing`."""
    policy.require(actor, Permission.ADMIN_SYSTEM)
    secret = randomness.token_hex(32)
    secrets.put(tx, vault, SIGNED_BY, secret, actor.name)
    return secret


def heard(tx: Tx, hook: str) -> bool:
    """Take a webhook's delivery by its id; False: it was taken already. Forgets those of a week ago."""
    now = tx.now()
    tx.change(hooks_heard.delete().where(hooks_heard.c.at < now - HOOKS_KEPT_SECONDS))
    if tx.row(sa.select(hooks_heard.c.id).where(hooks_heard.c.id == hook)) is not None:
        return False
    tx.change(hooks_heard.insert().values(id=hook, at=now))
    return True


def _short(check: Check) -> Check:
    return Check(check.name[:200], check.state, check.url, check.summary[:500], check.id)


def _wait(look: Look, pull: PullRequest) -> float:
    """Seconds until it is looked at by itself."""
    now = look.now()
    if pull.state != "open":
        seconds = QUIET_SECONDS
    elif pull.checks == "pending" or pull.mergeable == "unknown":
        seconds = PENDING_SECONDS
    else:
        seconds = QUIET_SECONDS if now - pull.changed_at > QUIET_AFTER_SECONDS else STEADY_SECONDS
    last = look.scalar(sa.select(sa.func.max(hooks_heard.c.at)))
    return seconds * (HOOKED if last is not None and now - last < HOOKS_COME_SECONDS else 1.0)


def _tell(tx: Tx, pull: PullRequest, by: str | None) -> None:
    which: Mapping[str, object] = {"pull": pull.id, "number": pull.number, "url": pull.url}
    match pull.state:
        case "merged":
            log.append(tx, PullRequestMerged.model_validate({**which, "by": by}), pull.about)
            _done(tx, pull)
        case "closed":
            log.append(tx, PullRequestClosed.model_validate(which), pull.about)
        case "open":
            log.append(tx, PullRequestReopened.model_validate(which), pull.about)


def _done(tx: Tx, pull: PullRequest) -> None:
    """Unless another repository's pull request of the task is still open."""
    if any(one.state == "open" for one in pull_requests.of_task(tx, pull.task_id)):
        return
    try:
        tasks.change(tx, HUB, pull.task_id, {"status": TaskStatus.DONE})
    except TaskNotFound:  # deleted meanwhile
        return


def _set(tx: Tx, pull: PullRequest, **values: object) -> None:
    tx.change(table.update().where(table.c.id == pull.id).values(**values))
