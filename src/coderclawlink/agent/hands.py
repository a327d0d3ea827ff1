"""What the agent can do in its workspace: read, write, search, run. Nothing outside of it by a path.

Above: `mind`, which offers these to the model. Below: the file system and processes. A command can of course reach what
its user can: containing commands is for the sandbox around the agent.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import re
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from coderclawlink import clock

READ_LINES = 2000
FILE_BYTES = 2 * 1024 * 1024
LIST_ENTRIES = 500
OUTPUT_CHARACTERS = 30_000
LIVE_CHARACTERS = 4_000
LIVE_SECONDS = 0.1
_SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv", ".mypy_cache", ".ruff_cache"})


class CannotDo(Exception):
    """It cannot be done; the message is for the model."""


@dataclass(frozen=True)
class Change:
    """A file as it will be. `old` None: it is new. Paths are absolute."""

    path: Path
    old: str | None
    new: str


@dataclass(frozen=True)
class Ran:
    """A command's end. `output`: both streams, shortened in the middle; `code` negative for a signal, None: timed out."""

    output: str
    code: int | None


@dataclass(frozen=True)
class Hands:
    """Bound to one workspace. `root` is absolute, with its links resolved."""

    root: Path

    def find(self, path: str) -> Path:
        """The file meant. Raises `CannotDo` for what leads outside, also by a link, and for git's own folder."""
        try:
            found = (self.root / path).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise CannotDo(f"{path!r} is not a path: {error}.") from error
        if not found.is_relative_to(self.root):
            raise CannotDo(f"{path!r} is outside of the workspace.")
        if ".git" in found.relative_to(self.root).parts:
            raise CannotDo("The .git folder is not to be touched; use git.")
        return found

    def read_file(self, path: str, first_line: int, lines: int) -> str:
        """Lines with their numbers. `first_line` counts from 1."""
        text = self._text(self.find(path), path).splitlines()
        start = max(first_line, 1) - 1
        chosen = text[start : start + max(min(lines, READ_LINES), 1)]
        if not chosen:
            return f"({path} has {len(text)} lines.)"
        shown = "\n".join(f"{number:6}\t{line}" for number, line in enumerate(chosen, start + 1))
        more = len(text) - start - len(chosen)
        return f"{shown}\n({more} more lines)" if more > 0 else shown

    def plan_write(self, path: str, content: str) -> Change:
        """What writing the whole file would change."""
        found = self.find(path)
        if found.is_dir():
            raise CannotDo(f"{path} is a folder.")
        return Change(found, self._text(found, path) if found.exists() else None, content)

    def plan_edit(self, path: str, old_text: str, new_text: str, every: bool) -> Change:
        """What replacing an exact text would change. It must be there, and once only unless `every`."""
        found = self.find(path)
        before = self._text(found, path)
        count = before.count(old_text) if old_text else 0
        if count == 0:
            raise CannotDo(f"The old text is not in {path}; read the file and copy it exactly.")
        if count > 1 and not every:
            raise CannotDo(f"The old text is in {path} {count} times; give more of its surroundings, or set every.")
        return Change(found, before, before.replace(old_text, new_text))

    def apply(self, change: Change) -> None:
        """Do what was planned. Raises `CannotDo` when the file has changed since, or cannot be written."""
        path = str(change.path.relative_to(self.root))
        found = self.find(path)
        now = self._text(found, path) if found.exists() else None
        if now != change.old:
            raise CannotDo(f"{path} has changed in the meantime; look at it again.")
        try:
            found.parent.mkdir(parents=True, exist_ok=True)
            found.write_text(change.new, encoding="utf-8", newline="")
        except (OSError, UnicodeEncodeError) as error:
            raise CannotDo(f"{path} cannot be written: {error}.") from error

    def list_files(self, path: str) -> str:
        """All files below a folder, a line each; what is generated or downloaded is left out."""
        start = self.find(path)
        if not start.is_dir():
            raise CannotDo(f"{path} is not a folder.")
        found: list[str] = []
        for folder, folders, files in os.walk(start):
            folders[:] = sorted(name for name in folders if name not in _SKIPPED)
            found += [str((Path(folder) / name).relative_to(self.root)) for name in sorted(files)]
            if len(found) > LIST_ENTRIES:
                return "\n".join([*found[:LIST_ENTRIES], f"(more than {LIST_ENTRIES} files; list a folder)"])
        return "\n".join(found) or "(no files)"

    async def search(self, pattern: str, path: str) -> str:
        """Lines that match an extended regular expression, with file and number."""
        where = self.find(path).relative_to(self.root)
        skipped = [f"--exclude-dir={name}" for name in sorted(_SKIPPED)]
        argv = ["grep", "-rnIE", *skipped, "-e", pattern, "--", str(where)]
        ran = await _run(argv, self.root, 20, _nobody)
        if ran.code is None:
            raise CannotDo("The search took longer than 20 s; search a smaller folder.")
        if ran.code > 1:
            raise CannotDo(ran.output.strip())
        return re.sub(r"^\./", "", ran.output.strip(), flags=re.MULTILINE) or "(no matches)"

    async def run(self, command: str, timeout_seconds: float, on_output: Callable[[str], Awaitable[None]]) -> Ran:
        """Run a shell command in the workspace. `on_output` is told the tail of its output so far, now and then.

        When this ends, by itself, by its timeout or by cancellation, the command's process group is gone.
        """
        return await _run(["bash", "-c", command], self.root, timeout_seconds, on_output)

    def _text(self, found: Path, path: str) -> str:
        try:
            if found.stat().st_size > FILE_BYTES:
                raise CannotDo(f"{path} is larger than 2 MiB; look at parts of it with a command.")
            with found.open(encoding="utf-8", newline="") as file:
                return file.read()
        except UnicodeDecodeError as error:
            raise CannotDo(f"{path} is not a text file.") from error
        except OSError as error:
            raise CannotDo(f"{path}: {error.strerror}.") from error


