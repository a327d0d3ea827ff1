"""Signing in at a provider of identities: the whole way, with one that somebody else wrote and had certified."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import sqlalchemy as sa

from coderclawlink.access import groups, invitations, oidc, passwords, people, sessions
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.db import schema
from coderclawlink.db.engine import Look
from coderclawlink.events import SignedIn
from coderclawlink.journal import log
from tests.peers import oidc as peer
from tests.peers.browsing import HUB, browser
from tests.web.conftest import serving
from tests.web.federated import Team, callback_of

pytestmark = pytest.mark.anyio

NAMES = ("corp", "posting", "public", "edwards")
TYPED = {"password": "whatever"}


@dataclass(frozen=True)
class House(Team):
    """`issuer`: the provider."""

    issuer: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with (
        serving(tmp_path_factory.mktemp("team"), mode="team") as server,
        peer.provider([callback_of(name) for name in NAMES]) as issuer,
    ):
        made = House(server, issuer)
        scopes = ["openid", "email", "profile", "groups"]
        made.put("corp", issuer, "hub", peer.SECRET, sign_up=True, scopes=scopes, groups="groups")
        made.put("posting", issuer, "posting", "another", sign_up=True, label="By post")
        made.put("public", issuer, "public", sign_up=True)
        made.put("edwards", issuer, "edwards")
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
        assert ways_in(look, "carol") == ["oidc:corp", "oidc:corp"]
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


def ways_in(look: Look, user: str) -> list[str]:
    """How the user has signed in so far."""
    told = [one.event for one in log.read(look, 0, at_most=10_000) if one.kind == "session.signed_in"]
    return [one.how for one in told if isinstance(one, SignedIn) and one.user == user]


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


async def test_a_code_is_good_once_at_the_provider_too(house: House) -> None:
    async with browser(house.port) as other:
        await other.go(f"{HUB}/api/auth/providers/corp/start", {"login": "carol", **TYPED})
        spent = parse_qs(urlsplit(other.been[-1]).query)
        other.http.headers["Accept"] = "application/json"
        way = await other.http.post("/api/auth/providers/corp/start", json={})
        state = parse_qs(urlsplit(way.json()["location"]).query)["state"][0]
        asked = {"state": state, "code": spent["code"][0], "iss": house.issuer}
        answer = await other.http.get("/api/auth/providers/corp/callback", params=asked)
        assert answer.status_code == 401
        assert "invalid_grant" in answer.json()["detail"]


async def test_who_is_disabled_is_not_let_in_by_a_provider_either(house: House) -> None:
    await house.server.hub.db.write(
        lambda tx: people.create(tx, "judy", role=Role.DEVELOPER, how="admin", email="judy@example.org")
    )
    assert (await signs_in(house, "edwards", "judy")).status_code == 303
    await house.server.hub.db.write(lambda tx: people.disable(tx, "judy", by=OWNER))
    answer = await signs_in(house, "edwards", "judy")
    assert answer.status_code == 401
    assert "judy may not sign in here" in answer.text


async def test_an_administrator_adds_tries_and_removes_a_provider_whose_secret_is_never_told(house: House) -> None:
    root = await house.server.hub.db.write(lambda tx: sessions.create(tx, None, None, role=Role.ADMIN))
    headers = {"Authorization": f"Bearer {root.id}"}
    async with httpx2.AsyncClient(base_url=house.server.url, headers=headers) as admin:
        body = {"kind": "oidc", "issuer": house.issuer, "client_id": "hub", "secret": "very secret"}
        made = await admin.put("/api/providers/new", json=body)
        assert made.status_code == 200, made.text
        assert made.json()["callback"] == callback_of("new")
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
