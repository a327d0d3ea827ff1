"""A team's hub: nobody is known without a session, people sign in and wait when they fail, programs have tokens, and each is kept to its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import websockets

from coderclawlink.access import passwords, people, sessions
from coderclawlink.access.policy import Role
from coderclawlink.db.schema import failures, users
from coderclawlink.db.schema import sessions as session_table
from coderclawlink.journal import log
from tests import postgres as postgres_server
from tests.access.authenticator import Authenticator
from tests.web.conftest import Server, project, serving

pytestmark = pytest.mark.anyio

PASSWORD = "four unrelated words"
OTHER = "quite another sentence"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def team(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home: Path = tmp_path_factory.mktemp("team")
    if request.param == "sqlite":
        with serving(home, mode="team") as running:
            yield running
        return
    with (
        postgres_server.database(request.getfixturevalue("postgres")) as url,
        serving(home, database=url, mode="team") as running,
    ):
        yield running


@pytest.fixture(autouse=True)
async def people_of(team: Server) -> None:
    """root, who administers; ann and bob, who develop; nobody has failed yet."""
    hashed = await passwords.hashed(PASSWORD)
    db = team.hub.db
    await db.write(lambda tx: tx.change(failures.delete()))
    await db.write(lambda tx: tx.change(session_table.delete()))
    await db.write(lambda tx: tx.change(users.delete()))
    for name, role in (("root", Role.ADMIN), ("ann", Role.DEVELOPER), ("bob", Role.DEVELOPER)):
        await db.write(people.create, name, role=role, how="admin", password=hashed)


@asynccontextmanager
async def nobody(team: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=team.url, timeout=20) as client:
        yield client


@asynccontextmanager
async def signed_in(team: Server, user: str = "ann") -> AsyncIterator[httpx2.AsyncClient]:
    """A browser, more or less: it keeps the cookie."""
    async with nobody(team) as client:
        answer = await client.post("/api/auth/sign-in", json={"user": user, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        yield client


async def session_of(client: httpx2.AsyncClient, user: str) -> str:
    answer = await client.post("/api/auth/sign-in", json={"user": user, "password": PASSWORD, "keep": "session"})
    return str(answer.json()["session_id"])


async def test_being_on_the_hubs_machine_is_not_being_its_owner(team: Server) -> None:
    async with nobody(team) as client:
        for path in ("/api/me", "/api/projects", "/api/users", "/api/auth/sessions"):
            answer = await client.get(path)
            assert answer.status_code == 401, path
            assert "sign-in" in answer.json()["detail"]
        assert (await client.post("/api/runtime/sessions", json={"user_id": "root"})).status_code == 401
        told = (await client.get("/api/auth/methods")).json()
        assert told == {
            "mode": "team",
            "methods": ["password", "passkey"],
            "signed_in": False,
            "providers": [],
            "has_administrator": True,
        }


async def test_a_session_that_only_names_somebody_opens_nothing(team: Server) -> None:
    named = await team.hub.db.write(sessions.create, "ann", None)
    given = await team.hub.db.write(lambda tx: sessions.create(tx, None, None, role=Role.ADMIN))
    async with nobody(team) as client:
        answer = await client.get("/api/me", headers={"Authorization": f"Bearer {named.id}"})
        assert answer.status_code == 401
        assert "no proof" in answer.json()["detail"]
        answer = await client.get("/api/users", headers={"Authorization": f"Bearer {given.id}"})
        assert answer.status_code == 200  # made by who may write the database


async def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_do_not_get(team: Server) -> None:
    async with nobody(team) as client:
        answer = await client.post("/api/auth/sign-in", json={"user": "ANN", "password": PASSWORD})
        assert answer.json()["session_id"] is None
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("clawlink_session=")
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        me = (await client.get("/api/me")).json()
        assert (me["user"], me["role"], me["mode"], me["is_owner"]) == ("ann", "developer", "team", False)


async def test_behind_a_named_proxy_that_speaks_tls_the_cookie_is_bound_to_this_name(team: Server) -> None:
    told = {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}
    body = {"user": "ann", "password": PASSWORD}
    transport = httpx2.AsyncHTTPTransport(local_address="127.0.0.9")
    async with httpx2.AsyncClient(base_url=team.url, timeout=20, transport=transport) as proxy:
        cookie = (await proxy.post("/api/auth/sign-in", json=body, headers=told)).headers["set-cookie"]
    assert cookie.startswith("__Host-clawlink=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    async with nobody(team) as client:  # the same words of somebody who is no proxy
        cookie = (await client.post("/api/auth/sign-in", json=body, headers=told)).headers["set-cookie"]
    assert cookie.startswith("clawlink_session=")
    known = await team.hub.db.read(sessions.all_of, "ann")
    assert {one.address for one in known} == {"203.0.113.5", "127.0.0.1"}


async def test_who_is_wrong_unknown_disabled_or_a_program_is_told_the_same(team: Server) -> None:
    db = team.hub.db
    await db.write(people.disable, "bob", by="root")
    await db.write(lambda tx: people.create(tx, "robot", role=Role.DEVELOPER, how="admin", service=True))
    await db.write(lambda tx: people.create(tx, "bare", role=Role.DEVELOPER, how="admin"))
    async with nobody(team) as client:
        answers = [
            await client.post("/api/auth/sign-in", json={"user": user, "password": password})
            for user, password in (
                ("ann", OTHER), ("zoe", PASSWORD), ("bob", PASSWORD), ("robot", PASSWORD), ("bare", PASSWORD),
            )
        ]  # fmt: skip
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (401, '{"detail":"The user or the password is wrong."}')
    }
    refused = [one for one in await db.read(log.read, 0) if one.kind == "session.refused"]
    assert refused
    assert "zoe" not in "".join(one.data for one in refused)


async def test_who_fails_too_often_waits_and_nobody_else_does(team: Server) -> None:
    async with nobody(team) as client:
        wrong = {"user": "ann", "password": OTHER}
        answers = await asyncio.gather(*(client.post("/api/auth/sign-in", json=wrong) for _ in range(12)))
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [401] * 5 + [429] * 7  # at once they are no more than one after another
        last = next(answer for answer in answers if answer.status_code == 429)
        assert int(last.headers["retry-after"]) >= 1
        assert "try again in" in last.json()["detail"]
        right = await client.post("/api/auth/sign-in", json={"user": "bob", "password": PASSWORD})
        assert right.status_code == 200


async def test_signing_out_ends_the_session_and_everywhere_ends_all(team: Server) -> None:
    async with signed_in(team) as one, signed_in(team) as other, signed_in(team) as third:
        assert (await one.post("/api/auth/sign-out")).status_code == 204
        assert (await one.get("/api/me")).status_code == 401
        mine = (await other.get("/api/auth/sessions")).json()
        assert [each["current"] for each in mine].count(True) == 1
        assert len(mine) == 2
        assert (await third.post("/api/auth/sign-out-everywhere")).json() == {"sessions": 2}
        assert (await other.get("/api/me")).status_code == 401


async def test_one_ends_ones_own_sessions_and_nobody_elses(team: Server) -> None:
    async with signed_in(team, "ann") as ann, signed_in(team, "bob") as bob:
        bobs = (await bob.get("/api/auth/sessions")).json()[0]["id"]
        assert (await ann.delete(f"/api/auth/sessions/{bobs}")).status_code == 404
        assert (await bob.delete(f"/api/auth/sessions/{bobs}")).status_code == 204
        assert (await bob.get("/api/me")).status_code == 401


async def test_changing_ones_password_wants_the_old_one_and_ends_the_other_sessions(team: Server) -> None:
    async with signed_in(team) as one, signed_in(team) as other:
        change = {"current": OTHER, "new": OTHER}
        assert (await one.post("/api/auth/password", json=change)).status_code == 401
        weak = await one.post("/api/auth/password", json={"current": PASSWORD, "new": "password1234"})
        assert weak.status_code == 422
        assert (await one.post("/api/auth/password", json={"current": PASSWORD, "new": OTHER})).status_code == 204
        assert (await one.get("/api/me")).status_code == 200
        assert (await other.get("/api/me")).status_code == 401
        again = await other.post("/api/auth/sign-in", json={"user": "ann", "password": OTHER})
        assert again.status_code == 200


async def test_what_is_dangerous_wants_a_proof_of_the_last_quarter_of_an_hour(team: Server) -> None:
    async with signed_in(team, "root") as root:
        early = {"stepped_up_at": session_table.c.stepped_up_at - 901}
        await team.hub.db.write(lambda tx: tx.change(session_table.update().values(**early)))
        refused = await root.patch("/api/users/ann", json={"role": "viewer"})
        assert refused.status_code == 403
        assert "step-up" in refused.json()["detail"]
        assert "insufficient_user_authentication" in refused.headers["www-authenticate"]
        assert (await root.post("/api/auth/step-up", json={"password": OTHER})).status_code == 401
        assert (await root.post("/api/auth/step-up", json={"password": PASSWORD})).status_code == 204
        assert (await root.patch("/api/users/ann", json={"role": "viewer"})).json()["role"] == "viewer"


async def test_people_are_an_administrators_affair(team: Server) -> None:
    async with signed_in(team, "ann") as ann, signed_in(team, "root") as root:
        for verb, path in (("GET", "/api/users"), ("GET", "/api/users/bob"), ("DELETE", "/api/users/bob"),
                           ("GET", "/api/invitations")):  # fmt: skip
            assert (await ann.request(verb, path)).status_code == 403, path
        assert (await ann.patch("/api/users/ann", json={"role": "admin"})).status_code == 403
        assert (await ann.post("/api/users", json={"id": "eve", "role": "admin"})).status_code == 403
        assert [user["id"] for user in (await root.get("/api/users", params={"limit": 2})).json()] == ["ann", "bob"]
        assert [user["id"] for user in (await root.get("/api/users", params={"after": "bob"})).json()] == ["root"]
        assert (await root.patch("/api/users/root", json={"role": "viewer"})).status_code == 409
        assert (await root.patch("/api/users/ann", json={"state": "disabled"})).json()["state"] == "disabled"
        assert (await ann.get("/api/me")).status_code == 401
        assert (await root.get("/api/users/nobody")).status_code == 404


async def test_an_invitation_makes_a_user_without_any_mail(team: Server) -> None:
    async with signed_in(team, "root") as root, nobody(team) as new:
        made = (await root.post("/api/invitations", json={"role": "viewer"})).json()
        assert made["link"].endswith(f"/invitation#{made['code']}")
        shown = await new.post("/api/auth/invitation", json={"code": made["code"]})
        assert (shown.json()["role"], shown.json()["made_by"]) == ("viewer", "root")
        assert (await new.post("/api/auth/invitation", json={"code": "0" * 64})).status_code == 404
        body = {"code": made["code"], "user": "new", "name": "New One", "password": PASSWORD}
        assert (await new.post("/api/auth/accept", json={**body, "password": "short"})).status_code == 422
        assert (await new.post("/api/auth/accept", json={**body, "code": "0" * 64})).status_code == 404
        assert (await new.post("/api/auth/accept", json=body)).json()["role"] == "viewer"
        assert (await new.get("/api/me")).json()["user"] == "new"
        assert (await new.post("/api/auth/accept", json={**body, "user": "new2"})).status_code == 404
        assert (await root.get("/api/invitations")).json() == []


async def test_an_invitation_makes_a_member_of_the_projects_it_is_for(team: Server) -> None:
    async with signed_in(team, "root") as root, nobody(team) as new:
        kept, gone = await project(root), await project(root)
        wanted = [{"project_id": kept["id"], "role": "developer"}, {"project_id": gone["id"], "role": "admin"}]
        refused = [{"project_id": 0, "role": "viewer"}]
        assert (await root.post("/api/invitations", json={"projects": refused})).status_code == 404
        made = (await root.post("/api/invitations", json={"role": "guest", "projects": wanted})).json()
        assert [one["key"] for one in made["invitation"]["projects"]] == [kept["key"], gone["key"]]
        assert (await root.delete(f"/api/projects/{gone['id']}")).status_code == 204
        shown = (await new.post("/api/auth/invitation", json={"code": made["code"]})).json()
        assert shown["projects"] == [{"key": kept["key"], "name": "A project", "role": "developer"}]
        body = {"code": made["code"], "user": "new", "password": PASSWORD}
        assert (await new.post("/api/auth/accept", json=body)).status_code == 200
        assert [one["id"] for one in (await new.get("/api/projects")).json()] == [kept["id"]]
        task = {"project_id": kept["id"], "title": "A task"}
        assert (await new.post("/api/tasks", json=task)).status_code == 201


async def test_for_a_token_of_one_project_there_is_nothing_else(team: Server) -> None:
    async with signed_in(team, "root") as root, nobody(team) as program:
        mine, other = await project(root), await project(root)
        wanted = {"name": "one", "project_id": mine["id"]}
        assert (await root.post("/api/tokens", json={**wanted, "project_id": 0})).status_code == 404
        made = (await root.post("/api/tokens", json=wanted)).json()
        assert [one["project_id"] for one in (await root.get("/api/tokens")).json()] == [mine["id"]]
        program.headers["Authorization"] = f"Bearer {made['token']}"
        assert [one["id"] for one in (await program.get("/api/projects")).json()] == [mine["id"]]
        assert (await program.get(f"/api/projects/{other['id']}")).status_code == 404
        assert (await program.post("/api/tasks", json={"project_id": mine["id"], "title": "t"})).status_code == 201
        assert (await program.post("/api/tasks", json={"project_id": other["id"], "title": "t"})).status_code == 404
        for path in ("/api/users", "/api/secrets", "/api/providers", "/scim/v2/Users"):
            assert (await program.get(path)).status_code == 403, path
        hidden = f"task of {other['key']}"
        assert (await root.post("/api/tasks", json={"project_id": other["id"], "title": hidden})).status_code == 201
        described = (await root.get("/openapi.json")).json()["paths"]
        lists = [path for path, verbs in described.items() if "get" in verbs and "{" not in path]
        for path in lists:
            told = await program.get(path, params={"q": "task", "text": "task"})
            assert str(other["key"]) not in told.text, path
            assert told.status_code < 500, path
        assert len(lists) > 40
        assert (await root.delete(f"/api/projects/{mine['id']}")).status_code == 204
        assert (await program.get("/api/projects")).json() == []


async def test_the_hubs_secrets_are_set_and_named_and_never_told(team: Server) -> None:
    value = "c2VjcmV0-of-the-hub"
    async with signed_in(team, "root") as root, signed_in(team) as ann:
        assert (await ann.get("/api/secrets")).status_code == 403
        made = await root.put("/api/secrets/ci/deploy", json={"value": value})
        assert (made.status_code, made.json()["set_by"]) == (200, "root")
        assert (await root.put("/api/secrets/audit/signing", json={"value": value})).status_code == 409
        assert (await root.post("/api/secrets/rotate-key")).json()["secrets"] >= 1
        listed = await root.get("/api/secrets")
        assert "ci/deploy" in [one["name"] for one in listed.json()]
        assert value not in listed.text + (await root.get("/api/secrets/ci/deploy")).text
        named = await root.patch("/api/users/ann", json={"name": f"Ann {value}"})
        assert value in named.text  # what people say themselves is not touched; what is told of it is
        assert value not in (await root.get("/api/audit/events", params={"event_type": "user.changed"})).text
        early = {"stepped_up_at": session_table.c.stepped_up_at - 901}
        await team.hub.db.write(lambda tx: tx.change(session_table.update().values(**early)))
        for verb, path in (("PUT", "ci/deploy"), ("DELETE", "ci/deploy"), ("POST", "rotate-key")):
            answer = await root.request(verb, f"/api/secrets/{path}", json={"value": value})
            assert "Prove again" in answer.json()["detail"], path


async def test_a_token_does_what_it_is_narrowed_to_and_never_touches_credentials(team: Server) -> None:
    async with signed_in(team, "root") as root, nobody(team) as program:
        wanted = {"name": "ci", "scopes": ["task:view", "admin:users"], "expires_in_days": 1}
        made = (await root.post("/api/tokens", json=wanted)).json()
        program.headers["Authorization"] = f"Bearer {made['token']}"
        assert (await program.get("/api/me")).json()["permissions"] == ["admin:users", "task:view"]
        assert (await program.get("/api/users")).status_code == 200
        assert (await program.get("/api/projects")).status_code == 403
        for verb, path, body in (
            ("POST", "/api/tokens", wanted),
            ("DELETE", "/api/tokens/ci", None),
            ("POST", "/api/auth/step-up", {"password": PASSWORD}),
            ("POST", "/api/auth/password", {"current": PASSWORD, "new": OTHER}),
            ("POST", "/api/auth/sign-out-everywhere", None),
            ("POST", "/api/runtime/sessions", {}),
            ("POST", "/api/users", {"id": "eve"}),
            ("PATCH", "/api/users/ann", {"role": "admin"}),
            ("POST", "/api/invitations", {}),
        ):
            answer = await program.request(verb, path, json=body)
            assert answer.status_code == 403, (path, answer.text)
            assert "No program may do this" in answer.json()["detail"]
        listed = (await root.get("/api/tokens")).json()
        assert "token" not in listed[0]
        assert (await root.delete("/api/tokens/ci")).status_code == 204
        assert (await program.get("/api/me")).status_code == 401


async def test_programs_accounts_have_tokens_of_an_administrators_making(team: Server) -> None:
    async with signed_in(team, "root") as root, signed_in(team, "ann") as ann:
        assert (await root.post("/api/users", json={"id": "robot", "service": True})).status_code == 201
        assert (await ann.post("/api/tokens", json={"name": "x", "user": "robot"})).status_code == 403
        assert (await root.post("/api/tokens", json={"name": "x", "user": "ann"})).status_code == 403
        made = (await root.post("/api/tokens", json={"name": "x", "user": "robot"})).json()
        bearer = {"Authorization": f"Bearer {made['token']}"}
        async with nobody(team) as program:
            assert (await program.get("/api/me", headers=bearer)).json()["user"] == "robot"


async def test_a_contracts_session_is_made_for_oneself_only(team: Server) -> None:
    async with signed_in(team) as ann:
        made = await ann.post("/api/runtime/sessions", json={"user_id": "ann"})
        assert made.json()["user_id"] == "ann"
        for other in ("root", "nobody-known"):
            refused = await ann.post("/api/runtime/sessions", json={"user_id": other})
            assert refused.status_code == 403
        bearer = {"Authorization": f"Bearer {made.json()['session_id']}"}
        async with nobody(team) as program:
            assert (await program.get("/api/me", headers=bearer)).json()["user"] == "ann"
            assert (await program.post("/api/runtime/sessions", headers=bearer)).status_code == 403
    assert await team.hub.db.read(lambda look: [one.id for one in people.all_of_them(look)]) == ["ann", "bob", "root"]


async def test_a_passkey_signs_in_without_a_name_and_is_made_by_a_person_only(team: Server) -> None:
    key = Authenticator("http://localhost", "localhost")
    async with signed_in(team) as ann, nobody(team) as browser:
        assert (await browser.post("/api/auth/passkeys/options")).status_code == 401
        challenge = (await ann.post("/api/auth/passkeys/options")).json()["challenge"]
        body = {"name": "phone", "credential": key.create(challenge)}
        made = await ann.post("/api/auth/passkeys", json=body)
        assert made.status_code == 201, made.text
        challenge = (await browser.post("/api/auth/sign-in/passkey/options")).json()["challenge"]
        answer = {"credential": key.get(challenge)}
        assert (await browser.post("/api/auth/sign-in/passkey", json=answer)).json()["user"] == "ann"
        assert (await browser.get("/api/me")).json()["user"] == "ann"
        assert (await browser.post("/api/auth/sign-in/passkey", json=answer)).status_code == 401  # answered already
        early = {"stepped_up_at": session_table.c.stepped_up_at - 901}
        await team.hub.db.write(lambda tx: tx.change(session_table.update().values(**early)))
        assert (await ann.post("/api/tokens", json={"name": "t"})).status_code == 403
        async with signed_in(team, "bob") as bob:
            for one, status in ((bob, 401), (ann, 204)):
                challenge = (await one.post("/api/auth/sign-in/passkey/options")).json()["challenge"]
                answer = {"credential": key.get(challenge)}
                assert (await one.post("/api/auth/step-up", json=answer)).status_code == status
                assert (await one.post("/api/auth/step-up", json=answer)).status_code == 401  # answered already
        assert (await ann.post("/api/auth/step-up", json={"password": PASSWORD, **answer})).status_code == 422
        assert (await ann.post("/api/auth/step-up", json={})).status_code == 422
        assert (await ann.post("/api/tokens", json={"name": "t"})).status_code == 201
        listed = (await ann.get("/api/auth/passkeys")).json()
        assert [one["name"] for one in listed] == ["phone"]
        assert (await ann.delete(f"/api/auth/passkeys/{listed[0]['id']}")).status_code == 204


async def test_a_socket_is_opened_by_a_ticket_once_and_never_by_the_cookie_alone(team: Server) -> None:
    url = team.url.replace("http", "ws") + "/api/live"
    subscribe = {"subscribe": {"runs": [], "tasks": [], "projects": [], "board": True}}
    async with signed_in(team) as ann, asyncio.timeout(30):
        cookie = {"Cookie": f"clawlink_session={ann.cookies['clawlink_session']}"}
        async with websockets.connect(url, additional_headers=cookie) as socket:
            await socket.send(json.dumps(subscribe))
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401
        ticket = (await ann.post("/api/auth/ticket")).json()["ticket"]
        async with websockets.connect(url) as socket:
            await socket.send(json.dumps({"ticket": ticket, **subscribe}))
            assert "subscribed" in json.loads(await socket.recv())
            async with websockets.connect(url) as second:
                await second.send(json.dumps({"ticket": ticket, **subscribe}))
                with pytest.raises(websockets.ConnectionClosed):
                    await second.recv()
            began = asyncio.get_running_loop().time()
            await ann.post("/api/auth/sign-out-everywhere")
            with contextlib.suppress(websockets.ConnectionClosed):
                async for _ in socket:
                    pass
            assert socket.close_code == 4401
            assert asyncio.get_running_loop().time() - began < 1.0  # who is signed out hears nothing any more
