"""Files of other programs over HTTP: tried first, imported then, and refused without harm when they are something else."""

from __future__ import annotations

import httpx2
import pytest

from tests.board.test_imports import EXPORT
from tests.web.conftest import project, session

pytestmark = pytest.mark.anyio

FILE = {"Content-Type": "application/octet-stream"}


async def test_a_dry_run_tells_and_does_nothing_and_the_import_does_what_it_told(client: httpx2.AsyncClient) -> None:
    path = f"/api/projects/{(made := await project(client))['id']}/import/jira"
    tried = await client.post(path, params={"dry_run": True}, content=EXPORT, headers=FILE)
    assert tried.status_code == 200, tried.text
    assert (tried.json()["made"], tried.json()["dry_run"]) == (["ABC-1", "ABC-2", "ABC-10"], True)
    assert (await client.get("/api/tasks", params={"project": str(made["id"])})).json() == []
    done = (await client.post(path, content=EXPORT, headers=FILE)).json()
    assert (len(done["made"]), done["known"], done["unknown"]) == (3, 0, ["Custom field (Rank)"])
    assert done["statuses"]["In Progress"] == "in_progress"
    again = (await client.post(path, content=EXPORT, headers=FILE)).json()
    assert (again["made"], again["known"]) == ([], 3)
    found = (await client.get("/api/tasks", params={"key": done["made"][1]})).json()[0]
    told = (await client.get(f"/api/tasks/{found['id']}/external")).json()
    assert (told["source"], told["key"], told["url"]) == ("jira", "ABC-2", None)
    detail = (await client.get(f"/api/tasks/{found['id']}")).json()
    assert detail["external"] == told
    cards = (await client.get("/api/board", params={"project": str(made["id"])})).json()["cards"]
    assert {card["external"]["key"] for card in cards} == {"ABC-1", "ABC-2", "ABC-10"}


@pytest.mark.parametrize("kind", ["jira", "vibe-kanban"])
async def test_another_file_is_refused_with_a_reason(client: httpx2.AsyncClient, kind: str) -> None:
    path = f"/api/projects/{(await project(client))['id']}/import/{kind}"
    for content in (b"", b"hello", b"\0" * 2_000_000):
        refused = await client.post(path, content=content, headers=FILE)
        assert refused.status_code == 422, refused.text
        assert isinstance(refused.json()["detail"], str)


async def test_what_a_form_of_another_page_could_send_is_refused(client: httpx2.AsyncClient) -> None:
    path = f"/api/projects/{(await project(client))['id']}/import/jira"
    for kind in ("text/plain; charset=utf-8", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        refused = await client.post(path, content=EXPORT, headers={"Content-Type": kind})
        assert refused.status_code == 415
    refused = await client.post(path, content=EXPORT, headers={**FILE, "Origin": "http://evil.example"})
    assert refused.status_code == 403


async def test_a_file_that_is_too_large_is_refused(client: httpx2.AsyncClient) -> None:
    path = f"/api/projects/{(await project(client))['id']}/import/jira"
    refused = await client.post(path, content=bytes(64 * 1024 * 1024 + 1), headers=FILE)
    assert refused.status_code == 413


async def test_no_project_no_import(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/api/projects/0/import/jira", content=EXPORT, headers=FILE)).status_code == 404
    guest = await session(client, "guest")
    refused = await client.post(
        "/api/projects/0/import/jira", content=EXPORT, headers={**FILE, "Authorization": f"Bearer {guest}"}
    )
    assert refused.status_code in (403, 404)
