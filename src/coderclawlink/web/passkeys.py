"""Routes of passkeys: made and named by who has just signed in, and signing in by them.

Above: `api`. Below: `access.passkeys`. What goes to and comes from the browser's `navigator.credentials` is handed through as it is.
"""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, JsonValue

from coderclawlink.access import passkeys, sessions
from coderclawlink.access.passkeys import PasskeyRefused, Site
from coderclawlink.access.policy import Actor
from coderclawlink.access.sessions import Session
from coderclawlink.db.engine import Tx
from coderclawlink.errors import Conflict
from coderclawlink.events import SignInRefused
from coderclawlink.journal import log
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Asked, Stamp, Told
from coderclawlink.web.sign_in import (
    BEFORE_SIGNING_IN,
    FreshPerson,
    Keep,
    Person,
    SignedInAs,
    address_of,
    hand_over,
)
from coderclawlink.web.signing_in import PersonNeeded

router = APIRouter(prefix="/api/auth", tags=["sign-in"])

Credential = Annotated[
    dict[str, JsonValue], Field(description="What the browser made, as PublicKeyCredential.toJSON gives it.")
]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class NoPasskeys(Conflict):
    """Browsers know passkeys only at a name with TLS: set CLAWLINK_PUBLIC_URL, such as https://hub.example.org."""


class PasskeyTold(Told):
    """`backed_up`: it is also elsewhere than in one device."""

    id: str
    name: str
    backed_up: bool
    made_at: Stamp
    used_at: Stamp | None


class NewPasskey(Asked):
    name: Name
    credential: Credential


class PasskeyName(Asked):
    name: Name


class PasskeyGiven(Asked):
    credential: Credential
    keep: Keep = "cookie"


@router.post("/passkeys/options")
async def offer_passkey(actor: FreshPerson, here: Here) -> dict[str, JsonValue]:
    """For `navigator.credentials.create`; good once and for 5 minutes."""
    return _options(await here.db.write(passkeys.offer, site_here(here), _user(actor)))


@router.post("/passkeys", status_code=201)
async def add_passkey(actor: FreshPerson, here: Here, wanted: NewPasskey) -> PasskeyTold:
    credential = json.dumps(wanted.credential)
    made = await here.db.write(passkeys.add, site_here(here), _user(actor), wanted.name, credential, by=actor)
    return PasskeyTold.model_validate(made)


@router.get("/passkeys")
async def list_passkeys(actor: Person, here: Here) -> list[PasskeyTold]:
    """One's own, at most 20."""
    return [PasskeyTold.model_validate(one) for one in await here.db.read(passkeys.all_of, _user(actor))]


@router.patch("/passkeys/{passkey_id}")
async def rename_passkey(actor: Person, here: Here, passkey_id: str, wanted: PasskeyName) -> PasskeyTold:
    return PasskeyTold.model_validate(await here.db.write(passkeys.rename, _user(actor), passkey_id, wanted.name))


@router.delete("/passkeys/{passkey_id}", status_code=204)
async def remove_passkey(actor: FreshPerson, here: Here, passkey_id: str) -> None:
    await here.db.write(passkeys.remove, _user(actor), passkey_id, by=actor)


@router.post("/sign-in/passkey/options", dependencies=[BEFORE_SIGNING_IN])
async def ask_for_passkey(here: Here) -> dict[str, JsonValue]:
    """For `navigator.credentials.get`; good once and for 5 minutes. No user is named: the passkey knows."""
    return _options(await here.db.write(passkeys.ask, site_here(here)))


@router.post("/sign-in/passkey", dependencies=[BEFORE_SIGNING_IN])
async def sign_in_by_passkey(request: Request, response: Response, here: Here, wanted: PasskeyGiven) -> SignedInAs:
    agent = request.headers.get("user-agent")
    site = site_here(here)
    try:
        session = await here.db.write(_open, site, json.dumps(wanted.credential), address_of(request), agent)
    except PasskeyRefused as error:
        refused = SignInRefused(user=None, how="passkey", why=error.message)
        await here.db.write(log.append, refused, log.NOTHING)
        raise
    return hand_over(request, response, here, session, wanted.keep)


def _open(tx: Tx, site: Site, credential: str, address: str, agent: str | None) -> Session:
    user = passkeys.prove(tx, site, credential)
    return sessions.open_browser(tx, user, how="passkey", address=address, agent=agent)


def site_here(here: Rooms) -> Site:
    """What passkeys are bound to here. Raises `NoPasskeys`."""
    site = passkeys.site_of(here.public_url)
    if site is None:
        raise NoPasskeys
    return site


def _user(actor: Actor) -> str:
    if actor.user is None or not actor.proven:
        raise PersonNeeded
    return actor.user


def _options(text: str) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = json.loads(text)
    return found
