"""Who the caller is, and what the hub says of what is whose."""

from __future__ import annotations

import httpx2
import pytest

from coderclawlink.access.policy import GRANTS, Role
from coderclawlink.access.sessions import create
from tests.web.conftest import Server, session, task

pytestmark = pytest.mark.anyio


async def test_without_a_session_the_caller_is_the_owner_with_all_rights(client: httpx2.AsyncClient) -> None:
    me = (await client.get("/api/me")).json()
    assert (me["name"], me["user"], me["role"], me["is_owner"], me["mode"]) == ("owner", None, "admin", True, "local")
    assert set(me["permissions"]) == GRANTS[Role.ADMIN]


@pytest.mark.parametrize("role", Role)
async def test_a_session_is_told_its_role_and_what_that_may(
    server: Server, client: httpx2.AsyncClient, role: Role
) -> None:
    made = await server.hub.db.write(create, f"ann-{role}", None, role=role)
    me = (await client.get("/api/me", headers={"Authorization": f"Bearer {made.id}"})).json()
    assert (me["name"], me["role"], me["is_owner"]) == (f"ann-{role}", role, False)
    assert set(me["permissions"]) == GRANTS[role]


async def test_who_is_nobody_is_told_so(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/api/me", headers={"Authorization": "Bearer nope"})).status_code == 401


async def test_comments_and_files_say_who_may_change_and_delete_them(
    server: Server, client: httpx2.AsyncClient
) -> None:
    path = f"/api/tasks/{(await task(client))['id']}"
    ann, bob = await session(client, "ann-me"), await session(client, "bob-me")
    viewer = (await server.hub.db.write(create, "ann-me", None, role=Role.VIEWER)).id
    made = await client.post(f"{path}/comments", json={"text": "Hi"}, params={"session_id": ann})
    assert (made.json()["may_change"], made.json()["may_delete"]) == (True, True)
    file = await client.put(f"{path}/attachments", content=b"x", params={"name": "a.txt", "session_id": ann})
    assert file.json()["may_delete"] is True
    for who, change, delete in ((ann, True, True), (bob, False, False), (viewer, False, False), (None, False, True)):
        given = {} if who is None else {"session_id": who}
        (comment,) = (await client.get(f"{path}/comments", params=given)).json()
        (entry,) = [
            each["comment"]
            for each in (await client.get(f"{path}/activity", params=given)).json()["entries"]
            if each["comment"]
        ]
        (attachment,) = (await client.get(f"{path}/attachments", params=given)).json()
        assert comment == entry
        assert (comment["may_change"], comment["may_delete"]) == (change, delete)
        assert attachment["may_delete"] is delete


async def test_projects_are_counted(client: httpx2.AsyncClient) -> None:
    made = await task(client)
    project = made["project_id"]
    for status in ("todo", "in_review", "done"):
        body = {"project_id": project, "title": status, "status": status}
        assert (await client.post("/api/tasks", json=body)).status_code == 201
    (found,) = [each for each in (await client.get("/api/projects/summary")).json() if each["project_id"] == project]
    assert (found["open"], found["running"], found["needs_you"]) == (3, 0, 1)
    assert (len(found["finished"]), found["finished"][-1], sum(found["finished"])) == (14, 1, 1)
