"""Passkeys (WebAuthn level 3): a key pair for this site in somebody's device, which proves who it is without a password.

Above: the routes. Below: `webauthn`, which checks what browsers say; the rows. Each challenge is good once and for five minutes. What proves
anything has also verified its user, by PIN or finger. A key whose counter went back was copied, and is refused.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from coderclawlink.access import people
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import passkeys as table
from coderclawlink.db.schema import sign_ins
from coderclawlink.errors import Conflict, Invalid, NotFound, NotSignedIn
from coderclawlink.events import CredentialAdded, CredentialRemoved
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who

KIND = "passkey"
GOOD_SECONDS = 300.0
PASSKEYS_AT_MOST = 20
"""Of one user."""
NAME_AT_MOST = 64


class PasskeyNotFound(NotFound):
    """There is no such passkey."""


class PasskeyRefused(NotSignedIn):
    """The passkey does not prove who you are. Begin again."""


@dataclass(frozen=True, slots=True)
class Site:
    """What passkeys are bound to: the name, and the scheme and port that pages have."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """Times: seconds since the epoch. `backed_up`: it is also elsewhere than in one device."""

    id: str
    user: str
    name: str
    backed_up: bool
    made_at: float
    used_at: float | None


def site_of(public_url: str) -> Site | None:
    """None where browsers know no passkeys: at an address without a name, and without TLS elsewhere than at localhost."""
    parts = urlsplit(public_url)
    name = parts.hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        is_known = bool(name) and (parts.scheme == "https" or name == "localhost")
        return Site(name, f"{parts.scheme}://{parts.netloc.lower()}") if is_known else None
    return None


def offer(tx: Tx, site: Site, user: str) -> str:
    """What a browser makes a passkey by, as JSON."""
    person = people.find(tx, user)
    options = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name="coderClawLink",
        user_name=user,
        user_id=hashlib.sha256(user.encode()).digest(),
        user_display_name=person.name or user,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one.id)) for one in all_of(tx, user)],
    )
    _keep(tx, options.challenge, user)
    return options_to_json(options)


def add(tx: Tx, site: Site, user: str, name: str, credential: str, *, by: Who) -> Passkey:
    """Keep what the browser made, as JSON. Raises `PasskeyRefused`, `Invalid`, `Conflict`."""
    name = _name(name)
    if len(all_of(tx, user)) >= PASSKEYS_AT_MOST:
        raise Conflict(f"A user has at most {PASSKEYS_AT_MOST} passkeys. Remove some first.")
    challenge = _redeem(tx, credential, user)
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise PasskeyRefused from error
    id = bytes_to_base64url(made.credential_id)
    if tx.scalar(sa.select(table.c.id).where(table.c.id == id)) is not None:
        raise Conflict("This passkey is known already.")
    row = {
        "id": id,
        "user_id": user,
        "name": name,
        "public_key": bytes_to_base64url(made.credential_public_key),
        "sign_count": made.sign_count,
        "backed_up": made.credential_backed_up,
        "made_at": tx.now(),
    }
    tx.change(table.insert().values(**row))
    log.append(tx, CredentialAdded(user=user, what="passkey", name=name), actor=by)
    return find(tx, user, id)


def ask(tx: Tx, site: Site) -> str:
    """What a browser looks for a passkey by, whosever, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=site.name, user_verification=UserVerificationRequirement.REQUIRED
    )
    _keep(tx, options.challenge, None)
    return options_to_json(options)


def prove(tx: Tx, site: Site, credential: str) -> str:
    """Whose passkey has answered. Raises `PasskeyRefused`."""
    challenge = _redeem(tx, credential, None)
    row = tx.row(sa.select(table).where(table.c.id == str(_field(credential, "id"))))
    if row is None:
        raise PasskeyRefused
    try:
        proven = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(row["public_key"]),
            credential_current_sign_count=row["sign_count"],
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise PasskeyRefused from error
    used = {"sign_count": proven.new_sign_count, "backed_up": proven.credential_backed_up, "used_at": tx.now()}
    tx.change(table.update().where(table.c.id == row["id"]).values(**used))
    return str(row["user_id"])


def all_of(look: Look, user: str) -> list[Passkey]:
    """In the order in which they were made."""
    rows = look.rows(sa.select(table).where(table.c.user_id == user).order_by(table.c.made_at).limit(PASSKEYS_AT_MOST))
    return [
        Passkey(row["id"], user, row["name"], bool(row["backed_up"]), row["made_at"], row["used_at"]) for row in rows
    ]


def find(look: Look, user: str, id: str) -> Passkey:
    """Raises `PasskeyNotFound`."""
    for one in all_of(look, user):
        if one.id == id:
            return one
    raise PasskeyNotFound


def rename(tx: Tx, user: str, id: str, name: str) -> Passkey:
    """Raises `PasskeyNotFound`, `Invalid`."""
    find(tx, user, id)
    tx.change(table.update().where(table.c.id == id).values(name=_name(name)))
    return find(tx, user, id)


def remove(tx: Tx, user: str, id: str, *, by: Who) -> None:
    """It proves nothing from now on. Raises `PasskeyNotFound`."""
    gone = find(tx, user, id)
    tx.change(table.delete().where(table.c.id == id))
    log.append(tx, CredentialRemoved(user=user, what="passkey", name=gone.name), actor=by)


# ── challenges ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _keep(tx: Tx, challenge: bytes, user: str | None) -> None:
    old = sa.and_(sign_ins.c.kind == KIND, sign_ins.c.made_at < tx.now() - GOOD_SECONDS)
    tx.change(sign_ins.delete().where(old))
    row = {"hash": hashlib.sha256(challenge).hexdigest(), "kind": KIND, "data": json.dumps({"user": user})}
    tx.change(sign_ins.insert().values(**row, made_at=tx.now()))


def _redeem(tx: Tx, credential: str, user: str | None) -> bytes:
    """The challenge that was answered, if it was given for this and not answered before. Raises `PasskeyRefused`."""
    try:
        said = json.loads(base64url_to_bytes(str(_field(credential, "response", "clientDataJSON"))))
        challenge = base64url_to_bytes(str(said["challenge"]))
    except (ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused from error
    here = sa.and_(sign_ins.c.hash == hashlib.sha256(challenge).hexdigest(), sign_ins.c.kind == KIND)
    row = tx.row(sa.select(sign_ins).where(here))
    if row is None or tx.now() - row["made_at"] > GOOD_SECONDS or json.loads(row["data"])["user"] != user:
        raise PasskeyRefused
    tx.change(sign_ins.delete().where(here))
    return challenge


def _field(credential: str, *names: str) -> object:
    found: object = json.loads(credential)
    for name in names:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_AT_MOST or not name.isprintable():
        raise Invalid(f"A passkey's name has 1 to {NAME_AT_MOST} characters.")
    return name
