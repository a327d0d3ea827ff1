"""The board over HTTP: cards, moves that begin runs, doing something to many, taking it back, links, search, views."""

from __future__ import annotations

import httpx2
import pytest

from coderclawlink.web.board import BoardTold, CardTold
from tests.web.conftest import Node, project, session, task

pytestmark = pytest.mark.anyio


async def tasks_of(client: httpx2.AsyncClient, count: int) -> list[dict[str, object]]:
    made = await project(client)
    answers = [
        await client.post(
            "/api/tasks", json={"project_id": made["id"], "title": f"Card {n}", "description": "About it"}
        )
        for n in range(count)
    ]
    return [answer.json() for answer in answers]


async def cards(client: httpx2.AsyncClient, **query: object) -> list[dict[str, object]]:
    answer = await client.get("/api/board", params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    BoardTold.model_validate_json(answer.text)
    return list(answer.json()["cards"])


async def test_the_board_is_told_lean_with_the_journals_head(client: httpx2.AsyncClient) -> None:
    one, two = await tasks_of(client, 2)
    answer = (await client.get("/api/board", params={"project_id": str(one["project_id"])})).json()
    assert set(answer) == {"head", "cards"}
    assert set(answer["cards"][0]) == set(CardTold.model_fields)
    assert [card["key"] for card in answer["cards"]] == [one["key"], two["key"]]
    assert answer["head"] > 0
    found = await cards(client, key=[one["key"], two["key"]], q=str(two["key"]))
    assert [card["id"] for card in found] == [two["id"]]
    assert (await client.get("/api/board", params={"status": "gone"})).status_code == 422
    limited = await client.get("/api/board", params={"project_id": str(one["project_id"]), "limit": 1})
    assert len(limited.json()["cards"]) == 1


async def test_a_list_of_tasks_takes_the_same_filters_and_stays_as_it_was_without(client: httpx2.AsyncClient) -> None:
    one, two = await tasks_of(client, 2)
    await client.patch(f"/api/tasks/{two['id']}", json={"assignee": "ann", "assigned_agent_type": "goose"})
    listed = (await client.get("/api/tasks", params={"project_id": str(one["project_id"]), "assignee": "ann"})).json()
    assert [one["id"] for one in listed] == [two["id"]]
    assert set(listed[0]) == set(one), "the object is the contract's"
    assert len((await client.get("/api/tasks", params={"project_id": str(one["project_id"])})).json()) == 2


async def test_a_move_puts_the_card_where_it_was_dropped_and_is_taken_back(client: httpx2.AsyncClient) -> None:
    one, two, three = await tasks_of(client, 3)
    moved = await client.post(f"/api/tasks/{three['id']}/move", json={"before": one["id"]})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["run"], moved.json()["task"]["id"]) == (None, three["id"])
    order = [card["id"] for card in await cards(client, project_id=one["project_id"])]
    assert order == [three["id"], one["id"], two["id"]]
    back = await client.post(f"/api/undo/{moved.json()['undo']}")
    assert [task["id"] for task in back.json()] == [three["id"]]
    order = [card["id"] for card in await cards(client, project_id=one["project_id"])]
    assert order == [one["id"], two["id"], three["id"]]
    assert (await client.post(f"/api/undo/{moved.json()['undo']}")).status_code == 404
    both = {"before": one["id"], "after": two["id"]}
    assert (await client.post(f"/api/tasks/{three['id']}/move", json=both)).status_code == 422
    elsewhere = {"status": "done", "before": one["id"]}
    assert (await client.post(f"/api/tasks/{three['id']}/move", json=elsewhere)).status_code == 409


