"""Routes of agents: their names."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.web.rooms import Here
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/agents", tags=["agents"])

Lister = Annotated[Actor, needs(Permission.AGENT_LIST)]


@router.get("/available")
async def list_available(actor: Lister, here: Here) -> list[str]:
    """The names of those that answered, or whose program was found and started."""
    return [agent.name for agent in await here.runtime.list_agents(actor) if agent.available]


@router.get("/types")
async def list_types(actor: Lister, here: Here) -> list[str]:
    """All names that are known, available or not."""
    return [agent.name for agent in await here.runtime.list_agents(actor)]
