"""A conversation with one agent process over ACP: it is started, asked, stopped, and its words are passed on.

Above: the driver, which opens it. Below: the process as transport, the translation, the permissions. The library does the
JSON-RPC; its observer is the one source of what the agent says, because it alone runs in the order of the wire.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from acp import PROTOCOL_VERSION, RequestError
from acp.connection import Connection, StreamDirection, StreamEvent
from acp.schema import (
    ClientCapabilities,
    HttpMcpServer,
    Implementation,
    InitializeRequest,
    McpServerStdio,
    NewSessionRequest,
    PromptRequest,
    ReadTextFileResponse,
    SetSessionConfigOptionSelectRequest,
    SetSessionModeRequest,
    SseMcpServer,
    TextContentBlock,
    WriteTextFileResponse,
)
from pydantic import BaseModel

from coderclawlink.drivers.acp import files, permissions
from coderclawlink.drivers.acp.process import AgentProcess
from coderclawlink.drivers.acp.translate import Raw, Translation, part, parts, shorten, text
from coderclawlink.drivers.base import Said, TurnEnded
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.errors import Denied
from coderclawlink.events import AgentChunk, AgentLog
from coderclawlink.ids import new_id

McpServer = McpServerStdio | HttpMcpServer | SseMcpServer
Wiretap = Callable[[Literal["in", "out"], Raw], None]
"""Hears every message as it is on the wire: what the agent says (`in`) and what we say (`out`)."""

ENOUGH = 1_000
"""Events that nobody has taken yet, beyond which the agent is read no further during a turn."""
_LONGEST_CHUNK = 4_096
_AUTHENTICATION_REQUIRED = -32000
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
    end its turn when asked. `close`: to go when its input is closed; then it is killed. The last two together stay
    below one second, within which a cancelled agent has to be gone."""

    start: float = 60.0
    cancel: float = 0.4
    close: float = 0.25
    interrupt: float = 5.0


