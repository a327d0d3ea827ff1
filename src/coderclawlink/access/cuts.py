"""Cutting the audit chain at its beginning: what is older than it need be kept goes to a file first, then out of the database.

    rows 1 … n ─► audit/audit-1-n.jsonl.gz, on disk ─► a signed cut: n, hash(n), the file's SHA-256 ─► the rows go, some thousand at a time

The database lets rows go that a cut stands for, and no others (migration 0016). Killed anywhere, nothing is lost: a file without a cut is
written anew, rows that a cut stands for go the next time. The chain's new beginning is the cut: its hash is of all that was before.

Above: `keeping`, which cuts as time goes by; `proof`, which lays file, cut and chain beside each other. Below: the rows, the vault.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from coderclawlink.access import checkpoints
from coderclawlink.access.secrets import Vault
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import audit as table
from coderclawlink.db.schema import audit_cuts
from coderclawlink.errors import Conflict, Invalid
from coderclawlink.events import AuditCut
from coderclawlink.journal import chain, log
from coderclawlink.journal.chain import Row

FOLDER = "audit"
"""In the data directory."""
DRAFT = ".part"
COMPRESSION = 6
NAMES = tuple(Row.__dataclass_fields__)
_PIECE = 1024 * 1024


class CutTooLate(Conflict):
    """The chain begins elsewhere by now: another hub has cut it."""


class FileDamaged(Invalid):
    """The file is not what was written when the chain was cut."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The rows from `first` to `seq` were cut. `hash`: of the row `seq`. `sha256`: of the file. `key`, `signature`: base64url."""

    seq: int
    first: int
    hash: str
    sha256: str
    at: float
    key: str
    signature: str

    @property
    def file(self) -> str:
        return file_name(self.first, self.seq)

    @property
    def is_signed(self) -> bool:
        """Whether the signature is of the key beside it."""
        text = signed_text(self.first, self.seq, self.hash, self.sha256)
        return checkpoints.verifies(self.key, self.signature, text)

    def as_json(self) -> dict[str, object]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return {**told, "at": rfc3339(self.at), "file": self.file}


def file_name(first: int, seq: int) -> str:
    return f"audit-{first}-{seq}.jsonl.gz"


def signed_text(first: int, seq: int, hash: str, sha256: str) -> bytes:
    return f"coderclawlink audit cut {first} {seq} {hash} {sha256}".encode()


def all_of(look: Look) -> list[Cut]:
    """Oldest first."""
    found = look.rows(sa.select(*_COLUMNS).order_by(audit_cuts.c.seq))
    return [Cut(**row) for row in found]


_COLUMNS = [audit_cuts.c[name] for name in Cut.__dataclass_fields__]


def begin(look: Look) -> tuple[int, str]:
    """The number before the chain's first row, and the hash that this row follows."""
    last = look.row(sa.select(audit_cuts.c.seq, audit_cuts.c.hash).order_by(audit_cuts.c.seq.desc()).limit(1))
    return (0, chain.GENESIS) if last is None else (last["seq"], last["hash"])


def cut(tx: Tx, vault: Vault, first: int, seq: int, hash: str, sha256: str) -> Cut:
    """Sign that the chain now begins after the row `seq`, all up to which lies in a file on disk. Its rows go by `drop`.

    Raises `CutTooLate`, `KeyMissing`; `Invalid` where it is not the chain's row, or the last one, which stays.
    """
    if begin(tx)[0] != first - 1:
        raise CutTooLate
    if tx.scalar(sa.select(table.c.hash).where(table.c.seq == seq)) != hash or chain.head(tx)[0] <= seq:
        raise Invalid(f"The chain cannot be cut at row {seq}.")
    key, signature = checkpoints.signed(tx, vault, signed_text(first, seq, hash, sha256))
    made = Cut(seq, first, hash, sha256, tx.now(), key, signature)
    tx.change(audit_cuts.insert().values(**{name: getattr(made, name) for name in made.__slots__}))
    log.append(tx, AuditCut(first=first, last=seq), actor="hub")
    return made


def drop(tx: Tx, at_most: int) -> int:
    """Let some of the rows go that a cut stands for; returns how many went."""
    until, _ = begin(tx)
    first = tx.scalar(sa.select(sa.func.min(table.c.seq)))
    if first is None or first > until:
        return 0
    return tx.change(table.delete().where(table.c.seq < min(first + at_most, until + 1)))


# ── the file ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Draft:
    """A file on its way: rows are added to it, and it is there whole, on disk and under its name, or not at all."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / f"cut{DRAFT}"
        self._raw = open(self._path, "w+b", opener=_private)  # noqa: SIM115 - closed by __exit__
        self._packed = gzip.GzipFile("", "wb", COMPRESSION, self._raw, mtime=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._packed.close()
        self._raw.close()
        self._path.unlink(missing_ok=True)

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Rows as `chain.COLUMNS` gives them. Blocks."""
        lines = [json.dumps(dict(zip(NAMES, row, strict=True)), ensure_ascii=False) for row in rows]
        self._packed.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))

    def finish(self, name: str) -> str:
        """Returns its SHA-256. Blocks."""
        self._packed.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.seek(0)
        sha256 = hashlib.file_digest(self._raw, "sha256").hexdigest()
        self._path.replace(self._folder / name)
        with _opened(self._folder) as descriptor:
            os.fsync(descriptor)
        return sha256


def tidy(folder: Path, after: int) -> None:
    """Remove what somebody has left who was killed before the cut that begins after this row: its rows are still in the database. Blocks."""
    for file in folder.glob(f"audit-{after + 1}-*.jsonl.gz"):
        file.unlink(missing_ok=True)


def rows_in(file: Path, cut: Cut) -> Iterator[tuple[object, ...]]:
    """The rows in their order, as `chain.COLUMNS` gives them. Raises `FileDamaged`, also in the middle."""
    try:
        with file.open("rb") as raw:
            if hashlib.file_digest(raw, "sha256").hexdigest() != cut.sha256:
                raise FileDamaged(f"{file.name} is not the file that was written when the chain was cut.")
            raw.seek(0)
            with gzip.open(raw) as lines:
                for line in lines:
                    told = json.loads(line)
                    yield tuple(told[name] for name in NAMES)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise FileDamaged(f"{file.name} cannot be read.") from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
