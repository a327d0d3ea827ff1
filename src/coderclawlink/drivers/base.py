"""PORT: what a driver is to the attempt that uses it.

Above stands `node.execute`; below stand `scripted`, `acp`, `openhands`, `http` and `address`, which chooses among those for a
URL. `tests/conformance/test_drivers.py` holds them to this; OpenHands, which is not everywhere, `tests/real_agents`.
A turn's end is an event, not a return value, because ACP v2 and OpenHands tell it so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.events import AgentEvent, PermissionDecided, QuestionAsked


class Process(Protocol):
    """A contained process: when it is killed, nothing that it started survives."""

    pid: int
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader

    async def wait(self) -> int:
        """The exit code; negative for a signal."""
        ...

    async def kill(self) -> None:
        """End it and all its descendants, at once. Returns when none is left. Safe to call twice."""
        ...


Launch = Callable[[Sequence[str], Mapping[str, str]], Awaitable[Process]]
"""Start argv with exactly this environment in the attempt's sandbox, in its workspace. Raises `CannotStart`."""


@dataclass(frozen=True)
class ModelAccess:
    """How an agent reaches its models: base URLs on loopback that hold the real key, and what to call the model.

    `urls` maps a wire ("anthropic", "openai", "ollama") to a base URL without a version path, so
    `{urls["anthropic"]}/v1/messages` and `{urls["openai"]}/v1/chat/completions` are the endpoints.
    A wire that is not configured is absent. `key` is a worthless token that the proxy expects.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    busy: Callable[[], bool] = field(default=lambda: False, compare=False, repr=False)
    """Whether a call of a model is under way."""


@dataclass(frozen=True)
class Ground:
    """Where an attempt works. `home` is a HOME of its own that is kept with the run, `workspace` the checkout."""

    workspace: Path
    home: Path
    launch: Launch
    models: ModelAccess = ModelAccess()


@dataclass(frozen=True)
class Job:
    """What is asked of the agent. `context` is the contract's `{"project": …, "task": …}` or what the client sent."""

    run: str
    attempt: int
    prompt: str
    context: Mapping[str, object] = field(default_factory=dict)
    session: str = ""
    """The conversation to take up again, by the agent's own name for it, if `home` holds its memory. Empty: a new one."""


@dataclass(frozen=True)
class TurnEnded:
    """The agent has finished its turn.

    `reason`: as the agent says it; not to be trusted as success. `error`: the agent or its process failed, in words
    for people. `result`: the agent's last words, its answer. `retry`: worth another attempt as it is.
    """

    reason: Literal["end_turn", "cancelled", "refusal", "max_tokens", "max_turn_requests", "error", "other"]
    result: str = ""
    error: str | None = None
    retry: bool = False


Said = AgentEvent | QuestionAsked | PermissionDecided | TurnEnded


class Session(Protocol):
    """A conversation with one agent process. One turn at a time."""

    version: str | None
    """The agent's name and version as it told them, e.g. "goose 1.52.0"."""
    id: str
    """The agent's own name for the conversation, for `Job.session`; empty where it cannot be taken up again."""
    resumed: bool
    """Whether the agent remembers the conversation that the job named."""

    def turn(self, prompt: str) -> AsyncIterator[Said]:
        """Ask, and yield what the agent says in its order; the last is always a `TurnEnded`. Never raises for what an
        agent does wrong: that is a `TurnEnded` with an error."""
        ...

    async def answer(self, question: str, option: str | None, text: str | None = None) -> None:
        """Answer a `QuestionAsked` of this session. Option None: dismissed. An unknown or answered question is ignored."""
        ...

    async def interrupt(self) -> bool:
        """Ask the agent to stop its turn and to stay for the next, which may be asked once the turn has ended. Open questions
        are dismissed. False: it did not stop in time, and is to be cancelled. Safe without a turn."""
        ...

    async def cancel(self) -> None:
        """Ask the agent to stop its turn: open questions are answered `cancelled` first. The turn then ends by itself,
        by force after a short grace if need be. Safe to call twice and without a turn."""
        ...


@dataclass(frozen=True)
class Probe:
    """What was found of an agent on this machine.

    `available` means that it answered or that its program was found and started, not that a string was set.
    `why` says in a sentence for people why not, and what to do.
    """

    available: bool
    version: str | None = None
    why: str | None = None
    models: tuple[str, ...] = ()
    signed_in: bool | None = None
    """None: it needs no signing in, or that cannot be told."""


class Driver(Protocol):
    """One configured agent."""

    name: str
    description: str

    @property
    def capabilities(self) -> tuple[str, ...]: ...

    @property
    def needs_checkout(self) -> bool:
        """False for a driver whose agent works elsewhere, as behind a URL."""
        ...

    @property
    def reached(self) -> str:
        """How, for people: the program's path, or the server's address."""
        ...

    @property
    def model(self) -> str:
        """What it is told to use; empty where the agent decides."""
        ...

    def configured(self, configuration: AgentConfiguration) -> Driver:
        """The same agent, working as configured. What the configuration does not say stays. Secrets are filled in already."""
        ...

    async def probe(self) -> Probe:
        """Look whether the agent can be used. Takes at most some seconds; never raises."""
        ...

    def open(self, job: Job, ground: Ground) -> AbstractAsyncContextManager[Session]:
        """Start the agent. Raises `AgentFailed` when it cannot be started or does not speak. On exit it is gone."""
        ...
