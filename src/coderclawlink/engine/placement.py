"""Which attempt goes to which node, under the limits: of the node (slots), of the agent there, of the project.

Most urgent first, then oldest first. A run that was on a node before goes back to it if it can: its work lies there. An agent
that no node can run fails its run at once and says why, rather than letting it wait for ever. A run whose task waits for other tasks
gets no place until they are done.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.board import dependencies
from coderclawlink.db.engine import Database, Look, StoreUnavailable, Tx
from coderclawlink.db.schema import attempts as attempts_table
from coderclawlink.ids import NodeId, ProjectId, RunId
from coderclawlink.runs import attempts, budgets, ledger, nodes
from coderclawlink.runs.budgets import UsedUp
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.nodes import Node
from coderclawlink.runs.run import WaitReason

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 5.0
LOOKED_AT_ONCE = 500
TOPICS = (
    "attempt.offered",
    "attempt.ended",
    "attempt.lost",
    "run.cancelled",
    "node.joined",
    "project.deleted",
    "task.deleted",
)


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Why an attempt has no place yet, for people."""

    run: RunId
    number: int
    why: str
    hopeless: bool = False


def place(tx: Tx, project_limit: int) -> list[Unplaced]:
    """Give every attempt that can have one its place. Returns those that were looked at in vain, and why.

    Attempts of a project that is at its limit, or of an agent for which no node has room, are not even looked at: a long
    queue of one project holds up nobody else's.
    """
    if not attempts.any_queued(tx):
        return []
    here = nodes.online(tx)
    by_node: Counter[NodeId] = Counter()
    by_agent: Counter[tuple[NodeId, str]] = Counter()
    by_project: Counter[ProjectId | None] = Counter()
    for node, agent, project, count in attempts.loads(tx):
        by_node[node] += count
        by_agent[node, agent] += count
        by_project[project] += count
    unplaced: list[Unplaced] = []
    while True:
        waiting = attempts.queued(
            tx,
            but_projects=[project for project, count in by_project.items() if project and count >= project_limit],
            but_agents=_full(here, by_node, by_agent),
            at_most=LOOKED_AT_ONCE,
        )
        placed = _place_some(tx, waiting, here, project_limit, by_node, by_agent, by_project, unplaced)
        if not placed or len(waiting) < LOOKED_AT_ONCE:
            return unplaced


def _place_some(
    tx: Tx,
    waiting: Sequence[sa.RowMapping],
    here: Sequence[Node],
    project_limit: int,
    by_node: Counter[NodeId],
    by_agent: Counter[tuple[NodeId, str]],
    by_project: Counter[ProjectId | None],
    unplaced: list[Unplaced],
) -> int:
    """Place what can be placed of these, and count it. Returns how many left the queue."""
    left = 0
    for row in waiting:
        run_id, agent, project = row["run_id"], row["agent"], row["project_id"]
        if (hopeless := _hopeless(here, agent)) is not None:
            unplaced.append(Unplaced(run_id, row["number"], hopeless, hopeless=True))
            _give_up(tx, run_id, row["number"], hopeless)
            left += 1
            continue
        if project is not None and by_project[project] >= project_limit:
            unplaced.append(Unplaced(run_id, row["number"], f"the project has {project_limit} runs at work, its limit"))
            continue
        able = [node for node in here if _has_room(node, agent, by_node, by_agent)]
        if not able:
            unplaced.append(Unplaced(run_id, row["number"], _why(here, agent)))
            continue
        before = _last_node(tx, run_id)
        best = min(able, key=lambda node: (node.name != before, by_node[node.name] / node.slots, node.name))
        run = ledger.find(tx, run_id)
        if hold(tx, run):
            left += 1
            continue
        reserved = budgets.reserve(tx, run, attempts.read_configuration(row["configuration"]))
        if isinstance(reserved, UsedUp):
            attempts.pause(tx, run_id, row["number"], "budget", reserved.why, reserved.until)
            left += 1
            continue
        attempts.place(tx, run, row["number"], best.name, reserved)
        by_node[best.name] += 1
        by_agent[best.name, agent] += 1
        by_project[project] += 1
        left += 1
    return left


def hold(tx: Tx, run: Run) -> bool:
    """Let the run wait if its task is blocked by tasks that are not done; True if it is. Its attempt, which is in the queue, is over
    then, and the next one follows once they are done (`settling`)."""
    if not dependencies.is_held(tx, run.id) or run.task_id is None:
        return False
    who = dependencies.names(dependencies.blockers(tx, run.task_id))
    attempts.pause(tx, run.id, run.attempt, "dependency", f"Its task waits for {who}.")
    ledger.wait(tx, run, WaitReason.DEPENDENCY, who)
    return True


def _has_room(node: Node, agent: str, by_node: Counter[NodeId], by_agent: Counter[tuple[NodeId, str]]) -> bool:
    offer = node.offer(agent)
    return (
        offer is not None
        and offer.available
        and by_node[node.name] < node.slots
        and (offer.limit is None or by_agent[node.name, agent] < offer.limit)
    )


def _full(here: Sequence[Node], by_node: Counter[NodeId], by_agent: Counter[tuple[NodeId, str]]) -> list[str]:
    """The agents that nodes offer and none has room for now."""
    offered = {offer.name for node in here for offer in node.agents if offer.available}
    return sorted(agent for agent in offered if not any(_has_room(node, agent, by_node, by_agent) for node in here))


def explain(look: Look, run: RunId) -> str | None:
    """Why a run that is pending has no place yet; None if nothing holds it."""
    here = nodes.online(look)
    return _why(here, ledger.find(look, run).agent)


def _why(here: Sequence[Node], agent: str) -> str:
    if not here:
        return "no node is online"
    able = [node.name for node in here if (offer := node.offer(agent)) is not None and offer.available]
    if not able:
        return f"no node offers {agent}"
    return f"all places for {agent} on {', '.join(able)} are taken"


def _hopeless(here: Sequence[Node], agent: str) -> str | None:
    """Why no node that is here will ever run the agent; None while one may, or while none is here to ask."""
    if not here or any((offer := node.offer(agent)) is not None and offer.available for node in here):
        return None
    whys = {offer.why for node in here if (offer := node.offer(agent)) is not None and offer.why}
    return f"Agent {agent} is not available: {' '.join(sorted(whys)) or 'no node knows it.'}"


def _give_up(tx: Tx, run: RunId, number: int, why: str) -> None:
    table = attempts_table
    tx.change(
        table.update()
        .where(table.c.run_id == run, table.c.number == number)
        .values(state="ended", outcome="failed", error=why, retry=False, ended_at=tx.now())
    )
    tx.topics.add(f"over:{run}")


def _last_node(look: Look, run: RunId) -> NodeId | None:
    table = attempts_table
    name = look.scalar(
        sa.select(table.c.node)
        .where(table.c.run_id == run, table.c.node.is_not(None))
        .order_by(table.c.number.desc())
        .limit(1)
    )
    return None if name is None else NodeId(name)


async def run(db: Database, project_limit: int) -> None:
    """Place whenever something has changed, for ever."""
    with db.bell.listen(*TOPICS) as ear:
        while True:
            try:
                if await db.read(attempts.any_queued):
                    await db.write(place, project_limit)
            except StoreUnavailable as error:
                logger.warning("nothing can be placed: %s", error.message)
            await ear.wait(LOOK_AGAIN_SECONDS)
