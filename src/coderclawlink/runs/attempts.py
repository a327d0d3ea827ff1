"""Attempts: one agent process on one node, with a lease and a fence.

The fence is (run, attempt): every write that a node asks for is checked against the attempt's row, in the same transaction.
Zero rows mean stale: the hub has given the attempt up, and a node that comes back late is refused, whatever it says.

    queued ──place──► placed ──started──► running ──ended──► ended
       └───────────────┴──────── lost ───────┴──────────────►

The lease is the node's (`nodes.seen_at`): all its attempts live and die by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa

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
from coderclawlink.link.protocol import Order, Stop
from coderclawlink.runs import ledger
from coderclawlink.runs import questions as asked
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import ENDED

AT_WORK = ("placed", "running")


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
    offered_at: float
    placed_at: float | None
    started_at: float | None
    ended_at: float | None


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


def offer(tx: Tx, run: Run) -> int:
    """Make sure that the run has an attempt whose outcome is still to be settled; its number. Safe to do twice."""
    if run.attempt:
        latest = find(tx, run.id, run.attempt)
        if latest is not None and not latest.settled:
            return run.attempt
    number = run.attempt + 1
    ledger.enqueue(tx, replace(run, attempt=number))
    ledger.requeue(tx, run)
    ledger.note(tx, run.id, attempt=number)
    log.append(tx, AttemptOffered(), About(run.project_id, run.task_id, run.id, number))
    return number


def place(tx: Tx, run: Run, number: int, node: NodeId) -> None:
    """Give the attempt to a node."""
    tx.change(
        attempts.update()
        .where(attempts.c.run_id == run.id, attempts.c.number == number, attempts.c.state == "queued")
        .values(state="placed", node=node, placed_at=tx.now())
    )
    ledger.place(tx, run)
    log.append(tx, AttemptPlaced(node=node), About(run.project_id, run.task_id, run.id, number))
    tx.topics.add(f"node:{node}")


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


def order_of(run: Run, number: int) -> Order:
    """All that a node needs to know to make the attempt."""
    return Order(
        run=run.id,
        attempt=number,
        agent=run.agent,
        prompt=run.prompt,
        context=dict(run.context),
        repository=run.repository,
        branch=run.branch or "",
        author=run.author,
        title=run.title,
        timeout_seconds=run.timeout_seconds,
        resume=tuple(range(number - 1, 0, -1)),
    )


# ── what the hub has to say to a node, as it follows from the rows ─────────────────────────────────────────────────


def at_node(look: Look, node: NodeId) -> dict[tuple[str, int], sa.RowMapping]:
    """The attempts that the node should hold: (run, attempt) → state, stop."""
    rows = look.rows(
        sa.select(attempts.c.run_id, attempts.c.number, attempts.c.state, attempts.c.stop).where(
            attempts.c.node == node, attempts.c.state.in_(AT_WORK)
        )
    )
    return {(row["run_id"], row["number"]): row for row in rows}


def waiting_orders(look: Look, node: NodeId) -> list[Order]:
    """What is placed on the node and has not started."""
    rows = look.rows(
        sa.select(attempts.c.run_id, attempts.c.number).where(
            attempts.c.node == node, attempts.c.state == "placed", attempts.c.stop.is_(None)
        )
    )
    return [order_of(ledger.find(look, row["run_id"]), row["number"]) for row in rows]


def stops(look: Look, node: NodeId) -> list[Stop]:
    """What the node should end."""
    return [
        Stop(run=run, attempt=number, why=row["stop"])
        for (run, number), row in at_node(look, node).items()
        if row["stop"]
    ]


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
            sa.select(attempts.c.run_id, attempts.c.number, attempts.c.agent, attempts.c.project_id)
            .where(
                attempts.c.state == "queued",
                sa.or_(attempts.c.project_id.is_(None), attempts.c.project_id.not_in(list(but_projects))),
                attempts.c.agent.not_in(list(but_agents)),
            )
            .order_by(attempts.c.priority, attempts.c.offered_at, attempts.c.run_id)
            .limit(at_most)
        )
    )
