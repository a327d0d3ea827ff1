"""Secrets of the hub: sealed in the database by a key that lies beside it in a file of its own, and never told again.

Above: connections to other programs, providers of identities, checkpoints. Below: the rows. A secret is sealed with AES-256-GCM (NIST
SP 800-38D) under a fresh nonce, and bound to its name, so that one row cannot be passed off as another. Who has the database
alone, as in a backup, has none of them.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets as randomness
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import secrets as table
from coderclawlink.errors import Conflict, NotFound
from coderclawlink.events import SecretDeleted, SecretSet
from coderclawlink.journal import log

KEY_FILE = "secrets.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SecretNotFound(NotFound):
    """There is no secret of this name."""


class KeyMissing(Conflict):
    """The key that secrets were sealed with is not here: put the file `secrets.key` back into the data directory, or set them anew."""


class Vault:
    """Seals and opens. The key is made with the first secret, in a file that only its owner reads."""

    def __init__(self, home: Path) -> None:
        self._path = home / KEY_FILE

    def seal(self, name: str, value: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(
            nonce + AESGCM(self._key(make=True)).encrypt(nonce, value.encode(), name.encode())
        ).decode()

    def open(self, name: str, sealed: str) -> str:
        """Raises `KeyMissing` where it was sealed with another key."""
        raw = base64.b64decode(sealed)
        try:
            return AESGCM(self._key(make=False)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], name.encode()).decode()
        except InvalidTag as error:
            raise KeyMissing from error

    def _key(self, *, make: bool) -> bytes:
        try:
            key = base64.b64decode(self._path.read_bytes(), validate=True)
        except FileNotFoundError as missing:
            if not make:
                raise KeyMissing from missing
        except binascii.Error as error:
            raise KeyMissing from error
        else:
            if len(key) != _KEY_BYTES:
                raise KeyMissing
            return key
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
        return self._key(make=False)


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
