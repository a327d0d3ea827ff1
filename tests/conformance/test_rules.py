"""Both answers to `Engine`, bundles of ours and an Open Policy Agent, decide alike.

The agent is played: a small server with its interface, which evaluates by the same library. Against a real one nothing was tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from regopy import Interpreter, LogLevel  # type: ignore[import-untyped]

from coderclawlink.access.opa import Opa
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.access.rego import Bundle, Rego
from coderclawlink.access.rules import Engine, PolicyDenied, Rules
from coderclawlink.db.engine import Database

pytestmark = pytest.mark.anyio

MODULES = {
    "main.rego": """package clawlink
import rego.v1
default allow := false
allow if { input.actor.role == "admin" }
allow if { input.action == "task:view"; input.actor.role != "guest" }
allow := "perhaps" if { input.action == "odd" }
reason := "Guests only look at nothing." if { input.actor.role == "guest" }
"""
}
PATIENT = 5.0


@asynccontextmanager
async def played_opa(answer: Callable[[str, object], bytes]) -> AsyncIterator[str]:
    """Yields its URL. `answer`: from the path and the input to the body."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(int(line[15:]) for line in head.lower().split("\r\n") if line[:15] == "content-length:")
                body = answer(head.split()[1], json.loads(await reader.readexactly(length))["input"])
                status = b"200 OK" if body else b"500 Internal Server Error"
                writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def evaluating() -> Callable[[str, object], bytes]:
    made = Interpreter()
    made.log_level = LogLevel.NONE
    for name, text in MODULES.items():
        made.add_module(name, text)

    def answer(path: str, input: object) -> bytes:
        made.set_input(input)
        told = str(made.query(path.removeprefix("/v1/").replace("/", ".")))
        found = {} if told == "undefined" else json.loads(told)
        return json.dumps({"result": found["expressions"][0]} if "expressions" in found else {}).encode()

    return answer


@pytest.fixture(params=["rego", "opa"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    if request.param == "rego":
        rego = Rego(deadline_seconds=PATIENT)
        yield rego
        await rego.close()
        return
    async with played_opa(evaluating()) as url:
        opa = Opa(url, deadline_seconds=PATIENT)
        yield opa
        await opa.close()


@pytest.mark.parametrize(
    ("role", "action", "allow", "reason"),
    [
        ("admin", "task:submit", True, ""),
        ("viewer", "task:view", True, ""),
        ("viewer", "task:submit", False, None),
        ("guest", "task:view", False, "Guests only look at nothing."),
        ("viewer", "odd", False, None),
    ],
)
async def test_both_decide_alike(engine: Engine, role: str, action: str, allow: bool, reason: str | None) -> None:
    answer = await engine.decide([Bundle(MODULES)], {"actor": {"role": role}, "action": action})
    assert answer.allow is allow
    assert answer.reason == reason if reason is not None else answer.reason


@pytest.mark.parametrize(
    "body", [b"", b"yes", b"[]", b"{}", b'{"result": 1}', b'{"result": "true"}', b'{"result": {}}']
)
async def test_what_is_no_plain_yes_of_an_agent_is_a_no(body: bytes) -> None:
    async with played_opa(lambda path, input: body) as url:
        opa = Opa(url, deadline_seconds=PATIENT)
        answer = await opa.decide([], {})
        await opa.close()
    assert not answer.allow
    assert answer.reason


async def test_an_agent_that_is_away_or_silent_is_a_no() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    opa = Opa(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", deadline_seconds=0.05)
    answer = await opa.decide([], {})
    assert (answer.allow, answer.reason) == (False, "The policy took too long: more than 50 ms.")
    await opa.close()
    server.close()
    away = Opa("http://127.0.0.1:1", deadline_seconds=PATIENT)
    assert not (await away.decide([], {})).allow
    await away.close()


async def test_of_an_agent_everything_is_asked_though_no_policy_is_kept_here(db: Database) -> None:
    async with played_opa(evaluating()) as url:
        rules = Rules(db, Opa(url, deadline_seconds=PATIENT), "opa")
        await rules.load()
        await rules.require(Actor(Role.VIEWER, session="s"), Permission.TASK_VIEW, {"project_id": 1})
        with pytest.raises(PolicyDenied, match=r"task:view: Guests only look at nothing\."):
            await rules.require(Actor(Role.GUEST, session="s"), Permission.TASK_VIEW, {})
        await rules.close()
