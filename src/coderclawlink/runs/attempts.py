"""Attempts: one agent process on one node, with a lease and a fence.

The fence is (run, attempt): every write that a node asks for is checked against the attempt's row, in the same transaction.
Zero rows mean stale: the hub has given the attempt up, and a node that comes back late is refused, whatever it says.

    queued ──place──► placed ──started──► running ──ended──► ended
       └───────────────┴──────── lost ───────┴──────────────►

The lease is the node's (`nodes.seen_at`): all its attempts live and die by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access.policy import Actor
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts, runs
from coderclawlink.events import (
    AttemptLost,
    AttemptOffered,
    AttemptPlaced,
)
from coderclawlink.ids import NodeId, ProjectId, RunId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.runs import fallback, ledger
from coderclawlink.runs import questions as asked
from coderclawlink.runs.budgets import Reserved
from coderclawlink.runs.ledger import Run, Wish
from coderclawlink.runs.run import ENDED

AT_WORK = ("placed", "running")
NOTHING_RESERVED = Reserved()


@dataclass(frozen=True, slots=True)
class Attempt:
    run_id: RunId
    number: int
    state: str
    node: NodeId | None
    stop: str | None
    kept: int
    outcome: str | None
    result: str | None
    error: str | None
    retry: bool | None
    settled: bool
    sandbox: str | None
    agent_version: str | None
    model: str | None
    calls: int | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cost_usd: float | None
    agent: str
    configuration: str | None
    configured: str | None
    account: str | None
    session: str | None
    resumed: bool | None
    prompt: int
    reserved_usd: float | None
    reserved_tokens: int | None
    pause_reason: str | None
    pause_until: float | None
    offered_at: float
    placed_at: float | None
    started_at: float | None
    ended_at: float | None

    @property
    def made_with(self) -> AgentConfiguration:
        return read_configuration(self.configuration)


def read_configuration(kept: str | None) -> AgentConfiguration:
    """What an attempt was made with, from its column."""
    return NOTHING_SAID if kept is None else AgentConfiguration.model_validate_json(kept)


COLUMNS = [attempts.c[name] for name in Attempt.__dataclass_fields__]


_BY_NUMBER = sa.select(*COLUMNS).where(
    attempts.c.run_id == sa.bindparam("run"), attempts.c.number == sa.bindparam("attempt")
)


def find(look: Look, run: RunId, number: int) -> Attempt | None:
    row = look.row(_BY_NUMBER, {"run": run, "attempt": number})
    return None if row is None else Attempt(**row)


_GOING_ON = (
    sa.select(attempts.c.number)
    .join(runs, runs.c.id == attempts.c.run_id)
    .where(
        attempts.c.run_id == sa.bindparam("run"),
        attempts.c.number == sa.bindparam("attempt"),
        attempts.c.state != "ended",
        runs.c.state.not_in(list(ENDED)),
    )
)


def is_over(look: Look, run: RunId, number: int) -> bool:
    """True also when the run itself has ended or is gone: then nobody waits for the attempt."""
    return look.row(_GOING_ON, {"run": run, "attempt": number}) is None


def of_run(look: Look, run: RunId) -> list[Attempt]:
    """In the order they were made."""
    statement = sa.select(*COLUMNS).where(attempts.c.run_id == run).order_by(attempts.c.number)
    return [Attempt(**row) for row in look.rows(statement)]


# ── offering and placing ───────────────────────────────────────────────────────────────────────────────────────────


def submit(tx: Tx, actor: Actor, wish: Wish) -> Run:
    """Write a run down, with its first attempt in the queue. Raises `PermissionMissing`. Carrying it out is the engine's part
    of the same transaction."""
    run = ledger.submit(tx, actor, wish)
    _enqueue(tx, run, run.attempt)
    return run


def _enqueue(tx: Tx, run: Run, number: int) -> None:
    """Put an attempt into the queue for a place, made with what is configured now."""
    with_what = fallback.made(tx, run)
    said = with_what.configuration != NOTHING_SAID
    row: dict[str, object] = {
        "run_id": run.id,
        "number": number,
        "state": "queued",
        "agent": with_what.agent,
        "configuration": with_what.configuration.model_dump_json(exclude_defaults=True) if said else None,
        "configured": with_what.label,
        "account": with_what.configuration.account,
        "project_id": run.project_id,
        "priority": run.priority,
        "kept": 0,
        "settled": False,
        "offered_at": tx.now(),
    }
    tx.change(attempts.insert(), row)


def make_anew(tx: Tx, run: Run) -> None:
    """An attempt that still waits for its place is to be made with what the run says now."""
    here = sa.and_(attempts.c.run_id == run.id, attempts.c.number == run.attempt, attempts.c.state == "queued")
    if tx.change(attempts.delete().where(here)):
        _enqueue(tx, run, run.attempt)
        tx.topics.add("attempt.offered")


def offer(tx: Tx, run: Run) -> int:
    """Make sure that the run has an attempt whose outcome is still to be settled; its number. Safe to do twice."""
    if run.attempt:
        latest = find(tx, run.id, run.attempt)
        if latest is not None and not latest.settled:
            return run.attempt
    number = run.attempt + 1
    _enqueue(tx, run, number)
    ledger.requeue(tx, run)
    ledger.note(tx, run.id, attempt=number)
    log.append(tx, AttemptOffered(), About(run.project_id, run.task_id, run.id, number))
    return number


def place(tx: Tx, run: Run, number: int, node: NodeId, reserved: Reserved = NOTHING_RESERVED) -> None:
    """Give the attempt to a node, with what it may spend."""
    tx.change(
        attempts.update()
        .where(attempts.c.run_id == run.id, attempts.c.number == number, attempts.c.state == "queued")
        .values(
            state="placed",
            node=node,
            placed_at=tx.now(),
            reserved_usd=reserved.usd,
            reserved_tokens=reserved.tokens,
        )
    )
    ledger.place(tx, run)
    log.append(tx, AttemptPlaced(node=node), About(run.project_id, run.task_id, run.id, number))
    tx.topics.add(f"node:{node}")


def pause(tx: Tx, run: RunId, number: int, reason: str, why: str, until: float | None = None) -> None:
    """The attempt does not begin: something must happen first. The engine hears of it."""
    tx.change(
        attempts.update()
        .where(attempts.c.run_id == run, attempts.c.number == number, attempts.c.state == "queued")
        .values(state="ended", outcome="paused", pause_reason=reason, pause_until=until, error=why, ended_at=tx.now())
    )
    tx.topics.add(f"over:{run}")


def stop(tx: Tx, run: Run, why: Literal["cancelled", "interrupted"]) -> None:
    """The attempt that is at work is told to end."""
    here = sa.and_(attempts.c.run_id == run.id, attempts.c.state.in_(AT_WORK))
    for row in tx.rows(sa.select(attempts.c.node).where(here)):
        tx.change(attempts.update().where(here).values(stop=why))
        tx.topics.add(f"node:{row['node']}")


def losses(look: Look, run: RunId) -> int:
    """How many attempts of the run died with their node, or were given up."""
    statement = sa.select(sa.func.count()).where(
        attempts.c.run_id == run, attempts.c.outcome.in_(("lost", "interrupted")), attempts.c.stop.is_(None)
    )
    return int(look.scalar(statement))


def settle(tx: Tx, run: RunId, number: int) -> None:
    """The run has drawn its conclusion from the attempt."""
    tx.change(attempts.update().where(attempts.c.run_id == run, attempts.c.number == number).values(settled=True))


def lose(tx: Tx, run_id: RunId, number: int, why: str) -> bool:
    """Give the attempt up: what its node says from now on is refused. False if it is over already."""
    attempt = find(tx, run_id, number)
    if attempt is None or attempt.state == "ended":
        return False
    tx.change(
        attempts.update()
        .where(attempts.c.run_id == run_id, attempts.c.number == number)
        .values(state="ended", outcome="lost", error=why, retry=True, ended_at=tx.now())
    )
    run = ledger.find(tx, run_id)
    asked.dismiss(tx, run, number, "lost")
    log.append(tx, AttemptLost(node=attempt.node), About(run.project_id, run.task_id, run_id, number))
    tx.topics.add(f"over:{run_id}")
    if attempt.node:
        tx.topics.add(f"node:{attempt.node}")
    return True


def at_node(look: Look, node: NodeId) -> dict[tuple[str, int], sa.RowMapping]:
    """The attempts that the node should hold: (run, attempt) → state, stop."""
    rows = look.rows(
        sa.select(attempts.c.run_id, attempts.c.number, attempts.c.state, attempts.c.stop).where(
            attempts.c.node == node, attempts.c.state.in_(AT_WORK)
        )
    )
    return {(row["run_id"], row["number"]): row for row in rows}


# ── who waits and who works ─────────────────────────────────────────────────────────────────────────────────────


def loads(look: Look) -> list[tuple[NodeId, str, ProjectId | None, int]]:
    """What is at work, counted by (node, agent, project)."""
    rows = look.rows(
        sa.select(attempts.c.node, attempts.c.agent, attempts.c.project_id, sa.func.count().label("count"))
        .where(attempts.c.state.in_(AT_WORK))
        .group_by(attempts.c.node, attempts.c.agent, attempts.c.project_id)
    )
    return [(row["node"], row["agent"], row["project_id"], row["count"]) for row in rows]


_QUEUED = (
    sa.select(attempts.c.number).where(attempts.c.state == "queued", attempts.c.run_id != sa.bindparam("run")).limit(1)
)


def any_queued(look: Look, *, besides: str = "") -> bool:
    """Whether an attempt waits for a place, of any run but that."""
    return look.row(_QUEUED, {"run": besides}) is not None


def queued(
    look: Look, *, but_projects: Iterable[ProjectId] = (), but_agents: Iterable[str] = (), at_most: int = 500
) -> list[sa.RowMapping]:
    """What waits for a place, but for these projects and agents: most urgent first, then oldest first."""
    return list(
        look.rows(
            sa.select(
                attempts.c.run_id,
                attempts.c.number,
                attempts.c.agent,
                attempts.c.project_id,
                attempts.c.configuration,
            )
            .where(
                attempts.c.state == "queued",
                sa.or_(attempts.c.project_id.is_(None), attempts.c.project_id.not_in(list(but_projects))),
                attempts.c.agent.not_in(list(but_agents)),
            )
            .order_by(attempts.c.priority, attempts.c.offered_at, attempts.c.run_id)
            .limit(at_most)
        )
    )
