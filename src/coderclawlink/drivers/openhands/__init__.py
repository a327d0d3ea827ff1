"""The driver for OpenHands, once called OpenDevin: its agent server, run by somebody else behind a URL, or by us for each attempt.

    server       the server's interface: requests, and the socket of events
    session      the conversation: ask, answer, stop; what may be done
    translate    its events into ours, pure
    beginning    what a conversation is begun with, pure; and where its memory moves to
    start        the server on a unix socket, in the attempt's sandbox

Above: the catalogue. A server on this machine shares our files and works in the checkout; one elsewhere works on files of its own
and is told so. Our own is gone when the session is closed; another's is only left.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from coderclawlink import clock
from coderclawlink.configuration import AgentConfiguration, McpServer, Mode
from coderclawlink.drivers.acp.permissions import Permissions
from coderclawlink.drivers.acp.process import AgentProcess, environment
from coderclawlink.drivers.acp.told import Told
from coderclawlink.drivers.acp.translate import part, text
from coderclawlink.drivers.base import Ground, Job, Probe
from coderclawlink.drivers.errors import AgentFailed
from coderclawlink.drivers.here import is_here
from coderclawlink.drivers.models.wires import Wire
from coderclawlink.drivers.openhands import beginning
from coderclawlink.drivers.openhands.server import Address, Refused, Server, reach, status
from coderclawlink.drivers.openhands.session import OpenHandsSession, Patience, Wiretap
from coderclawlink.events import AgentLog
from coderclawlink.rules import Rule

PROBE_SECONDS = 5.0
INSTALL = (
    "Install it with Python 3.12 or newer (pip install openhands-agent-server==1.58.0) and name its program agent-server in "
    "CLAWLINK_OPENHANDS, or set OPENDEVIN_API_URL."
)
_START = Path(__file__).with_name("start.py")
_LOOK_SECONDS = 0.05
_REMEMBER_SECONDS = {True: 300.0, False: 30.0}
_VERSION = "from importlib.metadata import version; print(version('openhands-agent-server'))"
_OWN = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it is fetched from the internet
    "OPENHANDS_SUPPRESS_BANNER": "1",
    "OH_ENABLE_VSCODE": "false",
    "OH_PRELOAD_TOOLS": "false",
    "OH_LEASE_TTL_SECONDS": "0",  # the attempt before has not given its conversation back when it was killed
    "LOG_LEVEL": "CRITICAL",  # what goes wrong comes as an event
}


@dataclass(eq=False)
class OpenHandsDriver:
    """OpenHands. The port's `Driver`.

    `url`: of a server that somebody runs, `key` what that wants to be shown; without a URL, `program` is started. `wire`: on which
    its model is reached, of those the ground offers. `mode` says what happens where no rule decides. `check`: asked by `probe`
    once the server or the program has been found.
    """

    name: str
    url: str = ""
    key: str = field(default="", repr=False)
    program: str = "agent-server"
    description: str = "OpenHands, the open agent once called OpenDevin"
    capabilities: tuple[str, ...] = ("edit", "run", "ask")
    wire: Wire | None = None
    model: str = ""
    mode: Mode = "auto"
    instructions: str = ""
    rules: tuple[Rule, ...] = ()
    mcp_servers: tuple[McpServer, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[], Awaitable[Probe]] | None = None
    patience: Patience = field(default_factory=Patience)
    wiretap: Wiretap | None = None
    _probe: Probe | None = field(default=None, init=False, repr=False)
    _probed_at: float = field(default=0.0, init=False, repr=False)

    @property
    def reached(self) -> str:
        return self.url or shutil.which(self.program) or self.program

    @property
    def needs_checkout(self) -> bool:
        return not self.url or is_here(self.url)

    def configured(self, configuration: AgentConfiguration) -> OpenHandsDriver:
        said = AgentConfiguration.model_construct(
            model=self.model or None,
            mode=self.mode,
            instructions=self.instructions or None,
            env=dict(self.env),
            mcp_servers=self.mcp_servers,
            rules=self.rules,
        ).under(configuration)
        return replace(
            self,
            model=said.model or "",
            mode=said.mode or self.mode,
            instructions=said.instructions or "",
            env=said.env,
            mcp_servers=said.mcp_servers,
            rules=said.rules,
        )

    async def probe(self) -> Probe:
        """Ask the server, or its program's Python for its version; the server itself takes too long to start. The finding is
        remembered: five minutes if good, half a minute if not."""
        if self._probe and time.monotonic() - self._probed_at < _REMEMBER_SECONDS[self._probe.available]:
            return self._probe
        found = await (self._ask_server() if self.url else self._ask_program())
        if found.available and self.check:
            found = replace(await self.check(), version=found.version)
        self._probe, self._probed_at = found, time.monotonic()
        return found

    async def _ask_server(self) -> Probe:
        try:
            async with clock.timeout(PROBE_SECONDS), reach(Address(self.url, self.key)) as server:
                version = beginning.version(await server.information())
                await server.conversation(beginning.NOBODY)  # that wants the key
        except Refused as refusal:
            return Probe(False, why=refusal.message, signed_in=False if refusal.status in (401, 403) else None)
        except TimeoutError:
            return Probe(False, why=f"{self.url} did not answer within {PROBE_SECONDS:g} s.")
        return Probe(True, version=version, signed_in=True if self.key else None)

    async def _ask_program(self) -> Probe:
        try:
            python = self._python()
        except AgentFailed as failure:
            return Probe(False, why=f"{failure.message} {INSTALL}")
        process = await asyncio.create_subprocess_exec(
            python, "-I", "-c", _VERSION, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with clock.timeout(PROBE_SECONDS):
                said, _ = await process.communicate()
        except TimeoutError:
            return Probe(False, why=f"{python} did not answer within {PROBE_SECONDS:g} s.")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            return Probe(False, why=f"{python}, beside {self.program}, has no openhands-agent-server. {INSTALL}")
        return Probe(True, version=f"openhands {said.decode().strip()}")

    def _python(self) -> str:
        """The Python that the program is installed for. Raises `AgentFailed`."""
        program = shutil.which(self.program)
        if program is None:
            raise AgentFailed(f"The program {self.program} was not found.")
        python = Path(program).resolve().parent / "python"
        if not python.exists():
            raise AgentFailed(f"{program} is not in an environment of Python: there is no {python}.")
        return str(python)

    # ── opening ───────────────────────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def open(self, job: Job, ground: Ground) -> AsyncIterator[OpenHandsSession]:
        # Entered and left by hand: as a context manager the group would wrap what the user of the session raises.
        tasks = asyncio.TaskGroup()
        await tasks.__aenter__()
        try:
            async with AsyncExitStack() as stack:
                told, process = Told(), None
                if self.url:
                    server = await stack.enter_async_context(reach(Address(self.url, self.key)))
                else:
                    server, process = await stack.enter_async_context(self._own_server(tasks, job, ground, told))
                session = await self._converse(server, process, job, ground, told)
                stack.push_async_callback(session.close)
                await session.attach(tasks)
                yield session
        finally:
            await tasks.__aexit__(None, None, None)

    async def _converse(
        self, server: Server, process: AgentProcess | None, job: Job, ground: Ground, told: Told
    ) -> OpenHandsSession:
        """Take up the conversation of the job, or begin a new one."""
        here = self.needs_checkout
        root = str(ground.workspace) if here else f"workspace/{job.run}"
        if self.url and here and not await server.sees(root):
            raise AgentFailed(
                f"The OpenHands server at {self.url} does not see this machine's files (it has no {root}), as when it runs in "
                "a container. Let it see them under the same path, or name its program in CLAWLINK_OPENHANDS."
            )
        llm = beginning.llm(self.model, self.wire, ground.models) if here else None
        asks = self.mode == "ask" or any(rule.effect != "allow" for rule in self.rules)
        policy = "AlwaysConfirm" if asks else "NeverConfirm"
        where = "" if process else root  # the memory of our own has moved along
        resumed = bool(job.session) and await self._take_up(server, job.session, where, llm, policy, told)
        id = job.session
        if not resumed:
            profile = "" if llm else await server.active_profile()
            if not llm and not profile:
                raise AgentFailed(
                    f"{self.name} has no model: set ANTHROPIC_API_KEY, OPENAI_API_KEY or OLLAMA_BASE_URL."
                )
            note = "" if here else beginning.elsewhere(root, job.context)
            said = "\n\n".join(filter(None, (self.instructions, note)))
            began = await server.begin(beginning.body(root, policy, llm, profile, said, self.mcp_servers))
            id = text(began, "id")
        return OpenHandsSession(
            server,
            id,
            ground,
            root,
            Permissions(self.mode, self.rules),
            told,
            asks=asks,
            version=beginning.version(await server.information()),
            resumed=resumed,
            patience=self.patience,
            process=process,
            note=f"Your files are in {root} now." if resumed and process else "",
            wiretap=self.wiretap,
        )

    async def _take_up(
        self, server: Server, id: str, root: str, llm: Mapping[str, object] | None, policy: str, told: Told
    ) -> bool:
        """Make an earlier conversation ready to go on, if it is one of the folder `root`, or of any. False: it is not
        remembered, and that is told."""
        earlier = await server.conversation(id) if beginning.is_id(id) else None
        if earlier is None or root not in ("", text(part(earlier, "workspace"), "working_dir")):
            told.put(AgentLog(text="OpenHands does not remember the conversation; it begins a new one."), bounded=False)
            return False
        if status(earlier) == "running":
            await server.interrupt(id)
        # What was never answered would count as allowed with the next prompt.
        await server.refuse(id, "Nobody has answered.")
        if llm:
            await server.switch_model(id, llm)
        await server.set_policy(id, policy)
        return True

    @asynccontextmanager
    async def _own_server(
        self, tasks: asyncio.TaskGroup, job: Job, ground: Ground, told: Told
    ) -> AsyncIterator[tuple[Server, AgentProcess]]:
        """A server of our own in the sandbox. Killed at the end, with all that it has started."""
        if beginning.is_id(job.session):
            beginning.move_memory(ground.home, job.session, ground.workspace)
        key, socket = secrets.token_urlsafe(24), f".openhands-{secrets.token_hex(4)}"
        env = {
            **_OWN,
            **self.env,
            "TMUX_TMPDIR": str(ground.home),
            "OH_SESSION_API_KEYS_0": key,
            # The same for all attempts of a run, because it is what the memory in its HOME is sealed with.
            "OH_SECRET_KEY": hashlib.sha256(f"coderclawlink {job.run}".encode()).hexdigest(),
        }
        started = await ground.launch(
            [self._python(), "-I", "-W", "ignore", str(_START), socket], environment(ground.home, env)
        )
        process = AgentProcess(started, lambda lines: told.put(AgentLog(text=lines), bounded=False))
        process.watch(tasks)
        tasks.create_task(_drain(process))
        try:
            async with AsyncExitStack() as stack:
                try:
                    async with clock.timeout(self.patience.start):
                        place = stack.enter_context(await _socket(ground.home / socket, process))
                        server = await stack.enter_async_context(reach(Address("http://openhands", key, place)))
                        await _ready(server, process)
                except TimeoutError:
                    words = process.last_words()
                    said = f" Its last words: {words}" if words else ""
                    raise AgentFailed(f"OpenHands did not start within {self.patience.start:g} s.{said}") from None
                yield server, process
        finally:
            await process.end(0)
            (ground.home / socket).unlink(missing_ok=True)


async def _drain(process: AgentProcess) -> None:
    """What the server prints becomes log lines; its output is no protocol."""
    while await process.receive() is not None:
        pass


async def _socket(path: Path, process: AgentProcess) -> AbstractContextManager[str]:
    """Wait for the server's socket, and give a short path to this very socket, whatever is put in its place later."""
    while True:
        if process.ended.is_set():
            raise AgentFailed(await process.obituary("OpenHands"))
        with suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
            if stat.S_ISSOCK(os.fstat(place).st_mode):
                return _held(place)
            os.close(place)
            raise AgentFailed("OpenHands has made something else of its socket.")
        await asyncio.sleep(_LOOK_SECONDS)


@contextmanager
def _held(place: int) -> Iterator[str]:
    try:
        yield f"/proc/self/fd/{place}"
    finally:
        os.close(place)


async def _ready(server: Server, process: AgentProcess) -> None:
    while True:
        try:
            await server.information()
        except Refused as refusal:
            if refusal.status:
                raise
        else:
            return
        if process.ended.is_set():
            raise AgentFailed(await process.obituary("OpenHands"))
        await asyncio.sleep(_LOOK_SECONDS)
