"""PORT: the hub as one attempt sees it: tell it something, show it something, hear what it says about this attempt.

Two answers: `SpooledPost` over the node's spool and the wire, and `PaperPost` in memory, for tests and for running an attempt
by hand. Both pass `tests/conformance/test_posts.py`. Known secrets are redacted before an event is kept or shown.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from coderclawlink.events import AgentChunk, AgentMessage, AgentThought, AttemptEnded, AttemptEvent
from coderclawlink.link.protocol import Answer, Ask, Order, Show, Stop, storable
from coderclawlink.link.redaction import Redactor, Veil
from coderclawlink.node.spool import Spool

SHOWN_AT_MOST = 100_000
"""Characters of one piece for eyes only."""


class Post(Protocol):
    order: Order
    heard: asyncio.Queue[Stop | Answer | Ask]
    """What the hub says about this attempt, in its order. The same answer may come twice."""
    redactor: Redactor
    """Learns the secrets that come up in the attempt itself."""

    def tell(self, event: AttemptEvent) -> None:
        """Something happened: it will be kept, in this order, exactly once."""
        ...

    def show(self, event: AgentChunk) -> None:
        """For eyes only; may be lost, and may come a moment later where it looks like the beginning of a secret."""
        ...


class _Redacted(ABC):
    """What both posts do: redact, then hand on."""

    def __init__(self, order: Order, redactor: Redactor | None) -> None:
        self.order = order
        self.heard: asyncio.Queue[Stop | Answer | Ask] = asyncio.Queue()
        self.redactor = redactor or Redactor()
        self._veil = Veil(self.redactor)

    def tell(self, event: AttemptEvent) -> None:
        if isinstance(event, AgentMessage | AttemptEnded):
            self._show_rest(thought=False)
        if isinstance(event, AgentThought | AttemptEnded):
            self._show_rest(thought=True)
        self._keep(self.redactor.redact(event))

    def show(self, event: AgentChunk) -> None:
        if (piece := self._veil.pass_on(event)) is not None:
            self._let_see(piece)

    def _show_rest(self, *, thought: bool) -> None:
        if (rest := self._veil.end(thought=thought)) is not None:
            self._let_see(rest)

    @abstractmethod
    def _keep(self, event: AttemptEvent) -> None: ...

    @abstractmethod
    def _let_see(self, event: AgentChunk) -> None: ...


class PaperPost(_Redacted):
    """Writes everything down, in memory."""

    def __init__(self, order: Order, redactor: Redactor | None = None) -> None:
        super().__init__(order, redactor)
        self.told: list[AttemptEvent] = []
        self.shown: list[AgentChunk] = []
        self.news = asyncio.Event()

    def _keep(self, event: AttemptEvent) -> None:
        self.told.append(event)
        self.news.set()

    def _let_see(self, event: AgentChunk) -> None:
        self.shown.append(event)
        self.news.set()


class SpooledPost(_Redacted):
    """Through the spool, so that it outlives a hub that is away and the node itself."""

    def __init__(
        self, order: Order, spool: Spool, send: Callable[[Show], None], redactor: Redactor | None = None
    ) -> None:
        super().__init__(order, redactor)
        self._spool = spool
        self._send = send

    def _keep(self, event: AttemptEvent) -> None:
        # Given up by the hub meanwhile: nobody wants to hear it, and the end is near.
        if self._spool.holds(self.order.run, self.order.attempt):
            self._spool.add(self.order.run, self.order.attempt, event)

    def _let_see(self, event: AgentChunk) -> None:
        said = storable(event.model_dump(), SHOWN_AT_MOST)
        self._send(Show(run=self.order.run, attempt=self.order.attempt, event=said))
