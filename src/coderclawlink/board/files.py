"""The files that people attach, as they lie on the disk: each once, under the SHA-256 of what is in it.

    attachments/ab/abcd…   a file; several attachments may share it
    attachments/new/…      one that is still arriving

Above: `attachments`, whose rows say which files are wanted; web and the gate, which send them. Below: the file system. Nothing
but `tidy` removes a file, and only one that no row has wanted for a while: a new one lies here before its row is written.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import time
from collections.abc import AsyncIterable, Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from coderclawlink.errors import Invalid, NotFound, Unavailable
from coderclawlink.ids import new_id

SIZE_AT_MOST = 64 * 1024 * 1024
"""Bytes."""
STAYS_SECONDS = 3600.0
"""So long a file lies here without being wanted."""
BINARY = "application/octet-stream"
TEXT = "text/plain"
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_PIECE = 1024 * 1024
_HEAD = 4096
_SHA256 = re.compile(r"[0-9a-f]{64}")


class FileTooLarge(Invalid):
    """A file has at most 64 MiB."""


class NoSuchFile(NotFound):
    """There is no such file."""


class CannotKeep(Unavailable):
    """The file cannot be kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is on the disk. `size`: bytes. `media_type`: what its first bytes show it to be; never what its sender says."""

    sha256: str
    size: int
    media_type: str


class Files:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where the file lies. Raises `NoSuchFile`."""
        if not _SHA256.fullmatch(sha256) or not (path := self._place(sha256)).is_file():
            raise NoSuchFile
        return path

    async def keep(self, parts: AsyncIterable[bytes]) -> Kept:
        """Write down what arrives. It is on the disk when this returns; nothing is left of it when this raises.

        Raises `FileTooLarge` at the first byte too many, `CannotKeep`, and what `parts` raises.
        """
        try:
            return await self._keep(parts)
        except OSError as error:
            raise CannotKeep(f"The file cannot be kept: {error.strerror}.") from error

    async def _keep(self, parts: AsyncIterable[bytes]) -> Kept:
        arriving = self._folder / "new" / new_id()
        await asyncio.to_thread(_make, arriving.parent)
        digest, head, size = hashlib.sha256(), b"", 0
        try:
            with arriving.open("xb", buffering=0) as file:
                os.chmod(arriving, 0o600)
                async for piece in _pieces(parts):
                    size += len(piece)
                    if size > SIZE_AT_MOST:
                        raise FileTooLarge
                    head += piece[: _HEAD - len(head)]
                    await asyncio.to_thread(_take, file.fileno(), digest.update, piece)
                await asyncio.to_thread(os.fsync, file.fileno())
            kept = Kept(digest.hexdigest(), size, media_type(head))
            await asyncio.to_thread(_move, arriving, self._place(kept.sha256))
        finally:
            arriving.unlink(missing_ok=True)
        return kept

    def old(self, seconds: float = STAYS_SECONDS) -> list[str]:
        """Those that have lain here for so long, by their SHA-256; what has been arriving for so long is removed."""
        for path in _older(self._folder / "new", seconds):
            path.unlink(missing_ok=True)
        return [path.name for path in _older(self._folder, seconds, "??/*") if _SHA256.fullmatch(path.name)]

    def remove(self, some: Collection[str], seconds: float = STAYS_SECONDS) -> int:
        """Remove those that have not been put here anew meanwhile. Returns how many."""
        removed = 0
        for sha256 in some:
            path = self._place(sha256)
            with contextlib.suppress(FileNotFoundError):
                if _age(path) >= seconds:
                    path.unlink()
                    removed += 1
        return removed

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def media_type(head: bytes) -> str:
    """What the first bytes of a file show it to be: one of `IMAGES`, text, or something else. Pure."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut in two where the head ends.
        text = "" if error.start > len(head) - 4 and len(head) == _HEAD else "\0"
    return BINARY if "\0" in text else TEXT


async def _pieces(parts: AsyncIterable[bytes]) -> AsyncIterable[bytes]:
    """The same in larger pieces: each is written in a thread."""
    gathered = bytearray()
    async for part in parts:
        gathered += part
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _take(file: int, count: Callable[[bytes], object], piece: bytes) -> None:
    count(piece)
    while piece:
        piece = piece[os.write(file, piece) :]


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _move(arrived: Path, place: Path) -> None:
    """In one step. One that is there already is replaced by the same, which is new: it stays for the time that a row takes."""
    _make(place.parent)
    arrived.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _older(folder: Path, seconds: float, pattern: str = "*") -> Iterator[Path]:
    for path in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and _age(path) >= seconds:
                yield path


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
