"""Webhooks at a real server: those signed by the host count once, and whatever else comes is refused and does nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import sqlalchemy as sa

from coderclawlink.access.policy import OWNER
from coderclawlink.board import projects, tasks
from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import hooks_heard, pull_requests
from coderclawlink.ids import new_id
from coderclawlink.integrations.github import hooks
from tests.peers.github import PeerMissing, folder
from tests.web.conftest import Server, serving

pytestmark = pytest.mark.anyio

NOBODY = "http://127.0.0.1:9"
PATH = "/api/github/webhook"
SAID = {"action": "synchronize", "repository": {"full_name": "Ada/Shop"}, "number": 7}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GITHUB_SERVER_URL", NOBODY)
        with serving(tmp_path_factory.mktemp("hub")) as running:
            yield running


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.url, timeout=20) as opened:
        yield opened


@pytest.fixture
async def secret(client: httpx2.AsyncClient) -> str:
    answer = await client.post("/api/github/webhook_secret", json={})
    assert answer.status_code == 200, answer.text
    assert answer.json()["url"].endswith(PATH)
    return str(answer.json()["secret"])


async def send(
    client: httpx2.AsyncClient, secret: str, body: bytes, event: str = "pull_request", **headers: str
) -> int:
    signed = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    shown = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": new_id(),
        "X-Hub-Signature-256": signed,
        **headers,
    }
    return (await client.post(PATH, content=body, headers=shown)).status_code


def _opened(tx: Tx, server: str = NOBODY) -> int:
    """A pull request that nobody looks at before long."""
    project = projects.create(tx, OWNER, name="Shop", key="P" + new_id().replace("-", "")[-12:])
    task = tasks.create(tx, OWNER, project_id=project.id, title="Mend it")
    tx.change(pull_requests.delete())
    states = {"state": "closed", "checks": "none", "review": "none", "mergeable": "unknown"}
    words = dict.fromkeys(("name", "url", "title", "branch", "base", "head"), "x")
    times = {"opened_at": 0.0, "changed_at": 0.0, "look_next_at": 9e9}
    where = {"server": server, "owner": "ada", "repo": "shop", "number": 7, "draft": False}
    row = {**states, **words, **times, **where, "task_id": task.id, "project_id": project.id}
    return int(tx.insert(pull_requests.insert().values(**row)))


def _next_look(server: Server, pull: int) -> float:
    with server.hub.db.look() as look:
        return float(look.scalar(sa.select(pull_requests.c.look_next_at).where(pull_requests.c.id == pull)))


def test_the_signature_is_the_one_of_githubs_own_example() -> None:
    """docs.github.com, "Validating webhook deliveries": testing the validation."""
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert hooks.is_signed("It's a Secret to Everybody", b"Hello, World!", signature)
    assert not hooks.is_signed("It's a Secret to Everybody", b"Hello, World?", signature)
    assert not hooks.is_signed("another", b"Hello, World!", signature)
    assert not hooks.is_signed("It's a Secret to Everybody", b"Hello, World!", "é")


async def test_without_a_secret_there_is_no_webhook(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("bare")) as bare:
        async with httpx2.AsyncClient(base_url=bare.url, timeout=20) as client:
            assert await send(client, "guessed", b"{}") == 404


async def test_a_signed_hook_has_the_pull_requests_of_its_repository_looked_at(
    server: Server, client: httpx2.AsyncClient, secret: str
) -> None:
    pull = await server.hub.db.write(_opened)
    assert await send(client, secret, json.dumps(SAID).encode()) == 204
    # Looked at or about to be: no host is there, so the watcher puts it off, by less than it stood off before.
    assert _next_look(server, pull) < 9e9


async def test_a_hook_says_nothing_of_another_hosts_repository_of_that_name(
    server: Server, client: httpx2.AsyncClient, secret: str
) -> None:
    pull = await server.hub.db.write(_opened, "http://127.0.0.1:10")
    assert await send(client, secret, json.dumps(SAID).encode()) == 204
    assert _next_look(server, pull) == 9e9


async def test_a_hook_that_comes_twice_counts_once(server: Server, client: httpx2.AsyncClient, secret: str) -> None:
    body, hook = json.dumps(SAID).encode(), new_id()
    assert await send(client, secret, body, **{"X-GitHub-Delivery": hook}) == 204
    pull = await server.hub.db.write(_opened)
    assert await send(client, secret, body, **{"X-GitHub-Delivery": hook}) == 204
    assert _next_look(server, pull) == 9e9


async def test_a_hook_that_is_not_signed_with_the_secret_does_nothing(
    server: Server, client: httpx2.AsyncClient, secret: str
) -> None:
    pull = await server.hub.db.write(_opened)
    body = json.dumps(SAID).encode()
    assert await send(client, "another", body) == 401
    assert await send(client, secret, body, **{"X-Hub-Signature-256": ""}) == 401
    assert await send(client, secret, body, **{"X-Hub-Signature-256": "sha256=" + "0" * 64}) == 401
    assert _next_look(server, pull) == 9e9


async def test_a_new_secret_ends_the_one_before(client: httpx2.AsyncClient, secret: str) -> None:
    newer = (await client.post("/api/github/webhook_secret", json={})).json()["secret"]
    assert await send(client, secret, b"{}", "ping") == 401
    assert await send(client, newer, b"{}", "ping") == 204


async def test_the_secret_is_for_administrators(client: httpx2.AsyncClient) -> None:
    made = await client.post("/api/runtime/sessions", json={"user_id": "dev"})
    headers = {"Authorization": f"Bearer {made.json()['session_id']}"}
    assert (await client.post("/api/github/webhook_secret", json={}, headers=headers)).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 204),
        (b"[]", 204),
        (b'{"repository": 7}', 204),
        (b'{"repository": {"full_name": "../../etc/passwd"}}', 204),
        (b'{"repository": {"full_name": null}}', 204),
        (b"not json", 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000, 400),
        (b"", 400),
    ],
)
async def test_no_signed_body_makes_the_hub_fail(
    client: httpx2.AsyncClient, secret: str, body: bytes, status: int
) -> None:
    assert await send(client, secret, body) == status


async def test_a_hook_without_its_id_is_refused(client: httpx2.AsyncClient, secret: str) -> None:
    assert await send(client, secret, b"{}", **{"X-GitHub-Delivery": ""}) == 400


async def test_large_hooks_are_taken_and_too_large_ones_are_not(
    server: Server, client: httpx2.AsyncClient, secret: str
) -> None:
    large = json.dumps({**SAID, "filler": "x" * (24 * 1024 * 1024)}).encode()
    assert await send(client, secret, large) == 204
    assert await send(client, secret, b" " * (25 * 1024 * 1024 + 1)) == 413


async def test_hooks_are_forgotten_after_a_week(server: Server, client: httpx2.AsyncClient, secret: str) -> None:
    def old(tx: Tx) -> None:
        tx.change(hooks_heard.insert().values(id="old", at=tx.now() - 8 * 86_400))

    await server.hub.db.write(old)
    assert await send(client, secret, b"{}", "ping") == 204
    with server.hub.db.look() as look:
        assert look.row(hooks_heard.select().where(hooks_heard.c.id == "old")) is None


async def test_githubs_own_examples_of_all_webhooks_are_taken(
    server: Server, client: httpx2.AsyncClient, secret: str
) -> None:
    try:
        at = folder() / "node_modules" / "@octokit" / "webhooks-examples" / "api.github.com" / "index.json"
    except PeerMissing as missing:
        print(f"not run: {missing}")
        pytest.skip(str(missing))
    taken = 0
    for kind in json.loads(at.read_text(encoding="utf-8")):
        for example in kind["examples"]:
            assert await send(client, secret, json.dumps(example).encode(), kind["name"]) == 204, kind["name"]
            taken += 1
    assert taken >= 329