class AcpSession:
    """One agent process and its one ACP session. The port's `Session`.

    `id`: the session's name as the agent knows it, unique only within its HOME. `version`: "goose 1.52.0".
    """

    def __init__(
        self,
        name: str,
        workspace: Path,
        *,
        mode: permissions.Mode,
        patience: Patience,
        sign_in: str = "",
        wiretap: Wiretap | None = None,
    ) -> None:
        self.id = ""
        self.version: str | None = None
        self.resumed = False
        self._name = name
        self._workspace = workspace
        self._mode = mode
        self._patience = patience
        self._sign_in = sign_in
        self._wiretap = wiretap
        self._translation = Translation(str(workspace))
        self._told: deque[Said] = deque()
        self._news = asyncio.Event()
        self._open: dict[str, permissions.Request] = {}
        self._arrived: deque[permissions.Request] = deque()
        self._over = asyncio.Event()
        self._over.set()
        self._cancelled = False
        self._stopping = False
        self._process: AgentProcess
        self._connection: Connection
        self._tasks: asyncio.TaskGroup

    # ── starting ──────────────────────────────────────────────────────────────────────────────────────────────────

    def attach(self, process: AgentProcess, tasks: asyncio.TaskGroup) -> None:
        """Speak with this process; work is done in tasks of `tasks`."""
        self._process, self._tasks = process, tasks
        self._connection = Connection(self._serve, process, observers=[self._observe])

    def log(self, lines: str) -> None:
        """Tell what the program printed beside the protocol."""
        self._put(AgentLog(text=lines))

    async def initialize(self) -> None:
        """Greet. Raises `AgentFailed` when the agent dies, is silent, or speaks another version."""
        request = InitializeRequest(
            protocol_version=PROTOCOL_VERSION,
            client_capabilities=ClientCapabilities(),
            client_info=Implementation(
                name="coderclawlink", title="coderClawLink", version=metadata.version("coderclawlink")
            ),
        )
        answer = await self._start("initialize", request)
        version = answer.get("protocolVersion")
        if isinstance(version, int) and version != PROTOCOL_VERSION:
            raise AgentFailed(f"{self._name} speaks version {version} of ACP; version {PROTOCOL_VERSION} is needed.")
        info = part(answer, "agentInfo")
        told = f"{text(info, 'name') or self._name} {text(info, 'version')}".strip()
        self.version = told if info else None
        if not self._sign_in:
            methods = (text(method, "description") or text(method, "name") for method in parts(answer, "authMethods"))
            self._sign_in = "; or ".join(filter(None, methods))

    async def open(self, mcp_servers: Sequence[McpServer] = (), session_mode: str | None = None) -> None:
        """Open the session in the workspace, in `session_mode` where the agent offers it. Raises `AgentFailed`."""
        request = NewSessionRequest(cwd=str(self._workspace), mcp_servers=list(mcp_servers))
        answer = await self._start("session/new", request)
        self.id = text(answer, "sessionId")
        if not self.id:
            raise AgentFailed(f"{self._name} opened a session without telling its id.")
        if session_mode:
            await self._set_mode(answer, session_mode)

    async def _set_mode(self, answer: Raw, wanted: str) -> None:
        # Options supersede modes; an agent that has both is asked by the newer way.
        for option in parts(answer, "configOptions"):
            if text(option, "category") == "mode" and wanted in _values(option):
                request = SetSessionConfigOptionSelectRequest(
                    session_id=self.id, config_id=text(option, "id"), value=wanted
                )
                await self._start("session/set_config_option", request)
                return
        modes = part(answer, "modes")
        offered = [text(mode, "id") for mode in parts(modes, "availableModes")]
        if wanted in offered:
            await self._start("session/set_mode", SetSessionModeRequest(session_id=self.id, mode_id=wanted))
        else:
            known = f"it offers {', '.join(offered)}" if offered else "it offers none"
            self._put(AgentLog(text=f"{self._name} has no session mode {wanted}; {known}."))

    async def _start(self, method: str, request: BaseModel) -> Raw:
        """Send a request that must be answered for the session to be of use."""
        try:
            async with asyncio.timeout(self._patience.start):
                answer = await self._connection.send_request(method, _wire(request))
        except TimeoutError:
            words = self._process.last_words()
            said = f" Its last words: {words}" if words else ""
            raise AgentFailed(
                f"{self._name} did not answer {method} within {self._patience.start:g} s.{said}"
            ) from None
        except ConnectionError:
            raise AgentFailed(await self._process.obituary(self._name)) from None
        except RequestError as refusal:
            raise AgentFailed(self._explain(refusal, method)) from None
        return answer if isinstance(answer, dict) else {}

    def _explain(self, refusal: RequestError, method: str) -> str:
        if refusal.code == _AUTHENTICATION_REQUIRED:
            how = self._sign_in or "sign in with its own program as the user who runs the node, or set its key"
            return f"{self._name} wants you to sign in first: {how}. It says: {_words(refusal)}"
        return f"{self._name} refused {method}: {_words(refusal)}"

    # ── the port ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def turn(self, prompt: str) -> AsyncIterator[Said]:
        await self.cancel()  # a turn that was left before its end
        while any(isinstance(said, TurnEnded) for said in self._told):
            self._told.popleft()
        self._cancelled = self._stopping = False
        self._over.clear()
        self._tasks.create_task(self._ask(prompt))
        while True:
            while self._told:
                said = self._told.popleft()
                if len(self._told) < ENOUGH:
                    self._process.room.set()
                yield said
                if isinstance(said, TurnEnded):
                    return
            self._news.clear()
            await self._news.wait()

    async def answer(self, question: str, option: str | None, text: str | None = None) -> None:
        request = self._open.get(question)
        if request is None or request.answer.done():
            return
        chosen = permissions.choose(request.question.options, option) if option is not None else None
        if option is not None and chosen is None:
            # Never take words nobody knows for a yes.
            self._put(AgentLog(text=f"There is no answer {option} to “{request.question.title}”; it was dismissed."))
        request.text = text
        request.answer.set_result(chosen.id if chosen else None)

    async def cancel(self) -> None:
        if self._over.is_set() or self._stopping:
            return
        self._cancelled = self._stopping = True
        self._process.room.set()
        try:
            async with asyncio.timeout(self._patience.cancel):
                await self._dismiss()
                await self._connection.send_notification("session/cancel", {"sessionId": self.id})
                await self._over.wait()
        except (TimeoutError, ConnectionError):
            await self._process.end(self._patience.close)
            await self._connection.close()  # lets go of a request that will never be answered
            await self._over.wait()

    async def interrupt(self) -> bool:
        if self._over.is_set():
            return True
        self._cancelled = True
        self._process.room.set()
        try:
            async with asyncio.timeout(self._patience.interrupt):
                await self._dismiss()
                await self._connection.send_notification("session/cancel", {"sessionId": self.id})
                await self._over.wait()
        except (TimeoutError, ConnectionError):
            return False
        return True

    async def close(self) -> None:
        """End the agent and let go of it. Safe to call twice."""
        self._process.room.set()
        await self._dismiss()
        await self._process.end(self._patience.close)
        await self._connection.close()

    async def _dismiss(self) -> None:
        """Answer every open question `cancelled`: several agents hang for ever on a cancel that leaves one open."""
        for request in self._open.values():
            if not request.answer.done():
                request.answer.set_result(None)
        # The handlers wake in the loop's next round and write their answers in it, so those go out before what follows.
        await asyncio.sleep(0)

    # ── one turn ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, prompt: str) -> None:
        request = PromptRequest(session_id=self.id, prompt=[TextContentBlock(type="text", text=prompt)])
        reason: Literal["end_turn", "cancelled", "refusal", "max_tokens", "max_turn_requests", "error", "other"] = (
            "error"
        )
        error: str | None = None
        retry = False
        try:
            answer = await self._connection.send_request("session/prompt", _wire(request))
            reason = _STOP_REASONS.get(text(answer, "stopReason"), "other")
        except RequestError as refusal:
            error = self._explain(refusal, "the prompt")
        except ConnectionError:
            if not self._cancelled:
                error = f"{await self._process.obituary(self._name)} It was in the middle of its turn."
                retry = True
        if self._cancelled:
            # Some agents say end_turn, some fail: it was we who ended it.
            reason, error, retry = "cancelled", None, False
        events, words = self._translation.end(done=reason == "end_turn")
        for event in events:
            self._put(event)
        for asked in self._open.values():
            if not asked.answer.done():
                asked.answer.set_result(None)
        self._put(TurnEnded(reason=reason, result=words, error=error, retry=retry))
        self._over.set()

    def _observe(self, event: StreamEvent) -> None:
        incoming = event.direction is StreamDirection.INCOMING
        if self._wiretap:
            self._wiretap("in" if incoming else "out", event.message)
        if not incoming:
            return
        match event.message.get("method"):
            case "session/update":
                for said in self._translation.update(part(event.message.get("params"), "update")):
                    self._put(said)
            case "session/request_permission" if "id" in event.message:
                self._arrived.append(self._request(part(event.message, "params")))

    def _request(self, params: Raw) -> permissions.Request:
        """Take in a permission request: a question, or an answer at once."""
        call = part(params, "toolCall")
        for said in self._translation.call(call):
            self._put(said)
        question = permissions.ask(params, new_id(), self._translation.known(text(call, "toolCallId")))
        request = permissions.Request(question, asyncio.get_running_loop().create_future())
        allowed = permissions.choose(question.options, "allow_once") if self._mode == "auto" else None
        if self._cancelled or self._over.is_set() or not question.options:
            request.answer.set_result(None)
        elif allowed:
            request.answer.set_result(allowed.id)
            self._put(AgentLog(text=f"Allowed without asking, as this agent is set to: {question.title}"))
        else:
            self._open[question.question] = request
            self._put(question)
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
            case "fs/read_text_file":
                line, limit = (
                    value if isinstance(value := params.get(key), int) else None for key in ("line", "limit")
                )
                with _refusals():
                    return ReadTextFileResponse(content=files.read(self._workspace, text(params, "path"), line, limit))
            case "fs/write_text_file":
                with _refusals():
                    files.write(self._workspace, text(params, "path"), text(params, "content"))
                return WriteTextFileResponse()
            case _:
                raise RequestError.method_not_found(method)

    def _put(self, said: Said) -> None:
        last = self._told[-1] if self._told else None
        if (
            isinstance(said, AgentChunk)
            and isinstance(last, AgentChunk)
            and said.thought == last.thought
            and len(last.text) < _LONGEST_CHUNK
        ):
            # Chunks nobody has looked at yet are one chunk.
            self._told[-1] = AgentChunk(text=last.text + said.text, thought=said.thought)
        else:
            self._told.append(said)
        if len(self._told) >= ENOUGH and not self._over.is_set() and not self._cancelled:
            self._process.room.clear()
        self._news.set()


def _wire(request: BaseModel) -> dict[str, Any]:
    # Defaults go along: "no file system, no terminal" is worth saying.
    return request.model_dump(mode="json", by_alias=True, exclude_none=True)


def _words(refusal: RequestError) -> str:
    """A JSON-RPC error for people."""
    data = refusal.data
    more = text(data, "details") or text(data, "message") or (data if isinstance(data, str) else "")
    return shorten(f"{refusal}: {more}" if more and more not in str(refusal) else str(refusal), 2_000)


def _values(option: Raw) -> list[str]:
    """The values of a select option, whether or not they come in groups."""
    values = [*parts(option, "options")]
    return [text(value, "value") for item in values for value in (item, *parts(item, "options"))]


@contextmanager
def _refusals() -> Iterator[None]:
    """Say what our file system says in the words of JSON-RPC."""
    try:
        yield
    except Denied as denial:
        raise RequestError.invalid_params({"details": denial.message}) from None
    except FileNotFoundError:
        raise RequestError.resource_not_found() from None
    except OSError as problem:
        raise RequestError.internal_error({"details": str(problem.strerror)}) from None
