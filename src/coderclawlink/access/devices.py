"""Devices: somebody's machines, each known by a key of its own; how far they are trusted, signing in by them, revoking them.

Above: the routes, `clawlink device`; `pairing`, which adds them. Below: sessions, `device_key`, the rows. A session that a device has opened may what
its user may, narrowed by how far the device is trusted (`policy.may`), and ends with the device: at once, wherever it listens.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import device_key, policy, revocation, sessions
from coderclawlink.access.policy import Actor, Permission, Role, Trust
from coderclawlink.access.sessions import Session
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import devices as table
from coderclawlink.db.schema import sessions as session_table
from coderclawlink.db.schema import sign_ins
from coderclawlink.errors import Conflict, Denied, NotFound, NotSignedIn
from coderclawlink.events import DeviceChanged, DevicePaired, DeviceRevoked
from coderclawlink.ids import new_id
from coderclawlink.journal import log

KIND = "device"
CHALLENGE_SECONDS = 60.0
DEVICES_AT_MOST = 50
"""Of one user, those that were revoked left out."""
SHOWN_AT_MOST = 1000
TRUSTS: tuple[Trust, ...] = ("low", "normal", "high")

State = Literal["paired", "revoked"]


class DeviceNotFound(NotFound):
    """There is no such device. `clawlink device list` shows them."""


class DeviceKnown(Conflict):
    """This key is known already. A device that is paired anew makes a new key."""


class DeviceRefused(NotSignedIn):
    """The device is unknown or revoked, or this is not its answer to the challenge. Pair it again, or begin again."""


class TrustRaised(Denied):
    """You may trust a device of yours less; more, only an administrator may."""


@dataclass(frozen=True, slots=True)
class Device:
    """`seen_at`: when it signed in last, None: never. Times: seconds since the epoch."""

    id: str
    user: str
    name: str
    public_key: str
    trust: Trust
    state: State
    made_at: float
    seen_at: float | None
    revoked_at: float | None
    revoked_by: str | None

    @property
    def fingerprint(self) -> str:
        """Six words, which the device itself shows too."""
        return device_key.fingerprint(self.public_key)


# ── known ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def add(tx: Tx, user: str, name: str, public_key: str, trust: Trust) -> Device:
    """It has been paired, by who has its key and the user's code. Raises `DeviceKnown`, `Conflict`."""
    require_room(tx, user)
    if tx.scalar(sa.select(table.c.id).where(table.c.public_key == public_key)) is not None:
        raise DeviceKnown
    row = {"id": new_id(), "user_id": user, "name": name, "public_key": public_key, "trust": trust, "state": "paired"}
    tx.change(table.insert().values(**row, made_at=tx.now()))
    made = find(tx, str(row["id"]))
    told = DevicePaired(device=made.id, user=user, name=name, fingerprint=made.fingerprint, trust=trust)
    log.append(tx, told, actor=Actor(Role.GUEST, user, policy.ownership(user), device=made.id))
    return made


def require_room(look: Look, user: str) -> None:
    """Raises `Conflict` for one too many."""
    theirs = sa.select(sa.func.count()).where(table.c.user_id == user, table.c.state == "paired")
    if look.scalar(theirs) >= DEVICES_AT_MOST:
        raise Conflict(f"A user has at most {DEVICES_AT_MOST} devices. Revoke some first.")


def find(look: Look, id: str) -> Device:
    """Whoever asks. Raises `DeviceNotFound`."""
    row = look.row(sa.select(table).where(table.c.id == id))
    if row is None:
        raise DeviceNotFound
    return _device(row)


def find_for(look: Look, actor: Actor, id: str) -> Device:
    """One of one's own; for administrators, anybody's. Raises `DeviceNotFound` else."""
    found = find(look, id)
    if not _is_own(actor, found) and not policy.may(actor, Permission.ADMIN_USERS):
        raise DeviceNotFound
    return found


def all_of(
    look: Look, user: str | None, *, revoked: bool = False, after: str = "", limit: int = SHOWN_AT_MOST
) -> list[Device]:
    """A user's, or everybody's (None), in the order in which they were paired, those behind the id `after`; with the `revoked`."""
    statement = sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
    if user is not None:
        statement = statement.where(table.c.user_id == user)
    if not revoked:
        statement = statement.where(table.c.state == "paired")
    return [_device(row) for row in look.rows(statement)]


