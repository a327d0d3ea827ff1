"""What a host tells of its limits, at a server that tells it: the last of it is left to people, and a limit that is reached waits for all."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from coderclawlink.integrations.github.client import Client, Token
from coderclawlink.pulls.hosts import LimitReached

pytestmark = pytest.mark.anyio


class Limited(ThreadingHTTPServer):
    """Answers with these headers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.status = 200
        self.told: dict[str, str] = {}

    def left(self, remaining: int, *, of: int = 5000, resource: str = "core") -> None:
        given = {"limit": of, "remaining": remaining, "reset": int(time.time()) + 600, "resource": resource}
        self.told = {f"X-RateLimit-{name}": str(value) for name, value in given.items()}


class _Answer(BaseHTTPRequestHandler):
    server: Limited

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        for name, value in {"Content-Type": "application/json", "Content-Length": "2", **self.server.told}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[Limited]:
    with Limited() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def client(host: Limited) -> Client:
    return Client(f"http://127.0.0.1:{host.server_address[1]}", Token("tok"))


async def test_a_fifth_of_a_limit_is_left_to_people_until_it_begins_anew(host: Limited, client: Client) -> None:
    assert client.wait == 0
    host.left(1000)
    await client.call("GET", "/user")
    assert client.wait == 0
    host.left(999)
    await client.call("GET", "/user")
    assert 590 < client.wait <= 601
    host.left(5000)
    await client.call("GET", "/user")
    assert client.wait == 0


async def test_a_limit_of_something_else_says_nothing_of_this_one(host: Limited, client: Client) -> None:
    host.left(1, of=30, resource="search")
    await client.call("GET", "/user")
    assert client.wait == 0


async def test_a_limit_that_is_reached_waits_for_all_that_call_with_the_access(host: Limited, client: Client) -> None:
    host.status, host.told = 403, {"Retry-After": "77"}
    with pytest.raises(LimitReached) as reached:
        await client.call("GET", "/user")
    assert reached.value.seconds == 77
    assert 75 < client.wait <= 77
