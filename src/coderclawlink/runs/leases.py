"""Leases: a node's attempts live and die by its `seen_at`. What becomes of them when it falls silent, comes back, or leaves.

Above: the reaper and the gate. Below: `attempts`, `ledger`, `questions`.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import attempts, events, runs
from coderclawlink.events import AttemptOffered
from coderclawlink.ids import NodeId, RunId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.runs import ledger
from coderclawlink.runs import questions as asked
from coderclawlink.runs.attempts import AT_WORK, read_configuration
from coderclawlink.runs.run import State, WaitReason


def wait_for_node(tx: Tx, node: NodeId, until: float) -> None:
    """The node's lease ran out: its runs wait for it until then."""
    for row in tx.rows(sa.select(attempts.c.run_id).where(attempts.c.node == node, attempts.c.state.in_(AT_WORK))):
        run = ledger.find(tx, row["run_id"])
        if not run.has_ended and run.wait_reason is not WaitReason.NODE_OFFLINE:
            ledger.wait(tx, run, WaitReason.NODE_OFFLINE, f"node {node}", until)


def take_up(tx: Tx, node: NodeId) -> None:
    """The node is back within the grace: its runs go on where they were."""
    rows = tx.rows(
        sa.select(attempts.c.run_id, attempts.c.number, attempts.c.state)
        .join(runs, runs.c.id == attempts.c.run_id)
        .where(
            attempts.c.node == node,
            attempts.c.state.in_(AT_WORK),
            runs.c.wait_reason == WaitReason.NODE_OFFLINE,
            runs.c.state == State.WAITING,
        )
    )
    for row in rows:
        run = ledger.find(tx, row["run_id"])
        if asked.open_in(tx, run.id):
            asked.wait(tx, run)
        elif row["state"] == "running":
            ledger.resume(tx, run)
        else:
            ledger.requeue(tx, run)
            ledger.place(tx, ledger.find(tx, run.id))


def give_back(tx: Tx, node: NodeId) -> None:
    """The node has left in good order: what it was given and has not begun is offered anew, under the same number."""
    for row in tx.rows(
        sa.select(attempts.c.run_id, attempts.c.number, attempts.c.stop).where(
            attempts.c.node == node, attempts.c.state == "placed"
        )
    ):
        here = attempts.update().where(attempts.c.run_id == row["run_id"], attempts.c.number == row["number"])
        if row["stop"]:
            tx.change(here.values(state="ended", outcome="cancelled", ended_at=tx.now()))
            tx.topics.add(f"over:{row['run_id']}")
            continue
        tx.change(here.values(state="queued", node=None, placed_at=None))
        run = ledger.find(tx, row["run_id"])
        ledger.requeue(tx, run)
        log.append(tx, AttemptOffered(), About(run.project_id, run.task_id, run.id, row["number"]))


def of_nodes_gone(look: Look, nodes: Iterable[NodeId]) -> list[tuple[RunId, int]]:
    """The attempts that stand on these nodes."""
    rows = look.rows(
        sa.select(attempts.c.run_id, attempts.c.number).where(
            attempts.c.node.in_(list(nodes)), attempts.c.state.in_(AT_WORK)
        )
    )
    return [(row["run_id"], row["number"]) for row in rows]


def overdue(look: Look, margin: float) -> list[tuple[RunId, int]]:
    """Attempts that should have ended `margin` seconds ago: past their time since they were placed.

    As at the node, the time in which the run waited for somebody does not count.
    """
    now = look.now()
    rows = look.rows(
        sa.select(
            attempts.c.run_id,
            attempts.c.number,
            attempts.c.placed_at,
            attempts.c.configuration,
            runs.c.timeout_seconds,
        )
        .join(runs, runs.c.id == attempts.c.run_id)
        .where(attempts.c.state.in_(AT_WORK), attempts.c.placed_at + margin < now, runs.c.wait_reason.is_(None))
    )
    late = []
    for row in rows:
        due = row["placed_at"] + margin + _timeout(row)
        if due < now and due + _waited(look, row["run_id"], row["placed_at"]) < now:
            late.append((row["run_id"], row["number"]))
    return late


def _timeout(row: sa.RowMapping) -> float:
    own = read_configuration(row["configuration"]).timeout_seconds
    return float(own if own is not None else row["timeout_seconds"])


def _waited(look: Look, run: RunId, since: float) -> float:
    """Seconds that the run has waited since then and does not any more, as the journal tells it."""
    waited, began = 0.0, None
    for row in look.rows(
        sa.select(events.c.kind, events.c.at)
        .where(
            events.c.run_id == run,
            events.c.at >= since,
            events.c.kind.in_(("run.waiting", "run.resumed", "run.started")),
        )
        .order_by(events.c.seq)
    ):
        if row["kind"] == "run.waiting":
            began = row["at"] if began is None else began
        elif began is not None:
            waited += row["at"] - began
            began = None
    return waited
