"""Contained processes: started inside a sandbox, heard through pipes, and gone with all they started.

Above: `node.execute`, whose drivers start agents through here. Below: `workspaces.sandbox`. Between us and the agent's program
stands the launcher (`workspaces/sandbox/launch.py`). All processes but the agent's own hold the other end of the channel to it:
that it is closed means that none of them is left, and the launcher is the last to go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coderclawlink import clock
from coderclawlink.drivers.errors import CannotStart
from coderclawlink.workspaces.sandbox import base, launch
from coderclawlink.workspaces.sandbox.base import Confinement, Sandbox

log = logging.getLogger(__name__)

LINE_BYTES = 64 << 20
"""How long a line of an agent may be: ACP sends whole files in one."""
_START_SECONDS = 20.0
_LAUNCHER_SECONDS = 0.3
_KILL_SECONDS = 0.9
_LOOK_SECONDS = 0.02
_ORPHAN_LOOKS = 20


class _Channel(asyncio.Protocol):
    """Our end of the channel to the launcher."""

    def __init__(self) -> None:
        self.started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """The launcher's first word with what follows it; EOFError when it never said one."""
        self.closed = asyncio.Event()
        self.exit_code: int | None = None
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            words = line.decode(errors="replace")
            if words.startswith("exit "):
                self.exit_code = int(words.removeprefix("exit "))
            elif not self.started.done():
                self.started.set_result(words)

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.started.done():
            self.started.set_exception(EOFError())
            self.started.exception()  # Looked at, for when nobody waits for it any more.
        self.closed.set()


@dataclass(frozen=True)
class _Pipes:
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    transports: tuple[asyncio.BaseTransport, ...]

    def close(self) -> None:
        for transport in self.transports:
            transport.close()


