"""Signed checkpoints are told outside of the hub: to a file and a webhook, in order, also to one that was away."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from coderclawlink.access import checkpoints, sinks
from coderclawlink.access.checkpoints import Checkpoint
from coderclawlink.access.secrets import Vault
from coderclawlink.access.sinks import FileSink, Sink, SinkAway, WebhookSink
from coderclawlink.db.engine import Database
from coderclawlink.errors import Invalid
from tests.access.test_audit_keeping import tell

pytestmark = pytest.mark.anyio


class Heard:
    """A sink that is away as often as it is told to be."""

    name = "webhook"

    def __init__(self, away: int = 0) -> None:
        self.away = away
        self.took: list[int] = []
        self.changed = asyncio.Event()

    async def put(self, one: Checkpoint) -> None:
        self.changed.set()
        if self.away:
            self.away -= 1
            raise SinkAway("It is away.")
        self.took.append(one.seq)


@asynccontextmanager
async def telling(
    db: Database, home: Path, *told: Sink, waits: tuple[float, ...] = (0.01, 0.02)
) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(sinks.run(db, Vault(home), told, look_seconds=0.02, waits=waits))
        try:
            yield
        finally:
            running.cancel()


async def until_told(db: Database, sink: str) -> None:
    async with asyncio.timeout(20):
        with db.bell.listen("audit told") as ear:
            while await db.read(sinks.untold, sink) is not None:
                await ear.wait(0.02)


async def signed(db: Database, home: Path, times: int) -> list[int]:
    made = []
    for _ in range(times):
        await db.write(tell, 2)
        one = await db.write(checkpoints.sign, Vault(home))
        assert one is not None
        made.append(one.seq)
    return made


async def test_a_sink_that_is_away_is_told_later_in_order_and_holds_up_no_other(db: Database, tmp_path: Path) -> None:
    made = await signed(db, tmp_path, 3)
    away, file = Heard(away=4), FileSink(tmp_path / "checkpoints.jsonl")
    async with telling(db, tmp_path, away, file):
        await until_told(db, "webhook")
        await until_told(db, "file")
    assert away.took == made
    lines = [json.loads(line) for line in (tmp_path / "checkpoints.jsonl").read_text().splitlines()]
    assert [line["seq"] for line in lines] == made
    assert Checkpoint(**{**lines[0], "at": 0}).is_signed
    assert await db.read(sinks.away) == {}


async def test_that_a_sink_is_away_is_shown_until_it_is_back_or_no_longer_told(db: Database, tmp_path: Path) -> None:
    [seq] = await signed(db, tmp_path, 1)
    sink = Heard(away=1)
    async with telling(db, tmp_path, sink, waits=(60,)), asyncio.timeout(20):
        with db.bell.listen("audit told") as ear:
            while not await db.read(sinks.away):
                await ear.wait(0.02)
    assert await db.read(sinks.away) == {"webhook": "It is away."}
    assert (await db.read(sinks.sent, [seq]))[seq] == {"webhook": {"why": "It is away.", "failures": 1}}
    async with telling(db, tmp_path, FileSink(tmp_path / "file")):
        await until_told(db, "file")
    assert await db.read(sinks.away) == {}


async def test_a_line_that_somebody_was_killed_in_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "checkpoints.jsonl"
    file.write_text('{"seq": 1, "ha')
    await FileSink(file).put(Checkpoint(2, "h", 0, "k", "s"))
    assert json.loads(file.read_text().splitlines()[-1])["seq"] == 2
    with pytest.raises(SinkAway, match="No such file"):
        await FileSink(tmp_path / "none" / "file").put(Checkpoint(2, "h", 0, "k", "s"))


async def test_a_webhook_is_signed_as_standard_webhooks_says(db: Database, tmp_path: Path) -> None:
    """Also with the example that the standard itself gives."""
    given = sinks.signed(
        b'{"test": 2432232314}',
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        Ed25519PrivateKey.generate(),
        sinks._decoded("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    )
    assert given["webhook-signature"].split()[1] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    made = await signed(db, tmp_path, 1)
    heard: list[tuple[dict[str, str], bytes]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        heard.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(b"HTTP/1.1 %s\r\ncontent-length: 0\r\n\r\n" % (b"503 No" if len(heard) == 1 else b"200 OK"))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server, asyncio.timeout(20):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        secret = base64.b64encode(os.urandom(24)).decode()
        async with telling(db, tmp_path, WebhookSink(db, Vault(tmp_path), url, f"whsec_{secret}")):
            await until_told(db, "webhook")
    [(refused, _), (headers, body)] = heard
    assert refused["webhook-id"] == headers["webhook-id"], "the same thing said again"
    told = json.loads(body)
    assert (told["type"], told["data"]["seq"]) == ("audit.checkpoint", made[0])
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    v1a, v1 = headers["webhook-signature"].split()
    assert v1 == f"v1,{base64.b64encode(hmac.digest(base64.b64decode(secret), text, hashlib.sha256)).decode()}"
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(told["data"]["key"]))
    key.verify(base64.b64decode(v1a.removeprefix("v1a,")), text)


async def test_a_secret_of_a_webhook_that_is_none_is_refused(db: Database, tmp_path: Path) -> None:
    for secret in ("whsec_", "whsec_not base64", "x"):
        with pytest.raises(Invalid, match="CLAWLINK_AUDIT_WEBHOOK_SECRET"):
            WebhookSink(db, Vault(tmp_path), "http://127.0.0.1/", secret)