async def _nobody(text: str) -> None:
    pass


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """What a command sees: all but the agent's own keys and addresses of models."""
    return {key: value for key, value in given.items() if not re.match(r"(ANTHROPIC|OPENAI|OLLAMA)_", key)}


async def _run(argv: list[str], cwd: Path, timeout_seconds: float, on_output: Callable[[str], Awaitable[None]]) -> Ran:
    loop = asyncio.get_running_loop()
    output = asyncio.StreamReader()
    # A pipe of our own and not the process's, so that it can be closed while a process that fled still holds its end.
    inlet, outlet = os.pipe()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(output), os.fdopen(inlet, "rb", 0))
    try:
        try:
            process = await _start(argv, cwd, outlet)
        finally:
            os.close(outlet)
        heard = _Heard()
        timed_out = False
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(_listen(output, heard, on_output))
            try:
                async with clock.timeout(timeout_seconds):
                    await process.wait()
            except TimeoutError:
                timed_out = True
            finally:
                # Also after a good end: what it left in the background would hold the pipe and outlive the turn.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                code = await process.wait()
            await asyncio.wait([listening], timeout=0.5)  # what is left in the pipe
            listening.cancel()
    finally:
        pipe.close()
    return Ran(heard.text(), None if timed_out else code)


async def _start(argv: list[str], cwd: Path, output: int) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env=environment(os.environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise CannotDo(f"{argv[0]} could not be started: {error}.") from error


class _Heard:
    """The beginning and the end of what a command said."""

    def __init__(self) -> None:
        self.head = ""
        self.tail = ""
        self.lost = 0

    def add(self, text: str) -> None:
        room = OUTPUT_CHARACTERS // 2 - len(self.head)
        self.head += text[:room]
        self.tail += text[room:] if room > 0 else text
        if (over := len(self.tail) - OUTPUT_CHARACTERS // 2) > 0:
            self.lost += over
            self.tail = self.tail[over:]

    def text(self) -> str:
        return self.head + (f"\n… {self.lost} characters left out …\n" if self.lost else "") + self.tail


async def _listen(output: asyncio.StreamReader, heard: _Heard, on_output: Callable[[str], Awaitable[None]]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    told = 0.0
    while data := await output.read(65536):
        heard.add(decoder.decode(data))
        if time.monotonic() - told >= LIVE_SECONDS:
            await on_output((heard.head + heard.tail)[-LIVE_CHARACTERS:])
            told = time.monotonic()
    heard.add(decoder.decode(b"", final=True))
