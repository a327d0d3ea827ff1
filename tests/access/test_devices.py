"""Devices: paired once, by who has the code and the key; signed in by answering; trusted as far as somebody says; gone at once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from coderclawlink.access import device_key, devices, pairing, people, policy, sessions, throttle
from coderclawlink.access.device_key import NoKey
from coderclawlink.access.devices import DeviceKnown, DeviceNotFound, DeviceRefused, TrustRaised
from coderclawlink.access.pairing import PairingNotFound, TooTrusted
from coderclawlink.access.policy import Actor, Permission, Role, ownership
from coderclawlink.access.sessions import SessionNotFound, SessionUnknown
from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import audit, pairings, sign_ins
from coderclawlink.errors import Invalid, TooOften
from coderclawlink.journal import log

pytestmark = pytest.mark.anyio

HUB = "hub.example.org"


def person(user: str, role: Role = Role.DEVELOPER) -> Actor:
    return Actor(role, user, ownership(user), proven=True)


ROOT, ANN, BOB = person("root", Role.ADMIN), person("ann"), person("bob")


async def make_people(db: Database) -> None:
    for actor in (ROOT, ANN, BOB):
        await db.write(people.create, actor.name, role=actor.role, how="admin")


def answer(code: str, key: str, name: str = "laptop") -> tuple[str, str, str, str]:
    """Code, public key, name and signature, as the device sends them."""
    public = device_key.public_of(key)
    return code, public, name, device_key.sign(key, device_key.to_pair(device_key.meant(code), public, name))


async def paired(db: Database, actor: Actor = ANN, trust: policy.Trust = "normal") -> tuple[devices.Device, str]:
    """A device, and its private key."""
    key = device_key.new()
    made = await db.write(lambda tx: pairing.create(tx, ROOT, user=actor.user, trust=trust))
    return await db.write(pairing.redeem, *answer(made.code, key)), key


async def signed_in(db: Database, device: devices.Device, key: str) -> sessions.Session:
    given = await db.write(devices.challenge, device.id)
    assert await db.write(devices.redeem, device.id, given)
    signature = device_key.sign(key, device_key.to_sign_in(HUB, device.id, given))
    return await db.write(devices.sign_in, device.id, given, signature, hub=HUB, address="10.0.0.1", agent="a program")


async def test_a_code_pairs_one_device_once(db: Database) -> None:
    await make_people(db)
    made = await db.write(pairing.create, ANN)
    assert (len(made.code), made.code[5], made.user, made.trust) == (11, "-", "ann", "normal")
    key = device_key.new()
    device = await db.write(pairing.redeem, *answer(made.code.lower().replace("-", " "), key))
    assert (device.user, device.name, device.state) == ("ann", "laptop", "paired")
    assert device.fingerprint == device_key.fingerprint(device_key.public_of(key))
    assert [len(word) for word in device.fingerprint.split()] == [4] * 6
    with pytest.raises(PairingNotFound):
        await db.write(pairing.redeem, *answer(made.code, device_key.new()))
    assert [one.kind for one in await db.read(log.read, 0)][-1] == "device.paired"
    audited = await db.read(lambda look: look.rows(sa.select(audit).order_by(audit.c.seq)))
    assert (audited[-1]["event_type"], audited[-1]["user_id"], audited[-1]["device_id"]) == (
        "device.paired", "ann", device.id,
    )  # fmt: skip


async def test_a_code_is_no_use_without_the_key_or_after_ten_minutes(db: Database) -> None:
    await make_people(db)
    made = await db.write(pairing.create, ANN)
    key, other = device_key.new(), device_key.new()
    code, public, name, signature = answer(made.code, key)
    with pytest.raises(Invalid):
        await db.write(pairing.redeem, code, device_key.public_of(other), name, signature)
    with pytest.raises(Invalid):
        await db.write(pairing.redeem, code, public, "another name", signature)
    with pytest.raises(NoKey):
        await db.write(pairing.redeem, code, "short", name, signature)
    with pytest.raises(PairingNotFound):
        await db.write(pairing.redeem, *answer("00000-00000", key))
    await db.write(lambda tx: tx.change(pairings.update().values(expires_at=tx.now() - 1)))
    with pytest.raises(PairingNotFound):
        await db.write(pairing.redeem, code, public, name, signature)


async def test_of_wrong_codes_from_one_address_five_a_minute_are_let_through(db: Database) -> None:
    for _ in range(5):
        await db.write(throttle.count, "pairing", "10.0.0.9", at_most=5)
    with pytest.raises(TooOften) as refused:
        await db.write(throttle.count, "pairing", "10.0.0.9", at_most=5)
    assert 50 < refused.value.retry_seconds <= 61
    await db.write(throttle.count, "pairing", "10.0.0.10", at_most=5)
    await db.write(throttle.discount, "pairing", "10.0.0.9")
    await db.write(throttle.count, "pairing", "10.0.0.9", at_most=5)


async def test_who_gives_codes_for_whom_and_how_much_trust(db: Database) -> None:
    await make_people(db)
    await db.write(lambda tx: people.create(tx, "robot", role=Role.DEVELOPER, how="admin", service=True))
    assert (await db.write(lambda tx: pairing.create(tx, ROOT, user="ann", trust="high"))).user == "ann"
    with pytest.raises(policy.PermissionMissing):
        await db.write(lambda tx: pairing.create(tx, ANN, user="bob"))
    with pytest.raises(TooTrusted):
        await db.write(lambda tx: pairing.create(tx, ANN, trust="high"))
    with pytest.raises(Invalid):
        await db.write(lambda tx: pairing.create(tx, ROOT, user="robot"))


async def test_the_same_key_is_never_two_devices(db: Database) -> None:
    await make_people(db)
    _, key = await paired(db)
    made = await db.write(pairing.create, BOB)
    with pytest.raises(DeviceKnown):
        await db.write(pairing.redeem, *answer(made.code, key))


async def test_a_device_signs_in_by_its_key_and_has_what_its_trust_leaves(db: Database) -> None:
    await make_people(db)
    device, key = await paired(db, ROOT, "normal")
    session = await signed_in(db, device, key)
    assert (session.kind, session.device, session.stepped_up_at) == ("device", device.id, None)
    found = await db.read(sessions.find, session.id)
    assert (found.actor.trust, found.actor.device) == ("normal", device.id)
    assert policy.may(found.actor, Permission.TASK_SUBMIT)
    assert not policy.may(found.actor, Permission.ADMIN_USERS)
    await db.write(devices.trust, ROOT, device.id, "high")
    assert policy.may((await db.read(sessions.find, session.id)).actor, Permission.ADMIN_USERS)
    await db.write(devices.trust, ROOT, device.id, "low")
    low = (await db.read(sessions.find, session.id)).actor
    assert (policy.may(low, Permission.TASK_VIEW), policy.may(low, Permission.TASK_SUBMIT)) == (True, False)


async def test_a_challenge_is_good_once_for_its_device_and_for_a_minute(db: Database) -> None:
    await make_people(db)
    device, key = await paired(db)
    other, _ = await paired(db, BOB)
    given = await db.write(devices.challenge, device.id)
    assert not await db.write(devices.redeem, other.id, given)
    assert not await db.write(devices.redeem, device.id, given)  # a wrong try uses it up
    given = await db.write(devices.challenge, device.id)
    assert await db.write(devices.redeem, device.id, given)
    assert not await db.write(devices.redeem, device.id, given)
    late = await db.write(devices.challenge, device.id)
    await db.write(lambda tx: tx.change(sign_ins.update().values(made_at=tx.now() - 61)))
    assert not await db.write(devices.redeem, device.id, late)

    def enter(tx: Tx, hub: str, signing: str) -> sessions.Session:
        signature = device_key.sign(signing, device_key.to_sign_in(hub, device.id, given))
        return devices.sign_in(tx, device.id, given, signature, hub=HUB, address=None, agent=None)

    for hub, signing in (("other.example.org", key), (HUB, device_key.new())):
        with pytest.raises(DeviceRefused):
            await db.write(enter, hub, signing)
    assert (await db.write(enter, HUB, key)).user == "ann"


async def test_a_revoked_device_opens_nothing_and_what_it_opened_has_ended(db: Database) -> None:
    await make_people(db)
    device, key = await paired(db)
    session = await signed_in(db, device, key)
    program = await db.write(sessions.open_contract, "ann", device.id)
    with db.bell.listen("access:ann") as ear:
        assert (await db.write(devices.revoke, ANN, device.id)).state == "revoked"
        assert await ear.wait(1)
    for gone in (session, program):
        with pytest.raises(SessionNotFound):
            await db.read(sessions.find, gone.id)
    with pytest.raises(DeviceRefused):
        await signed_in(db, device, key)
    assert await db.read(devices.all_of, "ann") == []
    assert [one.revoked_by for one in await db.read(lambda look: devices.all_of(look, "ann", revoked=True))] == ["ann"]


async def test_whoever_is_disabled_has_no_device_that_signs_in(db: Database) -> None:
    await make_people(db)
    device, key = await paired(db)
    await db.write(people.disable, "ann", by="root")
    with pytest.raises(SessionUnknown):
        await signed_in(db, device, key)


async def test_owners_lower_trust_and_administrators_raise_it(db: Database) -> None:
    await make_people(db)
    device, _ = await paired(db)
    assert (await db.write(devices.trust, ANN, device.id, "low")).trust == "low"
    with pytest.raises(TrustRaised):
        await db.write(devices.trust, ANN, device.id, "normal")
    for verb in (devices.revoke, devices.find_for):
        with pytest.raises(DeviceNotFound):
            await db.write(verb, BOB, device.id)
    assert (await db.write(devices.trust, ROOT, device.id, "high")).trust == "high"
    assert [one.id for one in await db.read(devices.all_of, None)] == [device.id]
