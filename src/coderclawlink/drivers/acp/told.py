"""What an agent has said and nobody has taken yet, in its order.

Above: the connection, which puts things here, and whoever reads a turn. Below: nothing. When too much has gathered, the
agent is read no further until some of it is taken.
"""

from __future__ import annotations

import asyncio
from collections import deque

from coderclawlink.drivers.base import Said, TurnEnded
from coderclawlink.events import AgentChunk

ENOUGH = 1_000
"""Things not taken yet, beyond which the agent is read no further during a turn."""
_LONGEST_CHUNK = 4_096


class Told:
    """`room` is cleared when there is enough and `bounded` is set; it is set again when something is taken."""

    def __init__(self) -> None:
        self.room = asyncio.Event()
        self.room.set()
        self._waiting: deque[Said] = deque()
        self._news = asyncio.Event()

    def put(self, said: Said, *, bounded: bool) -> None:
        last = self._waiting[-1] if self._waiting else None
        if (
            isinstance(said, AgentChunk)
            and isinstance(last, AgentChunk)
            and said.thought == last.thought
            and len(last.text) < _LONGEST_CHUNK
        ):
            # Chunks nobody has looked at yet are one chunk.
            self._waiting[-1] = AgentChunk(text=last.text + said.text, thought=said.thought)
        else:
            self._waiting.append(said)
        if len(self._waiting) >= ENOUGH and bounded:
            self.room.clear()
        self._news.set()

    async def take(self) -> Said:
        """The next thing said; waits for one."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        said = self._waiting.popleft()
        if len(self._waiting) < ENOUGH:
            self.room.set()
        return said

    def forget_ends(self) -> None:
        """Drop what is left of turns up to the last end among it."""
        while any(isinstance(said, TurnEnded) for said in self._waiting):
            self._waiting.popleft()
