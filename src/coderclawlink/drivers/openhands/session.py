"""A conversation with an OpenHands agent server: it is asked, answered and stopped, and what it tells is passed on.

Above: the driver, which has begun the conversation. Below: the server, the translation, the permissions. The events come over a
socket that may break and is opened again; a state counts for this turn only once the turn has begun on the server, and what the
agent asks leave for is decided once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from coderclawlink import clock
from coderclawlink.drivers.acp import acts, permissions
from coderclawlink.drivers.acp.process import AgentProcess
from coderclawlink.drivers.acp.told import Told
from coderclawlink.drivers.acp.translate import Raw, text
from coderclawlink.drivers.base import Ground, Said, TurnEnded
from coderclawlink.drivers.openhands.server import Refused, Server, status, whole_state
from coderclawlink.drivers.openhands.translate import Translation
from coderclawlink.events import AgentLog, AgentTool, Option, QuestionAsked
from coderclawlink.ids import new_id

OPTIONS = (
    Option(id="allow_once", label="Allow", effect="allow_once"),
    Option(id="allow_always", label="Allow always", effect="allow_always"),
    Option(id="reject_once", label="Refuse", effect="reject_once"),
    Option(id="reject_always", label="Refuse always", effect="reject_always"),
)
Wiretap = Callable[[Raw], None]
"""Hears every event as it comes."""

STOPPED = "The user has stopped the work."
_RECONNECT_SECONDS = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Patience:
    """Seconds. `start`: for our own server to answer; a cold one takes most of a minute. `cancel`: to end a turn before it is
    ended by force. `interrupt`: to end it and stay."""

    start: float = 120.0
    cancel: float = 0.4
    interrupt: float = 5.0


@dataclass
class _Open:
    question: QuestionAsked
    answer: asyncio.Future[Option | None] = field(repr=False)
    text: str = ""


class OpenHandsSession:
    """The port's `Session`. `id`: the conversation's, known to the server that has its memory."""

    def __init__(
        self,
        server: Server,
        id: str,
        ground: Ground,
        root: str,
        may: permissions.Permissions,
        told: Told,
        *,
        asks: bool,
        version: str | None,
        resumed: bool,
        patience: Patience,
        process: AgentProcess | None = None,
        note: str = "",
        wiretap: Wiretap | None = None,
    ) -> None:
        """`root`: the workspace as the server names it. `asks`: it waits for leave before it acts. `process`: the server, where it
        is our own. `note`: said before the first prompt."""
        self.id = id
        self.version = version
        self.resumed = resumed
        self.told = told
        self._server = server
        self._ground = ground
        self._may = may
        self._patience = patience
        self._process = process
        self._note = note
        self._wiretap = wiretap
        self._translation = Translation(root, asks=asks)
        self._last = ""
        self._open: dict[str, _Open] = {}
        self._decided: set[str] = set()
        self._deciding: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()
        self._begun = False
        self._stopping = False
        self._cancelled = False
        self._over = asyncio.Event()
        self._over.set()
        self._tasks: asyncio.TaskGroup
        self._listener: asyncio.Task[None] | None = None

    async def attach(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to listen, as a task of `tasks` until `close`. Returns when the server is heard. Raises `Refused`."""
        self._tasks = tasks
        self._listener = tasks.create_task(self._listen())
        waiting = tasks.create_task(self._connected.wait())
        await asyncio.wait([waiting, self._listener], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not self._connected.is_set():
            raise Refused("The events of OpenHands cannot be heard.")

    def log(self, words: str) -> None:
        self._put(AgentLog(text=words))

    # ── the port ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def turn(self, prompt: str) -> AsyncIterator[Said]:
        await self.cancel()  # a turn that was left before its end
        self.told.forget_ends()
        self._cancelled = self._stopping = self._begun = False
        self._translation.begin()
        self._over.clear()
        if self._note:
            prompt, self._note = f"{self._note}\n\n{prompt}", ""
        self._tasks.create_task(self._ask(prompt))
        while True:
            said = await self.told.take()
            yield said
            if isinstance(said, TurnEnded):
                return

    async def answer(self, question: str, option: str | None, text: str | None = None) -> None:
        asked = self._open.get(question)
        if asked is None or asked.answer.done():
            return
        chosen = permissions.choose(OPTIONS, option) if option is not None else None
        if option is not None and chosen is None:
            # Never take words nobody knows for a yes.
            self.log(f"There is no answer {option} to “{asked.question.title}”; it was dismissed.")
        if chosen and chosen.effect in ("allow_always", "reject_always"):
            effect: Literal["allow", "deny"] = "allow" if chosen.effect == "allow_always" else "deny"
            if not self._may.learn(asked.question.act, effect):
                self.log(f"“{asked.question.title}” cannot be decided for good; it will be asked again.")
        asked.text = text or ""
        asked.answer.set_result(chosen)

    async def interrupt(self) -> bool:
        if self._over.is_set():
            return True
        try:
            async with clock.timeout(self._patience.interrupt):
                await self._ask_to_stop()
        except (TimeoutError, Refused):
            return False
        return True

    async def cancel(self) -> None:
        if self._over.is_set() or self._stopping:
            return
        self._stopping = True
        try:
            async with clock.timeout(self._patience.cancel):
                await self._ask_to_stop()
        except (TimeoutError, Refused):
            if self._process:
                await self._process.end(0)
            self._end("cancelled")

    async def close(self) -> None:
        """Let go of the server, and stop its work for us. Safe to call twice."""
        self.told.room.set()
        await self.cancel()
        if self._process:
            await self._process.end(0)
        for task in (self._listener, self._deciding):
            if task:
                task.cancel()

    async def _ask_to_stop(self) -> None:
        """Ask, and wait until the turn is over."""
        self._cancelled = True
        self.told.room.set()
        await self._dismiss()
        await self._server.interrupt(self.id)
        await self._over.wait()

    async def _dismiss(self) -> None:
        """What waits for leave must be refused first: the server takes the next prompt for a leave to do it."""
        if self._deciding and not self._deciding.done():
            self._deciding.cancel()
            await asyncio.wait([self._deciding])
            await self._server.refuse(self.id, STOPPED)

    async def _stop_waiting(self) -> None:
        """It had stopped by itself to ask, at the moment it was told to."""
        with suppress(Refused):
            await self._server.refuse(self.id, STOPPED)
            await self._server.interrupt(self.id)

    # ── one turn ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, prompt: str) -> None:
        try:
            await self._server.say(self.id, prompt)
        except Refused as refusal:
            self._end("error", refusal.message, retry=refusal.status in (0, 429, 502, 503, 504))

    def _end(
        self,
        reason: Literal["end_turn", "cancelled", "error", "other"],
        error: str | None = None,
        *,
        retry: bool = False,
    ) -> None:
        if self._over.is_set():
            return
        if self._cancelled:
            reason, error, retry = "cancelled", None, False
        events, words = self._translation.end(done=reason == "end_turn")
        for event in events:
            self._put(event)
        self._put(TurnEnded(reason=reason, result=words, error=error, retry=retry))
        self._over.set()

    async def _listen(self) -> None:
        """Hear the conversation until closed. When the socket breaks, what was missed is fetched."""
        tries = iter(_RECONNECT_SECONDS)
        while True:
            try:
                async with self._server.listen(self.id) as events:
                    if self._connected.is_set():
                        await self._catch_up(events)
                        tries = iter(_RECONNECT_SECONDS)
                    async for event in events:
                        self._connected.set()
                        await self.told.room.wait()
                        self._hear(event)
            except Refused:
                if not self._connected.is_set():
                    return
            wait = next(tries, None)
            if wait is None or (self._process and self._process.ended.is_set()):
                await self._lose()
                return
            await asyncio.sleep(wait)

    async def _catch_up(self, events: AsyncIterator[Raw]) -> None:
        """The state comes first on a new socket, before what led to it; so it is asked for once that is known."""
        await anext(events, None)
        async for missed in self._server.events_since(self.id, self._last):
            self._hear(missed)
        now = await self._server.conversation(self.id)
        if now is not None and self._begun:
            self._settle(status(now))

    async def _lose(self) -> None:
        how = await self._process.obituary("OpenHands") if self._process else f"{self._server.url} was lost."
        self._end("error", f"{how} It was in the middle of its turn.", retry=True)

    def _hear(self, event: Raw) -> None:
        if self._wiretap:
            self._wiretap(event)
        self._last = max(self._last, text(event, "timestamp"))
        if text(event, "kind") == "MessageEvent" and text(event, "source") == "user":
            self._begun = True
        for said in self._translation.event(event):
            self._put(said)
        state = whole_state(event)
        if state is not None and self._begun and not self._over.is_set():
            self._settle(status(state))

    def _settle(self, state: str) -> None:
        """A run of the agent is over; in this state it stands still."""
        match state:
            case "waiting_for_confirmation" if self._cancelled:
                self._tasks.create_task(self._stop_waiting())
            case "waiting_for_confirmation":
                if self._deciding is None or self._deciding.done():
                    self._deciding = self._tasks.create_task(self._decide())
            case "finished":
                self._end("end_turn")
            case "paused" | "deleting":
                # Somebody stopped it on the server, if it was not we.
                self._end("cancelled")
            case "error":
                trouble = self._translation.trouble
                words = trouble.words if trouble else "It does not say why."
                self._end("error", f"OpenHands broke off: {words}", retry=bool(trouble and trouble.retry))
            case "stuck":
                self._end("error", "OpenHands found itself doing the same thing again and again, and stopped.")

    # ── leave ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _decide(self) -> None:
        """Decide all that it waits for. The server takes one answer for all of it: one no refuses the rest too."""
        calls = self._translation.pending()
        try:
            if not calls and not self._translation.only_thinks():
                await self._refuse("Nobody here knows what would be done.")
                return
            for call in calls:
                refusal = await self._refusal(call)
                if refusal is not None:
                    await self._refuse(refusal)
                    return
            for event in self._translation.running():
                self._put(event)
            await self._server.allow(self.id)
        except Refused as trouble:
            self._end("error", trouble.message, retry=True)

    async def _refuse(self, reason: str) -> None:
        await self._server.refuse(self.id, reason)
        await self._server.go_on(self.id)

    async def _refusal(self, call: AgentTool) -> str | None:
        """Why a call may not be made; None when it may. Told to the model."""
        if self._translation.harmless(call.id):
            return None
        act = acts.tell(self._translation.wanted(call.id), self._ground.workspace, self._ground.home)
        question = QuestionAsked(
            question=new_id(),
            title=call.title,
            detail=permissions.detail(call, act),
            options=OPTIONS,
            tool=call.id,
            act=act,
        )
        decision = self._may.decide(act)
        if decision.effect != "ask":
            self._put(permissions.decided(question, decision))
            if decision.effect == "allow":
                return None
            return f"Not allowed here: {permissions.why(decision.rule)}" if decision.rule else "Not allowed here."
        asked = _Open(question, asyncio.get_running_loop().create_future())
        self._open[question.question] = asked
        self._put(permissions.asked(question, decision))
        try:
            chosen = await asked.answer
        finally:
            self._open.pop(question.question, None)
        if chosen and chosen.effect in ("allow_once", "allow_always"):
            return None
        return asked.text or "The user has refused this."

    def _put(self, said: Said) -> None:
        self.told.put(said, bounded=not self._over.is_set() and not self._cancelled)
