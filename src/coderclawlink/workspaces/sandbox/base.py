"""PORT: what a sandbox is to the process that is started in it.

Above: `node.supervise` and `choice`. Below stand `bubblewrap`, `landlock` and `none`, which all pass
`tests/conformance/test_sandboxes.py`. A sandbox starts nothing itself: it says what to put before the launcher and
what the launcher is to do.
"""

from __future__ import annotations

import asyncio
import marshal
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from coderclawlink import clock
from coderclawlink.errors import Unavailable

Name = Literal["bubblewrap", "landlock", "none"]


class SandboxMissing(Unavailable):
    """The sandbox that was asked for does not work on this machine."""


class Reach(NamedTuple):
    """A service of the node that the agent may use: it listens on 127.0.0.1:`port` and on the unix socket, both alike."""

    port: int
    socket: Path


@dataclass(frozen=True)
class Limits:
    """What a process may take. None: as much as the node itself. No core files are ever written."""

    open_files: int = 65536
    processes: int | None = None
    """Of the user as a whole, as the kernel counts them; without effect for root."""
    memory_bytes: int | None = None
    """Address space of one process. Programs that reserve much and use little, as Node does, need 64 GiB of it."""
    file_bytes: int | None = None
    """The largest file."""


@dataclass(frozen=True)
class Confinement:
    """What an agent is given. Everything else is out of its sight or at least its reach, as far as the sandbox can.

    `workspace` and `home` are its own to write, `home` becomes HOME. Paths are absolute. `network`: "none" leaves only the
    services in `reach`; "open" leaves all. `repositories`: folders in the workspace that alone are to be written, when it holds
    several: an agent that could take one away could put a link in its place. None: all of the workspace.
    """

    workspace: Path
    home: Path
    read_only: tuple[Path, ...] = ()
    read_write: tuple[Path, ...] = ()
    reach: tuple[Reach, ...] = ()
    network: Literal["none", "open"] = "none"
    limits: Limits = field(default_factory=Limits)
    repositories: tuple[Path, ...] = ()

    @property
    def written(self) -> tuple[Path, ...]:
        """What of the workspace may be written."""
        return self.repositories or (self.workspace,)


@dataclass(frozen=True)
class Rules:
    """What the launcher asks of Landlock: paths with "ro" or "rw", and the TCP ports to be reached, None for all."""

    paths: tuple[tuple[str, str], ...]
    ports: tuple[int, ...] | None


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Enclosure:
    """How a process is put inside. `prefix`: the command before the launcher. `forward`: the ports that the launcher
    makes inside. `env`: what the sandbox adds to the environment. `tidy` takes away what was put into the workspace."""

    prefix: tuple[str, ...] = ()
    forward: tuple[Reach, ...] = ()
    rules: Rules | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    tidy: Callable[[], None] = _nothing


@dataclass(frozen=True)
class Probe:
    """Whether a sandbox works here, as tried. `text` is for people: what it does, or why not and what to do."""

    works: bool
    text: str


class Sandbox(Protocol):
    """One way to contain a process."""

    @property
    def name(self) -> Name: ...

    async def probe(self) -> Probe:
        """Try it on this machine. Takes well below a second; never raises."""
        ...

    def enclose(self, confinement: Confinement, program: Path, search: str) -> Enclosure:
        """Say how `program` (an absolute path) is put inside. `search`: the PATH it will have. Raises `OSError` when the workspace cannot be made ready."""
        ...


PROTECTED = (
    ".git/config",
    ".git/config.worktree",
    ".git/hooks",
    ".gitmodules",
    ".mcp.json",
    ".envrc",
    ".claude",
    ".vscode",
    ".idea",
)
"""Names in a workspace that make other programs of its user run something. Where the sandbox can do that, an agent may
read them and not write them, whether they are there or not."""

