"""Over HTTP: a result as files and lines, comments on them, ticks, and the verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from coderclawlink.events import ArtifactKept, AttemptEnded, WorkCommitted
from coderclawlink.link.protocol import Order
from tests.runs.reviewed import BASE, changed, diff, head_of
from tests.web.conftest import Node, session, task

pytestmark = pytest.mark.anyio
FIRST = {"code.py": changed({10: "ten", 11: "eleven", 30: None}), "other.py": changed({2: "<b>two</b>\r"})}
SECOND = {"code.py": changed({10: "10", 11: "eleven"}), "third.py": changed({3: "three"})}


async def submitted(client: httpx2.AsyncClient, **more: Any) -> str:
    body = {"agent": "claude", "prompt": "Do it", "task_id": more.pop("task_id", None)}
    made = await client.post("/api/runs", json=body, **more)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def commit(node: Node, order: Order, files: Mapping[str, str]) -> str:
    text, head = diff(files), head_of(files)
    kept = ArtifactKept(name="diff", size=len(text), text=text)
    await node.tell(order, kept, WorkCommitted(head=head, base=BASE, branch="work", files=2, additions=3, deletions=4))
    return head


async def reviewed(client: httpx2.AsyncClient, node: Node, **more: Any) -> str:
    """A completed run with a result."""
    run = await submitted(client, **more)
    order = await node.start(run)
    await commit(node, order, FIRST)
    await node.tell(order, AttemptEnded(outcome="completed", result="done"))
    await ended(client, node, run)
    return run


async def ended(client: httpx2.AsyncClient, node: Node, run: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen(f"run:{run}") as ear:
            while (shown := (await client.get(f"/api/runs/{run}")).json()).get("ended_at") is None:
                await ear.wait(1)
    return dict(shown)


async def get(client: httpx2.AsyncClient, where: str, /, **query: Any) -> Any:
    answer = await client.get(where, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_changes_are_told_by_file_hunk_and_line(client: httpx2.AsyncClient, node: Node) -> None:
    run = await reviewed(client, node)
    told = await get(client, f"/api/runs/{run}/files")
    assert (told["head"], told["base"], told["total"], told["next"], told["cut"]) == (
        head_of(FIRST),
        BASE,
        2,
        None,
        False,
    )
    code, other = told["files"]
    assert (code["path"], code["status"], code["additions"], code["deletions"]) == ("code.py", "modified", 2, 3)
    numbers = [(line["kind"], line["old"], line["new"]) for line in code["hunks"][0]["lines"]]
    assert ("deleted", 10, None) in numbers
    assert ("added", None, 11) in numbers
    assert ("same", 12, 12) in numbers
    texts = [line["text"] for line in other["hunks"][0]["lines"]]
    assert "<b>two</b>\r" in texts


async def test_many_files_and_lines_come_in_pages(client: httpx2.AsyncClient, node: Node) -> None:
    run = await reviewed(client, node)
    path = f"/api/runs/{run}/files"
    first = await get(client, path, limit=1)
    assert ([file["path"] for file in first["files"]], first["next"]) == (["code.py"], 1)
    rest = await get(client, path, limit=1, after=first["next"])
    assert ([file["path"] for file in rest["files"]], rest["next"]) == (["other.py"], None)
    lines: list[str] = []
    start: int | None = 0
    while start is not None:
        page = await get(client, path, path="code.py", from_line=start, lines=4)
        lines += [line["text"] for hunk in page["files"][0]["hunks"] for line in hunk["lines"]]
        start = page["files"][0]["next_line"]
    whole = await get(client, path, path="code.py")
    assert lines == [line["text"] for hunk in whole["files"][0]["hunks"] for line in hunk["lines"]]
    narrow = await get(client, path, lines=1)
    assert (len(narrow["files"]), narrow["next"], narrow["files"][0]["next_line"]) == (1, 1, 1)
    assert (await client.get(path, params={"path": "none.py"})).status_code == 404
    assert (await client.get(path, params={"since": "f" * 40})).status_code == 404


async def test_a_run_without_a_result_has_no_files(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submitted(client)
    await node.start(run)
    assert (await client.get(f"/api/runs/{run}/files")).status_code == 409
    review = await get(client, f"/api/runs/{run}/review")
    assert (review["head"], review["files"], review["why_not"]) == (None, 0, "The run does not wait for a review.")


async def test_comments_become_the_prompt_of_a_run_that_goes_on_and_are_followed_there(
    client: httpx2.AsyncClient, node: Node
) -> None:
    run = await reviewed(client, node)
    path = f"/api/runs/{run}/remarks"
    wanted = {"path": "code.py", "first": 10, "text": "In digits.", "head": head_of(FIRST)}
    made = await client.post(path, json=wanted)
    assert (made.status_code, made.json()["snippet"], made.json()["mine"]) == (201, "ten", True)
    second = (await client.post(path, json={"path": "code.py", "first": 11, "last": 12, "text": "Good?"})).json()
    edited = await client.patch(f"{path}/{second['id']}", json={"text": "Why?"})
    assert edited.json()["text"] == "Why?"
    third = (await client.post(path, json={"path": "other.py", "first": 2, "text": "Oh."})).json()
    assert (await client.delete(f"{path}/{third['id']}")).status_code == 204
    assert (await client.post(path, json={**wanted, "head": "e" * 40})).status_code == 409
    assert (await client.post(path, json={**wanted, "first": 25})).status_code == 422
    sent = await client.post(f"{path}/send", json={"text": "Two things."})
    assert sent.status_code == 200, sent.text
    after = sent.json()["run"]["id"]
    assert (sent.json()["prompt"], after != run) == (None, True)
    assert sent.json()["run"]["prompt"].startswith("Two things.\n\nThese are comments on your work")
    assert (
        await client.patch(f"{path}/{second['id']}", json={"text": "Late."})
    ).status_code == 404  # it is over there now
    assert (await client.patch(f"/api/runs/{after}/remarks/{second['id']}", json={"text": "Late."})).status_code == 409
    assert (await client.post(f"{path}/send")).status_code == 409
    order = await node.start(after)
    assert order.follows is not None
    await commit(node, order, SECOND)
    states = {one["text"]: (one["state"], one["run_id"]) for one in await get(client, f"/api/runs/{after}/remarks")}
    assert states == {"In digits.": ("addressed", after), "Why?": ("sent", after)}
    since = await get(client, f"/api/runs/{after}/files", since=head_of(FIRST))
    assert {file["path"]: file["since"] for file in since["files"]} == {"code.py": "changed", "third.py": "new"}
    assert since["gone"] == ["other.py"]
    old = await get(client, f"/api/runs/{after}/files", head=head_of(FIRST))
    assert [file["path"] for file in old["files"]] == ["code.py", "other.py"]


async def test_comments_on_a_run_under_way_wait_for_its_agent(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submitted(client)
    order = await node.start(run)
    await commit(node, order, FIRST)
    await client.post(f"/api/runs/{run}/remarks", json={"path": "code.py", "first": 10, "text": "In digits."})
    sent = (await client.post(f"/api/runs/{run}/remarks/send")).json()
    assert (sent["run"]["id"], sent["prompt"]["number"], sent["prompt"]["state"]) == (run, 1, "queued")


async def test_a_tick_is_kept_and_falls_when_the_file_changes(client: httpx2.AsyncClient, node: Node) -> None:
    run = await reviewed(client, node)
    for path in FIRST:
        assert (await client.put(f"/api/runs/{run}/viewed", json={"path": path})).status_code == 204
    assert (await client.put(f"/api/runs/{run}/viewed", json={"path": "none"})).status_code == 404
    review = await get(client, f"/api/runs/{run}/review")
    assert (review["viewed"], review["files"], review["last_seen"]) == (2, 2, head_of(FIRST))
    await client.put(f"/api/runs/{run}/viewed", json={"path": "other.py", "viewed": False})
    files = (await get(client, f"/api/runs/{run}/files"))["files"]
    assert [(file["viewed"], file["viewed_head"]) for file in files] == [(True, head_of(FIRST)), (False, None)]


async def test_a_completed_result_is_approved_by_another(client: httpx2.AsyncClient, node: Node) -> None:
    by_bearer = {"Authorization": f"Bearer {await session(client, 'ann')}"}
    run = await reviewed(client, node, headers=by_bearer)
    path = f"/api/runs/{run}/review"
    assert (await client.post(path, json={"approve": True}, headers=by_bearer)).status_code == 403
    own = (await client.get(path, headers=by_bearer)).json()
    assert own["why_not"] == "Somebody else must approve what you have asked for."
    assert (await get(client, path))["why_not"] is None
    approved = await client.post(path, json={"approve": True, "text": "Good."})
    assert (approved.status_code, approved.json()["state"]) == (200, "completed")
    told = await get(client, path)
    assert (told["verdict"], told["verdicts"][0]["author"], told["verdicts"][0]["text"]) == (
        "approved",
        "owner",
        "Good.",
    )


async def test_a_completed_result_that_is_sent_back_goes_on_in_a_new_run(
    client: httpx2.AsyncClient, node: Node
) -> None:
    run = await reviewed(client, node)
    path = f"/api/runs/{run}/review"
    assert (await client.post(path, json={"approve": False})).status_code == 422
    back = await client.post(path, json={"approve": False, "text": "Name it better."})
    assert back.status_code == 200, back.text
    assert (back.json()["id"] != run, back.json()["prompt"]) == (True, "Name it better.")
    assert (await get(client, path))["verdict"] == "changes"


async def test_a_discarded_result_puts_its_task_back_to_the_start(client: httpx2.AsyncClient, node: Node) -> None:
    card = await task(client)
    run = await reviewed(client, node, task_id=card["id"])
    assert (await get(client, f"/api/tasks/{card['id']}"))["status"] == "in_review"
    gone = await client.post(f"/api/runs/{run}/discard", json={"text": "Not what we want."})
    assert (gone.status_code, gone.json()["state"]) == (200, "completed")
    assert (await client.post(f"/api/runs/{run}/discard")).status_code == 200
    shown = await get(client, f"/api/tasks/{card['id']}")
    assert (shown["status"], shown["github_branch_name"]) == ("todo", "work")
    told = await get(client, f"/api/runs/{run}/review")
    assert [one["verdict"] for one in told["verdicts"]] == ["discarded"]
    events = (await get(client, f"/api/runs/{run}/events"))["events"]
    assert [event["text"] for event in events if event["kind"] == "run.discarded"] == ["Not what we want."]
    assert (await client.post(f"/api/runs/{run}/review", json={"approve": True})).status_code == 409


async def test_a_result_under_review_that_is_discarded_is_cancelled(client: httpx2.AsyncClient, node: Node) -> None:
    card = await task(client)
    await client.put(f"/api/projects/{card['project_id']}/verification", json={"review": True})
    run = await submitted(client, task_id=card["id"])
    order = await node.start(run)
    await commit(node, order, FIRST)
    await node.tell(order, AttemptEnded(outcome="completed", result="done"))
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen(f"run:{run}") as ear:
            while (await get(client, f"/api/runs/{run}"))["state"] != "waiting":
                await ear.wait(1)
    assert (await client.post(f"/api/runs/{run}/discard")).json()["state"] == "cancelled"
    assert (await ended(client, node, run))["state"] == "cancelled"
    assert (await get(client, f"/api/tasks/{card['id']}"))["status"] == "todo"


async def test_what_one_session_reviews_is_hidden_from_another(client: httpx2.AsyncClient, node: Node) -> None:
    ann = {"Authorization": f"Bearer {await session(client, 'ann')}"}
    bob = {"Authorization": f"Bearer {await session(client, 'bob')}"}
    run = await reviewed(client, node, headers=ann)
    made = await client.post(
        f"/api/runs/{run}/remarks", json={"path": "code.py", "first": 10, "text": "Mine."}, headers=ann
    )
    assert made.status_code == 201
    for verb, path, body in (
        ("GET", "files", None), ("GET", "review", None), ("GET", "remarks", None), ("POST", "remarks/send", {}),
        ("POST", "remarks", {"path": "code.py", "first": 10, "text": "x"}), ("PUT", "viewed", {"path": "code.py"}),
        ("PATCH", f"remarks/{made.json()['id']}", {"text": "x"}), ("DELETE", f"remarks/{made.json()['id']}", None),
        ("POST", "discard", {}), ("POST", "review", {"approve": True}),
    ):  # fmt: skip
        answer = await client.request(verb, f"/api/runs/{run}/{path}", json=body, headers=bob)
        assert answer.status_code == 404, (path, answer.text)
    assert await get(client, f"/api/runs/{run}/remarks") == []  # the owner sees the run, and nobody's drafts


async def test_what_waits_for_a_review_is_handed_over_with_words_alone(client: httpx2.AsyncClient, node: Node) -> None:
    card = await task(client)
    await client.put(f"/api/projects/{card['project_id']}/verification", json={"review": True})
    run = await submitted(client, task_id=card["id"])
    order = await node.start(run)
    await commit(node, order, FIRST)
    await node.tell(order, AttemptEnded(outcome="completed", result="done"))
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen(f"run:{run}") as ear:
            while (await client.get(f"/api/runs/{run}")).json()["state"] != "waiting":
                await ear.wait(1)
    refused = await client.post(f"/api/runs/{run}/handover", json={"agent": "parrot"})
    assert (refused.status_code, "say what" in refused.text) == (422, True), refused.text
    assert (await client.get(f"/api/runs/{run}")).json()["agent"] == "claude"
    given = await client.post(f"/api/runs/{run}/handover", json={"agent": "parrot", "text": "Go on"})
    assert given.status_code == 200, given.text
    assert (await node.start(run)).agent == "parrot"
