"""A right that is taken away is gone at once: the next request is refused, and what listens by it is closed within a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest

from coderclawlink.access import devices, members, people, sessions
from coderclawlink.access.policy import OWNER, Role
from coderclawlink.access.sessions import Session
from coderclawlink.db.engine import Database, Tx, open_database
from coderclawlink.ids import RunId
from tests import postgres as postgres_server
from tests.web.conftest import Server, serving
from tests.web.listeners import Guest, guest, listening, opened, streaming

pytestmark = pytest.mark.anyio

WITHIN_SECONDS = 1.0
"""From the commit to the close."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Database]]:
    """A hub, and the database as another hub of it has it, with a bell of its own; SQLite has one hub."""
    home = tmp_path_factory.mktemp("team")
    if request.param == "sqlite":
        with serving(home, mode="team") as running:
            yield running, running.hub.db
        return
    with (
        postgres_server.database(request.getfixturevalue("postgres")) as url,
        serving(home, database=url, mode="team") as running,
        open_database(url) as elsewhere,
    ):
        yield running, elsewhere


@pytest.fixture(scope="module")
def server(both: tuple[Server, Database]) -> Server:
    return both[0]


@pytest.fixture(scope="module", autouse=True)
async def root(server: Server) -> Session:
    await server.hub.db.write(people.create, "root", role=Role.ADMIN, how="admin")
    return await opened(server, "root")


def end_session(tx: Tx, who: Guest) -> None:
    sessions.delete(tx, who.session.id)


def revoke_device(tx: Tx, who: Guest) -> None:
    devices.revoke(tx, OWNER, who.device.id)


def disable(tx: Tx, who: Guest) -> None:
    people.disable(tx, who.user, by="root")


def take_membership(tx: Tx, who: Guest) -> None:
    members.take(tx, who.project, who.user, "root")


def lower_role(tx: Tx, who: Guest) -> None:
    people.change(tx, who.user, {"role": "viewer"}, by="root")


def lower_trust(tx: Tx, who: Guest) -> None:
    devices.trust(tx, OWNER, who.device.id, "low")


SIGN_IN_FIRST, OTHER_RIGHTS = 4401, 4403
ENDED, CHANGED = "the session has ended", "what you may has changed"
DEEDS = [
    (end_session, SIGN_IN_FIRST, ENDED),
    (revoke_device, SIGN_IN_FIRST, ENDED),
    (disable, SIGN_IN_FIRST, ENDED),
    (take_membership, OTHER_RIGHTS, CHANGED),
    (lower_role, OTHER_RIGHTS, CHANGED),
    (lower_trust, OTHER_RIGHTS, CHANGED),
]


@pytest.mark.parametrize(("deed", "code", "word"), DEEDS, ids=[deed.__name__ for deed, _, _ in DEEDS])
async def test_what_listens_is_closed_within_a_second_and_the_next_request_is_refused_whichever_hub_was_told(
    both: tuple[Server, Database], root: Session, deed: Callable[[Tx, Guest], None], code: int, word: str
) -> None:
    server, elsewhere = both
    who = await guest(server, root)
    async with asyncio.timeout(20), listening(server.url, who) as socket, streaming(server.url, who) as stream:
        await elsewhere.write(deed, who)
        began = time.monotonic()
        assert await socket == code
        assert word in await stream
        assert time.monotonic() - began < WITHIN_SECONDS
    headers = {"Authorization": f"Bearer {who.session.id}"}
    async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=20) as client:
        if code == SIGN_IN_FIRST:
            assert (await client.get("/api/me")).status_code == 401
        elif deed is take_membership:
            assert (await client.delete(f"/api/projects/{who.project}")).status_code == 403
        else:
            assert (await client.post("/api/projects", json={"name": "Q", "key": "Q"})).status_code == 403


async def test_others_go_on_listening(server: Server, root: Session) -> None:
    gone, stays = await guest(server, root), await guest(server, root)
    async with asyncio.timeout(20), listening(server.url, gone) as closed, listening(server.url, stays) as open_:
        async with streaming(server.url, stays) as stream:
            await server.hub.db.write(revoke_device, gone)
            assert await closed == SIGN_IN_FIRST
            assert not stream.done()
            assert not open_.done()
            await server.hub.runtime.cancel(stays.session.actor, RunId(stays.run))
            assert "run.cancelled" in await stream
        await server.hub.db.write(end_session, stays)