async def test_dropped_into_in_progress_with_an_agent_a_run_begins_in_the_same_commit(
    client: httpx2.AsyncClient, node: Node
) -> None:
    (one,) = await tasks_of(client, 1)
    path = f"/api/tasks/{one['id']}/move"
    moved = (await client.post(path, json={"status": "in_progress", "agent": "claude"})).json()
    assert (moved["task"]["status"], moved["run"]["state"]) == ("in_progress", "planning")
    run = (await client.get(f"/api/runs/{moved['run']['id']}")).json()
    assert (run["prompt"], run["task_id"]) == ("Card 0\n\nAbout it", one["id"])
    (card,) = await cards(client, id=one["id"])
    assert card["run"] == {
        "id": run["id"], "number": run["number"], "agent": "claude", "state": "planning",
        "wait_reason": None, "wait_who": None,
    }  # fmt: skip
    again = await client.post(path, json={"status": "in_progress", "agent": "claude"})
    assert again.status_code == 409
    assert f"Run {run['number']}" in again.json()["detail"]
    back = await client.post(f"/api/undo/{moved['undo']}")
    assert [task["status"] for task in back.json()] == ["todo"]
    assert (await client.get(f"/api/runs/{run['id']}")).json()["state"] == "cancelled"


async def test_a_move_that_cannot_begin_its_run_moves_nothing(client: httpx2.AsyncClient) -> None:
    (one,) = await tasks_of(client, 1)
    path = f"/api/tasks/{one['id']}/move"
    assert (await client.post(path, json={"status": "done", "agent": "claude"})).status_code == 422
    refused = await client.post(path, json={"status": "in_progress", "agent": "nobody knows it"})
    assert 400 <= refused.status_code < 500
    assert (await client.get(f"/api/tasks/{one['id']}")).json()["status"] == "todo"


async def test_a_change_and_a_deletion_say_how_they_are_taken_back(client: httpx2.AsyncClient) -> None:
    (one,) = await tasks_of(client, 1)
    path = f"/api/tasks/{one['id']}"
    changed = await client.patch(path, json={"status": "done", "title": "Other"})
    assert (await client.post(f"/api/undo/{changed.headers['undo-token']}")).json()[0]["title"] == "Card 0"
    gone = await client.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get(path)).status_code == 404
    assert await cards(client, id=one["id"]) == []
    assert (await client.post(f"/api/undo/{gone.headers['undo-token']}")).status_code == 200
    assert (await client.get(path)).json()["status"] == "todo"


async def test_many_are_done_at_once_or_none(client: httpx2.AsyncClient) -> None:
    made = await tasks_of(client, 3)
    ids = [one["id"] for one in made]
    done = await client.post("/api/tasks/bulk", json={"ids": ids, "changes": {"status": "done", "assignee": "ann"}})
    assert {one["status"] for one in done.json()["tasks"]} == {"done"}
    labelled = await client.post("/api/tasks/bulk", json={"ids": ids, "label": {"add": ["bug"]}})
    assert labelled.status_code == 200, labelled.text
    found = await cards(client, project_id=made[0]["project_id"], label="bug")
    assert [card["assignee"] for card in found] == ["ann"] * 3
    moved = await client.post(
        "/api/tasks/bulk", json={"ids": ids[:2], "move": {"status": "todo", "position": "bottom"}}
    )
    assert [one["status"] for one in moved.json()["tasks"]] == ["todo"] * 2
    gone = await client.post("/api/tasks/bulk", json={"ids": ids, "delete": True})
    assert gone.json()["tasks"] == []
    assert await cards(client, id=ids) == []
    assert len((await client.post(f"/api/undo/{gone.json()['undo']}")).json()) == 3
    for wrong in (
        {"ids": ids},
        {"ids": [], "delete": True},
        {"ids": ids, "delete": True, "changes": {}},
        {"ids": ids, "changes": {"status": "gone"}},
        {"ids": ids, "changes": {"title": None}},
        {"ids": list(range(1, 1002)), "delete": True},
    ):
        assert (await client.post("/api/tasks/bulk", json=wrong)).status_code == 422, wrong
    assert (await client.post("/api/tasks/bulk", json={"ids": [*ids, 0], "delete": True})).status_code == 404
    assert len(await cards(client, id=ids)) == 3


