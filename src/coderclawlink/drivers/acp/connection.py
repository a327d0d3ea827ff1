"""A conversation with one agent process over ACP: it is started, asked, stopped, and its words are passed on.

Above: the driver, which opens it. Below: the line to the agent, the opening's words, the translation, the permissions. The
line's observer is the one source of what the agent says, because it alone runs in the order of the wire.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from acp import RequestError
from acp.connection import Connection, StreamDirection, StreamEvent

from coderclawlink import clock
from coderclawlink.configuration import McpServer
from coderclawlink.drivers.acp import acts, files, opening, permissions
from coderclawlink.drivers.acp.line import Far, Line, until_quiet, words
from coderclawlink.drivers.acp.told import Told
from coderclawlink.drivers.acp.translate import Raw, Translation, part, text
from coderclawlink.drivers.base import Ground, Said, TurnEnded
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.events import AgentLog, PermissionDecided
from coderclawlink.ids import new_id

Wiretap = Callable[[Literal["in", "out"], Raw], None]
"""Hears every message as it is on the wire: what the agent says (`in`) and what we say (`out`)."""

_STOP_REASONS: dict[str, Literal["end_turn", "cancelled", "refusal", "max_tokens", "max_turn_requests"]] = {
    "end_turn": "end_turn",
    "cancelled": "cancelled",
    "refusal": "refusal",
    "max_tokens": "max_tokens",
    "max_turn_requests": "max_turn_requests",
}


@dataclass(frozen=True)
class Patience:
    """How long an agent may take, in seconds. `start`: to answer `initialize`, and again to open a session. `cancel`: to
    end its turn when asked. `close`: to go when its input is closed; then it is killed. The two together stay below one
    second, within which a cancelled agent has to be gone. `interrupt`: to end its turn and stay. `silence`: to say nothing
    in a turn while it waits for no answer, no model and no tool; then it is taken for hung."""

    start: float = 60.0
    cancel: float = 0.4
    close: float = 0.25
    interrupt: float = 5.0
    silence: float = 900.0


class AcpSession:
    """One agent process and its one ACP session. The port's `Session`.

    `id`: the session's name as the agent knows it, unique only within its HOME. `version`: "goose 1.52.0".
    """

    def __init__(
        self,
        name: str,
        ground: Ground,
        may: permissions.Permissions,
        *,
        patience: Patience,
        instructions: str = "",
        sign_in: str = "",
        wiretap: Wiretap | None = None,
    ) -> None:
        self.id = ""
        self.version: str | None = None
        self.resumed = False
        self.told = Told()
        self._name = name
        self._ground = ground
        self._may = may
        self._patience = patience
        self._instructions = instructions
        self._sign_in = sign_in
        self._wiretap = wiretap
        self._greeting = opening.Greeting()
        self._translation = Translation(str(ground.workspace))
        self._open: dict[str, permissions.Request] = {}
        self._arrived: deque[permissions.Request] = deque()
        self._over = asyncio.Event()
        self._over.set()
        self._replaying = False
        self._stopping = False
        self._cancelled = False
        self._hung = False
        self._heard_at = 0.0
        self._process: Far
        self._line: Line
        self._tasks: asyncio.TaskGroup

    # ── starting ──────────────────────────────────────────────────────────────────────────────────────────────────

    def attach(self, process: Far, tasks: asyncio.TaskGroup) -> None:
        """Speak with this process; work is done in tasks of `tasks`."""
        self._process, self._tasks = process, tasks
        connection = Connection(self._serve, process, observers=[self._observe])
        self._line = Line(self._name, process, connection, self._patience.start, self._sign_in)

    def log(self, lines: str) -> None:
        """Tell what the program printed beside the protocol."""
        self._put(AgentLog(text=lines))

    async def initialize(self) -> None:
        """Greet. Raises `AgentFailed` when the agent dies, is silent, or speaks another version."""
        self._greeting = opening.understand(self._name, await self._line.demand(opening.greet()))
        self.version = self._greeting.version
        self._line.sign_in = self._sign_in or self._greeting.sign_in

    async def open(self, servers: Sequence[McpServer] = (), session_mode: str | None = None, earlier: str = "") -> None:
        """Take up the session `earlier`, or open a new one, and put it into `session_mode` where the agent offers it.

        An earlier one that the agent refuses is told, and a new one opened. Raises `AgentFailed`.
        """
        known = opening.usable(servers, self._greeting)
        for server in servers:
            if server not in known:
                self.log(f"{self._name} cannot reach the MCP server {server.name} by {server.type}; it goes without.")
        answer = await self._take_up(earlier, known) if earlier else None
        if answer is None:
            answer = await self._line.demand(opening.begin(self._ground.workspace, known))
            self.id = text(answer, "sessionId")
            if not self.id:
                raise AgentFailed(f"{self._name} opened a session without telling its id.")
        if session_mode:
            await self._set_mode(answer, session_mode)

    async def _take_up(self, earlier: str, servers: Sequence[McpServer]) -> Raw | None:
        request = opening.take_up(earlier, self._greeting, self._ground.workspace, servers)
        if request is None:
            self.log(f"{self._name} cannot take up an earlier conversation; it begins a new one.")
            return None
        self._replaying = True  # what it said long ago is not told again
        try:
            answer = await self._line.ask(request)
        except RequestError as refusal:
            self._replaying = False
            self.log(f"{self._name} does not remember the conversation; it begins a new one. {words(refusal)}")
            return None
        await until_quiet(lambda: self._heard_at)
        self.id, self.resumed, self._instructions = earlier, True, ""
        return answer

    async def _set_mode(self, answer: Raw, wanted: str) -> None:
        request = opening.choose_mode(self.id, answer, wanted)
        if request:
            await self._line.demand(request)
            return
        offered = opening.modes(answer)
        known = f"it offers {', '.join(offered)}" if offered else "it offers none"
        self.log(f"{self._name} has no session mode {wanted}; {known}.")

    # ── the port ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def turn(self, prompt: str) -> AsyncIterator[Said]:
        await self.cancel()  # a turn that was left before its end
        self.told.forget_ends()
        self._cancelled = self._stopping = self._replaying = False
        self._over.clear()
        self._hear()
        if self._instructions:
            prompt, self._instructions = f"{self._instructions}\n\n{prompt}", ""
        self._tasks.create_task(self._ask(prompt))
        self._tasks.create_task(self._watch())
        while True:
            said = await self.told.take()
            yield said
            if isinstance(said, TurnEnded):
                return

    async def answer(self, question: str, option: str | None, text: str | None = None) -> None:
        request = self._open.get(question)
        if request is None or request.answer.done():
            return
        asked = request.question
        chosen = permissions.choose(asked.options, option) if option is not None else None
        if option is not None and chosen is None:
            # Never take words nobody knows for a yes.
            self.log(f"There is no answer {option} to “{asked.title}”; it was dismissed.")
        if chosen and chosen.effect in ("allow_always", "reject_always"):
            # What is decided for good is decided here, where it is seen; the agent itself is told of this once.
            allowed = chosen.effect == "allow_always"
            if not self._may.learn(asked.act, "allow" if allowed else "deny"):
                self.log(f"“{asked.title}” cannot be decided for good; it will be asked again.")
            chosen = permissions.choose(asked.options, "allow_once" if allowed else "reject_once")
        self._hear()
        request.text = text
        request.answer.set_result(chosen.id if chosen else None)

    async def interrupt(self) -> bool:
        if self._over.is_set():
            return True
        try:
            async with clock.timeout(self._patience.interrupt):
                await self._ask_to_stop()
        except (TimeoutError, ConnectionError):
            return False
        return True

    async def cancel(self) -> None:
        if self._over.is_set() or self._stopping:
            return
        self._stopping = True
        try:
            async with clock.timeout(self._patience.cancel):
                await self._ask_to_stop()
        except (TimeoutError, ConnectionError):
            await self._process.end(self._patience.close)
            await self._line.close()  # lets go of a request that will never be answered
            await self._over.wait()

    async def _ask_to_stop(self) -> None:
        """Ask, and wait until the turn is over."""
        self._cancelled = True
        self.told.room.set()
        await self._dismiss()
        await self._line.cancel(self.id)
        await self._over.wait()

    async def close(self) -> None:
        """End the agent and let go of it. Safe to call twice."""
        self.told.room.set()
        try:
            await self._dismiss()
            await self._process.end(self._patience.close)
        finally:
            await self._line.close()

    async def _dismiss(self) -> None:
        """Answer every open question `cancelled`: several agents hang for ever on a cancel that leaves one open."""
        for request in self._open.values():
            if not request.answer.done():
                request.answer.set_result(None)
        # The handlers wake in the loop's next round and write their answers in it, so those go out before what follows.
        await asyncio.sleep(0)

    # ── one turn ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, prompt: str) -> None:
        reason: Literal["end_turn", "cancelled", "refusal", "max_tokens", "max_turn_requests", "error", "other"] = (
            "error"
        )
        error: str | None = None
        retry = False
        try:
            answer = await self._line.prompt(self.id, prompt)
            reason = _STOP_REASONS.get(text(answer, "stopReason"), "other")
        except RequestError as refusal:
            error = self._line.explain(refusal, "the prompt")
        except ConnectionError:
            if not self._cancelled:
                error = f"{await self._process.obituary(self._name)} It was in the middle of its turn."
                retry = True
        if self._hung:
            reason, retry = "error", True
            error = f"{self._name} has said nothing for {self._patience.silence:g} s, so it is taken for hung."
        elif self._cancelled:
            # Some agents say end_turn, some fail: it was we who ended it.
            reason, error, retry = "cancelled", None, False
        events, last_words = self._translation.end(done=reason == "end_turn")
        for event in events:
            self._put(event)
        for asked in self._open.values():
            if not asked.answer.done():
                asked.answer.set_result(None)
        self._put(TurnEnded(reason=reason, result=last_words, error=error, retry=retry))
        self._over.set()

    def _hear(self) -> None:
        self._heard_at = asyncio.get_running_loop().time()

    async def _watch(self) -> None:
        """Stop a turn in which nothing happens any more."""
        loop = asyncio.get_running_loop()
        while not self._over.is_set():
            if self._open or self._ground.models.busy() or self._translation.working() or not self.told.room.is_set():
                self._hear()
            left = self._heard_at + self._patience.silence - loop.time()
            if left <= 0:
                self._hung = True
                await self.cancel()
                return
            try:
                # Looked at now and then, because a call of the model ends without a word to us.
                async with clock.timeout(min(left, self._patience.silence / 20)):
                    await self._over.wait()
            except TimeoutError:
                continue

    def _observe(self, event: StreamEvent) -> None:
        incoming = event.direction is StreamDirection.INCOMING
        if self._wiretap:
            self._wiretap("in" if incoming else "out", event.message)
        if not incoming:
            return
        self._hear()
        match event.message.get("method"):
            case "session/update" if not self._replaying:
                for said in self._translation.update(part(event.message.get("params"), "update")):
                    self._put(said)
            case "session/request_permission" if "id" in event.message:
                self._arrived.append(self._take_request(part(event.message, "params")))

    def _take_request(self, params: Raw) -> permissions.Request:
        """Take in a permission request: an answer at once where rules or the mode have one, else a question."""
        call = part(params, "toolCall")
        id = text(call, "toolCallId")
        for said in self._translation.call(call):
            self._put(said)
        wanted = self._translation.wanted(id)
        act = acts.tell(wanted, self._ground.workspace, self._ground.home)
        question = permissions.ask(params, new_id(), self._translation.known(id), act)
        request = permissions.Request(question, asyncio.get_running_loop().create_future())
        if self._cancelled or self._over.is_set() or not question.options:
            request.answer.set_result(None)
            return request
        decision = self._may.decide(act)
        yes = permissions.does(question.options, "allow_once", "allow_always")
        no = permissions.does(question.options, "reject_once", "reject_always")
        if decision.effect == "deny" or (decision.effect == "allow" and yes):
            chosen = no if decision.effect == "deny" else yes
            request.text = permissions.why(decision.rule) if decision.effect == "deny" and decision.rule else None
            request.answer.set_result(chosen.id if chosen else None)
            self._put(permissions.decided(question, decision))
        else:
            self._open[question.question] = request
            self._put(permissions.asked(question, decision))
        return request

    async def _serve(self, method: str, params: Any, notification: bool) -> object:
        """Answer what the agent asks of us."""
        if notification:
            return None
        params = params if isinstance(params, dict) else {}
        match method:
            case "session/request_permission":
                # Observers run before handlers, and both in the order of the wire: the first that arrived is this one.
                request = self._arrived.popleft()
                await request.answer
                self._open.pop(request.question.question, None)
                return permissions.reply(request)
            case "fs/read_text_file" | "fs/write_text_file":
                path = text(params, "path")
                act = acts.file_act(method, path, self._ground.workspace, self._ground.home)
                if (denial := self._may.denies(act)) and denial.rule:
                    rule = permissions.why(denial.rule)
                    self._put(PermissionDecided(title=path, act=act, effect="deny", rule=rule))
                    raise RequestError.invalid_params({"details": f"Not allowed here: {rule}"})
                return files.serve(method, params, self._ground.workspace)
            case _:
                raise RequestError.method_not_found(method)

    def _put(self, said: Said) -> None:
        self.told.put(said, bounded=not self._over.is_set() and not self._cancelled)