LAUNCHER = Path(__file__).with_name("launch.py")
_PACKAGE = Path(__file__).parents[2]
# Python lists the folder that it finds a package in, and Landlock's rules know no listing without reading.
_IMPORTED_FROM = _PACKAGE.parent if _PACKAGE.parent.name in ("src", "site-packages", "dist-packages") else _PACKAGE
PYTHON = os.path.realpath(sys.executable)

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# fmt: off
ETC = tuple(f"/etc/{name}" for name in (
    "alternatives", "bash.bashrc", "ca-certificates", "crypto-policies", "debian_version", "fonts", "gai.conf", "gitconfig",
    "group", "host.conf", "hosts", "inputrc", "java-17-openjdk", "java-21-openjdk", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
    "locale.alias", "localtime", "lsb-release", "magic", "mime.types", "nsswitch.conf", "os-release", "passwd", "perl", "pki",
    "profile", "profile.d", "protocols", "python3", "resolv.conf", "services", "shells", "ssl", "terminfo", "timezone",
))
# fmt: on
"""What programs want to read in /etc; nothing there that only its owner may read."""


def find_program(command: str, env: Mapping[str, str]) -> Path | None:
    """The absolute path of a command as the environment's PATH finds it, or None."""
    found = shutil.which(command, path=env.get("PATH", os.defpath))
    return Path(os.path.abspath(found)) if found else None


def program_paths(program: Path, confinement: Confinement, search: str) -> list[Path]:
    """What must be readable for a program to start: its folder, its package tree, and its interpreter's."""
    real = Path(os.path.realpath(program))
    found = [_home_of(path, confinement) for path in dict.fromkeys((program, real))]
    if interpreter := _interpreter(real, search):
        found += program_paths(interpreter, confinement, search)
    return list(dict.fromkeys(found))


def _home_of(path: Path, confinement: Confinement) -> Path:
    """The folder that a program belongs to, or the program alone when its folder holds what is nobody's business."""
    parts = path.parts
    if "node_modules" in parts:
        return Path(*parts[: parts.index("node_modules") + 1])
    if (path.parent.parent / "pyvenv.cfg").is_file():
        return path.parent.parent
    private = (Path.home(), confinement.workspace, confinement.home)
    if path.parent == Path("/tmp") or any(each.is_relative_to(path.parent) for each in private):  # noqa: S108
        return path
    return path.parent


def _interpreter(program: Path, search: str) -> Path | None:
    """The program in the first line of a script."""
    try:
        with program.open("rb") as file:
            line = file.readline(256)
    except OSError:
        return None
    words = re.sub(rb"^#!", b"", line).split() if line.startswith(b"#!") else []
    if not words:
        return None
    first = Path(os.fsdecode(words[0]))
    named = [word for word in words[1:] if not word.startswith(b"-") and b"=" not in word]
    if first.name == "env" and named:
        found = shutil.which(os.fsdecode(named[0]), path=search)
        return Path(found) if found else None
    return first if first.is_absolute() and first.exists() else None


def own_paths() -> list[Path]:
    """What our own launcher and our own agents need: the interpreter, its libraries, and this package."""
    return list(
        dict.fromkeys(Path(each) for each in (sys.prefix, sys.base_prefix, os.path.dirname(PYTHON), _IMPORTED_FROM))
    )


def launcher(channel: int) -> list[str]:
    """The command that starts the launcher with its end of the channel."""
    return [PYTHON, "-I", "-S", str(LAUNCHER), str(channel)]


def instructions(
    argv: Sequence[str], program: Path, env: Mapping[str, str], confinement: Confinement, enclosure: Enclosure
) -> bytes:
    """What the launcher is told over its channel: a length of four bytes, and a marshalled tuple.

    Marshal and not JSON: both ends are the same interpreter, and it is there without an import.
    """
    limits = confinement.limits
    told = marshal.dumps(
        (
            str(program),
            list(argv),
            dict(env) | {"HOME": str(confinement.home)} | dict(enclosure.env),
            str(confinement.workspace),
            [(reach.port, str(reach.socket)) for reach in enclosure.forward],
            (limits.open_files, limits.processes, limits.memory_bytes, limits.file_bytes),
            None if enclosure.rules is None else (list(enclosure.rules.paths), enclosure.rules.ports),
        )
    )
    return len(told).to_bytes(4, "big") + told


async def tried(argv: Sequence[str], seconds: float = 5) -> tuple[int, str]:
    """Run a command and tell its exit code and its last line. Never raises for what the command does."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as problem:
        return 127, str(problem)
    try:
        async with clock.timeout(seconds):
            said, _ = await process.communicate()
    except TimeoutError:
        return 124, f"no answer within {seconds:g} s"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = said.decode(errors="replace").strip().splitlines()
    return process.returncode or 0, lines[-1] if lines else ""
