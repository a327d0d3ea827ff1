"""Pairing: how a device becomes somebody's. Who has signed in makes a code; the device shows it, with its key and a signature over both.

Above: the routes, `clawlink device`. Below: `devices`, `device_key`, the rows. A code has 50 bits, is good once and for ten minutes, and is kept as
its SHA-256. From one address five wrong ones are let through a minute (`throttle`): all the addresses of a large net would have to
guess for years.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import device_key, devices, people, policy
from coderclawlink.access.devices import Device
from coderclawlink.access.policy import Actor, Permission, Trust
from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import pairings as table
from coderclawlink.errors import Conflict, Denied, Invalid, NotFound

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is taken for another."""
CHARACTERS = 10
GOOD_SECONDS = 600.0
OPEN_AT_MOST = 10
"""Codes of one user that wait for their devices."""
WRONG_A_MINUTE = 5
NAME_AT_MOST = 64


class PairingNotFound(NotFound):
    """This pairing code is unknown, used or older than ten minutes. Make a new one: `clawlink device code`."""


class TooTrusted(Denied):
    """Only an administrator trusts a device highly."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """A code that waits for its device. `expires_at`: seconds since the epoch."""

    code: str
    user: str
    trust: Trust
    expires_at: float


def create(tx: Tx, actor: Actor, *, user: str | None = None, trust: Trust = "normal") -> Pairing:
    """Make a code for a device of one's own, or, for administrators, of another `user`. Raises `PersonNotFound`, `PermissionMissing`,
    `TooTrusted`, `Invalid`, `Conflict`."""
    whose = user or (actor.user if actor.proven else None)
    if whose is None:
        raise Invalid("You have not signed in as anybody: name whose device it is, as `user`.")
    if not (actor.proven and whose == actor.user):
        policy.require(actor, Permission.ADMIN_USERS)
    person = people.find(tx, whose)
    if person.service:
        raise Invalid("A program's account has tokens, and no devices.")
    if person.state != "active":
        raise Invalid(f"{whose} is disabled.")
    if trust == "high" and not policy.may(actor, Permission.ADMIN_USERS):
        raise TooTrusted
    now = tx.now()
    tx.change(table.delete().where(table.c.expires_at < now))
    waiting = sa.select(sa.func.count()).where(table.c.user_id == whose, table.c.used_at.is_(None))
    if tx.scalar(waiting) >= OPEN_AT_MOST:
        raise Conflict(f"{OPEN_AT_MOST} codes wait for their devices. Use one of them, or wait for ten minutes.")
    devices.require_room(tx, whose)
    code = "".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS))
    made = {"user_id": whose, "trust": trust, "made_by": actor.name, "made_at": now, "expires_at": now + GOOD_SECONDS}
    tx.change(table.insert().values(hash=_hash(code), **made))
    return Pairing(f"{code[:5]}-{code[5:]}", whose, trust, now + GOOD_SECONDS)


def redeem(tx: Tx, code: str, public_key: str, name: str, signature: str) -> Device:
    """The device with this key is now its user's. `signature`: by the key's private half, over `device_key.to_pair`. Raises
    `PairingNotFound`, `NoKey`, `Invalid`, `Conflict`."""
    code, name = device_key.meant(code), name.strip()
    if not name or len(name) > NAME_AT_MOST or not name.isprintable():
        raise Invalid(f"A device's name has 1 to {NAME_AT_MOST} characters, on one line.")
    row = tx.row(sa.select(table).where(table.c.hash == _hash(code), table.c.used_at.is_(None)))
    if row is None or row["expires_at"] < tx.now():
        raise PairingNotFound
    if not device_key.verifies(public_key, signature, device_key.to_pair(code, public_key, name)):
        raise Invalid("The signature is not that of this key over code, key and name.")
    if people.find(tx, row["user_id"]).state != "active":
        raise PairingNotFound
    tx.change(table.update().where(table.c.hash == row["hash"]).values(used_at=tx.now()))
    return devices.add(tx, row["user_id"], name, device_key.required(public_key), row["trust"])


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
