"""Hostile sessions before a real hub: whatever a session tries, it neither reads nor changes what is another's, gets no further than
its role, and is never answered with a 5xx."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import psycopg
import pytest

from coderclawlink.access.policy import Role
from coderclawlink.access.sessions import create
from coderclawlink.events import (
    AgentMessage,
    ArtifactKept,
    AttemptEnded,
    Option,
    PromptTaken,
    QuestionAsked,
    WorkCommitted,
)
from coderclawlink.ids import new_id
from coderclawlink.link.protocol import Order
from coderclawlink.rules import Act
from coderclawlink.web import api
from tests.runs.reviewed import BASE, changed, diff, head_of
from tests.web.conftest import Node, Server, project, serving, task

pytestmark = pytest.mark.anyio
Headers = dict[str, str]
MARK = "zebrafinch"
"""Stands in all that is Ann's."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    database = None
    if request.param == "postgresql":
        maintenance = request.getfixturevalue("postgres")
        database = maintenance.removesuffix("/postgres") + "/hostile_sessions"
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute("CREATE DATABASE hostile_sessions")
    with serving(tmp_path_factory.mktemp("hub"), database=database) as running:
        yield running


@dataclass
class People:
    """Headers by which each signs in; `owner` has none."""

    ann: Headers
    ben: Headers
    viewer: Headers
    guest: Headers
    admin: Headers
    owner: Headers

    @property
    def strangers(self) -> dict[str, Headers]:
        """Who may see nothing of Ann's."""
        return {"ben": self.ben, "viewer": self.viewer, "guest": self.guest}


@pytest.fixture
async def people(server: Server) -> People:
    async def one(name: str, role: Role) -> Headers:
        made = await server.hub.db.write(create, f"{name}-{new_id()}", None, role=role)
        return {"Authorization": f"Bearer {made.id}"}

    return People(
        await one("ann", Role.DEVELOPER),
        await one("ben", Role.DEVELOPER),
        await one("viewer", Role.VIEWER),
        await one("guest", Role.GUEST),
        await one("admin", Role.ADMIN),
        {},
    )


async def post(client: httpx2.AsyncClient, path: str, body: object, who: Headers, status: int = 201) -> Any:
    answer = await client.post(path, json=body, headers=who)
    assert answer.status_code == status, (path, answer.text)
    return answer.json()


async def ended(client: httpx2.AsyncClient, node: Node, run: str) -> None:
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen(f"run:{run}") as ear:
            while (await client.get(f"/api/runs/{run}")).json()["ended_at"] is None:
                await ear.wait(1)


async def asks(node: Node, order: Order) -> str:
    question = new_id()
    options = (
        Option(id="y", label=f"Yes {MARK}", effect="allow_always"),
        Option(id="n", label="No", effect="reject_once"),
    )
    act = Act(tool="execute", command=f"make {MARK}")
    asked = QuestionAsked(question=question, title=f"May {MARK}?", detail=MARK, options=options, act=act)
    await node.tell(order, asked)
    return question


async def works(node: Node, order: Order) -> None:
    files = {f"{MARK}.py": changed({10: MARK})}
    text, head = diff(files), head_of(files)
    await node.tell(
        order,
        AgentMessage(text=MARK),
        ArtifactKept(name="diff", size=len(text), text=text),
        ArtifactKept(name="log", size=len(MARK), text=MARK),
        WorkCommitted(head=head, base=BASE, branch=f"work-{MARK}", files=1, additions=1, deletions=1),
    )


@dataclass
class Anns:
    """What Ann has: a run that asks, one that has a result, one without a project, a comparison, a conversation."""

    task_id: int
    project_id: int
    asking: str
    question: str
    done: str
    remark: str
    comparison: str
    chat: str
    learnt: int
    view: int

    @property
    def ids(self) -> list[str]:
        return [self.asking, self.question, self.done, self.remark, self.chat]


