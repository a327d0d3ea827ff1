"""What is told when something goes wrong, whoever's fault it is."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx2
import pytest
from fastapi import APIRouter

from coderclawlink.access.rules import Rules
from coderclawlink.access.secrets import Vault
from coderclawlink.board.files import Files
from coderclawlink.db.engine import open_database
from coderclawlink.errors import ClawlinkError, Conflict, Denied, Invalid, NotFound, NotSignedIn, Unavailable
from coderclawlink.journal.feed import Feed
from coderclawlink.pulls.hosts import Hosts
from coderclawlink.runtime.contract import Runtime
from coderclawlink.web import api, health
from coderclawlink.web.peer import Peers
from coderclawlink.web.rooms import Rooms
from coderclawlink.web.signing_in import open_to_all

pytestmark = pytest.mark.anyio

FAMILIES: dict[type[ClawlinkError], int] = {
    NotSignedIn: 401, Denied: 403, NotFound: 404, Conflict: 409, Invalid: 422, Unavailable: 503,
}  # fmt: skip
router = APIRouter(dependencies=[open_to_all("it is a test")])


@router.get("/fails/{family}")
async def fail(family: str) -> None:
    errors = {one.__name__: one for one in FAMILIES}
    if family in errors:
        raise errors[family]("It went wrong.")
    raise ZeroDivisionError("a fault of ours, with a secret in it")


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(api.assemble([router]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        yield opened


@pytest.mark.parametrize(("family", "status"), FAMILIES.items())
async def test_each_family_has_its_status_and_its_sentence(
    client: httpx2.AsyncClient, family: type[ClawlinkError], status: int
) -> None:
    answer = await client.get(f"/fails/{family.__name__}")
    assert (answer.status_code, answer.json()) == (status, {"detail": "It went wrong."})


async def test_a_fault_of_ours_is_logged_and_told_by_its_number_alone(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/fails/otherwise")
    number = answer.headers["x-request-id"]
    assert answer.status_code == 500
    assert number in answer.json()["detail"]
    assert "secret" not in answer.text
    assert number in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_health_is_503_when_the_database_does_not_answer(tmp_path: Path) -> None:
    app = api.assemble([health.router])
    with open_database("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2") as db:
        app.state.rooms = Rooms(
            db,
            cast(Runtime, None),
            Feed(db),
            Peers(tmp_path),
            "",
            Files(tmp_path),
            cast(Hosts, None),
            Vault(tmp_path),
            "",
            cast(Rules, None),
        )
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as client:
            answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"detail": "The database does not answer."})
