"""What was asked and how it was decided: kept for thirty days, so that a policy can be tried on what has been before it is in force.

Above: `rules`, which keeps; the routes, which replay. Below: the database. Every write and every refusal is kept, and one look in a
hundred. Keeping costs the request an entry in a list; a loop writes the list down once a second, and what comes too fast for it is counted and dropped.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa

from coderclawlink.access import places
from coderclawlink.access.places import Named, Project
from coderclawlink.access.policy import READS, Actor, Permission
from coderclawlink.access.rego import Answer
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Database, Look, StoreUnavailable, Tx
from coderclawlink.db.schema import decisions
from coderclawlink.ids import ProjectId

logger = logging.getLogger(__name__)

KEPT_SECONDS = 30 * 86400
WAITING_AT_MOST = 10_000
WRITE_SECONDS = 1.0
TIDY_SECONDS = 3600.0
READS_APART = 100
TEXT_AT_MOST = 200
REPLAYED_AT_MOST = 10_000
SHOWN_AT_MOST = 100
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

By = Literal["builtin", "policy", "opa"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason`: empty where it is allowed. `by`: who decided. `whose`: the key of the project whose policy refuses it; None: the
    installation's does, or none."""

    allow: bool
    reason: str = ""
    by: By = "builtin"
    whose: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy is asked. `named`: what the request names. `request`: how it came, nothing for what did not come by HTTP.
    `at`: seconds since the epoch."""

    actor: Actor
    permission: Permission
    named: Named
    request: Mapping[str, str]
    at: float
    project: Project | None = None

    def as_input(self) -> dict[str, Any]:
        """As it is shown to the policy: docs/guide/policies.md tells its fields."""
        actor, project = self.actor, self.project
        at = rfc3339(self.at)
        return {
            "actor": {
                "name": actor.name,
                "user": actor.user,
                "role": str(actor.role_in(None if project is None else project.id)),
                "owner": actor.is_owner,
                "proven": actor.proven,
                "device": actor.device,
                "trust": actor.trust,
            },
            "action": str(self.permission),
            "resource": {name: _short(value) for name, value in self.named.items()},
            "project": None if project is None else {"id": project.id, "key": project.key},
            "request": dict(self.request),
            "time": {
                "at": at,
                "hour": int(at[11:13]),
                "weekday": WEEKDAYS[int(self.at // 86400 + 3) % 7],
            },
        }


def _short(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_short(one) for one in value[:TEXT_AT_MOST]]
    return value if isinstance(value, int) else str(value)[:TEXT_AT_MOST]


class Keeper:
    """Keeps decisions until they are written down."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Decision, Verdict]] = deque(maxlen=WAITING_AT_MOST)
        self._looks = 0
        self._has_some = asyncio.Event()

    def keep(self, decision: Decision, verdict: Verdict) -> None:
        if verdict.allow and decision.permission in READS:
            self._looks += 1
            if self._looks % READS_APART != 1:
                return
        self._waiting.append((decision, verdict))
        self._has_some.set()

    async def run(self, db: Database) -> None:
        """Write down what is kept, for ever; once cancelled, what is left."""
        tidied = 0.0
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._has_some.wait()
                await asyncio.sleep(WRITE_SECONDS)
                batch = self._take()
                try:
                    await db.write(_write, batch)
                    if loop.time() - tidied > TIDY_SECONDS:
                        tidied = loop.time()
                        await db.write(_tidy)
                except StoreUnavailable:
                    logger.warning("%d decisions could not be written down: the database does not answer.", len(batch))
        finally:
            if self._waiting:
                db.submit(_write, self._take())

    def _take(self) -> list[tuple[Decision, Verdict]]:
        if len(self._waiting) == WAITING_AT_MOST:
            logger.warning("Decisions came faster than they could be written down; the oldest were dropped.")
        batch = list(self._waiting)
        self._waiting.clear()
        self._has_some.clear()
        return batch


def _write(tx: Tx, batch: Sequence[tuple[Decision, Verdict]]) -> None:
    rows = []
    for decision, verdict in batch:
        told = decision
        if told.project is None and (found := places.projects_of(tx, told.named)):
            told = replace(told, project=found[0])
        rows.append(
            {
                "at": told.at,
                "project_id": None if told.project is None else told.project.id,
                "permission": str(told.permission),
                "input": json.dumps(told.as_input()),
                "allowed": verdict.allow,
                "by": verdict.by,
                "reason": verdict.reason,
            }
        )
    tx.change(sa.insert(decisions), rows)


def _tidy(tx: Tx) -> None:
    tx.change(sa.delete(decisions).where(decisions.c.at < tx.now() - KEPT_SECONDS))


@dataclass(frozen=True, slots=True)
class Kept:
    """One decision as it was written down. `input`: as the policy was, or would have been, shown it."""

    id: int
    at: float
    permission: str
    input: Mapping[str, Any]
    allowed: bool
    by: str
    reason: str


def read(
    look: Look,
    *,
    project: ProjectId | None = None,
    since: float = 0.0,
    refused: bool = False,
    before: int | None = None,
    limit: int = 100,
) -> list[Kept]:
    """Newest first. `refused`: only what was not allowed; `before`: only older ones than this."""
    statement = sa.select(decisions).where(decisions.c.at >= since).order_by(decisions.c.id.desc()).limit(limit)
    if project is not None:
        statement = statement.where(decisions.c.project_id == project)
    if refused:
        statement = statement.where(~decisions.c.allowed)
    if before is not None:
        statement = statement.where(decisions.c.id < before)
    return [_kept(row) for row in look.rows(statement)]


def _kept(row: sa.RowMapping) -> Kept:
    names = ("id", "at", "permission", "allowed", "by", "reason")
    return Kept(**{name: row[name] for name in names}, input=json.loads(row["input"]))


@dataclass(frozen=True, slots=True)
class Blocked:
    """Something that was allowed, and would not have been."""

    at: float
    actor: str
    permission: str
    project: str | None
    resource: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """`asked`: of how many that were allowed; `left`: how many were not asked for want of time. `by_permission`: how many of each
    would have been blocked; `examples`: the newest of them."""

    asked: int
    left: int
    blocked: int
    by_permission: Mapping[str, int]
    examples: Sequence[Blocked]


def replayed(kept: Sequence[Kept], answers: Sequence[Answer]) -> Replayed:
    """What a policy's answers would have come to, in the order of what was kept; there may be fewer of them."""
    blocked = [(one, answer) for one, answer in zip(kept, answers, strict=False) if not answer.allow]
    return Replayed(
        asked=len(answers),
        left=len(kept) - len(answers),
        blocked=len(blocked),
        by_permission=dict(Counter(one.permission for one, _ in blocked)),
        examples=[
            Blocked(
                one.at,
                one.input["actor"]["name"],
                one.permission,
                (one.input["project"] or {}).get("key"),
                one.input["resource"],
                answer.reason,
            )
            for one, answer in blocked[:SHOWN_AT_MOST]
        ],
    )