async def all_of_anns(client: httpx2.AsyncClient, node: Node, ann: Headers) -> Anns:
    card = await task(client)
    here = {"agent": "claude", "prompt": f"Do {MARK}"}
    alone = (await post(client, "/api/runs", here, ann))["id"]
    order = await node.start(alone)
    first = await asks(node, order)
    await post(client, f"/api/questions/{first}/answer", {"option": "y"}, ann, 200)
    (learnt,) = [
        one for one in (await client.get("/api/agents/claude/learnt", headers=ann)).json() if MARK in one["text"]
    ]
    question = await asks(node, order)
    await post(client, f"/api/runs/{alone}/prompts", {"text": f"And {MARK}"}, ann)
    done = (await post(client, "/api/runs", {**here, "project_id": card["project_id"]}, ann))["id"]
    order = await node.start(done)
    await works(node, order)
    await node.tell(order, AttemptEnded(outcome="completed", result=MARK))
    await ended(client, node, done)
    remark = await post(client, f"/api/runs/{done}/remarks", {"path": f"{MARK}.py", "first": 10, "text": MARK}, ann)
    body = {"prompt": MARK, "contenders": [{"agent": "claude"}, {"agent": "parrot"}]}
    comparison = await post(client, f"/api/tasks/{card['id']}/comparisons", body, ann)
    where = f"/api/projects/{card['project_id']}/chat"
    chat = await post(client, where, {"text": MARK, "agent": "claude"}, ann)
    order = await node.start(chat["messages"][0]["run_id"])
    proposal = json.dumps([{"create_task": {"title": f"{MARK}-proposed"}}])
    words = f"{MARK}\n\n```clawlink-actions\n{proposal}\n```\n"
    await node.tell(order, PromptTaken(number=0, text=order.prompt), AttemptEnded(outcome="completed", result=words))
    await ended(client, node, order.run)
    view = await post(client, "/api/views", {"name": MARK, "filters": {"q": MARK}}, ann)
    return Anns(
        int(str(card["id"])),
        int(str(card["project_id"])),
        alone,
        question,
        done,
        remark["id"],
        comparison["id"],
        chat["id"],
        learnt["id"],
        view["id"],
    )


STREAMING = ("/api/tasks/execute", "/api/runtime/tasks/{task_id}/stream")


def routes(*names: str) -> set[tuple[str, str]]:
    """All routes whose address has one of these names in it."""
    description: Any = api.describe()
    return {
        (method.upper(), path)
        for path, operations in description["paths"].items()
        for method in operations
        if path not in STREAMING and any(f"{{{name}}}" in path for name in names)
    }


TRIES: dict[tuple[str, str], object] = {
    ("POST", "/api/runs/{run_id}/cancel"): {},
    ("POST", "/api/runs/{run_id}/answers"): {"question": "QUESTION", "option": "y"},
    ("POST", "/api/runs/{run_id}/prompts"): {"text": "Mine now", "steer": True},
    ("PATCH", "/api/runs/{run_id}/prompts/{number}"): {"text": "Mine now"},
    ("DELETE", "/api/runs/{run_id}/prompts/{number}"): None,
    ("POST", "/api/runs/{run_id}/handover"): {"agent": "parrot"},
    ("POST", "/api/questions/{question_id}/answer"): {"option": "y"},
    ("POST", "/api/runs/{run_id}/resume"): {"budget_usd": 5},
    ("PUT", "/api/runs/{run_id}/viewed"): {"path": f"{MARK}.py"},
    ("POST", "/api/runs/{run_id}/remarks"): {"path": f"{MARK}.py", "first": 10, "text": "Mine"},
    ("PATCH", "/api/runs/{run_id}/remarks/{remark_id}"): {"text": "Mine"},
    ("DELETE", "/api/runs/{run_id}/remarks/{remark_id}"): None,
    ("POST", "/api/runs/{run_id}/remarks/send"): {"text": "Mine"},
    ("POST", "/api/runs/{run_id}/review"): {"approve": True},
    ("POST", "/api/runs/{run_id}/discard"): {},
    ("POST", "/api/chat/{chat_id}"): {"text": "Mine"},
    ("POST", "/api/chat/{chat_id}/proposals/{number}/confirm"): {},
    ("POST", "/api/chat/{chat_id}/proposals/{number}/dismiss"): {},
    ("POST", "/api/comparisons/{comparison_id}/keep"): {"run_id": "RUN"},
    ("PATCH", "/api/views/{view_id}"): {"name": "Mine"},
    ("DELETE", "/api/views/{view_id}"): None,
    ("DELETE", "/api/agents/{name}/rules/{learnt_id}"): None,
    ("POST", "/api/runtime/tasks/{task_id}/cancel"): {},
}
"""What writes to something that can be another's, with a body that would do."""