class Contained:
    """A process in a sandbox, as `drivers.base.Process` wants it. Its streams hold lines up to 64 MiB.

    `kill()` it also when it has ended by itself: that closes its pipes.
    """

    def __init__(
        self,
        popen: subprocess.Popen[bytes],
        pipes: _Pipes,
        channel: _Channel,
        lifeline: asyncio.WriteTransport,
        home: Path,
        tidy: Callable[[], None],
    ) -> None:
        self.pid = popen.pid
        self.stdin = pipes.stdin
        self.stdout = pipes.stdout
        self.stderr = pipes.stderr
        self._popen = popen
        self._pipes = pipes
        self._channel = channel
        self._lifeline = lifeline
        self._home = home
        self._tidy = tidy
        self._buried = False

    async def wait(self) -> int:
        """The exit code, once nothing of it is left; negative for a signal."""
        await self._channel.closed.wait()
        await self._bury()
        return -signal.SIGKILL if self._channel.exit_code is None else self._channel.exit_code

    async def kill(self) -> None:
        """End it and all its descendants. Returns when none is left: in some milliseconds, after 0.9 s at most.

        Safe to call twice. A caller that is cancelled in here has ended it all the same.
        """
        if not self._lifeline.is_closing():
            self._lifeline.write_eof()
        if not await self._is_gone(_LAUNCHER_SECONDS):
            await self._insist()
        if self._channel.closed.is_set():
            await self._bury()
        self._pipes.close()

    async def _insist(self) -> None:
        """The launcher does not do it, as an agent without a sandbox can bring about by stopping it: do its work here."""
        now = asyncio.get_running_loop().time
        deadline = now() + _KILL_SECONDS - _LAUNCHER_SECONDS
        while now() < deadline:
            for pid in launch.descendants(self.pid):
                launch.kill(pid)
            if await self._is_gone(_LOOK_SECONDS):
                return
        launch.kill(self.pid)
        if not await self._is_gone(0.1):
            log.error("Process %d could not be ended with all it started.", self.pid)

    async def _is_gone(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with clock.timeout(seconds):
                await self._channel.closed.wait()
        return self._channel.closed.is_set()

    async def _bury(self) -> None:
        """Take the last traces away. The process has closed the channel, which is the last it does: no long wait."""
        if self._buried:
            return
        self._popen.wait()
        if self._channel.exit_code is None:
            # The launcher itself was killed, perhaps by its agent: what it watched over is now nobody's child.
            for _ in range(_ORPHAN_LOOKS):
                if not (left := launch.living_at(self._home)):
                    break
                for pid in left:
                    launch.kill(pid)
                await asyncio.sleep(_LOOK_SECONDS)
        self._tidy()
        self._buried = True


async def start(argv: Sequence[str], env: Mapping[str, str], confinement: Confinement, sandbox: Sandbox) -> Contained:
    """Start `argv` in the sandbox with exactly this environment, HOME apart, in the confinement's workspace.

    Raises `CannotStart` with the reason when the program is missing, or does not start, or the sandbox fails. Nothing is
    left behind then, nor when the caller is cancelled.
    """
    program = _find(argv[0], env, confinement.workspace)
    try:
        enclosure = sandbox.enclose(confinement, program, env.get("PATH", os.defpath))
    except OSError as problem:
        raise CannotStart(f"The workspace could not be made ready for {sandbox.name}: {problem}") from problem
    with contextlib.ExitStack() as undo:
        undo.callback(enclosure.tidy)
        theirs, lifeline, channel, pipes = await _open(undo)
        with theirs:
            try:
                # A fork, as asyncio's own would be; but its wait() hangs while pipes are unread.
                popen = subprocess.Popen(  # noqa: ASYNC220
                    [*enclosure.prefix, *base.launcher(theirs.channel)],
                    cwd="/",
                    env={"PATH": os.environ.get("PATH", os.defpath)},
                    pass_fds=(theirs.channel,),
                    stdin=theirs.stdin,
                    stdout=theirs.stdout,
                    stderr=theirs.stderr,
                    start_new_session=True,
                )
            except OSError as problem:
                raise CannotStart(f"{sandbox.name} could not be started: {problem}") from problem
        undo.pop_all()
    process = Contained(popen, pipes, channel, lifeline, confinement.home, enclosure.tidy)
    started = False
    try:
        lifeline.write(base.instructions(argv, program, env, confinement, enclosure))
        async with clock.timeout(_START_SECONDS):
            word = await channel.started
        if word != "up":
            raise CannotStart(word.removeprefix("failed "))
        started = True
    except EOFError:
        words = (await process.stderr.read(1 << 16)).decode(errors="replace").strip()
        raise CannotStart(f"{sandbox.name} failed: {words[-1000:] or 'without a word'}") from None
    except TimeoutError:
        raise CannotStart(f"{argv[0]} did not start within {_START_SECONDS:g} s.") from None
    finally:
        if not started:
            await process.kill()
    return process


def _find(command: str, env: Mapping[str, str], workspace: Path) -> Path:
    if "/" in command:
        path = Path(os.path.abspath(workspace / command))
        if not path.exists():
            raise CannotStart(f"There is no program {path}.")
        if not path.is_file() or not os.access(path, os.X_OK):
            raise CannotStart(f"{path} is not an executable file.")
        return path
    if (found := base.find_program(command, env)) is None:
        raise CannotStart(f"There is no program {command!r} on the PATH {env.get('PATH', os.defpath)!r}.")
    return found


@dataclass(frozen=True)
class _FarEnds:
    """What the launcher inherits, as descriptors; ours to close once it has."""

    channel: int
    stdin: int
    stdout: int
    stderr: int

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        for descriptor in (self.channel, self.stdin, self.stdout, self.stderr):
            os.close(descriptor)


async def _open(undo: contextlib.ExitStack) -> tuple[_FarEnds, asyncio.WriteTransport, _Channel, _Pipes]:
    """Open the channel and the pipes, and leave with `undo` what closes them.

    All that is waited for is done before the process is there, so that a cancelled start has nothing to kill.
    """
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    far = [theirs.detach()]
    transports: list[asyncio.BaseTransport] = []
    with contextlib.ExitStack() as undo_far:
        undo_far.callback(os.close, far[0])
        lifeline, channel = await loop.create_connection(_Channel, sock=ours)
        undo.callback(lifeline.close)
        descriptor, near = os.pipe()
        far.append(descriptor)
        undo_far.callback(os.close, descriptor)
        writing, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(near, "wb", 0)
        )
        undo.callback(writing.close)
        readers: list[asyncio.StreamReader] = []
        for _ in ("stdout", "stderr"):
            near, descriptor = os.pipe()
            far.append(descriptor)
            undo_far.callback(os.close, descriptor)
            reader = asyncio.StreamReader(LINE_BYTES)
            reading, _ = await loop.connect_read_pipe(
                partial(asyncio.StreamReaderProtocol, reader), os.fdopen(near, "rb", 0)
            )
            undo.callback(reading.close)
            transports.append(reading)
            readers.append(reader)
        undo_far.pop_all()
    stdin = asyncio.StreamWriter(writing, protocol, None, loop)
    return _FarEnds(*far), lifeline, channel, _Pipes(stdin, readers[0], readers[1], (writing, *transports))
