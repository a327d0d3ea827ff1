"""The command in a process of its own, made by forking one that has imported it already.

An interpreter's start and imports cost half a second of a core for each command, most of what these tests took. The process has the
words, environment, folder and streams that are given and ends with the command's exit code. Above: `conftest`, whose `start` still
begins a whole interpreter.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_LAZY = ("cli.hub", "cli.configured", "cli.agent_shapes", "settings", "events")
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


def _carry_out(words: list[str], env: dict[str, str], cwd: Path, streams: list[Path]) -> None:
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