async def test_a_stranger_neither_reads_nor_changes_by_its_id_what_is_anothers(
    client: httpx2.AsyncClient, node: Node, people: People
) -> None:
    anns = await all_of_anns(client, node, people.ann)
    found = routes("run_id", "question_id", "chat_id", "comparison_id", "view_id", "learnt_id")
    writing = {each for each in TRIES if not each[1].startswith("/api/runtime/")}
    assert {each for each in found if each[0] != "GET"} == writing, "say with which body to try each route"
    before = await everything(client, anns, people.ann)
    for method, path in sorted(found):
        for run in (anns.asking, anns.done):
            address = path
            for name, value in (
                ("run_id", run),
                ("question_id", anns.question),
                ("chat_id", anns.chat),
                ("comparison_id", anns.comparison),
                ("view_id", anns.view),
                ("learnt_id", anns.learnt),
                ("remark_id", anns.remark),
                ("number", 1),
                ("name", "claude"),
            ):
                address = address.replace(f"{{{name}}}", str(value))
            text = json.dumps(TRIES.get((method, path))).replace("QUESTION", anns.question).replace("RUN", run)
            body = None if text == "null" else text
            for who, headers in people.strangers.items():
                kind = {"Content-Type": "application/json"} if body else {}
                query = {"left": run, "right": run} if path.endswith("comparison_id}/diff") else {}
                answer = await client.request(method, address, content=body, headers=headers | kind, params=query)
                assert answer.status_code in (403, 404), (who, method, path, answer.status_code, answer.text)
                assert MARK not in answer.text
    assert await everything(client, anns, people.ann) == before, "nothing of it was changed"


async def everything(client: httpx2.AsyncClient, anns: Anns, who: Headers) -> list[object]:
    """How all that is Ann's stands."""
    told: list[object] = []
    for path in (
        *(f"/api/runs/{run}{part}" for run in (anns.asking, anns.done) for part in ("", "/prompts", "/remarks")),
        f"/api/runs/{anns.done}/review",
        f"/api/chat/{anns.chat}",
        "/api/views",
        "/api/agents/claude/learnt",
    ):
        answer = await client.get(path, headers=who)
        assert answer.status_code == 200, answer.text
        told.append(answer.json())
    return told


async def test_no_list_tells_a_stranger_what_is_anothers(
    client: httpx2.AsyncClient, node: Node, people: People
) -> None:
    anns = await all_of_anns(client, node, people.ann)
    description: Any = api.describe()
    addresses = [
        path.replace("{project_id}", str(anns.project_id))
        .replace("{task_id}", str(anns.task_id))
        .replace("{name}", "claude")
        for path, operations in description["paths"].items()
        if "get" in operations and path not in STREAMING
    ]
    queries: list[dict[str, str]] = [{}]
    queries += [{"q": MARK, "task_id": str(anns.task_id), "project_id": str(anns.project_id)}]
    queries += [{"by": by, "q": MARK} for by in ("run", "task", "user", "agent", "model", "day")]
    seen_by_ann = 0
    for address in addresses:
        for query in queries if address in ("/api/usage", "/api/search", "/api/runs", "/api/board") else queries[:2]:
            seen_by_ann += MARK in (await client.get(address, params=query, headers=people.ann)).text
            for who, headers in people.strangers.items():
                answer = await client.get(address, params=query, headers=headers)
                assert answer.status_code < 500, answer.text
                assert MARK not in answer.text, (who, address, query)
                assert not [each for each in anns.ids if each in answer.text], (who, address, query)
    assert seen_by_ann >= 5, "else this test looks for nothing"


