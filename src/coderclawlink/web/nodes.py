"""Routes of nodes: the machines that run agents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look
from coderclawlink.runs import attempts, nodes
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/nodes", tags=["nodes"])


class OfferTold(Told):
    """An agent as this node found it."""

    name: str
    description: str
    available: bool
    version: str | None
    why: str | None
    capabilities: list[str]
    models: list[str]
    driver: str
    limit: int | None


class NodeTold(Told):
    """`at_work`: attempts placed or running there, of at most `slots`."""

    name: str
    online: bool
    slots: int
    at_work: int
    sandbox: str
    labels: dict[str, str]
    seen_at: Stamp
    agents: list[OfferTold]


@router.get("")
async def list_nodes(actor: Annotated[Actor, needs(Permission.AGENT_LIST)], here: Here) -> list[NodeTold]:
    return await here.db.read(_nodes)


def _nodes(look: Look) -> list[NodeTold]:
    loads = attempts.loads(look)
    return [
        NodeTold(
            name=node.name,
            online=node.online,
            slots=node.slots,
            at_work=sum(count for name, _, _, count in loads if name == node.name),
            sandbox=node.sandbox,
            labels=node.labels,
            seen_at=node.seen_at,
            agents=[OfferTold.model_validate(agent) for agent in node.agents],
        )
        for node in nodes.all_of_them(look)
    ]
