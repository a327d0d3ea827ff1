"""A directory makes, changes and takes away people and groups by SCIM: the conformance suite of others, and what Entra ID and Okta really send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from pydantic import JsonValue
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server

from coderclawlink.access import groups, passwords, people, sessions, tokens
from coderclawlink.access.policy import Actor, Permission, Role
from tests.web.conftest import Server, serving

pytestmark = pytest.mark.anyio

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PASSWORD = "four unrelated words"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("team"), mode="team") as running:
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


async def test_entra_finds_makes_changes_and_takes_away(scim: httpx2.AsyncClient) -> None:
    """In the words of its documentation: texts for booleans, verbs with capitals, attributes that are not kept here."""
    found = await scim.get("Users", params={"filter": 'userName eq "Test_User_ab6490ee@example.com"'})
    assert (found.json()["totalResults"], found.json()["Resources"]) == (0, [])
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    ann = await made(
        scim,
        "Test_User_ab6490ee@example.com",
        schemas=[USER, enterprise],
        externalId="0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        active=True,
        emails=[{"primary": True, "type": "work", "value": "Test_User_ab6490ee@example.com"}],
        name={"formatted": "Ann Lee", "familyName": "Lee", "givenName": "Ann"},
        roles=[],
        meta={"resourceType": "User"},
        title="Dr",
    )
    assert ann == "test_user_ab6490ee"
    again = await scim.post("Users", json={"schemas": [USER], "userName": "TEST_user_ab6490ee@example.com"})
    assert (again.status_code, again.json()["scimType"], again.json()["status"]) == (409, "uniqueness", "409")
    changed = await patch(
        scim,
        f"Users/{ann}",
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "updated@example.com"},
        {"op": "Replace", "path": "name.familyName", "value": "Updated"},
        {"op": "Add", "path": f"{enterprise}:department", "value": "Sales"},
        {"op": "Replace", "path": "title", "value": "Dr"},
    )
    assert changed.headers["content-type"] == "application/scim+json"
    assert changed.json()["emails"] == [{"value": "updated@example.com", "type": "work", "primary": True}]
    assert changed.json()["name"]["familyName"] == "Updated"
    for filter in ('emails[type eq "work"].value eq "UPDATED@example.com"', 'externalId sw "0a21" and active eq true'):
        assert (await scim.get("Users", params={"filter": filter})).json()["Resources"][0]["id"] == ann
    off = await patch(scim, f"Users/{ann}", {"op": "Replace", "path": "active", "value": "False"})
    assert (off.status_code, off.json()["active"]) == (200, False)
    assert (await scim.delete(f"Users/{ann}")).status_code == 204
    assert (await scim.get(f"Users/{ann}")).json() == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "404",
        "detail": f"There is no user {ann}.",
    }


async def test_okta_fills_a_group_which_gives_a_role_and_takes_it_again(scim: httpx2.AsyncClient, team: Server) -> None:
    db = team.hub.db
    await db.write(groups.give, "Okta Admins", None, Role.ADMIN, by="root")
    bob = await made(scim, "bob@okta.example", name={"givenName": "Bob", "familyName": "B"}, locale="en-US")
    assert (await db.read(people.find, bob)).role is Role.GUEST
    body = {
        "schemas": [GROUP],
        "displayName": "Okta Admins",
        "members": [{"value": bob, "display": "bob@okta.example"}],
    }
    group = (await scim.post("Groups", json=body)).json()
    assert group["members"][0]["value"] == bob
    assert (await db.read(people.find, bob)).role is Role.ADMIN
    shown = (await scim.get(f"Users/{bob}")).json()["groups"]
    assert [(one["value"], one["display"]) for one in shown] == [(group["id"], "Okta Admins")]
    query = {"filter": f'id eq "{group["id"]}" and members eq "{bob}"', "excludedAttributes": "members"}
    listed = (await scim.get("Groups", params=query)).json()
    assert (listed["totalResults"], "members" in listed["Resources"][0]) == (1, False)
    renamed: JsonValue = {"op": "replace", "value": {"id": group["id"], "displayName": "Okta Others"}}
    assert (await patch(scim, f"Groups/{group['id']}", renamed)).json()["displayName"] == "Okta Others"
    assert (await db.read(people.find, bob)).role is Role.GUEST
    back = await patch(scim, f"Groups/{group['id']}", {"op": "replace", "value": {"displayName": "Okta Admins"}})
    assert back.status_code == 200
    assert (await db.read(people.find, bob)).role is Role.ADMIN
    out: JsonValue = {"op": "remove", "path": f'members[value eq "{bob}"]'}
    assert (await patch(scim, f"Groups/{group['id']}", out)).json()["members"] == []
    assert (await db.read(people.find, bob)).role is Role.GUEST
    unknown = await patch(scim, f"Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": "no"}]})
    assert (unknown.status_code, unknown.json()["scimType"]) == (400, "invalidValue")
    assert (await scim.delete(f"Groups/{group['id']}")).status_code == 204
    assert (await scim.get(f"Groups/{group['id']}")).status_code == 404


async def test_who_is_disabled_is_out_at_once_and_the_last_administrator_is_not(
    scim: httpx2.AsyncClient, team: Server
) -> None:
    db = team.hub.db
    eve = await made(scim, "eve@example.org")
    session = await db.write(sessions.open_browser, eve, how="oidc:x", address=None, agent=None)
    async with httpx2.AsyncClient(base_url=team.url, headers={"Authorization": f"Bearer {session.id}"}) as client:
        assert (await client.get("/api/me")).json()["user"] == eve
        assert (await client.get("/scim/v2/Users")).status_code == 403
        await patch(scim, f"Users/{eve}", {"op": "replace", "value": {"active": False}})
        assert (await client.get("/api/me")).status_code == 401
    for answer in (
        await patch(scim, "Users/root", {"op": "replace", "path": "active", "value": False}),
        await scim.delete("Users/root"),
    ):
        assert (answer.status_code, answer.json()["scimType"]) == (400, "mutability")
        assert "last administrator" in answer.json()["detail"]
    assert (await scim.get("Users/entra")).status_code == 404  # accounts of programs are not its business
    made_admin = await patch(
        scim, f"Users/{eve}", {"op": "add", "value": {"roles": [{"value": "admin"}], "active": True}}
    )
    assert made_admin.status_code == 200
    assert (await db.read(people.find, eve)).role is Role.GUEST


async def test_only_a_programs_account_with_the_right_is_let_in(team: Server, token: str) -> None:
    db = team.hub.db
    person = await db.write(sessions.open_browser, "root", how="password", address=None, agent=None)
    by = Actor(Role.ADMIN, "root", "x")
    _, mine = await db.write(tokens.create, "root", "mine", scopes=None, days=1, by=by)
    _, weak = await db.write(tokens.create, "entra", "weak", scopes=[Permission.TASK_VIEW], days=1, by=by)
    async with httpx2.AsyncClient(base_url=f"{team.url}/scim/v2/") as client:
        for secret, status in ((None, 401), (person.id, 403), (mine, 403), (weak, 403), (token, 200)):
            headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
            answer = await client.get("Users", headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/scim+json")
            if status != 200:
                assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "kind"),
    [
        ("GET", "Users?filter=userName is x", None, 400, "invalidFilter"),
        ("GET", 'Users?filter=nickName eq "x"', None, 400, "invalidFilter"),
        ("GET", "Users?count=x", None, 400, "invalidSyntax"),
        ("POST", "Users", {"schemas": [USER]}, 400, "invalidValue"),
        ("POST", "Users", [], 400, "invalidSyntax"),
        ("POST", "Users", {"userName": "x", "emails": [{"value": "none"}]}, 400, "invalidValue"),
        ("PATCH", "Users/root", {"Operations": [{"op": "remove"}]}, 400, "noTarget"),
        ("PATCH", "Users/root", {"Operations": [{"op": "add", "path": "a b", "value": 1}]}, 400, "invalidPath"),
        ("PATCH", "Users/root", {}, 400, "invalidSyntax"),
        ("POST", "Groups", {"displayName": ""}, 400, "invalidValue"),
        ("POST", ".search", {}, 501, None),
        ("PUT", "Schemas", {}, 405, None),
        ("GET", "Nothing", None, 404, None),
    ],
)
async def test_a_refusal_is_told_in_scims_shape(
    scim: httpx2.AsyncClient, verb: str, path: str, body: JsonValue, status: int, kind: str | None
) -> None:
    answer = await scim.request(verb, path, json=body)
    assert (answer.status_code, answer.json().get("scimType")) == (status, kind), answer.text


async def test_lists_are_paged(scim: httpx2.AsyncClient) -> None:
    for number in range(3):
        await made(scim, f"paged{number}@example.org")
    query = {"filter": 'userName sw "paged"', "startIndex": "2", "count": "1", "attributes": "userName"}
    listed = (await scim.get("Users", params=query)).json()
    told = (listed["totalResults"], listed["startIndex"], listed["itemsPerPage"])
    assert told == (3, 2, 1)
    assert listed["Resources"] == [{"schemas": [USER], "id": "paged1", "userName": "paged1@example.org"}]
    assert (await scim.post("Users/.search", json={**query, "startIndex": 2, "count": 0})).json()["Resources"] == []
