"""A directory makes, changes and takes away people and groups by SCIM: the conformance suite of others, and what Entra ID and Okta really send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import JsonValue
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server

from coderclawlink.access import groups, passwords, people, sessions, tokens
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.ids import ProjectId
from tests import postgres as postgres_server
from tests.web.conftest import Server, serving

pytestmark = pytest.mark.anyio

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PASSWORD = "four unrelated words"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def team(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home: Path = tmp_path_factory.mktemp("team")
    if request.param == "sqlite":
        with serving(home, mode="team") as running:
            yield running
        return
    with (
        postgres_server.database(request.getfixturevalue("postgres")) as url,
        serving(home, database=url, mode="team") as running,
    ):
        yield running


@pytest.fixture(scope="module")
async def token(team: Server) -> str:
    """Of the directory's account; root, a person, administers."""
    db = team.hub.db
    await db.write(people.create, "root", role=Role.ADMIN, how="admin", password=await passwords.hashed(PASSWORD))
    await db.write(people.create, "entra", role=Role.ADMIN, how="admin", service=True)
    _, secret = await db.write(
        tokens.create, "entra", "scim", scopes=[Permission.ADMIN_USERS], days=1, by=Actor(Role.ADMIN, "root", "x")
    )
    return secret


@pytest.fixture
async def scim(team: Server, token: str) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    async with httpx2.AsyncClient(base_url=f"{team.url}/scim/v2/", headers=headers, timeout=20) as opened:
        yield opened


async def made(scim: httpx2.AsyncClient, user_name: str, **more: JsonValue) -> str:
    answer = await scim.post("Users", json={"schemas": [USER], "userName": user_name, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def patch(scim: httpx2.AsyncClient, path: str, *operations: JsonValue) -> httpx2.Response:
    return await scim.patch(path, json={"schemas": [PATCH], "Operations": list(operations)})


async def test_the_conformance_suite_finds_nothing(team: Server, token: str) -> None:
    def check() -> list[CheckResult]:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=f"{team.url}/scim/v2", headers=headers, timeout=20) as http:
            return check_server(SyncSCIMClient(http))

    results = await asyncio.to_thread(check)
    wrong = [f"{one.title} {one.reason}" for one in results if one.status not in (Status.SUCCESS, Status.SKIPPED)]
    assert wrong == []
    assert len(results) > 60
