"""The agents as the nodes found them, put together under one name each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from coderclawlink.access import uses, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look
from coderclawlink.errors import Invalid
from coderclawlink.ids import ProjectId
from coderclawlink.link.protocol import AgentOffer
from coderclawlink.runs import nodes

KNOWN = ("auggie", "claude", "opendevin", "goose", "ollama")
"""Names that are always known, whether or not any node can run them."""

WELL_FORMED = re.compile(r"^[a-z0-9][a-z0-9_.-]{0,63}$")


class UnknownAgent(Invalid):
    """There is no agent of that name."""


@dataclass(frozen=True, slots=True)
class Found:
    """An agent as one node found it. `why`: for people, why it cannot be run there now. `reached`: how, for people."""

    node: str
    online: bool
    available: bool
    version: str | None
    why: str | None
    reached: str
    signed_in: bool | None
    limit: int | None


@dataclass(frozen=True, slots=True)
class Agent:
    """`why`: for people, why it is not available and what to do about it. `nodes`: names of those that can run it now.

    What differs from node to node is told of one that can run it; `health` tells of each. `signed_in` None: it needs no
    signing in, or that cannot be told. `model`: used when nothing else is configured. `accounts`: names of those that it can
    be run on somewhere, a default first. `refused`: why who asks may not use it, in words; None: it may.
    """

    name: str
    description: str
    available: bool
    capabilities: tuple[str, ...] = ()
    version: str | None = None
    why: str | None = None
    driver: str = ""
    models: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    limit: int | None = None
    reached: str = ""
    signed_in: bool | None = None
    model: str = ""
    accounts: tuple[str, ...] = ()
    health: tuple[Found, ...] = ()
    refused: str | None = None


def all_of_them(look: Look) -> list[Agent]:
    """Known names first, then what else nodes offer, by name."""
    everywhere = nodes.all_of_them(look)
    names = list(KNOWN)
    names += sorted({offer.name for node in everywhere for offer in node.agents} - set(names))
    return [_agent(name, everywhere) for name in names]


def listed(look: Look, actor: Actor, project: ProjectId | None) -> list[Agent]:
    """All of them, and which the actor may not use in the project (None: in none). Raises `ProjectHidden`."""
    if project is not None:
        visibility.require(look, actor, Permission.AGENT_LIST, project)
    found = all_of_them(look)
    refused = uses.why_not(look, actor, "agent", [agent.name for agent in found], project)
    return [replace(agent, refused=refused.get(agent.name)) for agent in found]


def _agent(name: str, everywhere: list[nodes.Node]) -> Agent:
    offers = [(node, offer) for node in everywhere if (offer := node.offer(name)) is not None]
    if not offers:
        return Agent(name, "", available=False, why="No node has looked for it yet.")
    health = tuple(_found(node, offer) for node, offer in offers)
    able = [offer for (_, offer), found in zip(offers, health, strict=True) if found.why is None]
    best = able[0] if able else offers[0][1]
    return Agent(
        name,
        best.description,
        available=bool(able),
        capabilities=best.capabilities,
        version=best.version,
        why=None if able else best.why or "The node that offers it is offline.",
        driver=best.driver,
        models=best.models,
        nodes=tuple(found.node for found in health if found.why is None),
        limit=best.limit,
        reached=best.reached,
        signed_in=best.signed_in,
        model=best.model,
        accounts=tuple(dict.fromkeys(account for offer in able or [best] for account in offer.accounts)),
        health=health,
    )


def _found(node: nodes.Node, offer: AgentOffer) -> Found:
    why = None if node.online else "The node is offline."
    if not offer.available:
        why = offer.why or "The node cannot run it."
    return Found(
        node.name, node.online, offer.available, offer.version, why, offer.reached, offer.signed_in, offer.limit
    )


def named(look: Look, name: str) -> str:
    """The agent's name as it is known, from any case. Raises `UnknownAgent`.

    While no node has ever come, any name may turn out to be one: placement decides, and fails the run if it is none.
    """
    wanted = name.strip().lower()
    if not WELL_FORMED.match(wanted):
        raise UnknownAgent(f"No agent is called {name[:80]!r}.")
    if not nodes.all_of_them(look):
        return wanted
    known = [agent.name for agent in all_of_them(look)]
    if wanted not in known:
        raise UnknownAgent(f"There is no agent {name!r}. Known are: {', '.join(known)}.")
    return wanted
