"""A backup as one file: a gzipped tar of parts, with a manifest at its end that tells the SHA-256 of each.

    database/…             the database as `db.backup` writes it
    attachments/ab/abcd…   the files that are wanted
    agents.toml, prices.toml, and secrets.key where it was asked for
    manifest.json          last, so that a file that is cut off has none

Above: `snapshot`, `clawlink backup`. Below: `backup`. A part that the manifest does not tell of, or the other way round, is damage.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, BinaryIO, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from coderclawlink.db.backup import Damaged, Saved, TooNew
from coderclawlink.errors import Conflict, NotFound, Unavailable
from coderclawlink.ids import new_id

MANIFEST = "manifest.json"
MANIFEST_AT_MOST = 256 * 1024 * 1024
"""Bytes: room for two million parts."""
FORMAT: Final = 1
COMPRESSION = 6
_NAME = re.compile(r"database/[A-Za-z0-9_.]+|attachments/[0-9a-f]{2}/[0-9a-f]{64}|(agents|prices)\.toml|secrets\.key")
_PIECE = 1024 * 1024


class NoFile(NotFound):
    """There is no such file."""


class IsThere(Conflict):
    """There is a file of that name already."""


class CannotRead(Unavailable):
    """The backup cannot be read."""


class CannotWrite(Unavailable):
    """The backup cannot be written."""


class Part(BaseModel):
    """`size`: bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds. `made_at`: RFC 3339, UTC. `missing`: SHA-256 of attachments that were not there to be saved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    program: str
    made_at: str
    database: Saved
    parts: tuple[Part, ...]
    missing: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)

    @property
    def attachments(self) -> int:
        return sum(part.name.startswith("attachments/") for part in self.parts)

    @property
    def altered(self) -> int:
        """Attachments whose content is not what their name says: it has changed on the disk."""
        return sum(
            part.name.startswith("attachments/") and not part.name.endswith(f"/{part.sha256}") for part in self.parts
        )

    @property
    def has_key(self) -> bool:
        return any(part.name == "secrets.key" for part in self.parts)


class _Form(BaseModel):
    format: int


def write(file: Path, manifest: Manifest, parts: Iterable[tuple[str, Path]]) -> Manifest:
    """Write the parts and, after them, what the manifest then says. The file appears whole or not at all, readable by its
    owner alone. Raises `IsThere`, `CannotWrite`."""
    try:
        file.open("xb").close()  # the name is ours from here on
    except FileExistsError as error:
        raise IsThere(f"{file} is there already; a backup overwrites nothing.") from error
    except OSError as error:
        raise CannotWrite(f"The backup cannot be written to {file}: {error.strerror}.") from error
    draft = file.with_name(f".{file.name}.{new_id()}")
    with contextlib.ExitStack() as undo:
        undo.callback(file.unlink, missing_ok=True)
        undo.callback(draft.unlink, missing_ok=True)
        try:
            with open(draft, "xb", opener=private) as raw:
                with (
                    gzip.GzipFile("", "wb", COMPRESSION, raw) as packed,
                    tarfile.open(fileobj=packed, mode="w") as tar,
                ):
                    told = manifest.model_copy(update={"parts": tuple(_add(tar, name, path) for name, path in parts)})
                    text = told.model_dump_json(indent=1).encode()
                    tar.addfile(_entry(MANIFEST, len(text)), io.BytesIO(text))
                raw.flush()
                os.fsync(raw.fileno())
            draft.replace(file)
        except OSError as error:
            raise CannotWrite(f"The backup cannot be written to {file}: {error.strerror}.") from error
        undo.pop_all()
    return told


def read(file: Path, into: Path | None = None) -> Manifest:
    """Read all of it and check every sum; `into`: a folder to put the parts in, which has them all only when this returns.

    Raises `NoFile`, `CannotRead`, `Damaged`, `TooNew`.
    """
    found: list[Part] = []
    text: bytes | None = None
    try:
        with gzip.open(file) as raw:
            with tarfile.open(fileobj=raw, mode="r|") as tar:
                for entry in tar:
                    content = tar.extractfile(entry) if entry.isreg() else None
                    if content is None or text is not None:
                        raise Damaged(f"{file} holds something that no backup holds: {entry.name!r}.")
                    if entry.name == MANIFEST and entry.size <= MANIFEST_AT_MOST:
                        text = content.read()
                    elif _NAME.fullmatch(entry.name):
                        found.append(_part(entry.name, content, into and into / entry.name))
                    else:
                        raise Damaged(f"{file} holds something that no backup holds: {entry.name!r}.")
            while raw.read(_PIECE):
                pass  # to the sum at the end, which the manifest is part of
    except FileNotFoundError as error:
        raise NoFile(f"There is no file {file}.") from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Damaged(f"{file} is no backup, or is damaged or cut off.") from error
    except gzip.BadGzipFile as error:
        raise Damaged(f"{file} is no backup, or is damaged or cut off.") from error
    except OSError as error:
        raise CannotRead(f"{file} cannot be read: {error.strerror}.") from error
    if text is None:
        raise Damaged(f"{file} is cut off: it has no manifest.")
    manifest = _manifest(file, text)
    _compare(file, manifest, found)
    return manifest


def _manifest(file: Path, text: bytes) -> Manifest:
    try:
        if _Form.model_validate_json(text).format > FORMAT:
            raise TooNew
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise Damaged(f"The manifest of {file} is damaged.") from error


def _compare(file: Path, manifest: Manifest, found: list[Part]) -> None:
    if sorted(manifest.parts, key=_by_name) == sorted(found, key=_by_name):
        return
    told, there = ({part.name: part for part in parts} for parts in (manifest.parts, found))
    wrong = sorted(name for name in told.keys() | there.keys() if told.get(name) != there.get(name))
    raise Damaged(f"{file} is damaged: {wrong[0] if wrong else 'a part is there twice'} is not what its manifest says.")


def private(path: str, flags: int) -> int:
    """An opener of files that their owner alone can read."""
    return os.open(path, flags, 0o600)


def _by_name(part: Part) -> str:
    return part.name


def _add(tar: tarfile.TarFile, name: str, path: Path) -> Part:
    with path.open("rb") as content:
        size = os.fstat(content.fileno()).st_size
        summed = _Summed(content)
        tar.addfile(_entry(name, size), summed)
        return Part(name=name, size=size, sha256=summed.digest.hexdigest())


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o600
    return entry


class _Summed:
    """A file that reckons the sum of what is read from it."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self.digest.update(piece)
        return piece


def _part(name: str, content: IO[bytes], path: Path | None) -> Part:
    digest, size = hashlib.sha256(), 0
    if path is None:
        path = Path(os.devnull)
    else:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("wb") as file:
        while piece := content.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    return Part(name=name, size=size, sha256=digest.hexdigest())
