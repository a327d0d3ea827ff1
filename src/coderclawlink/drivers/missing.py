"""A known agent that cannot be reached as things stand: offered all the same, with what to do about it.

Above: the catalogue. Below: nothing.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers.base import Ground, Job, Probe, Session
from coderclawlink.drivers.errors import AgentFailed


@dataclass(eq=False)
class Missing:
    """The port's `Driver`; `why` says what to do."""

    name: str
    description: str
    why: str
    signed_in: bool | None = None
    capabilities: tuple[str, ...] = ()
    needs_checkout: bool = False
    reached: str = ""
    model: str = ""

    def configured(self, configuration: AgentConfiguration) -> Missing:
        return self

    async def probe(self) -> Probe:
        return Probe(False, why=self.why, signed_in=self.signed_in)

    def open(self, job: Job, ground: Ground) -> AbstractAsyncContextManager[Session]:
        raise AgentFailed(f"{self.name} is not available. {self.why}")