async def test_nobody_sees_what_was_deleted(client: httpx2.AsyncClient, node: Node, people: People) -> None:
    mark = f"gone{new_id()[-12:]}"
    where = (await project(client))["id"]
    card = await post(client, "/api/tasks", {"project_id": where, "title": mark, "description": mark}, people.owner)
    comment = await post(client, f"/api/tasks/{card['id']}/comments", {"text": mark}, people.owner)
    path = f"/api/tasks/{card['id']}/attachments"
    file = (await client.put(path, params={"name": mark}, content=mark.encode())).json()
    run = await post(client, "/api/runs", {"agent": "claude", "prompt": mark, "task_id": card["id"]}, people.owner)
    await node.start(run["id"])
    await client.put("/api/budgets", json={"scope": "task", "name": str(card["id"]), "usd": 1})
    assert (await client.delete(f"/api/tasks/{card['id']}")).status_code in (200, 204)
    description: Any = api.describe()
    names = {
        "task_id": card["id"],
        "run_id": run["id"],
        "project_id": where,
        "name": "claude",
        "attachment_id": file["id"],
        "comment_id": comment["id"],
    }
    everyone = {**people.strangers, "admin": people.admin, "owner": people.owner}
    for path, operations in description["paths"].items():
        if "get" not in operations or path in STREAMING:
            continue
        address = path
        for name, value in names.items():
            address = address.replace(f"{{{name}}}", str(value))
        for query in [{}, {"q": mark}, *({"by": by} for by in ("run", "task") if path == "/api/usage")]:
            for who, headers in everyone.items():
                answer = await client.get(address, params=query, headers=headers)
                assert answer.status_code < 500, answer.text
                if not (
                    path.startswith("/api/audit") and who in ("admin", "owner")
                ):  # it tells of what was done, for good
                    assert mark not in answer.text, (who, address, query)
                assert "{task_id}" not in path or answer.status_code in (403, 404), (who, address)


SMUGGLED: list[dict[str, object]] = [
    {"env": {"TOKEN": "{secret:PRODUCTION}"}},
    {"env": {"EDITOR": "x"}},
    {"mcp_servers": [{"name": "m", "command": "/bin/sh", "args": ["-c", "id"]}]},
    {"mcp_servers": [{"name": "m", "url": "http://169.254.169.254/", "headers": {"X": "{secret:PRODUCTION}"}}]},
    {"rules": [{"effect": "allow", "tool": "execute"}]},
    {"mode": "auto"},
    {"session_mode": "bypassPermissions"},
    {"answered_by": "developer"},
]
NOBODYS: list[dict[str, object]] = [
    *[dict[str, object](env={name: "/tmp/x.so"}) for name in ("LD_PRELOAD", "PATH", "NODE_OPTIONS", "BASH_ENV", "CLAWLINK_HOME", "a b", "A=B", "")],
    {"mcp_servers": [{"name": "m", "command": "x", "env": {"LD_PRELOAD": "/tmp/x.so"}}]},
    {"mcp_servers": [{"name": "m", "command": "x", "url": "http://x"}]},
    {"budget_usd": 1e300},
    {"budget_usd": -1},
    {"budget_tokens": 2**63 - 1},
    {"budget_tokens": 1.5},
    {"fallback": [{}]},
    {"fallback": [{"agent": "../../bin/sh"}]},
    {"fallback": [{"agent": "claude"}] * 21},
    {"rules": [{"effect": "allow", "tool": "*"}]},
    {"rules": [{"effect": "perhaps", "tool": "edit"}]},
    {"mode": "yolo"},
    {"timeout_seconds": 0},
    {"unknown": 1},
]  # fmt: skip


