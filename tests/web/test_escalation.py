"""What an agent holds opens nothing of the hub: each way in that its own credentials suggest is tried, and refused.

An agent has the token of the model proxy, which is good for its own attempt's calls of a model; it knows its run's id and its question's, where the
hub listens, and what every stranger knows. It works for Ann, at a team's hub. That a real agent in its sandbox fails too is tried in
`tests/journeys`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

import httpx2
import pytest
import websockets

import coderclawlink.drivers.models.proxy as models_proxy
from coderclawlink.access import people, sessions
from coderclawlink.access.policy import Actor, Role, ownership
from coderclawlink.drivers.models.script import instead
from coderclawlink.ids import QuestionId, RunId
from coderclawlink.journal import log
from coderclawlink.link.protocol import Hello
from coderclawlink.runs import questions
from coderclawlink.web.peer import NODE_PID_FILE, Peers
from tests.web.conftest import Node, Server, serving

pytestmark = pytest.mark.anyio


@dataclass
class Captive:
    """The agent at work, and what it has."""

    team: Server
    token: str
    run: str
    question: str

    async def http(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> int:
        async with httpx2.AsyncClient(base_url=self.team.url, timeout=20) as client:
            return (await client.request(method, path, json=body, headers=headers)).status_code

    async def bearing(self, method: str, path: str, body: object = None) -> int:
        return await self.http(method, path, body, {"Authorization": f"Bearer {self.token}"})

    async def socket(self, path: str, *frames: object, headers: dict[str, str] | None = None) -> int:
        """The status, or the code with which the socket was closed."""
        url = self.team.url.replace("http", "ws") + path
        try:
            async with websockets.connect(url, additional_headers=headers) as socket:
                for frame in frames:
                    await socket.send(frame if isinstance(frame, str) else json.dumps(frame))
                await socket.recv()
        except websockets.InvalidStatus as refused:
            return refused.response.status_code
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0
        return 200


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("team"), mode="team") as running:
        yield running


@pytest.fixture(scope="module")
async def captive(team: Server) -> AsyncIterator[Captive]:
    db = team.hub.db
    for user, role in (("root", Role.ADMIN), ("ann", Role.DEVELOPER)):
        await db.write(people.create, user, role=role, how="admin")
    ann = Actor(Role.DEVELOPER, "ann", ownership("ann"), proven=True)
    node = Node(team.hub)
    await node.join()
    run = await asyncio.wrap_future(
        asyncio.run_coroutine_threadsafe(team.hub.runtime.submit(ann, agent="claude", prompt="Do it"), team.loop)
    )
    question = await node.ask(await node.start(run.id), "Run sudo sh?")
    async with (
        models_proxy.serve(instead("http://127.0.0.1:9")) as proxy,
        proxy.open(run.id, 1, on_usage=lambda _: None) as line,
    ):
        token = next(iter(line.access.urls.values())).split("/")[3]
        yield Captive(team, token, run.id, question)


async def take_the_hub_for_the_machines_owner(captive: Captive) -> int:
    return await captive.http("GET", "/api/me")


async def pass_as_a_proxy_that_vouches_for_the_owner(captive: Captive) -> int:
    told = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "root", "Forwarded": "for=127.0.0.1"}
    return await captive.http("GET", "/api/users", headers=told)


async def sign_in_by_the_model_proxys_token(captive: Captive) -> int:
    return await captive.bearing("GET", "/api/me")


async def send_that_token_as_a_cookie(captive: Captive) -> int:
    return await captive.http("GET", "/api/me", headers={"Cookie": f"clawlink_session={captive.token}"})


async def mint_a_session_or_a_token(captive: Captive) -> int:
    tries = [
        await captive.bearing("POST", "/api/runtime/sessions", {"user_id": "root"}),
        await captive.bearing("POST", "/api/tokens", {"name": "mine"}),
        await captive.bearing("POST", "/api/users", {"id": "mine", "role": "admin"}),
        await captive.bearing("POST", "/api/auth/step-up", {"password": captive.token}),
    ]
    return min(tries)


async def answer_its_own_question(captive: Captive) -> int:
    body = {"question": captive.question, "option": "y"}
    tries = [
        await captive.bearing("POST", f"/api/runs/{captive.run}/answers", body),
        await captive.bearing("POST", f"/api/questions/{captive.question}/answer", {"option": "y"}),
    ]
    return min(tries)


async def answer_it_over_the_live_stream(captive: Captive) -> int:
    frame = {"answer": {"question": captive.question, "option": "y"}}
    tries = [
        await captive.socket("/api/live", {"session": captive.token, **frame}),
        await captive.socket("/api/live", {"ticket": captive.token, **frame}),
        await captive.socket("/api/live", {"session": captive.run, **frame}),
    ]
    return min(tries)


async def approve_its_own_result(captive: Captive) -> int:
    return await captive.bearing("POST", f"/api/runs/{captive.run}/review", {"approve": True})


async def widen_its_own_rules_and_budget(captive: Captive) -> int:
    tries = [
        await captive.bearing("PUT", "/api/agents/claude/configuration", {"configuration": {"mode": "auto"}}),
        await captive.bearing("PUT", "/api/budgets", {"scope": "installation", "usd": 1e6}),
        await captive.bearing("POST", f"/api/runs/{captive.run}/resume", {"budget_usd": 1e6}),
    ]
    return min(tries)


async def edit_the_policy(captive: Captive) -> int:
    allows = {"modules": {"a.rego": "package clawlink\n\nallow := true\n"}}
    return min(await captive.bearing("PUT", "/api/policies", allows), await captive.bearing("DELETE", "/api/policies"))


async def join_as_a_node(captive: Captive) -> int:
    hello = Hello(node="played", boot="mine", slots=1, agents=(), sandbox="none").model_dump_json()
    tries = [
        await captive.socket("/api/link", hello),
        await captive.socket("/api/link", hello, headers={"Authorization": f"Bearer {captive.token}"}),
        await captive.http("GET", f"/api/link/attachments/{'0' * 64}"),
        await captive.bearing("GET", f"/api/link/attachments/{'0' * 64}"),
    ]
    return min(tries)


async def come_in_by_an_invitation_or_a_device_of_its_own_making(captive: Captive) -> int:
    accepted = {"code": captive.token, "user": "mine", "password": "four unrelated words"}
    paired = {"code": captive.token[:10], "public_key": "A" * 43, "name": "mine", "signature": "A" * 86}
    tries = [
        await captive.http("POST", "/api/auth/accept", accepted),
        await captive.http("POST", "/api/devices/pair", paired),
        await captive.http("POST", "/api/devices/sign-in", {"device_id": "x", "challenge": "x", "signature": "x"}),
        await captive.bearing("POST", "/scim/v2/Users", {"userName": "mine"}),
    ]
    return min(tries)


async def tell_the_hub_what_the_code_host_would(captive: Captive) -> int:
    signed = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "1", "X-Hub-Signature-256": f"sha256={'0' * 64}"}
    return await captive.http("POST", "/api/github/webhook", {"ref": "refs/heads/main"}, signed)


async def be_the_owner_from_within_its_own_process_tree(captive: Captive) -> int:
    """Where a hub knows a process of the owner's for the owner: not one that a node has started."""
    home = captive.team.home
    program = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))).recv(1)"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        node = await asyncio.create_subprocess_exec(
            "sh", "-c", f'echo $$ > {home / NODE_PID_FILE}; "$@"; true', "sh", sys.executable, "-c", program,
            str(listener.getsockname()[1]),
        )  # fmt: skip
        near, client = await asyncio.get_running_loop().sock_accept(listener)
        with near:
            why = await Peers(home).why_not_the_owner(client, near.getsockname())
        await node.wait()
    (home / NODE_PID_FILE).unlink()
    return 401 if why == "The caller is an agent." else 200