def require_paired(look: Look, user: str, id: str) -> Device:
    """The user's own device, if it is paired. Raises `DeviceNotFound`."""
    found = find(look, id)
    if found.user != user or found.state != "paired":
        raise DeviceNotFound
    return found


# ── changed ────────────────────────────────────────────────────────────────────────────────────────────────────────


def trust(tx: Tx, actor: Actor, id: str, level: Trust) -> Device:
    """Trust it more or less; its owner only less. It holds from now on, also for sessions that it has. Raises `DeviceNotFound`,
    `TrustRaised`, `Conflict` for one that was revoked."""
    found = find_for(tx, actor, id)
    if found.state != "paired":
        raise Conflict("The device was revoked. Pair it again.")
    if found.trust == level:
        return found
    if TRUSTS.index(level) > TRUSTS.index(found.trust) and not policy.may(actor, Permission.ADMIN_USERS):
        raise TrustRaised
    tx.change(table.update().where(table.c.id == id).values(trust=level))
    log.append(tx, DeviceChanged(device=id, changes={"trust": level, "user": found.user}), actor=actor)
    revocation.ring(tx, found.user)
    return find(tx, id)


def revoke(tx: Tx, actor: Actor, id: str) -> Device:
    """It opens nothing from now on, and what it has opened ends. Raises `DeviceNotFound`."""
    found = find_for(tx, actor, id)
    if found.state == "revoked":
        return found
    gone = {"state": "revoked", "revoked_at": tx.now(), "revoked_by": actor.name}
    tx.change(table.update().where(table.c.id == id).values(**gone))
    tx.change(session_table.delete().where(session_table.c.device_id == id, session_table.c.proven))
    log.append(tx, DeviceRevoked(device=id, user=found.user), actor=actor)
    revocation.ring(tx, found.user)
    return find(tx, id)


# ── signing in ─────────────────────────────────────────────────────────────────────────────────────────────────────


def challenge(tx: Tx, id: str) -> str:
    """What the device is to sign now: good once, for a minute, for it alone. An unknown device is given one too, and learns nothing."""
    tx.change(sign_ins.delete().where(sign_ins.c.kind == KIND, sign_ins.c.made_at < tx.now() - CHALLENGE_SECONDS))
    made = secrets.token_urlsafe(32)
    tx.change(sign_ins.insert().values(hash=_hash(made), kind=KIND, data=json.dumps({"device": id}), made_at=tx.now()))
    return made


def redeem(tx: Tx, id: str, given: str) -> bool:
    """Whether the challenge was made for this device, less than a minute ago, and not answered before. From now on it is good for nothing;
    so this is a transaction of its own, which stands also when the answer is wrong."""
    here = sa.and_(sign_ins.c.hash == _hash(given), sign_ins.c.kind == KIND)
    row = tx.row(sa.select(sign_ins).where(here))
    tx.change(sign_ins.delete().where(here))
    return (
        row is not None and tx.now() - row["made_at"] <= CHALLENGE_SECONDS and json.loads(row["data"])["device"] == id
    )


def sign_in(
    tx: Tx, id: str, redeemed: str, signature: str, *, hub: str, address: str | None, agent: str | None
) -> Session:
    """A session bound to the device, for its signature over the challenge that was just `redeemed`. `hub`: this hub's name. Raises
    `DeviceRefused`, `SessionUnknown` when its user may not sign in."""
    row = tx.row(sa.select(table).where(table.c.id == id, table.c.state == "paired"))
    if row is None or not device_key.verifies(row["public_key"], signature, device_key.to_sign_in(hub, id, redeemed)):
        raise DeviceRefused
    tx.change(table.update().where(table.c.id == id).values(seen_at=tx.now()))
    return sessions.open_device(tx, row["user_id"], id, address=address, agent=agent)


def _is_own(actor: Actor, device: Device) -> bool:
    return actor.proven and actor.user == device.user


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _device(row: sa.RowMapping) -> Device:
    return Device(
        row["id"],
        row["user_id"],
        row["name"],
        row["public_key"],
        row["trust"],
        row["state"],
        row["made_at"],
        row["seen_at"],
        row["revoked_at"],
        row["revoked_by"],
    )
