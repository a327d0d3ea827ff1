"""Routes of devices: making a code, pairing by it, signing in by a device's key, and what is known of devices.

Above: `api`. Below: `access.devices`, `access.pairing`. A device that is paired is signed in by `challenge` and `sign-in` from then on, without a
password; what it may is its user's, narrowed by its trust.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from coderclawlink.access import devices, pairing, policy, throttle
from coderclawlink.access.devices import CHALLENGE_SECONDS, Device, DeviceRefused
from coderclawlink.access.pairing import WRONG_A_MINUTE, PairingNotFound
from coderclawlink.access.policy import Actor, Permission, Trust
from coderclawlink.db.engine import Look, Tx
from coderclawlink.errors import Invalid
from coderclawlink.events import SignInRefused
from coderclawlink.journal import log
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Asked, Stamp, Told
from coderclawlink.web.sign_in import BEFORE_SIGNING_IN, Keep, SignedInAs, address_of, hand_over
from coderclawlink.web.signing_in import needs, open_to_all

router = APIRouter(prefix="/api/devices", tags=["devices"])

Anybody = Annotated[Actor, needs(Permission.TASK_VIEW)]
Person = Annotated[Actor, needs(Permission.TASK_VIEW, in_person=True)]
FreshPerson = Annotated[Actor, needs(Permission.TASK_VIEW, step_up=True)]
DeviceId = Annotated[str, Field(max_length=64)]
Signature = Annotated[str, Field(max_length=100, description="Ed25519, base64url of its 64 bytes.")]
PublicKey = Annotated[str, Field(max_length=64, description="Ed25519, base64url of its 32 bytes.")]


class DeviceTold(Told):
    """`fingerprint`: six words of its key, which the device shows too. `seen_at`: when it signed in last."""

    id: str
    user: str
    name: str
    public_key: str
    fingerprint: str
    trust: Trust
    state: Literal["paired", "revoked"]
    made_at: Stamp
    seen_at: Stamp | None
    revoked_at: Stamp | None
    revoked_by: str | None


class NewPairing(Asked):
    """`user`: whose device it is to be; null: your own; others' only for administrators. `trust`: `low`: it looks and changes nothing;
    `normal`; `high`, which only administrators give: also what needs an administrator."""

    user: Annotated[str, Field(max_length=64)] | None = None
    trust: Trust = "normal"


class PairingMade(Told):
    """`code` is told this once, and good for one device, for ten minutes."""

    code: str
    user: str
    trust: Trust
    expires_at: Stamp


class PairingGiven(Asked):
    """`signature`: over the texts `clawlink device pair 1`, code (in capitals, without hyphen), public key and name, each behind its
    length in four bytes, the highest first."""

    code: Annotated[str, Field(max_length=40)]
    public_key: PublicKey
    name: Annotated[str, Field(min_length=1, max_length=64)]
    signature: Signature


class Paired(DeviceTold):
    """`hub`: the hub's name, which the device keeps, and signs with each challenge."""

    hub: str


class DeviceNamed(Asked):
    device_id: DeviceId


class Challenge(BaseModel):
    """Good once, for a minute, for this device."""

    challenge: str
    expires_at: Stamp


class ChallengeAnswered(Asked):
    """`signature`: over the texts `clawlink device sign-in 1`, the hub's name, the device's id and the challenge, each behind its
    length in four bytes, the highest first."""

    device_id: DeviceId
    challenge: Annotated[str, Field(max_length=200)]
    signature: Signature
    keep: Keep = "session"


class DeviceChange(Asked):
    trust: Trust


@router.post("/pairings", status_code=201)
async def create_pairing(actor: FreshPerson, here: Here, wanted: NewPairing | None = None) -> PairingMade:
    """A code to type into the device: `clawlink device pair URL --code …`."""
    wanted = wanted or NewPairing()
    made = await here.db.write(pairing.create, actor, user=wanted.user, trust=wanted.trust)
    return PairingMade.model_validate(made)


