"""Sandbox by Landlock: the kernel refuses the agent all files and TCP ports but those it is given. Needs no program.

Above: `choice`. Below: Linux 6.7 or later (`launch.restrict` does it). Files elsewhere can be seen to exist but not be
opened. It cannot hold back UDP, nor writing to the names in `PROTECTED`, and there is no /tmp and no shared memory (as Python's
multiprocessing wants) because those are everybody's: bubblewrap is the better wall.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from coderclawlink.workspaces.sandbox.base import (
    ETC,
    LAUNCHER,
    PYTHON,
    SYSTEM,
    Confinement,
    Enclosure,
    Name,
    Probe,
    Rules,
    own_paths,
    program_paths,
    tried,
)
from coderclawlink.workspaces.sandbox.launch import landlock_abi

_OLDEST = 4
"""The first version that can refuse TCP connections."""
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
_TRY = """
import sys
sys.path.insert(0, sys.argv[1])
import launch
launch.restrict([("/usr", "ro")], ())
try:
    open(sys.argv[2])
except PermissionError:
    print("held")
"""


class Landlock:
    """Rules of the kernel on files and TCP ports. Keeps the agent from opening others' files and from the network."""

    name: Name = "landlock"

    async def probe(self) -> Probe:
        abi = await asyncio.to_thread(landlock_abi)
        if abi < _OLDEST:
            have = f"version {abi}" if abi else "none"
            return Probe(False, f"Landlock needs Linux 6.7 or later with Landlock switched on (this kernel has {have})")
        with tempfile.NamedTemporaryFile() as secret:
            code, words = await tried([PYTHON, "-I", "-S", "-c", _TRY, str(LAUNCHER.parent), secret.name])
        if code == 0 and words == "held":
            return Probe(
                True, f"landlock (version {abi}): agents open only their own files and reach no TCP port but the node's"
            )
        return Probe(False, f"Landlock did not hold when it was tried: {words or 'a forbidden file could be opened'}")

    def enclose(self, confinement: Confinement, program: Path, search: str) -> Enclosure:
        temporary = confinement.home / "tmp"
        temporary.mkdir(exist_ok=True)
        read = (
            *own_paths(),
            *program_paths(program, confinement, search),
            *confinement.read_only,
            confinement.workspace,
        )
        write = (*confinement.read_write, *confinement.written, confinement.home)
        paths = (
            *((path, "ro") for path in (*SYSTEM, *ETC, "/proc")),
            *((f"/dev/{name}", "rw") for name in _DEVICES),
            *((str(path), "ro") for path in read),
            *((str(path), "rw") for path in write),
        )
        ports = tuple(reach.port for reach in confinement.reach) if confinement.network == "none" else None
        # /tmp is everybody's, so it is not given; programs that ask the environment get a place of their own.
        return Enclosure(rules=Rules(paths, ports), env={"TMPDIR": str(temporary)})
