"""Sandbox by bubblewrap: namespaces of its own for files, processes and network. The agent sees only what it is given.

Above: `choice`. Below: the program `bwrap`. Inside there is no network; the launcher makes the ports of `reach` there and
passes them on to the node's unix sockets.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from coderclawlink.workspaces.sandbox.base import (
    ETC,
    PROTECTED,
    SYSTEM,
    Confinement,
    Enclosure,
    Name,
    Probe,
    own_paths,
    program_paths,
    tried,
)

_WALLS = (
    *("bwrap", "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"),
    # Process 1 inside is our launcher: it reaps, and all is over when it ends.
    *("--as-pid-1", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "agent"),
)
_OWN = ("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run", "--tmpfs", "/var/tmp")  # noqa: S108


class Bubblewrap:
    """Namespaces. Keeps files, processes and network apart, and protects the names in `PROTECTED`."""

    name: Name = "bubblewrap"

    async def probe(self) -> Probe:
        code, words = await tried([*_WALLS, "--unshare-net", "--ro-bind", "/", "/", *_OWN, "true"])
        if code == 0:
            return Probe(
                True, "bubblewrap: agents see only their own files and processes, and no network but the node's"
            )
        if code == 127:
            return Probe(False, "bubblewrap is not installed (apt install bubblewrap, dnf install bubblewrap)")
        return Probe(
            False,
            f"bubblewrap cannot make namespaces here: {words} (unprivileged user namespaces must be allowed; "
            "on Ubuntu 24.04 and later bwrap needs an AppArmor profile)",
        )

    def enclose(self, confinement: Confinement, program: Path, search: str) -> Enclosure:
        closed = confinement.network == "none"
        made = [path for folder in confinement.written for path in _make_mount_points(folder)]
        mounts = dict.fromkeys((*own_paths(), *program_paths(program, confinement, search)), "--ro-bind")
        mounts |= dict.fromkeys(confinement.read_only, "--ro-bind")
        mounts |= {confinement.workspace: "--ro-bind"}
        mounts |= dict.fromkeys((*confinement.read_write, *confinement.written, confinement.home), "--bind")
        mounts |= {reach.socket: "--ro-bind" for reach in confinement.reach if closed}
        for folder in confinement.written:
            if _is_plain(folder, ".git"):
                # A mount point cannot be moved away, so that the names inside stay where they are protected.
                mounts[folder / ".git"] = "--bind"
            for name in (*PROTECTED, ".git/objects/info/alternates", ".git/info/attributes"):
                if _is_plain(folder, name):
                    mounts[folder / name] = "--ro-bind"
        prefix = [*_WALLS, *(("--unshare-net",) if closed else ()), *_system(), *_OWN]
        # What lies deeper is mounted later, upon the rest.
        for path in sorted(mounts, key=lambda each: len(each.parts)):
            how = mounts[path]
            if how == "--bind" or not any(path.is_relative_to(each) for each in SYSTEM):
                prefix += [how, str(path), str(path)]
        return Enclosure(
            prefix=(*prefix, "--chdir", str(confinement.workspace), "--"),
            forward=confinement.reach if closed else (),
            tidy=_tidy(made),
        )


def _system() -> list[str]:
    """The system's programs and what they read in /etc, as they are here: folders, or links into /usr."""
    found: list[str] = []
    for path in SYSTEM:
        if os.path.islink(path):
            found += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            found += ["--ro-bind", path, path]
    for path in ETC:
        found += ["--ro-bind-try", path, path]
    return found


def _is_plain(workspace: Path, name: str) -> bool:
    """Whether it is there and is what it seems: bwrap would follow a link out of the workspace."""
    path = workspace
    for part in Path(name).parts:
        path = path / part
        if path.is_symlink() or not path.exists():
            return False
    return True


def _make_mount_points(workspace: Path) -> list[Path]:
    """Make what is protected and not there, as empty folders: git does not see those, whatever becomes of them later."""
    made: list[Path] = []
    for name in PROTECTED:
        path = workspace / name
        beside = path.parent == workspace or _is_plain(workspace, str(path.parent.relative_to(workspace)))
        if beside and not path.is_symlink() and not path.exists():
            path.mkdir(mode=0o555)
            made.append(path)
    return made


def _tidy(made: list[Path]) -> Callable[[], None]:
    def tidy() -> None:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()

    return tidy