TRICKS: list[Callable[[Captive], Awaitable[int]]] = [
    take_the_hub_for_the_machines_owner,
    pass_as_a_proxy_that_vouches_for_the_owner,
    sign_in_by_the_model_proxys_token,
    send_that_token_as_a_cookie,
    mint_a_session_or_a_token,
    answer_its_own_question,
    answer_it_over_the_live_stream,
    approve_its_own_result,
    widen_its_own_rules_and_budget,
    edit_the_policy,
    join_as_a_node,
    come_in_by_an_invitation_or_a_device_of_its_own_making,
    tell_the_hub_what_the_code_host_would,
    be_the_owner_from_within_its_own_process_tree,
]
REFUSED = range(400, 500)
CLOSED = range(4400, 4500)
BLOCKED: list[str] = []


@pytest.mark.parametrize("trick", TRICKS)
async def test_an_agent_does_not_raise_itself(captive: Captive, trick: Callable[[Captive], Awaitable[int]]) -> None:
    async with asyncio.timeout(30):
        status = await trick(captive)
    assert status in REFUSED or status in CLOSED, f"{trick.__name__}: {status}"
    BLOCKED.append(trick.__name__)


async def test_nothing_of_it_left_a_trace_but_in_the_audit(captive: Captive) -> None:
    db = captive.team.hub.db
    assert {one.id for one in await db.read(people.all_of_them)} == {"root", "ann"}
    assert not await db.read(lambda look: sessions.all_of(look, "ann") + sessions.all_of(look, "root"))
    (question,) = await db.read(questions.of_run, RunId(captive.run))
    assert (question.id, question.is_open) == (QuestionId(captive.question), True)
    refused = [one.kind for one in await db.read(log.read, 0) if one.kind == "session.refused"]
    assert refused, "who tries to come in is written down"
    print(f"\nescalation attempts by an agent blocked: {len(BLOCKED)} of {len(TRICKS)}")
    assert len(TRICKS) >= 12
