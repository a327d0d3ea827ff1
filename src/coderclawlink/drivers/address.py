"""The driver for an agent behind a URL, whatever it speaks there: OpenHands' interface, ACP as `goose serve` does, or `POST /execute`.

Above: the catalogue, which knows the URL. Below: the drivers for each of these. What a server speaks is found out when it is
looked at or opened, and remembered for some minutes; a native interface goes before the plain one.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

import httpx2

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers.acp.remote import RemoteAcpDriver
from coderclawlink.drivers.base import Ground, Job, Probe, Session
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.here import is_here
from coderclawlink.drivers.http import HttpDriver
from coderclawlink.drivers.openhands import OpenHandsDriver

Speech = Literal["openhands", "acp", "execute"]

LOOK_SECONDS = 3.0
REMEMBER_SECONDS = 300.0
_THERE_BUT_NOT_SO = frozenset({400, 401, 403, 405, 406, 415, 426})
"""What an endpoint answers that wants a key, or to be asked otherwise."""


async def listen(url: str) -> Speech | None:
    """What the server at a URL speaks; None: it does not answer. Takes at most some seconds; never raises."""
    base = url.rstrip("/").removesuffix("/acp")
    try:
        async with httpx2.AsyncClient(timeout=LOOK_SECONDS, follow_redirects=False) as client:
            about = await client.get(f"{base}/server_info")
            if about.is_success and _is_openhands(about):
                return "openhands"
            health = await client.get(f"{base}/health")
            if health.is_success and health.text.strip() == "ok":
                acp = await client.get(f"{base}/acp")
                if acp.status_code in _THERE_BUT_NOT_SO:
                    return "acp"
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return None
    return "execute"


def _is_openhands(about: httpx2.Response) -> bool:
    try:
        told = about.json()
    except ValueError:
        return False
    return isinstance(told, dict) and ("sdk_version" in told or str(told.get("title")).startswith("OpenHands"))


@dataclass
class Finding:
    """What was found at a URL. Shared by all drivers made of one another."""

    url: str
    speech: Speech | None = None
    at: float = 0.0

    async def look(self) -> Speech | None:
        """A finding that is not too old, or a new one; nobody's answering is not remembered."""
        if self.speech is None or time.monotonic() - self.at > REMEMBER_SECONDS:
            self.speech, self.at = await listen(self.url), time.monotonic()
        return self.speech


@dataclass(eq=False)
class UrlDriver:
    """One agent behind a URL. The port's `Driver`. Each of the three is the driver for when the server speaks so."""

    name: str
    description: str
    openhands: OpenHandsDriver
    acp: RemoteAcpDriver
    plain: HttpDriver
    finding: Finding = field(kw_only=True)

    @property
    def way(self) -> OpenHandsDriver | RemoteAcpDriver | HttpDriver:
        """The driver for what was last found; the plain one as long as nothing was."""
        match self.finding.speech:
            case "openhands":
                return self.openhands
            case "acp":
                return self.acp
            case "execute" | None:
                return self.plain

    @property
    def url(self) -> str:
        return self.finding.url

    @property
    def reached(self) -> str:
        return self.finding.url

    @property
    def capabilities(self) -> tuple[str, ...]:
        return self.way.capabilities

    @property
    def model(self) -> str:
        return self.way.model

    @property
    def needs_checkout(self) -> bool:
        # Not known yet: a checkout too many does no harm.
        return self.way.needs_checkout if self.finding.speech else is_here(self.finding.url)

    def configured(self, configuration: AgentConfiguration) -> UrlDriver:
        return replace(
            self,
            openhands=self.openhands.configured(configuration),
            acp=self.acp.configured(configuration),
            plain=self.plain.configured(configuration),
        )

    async def probe(self) -> Probe:
        if await self.finding.look() is None:
            return Probe(False, why=f"{self.finding.url} does not answer. Is the server running?")
        return await self.way.probe()

    @asynccontextmanager
    async def open(self, job: Job, ground: Ground) -> AsyncIterator[Session]:
        if await self.finding.look() is None:
            raise AgentFailed(f"{self.finding.url} does not answer. Is the server running?")
        async with self.way.open(job, ground) as session:
            yield session
