"""Routes of further repositories, from adding one to the order that a node is given and the commits that it tells of."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from coderclawlink.events import ArtifactKept, AttemptEnded, WorkCommitted
from coderclawlink.link.protocol import Order
from coderclawlink.runs import receipts
from tests.web.conftest import Node, project

pytestmark = pytest.mark.anyio

DIFF = """\
diff --git a/web/b.txt b/web/b.txt
new file mode 100644
--- /dev/null
+++ b/web/b.txt
@@ -0,0 +1 @@
+two
"""


async def made(client: httpx2.AsyncClient) -> dict[str, Any]:
    """A task of a project with a repository and two further ones, about one of these."""
    number = (await project(client))["id"]
    await client.patch(f"/api/projects/{number}", json={"github_repo_url": "/srv/api"})
    for name in ("web", "docs"):
        put = await client.put(f"/api/projects/{number}/repositories/{name}", json={"url": f"/srv/{name}"})
        assert put.status_code == 200, put.text
    task = await client.post("/api/tasks", json={"project_id": number, "title": "T", "repositories": ["web"]})
    assert task.status_code == 201, task.text
    return dict(task.json())


async def started(client: httpx2.AsyncClient, node: Node, task: dict[str, Any]) -> Order:
    run = await client.post("/api/runs", json={"task_id": task["id"], "agent": "claude", "prompt": "Do it"})
    assert run.status_code in (200, 201), run.text
    return await node.start(run.json()["id"])


async def test_repositories_are_listed_and_taken_away(client: httpx2.AsyncClient) -> None:
    task = await made(client)
    path = f"/api/projects/{task['project_id']}/repositories"
    assert [each["name"] for each in (await client.get(path)).json()] == ["docs", "web"]
    assert (await client.get(f"/api/tasks/{task['id']}")).json()["repositories"] == ["web"]
    assert (await client.delete(f"{path}/web")).status_code == 204
    assert (await client.delete(f"{path}/web")).status_code == 404
    assert (await client.get(f"/api/tasks/{task['id']}")).json()["repositories"] == []


async def test_a_task_is_about_those_that_are_named_and_no_others(client: httpx2.AsyncClient) -> None:
    task = await made(client)
    path = f"/api/tasks/{task['id']}/repositories"
    assert (await client.put(path, json={"names": ["docs", "web"]})).json() == ["docs", "web"]
    assert [each["url"] for each in (await client.get(path)).json()] == ["/srv/docs", "/srv/web"]
    assert (await client.put(path, json={"names": ["nowhere"]})).status_code == 404
    body = {"project_id": task["project_id"], "title": "T", "repositories": ["nowhere"]}
    assert (await client.post("/api/tasks", json=body)).status_code == 404
    assert (await client.get("/api/tasks/99999999/repositories")).status_code == 404


@pytest.mark.parametrize(
    ("name", "url", "status"),
    [
        ("Web", "/srv/x", 422),
        ("a b", "/srv/x", 422),
        ("x", "not a repository", 422),
        ("x", "https://me:secret@example.org/a/b", 422),
        ("x", "/srv/api", 409),
        ("x", "/srv/web", 409),
    ],
)
async def test_what_is_no_name_or_no_further_repository_is_refused(
    client: httpx2.AsyncClient, name: str, url: str, status: int
) -> None:
    task = await made(client)
    path = f"/api/projects/{task['project_id']}/repositories/{name}"
    answer = await client.put(path, json={"url": url})
    assert answer.status_code == status, answer.text
    assert "secret" not in answer.text


async def test_a_run_is_ordered_in_all_and_a_change_of_a_further_one_alone_is_its_result(
    client: httpx2.AsyncClient, node: Node
) -> None:
    task = await made(client)
    order = await started(client, node, task)
    (beside,) = order.beside
    assert (order.repository, beside.name, beside.repository) == ("/srv/api", "web", "/srv/web")
    assert beside.branch == order.branch
    counts = {"files": 1, "additions": 1, "deletions": 0}
    await node.tell(
        order,
        ArtifactKept(name="diff", size=len(DIFF), text=DIFF),
        WorkCommitted(head="c" * 40, base="b" * 40, branch=order.branch, repository="web", **counts),
        AttemptEnded(outcome="completed", result="Done."),
    )
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen(f"over:{order.run}") as ear:
            while (shown := (await client.get(f"/api/runs/{order.run}")).json())["state"] != "completed":
                await ear.wait(1)
    assert shown["head"] is None
    (part,) = shown["repositories"]
    assert (part["name"], part["head"], part["files"]) == ("web", "c" * 40, 1)
    assert (await client.get(f"/api/tasks/{task['id']}")).json()["github_branch_name"] == order.branch
    receipt = (await client.get(f"/api/runs/{order.run}/receipt")).text
    assert receipts.verify(receipt)
    assert '"web"' in receipt
    review = (await client.get(f"/api/runs/{order.run}/review")).json()
    assert (review["head"], review["why_not"]) == ("c" * 40, None)
    assert (await client.post(f"/api/runs/{order.run}/review", json={"approve": True})).status_code == 200
    assert (await client.get(f"/api/runs/{order.run}/review")).json()["verdict"] == "approved"
    files = (await client.get(f"/api/runs/{order.run}/files")).json()
    assert [file["path"] for file in files["files"]] == ["web/b.txt"]
