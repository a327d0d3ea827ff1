"""The agents as the nodes found them, put together under one name each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from coderclawlink.db.engine import Look
from coderclawlink.errors import Invalid
from coderclawlink.runs import nodes

KNOWN = ("auggie", "claude", "opendevin", "goose", "ollama")
"""Names that are always known, whether or not any node can run them."""

WELL_FORMED = re.compile(r"^[a-z0-9][a-z0-9_.-]{0,63}$")


class UnknownAgent(Invalid):
    """There is no agent of that name."""


@dataclass(frozen=True, slots=True)
class Agent:
    """`why`: for people, why it is not available and what to do about it. `nodes`: names of those that can run it now."""

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


def all_of_them(look: Look) -> list[Agent]:
    """Known names first, then what else nodes offer, by name."""
    everywhere = nodes.all_of_them(look)
    names = list(KNOWN)
    names += sorted({offer.name for node in everywhere for offer in node.agents} - set(names))
    return [_agent(name, everywhere) for name in names]


def _agent(name: str, everywhere: list[nodes.Node]) -> Agent:
    offers = [(node, offer) for node in everywhere if (offer := node.offer(name)) is not None]
    able = [(node, offer) for node, offer in offers if node.online and offer.available]
    if not offers:
        return Agent(name, "", available=False, why="No node has looked for it yet.")
    best = able[0][1] if able else offers[0][1]
    why = None if able else best.why or "The node that offers it is offline."
    return Agent(
        name,
        best.description,
        available=bool(able),
        capabilities=best.capabilities,
        version=best.version,
        why=why,
        driver=best.driver,
        models=best.models,
        nodes=tuple(node.name for node, _ in able),
        limit=best.limit,
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