@pytest.mark.parametrize("options", SMUGGLED, ids=[json.dumps(one)[:40] for one in SMUGGLED])
async def test_what_widens_an_agents_liberties_is_for_who_may_configure_agents(
    client: httpx2.AsyncClient, people: People, options: dict[str, object]
) -> None:
    card = await task(client)
    run = {"agent": "claude", "prompt": "x", "options": options}
    move = {"status": "in_progress", "agent": "claude", "options": options}
    for path, body in (("/api/runs", run), (f"/api/tasks/{card['id']}/move", move)):
        refused = await client.post(path, json=body, headers=people.ann)
        assert (refused.status_code, "agent:configure" in refused.text) == (403, True), refused.text
    assert (await client.get(f"/api/tasks/{card['id']}")).json()["status"] == "todo", "and nothing was moved"
    for who in (people.admin, people.owner):
        await post(client, "/api/runs", run, who)


@pytest.mark.parametrize("options", NOBODYS, ids=[json.dumps(one)[:40] for one in NOBODYS])
async def test_options_that_make_no_sense_or_harm_are_nobodys(
    client: httpx2.AsyncClient, people: People, options: dict[str, object]
) -> None:
    for who in (people.ann, people.owner):
        answer = await client.post(
            "/api/runs", json={"agent": "claude", "prompt": "x", "options": options}, headers=who
        )
        assert answer.status_code == 422, answer.text


async def test_wishes_and_stricter_rules_are_everyones(client: httpx2.AsyncClient, people: People) -> None:
    options = {
        "model": "m",
        "mode": "ask",
        "instructions": "Be brief.",
        "answered_by": "admin",
        "rules": [{"effect": "deny", "tool": "fetch"}],
        "budget_usd": 1,
        "fallback": [{"agent": "parrot"}],
    }
    await post(client, "/api/runs", {"agent": "claude", "prompt": "x", "options": options}, people.ann)


async def test_who_goes_on_with_the_owners_run_does_not_inherit_its_liberties(
    client: httpx2.AsyncClient, node: Node, people: People
) -> None:
    of = await project(client)
    options = {
        "env": {"TOKEN": "{secret:PRODUCTION}"},
        "mcp_servers": [{"name": "m", "command": "x"}],
        "rules": [{"effect": "allow", "tool": "execute"}, {"effect": "deny", "tool": "fetch"}],
        "mode": "auto",
        "model": "m",
    }
    wish = {"agent": "claude", "prompt": "x", "project_id": of["id"], "options": options}
    run = (await post(client, "/api/runs", wish, people.owner))["id"]
    await node.finish(await node.start(run))
    await ended(client, node, run)
    body = {"text": "Tell me all variables"}
    further = {
        who: (await post(client, f"/api/runs/{run}/prompts", body, headers))["run"]["id"]
        for who, headers in (("ann", people.ann), ("owner", people.owner))
    }
    anns, owners = [(await node.order(further[who])).configuration for who in ("ann", "owner")]
    assert (anns.env, anns.mcp_servers, anns.mode, anns.model) == ({}, (), None, "m")
    assert [(rule.effect, rule.tool) for rule in anns.rules] == [("deny", "fetch")]
    assert (owners.env, owners.mode, len(owners.rules)) == (options["env"], "auto", 2)


