"""The hub on IPv6's loopback. A file of its own: one process runs one hub at a time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import httpx2
import pytest

from coderclawlink.web.peer import NODE_PID_FILE
from tests.web.conftest import Server, serving

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hub"), "::1") as running:
        yield running


async def test_the_owner_is_known_over_ipv6_and_an_agent_is_not_the_owner(server: Server) -> None:
    async with httpx2.AsyncClient(base_url=f"http://[::1]:{server.port}") as client:
        assert (await client.get("/api/projects")).status_code == 200
    asking = f"import httpx2; print(httpx2.get('http://[::1]:{server.port}/api/projects').status_code)"
    script = f'echo $$ > {server.home / NODE_PID_FILE}; {sys.executable} -c "{asking}"; true'
    async with asyncio.timeout(20):
        process = await asyncio.create_subprocess_exec("sh", "-c", script, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
    assert out.decode().strip() == "401"
