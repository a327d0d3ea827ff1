"""The interface and the reference: served from here alone, under a strict policy, and no other file with them."""

from __future__ import annotations

import gzip
import re

import httpx2
import pytest

from coderclawlink.web.page import STATIC

pytestmark = pytest.mark.anyio

needs_the_build = pytest.mark.skipif(
    not (STATIC / "index.html").is_file(), reason="the web interface is not built into this checkout: make ui"
)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_reference_needs_no_other_host(client: httpx2.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert not re.search(r"https?://|//[a-z]", page.text.replace("<!doctype", ""))
    assert "script-src" not in page.headers["content-security-policy"]  # so default-src 'self' holds for scripts
    for source in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert (await client.get(source)).status_code == 200


async def test_the_description_tells_each_operation_s_permission(client: httpx2.AsyncClient) -> None:
    description = (await client.get("/openapi.json")).json()
    assert description["paths"]["/api/projects"]["post"]["x-permission"] == "project:write"
    assert description["paths"]["/api/runtime/sessions"]["post"]["x-permission"] == "owner"


@needs_the_build
@pytest.mark.parametrize("path", ["/", "/inbox", "/tasks/DEMO-1", "/runs/01/review", "/agents/a.b", "/nowhere/at/all"])
async def test_every_address_of_the_interface_s_own_gives_the_page(client: httpx2.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert '<div id="app">' in page.text
    assert page.headers["cache-control"] == "no-cache"


@needs_the_build
async def test_the_page_lets_in_scripts_from_files_alone_and_styles_by_a_nonce_of_its_own(
    client: httpx2.AsyncClient,
) -> None:
    nonces = set()
    for _ in range(2):
        page = await client.get("/")
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        (nonce,) = re.findall(r"style-src 'self' 'nonce-([\w-]{20,})';", policy)
        assert f'nonce="{nonce}"' in page.text
        assert "%nonce%" not in page.text
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son\w+=", page.text)
        nonces.add(nonce)
    assert len(nonces) == 2


@needs_the_build
async def test_assets_are_kept_for_ever_and_come_compressed_to_who_takes_that(client: httpx2.AsyncClient) -> None:
    (script,) = re.findall(r'src="(/assets/[^"]+\.js)"', (await client.get("/")).text)
    plain = await client.get(script, headers={"accept-encoding": "identity"})
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "content-encoding" not in plain.headers
    for accepted, coding in (("gzip, deflate, br, zstd", "br"), ("br;q=0, gzip", "gzip"), ("gzip;q=0.5", "gzip")):
        async with client.stream("GET", script, headers={"accept-encoding": accepted}) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == coding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"] == plain.headers["content-type"]
        assert len(raw) < len(plain.content) / 2
        if coding == "gzip":
            assert gzip.decompress(raw) == plain.content


@needs_the_build
async def test_files_at_the_top_are_asked_for_anew_each_time(client: httpx2.AsyncClient) -> None:
    for path in ("/theme.js", "/icon.svg"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/assets/gone-12345678.js", "/assets/", "/favicon.ico", "/gone.js", "/assets"])
async def test_a_missing_file_is_missing_and_not_the_page(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/tasks/1/nothing", "/manual"])
async def test_a_wrong_address_of_the_api_is_answered_as_the_api_answers(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "name",
    [
        "../api.py", "%2e%2e/api.py", "..%2fapi.py", "%2e%2e%2fapi.py", "....//api.py", "..\\api.py", "/etc/passwd",
        "%2fetc%2fpasswd", "", ".", "page", "index.html/", "index.html%00.js", "file:///etc/passwd",
        "../.vite/manifest.json", "%2e%2e/index.html",
    ],
)  # fmt: skip
@pytest.mark.parametrize("folder", ["assets", "manual"])
async def test_no_other_file_is_served(client: httpx2.AsyncClient, folder: str, name: str) -> None:
    answer = await client.get(f"/{folder}/{name}")
    assert answer.status_code in (404, 422) or '<div id="app">' in answer.text
    assert "APIRouter" not in answer.text
    assert "root:" not in answer.text
