"""Passkeys: bound to the site and its user, each challenge answered once, and no copy of a key is taken for it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from coderclawlink.access import passkeys, people
from coderclawlink.access.passkeys import PasskeyNotFound, PasskeyRefused, Site
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.db.engine import Database
from coderclawlink.db.schema import sign_ins
from coderclawlink.errors import Conflict
from tests.access.authenticator import PRESENT, Authenticator

SITE = Site("hub.example", "https://hub.example:8443")


def device(**more: object) -> Authenticator:
    return replace(Authenticator(SITE.origin, SITE.name), **more)  # type: ignore[arg-type]


@pytest.fixture
def ann(db: Database) -> Database:
    db.write_now(lambda tx: people.create(tx, "ann", role=Role.DEVELOPER, how="admin"))
    return db


def offered(db: Database, user: str = "ann") -> str:
    return str(json.loads(db.write_now(passkeys.offer, SITE, user))["challenge"])


def asked(db: Database) -> str:
    return str(json.loads(db.write_now(passkeys.ask, SITE))["challenge"])


def add(db: Database, key: Authenticator, user: str = "ann", challenge: str | None = None) -> passkeys.Passkey:
    made = json.dumps(key.create(challenge or offered(db)))
    return db.write_now(passkeys.add, SITE, user, "my phone", made, by=OWNER)


def prove(db: Database, key: Authenticator, challenge: str | None = None) -> str:
    return db.write_now(passkeys.prove, SITE, json.dumps(key.get(challenge or asked(db))))


def test_one_signs_in_without_naming_oneself(ann: Database) -> None:
    key = device()
    made = add(ann, key)
    assert (made.user, made.name, made.used_at) == ("ann", "my phone", None)
    assert prove(ann, key) == "ann"
    assert prove(ann, key) == "ann"
    with ann.look() as look:
        assert passkeys.find(look, "ann", made.id).used_at is not None


def test_a_challenge_is_answered_once_and_within_five_minutes(ann: Database) -> None:
    key = device()
    first = offered(ann)
    add(ann, key, challenge=first)
    with pytest.raises(PasskeyRefused):
        add(ann, device(), challenge=first)
    challenge = asked(ann)
    prove(ann, key, challenge)
    with pytest.raises(PasskeyRefused):
        prove(ann, key, challenge)
    late = asked(ann)
    ann.write_now(lambda tx: tx.change(sign_ins.update().values(made_at=tx.now() - 301)))
    with pytest.raises(PasskeyRefused):
        prove(ann, key, late)
    with pytest.raises(PasskeyRefused):
        prove(ann, key, "bm90IG91cnM")


def test_a_challenge_for_one_thing_is_not_good_for_another(ann: Database) -> None:
    ann.write_now(lambda tx: people.create(tx, "bob", role=Role.DEVELOPER, how="admin"))
    key = device()
    with pytest.raises(PasskeyRefused):
        add(ann, key, "bob", challenge=offered(ann, "ann"))
    with pytest.raises(PasskeyRefused):
        add(ann, key, challenge=asked(ann))
    add(ann, key)
    with pytest.raises(PasskeyRefused):
        prove(ann, key, offered(ann))


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://hub.example"},
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": 0},
    ],
)
def test_another_site_or_an_unverified_user_proves_nothing(ann: Database, wrong: dict[str, object]) -> None:
    with pytest.raises(PasskeyRefused):
        add(ann, device(**wrong))
    key = device()
    add(ann, key)
    with pytest.raises(PasskeyRefused):
        prove(ann, replace(key, **wrong))  # type: ignore[arg-type]


def test_another_key_and_a_copy_that_lags_behind_are_refused(ann: Database) -> None:
    key = device()
    add(ann, key)
    copy = replace(key)
    prove(ann, key)
    prove(ann, key)
    with pytest.raises(PasskeyRefused):
        prove(ann, copy)
    with pytest.raises(PasskeyRefused):
        prove(ann, device(id=key.id, count=100))  # the right name, the wrong key
    with pytest.raises(PasskeyRefused):
        prove(ann, device())


def test_a_passkey_that_was_removed_proves_nothing(ann: Database) -> None:
    key = device()
    made = add(ann, key)
    with pytest.raises(Conflict):
        add(ann, key)
    assert ann.write_now(passkeys.rename, "ann", made.id, "old phone").name == "old phone"
    with pytest.raises(PasskeyNotFound):
        ann.write_now(passkeys.remove, "bob", made.id, by=OWNER)
    ann.write_now(passkeys.remove, "ann", made.id, by=OWNER)
    with pytest.raises(PasskeyRefused):
        prove(ann, key)


@pytest.mark.parametrize("nonsense", ["{}", "[]", '"x"', '{"response": {"clientDataJSON": "e30"}}', '{"response": 7}'])
def test_nonsense_is_refused(ann: Database, nonsense: str) -> None:
    with pytest.raises(PasskeyRefused):
        ann.write_now(passkeys.prove, SITE, nonsense)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://hub.example:8443", SITE),
        ("http://localhost:8000/", Site("localhost", "http://localhost:8000")),
        ("http://hub.example", None),
        ("https://192.0.2.1", None),
        ("http://127.0.0.1:8000", None),
    ],
)
def test_passkeys_are_known_where_browsers_know_them(url: str, site: Site | None) -> None:
    assert passkeys.site_of(url) == site