async def test_links_are_made_shown_refused_and_removed(client: httpx2.AsyncClient) -> None:
    one, two = await tasks_of(client, 2)
    path = f"/api/tasks/{one['id']}/links"
    made = (await client.post(path, json={"link": "blocks", "other": two["id"]})).json()
    assert [each["key"] for each in made["blocks"]] == [two["key"]]
    (card,) = await cards(client, id=two["id"])
    assert card["blocked"] == 1
    circle = await client.post(path, json={"link": "blocked_by", "other": two["id"]})
    assert circle.status_code == 409
    assert f"{two['key']} → {one['key']} → {two['key']}" in circle.json()["detail"]
    assert (await client.delete(f"{path}/blocks/{two['id']}")).json()["blocks"] == []
    assert (await client.delete(f"{path}/blocks/{two['id']}")).status_code == 404
    part = {"project_id": one["project_id"], "title": "Part", "parent_id": one["id"]}
    child = (await client.post("/api/tasks", json=part)).json()
    links = (await client.get(path)).json()
    assert ([each["id"] for each in links["children"]], links["done"], links["total"]) == ([child["id"]], 0, 1)
    assert (await client.post("/api/tasks", json={**part, "parent_id": child["id"]})).status_code == 409
    assert len((await client.get("/api/tasks", params={"project_id": str(one["project_id"])})).json()) == 3


async def test_a_run_of_a_blocked_task_waits_and_begins_when_it_is_free(client: httpx2.AsyncClient, node: Node) -> None:
    one, two = await tasks_of(client, 2)
    await client.post(f"/api/tasks/{one['id']}/links", json={"link": "blocks", "other": two["id"]})
    moved = await client.post(f"/api/tasks/{two['id']}/move", json={"status": "in_progress", "agent": "claude"})
    run = moved.json()["run"]
    assert run["state"] == "waiting"
    why = (await client.get(f"/api/runs/{run['id']}/why")).json()
    assert (why["reason"], why["who"]) == ("dependency", one["key"])
    assert one["key"] in why["why"]
    await client.patch(f"/api/tasks/{one['id']}", json={"status": "done"})
    order = await node.start(run["id"])
    await node.finish(order)
    assert order.attempt == 2


async def test_search_finds_what_the_reader_may_see(client: httpx2.AsyncClient) -> None:
    made = await task(client)
    await client.patch(f"/api/tasks/{made['id']}", json={"description": "The quixotic <b>windmill</b>"})
    (hit,) = (await client.get("/api/search", params={"q": "quix wind"})).json()
    assert (hit["key"], hit["where"]) == (made["key"], "description")
    assert [piece["text"] for piece in hit["snippet"] if piece["hit"]] == ["quixotic", "windmill"]
    assert (await client.get("/api/search", params={"q": ""})).json() == []
    assert (await client.get("/api/search")).status_code == 422
    assert (await client.post("/api/search/reindex")).json() == {"done": True}
    assert len((await client.get("/api/search", params={"q": "quix"})).json()) == 1
    ann = {"session_id": await session(client, "ann")}
    assert (await client.post("/api/search/reindex", params=ann)).status_code == 403


async def test_views_are_saved_changed_shared_and_deleted(client: httpx2.AsyncClient) -> None:
    ann = {"session_id": await session(client, "ann")}
    made = await client.post("/api/views", params=ann, json={"name": "Bugs", "filters": {"label": ["bug"]}})
    assert made.status_code == 201
    view = made.json()
    assert view["id"] not in [each["id"] for each in (await client.get("/api/views")).json()]
    path = f"/api/views/{view['id']}"
    assert (await client.patch(path, json={"name": "x"})).status_code == 404
    changed = await client.patch(path, params=ann, json={"shared": True})
    assert (changed.json()["shared"], changed.json()["filters"]) == (True, {"label": ["bug"]})
    assert view["id"] in [each["id"] for each in (await client.get("/api/views")).json()]
    assert (await client.delete(path, params=ann)).status_code == 204
    assert (await client.delete(path, params=ann)).status_code == 404
