"""A hostile member of a team: what one route hides no other tells, no field of a body gives what its route does not, and whoever has only got hold of
a session does not make a way in that stays. What a route answers to whom stands in the matrix; here it is what stands inside of requests.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from coderclawlink.access import passwords
from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import sessions as session_table
from coderclawlink.db.schema import users
from tests.web.matrix_hub import InProcess, Reply, in_process
from tests.web.matrix_world import CLOSED, NOWHERE, OPEN, OTHER, PASSWORD, PRIVATE, World, furnish

pytestmark = pytest.mark.anyio
NEW = "another four unrelated words"
UNKNOWN = 99_999


@dataclass
class Team:
    """Ann attacks: she develops, and is no member of the private project."""

    hub: InProcess
    world: World

    def bearer(self, asker: str) -> dict[str, str]:
        return next(one.headers for one in self.world.askers if one.name == asker)

    async def ask(
        self, method: str, path: str, body: object = None, query: str = "", who: str = "ann", **headers: str
    ) -> Reply:
        """Ask, and take back what came of it."""
        with self.hub.db.forgetting():
            told = {**self.bearer(who), **{name.replace("_", "-"): value for name, value in headers.items()}}
            return await self.hub.ask(method, path, body=body, query=query, headers=told)


@pytest.fixture(scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Team]:
    async with in_process(tmp_path_factory.mktemp("attack")) as hub:

        async def notes() -> AsyncIterator[bytes]:
            yield b"Notes"

        kept, hashed = await hub.files.keep(notes()), await passwords.hashed(PASSWORD)
        with hub.db.remembering():
            world = hub.db.write_now(furnish, hashed, kept)
        yield Team(hub, world)


BODIES: list[tuple[str, str, object]] = [
    ("POST", "/api/tasks", {"project_id": "{open}", "title": "x", "parent_id": "{task}"}),
    ("POST", "/api/tasks/{mine}/links", {"link": "relates", "other": "{task}"}),
    ("POST", "/api/tasks/{mine}/move", {"status": "todo", "before": "{task}"}),
    ("POST", "/api/tasks/{mine}/move", {"status": "done", "after": "{task}"}),
    ("POST", "/api/tasks/bulk", {"ids": ["{mine}"], "move": {"status": "todo", "before": "{task}"}}),
    ("POST", "/api/tasks/bulk", {"ids": ["{mine}", "{task}"], "changes": {"title": "x"}}),
    ("POST", "/api/runs", {"agent": "claude", "prompt": "x", "project_id": "{open}", "task_id": "{task}"}),
    ("POST", "/api/tasks/execute", {"agent_type": "claude", "prompt": "x", "task_id": "{task}"}),
    ("PATCH", "/api/tasks/{mine}", {"project_id": "{project}", "title": "x"}),
    ("POST", "/api/agents/claude/rules/try", {"act": {"tool": "execute", "command": "ls"}, "task_id": "{task}"}),
    ("PUT", "/api/budgets", {"scope": "project", "name": "{project}", "usd": 1}),
    ("PUT", "/api/budgets", {"scope": "task", "name": "{task}", "usd": 1}),
]


@pytest.mark.parametrize(("method", "path", "body"), BODIES)
async def test_what_is_hidden_is_told_of_in_no_body(team: Team, method: str, path: str, body: object) -> None:
    """It is answered as what was never there, to the word."""
    mine, hidden = team.world.things[OPEN, "ann"], team.world.things[CLOSED, OTHER]
    answers = []
    for task, project in ((hidden["task_id"], hidden["project_id"]), (UNKNOWN, UNKNOWN)):
        known = {"mine": mine["task_id"], "open": mine["project_id"], "task": task, "project": project}
        text = json.dumps(body)
        for name, value in known.items():
            text = text.replace(f'"{{{name}}}"', str(value) if "scope" not in text else f'"{value}"')
        reply = await team.ask(method, path.replace("{mine}", str(known["mine"])), json.loads(text))
        answers.append((reply.status, reply.text.replace(str(task), "ID").replace(f"'{project}'", "'ID'")))
        assert PRIVATE not in reply.text
        assert reply.status in (404, 409), reply.text
    assert answers[0] == answers[1]


QUERIES = [
    ("/api/tasks", "parent_id={task}"),
    ("/api/tasks", "project_id={project}"),
    ("/api/tasks", "key=CLOSED-1"),
    ("/api/tasks", "id={task}"),
    ("/api/board", "project_id={project}"),
    ("/api/runs", "project_id={project}"),
    ("/api/runs", "task_id={task}"),
    ("/api/search", f"q={PRIVATE}"),
    ("/api/search", "q=Task&project_id={project}"),
    ("/api/usage", "by=task&project_id={project}"),
    ("/api/usage", "by=task"),
    ("/api/usage", "by=project"),
    ("/api/usage", "by=run"),
    ("/api/budgets", ""),
    ("/api/inbox", ""),
    ("/api/questions", ""),
    ("/api/projects/summary", ""),
    ("/api/audit/users/ann/activity", "limit=1000"),
]


@pytest.mark.parametrize(("path", "query"), QUERIES)
@pytest.mark.parametrize("who", ["ann", "vic", "ann-in-open", "guest-guest"])
async def test_no_list_tells_of_what_is_hidden_however_it_is_asked(team: Team, path: str, query: str, who: str) -> None:
    hidden = team.world.things[CLOSED, OTHER]
    asked = query.replace("{task}", str(hidden["task_id"])).replace("{project}", str(hidden["project_id"]))
    reply = await team.ask("GET", path, query=asked, who=who)
    assert reply.status in (200, 403, 404), reply.text
    assert who == "guest-guest" or (PRIVATE not in reply.text and "CLOSED" not in reply.text)
    assert str(team.world.things[NOWHERE, OTHER]["run_id"]) not in reply.text


async def test_a_run_is_not_reached_through_another(team: Team) -> None:
    mine, theirs = team.world.things[OPEN, "ann"], team.world.things[OPEN, OTHER]
    hidden = team.world.things[CLOSED, OTHER]
    for method, path, body, query in (
        ("POST", f"/api/runs/{mine['run_id']}/answers", {"question": theirs["question_id"], "option": "y"}, ""),
        ("PATCH", f"/api/runs/{mine['done']}/remarks/{theirs['remark_id']}", {"text": "Mine"}, ""),
        ("DELETE", f"/api/runs/{mine['done']}/remarks/{theirs['remark_id']}", None, ""),
        ("POST", f"/api/comparisons/{mine['comparison_id']}/keep", {"run_id": hidden["left"]}, ""),
        ("GET", f"/api/comparisons/{mine['comparison_id']}/diff", None, f"left={mine['left']}&right={hidden['left']}"),
        ("POST", f"/api/chat/{mine['chat_id']}/proposals/99/confirm", None, ""),
    ):
        reply = await team.ask(method, path, body, query)
        assert reply.status == 404, (path, reply.text)
        assert str(team.world.things[NOWHERE, OTHER]["run_id"]) not in reply.text


@pytest.mark.parametrize("who", ["ann", "vic", "gus", "guest-guest", "ann-in-open", "ann-low", "root-in-private"])
async def test_the_live_stream_tells_nothing_of_what_is_hidden_from_its_beginning_on(team: Team, who: str) -> None:
    things = [team.world.things[spot, owner] for spot in (OPEN, CLOSED) for owner in (OTHER, "ann")]
    wanted = {
        "board": True,
        "projects": [one["project_id"] for one in things],
        "tasks": [one["task_id"] for one in things],
        "runs": [one["run_id"] for one in things],
    }
    with team.hub.db.forgetting():
        heard = await team.hub.say({"session": team.bearer(who)["Authorization"][7:], "subscribe": wanted, "after": 0})
    text = json.dumps(heard)
    kinds = {event["kind"].partition(".")[0] for word in heard for event in word.get("events", [])}  # type: ignore[attr-defined]
    if who == "root-in-private":
        assert "meadow" not in text
        assert PRIVATE in text
        return
    assert PRIVATE not in text or who == "guest-guest"
    assert str(team.world.things[NOWHERE, OTHER]["run_id"]) not in text
    assert not kinds & {"user", "session", "device", "permission", "policy", "member", "group", "secret"}


async def test_a_body_gives_nothing_that_its_route_does_not(team: Team) -> None:
    """Fields that somebody might hope are taken along."""
    mine = team.world.things[OPEN, "ann"]
    named = {"author": "root", "user_id": "root", "session": None, "role": "admin", "id": 1, "private": False}
    told = json.loads((await team.ask("POST", f"/api/tasks/{mine['task_id']}/comments", {"text": "x", **named})).text)
    assert told["author"] == "ann"
    run = json.loads((await team.ask("POST", "/api/runs", {"agent": "claude", "prompt": "x", **named})).text)
    assert run["user_id"] == "ann"
    assert (await team.ask("PATCH", f"/api/projects/{mine['project_id']}", {"private": True})).status == 403
    beyond = {"name": "more", "scopes": ["admin:users"]}
    assert (await team.ask("POST", "/api/tokens", beyond)).status in (400, 422)
    assert (await team.ask("POST", "/api/tokens", {"name": "more", "user": "root"})).status == 403
    assert (await team.ask("POST", "/api/runtime/sessions", {"user_id": "root"})).status == 403
    view = json.loads((await team.ask("POST", "/api/views", {"name": "x", "filters": {}, "owner": "root"})).text)
    assert view["mine"]
    high = await team.ask("POST", "/api/devices/pairings", {"trust": "high"})
    assert high.status in (400, 403, 422), high.text


async def test_whoever_has_only_got_hold_of_a_session_makes_no_way_in_that_stays(team: Team) -> None:
    """A password for who signs in otherwise, a passkey, a token, a device, an account elsewhere: each wants a proof anew."""

    def long_ago(tx: Tx) -> None:
        tx.change(session_table.update().values(stepped_up_at=0.0))
        tx.change(users.update().where(users.c.id == "ann").values(password=None))

    for method, path, body in (
        ("POST", "/api/auth/password", {"new": NEW}),
        ("POST", "/api/auth/passkeys/options", None),
        ("POST", "/api/tokens", {"name": "mine"}),
        ("POST", "/api/devices/pairings", {}),
        ("POST", "/api/auth/providers/elsewhere/start", {"link": True}),
        ("DELETE", "/api/auth/identities/elsewhere", None),
    ):
        with team.hub.db.forgetting():
            team.hub.db.write_now(long_ago)
            reply = await team.hub.ask(method, path, body=body, headers=team.bearer("ann"))
        assert reply.status == 403, (path, reply.status, reply.text)
        assert "step-up" in reply.text
    # With the password there is, the old one is asked for; a wrong one is counted as a failure to sign in.
    assert (await team.ask("POST", "/api/auth/password", {"current": "wrong", "new": NEW})).status == 401
    assert (await team.ask("POST", "/api/auth/password", {"new": NEW})).status == 401


async def test_a_session_that_was_put_into_a_browser_is_not_the_one_signed_in(team: Team) -> None:
    fixed = "f" * 64
    body = {"user": "ann", "password": PASSWORD}
    with team.hub.db.forgetting():
        reply = await team.hub.ask(
            "POST", "/api/auth/sign-in", body=body, headers={"cookie": f"__Host-clawlink={fixed}"}
        )
        assert reply.status == 200, reply.text
        cookie = reply.headers["set-cookie"]
        assert fixed not in cookie
        assert cookie.startswith("__Host-clawlink=")
        again = await team.hub.ask("GET", "/api/me", headers={"cookie": f"__Host-clawlink={fixed}"})
    assert again.status == 401


async def test_pages_of_other_sites_do_nothing_in_somebodys_name(team: Team) -> None:
    cookie = f"__Host-clawlink={team.bearer('root')['Authorization'][7:]}"
    change = json.dumps({"role": "admin"}).encode()
    for told in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"host": "evil.example"},
    ):
        kind = {"content-type": "application/json", "cookie": cookie, **told}
        with team.hub.db.forgetting():
            before = team.hub.db.changes
            reply = await team.hub.ask("PATCH", "/api/users/ann", raw=change, headers=kind)
            assert reply.status in (403, 415, 421), (told, reply.text)
            assert team.hub.db.changes == before


@pytest.mark.parametrize(
    "place",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/\tx", "\\\\x", "x", ""],
)
async def test_nobody_is_sent_to_another_site(team: Team, place: str) -> None:
    query = f"return_to={quote(place, safe='')}"
    assert (await team.ask("GET", "/api/auth/providers/elsewhere/start", query=query)).status == 422
    body = {"return_to": place}
    assert (await team.ask("POST", "/api/auth/providers/elsewhere/start", body)).status == 422


async def test_no_answer_is_kept_by_a_browser_or_guessed_at(team: Team) -> None:
    things = team.world.things[OPEN, "ann"]
    for path in (
        "/api/me",
        "/api/projects",
        f"/api/runs/{things['done']}/diff",
        f"/api/runs/{things['run_id']}/events",
        f"/api/attachments/{things['attachment_id']}",
        "/api/audit/users/ann/activity",
        "/api/nothing-of-the-kind",
    ):
        headers = (await team.ask("GET", path)).headers
        assert "no-store" in headers["cache-control"] or "private" in headers["cache-control"], path
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    for path in ("/api/audit/export", "/api/audit/analytics"):
        assert "no-store" in (await team.ask("GET", path, who="root")).headers["cache-control"]


async def test_for_an_unknown_user_as_much_is_done_as_for_one_whose_password_is_wrong(team: Team) -> None:
    """Counted by what is written, which no busy machine changes; that a hash is reckoned for nobody too stands in tests/access."""
    written = set()
    for user in ("ann", "nobody-of-that-name", "robot"):
        body = {"user": user, "password": "wrong words here"}
        with team.hub.db.forgetting():
            before = team.hub.db.changes
            reply = await team.hub.ask("POST", "/api/auth/sign-in", body=body, client=("198.51.100.7", 1))
            assert (reply.status, reply.text) == (401, '{"detail":"The user or the password is wrong."}')
            written.add(team.hub.db.changes - before)
    assert len(written) == 1, written


async def test_a_policy_is_asked_of_what_is_said_over_the_live_stream_too(team: Team) -> None:
    things = team.world.things[OPEN, "ann"]
    refuses = {"modules": {"a.rego": 'package clawlink\n\nallow := input.action != "task:submit"\n'}}
    with team.hub.db.forgetting():
        put = await team.hub.ask("PUT", "/api/policies", body=refuses, headers=team.bearer("root"))
        assert put.status == 200, put.text
        over_http = await team.hub.ask(
            "POST", f"/api/runs/{things['run_id']}/prompts", body={"text": "More"}, headers=team.bearer("ann")
        )
        heard = await team.hub.say(
            {"session": team.bearer("ann")["Authorization"][7:], "prompt": {"run": things["run_id"], "text": "More"}},
            {"answer": {"question": things["question_id"], "option": "y"}},
        )
    await team.hub.rules.load()
    assert over_http.status == 403
    assert "policy" in over_http.text
    assert ["policy" in str(word.get("error")) for word in heard] == [True, True], heard
