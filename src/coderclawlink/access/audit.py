"""The audit chain as it is read: asked, counted, verified, exported, and signed now and then, so that its end cannot be cut off unseen.

Above: the routes, `clawlink audit`. Below: `journal.chain`, which writes it. Reading is an administrator's, and everybody's own.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from coderclawlink.access import policy, secrets
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.secrets import SecretNotFound, Vault
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import audit as table
from coderclawlink.db.schema import checkpoints
from coderclawlink.errors import Denied
from coderclawlink.events import AuditCheckpointed
from coderclawlink.journal import chain, log
from coderclawlink.journal.chain import COLUMNS, GENESIS, Row

BATCH = 5_000
KEY = "audit/signing"
"""The name of the secret that checkpoints are signed with."""
DAY_SECONDS = 86_400.0
NEW_DEVICE_DAYS = 90
"""A device that a person was not seen with for so long is a new one."""

Status = Literal["success", "denied", "failure"]
Group = Literal["actor", "action", "type", "day", "hour", "status"]


class NotYours(Denied):
    """Only an administrator sees what others have done."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the chain; what is None is not asked. `since`, `until`: seconds since the epoch. `before`: rows below this number.
    `text`: stands in the actor, the action or the name of the thing."""

    user: str | None = None
    session: str | None = None
    device: str | None = None
    types: Sequence[str] = ()
    resource: str | None = None
    project: int | None = None
    status: Status | None = None
    since: float | None = None
    until: float | None = None
    text: str | None = None
    before: int | None = None


def read(look: Look, asked: Question, limit: int) -> list[Row]:
    """Newest first."""
    statement = sa.select(*COLUMNS).where(*_which(asked)).order_by(table.c.seq.desc()).limit(limit)
    return [Row(**row) for row in look.rows(statement)]


def read_for(look: Look, actor: Actor, asked: Question, limit: int) -> list[Row]:
    """Raises `PermissionMissing` for who is no administrator."""
    policy.require(actor, Permission.ADMIN_SYSTEM)
    return read(look, asked, limit)


def activity(look: Look, actor: Actor, *, limit: int, user: str | None = None, session: str | None = None) -> list[Row]:
    """What a person has done, or what was done in a session (its hash): one's own, or anybody's for an administrator. Raises `NotYours`."""
    is_own = session == actor.login if session is not None else user == actor.user and actor.proven
    if not (is_own or policy.may(actor, Permission.ADMIN_SYSTEM)):
        # A session that has only named somebody sees what it has done itself, not all that was done in that name.
        if session is None and user is not None and user == actor.user and actor.login is not None:
            return read(look, Question(user=user, session=actor.login), limit)
        raise NotYours
    return read(look, Question(user=user, session=session), limit)


def _which(asked: Question) -> list[sa.ColumnElement[bool]]:
    named = {"user_id": asked.user, "session_id": asked.session, "device_id": asked.device, "status": asked.status}
    named |= {"resource_type": asked.resource, "project_id": asked.project}  # type: ignore[dict-item]
    found = [table.c[name] == value for name, value in named.items() if value is not None]
    if asked.types:
        found.append(table.c.event_type.in_(list(asked.types)))
    if asked.since is not None:
        found.append(table.c.at >= asked.since)
    if asked.until is not None:
        found.append(table.c.at < asked.until)
    if asked.before is not None:
        found.append(table.c.seq < asked.before)
    if asked.text:
        words = [sa.func.coalesce(table.c[name], "").icontains(asked.text, autoescape=True) for name in _SEARCHED]
        found.append(sa.or_(*words))
    return found


_SEARCHED = ("actor", "action", "resource_id", "resource_type")


# ── counted ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Count:
    """`name`: of the group. The three sum up to all."""

    name: str
    success: int
    denied: int
    failure: int


def count(look: Look, asked: Question, by: Group, limit: int = 1000) -> list[Count]:
    """How much was done, in groups: days and hours in their order (UTC), the others by their size."""
    name: Any = _group(look, by).label("name")
    sums: list[Any] = [
        sa.func.sum(sa.case((table.c.status == status, 1), else_=0)).label(status) for status in _STATUSES
    ]
    statement: sa.Select[Any] = sa.select(name, *sums).where(*_which(asked)).group_by(name).limit(limit)
    statement = statement.order_by(name) if by in ("day", "hour") else statement.order_by(sa.func.count().desc(), name)
    return [Count(str(row["name"]), *(int(row[status]) for status in _STATUSES)) for row in look.rows(statement)]


_STATUSES = ("success", "denied", "failure")


def _group(look: Look, by: Group) -> sa.ColumnElement[str]:
    match by:
        case "actor":
            return sa.func.coalesce(table.c.actor, "the hub")
        case "action":
            return sa.func.coalesce(table.c.action, "")
        case "type":
            return table.c.event_type
        case "status":
            return table.c.status
        case _:
            pass
    pattern = {"day": ("%Y-%m-%d", "YYYY-MM-DD"), "hour": ("%Y-%m-%dT%H", 'YYYY-MM-DD"T"HH24')}[by]
    if look.dialect == "sqlite":
        return sa.func.strftime(pattern[0], table.c.at, "unixepoch")
    return sa.func.to_char(sa.func.timezone("UTC", sa.func.to_timestamp(table.c.at)), pattern[1])


def new_devices(look: Look, since: float, limit: int = 100) -> list[Row]:
    """The first things that were done from devices which were not seen for long before, newest first."""
    earlier = table.alias()
    seen = sa.exists().where(
        earlier.c.device_id == table.c.device_id,
        earlier.c.seq < table.c.seq,
        earlier.c.at > table.c.at - NEW_DEVICE_DAYS * DAY_SECONDS,
    )
    statement = sa.select(*COLUMNS).where(table.c.device_id.is_not(None), table.c.at >= since, ~seen)
    return [Row(**row) for row in look.rows(statement.order_by(table.c.seq.desc()).limit(limit))]


def off_hours(look: Look, since: float, begin: int, end: int, limit: int = 100) -> list[Row]:
    """What people did outside of the hours from `begin` to `end` (of the day, UTC), newest first."""
    if look.dialect == "sqlite":
        hour = sa.cast(sa.func.strftime("%H", table.c.at, "unixepoch"), sa.Integer)
    else:
        hour = sa.cast(sa.extract("hour", sa.func.timezone("UTC", sa.func.to_timestamp(table.c.at))), sa.Integer)
    statement = sa.select(*COLUMNS).where(
        table.c.at >= since, table.c.user_id.is_not(None), sa.or_(hour < begin, hour >= end)
    )
    return [Row(**row) for row in look.rows(statement.order_by(table.c.seq.desc()).limit(limit))]


# ── verified ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Verified:
    """`events`: how many were read, in so many `seconds`. `broken`: what does not hold, in words, at the row `at`; None: all holds.
    `head`: the last row's hash. `signed`: checkpoints that agree with the chain; `latest`: the row of the last of them."""

    events: int
    seconds: float
    head: str
    broken: str | None = None
    at: int | None = None
    signed: int = 0
    latest: int | None = None


