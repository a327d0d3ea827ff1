"""The audit chain: of each thing that people, programs and agents do, one row that holds the hash of the row before it.

Above: `log`, which writes it in the transaction that tells of the thing; `access.audit`, which reads it, `access.proof`, which verifies it.
Below: the rows. The database itself refuses to change or delete a row, but for those that a signed cut stands for (`access.cuts`); who gets
past it breaks the chain, from that row on:

    hash(n) = SHA-256( hash(n-1) + "\\n" + the row's other fields as canonical JSON )        hash(0) = 64 zeros
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import audit as table
from coderclawlink.events import Event
from coderclawlink.ids import new_id

GENESIS = "0" * 64
TEXT_AT_MOST = 500
"""Characters of one text in the details: what was done is told, not all that was said."""
_HEAD, _HASH = "audit's head", "audit's hash"


class Who(Protocol):
    """Who did it, as far as the chain tells; `access.policy.Actor` is one."""

    @property
    def name(self) -> str: ...
    @property
    def user(self) -> str | None: ...
    @property
    def login(self) -> str | None: ...
    @property
    def device(self) -> str | None: ...


class Placed(Protocol):
    """What it is about; `log.About` is one."""

    @property
    def project(self) -> int | None: ...
    @property
    def task(self) -> int | None: ...
    @property
    def run(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is hashed. `at`: seconds since the epoch. `details`: JSON as text."""

    seq: int
    event_id: str
    at: float
    event_type: str
    user_id: str | None
    session_id: str | None
    device_id: str | None
    actor: str | None
    resource_type: str | None
    resource_id: str | None
    project_id: int | None
    action: str | None
    status: str
    details: str
    previous: str
    hash: str

    def reckoned(self) -> str:
        """The hash that it should have."""
        return hash_of(self.previous, [getattr(self, name) for name in HASHED])


HASHED = tuple(name for name in Row.__dataclass_fields__ if name not in ("previous", "hash"))
"""All but the last two."""
COLUMNS = [table.c[name] for name in Row.__dataclass_fields__]


_encoded = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def hash_of(previous: str, fields: Iterable[object]) -> str:
    """`fields`: the values of `HASHED`, in their order."""
    return hashlib.sha256(f"{previous}\n{_encoded(list(fields))}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of event is told in the chain."""

    type: str
    resource: str
    status: str = "success"


def _kinds() -> dict[str, _Kind]:
    found = {
        "session.created": _Kind("session.created", "session"),
        "session.deleted": _Kind("session.deleted", "session"),
        "run.submitted": _Kind("task.submitted", "run"),
        "run.started": _Kind("task.started", "run"),
        "run.completed": _Kind("task.completed", "run"),
        "run.failed": _Kind("task.failed", "run", "failure"),
        "run.cancelled": _Kind("task.cancelled", "run"),
        "attempt.started": _Kind("agent.executed", "run"),
        "agent.configured": _Kind("agent.configured", "agent"),
        "permission.granted": _Kind("permission.granted", "permission"),
        "permission.revoked": _Kind("permission.revoked", "permission"),
        "permission.denied": _Kind("permission.denied", "permission", "denied"),
        "session.refused": _Kind("session.refused", "session", "denied"),
        "delivery.failed": _Kind("resource.modified", "delivery", "failure"),
    }
    changed = {
        "project": ("created", "changed", "connected", "disconnected"),
        "task": ("created", "changed", "restored", "linked", "unlinked", "labelled"),
        "comment": ("created", "changed"),
        "label": ("created", "changed"),
        "attachment": ("added",),
        "view": ("saved",),
        "budget": ("set",),
        "question": ("answered",),
        "run": ("handed_over", "reviewed"),
        "remarks": ("sent",),
        "prompt": ("queued", "changed", "withdrawn"),
        "comparison": ("started", "kept"),
        "chat": ("asked", "decided"),
        "delivery": ("wanted", "pushed"),
        "pull_request": ("opened", "answered", "merged", "closed", "reopened"),
        "issue": ("linked", "synced"),
        "tasks": ("imported",),
    }
    deleted = {
        "project": "deleted",
        "task": "deleted",
        "comment": "deleted",
        "label": "deleted",
        "attachment": "deleted",
        "view": "deleted",
        "run": "discarded",
    }
    own = {
        "session": ("signed_in", "ended_all", "stepped_up"),
        "user": ("created", "changed", "deleted", "invited"),
        "credential": ("added", "removed"),
        "device": ("paired", "changed", "revoked"),
        "policy": ("changed",),
        "provider": ("changed",),
        "secret": ("set", "deleted"),
        "secrets": ("rekeyed",),
        "node": ("joined", "left"),
        "backup": ("made",),
        "audit": ("cut",),
        "run": ("receipt",),
    }
    for noun, verbs in changed.items():
        found |= {f"{noun}.{verb}": _Kind("resource.modified", noun) for verb in verbs}
    found |= {f"{noun}.{verb}": _Kind("resource.deleted", noun) for noun, verb in deleted.items()}
    for noun, verbs in own.items():
        found |= {f"{noun}.{verb}": _Kind(f"{noun}.{verb}", noun) for verb in verbs}
    return found


KINDS: Mapping[str, _Kind] = _kinds()
"""Which kinds of events are audited, and as what. What agents say and how attempts fare is in the journal alone."""
ACCESSED = "resource.accessed"
TYPES = frozenset({kind.type for kind in KINDS.values()} | {ACCESSED})
"""Every type of audit event that there is."""
_NAMES = (
    "key",
    "user",
    "agent",
    "node",
    "device",
    "comment",
    "label",
    "attachment",
    "view",
    "question",
    "pull",
    "delivery",
    "chat",
    "name",
)


def append(tx: Tx, told: Iterable[tuple[Event, Placed]], who: Who | str | None) -> None:
    """Add what of it is audited, in the caller's transaction."""
    rows = []
    for event, about in told:
        name = str(getattr(event, "kind", ""))
        kind = KINDS.get(name)
        if kind is None:
            continue
        said = event.model_dump(mode="json", exclude={"kind"})
        rows.append(
            _row(
                tx,
                who,
                type=kind.type,
                resource=(kind.resource, _named(kind.resource, said, about)),
                project=about.project,
                action=name,
                status=kind.status,
                details={name: _short(value) for name, value in said.items()},
            )
        )
    _add(tx, rows)


def accessed(tx: Tx, who: Who, resource: tuple[str, str], project: int | None, details: Mapping[str, object]) -> None:
    """Somebody has taken a copy of something out of the hub."""
    row = _row(
        tx, who, type=ACCESSED, resource=resource, project=project, action="read", status="success", details=details
    )
    _add(tx, [row])


def head(look: Look) -> tuple[int, str]:
    """The last row's number and hash; 0 and zeros before the first."""
    row = look.row(sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1))
    return (0, GENESIS) if row is None else (row["seq"], row["hash"])


