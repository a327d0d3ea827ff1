"""The driver for every agent that speaks the Agent Client Protocol over its standard input and output.

    process      the program: its messages, its complaints, its death
    connection   the conversation: greet, open, ask, stop; the order of what is told
    translate    its words into our events, pure
    permissions  what it asks leave for, as questions
    files        what it may read and write through us

Above: the catalogue, which knows what each agent's program is called and what it wants in its environment. A session is
one process with a HOME of its own; when the session is closed, the process is gone.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.drivers.acp import files
from coderclawlink.drivers.acp.connection import AcpSession, McpServer, Patience, Wiretap
from coderclawlink.drivers.acp.permissions import Mode
from coderclawlink.drivers.acp.process import AgentProcess, environment, start_uncontained
from coderclawlink.drivers.base import Ground, Job, ModelAccess, Probe
from coderclawlink.drivers.errors import AgentFailed

PROBE_SECONDS = 10.0
_REMEMBER_SECONDS = {True: 300.0, False: 30.0}
"""How long a look at an agent is good for, by whether it was found available."""


@dataclass(eq=False)
class AcpDriver:
    """One agent that speaks ACP. The port's `Driver`.

    `command` and the values of `env` may hold placeholders in braces, filled when the agent is started: `{workspace}`,
    `{home}`, `{model}`, `{key}` (what the model proxy expects), `{anthropic_url}`, `{openai_url}`, `{ollama_url}` (base
    URLs without a version path). `session_mode`: an id among the modes the agent offers. `sign_in`: what a person does
    when the agent wants authentication. `files`: written to the agent's HOME where they are absent, placeholders filled;
    for agents that are configured by a file. `check`: asked by `probe` once the program has answered. `login`: files below the node user's HOME that are copied to the agent's HOME,
    for agents that know their user by a file. `install`: what a person does when the program is missing.
    """

    name: str
    command: tuple[str, ...]
    description: str = ""
    capabilities: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    mode: Mode = "auto"
    session_mode: str | None = None
    model: str = ""
    mcp_servers: tuple[McpServer, ...] = ()
    sign_in: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    login: tuple[str, ...] = ()
    check: Callable[[], Awaitable[Probe]] | None = None
    install: str = ""
    patience: Patience = field(default_factory=Patience)
    wiretap: Wiretap | None = None
    needs_checkout: bool = True
    _probe: Probe | None = field(default=None, init=False, repr=False)
    _probed_at: float = field(default=0.0, init=False, repr=False)

    @property
    def reached(self) -> str:
        return shutil.which(self.command[0]) or self.command[0]

    def configured(self, configuration: AgentConfiguration) -> AcpDriver:
        said = configuration
        return replace(
            self,
            model=said.model or self.model,
            mode=said.mode or self.mode,
            session_mode=said.session_mode or self.session_mode,
            env={**self.env, **said.env},
        )

    @asynccontextmanager
    async def open(self, job: Job, ground: Ground) -> AsyncIterator[AcpSession]:
        async with self._session(ground, self.patience) as session:
            await session.open(self.mcp_servers, self.session_mode)
            yield session

    async def probe(self) -> Probe:
        """Start the program, greet it, end it. The finding is remembered: five minutes if good, half a minute if not."""
        if self._probe and time.monotonic() - self._probed_at < _REMEMBER_SECONDS[self._probe.available]:
            return self._probe
        self._probe = await self._look()
        self._probed_at = time.monotonic()
        return self._probe

    async def _look(self) -> Probe:
        program = self.command[0]
        if not shutil.which(program):
            return Probe(False, why=f"The program {program} was not found. {self.install}".strip())
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
            except AgentFailed as failure:
                return Probe(False, why=f"{failure.message} {self.install}".strip())
        found = await self.check() if self.check else Probe(True)
        return replace(found, version=version)

    @asynccontextmanager
    async def _session(self, ground: Ground, patience: Patience) -> AsyncIterator[AcpSession]:
        """A session with a process that has greeted us."""
        argv = [_fill(word, self, ground) for word in self.command]
        extra = {key: _fill(value, self, ground) for key, value in self.env.items()}
        for name, template in self.files.items():
            _put(ground.home, name, _fill(template, self, ground))
        for name in self.login:
            if (source := Path.home() / name).is_file():
                _put(ground.home, name, source.read_text())
        session = AcpSession(
            self.name,
            ground.workspace,
            mode=self.mode,
            patience=patience,
            sign_in=self.sign_in,
            wiretap=self.wiretap,
        )
        started = await ground.launch(argv, environment(ground.home, extra))
        process = AgentProcess(started, session.log)
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


def _put(home: Path, name: str, content: str) -> None:
    """Write a file into the HOME where it is absent. An agent may have worked there before, so no link is followed."""
    try:
        files.read(home, name)
    except FileNotFoundError:
        files.write(home, name, content, mode=0o600)
    except OSError as problem:
        raise AgentFailed(f"{name} in the agent's HOME cannot be read: {problem.strerror}.") from problem
