"""One node's connection, from Hello to the end: words in, words out.

What the hub says follows from the rows, so it is looked up anew whenever the bell rings for the node, and said once a
connection; a beat that shows something missing has it said again. What a node records is answered after the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from coderclawlink import clock
from coderclawlink.db.engine import Database, StoreUnavailable
from coderclawlink.db.wake import Ear
from coderclawlink.errors import Conflict, NotFound
from coderclawlink.gate import reconcile
from coderclawlink.gate.joining import proves_itself
from coderclawlink.ids import NodeId, ProjectId, RunId, TaskId
from coderclawlink.journal.feed import Feed
from coderclawlink.journal.log import About
from coderclawlink.link.protocol import (
    VERSION,
    Answer,
    Ask,
    Assign,
    Beat,
    Drain,
    Fence,
    Goodbye,
    Hello,
    HubWord,
    Push,
    Pushed,
    Record,
    Refused,
    Show,
    Stop,
    Welcome,
    node_word,
)
from coderclawlink.pulls import deliveries
from coderclawlink.pulls.hosts import HostRefused, HostUnreachable
from coderclawlink.runs import ledger, recording
from coderclawlink.runs.ledger import RunNotFound

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 5.0
BEATS_IN_A_LEASE = 3


@dataclass(eq=False)
class _Line:
    """What is known of one connected node."""

    node: NodeId
    boot: str
    socket: WebSocket
    said: set[tuple[str, str, int, str]] = field(default_factory=set)
    held: set[tuple[str, int]] = field(default_factory=set)
    abouts: dict[tuple[str, int], About] = field(default_factory=dict)
    welcomed: asyncio.Event = field(default_factory=asyncio.Event)
    """Before that nothing else may be said."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    parted: bool = False
    """It has said goodbye."""
    _sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def say(self, word: HubWord) -> None:
        async with self._sending:
            await self.socket.send_text(word.model_dump_json())


async def _no_token(run: RunId, repository: str) -> str | None:
    return None


