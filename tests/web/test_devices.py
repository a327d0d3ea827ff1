"""Devices over HTTP: who makes codes, who is let in by them, and what a device may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from coderclawlink.access import device_key, people, sessions
from coderclawlink.access.policy import READS, Role
from coderclawlink.db.schema import failures
from tests.web.conftest import Server, serving

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("team"), mode="team") as running:
        yield running


@pytest.fixture(autouse=True)
async def nobody_has_failed(server: Server) -> None:
    await server.hub.db.write(lambda tx: tx.change(failures.delete()))


class Person:
    """Somebody who has signed in by a browser just now."""

    def __init__(self, client: httpx2.AsyncClient, session: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {session}"}

    async def __call__(self, verb: str, path: str, status: int = 200, **body: Any) -> Any:
        json = body if verb in ("POST", "PATCH") else None
        answer = await self._client.request(verb, path, headers=self._headers, json=json)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


async def person(server: Server, client: httpx2.AsyncClient, user: str, role: Role = Role.DEVELOPER) -> Person:
    db = server.hub.db
    await db.write(people.create, user, role=role, how="admin")
    opened = await db.write(lambda tx: sessions.open_browser(tx, user, how="password", address=None, agent=None))
    return Person(client, opened.id)


async def paired(client: httpx2.AsyncClient, code: str, key: str, name: str = "laptop") -> httpx2.Response:
    public = device_key.public_of(key)
    signature = device_key.sign(key, device_key.to_pair(device_key.meant(code), public, name))
    body = {"code": code, "public_key": public, "name": name, "signature": signature}
    return await client.post("/api/devices/pair", json=body)


async def signed_in(client: httpx2.AsyncClient, device: Any, key: str) -> httpx2.Response:
    asked = (await client.post("/api/devices/challenge", json={"device_id": device["id"]})).json()["challenge"]
    signature = device_key.sign(key, device_key.to_sign_in(device["hub"], device["id"], asked))
    body = {"device_id": device["id"], "challenge": asked, "signature": signature}
    return await client.post("/api/devices/sign-in", json=body)


async def test_a_device_is_paired_signs_in_and_is_narrowed_by_its_trust(
    server: Server, client: httpx2.AsyncClient
) -> None:
    root = await person(server, client, "root", Role.ADMIN)
    key = device_key.new()
    made = await root("POST", "/api/devices/pairings", 201, trust="low")
    device = (await paired(client, made["code"], key)).json()
    assert (device["user"], device["trust"], device["hub"]) == ("root", "low", "localhost")
    assert device["fingerprint"] == device_key.fingerprint(device_key.public_of(key))
    opened = (await signed_in(client, device, key)).json()
    laptop = Person(client, opened["session_id"])
    assert set((await laptop("GET", "/api/me"))["permissions"]) == READS
    assert [one["kind"] for one in await laptop("GET", "/api/auth/sessions")] == ["device", "browser"]
    for verb, path in (
        ("DELETE", f"/api/devices/{device['id']}"),
        ("POST", "/api/devices/pairings"),
        ("POST", "/api/runtime/sessions"),
        ("POST", "/api/auth/sign-out-everywhere"),
    ):
        assert "low trust" in (await laptop(verb, path, 403))["detail"]
    await root("PATCH", f"/api/devices/{device['id']}", trust="normal")
    assert "step-up" in (await laptop("POST", "/api/devices/pairings", 403))["detail"]  # nobody has shown to be there
    assert "admin:users" in (await laptop("GET", "/api/users", 403))["detail"]
    program = Person(client, (await laptop("POST", "/api/runtime/sessions"))["session_id"])
    assert "admin:users" not in (await program("GET", "/api/me"))["permissions"]  # bound to the same device
    other = await root("POST", "/api/devices/pairings", 201, trust="high")
    stronger = (await paired(client, other["code"], device_key.new(), "desk")).json()
    assert "another device" in (await laptop("POST", "/api/runtime/sessions", 403, device_id=stronger["id"]))["detail"]
    await root("DELETE", f"/api/devices/{device['id']}", 204)
    await laptop("GET", "/api/me", 401)
    await program("GET", "/api/me", 401)
    assert (await signed_in(client, device, key)).status_code == 401


async def test_wrong_codes_are_refused_five_times_a_minute_and_right_ones_cost_nothing(
    server: Server, client: httpx2.AsyncClient
) -> None:
    ada = await person(server, client, "ada")
    for _ in range(6):
        code = (await ada("POST", "/api/devices/pairings", 201))["code"]
        assert (await paired(client, code, device_key.new())).status_code == 201
    answers = [await paired(client, "00000-0000" + digit, device_key.new()) for digit in "123456"]
    assert [answer.status_code for answer in answers] == [404] * 5 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 61


async def test_devices_of_others_are_not_there_but_for_administrators(
    server: Server, client: httpx2.AsyncClient
) -> None:
    bea, cleo = await person(server, client, "bea"), await person(server, client, "cleo")
    chief = await person(server, client, "chief", Role.ADMIN)
    code = (await bea("POST", "/api/devices/pairings", 201))["code"]
    device = (await paired(client, code, device_key.new())).json()["id"]
    for verb, path, status in (
        ("GET", f"/api/devices/{device}", 404),
        ("DELETE", f"/api/devices/{device}", 404),
        ("GET", "/api/devices?user=bea", 403),
        ("GET", "/api/devices?everybody=true", 403),
    ):
        await cleo(verb, path, status)
    await cleo("PATCH", f"/api/devices/{device}", 404, trust="low")
    await cleo("POST", "/api/devices/pairings", 403, user="bea")
    await bea("POST", "/api/devices/pairings", 403, trust="high")
    await bea("PATCH", f"/api/devices/{device}", 403, trust="high")
    assert await cleo("GET", "/api/devices") == []
    assert [one["id"] for one in await chief("GET", "/api/devices?user=bea")] == [device]
    assert device in [one["id"] for one in await chief("GET", "/api/devices?everybody=true")]
    assert (await chief("PATCH", f"/api/devices/{device}", trust="high"))["trust"] == "high"


async def test_a_challenge_tells_nobody_which_devices_there_are(server: Server, client: httpx2.AsyncClient) -> None:
    unknown = {"id": "01900000-0000-7000-8000-000000000000", "hub": "localhost"}
    answer = await signed_in(client, unknown, device_key.new())
    assert answer.status_code == 401
    assert "unknown or revoked" in answer.json()["detail"]
