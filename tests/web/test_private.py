"""A private project over HTTP: to who is no member it is as if it was not there, in every list and by every id, also while somebody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest
import websockets

from coderclawlink.access import people, sessions, uses
from coderclawlink.access.policy import OWNER, Actor, Role, ownership
from coderclawlink.board import attachments, chats, comments, comparisons, labels, links, projects, tasks, views
from coderclawlink.board.files import Kept
from coderclawlink.board.links import Link
from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import questions, runs
from coderclawlink.ids import ProjectId, TaskId, new_id
from coderclawlink.runs import budgets, ledger
from coderclawlink.runs.ledger import Wish
from tests.web.conftest import Server, serving

pytestmark = pytest.mark.anyio

WORD = "zebra"
"""It stands in everything that is private."""
MISSING = 987_654


@dataclass(frozen=True)
class Made:
    """What there is in a project, by the names that routes have for it."""

    ids: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.ids[name]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home: Path = tmp_path_factory.mktemp("private")
    with serving(home, mode="team") as running:
        running.hub.db.write_now(_people)
        yield running


def _people(tx: Tx) -> None:
    roles = {"root": Role.ADMIN, "ann": Role.DEVELOPER, "bob": Role.DEVELOPER, "gus": Role.GUEST}
    for name, role in roles.items():
        people.create(tx, name, role=role, how="admin", by=OWNER)


def furnish(tx: Tx, key: str, word: str) -> Made:
    project = projects.create(tx, OWNER, name=f"The {word}", key=key, github_repo_url=f"https://github.com/acme/{word}")
    task = tasks.create(tx, OWNER, project_id=project.id, title=f"{word} one", description=f"a {word}")
    other = tasks.create(tx, OWNER, project_id=project.id, title=f"{word} two", assignee=word)
    links.add(tx, OWNER, task.id, Link.BLOCKS, other.id)
    comment = comments.create(tx, OWNER, task.id, f"Look at the {word}.")
    file = attachments.add(tx, OWNER, task.id, f"{word}.txt", Kept("0" * 64, 5, "text/plain"))
    [label] = labels.put(tx, OWNER, task.id, add=[word])
    views_of = views.save(tx, OWNER, "Mine", {"q": "x"})
    chat = chats.start(tx, member_of(project.id), project.id, "goose", f"What is a {word}?")
    budgets.put(tx, OWNER, "project", str(project.id), usd=10.0, tokens=None)
    wish = Wish("goose", f"Feed the {word}.", {}, f"{word} run", project_id=project.id, task_id=task.id)
    comparison = new_id()
    run = ledger.submit(tx, OWNER, replace(wish, comparison=comparison))
    comparisons.start(tx, OWNER, comparison, task.id, f"Feed the {word}.", [run])
    question = new_id()
    tx.change(
        questions.insert().values(
            id=question,
            name=question,
            run_id=run.id,
            attempt=1,
            title=f"May I feed the {word}?",
            detail="",
            options='[{"id": "yes", "label": "Yes", "effect": "allow_once"}]',
            asked_at=tx.now(),
        )
    )
    tx.change(runs.update().where(runs.c.id == run.id).values(result=word))
    ids = {
        "project": project.id,
        "task": task.id,
        "other": other.id,
        "comment": comment.id,
        "attachment": file.id,
        "label": label.id,
        "chat": chat.id,
        "run": run.id,
        "comparison": comparison,
        "question": question,
        "view": views_of.id,
    }
    return Made({name: str(each) for name, each in ids.items()})


def member_of(project: int) -> Actor:
    return Actor(Role.DEVELOPER, "ann", ownership("ann"), proven=True, memberships={project: Role.DEVELOPER})


@pytest.fixture(scope="module")
def hidden(team: Server) -> Made:
    made = team.hub.db.write_now(furnish, "HID", WORD)
    team.hub.db.write_now(projects.change, OWNER, ProjectId(int(made["project"])), {"private": True})
    return made


@pytest.fixture(scope="module")
def shown(team: Server) -> Made:
    return team.hub.db.write_now(furnish, "SEEN", "horse")


def session(team: Server, user: str) -> str:
    made = team.hub.db.write_now(sessions.open_browser, user, how="password", address="192.0.2.1", agent="a browser")
    return str(made.id)


@asynccontextmanager
async def asking(team: Server, user: str) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {session(team, user)}"}
    async with httpx2.AsyncClient(base_url=team.url, timeout=20, headers=headers) as client:
        yield client


LISTS = """
/api/projects
/api/projects/summary
/api/board
/api/board?project={project}
/api/board?q=zebra
/api/tasks
/api/tasks?project_id={project}
/api/tasks?project={project}
/api/search?q=zebra
/api/search?q=zebra&project_id={project}
/api/views
/api/runs
/api/runs?project_id={project}
/api/runs?task_id={task}
/api/inbox
/api/questions
/api/budgets
/api/usage?by=project
/api/usage?by=task
/api/usage?by=run&project_id={project}
/api/agents/goose
/api/agents/goose/learnt
/api/runtime/agents
"""
THINGS = """
GET /api/projects/{project}
PATCH /api/projects/{project} {"name": "Mine"}
PATCH /api/projects/{project} {"private": false}
DELETE /api/projects/{project}
GET /api/projects/{project}/members
PUT /api/projects/{project}/members/ann {"role": "admin"}
DELETE /api/projects/{project}/members/ann
GET /api/projects/{project}/labels
POST /api/projects/{project}/labels {"name": "new"}
GET /api/projects/{project}/repositories
GET /api/projects/{project}/verification
GET /api/projects/{project}/connection
GET /api/projects/{project}/issues/sync
GET /api/projects/{project}/chat
POST /api/projects/{project}/chat {"text": "Hello"}
POST /api/tasks {"project_id": {project}, "title": "Mine"}
GET /api/tasks/{task}
PATCH /api/tasks/{task} {"title": "Mine"}
DELETE /api/tasks/{task}
POST /api/tasks/{task}/move {"status": "done"}
POST /api/tasks/bulk {"ids": [{task}], "delete": true}
POST /api/tasks/execute {"task_id": {task}, "agent_type": "goose", "prompt": "Do it"}
GET /api/tasks/{task}/executions
GET /api/tasks/{task}/comments
POST /api/tasks/{task}/comments {"text": "Mine"}
GET /api/tasks/{task}/activity
GET /api/tasks/{task}/attachments
GET /api/tasks/{task}/labels
PATCH /api/tasks/{task}/labels {"add": ["new"]}
GET /api/tasks/{task}/links
POST /api/tasks/{seen}/links {"link": "relates", "other": {task}}
DELETE /api/tasks/{seen}/links/relates/{task}
GET /api/tasks/{task}/comparisons
GET /api/tasks/{task}/repositories
GET /api/tasks/{task}/external
GET /api/tasks/{task}/pull_requests
POST /api/tasks/{task}/create_pr {}
PATCH /api/comments/{comment} {"text": "Mine"}
DELETE /api/comments/{comment}
GET /api/attachments/{attachment}
DELETE /api/attachments/{attachment}
PATCH /api/labels/{label} {"name": "mine"}
DELETE /api/labels/{label}
GET /api/chat/{chat}
POST /api/chat/{chat} {"text": "Hello"}
GET /api/comparisons/{comparison}
POST /api/comparisons/{comparison}/keep {"run_id": "{run}"}
GET /api/runs/{run}
GET /api/runs/{run}/events
GET /api/runs/{run}/diff
GET /api/runs/{run}/log
GET /api/runs/{run}/why
GET /api/runs/{run}/files
GET /api/runs/{run}/prompts
GET /api/runs/{run}/remarks
GET /api/runs/{run}/review
GET /api/runs/{run}/checks
GET /api/runs/{run}/receipt
POST /api/runs/{run}/prompts {"text": "More"}
POST /api/runs/{run}/cancel
POST /api/runs {"agent": "goose", "prompt": "Do it", "project_id": {project}}
GET /api/runtime/tasks/{run}/state
GET /api/runtime/tasks/{run}/stream
POST /api/runtime/tasks/{run}/cancel {}
POST /api/runtime/tasks/submit {"agent_type": "goose", "prompt": "Do it", "project_id": {project}}
POST /api/questions/{question}/answer {"option": "yes"}
GET /api/agents/goose/configuration?project_id={project}
GET /api/agents/goose/rules?task_id={task}
GET /api/runtime/agents?project_id={project}
GET /api/policies?project_id={project}
GET /api/uses?project_id={project}
PUT /api/budgets {"scope": "project", "name": "{project}", "usd": 1}
"""


ADMINISTERS = ("DELETE /api/projects", "PUT /api/projects/{project}/members", "GET /api/policies", "GET /api/uses")
"""What a developer may nowhere is refused whatever it is about."""


def filled(line: str, made: Made, shown: Made) -> str:
    ids = {**made.ids, "seen": shown["task"]}
    for name, value in ids.items():
        line = line.replace("{" + name + "}", value)
    return line


def missing(made: Made) -> Made:
    """The same, of which there is nothing."""
    return Made({name: str(MISSING) if value.isdigit() else new_id() for name, value in made.ids.items()})


async def ask(client: httpx2.AsyncClient, line: str) -> tuple[int, str]:
    method, path, *body = line.split(" ", 2)
    answer = await client.request(method, path, json=json.loads(body[0]) if body else None)
    return answer.status_code, answer.text


@pytest.mark.parametrize("who", ["ann", "gus"])
async def test_no_list_and_no_count_tells_of_it(team: Server, hidden: Made, shown: Made, who: str) -> None:
    async with asking(team, who) as client:
        for line in LISTS.split():
            answer = await client.get(filled(line, hidden, shown))
            assert answer.status_code in (200, 403), (line, answer.text)
            assert WORD not in answer.text, line
            assert '"HID' not in answer.text, line
            for other in ("horse",) if who == "ann" and line in ("/api/board", "/api/tasks", "/api/projects") else ():
                assert other in answer.text


async def test_by_its_ids_it_is_answered_like_what_is_not_there(team: Server, hidden: Made, shown: Made) -> None:
    gone = missing(hidden)
    async with asking(team, "bob") as client:
        for line in THINGS.strip().splitlines():
            status, text = await ask(client, filled(line, hidden, shown))
            nothing = await ask(client, filled(line, gone, shown))
            same = {value: gone[name] for name, value in hidden.ids.items()}
            for one, other in same.items():
                text = text.replace(f"'{one}'", f"'{other}'")
            assert (status, text) == nothing, line
            assert status in (403, 404), line
            assert status == 404 or line.startswith(ADMINISTERS), line


async def test_to_a_member_and_to_administrators_it_is_there(team: Server, hidden: Made, shown: Made) -> None:
    async with asking(team, "root") as root:
        put = await root.put(f"/api/projects/{hidden['project']}/members/bob", json={"role": "viewer"})
        assert put.status_code == 200, put.text
        assert WORD in (await root.get("/api/projects")).text
    async with asking(team, "bob") as client:
        assert (await client.get(f"/api/projects/{hidden['project']}")).json()["private"] is True
        for path in ("/api/board", "/api/search?q=zebra", "/api/runs", "/api/usage?by=project", "/api/inbox"):
            assert (await client.get(path)).status_code == 200
        assert WORD in (await client.get("/api/board")).text
        told = await client.get(f"/api/projects/{hidden['project']}/members")
        assert [one["user"] for one in told.json()] == ["bob"]
        refused = await client.patch(f"/api/tasks/{hidden['task']}", json={"title": "Mine"})
        assert (refused.status_code, refused.json()["detail"]) == (403, "Permission denied: project:write")
        made = await client.post("/api/tasks", json={"project_id": int(shown["project"]), "title": "There he may"})
        assert made.status_code == 201
    async with asking(team, "root") as root:
        assert (await root.delete(f"/api/projects/{hidden['project']}/members/bob")).status_code == 204


async def test_a_projects_admin_administers_nothing_but_the_project(team: Server, hidden: Made, shown: Made) -> None:
    async with asking(team, "root") as root:
        await root.put(f"/api/projects/{hidden['project']}/members/gus", json={"role": "admin"})
    async with asking(team, "gus") as client:
        here = {"project_id": hidden["project"]}
        for path in ("/api/users", "/api/invitations", "/api/connections/installation"):
            for params in ({}, here):
                assert (await client.get(path, params=params)).status_code == 403, path
        assert (
            await client.post("/api/tasks", json={"project_id": int(shown["project"]), "title": "x"})
        ).status_code == 404
        assert (await client.post("/api/projects", json={"name": "x", "key": "GUS", **here})).status_code == 403
        assert (await client.get("/api/policies", params=here)).status_code == 404, "there is none yet"
        assert (await client.get("/api/policies")).status_code == 403
        rule = {"subject": "user:bob", "name": "goose", "allowed": False}
        made = await client.post("/api/uses", json={**rule, "project_id": int(hidden["project"])})
        assert made.status_code == 201, made.text
        assert (await client.post("/api/uses", json=rule)).status_code == 403
        assert (await client.delete(f"/api/uses/{made.json()['id']}")).status_code == 204
        # What lets an agent reach beyond the project is the installation's to say.
        asked = {"configuration": {"model": "x"}}
        answer = await client.put("/api/agents/goose/configuration", params=here, json=asked)
        assert answer.status_code == 403
    async with asking(team, "root") as root:
        assert (await root.delete(f"/api/projects/{hidden['project']}/members/gus")).status_code == 204


async def test_agents_tell_why_somebody_may_not_use_them(team: Server, shown: Made) -> None:
    root = Actor(Role.ADMIN, "root", ownership("root"), proven=True)
    rule = await team.hub.db.write(
        lambda tx: uses.add(tx, root, subject="user:bob", kind="agent", name="goose", allowed=True)
    )
    async with asking(team, "ann") as client:
        told = {one["agent_type"]: one["metadata"] for one in (await client.get("/api/runtime/agents")).json()}
        assert "it is for the user bob" in told["goose"]["refused"]
        assert "refused" not in told["claude"]
        wanted = {"agent": "goose", "prompt": "Do it", "project_id": int(shown["project"])}
        refused = await client.post("/api/runs", json=wanted)
        assert (refused.status_code, "it is for the user bob" in refused.text) == (403, True)
    await team.hub.db.write(uses.remove, root, rule.id)


async def _hear(live: websockets.ClientConnection) -> None:
    async with asyncio.timeout(1):
        while True:
            await live.recv()


async def test_who_listens_hears_no_more_once_it_is_private(team: Server, shown: Made) -> None:
    made = await team.hub.db.write(furnish, "SOON", "heron")
    project, task = ProjectId(int(made["project"])), TaskId(int(made["task"]))
    async with asyncio.timeout(15), websockets.connect(f"ws://127.0.0.1:{team.port}/api/live") as live:
        subscribed = {"projects": [project], "tasks": [task], "board": True}
        await live.send(json.dumps({"session": session(team, "ann"), "subscribe": subscribed}))
        while "subscribed" not in (word := json.loads(await live.recv())):
            pass
        assert word["subscribed"]["projects"] == [project]
        await team.hub.db.write(projects.change, OWNER, project, {"private": True})
        with pytest.raises(websockets.ConnectionClosed):
            await _hear(live)
    async with asyncio.timeout(15), websockets.connect(f"ws://127.0.0.1:{team.port}/api/live") as live:
        await live.send(json.dumps({"session": session(team, "ann"), "subscribe": subscribed}))
        assert json.loads(await live.recv())["refused"] == {
            "runs": [], "tasks": [task], "projects": [project], "board": False,
        }  # fmt: skip
        assert "subscribed" in json.loads(await live.recv())
        await team.hub.db.write(tasks.change, OWNER, task, {"title": "a heron that nobody sees"})
        asked = {"answer": {"question": made["question"], "option": "yes"}, "id": "a"}
        await live.send(json.dumps(asked))
        assert json.loads(await live.recv()) == {"error": "Question not found.", "id": "a"}
        await live.send(json.dumps({"prompt": {"run": made["run"], "text": "More"}, "id": "p"}))
        assert json.loads(await live.recv()) == {"error": "Run not found.", "id": "p"}
        await team.hub.db.write(tasks.change, OWNER, TaskId(int(shown["task"])), {"title": "a horse that all see"})
        told = json.loads(await live.recv())
        assert [one["task_id"] for one in told["events"]] == [int(shown["task"])]
