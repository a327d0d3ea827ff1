"""The agent as ACP v1 knows it: sessions, their modes, prompts and their cancelling.

Above: the client, on the other end of stdin and stdout. Below: `mind`, loaded in the background once the client has been
answered for the first time, so that starting is quick; `stage` and `memory`.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import acp
from acp import Client, RequestError
from acp.schema import (
    AgentCapabilities,
    AudioContentBlock,
    EmbeddedResourceContentBlock,
    ImageContentBlock,
    Implementation,
    InitializeResponse,
    LoadSessionResponse,
    NewSessionResponse,
    PromptCapabilities,
    PromptResponse,
    ResourceContentBlock,
    ResumeSessionResponse,
    SessionCapabilities,
    SessionMode,
    SessionModeState,
    SessionResumeCapabilities,
    SetSessionModeResponse,
    TextContentBlock,
    TextResourceContents,
    Usage,
)

from coderclawlink.agent import memory
from coderclawlink.agent.hands import Hands
from coderclawlink.agent.memory import Remembered
from coderclawlink.agent.stage import Mode, Stage

if TYPE_CHECKING:
    from coderclawlink.agent.mind import Mind

Wire = Literal["anthropic", "openai", "responses", "ollama"]
Block = TextContentBlock | ImageContentBlock | AudioContentBlock | ResourceContentBlock | EmbeddedResourceContentBlock
MODES = [
    SessionMode(id="ask", name="Ask", description="Ask before files are changed and commands are run."),
    SessionMode(id="auto", name="Auto", description="Change files and run commands without asking."),
]


@dataclass(frozen=True)
class Model:
    wire: Wire
    name: str


@dataclass
class _Session:
    hands: Hands
    stage: Stage
    messages: list[object] = field(default_factory=list)
    turn: asyncio.Task[PromptResponse | RequestError] | None = None


class Talk:
    """One client's connection: the part of `acp.Agent` that is offered. Sessions are kept in `folder`."""

    def __init__(self, model: Model, mode: Mode, folder: Path) -> None:
        self._model = model
        self._mode = mode
        self._folder = folder
        self._sessions: dict[str, _Session] = {}
        self._client: Client | None = None
        self._loading: asyncio.Future[Mind] | None = None

    def on_connect(self, conn: Client) -> None:
        self._client = conn

    async def initialize(self, protocol_version: int, *_: object, **__: object) -> InitializeResponse:
        # In a thread of its own from now on: the client's next words are answered in the meantime.
        self._loading = asyncio.get_running_loop().run_in_executor(None, _load_mind, self._model)
        return InitializeResponse(
            protocol_version=acp.PROTOCOL_VERSION,
            agent_capabilities=AgentCapabilities(
                load_session=True,
                prompt_capabilities=PromptCapabilities(embedded_context=True),
                session_capabilities=SessionCapabilities(resume=SessionResumeCapabilities()),
            ),
            agent_info=Implementation(name="clawlink-agent", title="coderClawLink's own agent", version=_version()),
            auth_methods=[],
        )

    async def new_session(
        self, cwd: str, additional_directories: object = None, mcp_servers: Sequence[object] | None = None, **_: object
    ) -> NewSessionResponse:
        if mcp_servers:
            sys.stderr.write("This agent has tools of its own and uses no MCP servers.\n")
        session = str(uuid.uuid4())
        self._open(session, cwd, self._mode)
        return NewSessionResponse(session_id=session, modes=self._modes(self._mode))

    async def load_session(self, cwd: str, session_id: str, *_: object, **__: object) -> LoadSessionResponse:
        opened = self._take_up(session_id, cwd)
        mind = await self._mind()
        await mind.replay(opened.messages, opened.hands, opened.stage)
        return LoadSessionResponse(modes=self._modes(opened.stage.mode))

    async def resume_session(self, session_id: str, cwd: str, *_: object, **__: object) -> ResumeSessionResponse:
        """As `load_session`, but nothing is played back."""
        return ResumeSessionResponse(modes=self._modes(self._take_up(session_id, cwd).stage.mode))

    async def set_session_mode(self, session_id: str, mode_id: str, **_: object) -> SetSessionModeResponse:
        stage = self._session(session_id).stage
        if mode_id == "ask":
            stage.mode = "ask"
        elif mode_id == "auto":
            stage.mode = "auto"
        else:
            raise RequestError.invalid_params({"mode": mode_id})
        return SetSessionModeResponse()

    async def prompt(self, session_id: str, prompt: Sequence[Block], **_: object) -> PromptResponse:
        session = self._session(session_id)
        if session.turn is not None:
            raise RequestError(-32600, "A turn is under way already.")
        async with asyncio.TaskGroup() as tasks:
            session.turn = tasks.create_task(self._turn(session, session_id, _text(prompt)))
            try:
                await asyncio.wait([session.turn])
            finally:
                turn, session.turn = session.turn, None
        if turn.cancelled():
            return PromptResponse(stop_reason="cancelled")
        answer = turn.result()
        if isinstance(answer, RequestError):
            raise answer
        return answer

    async def cancel(self, session_id: str, **_: object) -> None:
        session = self._sessions.get(session_id)
        if session is not None and session.turn is not None:
            session.turn.cancel()

    async def _turn(self, session: _Session, session_id: str, prompt: str) -> PromptResponse | RequestError:
        """A failed model is a value here, because the turn's task must not take its group down."""
        mind = await self._mind()

        def keep(messages: list[object]) -> None:
            session.messages = messages
            remembered = Remembered(cwd=str(session.hands.root), mode=session.stage.mode, messages=messages)
            try:
                memory.keep(self._folder, session_id, remembered)
            except OSError as error:
                # The turn is worth more than its memory.
                sys.stderr.write(f"The conversation could not be kept: {error}\n")

        turned = await mind.turn(prompt, session.messages, session.hands, session.stage, keep)
        if turned.error is not None:
            return RequestError(-32603, turned.error, {"kind": "model", "status": turned.status})
        usage = Usage(
            input_tokens=turned.input_tokens,
            output_tokens=turned.output_tokens,
            cached_read_tokens=turned.cached_tokens,
            total_tokens=turned.input_tokens + turned.output_tokens,
        )
        return PromptResponse(stop_reason="max_turn_requests" if turned.exhausted else "end_turn", usage=usage)

    def _open(self, session: str, cwd: str, mode: Mode) -> _Session:
        root = Path(cwd)
        if not root.is_absolute() or not root.is_dir():
            raise RequestError.invalid_params({"cwd": f"{cwd} is not the absolute path of a folder"})
        if self._client is None:
            raise RequestError.internal_error({"details": "not connected"})
        opened = _Session(Hands(root.resolve()), Stage(self._client, session, mode))
        self._sessions[session] = opened
        return opened

    def _take_up(self, session: str, cwd: str) -> _Session:
        remembered = memory.recall(self._folder, session)
        if remembered is None:
            raise RequestError.resource_not_found(session)
        opened = self._open(session, cwd, remembered.mode)
        opened.messages = remembered.messages
        return opened

    def _session(self, session: str) -> _Session:
        found = self._sessions.get(session)
        if found is None:
            raise RequestError.resource_not_found(session)
        return found

    def _modes(self, mode: Mode) -> SessionModeState:
        return SessionModeState(current_mode_id=mode, available_modes=MODES)

    async def _mind(self) -> Mind:
        if self._loading is None:
            self._loading = asyncio.get_running_loop().run_in_executor(None, _load_mind, self._model)
        # Shielded: a cancelled turn must not take the import from the next one.
        return await asyncio.shield(self._loading)


def _load_mind(model: Model) -> Mind:
    mind: Mind = importlib.import_module("coderclawlink.agent.mind").Mind(model.wire, model.name, os.environ)
    return mind


def _version() -> str:
    try:
        return version("coderclawlink")
    except PackageNotFoundError:
        return "0"


def _text(prompt: Sequence[Block]) -> str:
    """The prompt as one text. What the client attached is named, and quoted where it sent the text along."""
    parts: list[str] = []
    for block in prompt:
        match block:
            case TextContentBlock(text=text):
                parts.append(text)
            case EmbeddedResourceContentBlock(resource=TextResourceContents(uri=uri, text=text)):
                parts.append(f"{uri}:\n{text}")
            case ResourceContentBlock(uri=uri):
                parts.append(f"See {uri}.")
            case _:
                parts.append("(An attachment that cannot be shown.)")
    return "\n\n".join(parts)