def verify(look: Look, given: Mapping[int, str] | None = None) -> Verified:
    """Reckon the whole chain anew, and lay the signed checkpoints beside it; `given`: further ones, kept outside: number → hash."""
    began = time.perf_counter()
    events, previous = 0, GENESIS
    signed = _checkpoints(look)
    wanted = {seq: hash for seq, (hash, _) in signed.items()} | dict(given or {})
    agree = 0
    forged = next((seq for seq, (_, is_good) in signed.items() if not is_good), None)

    def end(broken: str | None = None, at: int | None = None) -> Verified:
        latest = max(wanted) if wanted else None
        return Verified(events, time.perf_counter() - began, previous, broken, at, agree, latest)

    if forged is not None:
        return end(f"The checkpoint at {forged} bears a signature that is not of the key beside it.", forged)
    for row in rows(look):
        if row.seq != events + 1:
            return end(f"Row {events + 1} is missing.", events + 1)
        if row.previous != previous:
            return end(f"Row {row.seq} does not follow the one before it.", row.seq)
        if row.reckoned() != row.hash:
            return end(f"Row {row.seq} was changed.", row.seq)
        if wanted.get(row.seq, row.hash) != row.hash:
            return end(f"Row {row.seq} is another one than was signed.", row.seq)
        agree += row.seq in wanted
        events, previous = row.seq, row.hash
    cut = next((seq for seq in sorted(wanted) if seq > events), None)
    if cut is not None:
        return end(f"The chain was cut: it ends at row {events}, and row {cut} was signed.", events + 1)
    return end()


