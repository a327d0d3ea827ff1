"""Signing in at a provider of identities: the whole way with one that was certified, and all that one may lie about."""

from __future__ import annotations

import hmac
import html
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import sqlalchemy as sa
from joserfc.jwk import RSAKey

from coderclawlink.access import groups, invitations, oidc, passwords, people, providers, sessions
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.access.providers import Settings
from coderclawlink.access.round_trips import UNDER_WAY_AT_MOST
from coderclawlink.db import schema
from coderclawlink.db.engine import Look, Tx
from coderclawlink.events import SignInRefused
from coderclawlink.journal import log
from tests.peers import oidc as peer
from tests.peers.browsing import HUB, browser
from tests.peers.forged_oidc import Claims, Forger, forger, in_base64url
from tests.web.conftest import Server, serving

pytestmark = pytest.mark.anyio

CALLBACK = f"{HUB}/api/auth/providers/{{}}/callback"
NAMES = ("corp", "posting", "public", "edwards", "forged")
TYPED = {"password": "whatever"}


@dataclass(frozen=True)
class House:
    """A team's hub, the provider that is honest, and the one that lies."""

    server: Server
    issuer: str
    forger: Forger

    @property
    def port(self) -> int:
        return self.server.port

    def put(self, name: str, issuer: str, client: str, secret: str | None = None, **settings: object) -> None:
        def work(tx: Tx) -> None:
            made = Settings.model_validate(settings)
            vault = self.server.hub.app.state.rooms.vault
            providers.put(
                tx, vault, name, kind="oidc", issuer=issuer, client_id=client, secret=secret, settings=made, by=OWNER
            )

        self.server.hub.db.write_now(work)

    def person(self, name: str) -> people.Person:
        with self.server.hub.db.look() as look:
            return people.find(look, name)

    def refusals(self) -> list[SignInRefused]:
        with self.server.hub.db.look() as look:
            told = [one.event for one in log.read(look, 0, at_most=10_000) if one.kind == "session.refused"]
        return [one for one in told if isinstance(one, SignInRefused)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with (
        serving(tmp_path_factory.mktemp("team"), mode="team") as server,
        peer.provider([CALLBACK.format(name) for name in NAMES]) as issuer,
        forger() as lying,
    ):
        made = House(server, issuer, lying)
        groups_too = {"scopes": ["openid", "email", "profile", "groups"], "groups": "groups"}
        made.put("corp", issuer, "hub", peer.SECRET, sign_up=True, **groups_too)
        made.put("posting", issuer, "posting", "another", sign_up=True, label="By post")
        made.put("public", issuer, "public", sign_up=True)
        made.put("edwards", issuer, "edwards")
        made.put("forged", lying.issuer, "hub", sign_up=True)
        yield made


async def signs_in(house: House, provider: str, account: str, return_to: str = "/projects") -> httpx2.Response:
    async with browser(house.port) as person:
        start = f"{HUB}/api/auth/providers/{provider}/start?return_to={return_to}"
        return await person.go(start, {"login": account, **TYPED})


async def in_groups(house: House, account: str, *names: str) -> None:
    async with httpx2.AsyncClient() as client:
        await client.post(f"{house.issuer}/control", params={"account": account, "groups": ",".join(names)})


async def test_somebody_signs_in_at_a_certified_provider_and_is_known_the_next_time(house: House) -> None:
    async with browser(house.port) as person:
        start = f"{HUB}/api/auth/providers/corp/start?return_to=/projects?sort=name"
        answer = await person.go(start, {"login": "carol", **TYPED})
        assert answer.headers.get("location") == "/projects?sort=name", answer.text
        cookies = answer.headers.get_list("set-cookie")
        assert any(one.startswith("clawlink_session=") and "samesite=strict" in one.lower() for one in cookies)
        me = (await person.http.get("/api/me")).json()
        assert (me["user"], me["role"]) == ("carol", "guest")
        mine = (await person.http.get("/api/auth/identities")).json()
        assert [(one["provider"], one["name"]) for one in mine] == [("corp", "carol")]
        out = await person.http.get("/api/auth/providers/corp/sign-out")
        assert out.headers["location"].startswith(f"{house.issuer}/session/end?client_id=hub&post_logout")
    again = await signs_in(house, "corp", "carol")
    assert again.headers["location"] == "/projects"
    with house.server.hub.db.look() as look:
        assert [one.name for one in sessions_of(look, "carol")] == ["oidc:corp", "oidc:corp"]
    assert house.person("carol").email is None  # this provider's addresses are not believed


async def test_signing_out_there_ends_the_session_there_and_leads_back_here(house: House) -> None:
    async with browser(house.port) as person:
        await person.go(f"{HUB}/api/auth/providers/corp/start", {"login": "carol", **TYPED})
        way = await person.http.get("/api/auth/providers/corp/sign-out")
        asking = await person.http.get(way.headers["location"])
        xsrf = asking.text.split('name="xsrf" value="')[1].split('"')[0]
        there = f"{house.issuer}/session/end/confirm"
        done = await person.http.post(there, data={"xsrf": xsrf, "logout": "yes"})
        assert done.headers["location"] == f"{HUB}/sign-in"
        again = await person.http.get("/api/auth/providers/corp/start")
        answer = await person.http.get(again.headers["location"])
        assert "/interaction/" in answer.headers["location"]  # it asks who that is


def sessions_of(look: Look, user: str) -> list[Signed]:
    told = [one for one in log.read(look, 0, at_most=10_000) if one.kind == "session.signed_in"]
    return [Signed(json.loads(one.data)["how"]) for one in told if json.loads(one.data)["user"] == user]


@dataclass(frozen=True)
class Signed:
    name: str


@pytest.mark.parametrize("provider", ["posting", "public"])
async def test_each_way_of_signing_and_of_showing_oneself_is_spoken(house: House, provider: str) -> None:
    answer = await signs_in(house, provider, f"{provider}-person")
    assert answer.headers.get("location") == "/projects", answer.text
    assert house.person(f"{provider}-person").given_role is Role.GUEST


async def test_who_is_unknown_is_let_in_by_an_invitation_only_where_nobody_may_sign_up(house: House) -> None:
    refused = await signs_in(house, "edwards", "dave")
    assert refused.status_code == 401
    assert "Ask an administrator for an invitation" in refused.text
    _, code = await house.server.hub.db.write(
        lambda tx: invitations.create(tx, role=Role.DEVELOPER, email="dave@work.example", by=OWNER)
    )
    async with browser(house.port) as person:
        way = await person.http.post("/api/auth/providers/edwards/start", json={"invitation": code})
        answer = await person.go(way.json()["location"], {"login": "dave", **TYPED})
        assert answer.headers.get("location") == "/", answer.text
    dave = house.person("dave")
    assert (dave.role, dave.email, dave.has_password) == (Role.DEVELOPER, "dave@work.example", False)
    async with browser(house.port) as other:
        way = await other.http.post("/api/auth/providers/edwards/start", json={"invitation": code})
        answer = await other.go(way.json()["location"], {"login": "eve", **TYPED})
        assert answer.status_code == 401  # it was good once


async def test_a_verified_address_is_believed_only_of_a_provider_that_is_trusted_with_it(house: House) -> None:
    await house.server.hub.db.write(
        lambda tx: people.create(tx, "frank", role=Role.DEVELOPER, how="admin", email="fr@example.org")
    )
    await signs_in(house, "public", "fr")
    assert house.person("fr").email is None  # somebody else, although the address is the same
    house.put("edwards", house.issuer, "edwards", trusts_email=True)
    assert (await signs_in(house, "edwards", "fr")).headers.get("location") == "/projects"
    with house.server.hub.db.look() as look:
        known = look.scalar(sa.select(schema.identities.c.user_id).where(schema.identities.c.provider == "edwards", schema.identities.c.subject == "fr"))  # fmt: skip
    assert known == "frank"
    await house.server.hub.db.write(
        lambda tx: people.create(tx, "grace", role=Role.ADMIN, how="admin", email="unverified-grace@example.org")
    )
    assert (await signs_in(house, "edwards", "unverified-grace")).status_code == 401


async def test_groups_give_a_role_at_each_signing_in_and_take_it_away_again(house: House) -> None:
    db = house.server.hub.db
    await db.write(lambda tx: groups.give(tx, "developers", None, Role.DEVELOPER, by=OWNER))
    await in_groups(house, "heidi", "developers", "singers")
    await signs_in(house, "corp", "heidi")
    heidi = house.person("heidi")
    assert (heidi.role, heidi.given_role) == (Role.DEVELOPER, Role.GUEST)
    with db.look() as look:
        assert groups.of_user(look, "heidi") == ["developers", "singers"]
    await in_groups(house, "heidi", "singers")
    await signs_in(house, "corp", "heidi")
    assert house.person("heidi").role is Role.GUEST


async def test_somebody_adds_an_account_to_the_ways_one_signs_in(house: House) -> None:
    hashed = await passwords.hashed("four unrelated words")
    await house.server.hub.db.write(
        lambda tx: people.create(tx, "ivan", role=Role.DEVELOPER, how="admin", password=hashed)
    )
    async with browser(house.port) as person:
        nobody = await person.http.post("/api/auth/providers/corp/start", json={"link": True})
        assert nobody.status_code == 422
        await person.http.post("/api/auth/sign-in", json={"user": "ivan", "password": "four unrelated words"})
        way = await person.http.post("/api/auth/providers/corp/start", json={"link": True, "return_to": "/settings"})
        answer = await person.go(way.json()["location"], {"login": "ivan-elsewhere", **TYPED})
        assert answer.headers["location"] == "/settings"
    async with browser(house.port) as person:
        await person.go(f"{HUB}/api/auth/providers/corp/start", {"login": "ivan-elsewhere", **TYPED})
        assert (await person.http.get("/api/me")).json()["user"] == "ivan"
        gone = await person.http.delete("/api/auth/identities/corp")
        assert gone.status_code == 204
    await house.server.hub.db.write(lambda tx: people.disable(tx, "ivan", by=OWNER))


async def test_who_has_no_password_proves_again_who_that_is_where_one_signs_in(house: House) -> None:
    def stepped_up() -> float:
        table = schema.sessions
        with house.server.hub.db.look() as look:
            return float(look.scalar(sa.select(table.c.stepped_up_at).where(table.c.user_id == "peggy")))

    async with browser(house.port) as person:
        await person.go(f"{HUB}/api/auth/providers/corp/start", {"login": "peggy", **TYPED})
        old = {"stepped_up_at": 1.0}
        await house.server.hub.db.write(lambda tx: tx.change(schema.sessions.update().values(**old)))
        way = await person.http.post("/api/auth/providers/corp/start", json={"step_up": True, "return_to": "/x"})
        answer = await person.go(way.json()["location"], {"login": "somebody-else", **TYPED})
        assert "another account of corp than yours" in answer.text
        assert stepped_up() == 1.0
        way = await person.http.post("/api/auth/providers/corp/start", json={"step_up": True, "return_to": "/x"})
        answer = await person.go(way.json()["location"], {"login": "peggy", **TYPED})
        assert answer.headers.get("location") == "/x", answer.text
        assert stepped_up() > 1.0


async def test_a_program_at_a_terminal_is_handed_the_session_by_a_code_that_its_verifier_opens(house: House) -> None:
    verifier = "v" * 43
    async with browser(house.port) as person:
        asked = f"port=45678&challenge={oidc.challenge_of(verifier)}"
        answer = await person.go(f"{HUB}/api/auth/providers/corp/start?{asked}", {"login": "carol", **TYPED})
        assert "You are carol. A program on this machine, at port 45678," in answer.text
        there = httpx2.URL(html.unescape(answer.text.split('href="')[1].split('"')[0]))
        assert (there.host, there.port) == ("127.0.0.1", 45678)
        assert not any("clawlink_session" in one for one in answer.headers.get_list("set-cookie"))
        code = parse_qs(there.query.decode())["code"][0]
        wrong = await person.http.post("/api/auth/redeem", json={"code": code, "verifier": "w" * 43})
        assert wrong.status_code == 401
        given = await person.http.post("/api/auth/redeem", json={"code": code, "verifier": verifier})
        assert (given.json()["user"], len(given.json()["session_id"])) == ("carol", 64)
        again = await person.http.post("/api/auth/redeem", json={"code": code, "verifier": verifier})
        assert again.status_code == 401


# ── what is refused ────────────────────────────────────────────────────────────────────────────────────────────────


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
    state = await set_out(house, person, "corp")
    refused(house, await back(house, person, state), "at another provider")
    state = await set_out(house, person)
    old = {"made_at": schema.sign_ins.c.made_at - 601}
    await house.server.hub.db.write(lambda tx: tx.change(schema.sign_ins.update().values(**old)))
    refused(house, await back(house, person, state), "longer than ten minutes")


async def test_an_answer_of_another_provider_or_of_none_is_not_taken(house: House, person: httpx2.AsyncClient) -> None:
    refused(house, await back(house, person, await set_out(house, person), iss=house.issuer), "another provider's")
    state = await set_out(house, person)
    missing = await person.get("/api/auth/providers/forged/callback", params={"state": state, "code": "a code"})
    refused(house, missing, "another provider's")
    said = {"error": "access_denied", "error_description": "She does <b>not</b> want to"}
    refused(house, await back(house, person, await set_out(house, person), code="", **said), "access_denied, She does")
    house.forger.userinfo = {"sub": "somebody else"}
    house.forger.make = lambda claims: house.forger.signed({k: v for k, v in claims.items() if k != "email"})
    refused(house, await back(house, person, await set_out(house, person)), "of somebody else")


async def test_a_code_is_good_once_at_the_provider_too(house: House) -> None:
    async with browser(house.port) as other:
        await other.go(f"{HUB}/api/auth/providers/corp/start", {"login": "carol", **TYPED})
        spent = parse_qs(urlsplit(other.been[-1]).query)
        other.http.headers["Accept"] = "application/json"
        state = await set_out(house, other.http, "corp")
        asked = {"state": state, "code": spent["code"][0], "iss": house.issuer}
        answer = await other.http.get("/api/auth/providers/corp/callback", params=asked)
        assert answer.status_code == 401
        assert "invalid_grant" in answer.json()["detail"]


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


async def test_who_is_disabled_is_not_let_in_by_a_provider_either(house: House) -> None:
    await house.server.hub.db.write(
        lambda tx: people.create(tx, "judy", role=Role.DEVELOPER, how="admin", email="judy@example.org")
    )
    assert (await signs_in(house, "edwards", "judy")).status_code == 303
    await house.server.hub.db.write(lambda tx: people.disable(tx, "judy", by=OWNER))
    answer = await signs_in(house, "edwards", "judy")
    assert answer.status_code == 401
    assert "judy may not sign in here" in answer.text


# ── set by an administrator ────────────────────────────────────────────────────────────────────────────────────────


async def test_an_administrator_adds_tries_and_removes_a_provider_whose_secret_is_never_told(house: House) -> None:
    root = await house.server.hub.db.write(lambda tx: sessions.create(tx, None, None, role=Role.ADMIN))
    headers = {"Authorization": f"Bearer {root.id}"}
    async with httpx2.AsyncClient(base_url=house.server.url, headers=headers) as admin:
        body = {"kind": "oidc", "issuer": house.issuer, "client_id": "hub", "secret": "very secret"}
        made = await admin.put("/api/providers/new", json=body)
        assert made.status_code == 200, made.text
        assert made.json()["callback"] == CALLBACK.format("new")
        assert "very secret" not in made.text + (await admin.get("/api/providers")).text
        assert (await admin.post("/api/providers/new/check", json={})).json() == {"wrong": []}
        body["issuer"] = f"{house.issuer}/nowhere"
        assert (await admin.put("/api/providers/new", json=body)).status_code == 200
        wrong = (await admin.post("/api/providers/new/check", json={})).json()["wrong"]
        assert len(wrong) == 1
        assert "answers 404" in wrong[0]
        for issuer in ("http://login.example", "https://user@login.example", "nonsense", ""):
            assert (await admin.put("/api/providers/new", json=body | {"issuer": issuer})).status_code == 422, issuer
        for name in ("scim", "Upper", "a b", "x" * 40):
            assert (await admin.put(f"/api/providers/{name}", json=body)).status_code == 422, name
        told = (await admin.get("/api/auth/methods")).json()["providers"]
        assert {"name": "posting", "label": "By post", "kind": "oidc"} in told
        assert (await admin.delete("/api/providers/new")).status_code == 204
        assert (await admin.get("/api/providers/new")).status_code == 404
        role = await admin.put("/api/group-roles", json={"group": "auditors", "role": "viewer"})
        assert role.json() | {"id": 0} == {
            "id": 0,
            "group": "auditors",
            "project_id": None,
            "role": "viewer",
            "people": 0,
        }
        changed = await admin.put(f"/api/group-roles/{role.json()['id']}", json={"role": "guest"})
        assert changed.json()["role"] == "guest"
        assert (await admin.delete(f"/api/group-roles/{role.json()['id']}")).status_code == 204
        assert (await admin.get(f"/api/group-roles/{role.json()['id']}")).status_code == 404


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
