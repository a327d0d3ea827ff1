"""Somebody who listens: a person with a device, a project and a run in it, by WebSocket and by Server-Sent Events.

Above: the tests and the figure of how soon a right that is taken away is gone. Below: a running hub.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from coderclawlink.access import device_key, members, pairing, people, sessions
from coderclawlink.access.devices import Device
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.access.sessions import Session
from coderclawlink.board import projects
from tests.web.conftest import Server


async def opened(server: Server, user: str) -> Session:
    return await server.hub.db.write(
        lambda tx: sessions.open_browser(tx, user, how="password", address=None, agent=None)
    )


@dataclass
class Guest:
    """Somebody with a project and a run in it, who is signed in from a device."""

    user: str
    session: Session
    device: Device
    project: int
    run: str


_NUMBERS = itertools.count()


async def guest(server: Server, root: Session) -> Guest:
    user, db = f"guest{next(_NUMBERS)}", server.hub.db
    await db.write(people.create, user, role=Role.DEVELOPER, how="admin")
    code = (await db.write(lambda tx: pairing.create(tx, root.actor, user=user))).code
    key = device_key.new()
    public = device_key.public_of(key)
    signature = device_key.sign(key, device_key.to_pair(device_key.meant(code), public, "laptop"))
    device = await db.write(pairing.redeem, code, public, "laptop", signature)
    session = await db.write(lambda tx: sessions.open_device(tx, user, device.id, address=None, agent=None))
    made = await db.write(lambda tx: projects.create(tx, OWNER, name="P", key=user.upper()))
    await db.write(lambda tx: members.give(tx, made.id, user, Role.ADMIN, "root"))
    actor = (await db.read(sessions.find, session.id)).actor
    run = await server.hub.runtime.submit(actor, agent="claude", prompt="Hello", project_id=made.id)
    return Guest(user, session, device, made.id, run.id)


@contextlib.asynccontextmanager
async def listening(url: str, who: Guest) -> AsyncIterator[asyncio.Task[int]]:
    """By WebSocket; the task ends with the code that the hub closes it with."""
    async with connect(f"{url.replace('http', 'ws')}/api/live", compression=None, proxy=None) as socket:
        wanted = {"runs": [who.run], "projects": [who.project], "board": True}
        await socket.send(json.dumps({"session": who.session.id, "subscribe": wanted}))
        assert "subscribed" in json.loads(await socket.recv())

        async def hear() -> int:
            try:
                while True:
                    await socket.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd is not None else 0

        async with asyncio.TaskGroup() as group:
            yield group.create_task(hear())


@contextlib.asynccontextmanager
async def streaming(url: str, who: Guest) -> AsyncIterator[asyncio.Task[str]]:
    """By Server-Sent Events; the task ends with the stream, and with what was said."""
    headers = {"Authorization": f"Bearer {who.session.id}"}
    async with (
        httpx2.AsyncClient(base_url=url, headers=headers, timeout=20) as client,
        client.stream("GET", f"/api/runtime/tasks/{who.run}/stream") as answer,
    ):
        assert answer.status_code == 200
        lines = answer.aiter_lines()
        async for line in lines:
            if line.startswith("id:"):
                break

        async def hear() -> str:
            return " ".join([line async for line in lines])

        async with asyncio.TaskGroup() as group:
            yield group.create_task(hear())
