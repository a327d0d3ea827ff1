"""The audit chain over HTTP: the contract's routes, and what stands beside them."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coderclawlink.access import checkpoints, sessions
from coderclawlink.access.policy import Role
from coderclawlink.db import archive
from coderclawlink.db.schema import sessions as session_table
from coderclawlink.web import backup
from tests.web.conftest import Server

pytestmark = pytest.mark.anyio


async def a_session(server: Server, user: str | None, role: Role | None = None) -> str:
    return server.hub.db.write_now(lambda tx: sessions.create(tx, user, None, role=role)).id


async def a_project(client: httpx2.AsyncClient, key: str, session: str | None = None) -> int:
    headers = {} if session is None else {"authorization": f"Bearer {session}"}
    made = await client.post("/api/projects", json={"name": key, "key": key}, headers=headers)
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


async def test_an_administrator_reads_all_and_nobody_else_does(server: Server, client: httpx2.AsyncClient) -> None:
    admin, ann = await a_session(server, "root", Role.ADMIN), await a_session(server, "ann")
    await a_project(client, "AUDITONE", ann)
    found = await client.get("/api/audit/events", params={"session_id": admin, "user_id": "ann", "limit": 5})
    assert found.status_code == 200
    newest = found.json()[0]
    assert (newest["event_type"], newest["user_id"], newest["resource_id"]) == ("resource.modified", "ann", "AUDITONE")
    assert newest["status"] == "success"
    assert newest["timestamp"].endswith("Z")
    refused = await client.get("/api/audit/events", params={"session_id": ann})
    assert refused.status_code == 403
    assert (await client.get("/api/audit/events", params={"session_id": "nonsense"})).status_code == 401


async def test_what_is_refused_is_audited_as_denied(server: Server, client: httpx2.AsyncClient) -> None:
    admin, viewer = await a_session(server, "root", Role.ADMIN), await a_session(server, "vera", Role.VIEWER)
    refused = await client.post(
        "/api/projects", json={"name": "x", "key": "X"}, headers={"authorization": f"Bearer {viewer}"}
    )
    assert refused.status_code == 403
    asked = {"session_id": admin, "event_type": "permission.denied", "user_id": "vera"}
    [told] = (await client.get("/api/audit/events", params=asked)).json()
    assert (told["status"], told["details"]["permission"]) == ("denied", "project:write")
    assert "POST /api/projects" in told["details"]["reason"]


@pytest.mark.parametrize(
    ("query", "status"),
    [({"event_type": "no.such"}, 422), ({"limit": "0"}, 422), ({"limit": "1001"}, 422), ({"limit": "1000"}, 200)],
    ids=["unknown-type", "limit-0", "limit-1001", "limit-1000"],
)
async def test_what_makes_no_sense_is_422(client: httpx2.AsyncClient, query: dict[str, str], status: int) -> None:
    assert (await client.get("/api/audit/events", params=query)).status_code == status


async def test_a_session_sees_its_own_activity_and_an_administrator_any(
    server: Server, client: httpx2.AsyncClient
) -> None:
    admin, ann, bob = [
        await a_session(server, name, role) for name, role in (("root", Role.ADMIN), ("ann", None), ("bob", None))
    ]
    await a_project(client, "AUDITTWO", ann)
    path = f"/api/audit/sessions/{ann}/activity"
    own = await client.get(path, params={"auth_session_id": ann})
    assert [one["action"] for one in own.json()] == ["project.created", "session.created"]
    assert (await client.get(path, params={"auth_session_id": bob})).status_code == 403
    assert (await client.get(path, params={"auth_session_id": admin})).json() == own.json()
    assert ann not in own.text, "the id of a session is a secret"
    users = "/api/audit/users/ann/activity"
    assert (await client.get(users, params={"session_id": bob})).status_code == 403
    assert (await client.get(users, params={"session_id": ann})).status_code == 200
    assert len((await client.get(users, params={"session_id": admin})).json()) >= 2


async def test_it_is_searched_paged_counted_verified_and_exported(client: httpx2.AsyncClient) -> None:
    for key in ("AUDITA", "AUDITB", "AUDITC"):
        await a_project(client, key)
    first = (await client.get("/api/audit", params={"q": "AUDIT", "limit": 2})).json()
    assert [one["resource_id"] for one in first["events"]] == ["AUDITC", "AUDITB"]
    rest = (await client.get("/api/audit", params={"q": "audit", "limit": 2, "before": first["next"]})).json()
    assert rest["events"][0]["resource_id"] == "AUDITA"
    counted = (await client.get("/api/audit/analytics", params={"by": "type"})).json()
    assert {one["name"] for one in counted["counts"]} >= {"resource.modified"}
    as_csv = await client.get("/api/audit/analytics", params={"by": "day", "form": "csv"})
    assert as_csv.text.splitlines()[0] == "day,success,denied,failure"
    signed = (await client.post("/api/audit/checkpoints")).json()
    chain = (await client.get("/api/audit/chain")).json()
    assert (chain["broken"], chain["signed"] >= 1, chain["events"] >= signed["seq"]) == (None, True, True)
    lines = (await client.get("/api/audit/export")).text.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert json.loads((await client.get("/api/audit/export", params={"form": "ocsf"})).text.splitlines()[0])[
        "class_uid"
    ]
    table = (await client.get("/api/audit/export", params={"form": "csv"})).text.splitlines()
    assert table[0].startswith("seq,event_id,at,event_type")
    assert [line.split(",")[0] for line in table[1:4]] == ["1", "2", "3"]
    assert (await client.get("/api/audit", params={"since": "yesterday"})).status_code == 422


async def test_it_is_laid_beside_checkpoints_that_were_kept_elsewhere(
    server: Server, client: httpx2.AsyncClient
) -> None:
    await a_project(client, "AUDITKEPT")
    kept = (await client.post("/api/audit/checkpoints")).json()
    assert (await client.get("/api/audit/checkpoints", params={"limit": 1})).json() == [kept]
    asked = {"checkpoints": [kept], "files": True}
    whole = (await client.post("/api/audit/chain", json=asked)).json()
    assert (whole["broken"], whole["keys"], whole["sinks_away"], whole["cuts"]) == (None, [kept["key"]], {}, [])
    longer = {"checkpoints": [{**kept, "seq": kept["seq"] + 1000}]}
    assert "signature" in (await client.post("/api/audit/chain", json=longer)).json()["broken"]
    other = Ed25519PrivateKey.generate()
    text = checkpoints.signed_text(kept["seq"] + 1000, kept["hash"])
    forged = {**longer["checkpoints"][0], "key": checkpoints.public_half(other)}
    forged["signature"] = base64.urlsafe_b64encode(other.sign(text)).decode()
    assert "not this hub's" in (await client.post("/api/audit/chain", json={"checkpoints": [forged]})).json()["broken"]
    named = {"checkpoints": [forged], "keys": [forged["key"]]}
    assert "was cut" in (await client.post("/api/audit/chain", json=named)).json()["broken"]
    assert (await client.get("/health")).json()["audit"] == "ok"


@pytest.mark.parametrize("part", ["counts", "denied", "new_devices", "off_hours"])
async def test_every_part_of_the_analytics_is_told_as_csv_too(
    server: Server, client: httpx2.AsyncClient, part: str
) -> None:
    viewer = await a_session(server, "=cmd()", Role.VIEWER)
    refused = await client.post(
        "/api/projects", json={"name": "x", "key": "X"}, headers={"authorization": f"Bearer {viewer}"}
    )
    assert refused.status_code == 403
    asked: dict[str, str | int] = {"by": "actor", "begin": 0, "end": 24}
    told = (await client.get("/api/audit/analytics", params=asked)).json()
    assert told["denied"][0]["actor"] == "=cmd()"
    assert (told["new_devices"], told["off_hours"]) == ([], [])
    answer = await client.get("/api/audit/analytics", params={**asked, "form": "csv", "part": part})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0][0] == ("actor" if part == "counts" else "seq")
    if part == "denied":
        assert rows[1][2] == "'=cmd()", "a spreadsheet shall not reckon it"
    assert (await client.get("/api/audit/analytics", params={"begin": 9, "end": 9})).status_code == 422


async def test_an_export_goes_on_where_an_earlier_one_ended_and_is_audited(client: httpx2.AsyncClient) -> None:
    await a_project(client, "AUDITMORE")
    first = (await client.get("/api/audit/export")).text.splitlines()
    rest = (await client.get("/api/audit/export", params={"after": len(first)})).text.splitlines()
    assert [json.loads(line)["seq"] for line in rest] == [len(first) + 1]
    told = json.loads(rest[0])
    assert (told["event_type"], told["resource_type"], told["actor"]) == ("resource.accessed", "audit", "owner")


# ── backups ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_backup_is_sent_whole_without_the_key_and_leaves_nothing_behind(
    server: Server, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    assert (await client.post("/api/audit/checkpoints")).status_code == 200  # the key is there
    assert (server.home / "secrets.key").is_file()
    file = tmp_path / "hub.backup"
    async with client.stream("POST", "/api/backup", json={}) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/gzip")
        file.write_bytes(b"".join([piece async for piece in answer.aiter_bytes()]))
    manifest = archive.read(file)
    assert not manifest.has_key
    assert "database/clawlink.db" in {part.name for part in manifest.parts}
    last = (await client.get("/api/backup")).json()
    assert (last["by"], last["size"]) == ("owner", file.stat().st_size)
    assert list(server.home.glob(".backup*")) == []


async def test_a_backup_is_for_a_person_who_has_just_proven_to_be_an_administrator(
    server: Server, client: httpx2.AsyncClient
) -> None:
    admin, ann = await a_session(server, "root", Role.ADMIN), await a_session(server, "ann", Role.DEVELOPER)
    long_ago = session_table.update().values(stepped_up_at=0.0)
    server.hub.db.write_now(lambda tx: tx.change(long_ago))
    refused = [
        await client.request(method, "/api/backup", json=body, headers={"authorization": f"Bearer {session}"})
        for method, body, session in (("POST", {}, admin), ("POST", {}, ann), ("GET", None, ann))
    ]
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert "step-up" in refused[0].json()["detail"]


async def test_what_a_killed_hub_left_of_a_backup_is_removed(tmp_path: Path) -> None:
    (tmp_path / f"{backup.PREFIX}x" / "database").mkdir(parents=True)
    (tmp_path / ".backup-of-a-command").mkdir()
    backup.tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".backup-of-a-command"]
