"""The agent's program as a process: its messages, its complaints, its death.

Above: the connection, which takes this as the transport of its JSON-RPC. Below: the port's `Process`, contained by others.
Only JSON objects that mean something to JSON-RPC get through; the rest of what a program prints is told as log lines,
because one stray line must not end a conversation. Its standard error is always drained, or a chatty agent stands still.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from coderclawlink import clock
from coderclawlink.drivers.base import Process
from coderclawlink.drivers.errors import CannotStart

LONGEST_MESSAGE = 64 * 1024 * 1024
"""Bytes of one line on standard output; a longer one is dropped, and told."""
LOGGED = 200_000
"""Characters of log lines told in one session; the ring of last words goes on beyond it."""
LAST_WORDS = 2_000
"""Characters of standard error that are told with an error."""

_READ_BYTES = 256 * 1024
_INHERITED = frozenset({"PATH", "LANG", "LANGUAGE", "TERM", "TZ"})


def environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of an agent: a few variables of ours by name, its own HOME, and `extra`. No secret of ours."""
    inherited = {key: value for key, value in os.environ.items() if key in _INHERITED or key.startswith("LC_")}
    return {**inherited, "HOME": str(home), **extra}


class AgentProcess:
    """A started agent. It is the transport (`send`, `receive`, `close`) that the ACP library asks for.

    `tell` hears each batch of whole lines that are no messages. While `room` is not set, the agent is read no further. Call
    `watch` once; call `end` at the end, always.
    """

    def __init__(self, process: Process, tell: Callable[[str], None], room: asyncio.Event | None = None) -> None:
        self.exit_code: int | None = None
        self.ended = asyncio.Event()
        """Set when the program is gone and so are its descendants."""
        self._process = process
        self._tell = tell
        self._ring: deque[str] = deque()
        self._ring_size = 0
        self._logged = 0
        self._lines = _Lines(process.stdout)
        self._watchers: tuple[asyncio.Task[None], ...] = ()
        self._silent = asyncio.Event()
        self._room = room

    def watch(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to drain standard error and to wait for the program's death, as tasks of `tasks` until `end`."""
        self._watchers = (tasks.create_task(self._drain()), tasks.create_task(self._await_death()))

    async def receive(self) -> dict[str, Any] | None:
        """The next message, or None when no more will come."""
        while True:
            if self._room:
                await self._room.wait()
            try:
                line = await self._lines.read()
            except ValueError as problem:
                self._log(str(problem))
                continue
            if line is None:
                self._silent.set()
                return None
            if not line.strip():
                continue
            message = _message(line)
            if message is not None:
                return message
            self._log(line.decode(errors="replace").rstrip())

    async def send(self, message: dict[str, Any]) -> None:
        """Write one message. Raises `ConnectionError` when the agent no longer listens and the message is ours to ask."""
        line = json.dumps(message, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"
        try:
            if self._process.stdin.is_closing():
                raise ConnectionResetError
            self._process.stdin.write(line)
            await self._process.stdin.drain()
        except ConnectionError:
            # An answer that nobody waits for any more is not worth an error.
            if "method" in message:
                raise ConnectionError("The agent no longer listens.") from None

    async def close(self) -> None:
        """Tell the agent that nothing more will be said. A well-behaved one ends itself."""
        self._process.stdin.close()

    async def end(self, grace_seconds: float) -> None:
        """Close its input, give it `grace_seconds` to go, then kill it and everything it started. Safe to call twice."""
        await self.close()
        try:
            async with clock.timeout(grace_seconds):
                await self.ended.wait()
        except TimeoutError:
            pass
        finally:
            await self._process.kill()
        with contextlib.suppress(TimeoutError):
            async with clock.timeout(0.3):
                await self.ended.wait()
        for watcher in self._watchers:
            watcher.cancel()

    async def obituary(self, name: str) -> str:
        """How the agent ended, for people: exit code or signal, and the last of its standard error."""
        with contextlib.suppress(TimeoutError):
            async with clock.timeout(1):
                await self.ended.wait()
        match self.exit_code:
            case None:
                how = f"{name} closed its output without ending"
            case code if code < 0:
                how = f"{name} was killed by {_signal_name(-code)}"
            case code:
                how = f"{name} ended by itself with exit code {code}"
        words = self.last_words()
        return f"{how}. Its last words: {words}" if words else f"{how}."

    def last_words(self) -> str:
        """The end of its standard error, at most `LAST_WORDS` characters."""
        return "".join(self._ring)[-LAST_WORDS:].strip()

    async def _await_death(self) -> None:
        self.exit_code = await self._process.wait()
        # What it had still said is read first; but a child that inherited the pipes must not keep us waiting for more.
        with contextlib.suppress(TimeoutError):
            async with clock.timeout(0.2):
                await self._silent.wait()
        await self._process.kill()
        self.ended.set()

    async def _drain(self) -> None:
        rest = ""
        while data := await self._process.stderr.read(_READ_BYTES):
            said = data.decode(errors="replace")
            self._remember(said)
            lines, newline, unfinished = (rest + said).rpartition("\n")
            if newline:
                self._log(lines)
            # A "line" without an end is not collected for ever.
            rest = unfinished[-LOGGED:]
        if rest:
            self._log(rest)

    def _remember(self, said: str) -> None:
        self._ring.append(said)
        self._ring_size += len(said)
        while len(self._ring) > 1 and self._ring_size - len(self._ring[0]) >= LAST_WORDS:
            self._ring_size -= len(self._ring.popleft())

    def _log(self, lines: str) -> None:
        if self._logged >= LOGGED or not lines.strip():
            return
        lines = lines[: LOGGED - self._logged]
        self._logged += len(lines)
        self._tell(lines)
        if self._logged >= LOGGED:
            self._tell("The agent's program writes so much that the rest is not kept.")


class _Lines:
    """Lines of any length up to `LONGEST_MESSAGE`, whatever the limit of the stream."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream
        self._ready: deque[bytes] = deque()
        self._pieces: list[bytes] = []
        self._size = 0

    async def read(self) -> bytes | None:
        """The next line, the last one perhaps without its newline; None at the end. Raises ValueError: it was too long."""
        while not self._ready:
            data = await self._stream.read(_READ_BYTES)
            if not data:
                rest, self._pieces = b"".join(self._pieces), []
                return rest or None
            first, *more = data.split(b"\n")
            self._pieces.append(first)
            self._size += len(first)
            if more:
                too_long = self._size > LONGEST_MESSAGE
                whole = b"" if too_long else b"".join(self._pieces)
                self._pieces = [more[-1]]
                self._size = len(more[-1])
                self._ready.extend([whole, *more[:-1]])
                if too_long:
                    raise ValueError(
                        f"The agent said something longer than {LONGEST_MESSAGE} bytes, which was dropped."
                    )
            elif self._size > LONGEST_MESSAGE:
                # Forget it, yet go on counting until its end.
                self._pieces = []
        return self._ready.popleft()


def _message(line: bytes) -> dict[str, Any] | None:
    """The JSON-RPC message in this line, put right where agents are known to differ; None when there is none in it."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    if "method" in message:
        return message if isinstance(message["method"], str) else None
    # An answer. We number our requests, and some agents give the number back as a string.
    id = message.get("id")
    if isinstance(id, str) and id.isdecimal():
        message["id"] = id = int(id)
    if not isinstance(id, int):
        return None
    error = message.get("error")
    if "result" not in message and not isinstance(error, dict):
        message["error"] = {"code": -32603, "message": str(error or "The agent answered nothing.")}
    return message


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class _Streams(asyncio.subprocess.SubprocessStreamProtocol):
    """Knows when the process itself has ended: asyncio's own wait() also waits for pipes that a child keeps open."""

    def __init__(self) -> None:
        super().__init__(limit=_READ_BYTES, loop=asyncio.get_running_loop())
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()


class UncontainedProcess:
    """A process in a group of its own: killed with all of that group. For looking at agents, not for letting them work."""

    def __init__(self, transport: asyncio.SubprocessTransport, streams: _Streams) -> None:
        if not (streams.stdin and streams.stdout and streams.stderr):
            raise CannotStart("A process was started without its pipes.")
        self.pid = transport.get_pid()
        self.stdin, self.stdout, self.stderr = streams.stdin, streams.stdout, streams.stderr
        self._transport = transport
        self._exited = streams.exited

    async def wait(self) -> int:
        await self._exited.wait()
        code = self._transport.get_returncode()
        return -1 if code is None else code

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        await self._exited.wait()
        self._transport.close()


async def start_uncontained(argv: Sequence[str], env: Mapping[str, str], workspace: Path) -> UncontainedProcess:
    """Start argv in `workspace` with exactly this environment. Raises `CannotStart`."""
    try:
        transport, streams = await asyncio.get_running_loop().subprocess_exec(
            _Streams, *argv, env=dict(env), cwd=workspace, start_new_session=True
        )
    except OSError as problem:
        raise CannotStart(f"{argv[0]} could not be started: {problem.strerror}.") from problem
    return UncontainedProcess(transport, streams)
