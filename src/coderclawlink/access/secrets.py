"""Secrets of the hub: sealed in the database by a key that lies beside it in a file of its own, and never told again.

Above: connections to other programs, providers of identities, checkpoints, the routes. Below: the rows. A secret is sealed with AES-256-GCM
(NIST SP 800-38D) under a fresh nonce, and bound to its name, so that one row cannot be passed off as another. Who has the database
alone, as in a backup, has none of them. Whatever was sealed or opened here is taken out of what this hub tells and logs.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import os
import re
import secrets as randomness
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel

from coderclawlink.db.engine import Database, Look, Tx
from coderclawlink.db.schema import secrets as table
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import SecretDeleted, SecretSet, SecretsRekeyed
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who
from coderclawlink.link.redaction import Redactor

Event = TypeVar("Event", bound=BaseModel)

KEY_FILE = "secrets.key"
OLD_KEY_FILE = "secrets.key.old"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:@-]{0,199}")
VALUE_AT_MOST = 64 * 1024
"""Bytes of one value in UTF-8."""
SHOWN_AT_MOST = 1000
_KEY_BYTES = 32
_NONCE_BYTES = 12
_WORD = re.compile(r"[a-z_.: -]{1,24}")
"""What is a word more than a secret is not taken out of texts, which would say little without it."""
_OWNERS = {
    "audit/": "The hub makes this key itself: it is never set, and never deleted.",
    "github/": "A connection uses it: clawlink github connect, disconnect.",
    "git/": "A connection uses it: clawlink github connect, disconnect.",
    "provider/": "A provider of identities uses it: clawlink provider.",
}
"""Of whom the secrets are whose names begin so, and how they are set."""


class SecretNotFound(NotFound):
    """There is no secret of this name."""


class SecretInUse(Conflict):
    """A part of the hub uses this secret, and sets it itself."""


class KeyMissing(Conflict):
    """The key that secrets were sealed with is not here: put the file `secrets.key` back into the data directory, or set them anew."""


@dataclass(frozen=True, slots=True)
class Secret:
    """That there is one. `set_at`: seconds since the epoch."""

    name: str
    set_by: str
    set_at: float


class Vault:
    """Seals and opens. The key is made with the first secret, in a file that only its owner reads. `redactor`: knows what was sealed and
    opened here; it is replaced, never changed, so that any thread may use it."""

    def __init__(self, home: Path) -> None:
        self._path = home / KEY_FILE
        self._old_path = home / OLD_KEY_FILE
        self._known: dict[str, str] = {}
        self._learning = threading.Lock()
        self.redactor = Redactor()

    def seal(self, name: str, value: str) -> str:
        """Raises `KeyMissing`."""
        self.learn(name, value)
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + AESGCM(self._key()).encrypt(nonce, value.encode(), name.encode())).decode()

    def open(self, name: str, sealed: str) -> str:
        """Raises `KeyMissing` where it was sealed with another key."""
        try:
            value = _opened(self._read(self._path), name, sealed)
        except KeyMissing:
            # A new key was made a moment ago, and what it was to seal anew may not be there yet.
            value = _opened(self._read(self._old_path), name, sealed)
        self.learn(name, value)
        return value

    def learn(self, name: str, value: str) -> None:
        """Take the value out of what is told and logged from now on."""
        with self._learning:
            if self._known.get(value) is None and not _WORD.fullmatch(value):
                self._known[value] = name
                self.redactor = Redactor({})
                for each, named in self._known.items():
                    self.redactor.learn(named, each)

    def redact(self, event: Event) -> Event:
        """What is about to be told, without what is known."""
        return self.redactor.redact(event)

    def change_key(self) -> None:
        """Seal with a new key from now on; the old one opens until it is forgotten (`forget_old_key`). Where that has not been done since
        the last change, because the hub was killed, nothing is changed. Raises `KeyMissing`."""
        if not self._old_path.exists():
            self._write(self._old_path, base64.b64encode(self._key()))
            self._write(self._path, base64.b64encode(AESGCM.generate_key(8 * _KEY_BYTES)))

    def forget_old_key(self) -> None:
        self._old_path.unlink(missing_ok=True)

    def _key(self) -> bytes:
        """Made if there is none."""
        return self._read(self._path) if self._path.exists() else self._made()

    def _read(self, path: Path) -> bytes:
        try:
            key = base64.b64decode(path.read_bytes(), validate=True)
        except (FileNotFoundError, binascii.Error) as error:
            raise KeyMissing from error
        if len(key) != _KEY_BYTES:
            raise KeyMissing
        return key

    def _write(self, path: Path, content: bytes) -> None:
        """Whole or not at all, for its owner alone."""
        draft = path.with_name(f"{path.name}.{randomness.token_hex(8)}")
        draft.touch(mode=0o600)
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def _made(self) -> bytes:
        draft = self._path.with_name(f"{KEY_FILE}.{randomness.token_hex(8)}")
        draft.touch(mode=0o600)
        try:
            with draft.open("wb") as file:
                file.write(base64.b64encode(AESGCM.generate_key(8 * _KEY_BYTES)))
                file.flush()
                os.fsync(file.fileno())  # what it seals must not outlive it
            os.link(draft, self._path)  # two who make one at the same time have one key between them
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return self._read(self._path)


def _opened(key: bytes, name: str, sealed: str) -> str:
    raw = base64.b64decode(sealed)
    try:
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], name.encode()).decode()
    except InvalidTag as error:
        raise KeyMissing from error


def put(tx: Tx, vault: Vault, name: str, value: str, by: str) -> None:
    """Keep it under this name, in the place of an earlier one."""
    row = {"sealed": vault.seal(name, value), "set_by": by, "set_at": tx.now()}
    if not tx.change(table.update().where(table.c.name == name).values(**row)):
        tx.change(table.insert().values(name=name, **row))
    log.append(tx, SecretSet(name=name), actor=by)


def get(look: Look, vault: Vault, name: str) -> str:
    """Raises `SecretNotFound`, `KeyMissing`."""
    sealed = look.scalar(sa.select(table.c.sealed).where(table.c.name == name))
    if sealed is None:
        raise SecretNotFound
    return vault.open(name, sealed)


def delete(tx: Tx, name: str, by: str) -> None:
    """Does nothing where there is none."""
    if tx.change(table.delete().where(table.c.name == name)):
        log.append(tx, SecretDeleted(name=name), actor=by)


# ── as somebody asks for it ────────────────────────────────────────────────────────────────────────────────────────


def all_of_them(look: Look) -> list[Secret]:
    """In the order of their names, at most 1000."""
    rows = look.rows(
        sa.select(table.c.name, table.c.set_by, table.c.set_at).order_by(table.c.name).limit(SHOWN_AT_MOST)
    )
    return [Secret(row["name"], row["set_by"], row["set_at"]) for row in rows]


def find(look: Look, name: str) -> Secret:
    """That there is one of this name. Raises `SecretNotFound`."""
    row = look.row(sa.select(table.c.name, table.c.set_by, table.c.set_at).where(table.c.name == name))
    if row is None:
        raise SecretNotFound
    return Secret(row["name"], row["set_by"], row["set_at"])


def put_by_hand(tx: Tx, vault: Vault, name: str, value: str, by: Who) -> Secret:
    """`put` of one that no part of the hub sets itself. Raises `SecretInUse`, `Invalid`, `KeyMissing`."""
    _require_free(name)
    if not NAME.fullmatch(name):
        raise Invalid(
            "A secret's name has 1 to 200 letters, digits and _ . / : @ -, and begins with a letter or digit."
        )
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise Invalid("A secret is text in UTF-8.") from None
    if not 0 < size <= VALUE_AT_MOST:
        raise Invalid("A secret is text of at least one character and at most 64 KiB.")
    put(tx, vault, name, value, by.name)
    return find(tx, name)


def delete_by_hand(tx: Tx, name: str, by: Who) -> None:
    """Raises `SecretNotFound`, `SecretInUse`."""
    _require_free(name)
    find(tx, name)
    delete(tx, name, by.name)


async def rotate_key(db: Database, vault: Vault, by: Who) -> int:
    """Make a new key and seal all secrets with it; returns how many. What cannot be opened stays as it is. Killed in between, all secrets
    open, and the next call ends what was begun. Raises `KeyMissing`."""
    await asyncio.to_thread(vault.change_key)
    sealed = await db.write(_seal_anew, vault, by)
    await asyncio.to_thread(vault.forget_old_key)
    return sealed


def _seal_anew(tx: Tx, vault: Vault, by: Who) -> int:
    opened: dict[str, str] = {}
    for row in tx.rows(sa.select(table.c.name, table.c.sealed)):
        with contextlib.suppress(KeyMissing):
            opened[row["name"]] = vault.open(row["name"], row["sealed"])
    for name, value in opened.items():
        tx.change(table.update().where(table.c.name == name).values(sealed=vault.seal(name, value)))
    log.append(tx, SecretsRekeyed(secrets=len(opened)), actor=by)
    return len(opened)


def learn_all(look: Look, vault: Vault) -> None:
    """So that what is told and logged is without them from the beginning. What cannot be opened is not known either."""
    for row in look.rows(sa.select(table.c.name, table.c.sealed)):
        with contextlib.suppress(KeyMissing):
            vault.open(row["name"], row["sealed"])


def _require_free(name: str) -> None:
    for beginning, why in _OWNERS.items():
        if name.startswith(beginning):
            raise SecretInUse(why)