class Gate:
    """All nodes connected to this hub."""

    def __init__(
        self,
        db: Database,
        feed: Feed,
        *,
        hub: str,
        key: str,
        lease_seconds: float,
        token_for: Callable[[RunId, str], Awaitable[str | None]] = _no_token,
    ) -> None:
        """`token_for`: what git is to show for a repository, over https, in a run."""
        self._db = db
        self._feed = feed
        self._hub = hub
        self._key = key
        self._lease_seconds = lease_seconds
        self._token_for = token_for
        self._lines: dict[NodeId, _Line] = {}
        self._open = True

    @property
    def connected(self) -> list[NodeId]:
        return list(self._lines)

    async def serve(self, socket: WebSocket) -> None:
        """The endpoint: a whole conversation with one node."""
        if not proves_itself(socket.headers.get("authorization", ""), self._key):
            await socket.close(4401, "The node is not known here.")
            return
        await socket.accept()
        try:
            await self._converse(socket)
        except* (WebSocketDisconnect, RuntimeError):  # the wire broke: the node will be back
            pass
        except* StoreUnavailable as error:
            logger.warning("a node is sent away for now: %s", error.exceptions[0])
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(1013, "The hub's database does not answer.")

    async def _converse(self, socket: WebSocket) -> None:
        try:
            hello = node_word.validate_json(await socket.receive_text())
        except ValidationError:
            hello = None
        if not isinstance(hello, Hello) or hello.version != VERSION or not self._open:
            why = f"This hub speaks version {VERSION} of the link, and that was no Hello of it."
            if not self._open:
                why = "This hub is shutting down."
            await socket.send_text(Refused(why=why).model_dump_json())
            await socket.close(4400)
            return
        node = NodeId(hello.node)
        if (earlier := self._lines.get(node)) is not None:
            # Two boots of one name: the later one counts. The same boot: the old wire is dead and does not know it.
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await earlier.socket.close(4409, "The node has connected again.")
        line = _Line(node, hello.boot, socket)
        self._lines[node] = line
        try:
            with self._db.bell.listen(f"node:{node}") as ear:
                stale = await self._db.write(reconcile.greet, hello)
                line.held = {(fence.run, fence.attempt) for fence in (*hello.held, *hello.spooled)}
                await line.say(
                    Welcome(
                        hub=self._hub,
                        lease_seconds=self._lease_seconds,
                        beat_seconds=self._lease_seconds / BEATS_IN_A_LEASE,
                        stop=stale,
                    )
                )
                line.welcomed.set()
                logger.info("node %s is here: %d agents, %d slots", node, len(hello.agents), hello.slots)
                async with asyncio.TaskGroup() as tasks:
                    telling = tasks.create_task(self._tell(line, ear))
                    await self._hear(line)
                    telling.cancel()
        finally:
            if self._lines.get(node) is line:
                del self._lines[node]
            line.welcomed.set()
            line.over.set()
            logger.info("node %s has hung up", node)

    async def _tell(self, line: _Line, ear: Ear) -> None:
        """Say what the rows ask for, whenever the bell rings for this node."""
        while True:
            words = await self._db.read(reconcile.to_say, line.node)
            line.said &= {_key(word) for word in words}  # what needs no saying any more is forgotten
            for word in words:
                key = _key(word)
                if key in line.said:
                    continue
                line.said.add(key)
                if isinstance(word, Assign):
                    line.held.add((word.order.run, word.order.attempt))
                await line.say(await self._with_token(word))
            held = [Fence(run=run, attempt=attempt) for run, attempt in line.held]
            for stop in await self._db.read(reconcile.gone, line.node, held):
                line.held.discard((stop.run, stop.attempt))
                await line.say(stop)
            await ear.wait(LOOK_AGAIN_SECONDS)

    async def _with_token(self, word: HubWord) -> HubWord:
        """What goes to a repository over https takes along what git is to show there. Without it the node shows its own."""
        match word:
            case Assign(order=order):
                token = await self._token(order.run, order.repository)
                beside = [
                    each.model_copy(update={"token": await self._token(order.run, each.repository)})
                    for each in order.beside
                ]
                return Assign(order=order.model_copy(update={"token": token, "beside": tuple(beside)}))
            case Push():
                token = await self._token(word.run, word.repository)
                return word if token is None else word.model_copy(update={"token": token})
            case _:
                return word

    async def _token(self, run: str, repository: str | None) -> str | None:
        if repository is None or not repository.startswith(("https://", "http://")):
            return None
        try:
            return await self._token_for(RunId(run), repository)
        except (HostRefused, HostUnreachable, Conflict, NotFound) as error:
            logger.warning("no token for %s: %s", repository, error.message)
            return None

    async def _hear(self, line: _Line) -> None:
        """Take what the node says until it hangs up."""
        while True:
            try:
                word = node_word.validate_json(await line.socket.receive_text())
            except ValidationError as error:
                logger.warning("node %s said something unknown: %s", line.node, error.errors()[0]["msg"])
                continue
            if self._lines.get(line.node) is not line:
                return  # it has connected again since: what it says here is older than what it says there
            match word:
                case Record():
                    await self._take(line, word)
                case Show():
                    await self._show(line, word)
                case Beat():
                    await self._beat(line, word)
                case Pushed():
                    await self._db.write(deliveries.pushed, word)
                case Goodbye():
                    await self._db.write(reconcile.part, line.node)
                    line.parted = True
                    return
                case Hello():
                    pass

    async def _take(self, line: _Line, word: Record) -> None:
        taken = await self._db.write(recording.record, line.node, word.entries)
        for kept in taken.kept:
            await line.say(kept)
        for fence in taken.stale:
            line.held.discard((fence.run, fence.attempt))
            await line.say(Stop(run=fence.run, attempt=fence.attempt, why="stale"))

    async def _beat(self, line: _Line, word: Beat) -> None:
        stale = await self._db.write(reconcile.beat, line.node, word.held, word.agents)
        for fence in stale:
            await line.say(Stop(run=fence.run, attempt=fence.attempt, why="stale"))
        # What the node should hold and does not was lost on the way: say it again.
        held = {(fence.run, fence.attempt) for fence in word.held}
        again = {key for key in line.said if key[0] == "assign" and (key[1], key[2]) not in held}
        if again:
            line.said -= again
            self._db.bell.ring([f"node:{line.node}"])

    async def _show(self, line: _Line, word: Show) -> None:
        fence = (word.run, word.attempt)
        if fence not in line.held:
            return
        if fence not in line.abouts:
            try:
                run = await self._db.read(ledger.find, RunId(word.run))
            except RunNotFound:  # deleted meanwhile; the node will be told
                return
            line.abouts[fence] = About(
                None if run.project_id is None else ProjectId(run.project_id),
                None if run.task_id is None else TaskId(run.task_id),
                run.id,
                word.attempt,
            )
        self._feed.show(line.abouts[fence], dict(word.event))

    async def drain(self, node: NodeId, seconds: float) -> bool:
        """Ask a node to stop politely and wait for its goodbye. False if it did not come in time, or is not here."""
        line = self._lines.get(node)
        if line is None:
            return False
        try:
            async with clock.timeout(seconds):
                await line.welcomed.wait()
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                    await line.say(Drain())
                await line.over.wait()
        except TimeoutError:
            return False
        return line.parted

    async def close(self) -> None:
        """Hang up on all nodes: they go on working and come back to the next hub."""
        self._open = False
        for line in list(self._lines.values()):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await line.socket.close(1012, "The hub restarts.")


def _key(word: HubWord) -> tuple[str, str, int, str]:
    """What makes two words the same, so that each is said once a connection."""
    match word:
        case Assign(order=order):
            return ("assign", order.run, order.attempt, "")
        case Stop(run=run, attempt=attempt, why=why):
            return ("stop", run, attempt, why)
        case Answer(run=run, attempt=attempt, question=question):
            return ("answer", run, attempt, question)
        case Push(delivery=delivery):
            return ("push", delivery, 0, "")
        case Ask(run=run, attempt=attempt, number=number):
            return ("ask", run, attempt, f"{number} {word.revision} {word.text is None}")
        case _:
            return (word.word, "", 0, "")
