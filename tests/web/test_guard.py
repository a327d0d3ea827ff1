"""The guard: by which name, from which page, with which body one may speak to the hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.web.conftest import Server

pytestmark = pytest.mark.anyio

JSON = "application/json"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:{port}", "127.0.0.1:{port}", "[::1]", "hub.example", "hub.example:9"]
)
async def test_the_hub_answers_to_its_names(client: httpx2.AsyncClient, server: Server, host: str) -> None:
    answer = await client.get("/health", headers={"Host": host.format(port=server.port)})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "localhost.", "localhost.evil.example", "evil-localhost", "127.0.0.1.evil.example", "0.0.0.0",  # noqa: S104
        "127.0.0.2", "[::]", "::1", "localhost@evil.example", "evil.example@localhost", "localhost:80:80", "localhost:x",
        "localhost, evil.example", "", "[::1", "hub.example.", "xhub.example", "localhost/",
        "2130706433", "ⓛocalhost",
    ],
)  # fmt: skip
async def test_the_hub_is_not_known_by_other_names(server: Server, host: str) -> None:
    assert (await raw(server, f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())).split()[1] == b"421"


async def raw(server: Server, request: bytes) -> bytes:
    """Send these bytes, and read the status line of the answer."""
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        await writer.drain()
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
    return line


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /health HTTP/1.1\r\n\r\n", b"421"),
        (b"GET /health HTTP/1.0\r\n\r\n", b"421"),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\nOrigin: http://localhost\r\n\r\n", b"400"),
        (b"GET http://evil.example/health HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
        (b"BREW /health HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"\x16\x03\x01\r\n\r\n", b"400"),
    ],
)
async def test_odd_requests_are_refused(server: Server, request_: bytes, status: bytes) -> None:
    assert (await raw(server, request_)).split()[1] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "http://localhost:{port}"}, 403),
        ({"Origin": "http://127.0.0.1:{port}.evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:{port}/"}, 403),
        ({"Origin": "http://x@127.0.0.1:{port}"}, 403),
        ({"Origin": "ftp://127.0.0.1:{port}"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_pages_of_other_sites_may_not_speak(
    client: httpx2.AsyncClient, server: Server, method: str, headers: dict[str, str], status: int
) -> None:
    given = {name: value.format(port=server.port) for name, value in headers.items()}
    path = {"GET": "/api/projects", "POST": "/api/runtime/sessions", "DELETE": "/api/projects/999999"}[method]
    answer = await client.request(method, path, headers=given)
    assert answer.status_code == (404 if method == "DELETE" and status == 200 else status)
    assert "access-control-allow-origin" not in answer.headers


async def test_a_link_to_the_page_may_be_followed_from_elsewhere_and_nothing_more(client: httpx2.AsyncClient) -> None:
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert (await client.get("/docs", headers=followed)).status_code == 200
    assert (await client.get("/docs", headers=followed | {"Sec-Fetch-Dest": "iframe"})).status_code == 403
    assert (await client.post("/api/runtime/sessions", headers=followed)).status_code == 403


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (JSON, b'{"name": "x", "key": "%s"}', 201),
        ("application/json; charset=utf-8", b'{"name": "x", "key": "%s"}', 201),
        ("application/merge-patch+json", b'{"name": "x", "key": "%s"}', 201),
        ("text/plain", b'{"name": "x", "key": "%s"}', 415),
        ("application/x-www-form-urlencoded", b"name=x&key=%s", 415),
        ("multipart/form-data; boundary=x", b"--x--%s", 415),
        ("text/plain; application/json", b'{"name": "x", "key": "%s"}', 415),
        ("", b'{"name": "x", "key": "%s"}', 415),
    ],
)
async def test_what_writes_is_json(client: httpx2.AsyncClient, kind: str, body: bytes, status: int) -> None:
    body = body.replace(b"%s", f"K{abs(hash(kind)) % 10**8}".encode())
    headers = {"Content-Type": kind} if kind else {}
    answer = await client.post("/api/projects", content=body, headers=headers)
    assert answer.status_code == status


async def test_a_compressed_body_is_refused(client: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": JSON, "Content-Encoding": "deflate"}
    assert (await client.post("/api/projects", content=b"x", headers=headers)).status_code == 415


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 8 * 1024 * 1024])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_a_mebibyte_is_refused_and_its_sender_reads_so(
    client: httpx2.AsyncClient, size: int, *, chunked: bool
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(size // 65536 + 1):
            yield b" " * 65536

    content = parts() if chunked else b" " * size
    answer = await client.post("/api/projects", content=content, headers={"Content-Type": JSON})
    assert answer.status_code == 413
    assert answer.json()["detail"]


async def test_a_body_of_a_mebibyte_is_read(client: httpx2.AsyncClient) -> None:
    body = b'{"name": "x", "key": "BIG", "junk": "'
    body += b"x" * (1024 * 1024 - len(body) - 2) + b'"}'
    answer = await client.post("/api/projects", content=body, headers={"Content-Type": JSON})
    assert (len(body), answer.status_code) == (1024 * 1024, 201)


async def test_every_answer_is_dressed(client: httpx2.AsyncClient) -> None:
    seen = set()
    for path in ("/health", "/nope", "/docs", "/api/projects", "/api/projects/x"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        seen.add(headers["x-request-id"])
    refused = await client.get("/health", headers={"Host": "evil.example"})
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"Origin": "http://127.0.0.1:{port}"}, None),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/api/live", "/api/link"])
async def test_a_socket_is_guarded_like_any_request(
    server: Server, path: str, headers: dict[str, str], status: int | None
) -> None:
    given = {name: value.format(port=server.port) for name, value in headers.items()}
    host = given.pop("Host", f"127.0.0.1:{server.port}")
    uri = f"ws://{host}{path}"
    opening = connect(uri, host="127.0.0.1", port=server.port, additional_headers=given, proxy=None)
    if status is None and path == "/api/live":
        async with opening:
            pass
        return
    with pytest.raises(InvalidStatus) as refused:
        async with opening:
            pass
    assert refused.value.response.status_code == 403  # also where the node's key is missing


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded",
        "Via",
        "X-Real-IP",
        "x-forwarded-for",
    ],
)
async def test_behind_a_proxy_nobody_is_the_owner(client: httpx2.AsyncClient, header: str) -> None:
    for answer in (
        await client.get("/api/projects", headers={header: "127.0.0.1"}),
        await client.post("/api/runtime/sessions", headers={header: "127.0.0.1"}),
    ):
        assert answer.status_code == 401
        assert "proxy" in answer.json()["detail"]


async def test_under_a_further_name_nobody_is_the_owner(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/projects", headers={"Host": "hub.example"})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/api/tasks?project_id=1%00", "/api/runtime/sessions/a%00b", "/page/%00"])
async def test_a_nul_in_the_address_is_refused(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 422
