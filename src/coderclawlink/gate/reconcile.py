"""Lay what a node holds beside what the rows say, and let both agree again. Each is one transaction's worth.

the node holds it   the row says             then
yes                 at work on this node     nothing, or Stop if it should end
yes                 anything else            Stop(stale): it was given up
no                  placed                   Assign, again
no                  running                  lost: the node died under it or has forgotten it
"""

from __future__ import annotations

from collections.abc import Iterable

from coderclawlink.db.engine import Look, Tx
from coderclawlink.ids import NodeId, RunId
from coderclawlink.link.protocol import AgentOffer, Answer, Assign, Fence, Hello, HubWord, Stop
from coderclawlink.pulls import deliveries
from coderclawlink.runs import attempts, leases, nodes, orders, prompts, questions


def greet(tx: Tx, hello: Hello) -> tuple[Fence, ...]:
    """A node has come. Returns what it holds and must end, because the hub has given it up."""
    node = NodeId(hello.node)
    nodes.join(tx, hello)
    leases.take_up(tx, node)
    return compare(tx, node, (*hello.held, *hello.spooled))


def compare(tx: Tx, node: NodeId, held: Iterable[Fence]) -> tuple[Fence, ...]:
    """What runs by the rows and is not held is lost. Returns what is held and stale."""
    here = {(fence.run, fence.attempt) for fence in held}
    known = attempts.at_node(tx, node)
    for (run, number), row in known.items():
        if row["state"] == "running" and (run, number) not in here:
            attempts.lose(tx, RunId(run), number, "its node does not know of it any more")
    return tuple(Fence(run=run, attempt=number) for run, number in sorted(here) if (run, number) not in known)


def beat(tx: Tx, node: NodeId, held: Iterable[Fence], agents: tuple[AgentOffer, ...] | None) -> tuple[Fence, ...]:
    """The node's lease is renewed. Returns what it holds and must end."""
    if nodes.beat(tx, node, agents):
        leases.take_up(tx, node)
    return compare(tx, node, held)


def part(tx: Tx, node: NodeId) -> None:
    """The node has said goodbye: it holds nothing, and what it was given and has not begun goes to others."""
    compare(tx, node, ())
    nodes.leave(tx, node, "it said goodbye")
    leases.give_back(tx, node)


def to_say(look: Look, node: NodeId) -> list[HubWord]:
    """Everything the hub has to tell the node, as it follows from the rows: orders, stops, answers, prompts and pushes."""
    words: list[HubWord] = [Assign(order=order) for order in orders.waiting_orders(look, node)]
    words += orders.stops(look, node)
    words += [
        Answer(run=one.run_id, attempt=one.attempt, question=one.name, option=one.option, text=one.text)
        for one in questions.answers_for(look, node)
    ]
    words += prompts.to_say(look, node)
    words += deliveries.to_push(look, node)
    return words


def gone(look: Look, node: NodeId, held: Iterable[Fence]) -> list[Stop]:
    """Of what the node is known to hold, what the rows know nothing of any more."""
    known = attempts.at_node(look, node)
    return [
        Stop(run=fence.run, attempt=fence.attempt, why="stale")
        for fence in held
        if (fence.run, fence.attempt) not in known
    ]
