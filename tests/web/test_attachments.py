"""Files in and out: streamed, bounded while they are read, never shown as a page of ours, and handed to nodes by their key."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from coderclawlink.board.files import SIZE_AT_MOST
from tests.web.conftest import Quick, Server, session, task

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
PAGE = b"<html><script>alert(document.domain)</script></html>"


async def put(client: httpx2.AsyncClient, name: str, content: bytes, **more: object) -> httpx2.Response:
    path = f"/api/tasks/{(await task(client))['id']}/attachments"
    return await client.put(path, params={"name": name}, content=content, **more)  # type: ignore[arg-type]


async def trickle(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, until the connection is cut."""
    async with asyncio.timeout(20):
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)


def lying(server: Server) -> list[Path]:
    return [path for path in (server.home / "attachments").rglob("*") if path.is_file()]


async def test_a_file_comes_back_as_it_was_sent(client: httpx2.AsyncClient) -> None:
    content = bytes(range(256)) * 5000  # more than the guard lets JSON have
    made = (await put(client, "größe 1.bin", content)).json()
    assert (made["name"], made["size"], made["sha256"]) == (
        "größe 1.bin",
        len(content),
        hashlib.sha256(content).hexdigest(),
    )
    listed = (await client.get(f"/api/tasks/{made['task_id']}/attachments")).json()
    assert listed == [made]
    got = await client.get(f"/api/attachments/{made['id']}")
    assert got.content == content
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment;")
    assert "gr%C3%B6%C3%9Fe%201.bin" in got.headers["content-disposition"]
    part = await client.get(f"/api/attachments/{made['id']}", headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"\1\2\3")


@pytest.mark.parametrize("name", ["page.html", "page.svg", "page.png", "page"])
@pytest.mark.parametrize("query", [{}, {"inline": "true"}])
async def test_a_page_of_somebody_is_never_a_page_of_ours(
    client: httpx2.AsyncClient, name: str, query: dict[str, str]
) -> None:
    made = (await put(client, name, PAGE, headers={"Content-Type": "text/html"})).json()
    got = await client.get(f"/api/attachments/{made['id']}", params=query)
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers["content-disposition"].startswith("attachment;")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]


async def test_an_image_may_be_looked_at_in_a_box(client: httpx2.AsyncClient) -> None:
    made = (await put(client, "shot.exe", PNG)).json()
    got = await client.get(f"/api/attachments/{made['id']}")
    assert got.headers["content-disposition"].startswith("attachment;")
    got = await client.get(f"/api/attachments/{made['id']}", params={"inline": "true"})
    assert got.headers["content-disposition"].startswith("inline;")
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert got.headers["x-content-type-options"] == "nosniff"


async def test_the_limit_is_kept_while_a_file_is_read(client: httpx2.AsyncClient, server: Server) -> None:
    async def endless(pieces: int) -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield bytes(1 << 20)

    path = f"/api/tasks/{(await task(client))['id']}/attachments"
    before = len(lying(server))
    async with asyncio.timeout(60):
        whole = await client.put(path, params={"name": "big"}, content=endless(SIZE_AT_MOST >> 20))
        assert whole.status_code == 201
        refused = await client.put(path, params={"name": "bigger"}, content=endless((SIZE_AT_MOST >> 20) + 1))
        assert refused.status_code == 413
        assert refused.json() == {"detail": "A file has at most 64 MiB."}
        said = await client.put(path, params={"name": "bigger"}, content=bytes(SIZE_AT_MOST + 1))
        assert said.status_code == 413
    assert len(lying(server)) == before + 1


async def test_who_waits_to_be_asked_for_too_much_is_not_asked(client: httpx2.AsyncClient, server: Server) -> None:
    made = await task(client)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = (
        f"PUT /api/tasks/{made['id']}/attachments?name=x HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {SIZE_AT_MOST + 1}\r\nExpect: 100-continue\r\n\r\n"
    )
    writer.write(head.encode())
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