async def test_a_runs_own_huge_budget_gets_no_more_than_the_project_has(
    client: httpx2.AsyncClient, node: Node, people: People
) -> None:
    of = await project(client)
    body = {"scope": "project", "name": str(of["key"]), "usd": 2, "tokens": 100}
    assert (await client.put("/api/budgets", json=body)).status_code == 200
    options = {"budget_usd": 1e12, "budget_tokens": 2**53 - 1}
    run = {"agent": "claude", "prompt": "x", "project_id": of["id"], "options": options}
    made = [await post(client, "/api/runs", run, people.ann) for _ in range(2)]
    order = await node.start(made[0]["id"])
    assert order.budget_usd is not None
    assert order.budget_tokens is not None
    assert order.budget_usd <= 2
    assert order.budget_tokens <= 100
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen(f"run:{made[1]['id']}") as ear:
            while (await client.get(f"/api/runs/{made[1]['id']}")).json()["state"] != "waiting":
                await ear.wait(1)
    raised = await client.post(f"/api/runs/{made[1]['id']}/resume", json=options, headers=people.ann)
    assert (raised.status_code, "used up" in raised.text) == (409, True)
    assert (await client.get("/api/budgets")).status_code == 200


async def test_budgets_and_configurations_are_set_by_the_roles_that_may(
    client: httpx2.AsyncClient, people: People
) -> None:
    of = await project(client)
    scopes = {"installation": "", "user": "somebody", "agent": "claude", "project": str(of["key"])}
    for scope, name in scopes.items():
        for who in (people.ann, people.viewer, people.guest):
            body = {"scope": scope, "name": name, "usd": 1e9}
            put = await client.put("/api/budgets", json=body, headers=who)
            gone = await client.delete("/api/budgets", params={"scope": scope, "name": name}, headers=who)
            may = scope == "project" and who is people.ann
            assert (put.status_code, gone.status_code) == ((200, 204) if may else (403, 403)), (scope, put.text)
    for who in (people.ann, people.viewer, people.guest):
        for method, path, wanted in (
            ("PUT", "configuration", {"configuration": {"mode": "auto"}}),
            ("DELETE", "configuration", None),
            ("POST", "configuration/restore", {"version": 1}),
        ):
            answer = await client.request(method, f"/api/agents/claude/{path}", json=wanted, headers=who)
            assert answer.status_code == 403, answer.text


async def test_an_admins_question_is_answered_by_no_developer_on_any_way(
    client: httpx2.AsyncClient, node: Node, people: People
) -> None:
    options = {"answered_by": "admin"}
    run = (await post(client, "/api/runs", {"agent": "claude", "prompt": "x", "options": options}, people.ann))["id"]
    question = await asks(node, await node.start(run))
    for who in (people.ann, people.ben, people.viewer, people.guest):
        one = await client.post(f"/api/questions/{question}/answer", json={"option": "y"}, headers=who)
        body = {"question": question, "option": "y"}
        other = await client.post(f"/api/runs/{run}/answers", json=body, headers=who)
        runtime = await client.post(f"/api/runtime/tasks/{run}/answers", json=body, headers=who)
        assert {one.status_code, other.status_code, runtime.status_code} <= {403, 404}, (one.text, other.text)
    await post(client, f"/api/questions/{question}/answer", {"option": "n"}, people.admin, 200)


async def test_undo_is_for_who_did_it(client: httpx2.AsyncClient, people: People) -> None:
    card = await task(client)
    body = {"ids": [card["id"]], "changes": {"title": "Other"}}
    token = (await post(client, "/api/tasks/bulk", body, people.ann, 200))["undo"]
    for who in people.strangers.values():
        assert (await client.post(f"/api/undo/{token}", headers=who)).status_code in (403, 404)
    assert (await client.get(f"/api/tasks/{card['id']}")).json()["title"] == "Other"
    await client.post(f"/api/undo/{token}", headers=people.ann)
    assert (await client.get(f"/api/tasks/{card['id']}")).json()["title"] == card["title"]
    assert (await client.post(f"/api/undo/{token}", headers=people.ann)).status_code == 404


