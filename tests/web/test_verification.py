"""Over HTTP: what a project demands of results, a run's checks, its receipt, a person's review."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

import httpx2
import pytest

from coderclawlink.db.engine import Tx
from coderclawlink.events import CheckEnded, ChecksDemanded, CheckStarted
from coderclawlink.ids import RunId
from coderclawlink.runs import attempts, checks, ledger, receipts
from coderclawlink.runs.run import WaitReason
from tests.web.conftest import Node, project, session

pytestmark = pytest.mark.anyio

TOML = """rounds = 1
review = true

[checks.tests]
run = "make test"
network = true

[checks.lint]
run = "make lint"
timeout_seconds = 30
"""
SAME = {
    "checks": [
        {"name": "tests", "run": "make test", "timeout_seconds": 600.0, "network": True},
        {"name": "lint", "run": "make lint", "timeout_seconds": 30.0, "network": False},
    ],
    "rounds": 1,
    "review": True,
}


async def test_a_project_says_what_results_must_pass_as_toml_or_json(client: httpx2.AsyncClient) -> None:
    path = f"/api/projects/{(await project(client))['id']}/verification"
    before = await client.get(path)
    assert (before.status_code, ".clawlink.toml" in before.json()["detail"]) == (404, True)
    put = await client.put(path, json={"toml": TOML})
    assert (put.status_code, put.json()) == (200, SAME)
    assert (await client.get(path)).json() == SAME
    assert (await client.put(path, json={**SAME, "review": False})).json() == {**SAME, "review": False}
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"toml": "rounds = 1\n[checks.tests]\nrun = 'x'\ntime = 3\n"}, "line 4: checks.tests.time"),
        ({"toml": "rounds = 1\nreview = perhaps\n"}, "line 2"),
        ({"toml": 3}, "toml"),
        ({"checks": [{"name": "tests"}]}, "run"),
        ({"checks": [{"name": "../x", "run": "true"}]}, "name"),
        ({"checks": [{"name": "a", "run": "x"}, {"name": "a", "run": "y"}]}, "same name"),
        ({"rounds": "2"}, "rounds"),
        ({"rounds": 10**9}, "rounds"),
        ({"surprise": 1}, "surprise"),
        ([1], "dictionary"),
    ],
)
async def test_a_verification_that_makes_no_sense_is_422_and_says_where(
    client: httpx2.AsyncClient, body: object, words: str
) -> None:
    path = f"/api/projects/{(await project(client))['id']}/verification"
    put = await client.put(path, json=body)
    assert put.status_code == 422
    assert words in put.text
    assert (await client.get(path)).status_code == 404


async def test_a_verification_needs_the_right_to_write_and_a_project(client: httpx2.AsyncClient) -> None:
    assert (await client.put("/api/projects/0/verification", json=SAME)).status_code == 404
    assert (await client.get("/api/projects/0/verification")).status_code == 404
    assert (await client.delete("/api/projects/0/verification")).status_code == 404
    made = await project(client)
    by_bearer = {"Authorization": f"Bearer {await session(client, 'ann')}"}
    put = await client.put(f"/api/projects/{made['id']}/verification", json=SAME, headers=by_bearer)
    assert put.status_code == 200  # a developer may


async def submitted(client: httpx2.AsyncClient, **more: Any) -> str:
    made = await client.post("/api/runs", json={"agent": "claude", "prompt": "Do it"}, **more)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def ended(client: httpx2.AsyncClient, node: Node, run: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen(f"run:{run}") as ear:
            while (shown := (await client.get(f"/api/runs/{run}")).json())["ended_at"] is None:
                await ear.wait(1)
    return dict(shown)


async def test_a_runs_checks_are_shown_with_what_is_missing(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submitted(client)
    path = f"/api/runs/{run}/checks"
    assert (await client.get(path)).json() == {"demanded": [], "missing": None, "results": []}
    head = "a" * 40

    def told(tx: Tx) -> None:
        ledger.note(tx, RunId(run), head=head)
        checks.demand(tx, RunId(run), ChecksDemanded(names=("tests",), source="repository", base=head))
        failed = CheckEnded(
            name="tests", command="make test", head=head, passed=False, exit_code=2, seconds=1.5, output="1 failed"
        )
        checks.end(tx, RunId(run), 1, failed)

    await node.hub.db.write(told)
    shown = (await client.get(path)).json()
    assert shown["demanded"] == ["tests"]
    assert shown["missing"] == "Check tests failed (exit code 2)."
    (result,) = shown["results"]
    assert result["at"].endswith("Z")
    assert {**result, "at": ""} == {
        "attempt": 1, "round": 0, "name": "tests", "command": "make test", "head": head, "passed": False, "exit_code": 2,
        "seconds": 1.5, "output": "1 failed", "at": "",
    }  # fmt: skip


async def test_a_receipt_is_there_once_it_is_issued_and_anybody_can_verify_it(
    client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submitted(client)
    path = f"/api/runs/{run}/receipt"
    order = await node.start(run)
    none = await client.get(path)
    assert (none.status_code, "no receipt" in none.json()["detail"]) == (404, True)

    def issue(tx: Tx) -> None:
        attempt = attempts.find(tx, RunId(run), order.attempt)
        assert attempt is not None
        receipts.issue(tx, ledger.find(tx, RunId(run)), attempt, None)

    await node.hub.db.write(issue)
    receipt = (await client.get(path)).json()
    digest = receipt.pop("digest")
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    events = (await client.get(f"/api/runs/{run}/events")).json()["events"]
    assert [event["digest"] for event in events if event["kind"] == "run.receipt"] == [digest]


async def waiting_for_review(client: httpx2.AsyncClient, node: Node, **more: Any) -> str:
    run = await submitted(client, **more)
    order = await node.start(run)
    await node.hub.db.write(
        lambda tx: ledger.wait(tx, ledger.find(tx, RunId(run)), WaitReason.REVIEW, "anyone but who asked for it")
    )
    assert order.run == run
    return run


async def test_a_result_is_approved_by_another_and_not_by_who_asked_for_it(
    client: httpx2.AsyncClient, node: Node
) -> None:
    by_bearer = {"Authorization": f"Bearer {await session(client, 'ann')}"}
    run = await waiting_for_review(client, node, headers=by_bearer)
    path = f"/api/runs/{run}/review"
    own = await client.post(path, json={"approve": True}, headers=by_bearer)
    assert (own.status_code, own.json()["detail"]) == (403, "Somebody else must approve what you have asked for.")
    approved = await client.post(path, json={"approve": True, "text": "Good."})
    assert approved.status_code == 200, approved.text
    assert (await client.post(path, json={"approve": True})).status_code == 409


async def test_a_result_is_sent_back_with_words(client: httpx2.AsyncClient, node: Node) -> None:
    run = await waiting_for_review(client, node)
    path = f"/api/runs/{run}/review"
    assert (await client.post(path, json={"approve": False})).status_code == 422
    assert (await client.post(path, json={})).status_code == 422
    back = await client.post(path, json={"approve": False, "text": "Name it better."})
    assert back.status_code == 200, back.text
    events = (await client.get(f"/api/runs/{run}/events")).json()["events"]
    (reviewed,) = [event for event in events if event["kind"] == "run.reviewed"]
    assert (reviewed["approved"], reviewed["by"], reviewed["text"]) == (False, "owner", "Name it better.")


async def test_a_run_that_is_at_work_is_neither_reviewed_nor_resumed(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submitted(client)
    await node.start(run)
    review = await client.post(f"/api/runs/{run}/review", json={"approve": True})
    assert (review.status_code, review.json()["detail"]) == (409, "The run does not wait for a review.")
    assert (await client.post(f"/api/runs/{run}/resume")).status_code == 409


@pytest.mark.parametrize("verb", ["checks", "receipt"])
async def test_what_proves_the_run_of_one_session_is_404_for_another(
    client: httpx2.AsyncClient, node: Node, verb: str
) -> None:
    ann, bob = await session(client, "ann"), await session(client, "bob")
    run = await submitted(client, headers={"Authorization": f"Bearer {ann}"})
    theirs = {"Authorization": f"Bearer {bob}"}
    assert (await client.get(f"/api/runs/{run}/{verb}", headers=theirs)).status_code == 404
    review = await client.post(f"/api/runs/{run}/review", json={"approve": True}, headers=theirs)
    assert review.status_code == 404


async def test_a_run_completes_only_when_its_demanded_checks_have_passed_on_its_result(
    client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submitted(client)
    order = await node.start(run)
    head = "a" * 40
    await node.tell(
        order,
        ChecksDemanded(names=("tests",), source="repository", base="b" * 40),
        CheckStarted(name="tests", command="make test"),
        CheckEnded(name="tests", command="make test", head=head, passed=True, exit_code=0, seconds=1.0),
    )
    await node.finish(order)
    shown = await ended(client, node, run)
    assert (shown["state"], shown["head"]) == ("completed", head)
    receipt = (await client.get(f"/api/runs/{run}/receipt")).json()
    assert [(check["name"], check["passed"]) for check in receipt["checks"]] == [("tests", True)]
    assert (receipt["policy"]["verification"], receipt["head"]) == ("repository", head)


async def test_a_node_that_says_completed_without_the_checks_is_not_taken_at_its_word(
    client: httpx2.AsyncClient, node: Node
) -> None:
    run = str((await client.post("/api/runs", json={"agent": "claude", "prompt": "Do it", "tries": 1})).json()["id"])
    order = await node.start(run)
    await node.tell(order, ChecksDemanded(names=("tests",), source="repository", base="b" * 40))
    await node.finish(order)
    shown = await ended(client, node, run)
    assert shown["state"] == "failed"
    assert "Check tests has not been run on the result" in shown["error"]
    assert (await client.get(f"/api/runs/{run}/receipt")).status_code == 404
