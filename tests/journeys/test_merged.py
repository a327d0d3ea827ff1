"""From a failing check to merged work: the agent answers what the host tells, on the same branch, until the task is done."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.journeys.code_host import TOKEN
from tests.journeys.test_pull_requests import SECONDS, Town, town
from tests.peers.github import PeerMissing

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    try:
        async with town(tmp_path_factory.mktemp("town")) as opened:
            yield opened
    except PeerMissing as missing:
        pytest.skip(str(missing))


async def ask(here: Town, method: str, at: str, **body: object) -> Any:
    """What people and robots do on the host."""
    async with httpx2.AsyncClient(base_url=here.door.peer, timeout=20) as http:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await http.request(method, f"/repos/ada/shop{at}", json=body or None, headers=headers)
        assert answer.status_code < 300, f"{method} {at}: {answer.status_code} {answer.text}"
        return answer.json()


async def test_a_failing_check_and_a_review_are_answered_on_the_branch_until_it_is_merged(here: Town) -> None:
    await here.house.at_rest()
    task = await here.result()
    made = await here.house.post(f"/api/tasks/{task['id']}/create_pr", {"draft": False})
    number, branch = made["pr_number"], made["branch_name"]
    at = f"/api/tasks/{task['id']}/pull_requests/{number}"
    made_up = (await ask(here, "GET", f"/pulls/{number}"))["head"]["sha"]
    here.door.stands_for[made_up] = branch
    first = here.head_of(branch)

    output = {"title": "2 of 9 failed", "summary": "Expected more: steps=6 pause=0.01"}
    failed = {"name": "test", "head_sha": made_up, "status": "completed", "conclusion": "failure", "output": output}
    check = await ask(here, "POST", "/check-runs", **failed)
    assert (await here.house.post(f"{at}/refresh", {}))["checks"] == "failed"
    second = await until_moved(here, task, branch, first)
    await ask(here, "PATCH", f"/check-runs/{check['id']}", status="completed", conclusion="success")
    seen = await here.house.post(f"{at}/refresh", {})
    assert (seen["checks"], seen["head"]) == ("passed", second)

    said = {"body": "And more: steps=12 pause=0.01", "commit_id": made_up, "path": "README.md", "line": 1}
    await ask(here, "POST", f"/pulls/{number}/comments", **said)
    await here.house.post(f"{at}/refresh", {})
    third = await until_moved(here, task, branch, second)

    told = await here.house.get(f"/api/runs?task_id={task['id']}")
    prompts = [one["prompt"] for one in sorted(told, key=lambda one: one["number"])]
    assert len(prompts) == 3
    assert "2 of 9 failed" in prompts[1]
    assert "And more" in prompts[2]
    assert "2 of 9 failed" not in prompts[2]

    merged = await here.house.post(f"{at}/merge", {"head": third})
    assert merged["state"] == "merged"
    assert (await here.house.get(f"/api/tasks/{task['id']}"))["status"] == "done"


async def test_one_that_was_closed_stands_in_the_inbox_until_it_is_opened_again(here: Town) -> None:
    await here.house.at_rest()
    task = await here.result("Greet")
    number = (await here.create_pr(task))["pr_number"]
    at = f"/api/tasks/{task['id']}/pull_requests/{number}"

    async def stands() -> list[str]:
        return [one["why"] for one in (await here.house.get("/api/inbox"))["pulls"] if one["task_key"] == task["key"]]

    assert await stands() == []
    await ask(here, "PATCH", f"/pulls/{number}", state="closed")
    assert (await here.house.post(f"{at}/refresh", {}))["state"] == "closed"
    assert await stands() == ["It was closed without being merged."]
    words = (sys.executable, "-m", "coderclawlink", "inbox", "--url", here.house.url)
    shown = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(SECONDS):
        said, _ = await shown.communicate()
    assert f"{task['key']}  #{number}  Greet  It was closed without being merged." in said.decode()
    await ask(here, "PATCH", f"/pulls/{number}", state="open")
    assert (await here.house.post(f"{at}/refresh", {}))["needs"] is None
    assert await stands() == []


async def until_moved(here: Town, task: Any, branch: str, before: str) -> str:
    """The branch's next head, once its run has ended and the hub knows that it stands there."""
    async with asyncio.timeout(SECONDS):
        while (head := here.head_of(branch)) == before:
            await asyncio.sleep(0.05)
        while any(
            one["state"] in ("wanted", "pushed")
            for one in (await here.house.get(f"/api/tasks/{task['id']}/pull_requests"))["deliveries"]
        ):
            await asyncio.sleep(0.05)
    return head
