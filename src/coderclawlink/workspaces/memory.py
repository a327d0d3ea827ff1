"""Memory: an agent's HOME goes on from one attempt to the next, and with it what the agent remembers.

Above: `checkout`, which asks for it before anything else is made. Below: `folders`, coreutils. A HOME is the agent's to write:
its links are taken as links and never followed, and its caches stay behind where they would cost more than they spare.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from coderclawlink.workspaces import folders
from coderclawlink.workspaces.store import try_lock

CACHE_BYTES = 500 * 1024**2
"""A larger cache is not copied."""
_CACHES = (".cache", ".npm", ".bun", ".cargo", ".rustup", ".gradle", ".m2", ".nuget", "go", "node_modules")
_NAMED_BY_PATH = 4
"""So deep in a HOME lie the folders that agents name after the workspace's path."""


async def carry(to: Path, own: Iterable[Path], others: Iterable[Path]) -> Path | None:
    """Give the attempt in the folder `to` the HOME of an earlier one, and tell in which folder that was; None: there was none.

    `own`: folders of the run's earlier attempts, latest first, whose HOME is moved, as nobody else goes on from them.
    `others`: folders of other runs' attempts, whose HOME is copied. What lies in `to` from before is the first choice.
    """
    home = to / "home"
    if _has_memory(home):
        return to
    await folders.remove(home)
    for folder in own:
        if _has_memory(folder / "home"):
            await _take(folder, home)
            await asyncio.to_thread(_rename_after_path, home, folder / "work", to / "work")
            return folder
    for folder in others:
        if _has_memory(folder / "home"):
            await _copy(folder / "home", home)
            await asyncio.to_thread(_rename_after_path, home, folder / "work", to / "work")
            return folder
    return None


def _has_memory(home: Path) -> bool:
    """Whether it is a folder with something in it; a link in its place leads somewhere else."""
    try:
        return stat.S_ISDIR(os.lstat(home).st_mode) and bool(os.listdir(home))
    except OSError:
        return False


async def _take(folder: Path, home: Path) -> None:
    lock = try_lock(folder / "lock")
    if lock is None:  # Somebody is still there, who may be saving it: leave it as it is.
        await _copy(folder / "home", home)
        return
    try:
        (folder / "home").rename(home)
    finally:
        os.close(lock)


async def _copy(source: Path, home: Path) -> None:
    """Copy what can be read. Files share their blocks where the file system can do that."""
    os.mkdir(home, 0o700)
    inside = [source / name for name in os.listdir(source)]
    caches = [path for path in inside if path.name in _CACHES]
    large = {path for path, size in zip(caches, await folders.sizes(caches), strict=True) if size > CACHE_BYTES}
    await folders.copy([path for path in inside if path not in large], home)


def _rename_after_path(home: Path, before: Path, after: Path) -> None:
    """Some agents find a conversation by the path of the workspace, as the name of a folder: let them find it."""
    names = dict(zip(_names(before), _names(after), strict=True))
    for folder, inside, _ in os.walk(home):
        for name in inside:
            if (new := names.get(name)) and not os.path.lexists(os.path.join(folder, new)):
                os.rename(os.path.join(folder, name), os.path.join(folder, new))
        if len(Path(folder).relative_to(home).parts) >= _NAMED_BY_PATH - 1:
            inside.clear()


def _names(path: Path) -> tuple[str, str]:
    """How a path becomes a name: with dashes (Claude), or hashed (Gemini)."""
    return re.sub(r"[^A-Za-z0-9]", "-", str(path)), hashlib.sha256(os.fsencode(path)).hexdigest()
