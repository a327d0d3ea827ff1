"""Where signed checkpoints go outside of the hub: a file, a webhook. Who owns the hub can then no longer cut the chain unseen.

Above: `app`, which has one hub of several do it. Below: `checkpoints`. Each sink is told each checkpoint, in their order; one that is away is
told later, after growing waits, and holds up no other. What has come of it stands beside the checkpoint. A checkpoint may be told twice.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import httpx2
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coderclawlink.access import checkpoints
from coderclawlink.access.checkpoints import COLUMNS, Checkpoint
from coderclawlink.access.secrets import KeyMissing, SecretNotFound, Vault
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Database, Look, StoreUnavailable, Tx
from coderclawlink.db.schema import checkpoints as table
from coderclawlink.errors import Invalid

logger = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
IDLE_SECONDS = 60.0
WAIT_SECONDS = (5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
ANSWER_SECONDS = 15.0
TOLD = "audit.checkpointed"
"""The bell's topic."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - as Standard Webhooks writes secrets


class SinkAway(Exception):
    """It did not take the checkpoint; the message says why."""


class Sink(Protocol):
    """Somewhere outside of the hub. `name` is what the checkpoints call it."""

    @property
    def name(self) -> str: ...

    async def put(self, one: Checkpoint) -> None:
        """Raises `SinkAway`."""
        ...


class FileSink:
    """Appends each checkpoint to a file, a line of JSON each, on disk before it counts as told."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    async def put(self, one: Checkpoint) -> None:
        try:
            await asyncio.to_thread(self._append, json.dumps(one.as_json()))
        except OSError as error:
            raise SinkAway(f"{self._path}: {error.strerror}") from error

    def _append(self, line: str) -> None:
        with open(self._path, "a+b", opener=_private) as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # somebody was killed in the middle of a line
                    line = f"\n{line}"
            file.write(f"{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())


class WebhookSink:
    """Posts each checkpoint to an address, signed as Standard Webhooks says: `v1a` with the key that signs checkpoints, and `v1`, HMAC,
    where there is a secret (`whsec_…`). Raises `Invalid` for a secret that is none."""

    name = "webhook"

    def __init__(self, db: Database, vault: Vault, url: str, secret: str | None = None) -> None:
        self._db, self._vault, self._url = db, vault, url
        self._secret = None if secret is None else _decoded(secret)

    async def put(self, one: Checkpoint) -> None:
        try:
            key = await self._db.read(checkpoints.signing_key, self._vault)
        except SecretNotFound as error:
            raise KeyMissing from error
        body = json.dumps({"type": "audit.checkpoint", "timestamp": rfc3339(one.at), "data": one.as_json()}).encode()
        headers = signed(body, f"checkpoint_{one.seq}_{one.hash[:16]}", int(time.time()), key, self._secret)
        try:
            async with httpx2.AsyncClient(timeout=ANSWER_SECONDS, follow_redirects=False) as http:
                answer = await http.post(self._url, content=body, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise SinkAway(str(error) or type(error).__name__) from error
        if not answer.is_success:
            raise SinkAway(f"It answers {answer.status_code}.")


def signed(body: bytes, id: str, at: int, key: Ed25519PrivateKey, secret: bytes | None) -> dict[str, str]:
    """The headers of a webhook. `at`: seconds since the epoch."""
    text = f"{id}.{at}.".encode() + body
    signatures = [f"v1a,{base64.b64encode(key.sign(text)).decode()}"]
    if secret is not None:
        signatures.append(f"v1,{base64.b64encode(hmac.digest(secret, text, hashlib.sha256)).decode()}")
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signatures),
    }


def _decoded(secret: str) -> bytes:
    try:
        found = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise Invalid(f"CLAWLINK_AUDIT_WEBHOOK_SECRET must be {SECRET_PREFIX} and base64.") from error
    if not found:
        raise Invalid("CLAWLINK_AUDIT_WEBHOOK_SECRET is empty.")
    return found


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# ── telling them ───────────────────────────────────────────────────────────────────────────────────────────────────


async def run(
    db: Database,
    vault: Vault,
    sinks: Sequence[Sink],
    *,
    look_seconds: float = LOOK_SECONDS,
    waits: Sequence[float] = WAIT_SECONDS,
) -> None:
    """Sign the chain's end whenever that is due, and tell the sinks, for ever."""
    await db.insist(_forget, frozenset(sink.name for sink in sinks))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_sign(db, vault, look_seconds))
        for sink in sinks:
            tasks.create_task(_tell(db, sink, waits))


async def _sign(db: Database, vault: Vault, look_seconds: float) -> None:
    failed = ""
    while True:
        try:
            if await db.read(checkpoints.is_due):
                await db.write(checkpoints.sign, vault)
            failed = ""
        except (StoreUnavailable, KeyMissing) as error:
            if failed != error.message:
                logger.warning("the audit chain cannot be signed: %s", error.message)
            failed = error.message
        await asyncio.sleep(look_seconds)


async def _tell(db: Database, sink: Sink, waits: Sequence[float]) -> None:
    failures = 0
    with db.bell.listen(TOLD) as ear:
        while True:
            try:
                one = await db.read(untold, sink.name)
                if one is None:
                    await ear.wait(IDLE_SECONDS)
                    continue
                try:
                    await sink.put(one)
                except (SinkAway, KeyMissing) as error:
                    failures += 1
                    await db.write(_note, one.seq, sink.name, str(error), failures)
                else:
                    await db.write(_note, one.seq, sink.name, None, failures)
                    failures = 0
            except StoreUnavailable:
                failures += 1
            if failures:
                await asyncio.sleep(waits[min(failures, len(waits)) - 1])


def untold(look: Look, sink: str) -> Checkpoint | None:
    """The first checkpoint that the sink has not taken."""
    last = look.scalar(
        sa.select(sa.func.max(table.c.seq)).where(table.c.sent.contains(f'"{sink}": {{"at"', autoescape=True))
    )
    statement = sa.select(*COLUMNS).where(table.c.seq > (last or 0)).order_by(table.c.seq).limit(1)
    row = look.row(statement)
    return None if row is None else Checkpoint(**row)


def away(look: Look) -> dict[str, str]:
    """The sinks that did not take what they were told last, and why."""
    found: dict[str, str] = {}
    for (sent,) in look.tuples(sa.select(table.c.sent).where(table.c.sent.contains('"why"'))):
        found |= {name: one["why"] for name, one in json.loads(sent).items() if "why" in one}
    return found


def sent(look: Look, seqs: Sequence[int]) -> dict[int, dict[str, object]]:
    """What came of telling the sinks these checkpoints."""
    found = look.tuples(sa.select(table.c.seq, table.c.sent).where(table.c.seq.in_(seqs)))
    return {seq: json.loads(told) for seq, told in found}


def _note(tx: Tx, seq: int, sink: str, why: str | None, failures: int) -> None:
    sent = json.loads(tx.scalar(sa.select(table.c.sent).where(table.c.seq == seq)) or "{}")
    sent[sink] = {"at": rfc3339(tx.now())} if why is None else {"why": why[:500], "failures": failures}
    tx.change(table.update().where(table.c.seq == seq).values(sent=json.dumps(sent)))


def _forget(tx: Tx, names: frozenset[str]) -> None:
    """That a sink was away which is no longer told."""
    for seq, sent in tx.tuples(sa.select(table.c.seq, table.c.sent).where(table.c.sent.contains('"why"'))):
        told = {name: one for name, one in json.loads(sent).items() if name in names or "why" not in one}
        tx.change(table.update().where(table.c.seq == seq).values(sent=json.dumps(told)))
