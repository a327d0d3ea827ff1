"""An attempt while it is under way: what it is made with, and what is known of it.

Above: `execute`, `conversation`, `checks` and `result`, which share it. Below: the post, the drivers' port, the workspaces.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from coderclawlink import clock
from coderclawlink.drivers.base import Session
from coderclawlink.drivers.catalogue import Agent
from coderclawlink.drivers.models.proxy import Proxy
from coderclawlink.events import AgentLog, ArtifactKept
from coderclawlink.link.protocol import Order
from coderclawlink.node.attachments import Attachments
from coderclawlink.node.post import Post
from coderclawlink.node.prompts import Prompts
from coderclawlink.workspaces.sandbox.base import Reach, Sandbox
from coderclawlink.workspaces.store import Store

LOGS_TOLD_AT_MOST = 200
"""Lines of the agent's stderr that go into the journal; all of it, up to a size, is kept as the artifact `log`."""
LOG_CHARACTERS = 1 << 20

Why = Literal["cancelled", "timeout", "stale", "interrupted"]


@dataclass(frozen=True)
class Tools:
    """What the node has for making attempts. `author`: whose commits these are when the order names nobody."""

    store: Store
    agents: Mapping[str, Agent]
    proxy: Proxy
    reach: Reach
    sandbox: Sandbox
    author: str
    token: str | None = None
    """This machine's own access to the code host, for a hub that gives none."""
    server: str = "https://github.com"
    """Base URL of the code host that the token is for."""
    secrets: Callable[[], Mapping[str, str]] = dict
    """The values of this machine's secrets, as they are now."""
    attachments: Attachments | None = None
    """Fetches what is attached to tasks. None: it is left out."""

    def token_for(self, repository: str | None) -> str | None:
        """The machine's own token, if the repository lies on the code host: whoever writes to a project chooses the address."""
        there, home = urlsplit(repository or ""), urlsplit(self.server)
        return self.token if (there.scheme, there.netloc) == (home.scheme, home.netloc) else None


@dataclass
class Attempt:
    """What is known while it is under way."""

    post: Post
    tools: Tools
    agent: Agent
    prompts: Prompts
    stopped: Why | None = None
    session: Session | None = None
    """While an agent is there."""
    nudged: asyncio.Event = field(default_factory=asyncio.Event)
    """Rung when there may be a reason to break off the agent's turn."""
    open_questions: set[str] = field(default_factory=set)
    checking: bool = False
    started: bool = False
    """Whether a stop must ask the agent first, since there may be work."""
    _waiting: asyncio.Timeout | None = None
    _logs: deque[str] = field(default_factory=deque)
    _log_size: int = 0
    _logged: int = 0

    @property
    def order(self) -> Order:
        return self.post.order

    def is_stopped(self) -> bool:
        return self.stopped is not None

    @property
    def timeout_seconds(self) -> float:
        """Of work: people's answers and the project's checks take their own time. A node may allow less than the hub, not more:
        the hub gives up what is overdue."""
        narrower = (self.order.configuration.timeout_seconds, self.agent.timeout_seconds)
        return min([self.order.timeout_seconds, *(seconds for seconds in narrower if seconds is not None)])

    @contextlib.asynccontextmanager
    async def until_stopped(self, seconds: float | None = None) -> AsyncIterator[None]:
        """Wait for something within the block, but not beyond a stop. Raises `TimeoutError` for a stop and after `seconds`."""
        try:
            async with clock.timeout(seconds if self.stopped is None else 0) as self._waiting:
                yield
        finally:
            self._waiting = None

    def wake(self) -> None:
        """A stop has come: whoever waits within `until_stopped` does so no longer."""
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    def log(self, said: AgentLog) -> None:
        """What the agent's program complains of: the first lines are told, all is kept up to a size, the newest rather."""
        self._logged += 1
        if self._logged <= LOGS_TOLD_AT_MOST:
            self.post.tell(said)
        text = said.text if said.text.endswith("\n") else said.text + "\n"
        self._logs.append(text[-LOG_CHARACTERS:])
        self._log_size += len(self._logs[-1])
        while self._log_size > LOG_CHARACTERS:
            self._log_size -= len(self._logs.popleft())

    def keep_log(self) -> None:
        if self._logs:
            text = "".join(self._logs)
            self.post.tell(ArtifactKept(name="log", size=len(text), text=text))