async def test_comments_and_files_are_changed_by_their_authors(client: httpx2.AsyncClient, people: People) -> None:
    card = await task(client)
    comment = await post(client, f"/api/tasks/{card['id']}/comments", {"text": "Ann's"}, people.ann)
    path = f"/api/tasks/{card['id']}/attachments"
    file = (await client.put(path, params={"name": "a"}, content=b"x", headers=people.ann)).json()
    for who in people.strangers.values():
        for method, what in (
            ("PATCH", f"comments/{comment['id']}"),
            ("DELETE", f"comments/{comment['id']}"),
            ("DELETE", f"attachments/{file['id']}"),
        ):
            body = {"text": "Ben's"} if method == "PATCH" else None
            assert (await client.request(method, f"/api/{what}", json=body, headers=who)).status_code == 403
    assert [one["text"] for one in (await client.get(f"/api/tasks/{card['id']}/comments")).json()] == ["Ann's"]
    assert len((await client.get(path)).json()) == 1


NAMES = [
    "a\r\nX-Evil: 1", 'a"; filename="evil.exe', "../../../etc/passwd", "..\\..\\x", "..", ".", "/", "a\0b", "\u202egnp.exe",
    "a\u2028b", "é" * 100, "x" * 300, "😀.png", "%0d%0aX-Evil: 1", "a;b=c", "a'b", " ", "con", "-rf", "a\x1b]8;;x\x07",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
async def test_no_files_name_gets_out_of_its_header_or_folder(client: httpx2.AsyncClient, name: str) -> None:
    path = f"/api/tasks/{(await task(client))['id']}/attachments"
    made = await client.put(path, params={"name": name}, content=b"<script>1</script>")
    assert made.status_code in (201, 422), made.text
    if made.status_code == 422:
        return
    kept = made.json()["name"]
    assert not set(kept) & set("/\\\r\n\0\x1b\u202e\u2028")
    assert kept not in ("", ".", "..")
    got = await client.get(f"/api/attachments/{made.json()['id']}", params={"inline": "true"})
    assert got.status_code == 200
    assert "x-evil" not in got.headers
    disposition = got.headers["content-disposition"]
    assert disposition.startswith("attachment;")
    assert disposition.count('"') in (0, 2)
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"


QUESTIONS = [
    '"', "'", "\"*", "* OR 1=1", "NEAR(a b)", "head:x", "a AND", "NOT", "(", "a^2", "-a", "%", "_", "\\", "a & | !", "'a':*", "a:b:*",
    "''''", "\u202e", "ß" * 200, "a " * 100, "\u0130", "ﬁ", "\u00a8", "x' UNION SELECT token FROM undos --", "{a b}: c", "😀",
]  # fmt: skip


@pytest.mark.parametrize("text", QUESTIONS, ids=ascii)
async def test_what_is_searched_for_is_words_and_no_language(client: httpx2.AsyncClient, text: str) -> None:
    for path in ("/api/search", "/api/board", "/api/tasks"):
        answer = await client.get(path, params={"q": text})
        assert answer.status_code in (200, 422), (path, answer.text)
    card = await task(client)
    await client.patch(f"/api/tasks/{card['id']}", json={"title": text or "x"})
    assert (await client.post(f"/api/tasks/{card['id']}/comments", json={"text": text})).status_code in (201, 422)
    found = await client.get("/api/search", params={"q": str(card["key"])})
    assert [one["id"] for one in found.json()] == [card["id"]]


async def test_filters_and_contexts_that_are_deep_or_large_are_refused(
    client: httpx2.AsyncClient, people: People
) -> None:
    deep: Any = {}
    for _ in range(31):
        deep = {"a": deep}
    for filters in (deep, {"a": ["x"] * 100_000}, {"a" * 100_000: 1}):
        body = {"name": "x", "filters": filters}
        assert (await client.post("/api/views", json=body, headers=people.ann)).status_code == 422
    deep = {"a": {"a": [[[{"a": 1}]]]}}
    body = {"agent": "claude", "prompt": "x", "context": deep}
    await post(client, "/api/runs", body, people.ann)
