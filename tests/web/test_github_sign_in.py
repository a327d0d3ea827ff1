"""Signing in with an account of GitHub, at a stand-in that somebody else wrote (`emulate`). It does not check PKCE; what it is sent is looked at here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import sqlalchemy as sa

from coderclawlink.access import groups, people, sessions
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.db import schema
from tests.peers.browsing import HUB, Browser, browser
from tests.peers.github import emulated
from tests.web.conftest import serving
from tests.web.federated import Team, callback_of

pytestmark = pytest.mark.anyio

SECRET = "our-secret"
CALLBACK = callback_of("github")
START = f"{HUB}/api/auth/providers/github/start"
MORE = f"""\
  oauth_apps: [{{client_id: our-id, client_secret: {SECRET}, name: Hub, redirect_uris: ["{CALLBACK}"]}}]
  orgs: [{{login: Acme, name: Acme, members: [{{login: ada}}]}}]
"""


@dataclass(frozen=True)
class House(Team):
    github: str

    def let_in(self, secret: str = SECRET, **settings: object) -> None:
        self.put("github", self.github, "our-id", secret, kind="github", api=self.github, **settings)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with (
        serving(tmp_path_factory.mktemp("team"), mode="team") as server,
        emulated(tmp_path_factory.mktemp("github"), MORE) as github,
    ):
        yield House(server, github)


async def signs_in(person: Browser, account: str) -> httpx2.Response:
    return await person.go(START, {"login": account})


async def test_an_account_is_known_by_its_number_and_not_by_its_login(house: House) -> None:
    house.let_in(sign_up=True, role="developer")
    db = house.server.hub.db
    async with browser(house.server.port) as person:
        answer = await signs_in(person, "ada")
        assert answer.headers.get("location") == "/", answer.text
        me = (await person.http.get("/api/me")).json()
        assert (me["user"], me["role"]) == ("ada", "developer")
    with db.look() as look:
        row = look.row(sa.select(schema.identities).where(schema.identities.c.user_id == "ada"))
        assert row is not None
        assert row["subject"].isdigit()
    # Somebody else has the login now: the number is another.
    other = {"subject": "999999"}
    await db.write(lambda tx: tx.change(schema.identities.update().values(**other)))
    async with browser(house.server.port) as person:
        await signs_in(person, "ada")
        assert (await person.http.get("/api/me")).json()["user"] == "ada-2"


async def test_only_members_of_the_organisations_that_are_named_are_let_in_and_these_are_their_groups(
    house: House,
) -> None:
    house.let_in(sign_up=True, organisations=["acme", "other"], groups="organisations")
    await house.server.hub.db.write(lambda tx: groups.give(tx, "Acme", None, Role.DEVELOPER, by=OWNER))
    async with browser(house.server.port) as person:
        answer = await signs_in(person, "eve")
        assert answer.status_code == 401
        assert "eve belongs to none of the organisations" in answer.text
    async with browser(house.server.port) as person:
        await signs_in(person, "ada")
        user = (await person.http.get("/api/me")).json()["user"]
    with house.server.hub.db.look() as look:
        assert people.find(look, user).role is Role.DEVELOPER
        assert groups.of_user(look, user) == ["Acme"]


async def test_a_code_without_the_hubs_own_secret_or_a_second_time_is_worth_nothing(house: House) -> None:
    house.let_in(sign_up=True)
    async with browser(house.server.port) as person:
        asked = parse_qs(urlsplit((await person.http.get(START)).headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["code_challenge"][0]) == 43
        assert asked["scope"] == ["read:user user:email"]
        await signs_in(person, "ada")
        spent = parse_qs(urlsplit(person.been[-1]).query)
        state = parse_qs(urlsplit((await person.http.get(START)).headers["location"]).query)["state"][0]
        answer = await person.http.get(CALLBACK, params={"code": spent["code"][0], "state": state})
        assert answer.status_code == 401
        assert "bad_verification_code" in answer.text
        forged = await person.http.get(CALLBACK, params={"code": "a code", "state": "a state"})
        assert "Nobody has begun" in forged.text
    house.let_in(secret="another", sign_up=True)
    async with browser(house.server.port) as person:
        answer = await signs_in(person, "ada")
        assert answer.status_code == 401
        assert "incorrect_client_credentials" in answer.text


async def test_a_github_is_set_without_its_addresses_and_tried(house: House) -> None:
    root = await house.server.hub.db.write(lambda tx: sessions.create(tx, None, None, role=Role.ADMIN))
    headers = {"Authorization": f"Bearer {root.id}"}
    async with httpx2.AsyncClient(base_url=house.server.url, headers=headers, timeout=20) as admin:
        made = (await admin.put("/api/providers/gh", json={"kind": "github", "client_id": "our-id"})).json()
        assert (made["issuer"], made["settings"]["api"]) == ("https://github.com", "https://api.github.com")
        body = {"kind": "github", "client_id": "our-id", "issuer": house.github, "settings": {"api": house.github}}
        assert (await admin.put("/api/providers/gh", json=body)).status_code == 200
        wrong = (await admin.post("/api/providers/gh/check", json={})).json()["wrong"]
        assert wrong == ["GitHub wants a client secret, and none is set."]
