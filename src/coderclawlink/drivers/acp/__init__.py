"""The driver for every agent that speaks the Agent Client Protocol over its standard input and output.

    process      the program: its messages, its complaints, its death
    connection   the conversation: ask, answer, stop; the order of what is told
    line         requests, answers, and failures in words
    opening      how it begins: greeting, a session new or taken up again, its mode
    translate    its words into our events, pure
    acts         what a tool call would do, for rules
    permissions  what it asks leave for: decided, or asked of people
    files        what it may read and write through us
    told         what nobody has taken yet

Above: the catalogue, which knows what each agent's program is called and what it wants in its environment. A session is
one process with a HOME of its own; when the session is closed, the process is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Self

from coderclawlink.configuration import AgentConfiguration, McpServer, Mode
from coderclawlink.drivers.acp import files
from coderclawlink.drivers.acp.connection import AcpSession, Patience, Wiretap
from coderclawlink.drivers.acp.permissions import Permissions
from coderclawlink.drivers.acp.process import AgentProcess, environment, start_uncontained
from coderclawlink.drivers.base import Ground, Job, ModelAccess, Probe
from coderclawlink.drivers.errors import AgentFailed, NotSignedIn
from coderclawlink.errors import Denied
from coderclawlink.rules import Rule

PROBE_SECONDS = 10.0
_REMEMBER_SECONDS = {True: 300.0, False: 30.0}
"""How long a look at an agent is good for, by whether it was found available."""


@dataclass(eq=False)
class Greeting:
    """What one program answers when it is started only to be greeted: looked at once for all drivers that start it alike."""

    _found: Probe | None = field(default=None, init=False, repr=False)
    _at: float = field(default=0.0, init=False, repr=False)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    async def found(self, look: Callable[[], Awaitable[Probe]]) -> Probe:
        """As remembered, five minutes if good, half a minute if not; else by `look`."""
        async with self._looking:
            if self._found is None or time.monotonic() - self._at >= _REMEMBER_SECONDS[self._found.available]:
                self._found = await look()
                self._at = time.monotonic()
            return self._found


@dataclass(eq=False)
class AcpDriver:
    """One agent that speaks ACP. The port's `Driver`.

    `command` and the values of `env` may hold placeholders in braces, filled when the agent is started: `{workspace}`,
    `{home}`, `{model}`, `{key}` (what the model proxy expects), `{anthropic_url}`, `{openai_url}`, `{ollama_url}` (base
    URLs without a version path).

    `mode` says what happens where no rule decides. The program itself is put into one of its own modes by `modes`
    (environment per mode) and `session_modes` (session mode per mode, where `session_mode` names none): into that which
    asks, as soon as there is anything to forbid or to ask about, for else no rule would be heard.

    `instructions`: said before the first prompt of a new session. `sign_in`: what a person does when the agent wants
    authentication. `signs_in`: it may want that, so `probe` opens a session to see. `files`: written to the agent's HOME
    at each start, placeholders filled; for agents that are configured by a file. `check`: asked by `probe` once the
    program has answered. `login`: files below the node user's HOME that are copied to the agent's HOME, for agents that
    know their user by a file. `install`: what a person does when the program is missing. `greeting`: shared by drivers whose
    programs answer alike.
    """

    name: str
    command: tuple[str, ...]
    description: str = ""
    capabilities: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    mode: Mode = "auto"
    modes: Mapping[Mode, Mapping[str, str]] = field(default_factory=dict)
    session_mode: str | None = None
    session_modes: Mapping[Mode, str] = field(default_factory=dict)
    model: str = ""
    instructions: str = ""
    rules: tuple[Rule, ...] = ()
    mcp_servers: tuple[McpServer, ...] = ()
    sign_in: str = ""
    signs_in: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    login: tuple[str, ...] = ()
    check: Callable[[], Awaitable[Probe]] | None = None
    install: str = ""
    greeting: Greeting | None = None
    patience: Patience = field(default_factory=Patience)
    wiretap: Wiretap | None = None
    needs_checkout: bool = True
    _probe: Probe | None = field(default=None, init=False, repr=False)
    _probed_at: float = field(default=0.0, init=False, repr=False)

    @property
    def reached(self) -> str:
        return shutil.which(self.command[0]) or self.command[0]

    def configured(self, configuration: AgentConfiguration) -> Self:
        whole = self._configuration().under(configuration)
        return replace(
            self,
            model=whole.model or "",
            mode=whole.mode or self.mode,
            session_mode=whole.session_mode,
            instructions=whole.instructions or "",
            env=whole.env,
            mcp_servers=whole.mcp_servers,
            rules=whole.rules,
        )

    def _configuration(self) -> AgentConfiguration:
        # Not validated: the catalogue may set variables that nobody else may.
        return AgentConfiguration.model_construct(
            model=self.model or None,
            mode=self.mode,
            session_mode=self.session_mode,
            instructions=self.instructions or None,
            env=dict(self.env),
            mcp_servers=self.mcp_servers,
            rules=self.rules,
        )

    @asynccontextmanager
    async def open(self, job: Job, ground: Ground) -> AsyncIterator[AcpSession]:
        async with AsyncExitStack() as stack:
            yield await self._open(stack, job, ground)

    async def _open(self, stack: AsyncExitStack, job: Job, ground: Ground) -> AcpSession:
        """A session that is ready to be asked; what it needs is left to `stack`."""
        forced = self._consulted()
        wanted = self.session_modes.get("ask" if forced else self.mode)
        session_mode = (wanted or self.session_mode) if forced else (self.session_mode or wanted)
        why = ""
        if forced and wanted and self.session_mode not in (None, wanted):
            why = f"Its session mode is {wanted} and not {self.session_mode}, or its rules would not be heard."
        if job.session:
            try:
                async with AsyncExitStack() as first:
                    session = await first.enter_async_context(self._session(ground, self.patience))
                    await session.open(self.mcp_servers, session_mode, job.session)
                    if why:
                        session.log(why)
                    stack.push_async_exit(first.pop_all())
                    return session
            except NotSignedIn:
                raise
            except AgentFailed as failure:
                # It may have died of its memories: a process without them does better.
                why += f" The earlier conversation could not be taken up; a new one begins. {failure.message}"
        session = await stack.enter_async_context(self._session(ground, self.patience))
        if why:
            session.log(why.strip())
        await session.open(self.mcp_servers, session_mode)
        return session

    def _consulted(self) -> bool:
        """Whether the agent has to ask, so that rules can forbid."""
        return any(rule.effect != "allow" for rule in self.rules)

    async def probe(self) -> Probe:
        """Start the program, greet it, end it. The finding is remembered: five minutes if good, half a minute if not."""
        if self._probe and time.monotonic() - self._probed_at < _REMEMBER_SECONDS[self._probe.available]:
            return self._probe
        self._probe = await self._look()
        self._probed_at = time.monotonic()
        return self._probe

    async def _look(self) -> Probe:
        greeted = await self.greeting.found(self._greet) if self.greeting else await self._greet()
        if not greeted.available:
            return greeted
        found = await self.check() if self.check else greeted
        signed_in = True if self.signs_in else found.signed_in
        return replace(found, version=greeted.version, signed_in=signed_in)

    async def _greet(self) -> Probe:
        program = self.command[0]
        if not shutil.which(program):
            return Probe(False, why=f"The program {program} was not found. {self.install}".strip())
        version: str | None = None
        with (
            tempfile.TemporaryDirectory(prefix="clawlink-home-", ignore_cleanup_errors=True) as home,
            tempfile.TemporaryDirectory(prefix="clawlink-workspace-", ignore_cleanup_errors=True) as workspace,
        ):
            launch = partial(start_uncontained, workspace=Path(workspace))
            # Nothing listens there: an agent that only greets asks no model.
            nowhere = dict.fromkeys(("anthropic", "openai", "ollama"), "http://127.0.0.1:9")
            ground = Ground(Path(workspace), Path(home), launch, ModelAccess(nowhere, "probe"))
            try:
                async with self._session(ground, replace(self.patience, start=PROBE_SECONDS)) as session:
                    version = session.version
                    if self.signs_in:
                        await session.open()
            except NotSignedIn as failure:
                return Probe(False, version=version, why=failure.message, signed_in=False)
            except AgentFailed as failure:
                return Probe(False, version=version, why=f"{failure.message} {self.install}".strip())
        return Probe(True, version=version)

    def _unopened(self, ground: Ground, patience: Patience) -> AcpSession:
        return AcpSession(
            self.name,
            ground,
            Permissions(self.mode, self.rules),
            patience=patience,
            instructions=self.instructions,
            sign_in=self.sign_in,
            wiretap=self.wiretap,
        )

    @asynccontextmanager
    async def _session(self, ground: Ground, patience: Patience) -> AsyncIterator[AcpSession]:
        """A session with a process that has greeted us."""
        argv = [_fill(word, self, ground) for word in self.command]
        if self._consulted() or self.mode == "ask":
            # Nobody's own variables undo this.
            env = {**self.env, **self.modes.get("ask", {})}
        else:
            env = {**self.modes.get("auto", {}), **self.env}
        extra = {key: _fill(value, self, ground) for key, value in env.items()}
        for name, template in self.files.items():
            # Anew each time: the addresses in it are this attempt's own.
            _put(ground.home, name, _fill(template, self, ground), anew=True)
        for name in self.login:
            if (source := Path.home() / name).is_file():
                _put(ground.home, name, source.read_text())
        session = self._unopened(ground, patience)
        started = await ground.launch(argv, environment(ground.home, extra))
        process = AgentProcess(started, session.log, session.told.room)
        # Entered and left by hand: as a context manager the group would wrap what the user of the session raises.
        tasks = asyncio.TaskGroup()
        await tasks.__aenter__()
        try:
            process.watch(tasks)
            session.attach(process, tasks)
            await session.initialize()
            yield session
        finally:
            try:
                await session.close()
            finally:
                await tasks.__aexit__(None, None, None)


def _fill(template: str, driver: AcpDriver, ground: Ground) -> str:
    """Fill the placeholders of a word. Raises `AgentFailed` for a model's wire that is not configured here."""
    values = {
        "workspace": str(ground.workspace),
        "home": str(ground.home),
        "model": driver.model,
        "key": ground.models.key,
        **{f"{wire}_url": url.rstrip("/") for wire, url in ground.models.urls.items()},
    }
    try:
        # Only these are placeholders: JSON in a value keeps its braces.
        return re.sub(
            r"\{(workspace|home|model|key|(?:anthropic|openai|ollama)_url)\}", lambda m: values[m[1]], template
        )
    except KeyError as missing:
        wire = str(missing.args[0]).removesuffix("_url")
        raise AgentFailed(
            f"{driver.name} needs a model on the {wire} wire, and none is configured on this node."
        ) from None


def _put(home: Path, name: str, content: str, *, anew: bool = False) -> None:
    """Write a file into the HOME, where it is absent or `anew`. An agent may have worked there before, so no link is
    followed. Raises `AgentFailed`."""
    try:
        if not anew:
            with contextlib.suppress(FileNotFoundError):
                files.read(home, name)
                return
        files.write(home, name, content, mode=0o600)
    except (OSError, Denied) as problem:
        why = problem.message if isinstance(problem, Denied) else problem.strerror
        raise AgentFailed(f"{name} in the agent's HOME cannot be used: {why}.") from problem