async def test_of_a_file_that_breaks_off_nothing_is_left(client: httpx2.AsyncClient, server: Server) -> None:
    made = await task(client)
    before = lying(server)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = (
        f"PUT /api/tasks/{made['id']}/attachments?name=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
    )
    writer.write(head.encode() + bytes(3_000_000))
    await writer.drain()
    async with asyncio.timeout(10):
        while len(lying(server)) == len(before):  # until it has begun to arrive
            await asyncio.sleep(0.01)
        writer.close()
        while lying(server) != before:
            await asyncio.sleep(0.01)
    assert (await client.get(f"/api/tasks/{made['id']}/attachments")).json() == []


async def test_a_file_has_the_time_that_its_length_takes_and_no_more(
    client: httpx2.AsyncClient, server: Server
) -> None:
    made = await task(client)

    async def steadily() -> AsyncIterator[bytes]:
        begun = time.monotonic()
        while time.monotonic() - begun < 2.5 * Quick.body_seconds:
            yield bytes(64 * 1024)
            await asyncio.sleep(0.2)

    path = f"/api/tasks/{made['id']}/attachments"
    assert (await client.put(path, params={"name": "slow"}, content=steadily())).status_code == 201
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"PUT {path}?name=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n".encode())
    begun = time.monotonic()
    with pytest.raises(ConnectionError):
        await trickle(writer)
    writer.close()
    assert time.monotonic() - begun < 3 * Quick.body_seconds


async def test_only_the_one_route_takes_what_is_no_json(client: httpx2.AsyncClient) -> None:
    made = await task(client)
    for verb, path in (
        ("POST", f"/api/tasks/{made['id']}/attachments"),
        ("PUT", f"/api/tasks/{made['id']}/attachments/x"),
        ("PUT", f"/api/tasks/{made['id']}"),
        ("POST", f"/api/tasks/{made['id']}/comments"),
    ):
        answer = await client.request(verb, path, content=b"GIF89a")
        assert answer.status_code == 415, path
    packed = {"Content-Encoding": "gzip"}
    assert (await put(client, "x", b"\x1f\x8b", headers=packed)).status_code == 415


async def test_pages_of_other_sites_and_those_who_may_not_write_put_nothing(
    client: httpx2.AsyncClient, server: Server
) -> None:
    before = lying(server)
    assert (await put(client, "x", b"evil", headers={"Origin": "https://evil.example"})).status_code == 403
    assert (await put(client, "x", b"evil", headers={"Authorization": "Bearer wrong"})).status_code == 401
    assert (await client.put("/api/tasks/999999/attachments", params={"name": "x"}, content=b"evil")).status_code == 404
    assert (await put(client, "..", b"evil")).status_code == 422
    assert lying(server) == before


async def test_the_same_file_lies_there_once_and_its_author_takes_it_away(
    client: httpx2.AsyncClient, server: Server
) -> None:
    ann = {"Authorization": f"Bearer {await session(client, 'ann')}"}
    bob = {"Authorization": f"Bearer {await session(client, 'bob')}"}
    before = len(lying(server))
    one = (await put(client, "one", b"the same", headers=ann)).json()
    two = (await put(client, "two", b"the same")).json()
    assert len(lying(server)) == before + 1
    assert (await client.delete(f"/api/attachments/{one['id']}", headers=bob)).status_code == 403
    assert (await client.delete(f"/api/attachments/{one['id']}", headers=ann)).status_code == 204
    assert (await client.get(f"/api/attachments/{one['id']}")).status_code == 404
    assert (await client.get(f"/api/attachments/{two['id']}")).content == b"the same"


async def test_a_node_fetches_a_file_by_its_key_and_nobody_else(client: httpx2.AsyncClient, server: Server) -> None:
    made = (await put(client, "one", b"for an agent")).json()
    path = f"/api/link/attachments/{made['sha256']}"
    key = (server.home / "node.key").read_text()
    got = await client.get(path, headers={"Authorization": f"Bearer {key}"})
    assert (got.status_code, got.content) == (200, b"for an agent")
    assert got.headers["content-type"] == "application/octet-stream"
    for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {await session(client)}"}):
        assert (await client.get(path, headers=wrong)).status_code == 401
    await client.delete(f"/api/attachments/{made['id']}")
    for gone in (made["sha256"], "0" * 64, "..%2Fnode.key"):
        answer = await client.get(f"/api/link/attachments/{gone}", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 404