def _add(tx: Tx, rows: list[list[object]]) -> None:
    if rows:
        tx.append(table, rows)
        tx.topics.add("audit")


def _row(
    tx: Tx,
    who: Who | str | None,
    *,
    type: str,
    resource: tuple[str, str | None],
    project: int | None,
    action: str,
    status: str,
    details: Mapping[str, object],
) -> list[object]:
    """The next row of the chain, which the transaction now ends with."""
    seq, previous = (int(tx.known[_HEAD]), tx.texts[_HASH]) if _HEAD in tx.known else head(tx)
    named = who is None or isinstance(who, str)
    row: dict[str, object] = {
        "seq": seq + 1,
        "event_id": new_id(),
        "at": tx.now(),
        "event_type": type,
        "user_id": None if named else who.user,  # type: ignore[union-attr]
        "session_id": None if named else who.login,  # type: ignore[union-attr]
        "device_id": None if named else who.device,  # type: ignore[union-attr]
        "actor": who if named else who.name,  # type: ignore[union-attr]
        "resource_type": resource[0],
        "resource_id": resource[1],
        "project_id": project,
        "action": action,
        "status": status,
        "details": json.dumps(details, ensure_ascii=False, sort_keys=True),
    }
    row |= {"previous": previous, "hash": hash_of(previous, row.values())}
    tx.known[_HEAD] = seq + 1
    tx.texts[_HASH] = str(row["hash"])
    return list(row.values())


def _named(resource: str, said: Mapping[str, object], about: Placed) -> str | None:
    """What the thing is called: a run by its id, a task by its key where the event tells it, else by the first name that is there."""
    if resource in ("run", "prompt", "remarks") and about.run is not None:
        return about.run
    if resource == "session":
        return None
    for name in (resource, *_NAMES):
        if isinstance(value := said.get(name), str | int):
            return str(value)
    if resource in ("task", "comment", "label", "attachment") and about.task is not None:
        return str(about.task)
    return None if about.project is None else str(about.project)


def _short(value: object) -> object:
    if isinstance(value, str) and len(value) > TEXT_AT_MOST:
        return f"{value[:TEXT_AT_MOST]}… {len(value) - TEXT_AT_MOST} characters left out"
    if isinstance(value, dict):
        return {name: _short(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_short(item) for item in value[:50]]
    return value
