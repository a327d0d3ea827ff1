"""Over HTTP: who may connect what; an access is tried before it is kept; and its secret is told by nothing afterwards."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from coderclawlink.access import sessions
from coderclawlink.access.policy import Role
from coderclawlink.app import Hub, open_hub
from coderclawlink.db.schema import meta
from coderclawlink.settings import Settings
from tests.peers.git_server import Requests, serving
from tests.web.conftest import project

pytestmark = pytest.mark.anyio

GOOD, BAD, READING = "ghp_goodtoken", "ghp_badtoken", "ghp_onlyreads"


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A GitHub that knows three tokens and one repository."""

    class Answers(Requests):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            told: dict[str, object] = {"default_branch": "main", "permissions": {"push": token == GOOD}}
            status = 200
            if token not in (GOOD, READING):
                status, told = 401, {"message": "Bad credentials"}
            elif self.path == "/user":
                told = {"login": "ada"}
            elif self.path != "/repos/ada/shop":
                status, told = 404, {"message": "Not Found"}
            self.answer(status, {"Content-Type": "application/json"}, json.dumps(told).encode())

    with serving(Answers) as url:
        yield url


@dataclass
class House:
    hub: Hub
    http: httpx2.AsyncClient
    server: str

    async def project(self, repository: str | None = "ada/shop") -> str:
        number = (await project(self.http))["id"]
        if repository is not None:
            given = {"github_repo_url": f"{self.server}/{repository}"}
            changed = await self.http.patch(f"/api/projects/{number}", json=given)
            assert changed.status_code == 200, changed.text
        return f"/api/projects/{number}/connection"

    async def as_a(self, role: Role) -> dict[str, str]:
        made = await self.hub.db.write(sessions.create, role.value, None, role=role)
        return {"session_id": str(made.id)}


@pytest.fixture
async def house(host: str, tmp_path: Path) -> AsyncIterator[House]:
    settings = Settings(clawlink_home=tmp_path, github_server_url="https://git.example", github_api_url=host)
    async with open_hub(settings) as hub:
        who = await hub.db.write(sessions.create, "owner", None, role=Role.ADMIN)
        transport = httpx2.ASGITransport(hub.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost", params={"session_id": str(who.id)}
        ) as http:
            yield House(hub, http, "https://git.example")


