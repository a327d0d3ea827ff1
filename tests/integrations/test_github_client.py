"""What GitHub says no with becomes words that tell what to do; a token goes to the configured address alone, an App's is made when needed."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from coderclawlink.integrations.github import client as clients
from coderclawlink.integrations.github.client import App, Client, Token
from coderclawlink.pulls.hosts import HostRefused, HostUnreachable, LimitReached
from tests.peers.git_server import Requests, serving
from tests.peers.github import APP, INSTALLATION, Peer, app_key

pytestmark = pytest.mark.anyio

SECRET = "ghp_verysecretvalue"


@dataclass
class Told:
    """A server that answers everything in one way, and remembers who asked."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    shown: list[str | None] = field(default_factory=list)

    def say(self, status: int, body: object = None, **headers: str) -> None:
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}
        self.body = body if isinstance(body, bytes) else json.dumps(body or {}).encode()


@pytest.fixture
def told() -> Iterator[Told]:
    state = Told()

    class Answers(Requests):
        def do_GET(self) -> None:
            self.body()
            state.shown.append(self.headers.get("Authorization"))
            self.answer(state.status, {"Content-Type": "application/json", **state.headers}, state.body)

        do_POST = do_GET

    with serving(Answers) as state.url:
        yield state


async def refused(told: Told, kind: type[Exception] = HostRefused, path: str = "/repos/ada/shop/pulls") -> Any:
    async with asyncio.timeout(30):
        with pytest.raises(kind) as found:
            await Client(told.url, Token(SECRET)).call("GET", path)
    assert SECRET not in str(found.value)
    return found.value


async def test_a_wrong_token_is_told_as_one(told: Told) -> None:
    told.say(401, {"message": "Bad credentials"})
    error = await refused(told)
    assert error.status == 401
    assert "does not accept the token" in error.message
    assert "Bad credentials" in error.message


@pytest.mark.parametrize(
    ("header", "wants"),
    [
        ("X_Accepted_GitHub_Permissions", "pull_requests=write"),
        ("X_Accepted_OAuth_Scopes", "repo, public_repo"),
    ],
)
async def test_what_a_token_lacks_is_named(told: Told, header: str, wants: str) -> None:
    told.say(403, {"message": "Resource not accessible by personal access token"}, **{header: wants})
    error = await refused(told)
    assert error.message.endswith(f"It wants {wants}.")


async def test_what_is_not_there_may_also_be_unseen(told: Told) -> None:
    told.say(404, {"message": "Not Found"})
    assert "knows nothing of ada/shop: it is not there, or the token may not see it" in (await refused(told)).message
    assert "knows nothing of it" in (await refused(told, path="/user")).message


async def test_the_hosts_own_errors_are_handed_on(told: Told) -> None:
    errors = [{"message": "A pull request already exists for ada:task/1."}, {"field": "base", "code": "invalid"}, "odd"]
    told.say(422, {"message": "Validation Failed", "errors": errors})
    assert (await refused(told)).message.endswith(
        "refused (422): Validation Failed; A pull request already exists for ada:task/1.; base invalid; odd"
    )


async def test_words_that_are_no_json_are_cut_short(told: Told) -> None:
    told.say(400, b"<html>" + b"x" * 10_000)
    assert len((await refused(told)).message) < 700