def rows(look: Look, after: int = 0, until: int | None = None) -> Iterator[Row]:
    """All of it, oldest first, a batch at a time."""
    while True:
        statement = sa.select(*COLUMNS).where(table.c.seq > after).order_by(table.c.seq).limit(BATCH)
        if until is not None:
            statement = statement.where(table.c.seq <= until)
        batch = look.tuples(statement)
        for values in batch:
            yield Row(*values)
        if len(batch) < BATCH:
            return
        after = batch[-1][0]


# ── signed ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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


def signed_text(seq: int, hash: str) -> bytes:
    return f"coderclawlink audit {seq} {hash}".encode()


def checkpoint(tx: Tx, vault: Vault) -> Checkpoint | None:
    """Sign where the chain ends; None when it is empty or has been signed there already."""
    seq, hash = chain.head(tx)
    last = tx.scalar(sa.select(sa.func.max(checkpoints.c.seq)))
    if seq == 0 or last == seq:
        return None
    key = _signing_key(tx, vault)
    public = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()
    signature = base64.urlsafe_b64encode(key.sign(signed_text(seq, hash))).decode()
    made = Checkpoint(seq, hash, tx.now(), public, signature)
    tx.change(checkpoints.insert().values(seq=seq, hash=hash, key=public, signature=signature, at=made.at))
    log.append(tx, AuditCheckpointed(sequence=seq, hash=hash))
    return made


def all_checkpoints(look: Look) -> list[Checkpoint]:
    """Oldest first."""
    names = ("seq", "hash", "at", "key", "signature")
    found = look.rows(sa.select(*(checkpoints.c[name] for name in names)).order_by(checkpoints.c.seq))
    return [Checkpoint(**row) for row in found]


def is_signed(one: Checkpoint) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(one.key))
        key.verify(base64.urlsafe_b64decode(one.signature), signed_text(one.seq, one.hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def _checkpoints(look: Look) -> dict[int, tuple[str, bool]]:
    return {one.seq: (one.hash, is_signed(one)) for one in all_checkpoints(look)}


def _signing_key(tx: Tx, vault: Vault) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secrets.get(tx, vault, KEY)))
    except SecretNotFound:
        key = Ed25519PrivateKey.generate()
        secrets.put(tx, vault, KEY, base64.b64encode(key.private_bytes_raw()).decode(), "hub")
        return key


# ── exported ───────────────────────────────────────────────────────────────────────────────────────────────────────


def as_json(row: Row) -> dict[str, object]:
    """A row in the contract's shape, with what stands beside it."""
    return {
        "event_id": row.event_id,
        "event_type": row.event_type,
        "timestamp": rfc3339(row.at),
        "user_id": row.user_id,
        "session_id": row.session_id,
        "resource_type": row.resource_type,
        "resource_id": row.resource_id,
        "action": row.action,
        "status": row.status,
        "details": json.loads(row.details),
        "seq": row.seq,
        "actor": row.actor,
        "device_id": row.device_id,
        "project_id": row.project_id,
        "previous": row.previous,
        "hash": row.hash,
    }


def as_ocsf(row: Row) -> dict[str, object]:
    """A row as an event of the Open Cybersecurity Schema Framework 1.3: Authentication (3002), Account Change (3001), else API Activity
    (6003)."""
    kind = row.event_type.partition(".")[0]
    class_uid = 3002 if kind == "session" else 3001 if kind in ("user", "credential", "permission") else 6003
    activity = {"created": 1, "changed": 3, "deleted": 4, "denied": 99}.get(row.event_type.rpartition(".")[2], 99)
    succeeded = row.status == "success"
    return {
        "class_uid": class_uid,
        "category_uid": class_uid // 1000,
        "activity_id": activity,
        "type_uid": class_uid * 100 + activity,
        "time": int(row.at * 1000),
        "severity_id": 1 if succeeded else 3,
        "status_id": 1 if succeeded else 2,
        "status": "Success" if succeeded else "Failure",
        "message": row.action or row.event_type,
        "actor": {"user": {"uid": row.user_id, "name": row.actor}, "session": {"uid": row.session_id}},
        "user": {"uid": row.user_id, "name": row.actor},
        "api": {"operation": row.action or row.event_type},
        "src_endpoint": {"uid": row.device_id},
        "resources": [{"type": row.resource_type, "uid": row.resource_id}],
        "metadata": {
            "version": "1.3.0",
            "uid": row.event_id,
            "sequence": row.seq,
            "product": {"name": "coderClawLink", "vendor_name": "coderClawLink"},
        },
        "unmapped": {"details": json.loads(row.details), "hash": row.hash, "previous": row.previous},
    }