async def test_an_access_that_works_is_kept_and_told_without_its_secret(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with asyncio.timeout(30):
        with caplog.at_level(logging.DEBUG):
            path = await house.project()
            put = await house.http.put(path, json={"token": f" {GOOD}\n"})
            shown = await house.http.get(path)
            checked = await house.http.post(f"{path}/check")
    assert (put.status_code, shown.status_code, checked.status_code) == (200, 200, 200)
    assert (put.json()["of"], put.json()["as_whom"], put.json()["reached"]["may_push"]) == ("project", "ada", True)
    assert (shown.json()["reached"], checked.json()["error"]) == (None, None)
    assert GOOD not in put.text + shown.text + checked.text + caplog.text
    with house.hub.db.look() as look:
        for table in meta.sorted_tables:
            assert GOOD not in str([dict(row) for row in look.rows(sa.select(table))]), table.name


async def test_one_that_does_not_is_refused_with_the_hosts_reason_and_not_kept(house: House) -> None:
    async with asyncio.timeout(30):
        path = await house.project()
        wrong = await house.http.put(path, json={"token": BAD})
        none = await house.http.get(path)
        elsewhere = await house.project("ada/secret")
        unseen = await house.http.put(elsewhere, json={"token": GOOD})
    assert (wrong.status_code, none.status_code, unseen.status_code) == (502, 404, 502)
    assert "does not accept the token" in wrong.json()["detail"]
    assert "ada/secret: it is not there, or the token may not see it" in unseen.json()["detail"]
    assert BAD not in wrong.text


async def test_a_worse_access_does_not_take_the_place_of_a_good_one(house: House) -> None:
    async with asyncio.timeout(30):
        path = await house.project()
        await house.http.put(path, json={"token": GOOD})
        await house.http.put(path, json={"token": BAD})
        assert (await house.http.post(f"{path}/check")).json()["reached"]["may_push"] is True


async def test_what_an_access_lacks_is_told_as_it_is_kept(house: House) -> None:
    async with asyncio.timeout(30):
        put = await house.http.put(await house.project(), json={"token": READING})
    assert put.status_code == 200
    assert "may not write" in put.json()["reached"]["lacks"][0]


async def test_what_is_no_access_is_refused_without_repeating_it(house: House) -> None:
    both = {"token": GOOD, "app_id": "1", "private_key": "x"}
    async with asyncio.timeout(30):
        path = await house.project()
        for asked in ({}, {"token": ""}, both, {"app_id": "1"}, {"token": GOOD * 2_000}):
            refused = await house.http.put(path, json=asked)
            assert (asked, refused.status_code) == (asked, 422)
            assert GOOD not in refused.text


async def test_a_project_without_a_repository_has_nothing_to_try(house: House) -> None:
    async with asyncio.timeout(30):
        path = await house.project(None)
        answers = [await house.http.put(path, json={"token": GOOD}), await house.http.post(f"{path}/check")]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert all("set its address" in answer.json()["detail"] for answer in answers)


async def test_what_is_done_with_what_the_host_tells_is_kept_with_the_connection(house: House) -> None:
    async with asyncio.timeout(30):
        path = await house.project()
        assert (await house.http.put(f"{path}/answers", json={})).status_code == 404
        await house.http.put(path, json={"token": GOOD})
        set_ = await house.http.put(f"{path}/answers", json={"checks": False, "rounds_at_most": 1})
        await house.http.put(path, json={"token": GOOD})
        shown = (await house.http.get(path)).json()["answers"]
        too_many = await house.http.put(f"{path}/answers", json={"rounds_at_most": 21})
    assert set_.status_code == 200
    assert (shown["checks"], shown["reviews"], shown["rounds_at_most"]) == (False, True, 1)
    assert too_many.status_code == 422


async def test_a_connection_is_forgotten_with_its_secret(house: House) -> None:
    async with asyncio.timeout(30):
        path = await house.project()
        await house.http.put(path, json={"token": GOOD})
        gone = [await house.http.delete(path), await house.http.delete(path)]
    assert [answer.status_code for answer in gone] == [204, 404]
    with house.hub.db.look() as look:
        assert look.rows(sa.select(meta.tables["secrets"]).where(meta.tables["secrets"].c.name.like("github/%"))) == []


async def test_who_may_only_read_may_see_a_projects_connection_and_change_none(house: House) -> None:
    async with asyncio.timeout(30):
        path = await house.project()
        await house.http.put(path, json={"token": GOOD})
        viewer = await house.as_a(Role.VIEWER)
        assert (await house.http.get(path, params=viewer)).status_code == 200
        for verb, where, body in (
            ("PUT", path, {"token": GOOD}),
            ("DELETE", path, None),
            ("POST", f"{path}/check", None),
            ("PUT", f"{path}/answers", {}),
            ("PUT", "/api/connections/mine", {"token": GOOD}),
        ):
            refused = await house.http.request(verb, where, params=viewer, json=body)
            assert (verb, where, refused.status_code) == (verb, where, 403)


async def test_only_who_administers_touches_the_installations(house: House) -> None:
    where = "/api/connections/installation"
    async with asyncio.timeout(30):
        developer = await house.as_a(Role.DEVELOPER)
        for verb in ("GET", "PUT", "DELETE"):
            body = {"token": GOOD} if verb == "PUT" else None
            refused = await house.http.request(verb, where, params=developer, json=body)
            assert (verb, refused.status_code) == (verb, 403)
        assert (await house.http.put(where, json={"token": GOOD})).json()["as_whom"] == "not tried yet"
        assert (await house.http.delete(where)).status_code == 204


async def test_a_persons_connection_is_nobody_elses(house: House) -> None:
    where = "/api/connections/mine"
    async with asyncio.timeout(30):
        ann, bob = await house.as_a(Role.DEVELOPER), await house.as_a(Role.ADMIN)
        tried = {"token": GOOD, "repository": f"{house.server}/ada/shop"}
        mine = await house.http.put(where, params=ann, json=tried)
        path = await house.project()
        counts = [(await house.http.get(path, params=who)).status_code for who in (ann, bob)]
        others = [(await house.http.request(verb, where, params=bob)).status_code for verb in ("GET", "DELETE")]
    assert (mine.json()["of"], mine.json()["as_whom"]) == ("mine", "ada")
    assert counts == [200, 404]
    assert others == [404, 404]
