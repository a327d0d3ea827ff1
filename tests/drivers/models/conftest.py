"""A scripted model and a proxy before it, each on a port of its own, and an attempt's line through the proxy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

import coderclawlink.drivers.models.proxy as models_proxy
from coderclawlink.drivers.models.proxy import Line, Proxy
from coderclawlink.drivers.models.script import instead
from coderclawlink.drivers.models.script import serve as serve_script
from coderclawlink.events import AgentUsage


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def model_url() -> AsyncIterator[str]:
    async with serve_script() as url:
        yield url


@pytest.fixture(scope="module")
async def proxy(model_url: str) -> AsyncIterator[Proxy]:
    async with models_proxy.serve(instead(model_url)) as proxy:
        yield proxy


@pytest.fixture
def told() -> list[AgentUsage]:
    """What the line told of usage."""
    return []


@pytest.fixture
async def line(proxy: Proxy, told: list[AgentUsage]) -> AsyncIterator[Line]:
    async with proxy.open("run", 1, on_usage=told.append) as line:
        yield line


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=5) as http:
        yield http