async def test_limits_tell_when_calls_are_taken_again(told: Told) -> None:
    told.say(
        403,
        {"message": "API rate limit exceeded"},
        X_RateLimit_Remaining="0",
        X_RateLimit_Reset=str(int(time.time()) + 90),
    )
    assert 85 <= (await refused(told, LimitReached)).seconds <= 91
    told.say(403, {"message": "You have exceeded a secondary rate limit"}, Retry_After="17")
    assert (await refused(told, LimitReached)).seconds == 17
    told.say(429, {"message": "Too many"})
    assert (await refused(told, LimitReached)).seconds == clients.UNKNOWN_WAIT_SECONDS
    told.say(
        403,
        {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."},
        X_RateLimit_Remaining="4000",
    )
    assert (await refused(told, LimitReached)).seconds == clients.UNKNOWN_WAIT_SECONDS


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_trouble_of_the_host_is_no_refusal(told: Told, status: int) -> None:
    told.say(status, b"<html>down</html>")
    assert "has trouble of its own" in (await refused(told, HostUnreachable)).message


async def test_an_answer_that_is_no_json_is_trouble_too(told: Told) -> None:
    told.say(200, b"<html>a portal</html>")
    await refused(told, HostUnreachable)


async def test_a_host_that_is_not_there_or_says_nothing_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with asyncio.timeout(20):
            with pytest.raises(HostUnreachable, match=r"did not answer within 0\.3 seconds"):
                await Client(url, Token(SECRET), seconds=0.3).call("GET", "/user")
    assert "cannot be reached" in (await refused(Told(url), HostUnreachable)).message


async def test_a_token_follows_no_redirect(told: Told) -> None:
    elsewhere = Told()

    class Elsewhere(Requests):
        def do_GET(self) -> None:
            elsewhere.shown.append(self.headers.get("Authorization"))
            self.answer(200, {}, b"{}")

    with serving(Elsewhere) as url:
        told.say(301, {"message": "Moved Permanently"}, Location=f"{url}/repositories/1")
        assert "has moved" in (await refused(told)).message
        with pytest.raises(HostRefused, match="not its own"):
            await Client(told.url, Token(SECRET)).call("GET", f"{url}/user")
    assert elsewhere.shown == []


async def test_what_has_not_changed_costs_no_call(told: Told) -> None:
    client = Client(told.url, Token(SECRET))
    async with asyncio.timeout(30):
        told.say(200, {"a": 1}, ETag='"one"')
        first = await client.call("GET", "/user")
        told.say(304, b"")
        again = await client.call("GET", "/user", etag=first.etag)
    assert (first.etag, first.json, again.status, again.json) == ('"one"', {"a": 1}, 304, None)
    assert client.calls == 1


async def test_without_a_token_nothing_is_shown(told: Told) -> None:
    await Client(told.url, Token(None)).call("GET", "/user")
    await Client(told.url, Token(SECRET)).call("GET", "/user")
    assert told.shown == [None, f"Bearer {SECRET}"]


def test_no_secret_is_in_what_an_access_says_of_itself() -> None:
    access = App(APP, app_key(), None, "ada", "shop")
    assert "PRIVATE KEY" not in repr(access)
    assert SECRET not in repr(Token(SECRET))


async def test_an_app_gets_the_token_of_its_installation_once(github: Peer) -> None:
    name = github.make_repository("of-an-app")
    access = App(APP, app_key(), None, "ada", "of-an-app")
    client = Client(github.url, access)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(client.call("GET", f"/repos/{name}")) for _ in range(3)]
    assert all(isinstance(one.result().json, dict) for one in asked)
    assert access.installation == INSTALLATION
    assert client.calls == 5  # where it is installed, its token, and three times what was asked for


async def test_an_apps_token_is_made_anew_before_it_ends(github: Peer) -> None:
    github.make_repository("again")
    access = App(APP, app_key(), INSTALLATION, "ada", "again")
    client = Client(github.url, access)
    async with asyncio.timeout(60):
        first = await access.token(client)
        assert await access.token(client) == first
        access._until = time.time() + clients.EARLY_SECONDS - 1
        assert await access.token(client) != first


@pytest.mark.parametrize("key", ["nonsense", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"])
async def test_a_key_that_is_none_is_told_without_being_shown(github: Peer, key: str) -> None:
    client = Client(github.url, App(APP, key, INSTALLATION, "ada", "shop"))
    with pytest.raises(HostRefused, match="PEM file") as refusal:
        await client.call("GET", "/user")
    assert "AAAA" not in refusal.value.message


async def test_a_key_of_another_app_is_refused_by_the_host(github: Peer) -> None:
    client = Client(github.url, App("999", app_key(), INSTALLATION, "ada", "shop"))
    async with asyncio.timeout(30):
        with pytest.raises(HostRefused):
            await client.call("GET", "/repos/ada/shop")
