"""The page and the reference: served from here alone, under a strict policy, and no other file with them."""

from __future__ import annotations

import re

import httpx2
import pytest

from coderclawlink.web.page import PAGE

pytestmark = pytest.mark.anyio


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


async def test_the_page_and_its_files_are_served_strictly(client: httpx2.AsyncClient) -> None:
    if not (PAGE / "index.html").exists():
        pytest.skip("the page is not built into this checkout")
    for path in ("/", *(f"/page/{one.name}" for one in PAGE.iterdir() if one.is_file())):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name",
    [
        "../api.py", "%2e%2e/api.py", "..%2fapi.py", "%2e%2e%2fapi.py", "....//api.py", "..\\api.py", "/etc/passwd",
        "%2fetc%2fpasswd", "", ".", "page", "index.html/", "index.html%00.js", "file:///etc/passwd",
    ],
)  # fmt: skip
@pytest.mark.parametrize("folder", ["page", "manual"])
async def test_no_other_file_is_served(client: httpx2.AsyncClient, folder: str, name: str) -> None:
    assert (await client.get(f"/{folder}/{name}")).status_code in (404, 422)