@router.post("/pair", status_code=201, dependencies=[open_to_all("the code and the key's signature prove it")])
async def pair_device(request: Request, here: Here, given: PairingGiven) -> Paired:
    """Become somebody's device. After five wrong codes a minute from one address, 429 with `Retry-After` in seconds."""
    address = address_of(request)
    await here.db.write(throttle.count, "pairing", address, at_most=WRONG_A_MINUTE)
    try:
        device = await here.db.write(_pair, address, given)
    except PairingNotFound as error:
        refused = SignInRefused(user=None, how="pairing", why=error.message)
        await here.db.write(log.append, refused, log.NOTHING)
        raise
    return Paired.model_validate({**_told(device).model_dump(), "hub": hub_name(here)})


@router.post("/challenge", dependencies=[BEFORE_SIGNING_IN])
async def challenge_device(here: Here, named: DeviceNamed) -> Challenge:
    """What the device is to sign, to sign in: good once, for a minute. An unknown device is given one too, and learns nothing."""
    made = await here.db.write(devices.challenge, named.device_id)
    return Challenge(challenge=made, expires_at=await here.db.read(Look.now) + CHALLENGE_SECONDS)


@router.post("/sign-in", dependencies=[BEFORE_SIGNING_IN])
async def sign_in_by_device(
    request: Request, response: Response, here: Here, answered: ChallengeAnswered
) -> SignedInAs:
    """A session that is bound to the device, and ends with it."""
    try:
        if not await here.db.write(devices.redeem, answered.device_id, answered.challenge):
            raise DeviceRefused
        session = await here.db.write(
            devices.sign_in,
            answered.device_id,
            answered.challenge,
            answered.signature,
            hub=hub_name(here),
            address=address_of(request),
            agent=request.headers.get("user-agent"),
        )
    except DeviceRefused as error:
        refused = SignInRefused(user=None, how="device", why=error.message)
        await here.db.write(log.append, refused, log.NOTHING)
        raise
    return hand_over(request, response, here, session, answered.keep)


@router.get("")
async def list_devices(
    actor: Anybody,
    here: Here,
    user: Annotated[
        str | None, Query(max_length=64, description="Whose; for administrators. Default: your own.")
    ] = None,
    everybody: Annotated[bool, Query(description="All people's; for administrators.")] = False,
    revoked: Annotated[bool, Query(description="Also those that were revoked.")] = False,
    after: Annotated[str, Query(max_length=64, description="Only those paired after the one with this id.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[DeviceTold]:
    """In the order in which they were paired."""
    whose = _whose(actor, user, everybody)
    found = await here.db.read(devices.all_of, whose, revoked=revoked, after=after, limit=limit)
    return [_told(one) for one in found]


@router.get("/{device_id}")
async def show_device(actor: Anybody, here: Here, device_id: str) -> DeviceTold:
    """One of your own; for administrators, anybody's."""
    return _told(await here.db.read(devices.find_for, actor, device_id))


@router.patch("/{device_id}")
async def trust_device(actor: FreshPerson, here: Here, device_id: str, wanted: DeviceChange) -> DeviceTold:
    """Trust it more or less; your own only less. It holds at once, also for what it has open."""
    return _told(await here.db.write(devices.trust, actor, device_id, wanted.trust))


@router.delete("/{device_id}", status_code=204)
async def revoke_device(actor: Person, here: Here, device_id: str) -> None:
    """Its sessions end at once, and what it listens to is closed within a second. It stays told of, as revoked."""
    await here.db.write(devices.revoke, actor, device_id)


def hub_name(here: Rooms) -> str:
    """What devices know this hub by, as browsers know it for passkeys: the name that stands in its URL."""
    return urlsplit(here.public_url).hostname or "localhost"


def _pair(tx: Tx, address: str, given: PairingGiven) -> Device:
    device = pairing.redeem(tx, given.code, given.public_key, given.name, given.signature)
    throttle.discount(tx, "pairing", address)
    return device


def _whose(actor: Actor, user: str | None, everybody: bool) -> str | None:
    """Whose devices are asked for; None: everybody's. Raises `PermissionMissing`, `Invalid`."""
    own = actor.user if actor.proven else None
    if everybody or (user is not None and user != own):
        policy.require(actor, Permission.ADMIN_USERS)
        return None if everybody else user
    if own is None:
        raise Invalid("You have not signed in as anybody: name a user, or ask for everybody's.")
    return own


def _told(device: Device) -> DeviceTold:
    return DeviceTold.model_validate(device)
