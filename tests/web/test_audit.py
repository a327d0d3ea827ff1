"""The audit chain over HTTP: the contract's routes, and what stands beside them."""

from __future__ import annotations

import json

import httpx2
import pytest

from coderclawlink.access import sessions
from coderclawlink.access.policy import Role
from tests.web.conftest import Server

pytestmark = pytest.mark.anyio


async def a_session(server: Server, user: str | None, role: Role | None = None) -> str:
    return server.hub.db.write_now(lambda tx: sessions.create(tx, user, None, role=role)).id


async def a_project(client: httpx2.AsyncClient, key: str, session: str | None = None) -> int:
    headers = {} if session is None else {"authorization": f"Bearer {session}"}
    made = await client.post("/api/projects", json={"name": key, "key": key}, headers=headers)
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


async def test_an_administrator_reads_all_and_nobody_else_does(server: Server, client: httpx2.AsyncClient) -> None:
    admin, ann = await a_session(server, "root", Role.ADMIN), await a_session(server, "ann")
    await a_project(client, "AUDITONE", ann)
    found = await client.get("/api/audit/events", params={"session_id": admin, "user_id": "ann", "limit": 5})
    assert found.status_code == 200
    newest = found.json()[0]
    assert (newest["event_type"], newest["user_id"], newest["resource_id"]) == ("resource.modified", "ann", "AUDITONE")
    assert newest["status"] == "success"
    assert newest["timestamp"].endswith("Z")
    refused = await client.get("/api/audit/events", params={"session_id": ann})
    assert refused.status_code == 403
    assert (await client.get("/api/audit/events", params={"session_id": "nonsense"})).status_code == 401


async def test_what_is_refused_is_audited_as_denied(server: Server, client: httpx2.AsyncClient) -> None:
    admin, viewer = await a_session(server, "root", Role.ADMIN), await a_session(server, "vera", Role.VIEWER)
    refused = await client.post(
        "/api/projects", json={"name": "x", "key": "X"}, headers={"authorization": f"Bearer {viewer}"}
    )
    assert refused.status_code == 403
    asked = {"session_id": admin, "event_type": "permission.denied", "user_id": "vera"}
    [told] = (await client.get("/api/audit/events", params=asked)).json()
    assert (told["status"], told["details"]["permission"]) == ("denied", "project:write")
    assert "POST /api/projects" in told["details"]["reason"]


@pytest.mark.parametrize(
    ("query", "status"),
    [({"event_type": "no.such"}, 422), ({"limit": "0"}, 422), ({"limit": "1001"}, 422), ({"limit": "1000"}, 200)],
    ids=["unknown-type", "limit-0", "limit-1001", "limit-1000"],
)
async def test_what_makes_no_sense_is_422(client: httpx2.AsyncClient, query: dict[str, str], status: int) -> None:
    assert (await client.get("/api/audit/events", params=query)).status_code == status


async def test_a_session_sees_its_own_activity_and_an_administrator_any(
    server: Server, client: httpx2.AsyncClient
) -> None:
    admin, ann, bob = [
        await a_session(server, name, role) for name, role in (("root", Role.ADMIN), ("ann", None), ("bob", None))
    ]
    await a_project(client, "AUDITTWO", ann)
    path = f"/api/audit/sessions/{ann}/activity"
    own = await client.get(path, params={"auth_session_id": ann})
    assert [one["action"] for one in own.json()] == ["project.created", "session.created"]
    assert (await client.get(path, params={"auth_session_id": bob})).status_code == 403
    assert (await client.get(path, params={"auth_session_id": admin})).json() == own.json()
    assert ann not in own.text, "the id of a session is a secret"
    users = "/api/audit/users/ann/activity"
    assert (await client.get(users, params={"session_id": bob})).status_code == 403
    assert (await client.get(users, params={"session_id": ann})).status_code == 200
    assert len((await client.get(users, params={"session_id": admin})).json()) >= 2


async def test_it_is_searched_paged_counted_verified_and_exported(client: httpx2.AsyncClient) -> None:
    for key in ("AUDITA", "AUDITB", "AUDITC"):
        await a_project(client, key)
    first = (await client.get("/api/audit", params={"q": "AUDIT", "limit": 2})).json()
    assert [one["resource_id"] for one in first["events"]] == ["AUDITC", "AUDITB"]
    rest = (await client.get("/api/audit", params={"q": "audit", "limit": 2, "before": first["next"]})).json()
    assert rest["events"][0]["resource_id"] == "AUDITA"
    counted = (await client.get("/api/audit/analytics", params={"by": "type"})).json()
    assert {one["name"] for one in counted["counts"]} >= {"resource.modified"}
    as_csv = await client.get("/api/audit/analytics", params={"by": "day", "form": "csv"})
    assert as_csv.text.splitlines()[0] == "day,success,denied,failure"
    signed = (await client.post("/api/audit/checkpoints")).json()
    chain = (await client.get("/api/audit/chain")).json()
    assert (chain["broken"], chain["signed"] >= 1, chain["events"] >= signed["seq"]) == (None, True, True)
    lines = (await client.get("/api/audit/export")).text.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert json.loads((await client.get("/api/audit/export", params={"form": "ocsf"})).text.splitlines()[0])[
        "class_uid"
    ]
    assert (await client.get("/api/audit", params={"since": "yesterday"})).status_code == 422
