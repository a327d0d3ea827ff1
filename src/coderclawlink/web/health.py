"""The route of health: for those who watch whether the hub lives."""

from __future__ import annotations

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from coderclawlink import clock
from coderclawlink.access import sinks
from coderclawlink.db.engine import Look, StoreUnavailable
from coderclawlink.journal import log
from coderclawlink.runs import nodes
from coderclawlink.web.rooms import Here
from coderclawlink.web.signing_in import open_to_all

router = APIRouter(tags=["health"])

STORE_SECONDS = 5.0
VERSION = version("coderclawlink")


class Health(BaseModel):
    status: Literal["healthy"] = "healthy"
    version: str = VERSION
    database: str
    nodes_online: int
    events: int
    audit: Literal["ok", "sink away"]


@router.get("/health", dependencies=[open_to_all("it tells nothing that is anybody's")])
async def health(here: Here) -> Health:
    """503 when the database does not answer. `audit`: whether signed checkpoints reach those who are to be told."""
    try:
        async with clock.timeout(STORE_SECONDS):
            online, events, audit = await here.db.read(_look)
    except (TimeoutError, StoreUnavailable) as error:
        raise StoreUnavailable from error  # without the cause, which names hosts: this route is open to all
    return Health(database=here.db.dialect, nodes_online=online, events=events, audit=audit)


def _look(look: Look) -> tuple[int, int, Literal["ok", "sink away"]]:
    return len(nodes.online(look)), log.last_seq(look), "sink away" if sinks.away(look) else "ok"
