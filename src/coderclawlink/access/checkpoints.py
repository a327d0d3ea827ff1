"""Signed checkpoints: where the audit chain ended at some time, under a signature, so that its end cannot be cut off unseen.

Above: `sinks`, which carries them out of the hub; `proof`, which lays them beside the chain; `cuts`, which signs the chain's new beginning. Below:
the rows, and the vault that keeps the signing key. Who has the database alone cannot sign.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from coderclawlink.access import secrets
from coderclawlink.access.secrets import KeyMissing, SecretNotFound, Vault
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import audit, checkpoints
from coderclawlink.errors import Conflict
from coderclawlink.events import AuditCheckpointed
from coderclawlink.journal import chain, log

KEY = "audit/signing"
"""The name of the secret that is the signing key."""
EVENTS_APART = 10_000
SECONDS_APART = 3600.0


class KeyIsHere(Conflict):
    """The key that this hub signs with is here, and needs no other in its place."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain's end at some time. `key`: the public half, and `signature`, both base64url; signed is `signed_text`."""

    seq: int
    hash: str
    at: float
    key: str
    signature: str

    def as_json(self) -> dict[str, object]:
        return {
            "seq": self.seq,
            "hash": self.hash,
            "at": rfc3339(self.at),
            "key": self.key,
            "signature": self.signature,
        }

    @property
    def is_signed(self) -> bool:
        """Whether the signature is of the key beside it."""
        return verifies(self.key, self.signature, signed_text(self.seq, self.hash))


def signed_text(seq: int, hash: str) -> bytes:
    return f"coderclawlink audit {seq} {hash}".encode()


def is_due(look: Look) -> bool:
    """Whether 10,000 events, or any and an hour, have passed since the last one."""
    head, _ = chain.head(look)
    last = look.row(sa.select(checkpoints.c.seq, checkpoints.c.at).order_by(checkpoints.c.seq.desc()).limit(1))
    if last is None:
        first = look.scalar(sa.select(audit.c.at).order_by(audit.c.seq).limit(1))
        return first is not None and (head >= EVENTS_APART or look.now() - float(first) >= SECONDS_APART)
    passed = head - int(last["seq"])
    return passed >= EVENTS_APART or (passed > 0 and look.now() - float(last["at"]) >= SECONDS_APART)


def sign(tx: Tx, vault: Vault) -> Checkpoint | None:
    """Sign where the chain ends; None when it is empty or has been signed there already. Raises `KeyMissing`."""
    seq, hash = chain.head(tx)
    last = tx.scalar(sa.select(sa.func.max(checkpoints.c.seq)))
    if seq == 0 or last == seq:
        return None
    key, signature = signed(tx, vault, signed_text(seq, hash))
    made = Checkpoint(seq, hash, tx.now(), key, signature)
    tx.change(checkpoints.insert().values(seq=seq, hash=hash, key=key, signature=signature, at=made.at))
    log.append(tx, AuditCheckpointed(sequence=seq, hash=hash))
    return made


def latest(look: Look, limit: int = 100, before: int | None = None) -> list[Checkpoint]:
    """Newest first. `before`: below this row."""
    statement = sa.select(*COLUMNS).order_by(checkpoints.c.seq.desc()).limit(limit)
    if before is not None:
        statement = statement.where(checkpoints.c.seq < before)
    return [Checkpoint(**row) for row in look.rows(statement)]


def all_of(look: Look) -> list[Checkpoint]:
    """Oldest first."""
    return [Checkpoint(**row) for row in look.rows(sa.select(*COLUMNS).order_by(checkpoints.c.seq))]


COLUMNS = [checkpoints.c[name] for name in Checkpoint.__dataclass_fields__]


# ── the key ────────────────────────────────────────────────────────────────────────────────────────────────────────


def signed(tx: Tx, vault: Vault, text: bytes) -> tuple[str, str]:
    """The public half of the hub's key, which is made with the first signature, and the signature. Raises `KeyMissing`."""
    try:
        key = signing_key(tx, vault)
    except SecretNotFound:
        key = _made(tx, vault, "hub")
    return public_half(key), base64.urlsafe_b64encode(key.sign(text)).decode()


def renew(tx: Tx, vault: Vault, by: str) -> str:
    """Make a new key, where the one that the hub has signed with is lost; returns its public half. Raises `KeyIsHere`."""
    try:
        signing_key(tx, vault)
    except (SecretNotFound, KeyMissing):
        return public_half(_made(tx, vault, by))
    raise KeyIsHere


def _made(tx: Tx, vault: Vault, by: str) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    secrets.put(tx, vault, KEY, base64.b64encode(key.private_bytes_raw()).decode(), by)
    return key


def signing_key(look: Look, vault: Vault) -> Ed25519PrivateKey:
    """Raises `SecretNotFound` as long as nothing was signed, `KeyMissing`."""
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secrets.get(look, vault, KEY)))


def public_half(key: Ed25519PrivateKey) -> str:
    return base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()


def verifies(key: str, signature: str, text: bytes) -> bool:
    """Whether the signature is of this key; both base64url."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key))
        public.verify(base64.urlsafe_b64decode(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True
