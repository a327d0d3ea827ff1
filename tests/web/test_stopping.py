"""A hub that stops while others wait for it. A file of its own: one process runs one hub at a time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import httpx2
import pytest

from tests.web.conftest import serving, task

pytestmark = pytest.mark.anyio


async def test_a_hub_that_stops_lets_streams_and_waiting_callers_go(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving(tmp_path))
        async with httpx2.AsyncClient(base_url=server.url, timeout=20) as client:
            run = (await client.post("/api/runs", json={"agent": "claude", "prompt": "x"})).json()["id"]
            body = {"task_id": (await task(client))["id"], "agent_type": "claude", "prompt": "x"}
            async with asyncio.TaskGroup() as tasks:
                executing = tasks.create_task(client.post("/api/tasks/execute", json=body))
                following = asyncio.Event()
                tasks.create_task(follow(client, run, following))
                async with asyncio.timeout(10):
                    await following.wait()
                    with server.hub.db.bell.listen("run.submitted") as ear:
                        while len((await client.get("/api/runs")).json()) < 2:
                            await ear.wait(1)
                began = time.monotonic()
                await asyncio.to_thread(stack.close)
            assert executing.result().status_code == 503
            assert "goes on" in executing.result().json()["detail"]
    assert time.monotonic() - began < 2.5


async def follow(client: httpx2.AsyncClient, run: str, under_way: asyncio.Event) -> None:
    """Read the run's stream; that it is cut in the middle is what the reader goes by to come back."""
    with contextlib.suppress(httpx2.RemoteProtocolError):
        async with client.stream("GET", f"/api/runtime/tasks/{run}/stream") as stream:
            async for _ in stream.aiter_lines():
                under_way.set()
