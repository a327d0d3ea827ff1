"""No sandbox: the agent may do what the node's user may. That nothing of it survives holds all the same.

Above: `choice`. Below: the launcher as subreaper. For machines that are a sandbox themselves.
"""

from __future__ import annotations

from pathlib import Path

from coderclawlink.workspaces.sandbox.base import Confinement, Enclosure, Name, Probe


class Unconfined:
    """Nothing is kept from the agent."""

    name: Name = "none"

    async def probe(self) -> Probe:
        return Probe(True, "none: nothing contains the agents; they may do what this user may")

    def enclose(self, confinement: Confinement, program: Path, search: str) -> Enclosure:
        return Enclosure()
