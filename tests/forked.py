"""The command in a process of its own, made by forking one that has imported it already.

An interpreter's start and imports cost half a second of a core for each command and two for a hub, most of what these tests took. The
process has the words, environment, folder and streams that are given and ends with the command's exit code. Above: the tests of the command
and of the page; those of starting and of crashes begin whole interpreters.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_LAZY = ("cli.hosting", "cli.hub", "cli.configured", "cli.agent_shapes", "settings", "events")
"""What a command imports when it needs it."""
_CONTEXT.set_forkserver_preload(
    [__name__, "httpcore2", "coderclawlink.cli.main", *(f"coderclawlink.{name}" for name in _LAZY)]
)


def run(
    words: Sequence[str], env: Mapping[str, str], stdin: str, cwd: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run `clawlink` with these words to its end. Raises `subprocess.TimeoutExpired`, after which it is gone."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin, encoding="utf-8")
        process = _CONTEXT.Process(target=_carry_out, args=([*words], {**env}, cwd, streams))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([*words], seconds)
        code = process.exitcode
        process.close()
        said, complaints = (stream.read_text(encoding="utf-8") for stream in streams[1:])
    return subprocess.CompletedProcess([*words], code, said, complaints)


class Started:
    """A command that goes on, with what `subprocess.Popen` calls the same."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], cwd: Path, output: Path) -> None:
        """It is a session of its own; what it says on both streams is added to the file `output`."""
        streams = [Path(os.devnull), output, output]
        self._process = _CONTEXT.Process(target=_carry_out, args=([*words], {**env}, cwd, streams, True))
        self._process.start()
        self.pid = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """As of the last look by `poll` or `wait`; negative: the number of the signal that ended it."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        if (code := self._process.exitcode) is None:
            raise subprocess.TimeoutExpired("clawlink", timeout or 0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _carry_out(words: list[str], env: dict[str, str], cwd: Path, streams: list[Path], alone: bool = False) -> None:
    if alone:
        os.setsid()
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for number, stream in enumerate(streams):
        opened = os.open(stream, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)
    sys.argv = ["clawlink", *words]
    from coderclawlink.cli.main import main

    main()
