"""How soon what was let in is closed, once a device is revoked: 100 people listen, each by WebSocket and by Server-Sent Events.

A real hub behind a real server, and those who listen, in one process: what they cost each other is in the figure.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

from bench.rows import Found, Row, not_run, spread
from coderclawlink.access import devices, people
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.db.engine import Database, open_database
from tests import postgres
from tests.web.conftest import Server, serving
from tests.web.listeners import guest, listening, opened, streaming

PEOPLE = 100
AIM = "p99 < 1 s"


def measure(quick: bool) -> Found:
    count = 5 if quick else PEOPLE
    rows = []
    with tempfile.TemporaryDirectory() as home, serving(Path(home), mode="team") as server:
        rows += asyncio.run(_measured(server, server.hub.db, "SQLite", count))
    try:
        with (
            tempfile.TemporaryDirectory() as home,
            postgres.server() as url,
            serving(Path(home), database=url, mode="team") as server,
            open_database(url) as elsewhere,
        ):
            rows += asyncio.run(_measured(server, elsewhere, "PostgreSQL, told to another hub", count))
    except postgres.PostgresMissing as missing:
        rows.append(not_run("PostgreSQL", missing))
    return Found(
        f"Revoking a device: until its streams are closed, of {2 * count} that are open",
        "the person's own streams read their session anew, the others sleep; between hubs a ring is gathered for up to 50 ms.",
        rows,
    )


async def _measured(server: Server, db: Database, where: str, count: int) -> list[Row]:
    await server.hub.db.write(people.create, "root", role=Role.ADMIN, how="admin")
    root = await opened(server, "root")
    those = [await guest(server, root) for _ in range(count)]
    by_socket, by_stream = [], []
    async with contextlib.AsyncExitStack() as stack:
        open_ = [
            (
                one,
                await stack.enter_async_context(listening(server.url, one)),
                await stack.enter_async_context(streaming(server.url, one)),
            )
            for one in those
        ]
        for one, socket, stream in open_:
            began = time.perf_counter()
            await db.write(devices.revoke, OWNER, one.device.id)
            socket_took, stream_took = await asyncio.gather(_until(socket, began), _until(stream, began))
            by_socket.append(socket_took)
            by_stream.append(stream_took)
    beside = f"{count} revocations, one after another"
    return [
        Row(f"WebSocket, p50 / p99 ({where})", spread(by_socket), AIM, beside),
        Row(f"Server-Sent Events, p50 / p99 ({where})", spread(by_stream), AIM, beside),
    ]


async def _until(closed: Awaitable[object], began: float) -> float:
    """Seconds from the beginning of the revocation to the close."""
    await closed
    return time.perf_counter() - began
