"""The machines that run agents, as the ledger knows them: what they offer, and when they were last heard."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import nodes
from coderclawlink.events import NodeJoined, NodeLeft
from coderclawlink.ids import NodeId
from coderclawlink.journal import log
from coderclawlink.link.protocol import AgentOffer, Hello


@dataclass(frozen=True, slots=True)
class Node:
    name: NodeId
    boot: str
    slots: int
    labels: dict[str, str]
    agents: tuple[AgentOffer, ...]
    sandbox: str
    online: bool
    seen_at: float

    def offer(self, agent: str) -> AgentOffer | None:
        """What the node said of an agent; None if it has never heard of it."""
        return next((one for one in self.agents if one.name == agent), None)


def all_of_them(look: Look) -> list[Node]:
    return [_node(row) for row in look.rows(sa.select(nodes).order_by(nodes.c.name))]


def online(look: Look) -> list[Node]:
    return [node for node in all_of_them(look) if node.online]


def join(tx: Tx, hello: Hello) -> None:
    """A node has connected. A later boot of the same name takes the place of the earlier one."""
    values = {
        "boot": hello.boot,
        "slots": hello.slots,
        "labels": json.dumps(hello.labels),
        "agents": json.dumps([agent.model_dump() for agent in hello.agents]),
        "sandbox": hello.sandbox,
        "online": True,
        "seen_at": tx.now(),
    }
    if not tx.change(nodes.update().where(nodes.c.name == hello.node).values(**values)):
        tx.change(nodes.insert().values(name=hello.node, **values))
    log.append(tx, NodeJoined(node=hello.node, slots=hello.slots))


def beat(tx: Tx, node: NodeId, agents: tuple[AgentOffer, ...] | None) -> bool:
    """Renew the lease. True if the node had been taken for gone."""
    was_online = bool(tx.scalar(sa.select(nodes.c.online).where(nodes.c.name == node)))
    values: dict[str, object] = {"seen_at": tx.now(), "online": True}
    if agents is not None:
        values["agents"] = json.dumps([agent.model_dump() for agent in agents])
        tx.topics.add("node.joined")  # what waits for an agent is looked at again
    tx.change(nodes.update().where(nodes.c.name == node).values(**values))
    return not was_online


def leave(tx: Tx, node: NodeId, reason: str) -> None:
    """The node is offline from now on."""
    if tx.change(nodes.update().where(nodes.c.name == node, nodes.c.online).values(online=False)):
        log.append(tx, NodeLeft(node=node, reason=reason))


def silent(look: Look, lease_seconds: float) -> list[Node]:
    """Online by the books, unheard of for longer than the lease."""
    now = look.now()
    return [node for node in online(look) if now - node.seen_at > lease_seconds]


def gone(look: Look, seconds: float) -> list[Node]:
    """Offline, and unheard of for longer than `seconds`."""
    now = look.now()
    return [node for node in all_of_them(look) if not node.online and now - node.seen_at > seconds]


def _node(row: sa.RowMapping) -> Node:
    return Node(
        row["name"],
        row["boot"],
        row["slots"],
        json.loads(row["labels"]),
        tuple(AgentOffer(**agent) for agent in json.loads(row["agents"])),
        row["sandbox"],
        row["online"],
        row["seen_at"],
    )
