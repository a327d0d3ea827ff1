"""All that a provider of identities, or who comes from one, may lie about: each is refused for its own reason, and told in the audit log."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import sqlalchemy as sa
from joserfc.jwk import RSAKey

from coderclawlink.access import people
from coderclawlink.access.round_trips import UNDER_WAY_AT_MOST
from coderclawlink.db import schema
from coderclawlink.db.engine import Tx
from coderclawlink.events import SignInRefused
from coderclawlink.journal import log
from tests.peers.browsing import browser
from tests.peers.forged_oidc import Claims, Forger, forger, in_base64url
from tests.web.conftest import serving
from tests.web.federated import Team

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class House(Team):
    """`forger`: the provider that lies."""

    forger: Forger

    def refusals(self) -> list[SignInRefused]:
        with self.server.hub.db.look() as look:
            told = [one.event for one in log.read(look, 0, at_most=10_000) if one.kind == "session.refused"]
        return [one for one in told if isinstance(one, SignInRefused)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with serving(tmp_path_factory.mktemp("team"), mode="team") as server, forger() as lying:
        made = House(server, lying)
        for name in ("forged", "another"):
            made.put(name, lying.issuer, "hub", sign_up=True)
        yield made


@pytest.fixture
async def person(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    """At the provider that lies, with nothing said so far."""
    house.forger.be_honest()
    house.server.hub.app.state.rooms.documents.forget()
    async with browser(house.port) as opened:
        opened.http.headers["Accept"] = "application/json"
        yield opened.http


async def set_out(house: House, client: httpx2.AsyncClient, provider: str = "forged") -> str:
    """Returns the state that goes along; the forger is told the nonce."""
    way = await client.post(f"/api/auth/providers/{provider}/start", json={})
    asked = parse_qs(urlsplit(way.json()["location"]).query)
    house.forger.nonce = asked["nonce"][0]
    return str(asked["state"][0])


async def back(house: House, client: httpx2.AsyncClient, state: str, **said: str) -> httpx2.Response:
    asked = {"state": state, "code": "a code", "iss": house.forger.issuer} | said
    return await client.get("/api/auth/providers/forged/callback", params=asked)


def refused(house: House, answer: httpx2.Response, why: str) -> None:
    """It was, with this reason, and that is told in the audit log too."""
    assert answer.status_code == 401, answer.text
    assert why in answer.json()["detail"], answer.text
    assert not any("clawlink_session=" in one for one in answer.headers.get_list("set-cookie"))
    last = house.refusals()[-1]
    assert (last.why, last.how) == (answer.json()["detail"], "oidc:forged")
    with house.server.hub.db.look() as look:
        row = look.row(sa.select(schema.audit).where(schema.audit.c.action == "session.refused").order_by(schema.audit.c.seq.desc()).limit(1))  # fmt: skip
    assert row is not None
    assert row["status"] != "success"


def _stranger(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


def _unsigned(claims: Claims) -> str:
    parts = ({"alg": "none", "kid": "one"}, claims)
    return ".".join(in_base64url(json.dumps(one).encode()) for one in parts) + "."


def _keyed_by_what_all_know(made: Forger, claims: Claims) -> str:
    parts = ({"alg": "HS256", "kid": "one"}, claims)
    text = ".".join(in_base64url(json.dumps(one).encode()) for one in parts)
    return f"{text}.{in_base64url(hmac.digest(made.key.as_pem(private=False), text.encode(), 'sha256'))}"


def _altered(made: Forger, claims: Claims) -> str:
    head, _, signature = made.signed(claims).split(".")
    return f"{head}.{in_base64url(json.dumps({**claims, 'sub': 'root'}).encode())}.{signature}"


Lie = Callable[[Forger, Claims], str]
LIES: dict[str, tuple[Lie, str]] = {
    "another nonce": (lambda by, told: by.signed({**told, "nonce": "another"}), "another sign-in (nonce)"),
    "no nonce": (lambda by, told: by.signed({k: v for k, v in told.items() if k != "nonce"}), "(nonce)"),
    "another issuer": (lambda by, told: by.signed({**told, "iss": "https://elsewhere.example"}), "another issuer"),
    "a slash behind the issuer": (lambda by, told: by.signed({**told, "iss": f"{by.issuer}/"}), "another issuer"),
    "another audience": (lambda by, told: by.signed({**told, "aud": "another"}), "for another than this hub"),
    "two audiences and no azp": (lambda by, told: by.signed({**told, "aud": ["hub", "another"]}), "(azp)"),
    "another azp": (lambda by, told: by.signed({**told, "azp": "another"}), "(azp)"),
    "expired": (lambda by, told: by.signed({**told, "exp": int(str(told["iat"])) - 61}), "has expired"),
    "no expiry": (lambda by, told: by.signed({k: v for k, v in told.items() if k != "exp"}), "claim exp is missing"),
    "from the future": (lambda by, told: by.signed({**told, "iat": int(str(told["iat"])) + 90}), "from the future"),
    "not yet": (lambda by, told: by.signed({**told, "nbf": int(str(told["iat"])) + 90}), "does not hold yet"),
    "no subject": (lambda by, told: by.signed({k: v for k, v in told.items() if k != "sub"}), "claim sub is missing"),
    "an empty subject": (lambda by, told: by.signed({**told, "sub": ""}), "claim sub is missing"),
    "alg none": (lambda by, told: _unsigned(told), "signed by none, which is not believed"),
    "HS256 by the public key": (_keyed_by_what_all_know, "signed by HS256, which is not believed"),
    "a key that is unknown": (lambda by, told: by.signed(told, key=_stranger("two"), kid="two"), "does not have"),
    "another key of that name": (lambda by, told: by.signed(told, key=_stranger("one")), "signature does not hold"),
    "altered behind the signature": (_altered, "signature does not hold"),
    "what must be understood": (lambda by, told: by.signed(told, crit=["odd"], odd=1), "signature does not hold"),
    "another access token's": (lambda by, told: by.signed({**told, "at_hash": "x" * 22}), "(at_hash)"),
    "no token at all": (lambda by, told: "three.odd.parts", "no signed token"),
}


async def test_an_honest_token_of_the_provider_that_lies_is_taken(house: House, person: httpx2.AsyncClient) -> None:
    """Or what follows would prove nothing."""
    answer = await back(house, person, await set_out(house, person))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_every_lie_of_a_token_is_refused_for_its_own_reason(house: House, person: httpx2.AsyncClient) -> None:
    held = 0
    for lie, why in LIES.values():
        house.forger.make = lambda claims, lie=lie: lie(house.forger, claims)  # type: ignore[misc]
        refused(house, await back(house, person, await set_out(house, person)), why)
        held += 1
    print(f"lies of ID tokens refused: {held} of {len(LIES)}")
    assert held >= 14


async def test_a_way_that_is_not_ones_own_leads_nowhere(house: House, person: httpx2.AsyncClient) -> None:
    refused(house, await back(house, person, "never given"), "Nobody has begun")
    state = await set_out(house, person)
    assert (await back(house, person, state)).status_code == 303
    refused(house, await back(house, person, state), "it has ended already")
    async with browser(house.port) as other:  # one's own answer, put under somebody else
        other.http.headers["Accept"] = "application/json"
        refused(house, await back(house, other.http, await set_out(house, person)), "in another browser")
        state = await set_out(house, person)
        await set_out(house, other.http)
        refused(house, await back(house, other.http, state), "in another browser")
    state = await set_out(house, person, "another")
    refused(house, await back(house, person, state), "at another provider")
    state = await set_out(house, person)
    old = {"made_at": schema.sign_ins.c.made_at - 601}
    await house.server.hub.db.write(lambda tx: tx.change(schema.sign_ins.update().values(**old)))
    refused(house, await back(house, person, state), "longer than ten minutes")


async def test_an_answer_of_another_provider_or_of_none_is_not_taken(house: House, person: httpx2.AsyncClient) -> None:
    refused(
        house,
        await back(house, person, await set_out(house, person), iss="https://elsewhere.example"),
        "another provider's",
    )
    state = await set_out(house, person)
    missing = await person.get("/api/auth/providers/forged/callback", params={"state": state, "code": "a code"})
    refused(house, missing, "another provider's")
    said = {"error": "access_denied", "error_description": "She does <b>not</b> want to"}
    refused(house, await back(house, person, await set_out(house, person), code="", **said), "access_denied, She does")
    house.forger.userinfo = {"sub": "somebody else"}
    house.forger.make = lambda claims: house.forger.signed({k: v for k, v in claims.items() if k != "email"})
    refused(house, await back(house, person, await set_out(house, person)), "of somebody else")


async def test_a_provider_that_is_somebody_else_than_it_was_set_as_is_not_asked(
    house: House, person: httpx2.AsyncClient
) -> None:
    house.forger.described["issuer"] = "https://elsewhere.example"
    answer = await person.post("/api/auth/providers/forged/start", json={})
    assert answer.status_code == 503
    assert "it says that it is https://elsewhere.example" in answer.json()["detail"]
    house.server.hub.app.state.rooms.documents.forget()
    house.forger.described |= {"issuer": house.forger.issuer, "token_endpoint": "http://169.254.169.254/token"}
    answer = await person.post("/api/auth/providers/forged/start", json={})
    assert answer.status_code == 503
    assert "has to begin with https" in answer.json()["detail"]


async def test_who_has_shown_who_it_is_long_ago_has_not_done_so_just_now(
    house: House, person: httpx2.AsyncClient
) -> None:
    long_ago = time.time() - 5000
    house.forger.make = lambda claims: house.forger.signed({**claims, "auth_time": long_ago})
    await back(house, person, await set_out(house, person))
    assert (await person.delete("/api/auth/identities/forged")).status_code == 403  # it wants a fresh proof
    way = await person.post("/api/auth/providers/forged/start", json={"step_up": True})
    asked = parse_qs(urlsplit(way.json()["location"]).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    again = await person.get("/api/auth/providers/forged/start", params={"anew": "true"})
    assert "prompt=login" in again.headers["location"]
    way = await person.post("/api/auth/providers/forged/start", json={"step_up": True})
    asked = parse_qs(urlsplit(way.json()["location"]).query)
    house.forger.nonce = asked["nonce"][0]
    refused(house, await back(house, person, asked["state"][0]), "(auth_time)")


async def test_a_key_that_was_changed_is_fetched_anew_once(house: House, person: httpx2.AsyncClient) -> None:
    assert (await back(house, person, await set_out(house, person))).status_code == 303
    before = house.forger.key
    house.forger.key = RSAKey.generate_key(2048, {"kid": "newer", "use": "sig"})
    house.forger.make = lambda claims: house.forger.signed(claims, kid="newer")
    assert (await back(house, person, await set_out(house, person))).status_code == 303
    house.forger.key = before


async def test_the_way_leads_back_to_this_hubs_page_and_to_no_other(house: House, person: httpx2.AsyncClient) -> None:
    for there in ("https://evil.example", "//evil.example", "/\\evil.example", "projects", "/api/x", "/a\nb", "/a\\b"):
        answer = await person.post("/api/auth/providers/forged/start", json={"return_to": there})
        assert answer.status_code == 422, there
    way = await person.get("/api/auth/providers/forged/start", params={"return_to": "/projects"})
    cookie = way.headers["set-cookie"].lower()
    assert way.status_code == 303
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_refusal_is_shown_to_people_as_a_page_that_obeys_nothing(
    house: House, person: httpx2.AsyncClient
) -> None:
    state = await set_out(house, person)
    asked = {"state": state, "iss": house.forger.issuer, "error": "<script>alert(1)</script>"}
    answer = await person.get("/api/auth/providers/forged/callback", params=asked, headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 401
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_who_begins_without_end_pushes_out_the_oldest_and_keeps_nobody_else_from_signing_in(
    house: House, person: httpx2.AsyncClient
) -> None:
    def fill(tx: Tx) -> None:
        row = {"kind": "provider", "data": "{}", "made_at": tx.now() - 300}
        tx.change(schema.sign_ins.insert(), [{**row, "hash": f"{n:064}"} for n in range(UNDER_WAY_AT_MOST)])

    await house.server.hub.db.write(fill)
    assert (await back(house, person, await set_out(house, person))).status_code == 303
    with house.server.hub.db.look() as look:
        assert look.scalar(sa.select(sa.func.count()).select_from(schema.sign_ins)) < UNDER_WAY_AT_MOST
    await house.server.hub.db.write(lambda tx: tx.change(schema.sign_ins.delete()))


async def test_what_cannot_be_kept_as_text_is_not(house: House, person: httpx2.AsyncClient) -> None:
    odd = {"name": "N\0ame", "preferred_username": "\x1b[2Jeve", "email": "a\0@b", "email_verified": True}
    house.forger.make = lambda claims: house.forger.signed({**claims, **odd, "sub": "odd"})
    assert (await back(house, person, await set_out(house, person))).status_code == 303
    with house.server.hub.db.look() as look:
        row = look.row(sa.select(schema.identities).where(schema.identities.c.subject == "odd"))
        assert row is not None
        assert (row["name"], people.find(look, row["user_id"]).name) == (None, None)
    house.forger.make = lambda claims: house.forger.signed({**claims, "sub": "o\0dd"})
    refused(house, await back(house, person, await set_out(house, person)), "its subject is no name")
    house.forger.make = lambda claims: house.forger.signed({k: v for k, v in claims.items() if k != "email"})
    house.forger.userinfo = {"sub": "mallory", "name": "\ud800"}
    refused(house, await back(house, person, await set_out(house, person)), "does not tell who somebody is")
