"""Folders that an agent wrote: measured, copied and removed without trusting their depth, permissions or links.

Above: `checkout`, `memory` and `quota`. Below: coreutils, because trees can be deeper than Python's stack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from coderclawlink.errors import Unavailable


class FolderFailed(Unavailable):
    """A folder could not be removed."""


async def remove(folder: Path) -> None:
    """Remove a folder or file and all below; links are removed, never followed. Raises `FolderFailed`."""
    code, _ = await _run("rm", "-rf", "--one-file-system", "--", str(folder))
    if code:
        # An agent can take away its own right to write in a folder; it is ours to give back.
        await _run("chmod", "-R", "u+rwX", "--", str(folder))
        code, words = await _run("rm", "-rf", "--one-file-system", "--", str(folder))
        if code:
            raise FolderFailed(f"{folder} could not be removed: {words.decode(errors='replace').strip()[-300:]}")


async def copy(paths: Sequence[Path], into: Path) -> None:
    """Copy files and folders into a folder, links as links. What cannot be read is left out."""
    if paths:
        await _run("cp", "-a", "--reflink=auto", "-t", str(into), "--", *map(str, paths))


async def sizes(folders: Sequence[Path]) -> list[int]:
    """What each folder takes on the disk, in bytes; 0 for one that cannot be read."""
    if not folders:
        return []
    _, told = await _run("du", "--summarize", "--block-size=1", "--null", "--count-links", "--", *map(str, folders))
    found: dict[str, int] = {}
    for record in told.split(b"\0"):
        size, _, name = record.partition(b"\t")
        if size.strip().isdigit():
            found[name.decode(errors="surrogateescape")] = int(size)
    return [found.get(str(folder), 0) for folder in folders]


async def _run(*argv: str) -> tuple[int, bytes]:
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out or err
