"""The audit chain: one row for each thing that is done, in the transaction that does it; what is altered afterwards shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from coderclawlink.access import analytics, audit, checkpoints, proof, sessions
from coderclawlink.access.audit import NotYours, Question
from coderclawlink.access.ocsf import as_ocsf
from coderclawlink.access.policy import OWNER, PermissionMissing, Role
from coderclawlink.access.secrets import Vault
from coderclawlink.db.engine import Database, Tx
from coderclawlink.db.schema import audit as table
from coderclawlink.events import AgentMessage, ProjectChanged, ProjectCreated, ProjectDeleted
from coderclawlink.ids import ProjectId
from coderclawlink.journal import chain, log
from coderclawlink.journal.log import About, Line
from tests.runs.shared import unguarded

pytestmark = pytest.mark.anyio


def tell(tx: Tx, *keys: str) -> None:
    lines = [Line(ProjectCreated(key=key, name=f"Project {key}"), About(ProjectId(n))) for n, key in enumerate(keys, 1)]
    log.append_all(tx, lines, actor=OWNER)


def past_the_triggers(db: Database, *statements: str) -> None:
    """What somebody does who has the database itself."""
    with db.writing.connect() as connection, connection.begin(), unguarded(connection):
        for statement in statements:
            connection.exec_driver_sql(statement)


async def test_what_is_done_and_its_audit_stand_or_fall_together(db: Database) -> None:
    class Failed(Exception):
        pass

    def fails(tx: Tx) -> None:
        tell(tx, "A")
        raise Failed

    with pytest.raises(Failed):
        await db.write(fails)
    assert await db.read(chain.head) == (0, chain.GENESIS)
    await db.write(tell, "A", "B")
    newest, oldest = await db.read(audit.read, Question(), 10)
    assert (oldest.seq, newest.seq, newest.previous) == (1, 2, oldest.hash)
    assert (newest.event_type, newest.resource_type, newest.resource_id) == ("resource.modified", "project", "B")
    assert (newest.actor, newest.action, newest.status) == ("owner", "project.created", "success")


async def test_many_transactions_in_one_commit_make_one_chain(db: Database) -> None:
    futures = [db.submit(tell, f"P{n}") for n in range(50)]
    for future in futures:
        future.result(10)
    found = await db.read(proof.verify)
    assert (found.events, found.broken) == (50, None)


async def test_what_agents_say_is_not_audited(db: Database) -> None:
    await db.write(log.append, AgentMessage(text="hello"))
    assert await db.read(chain.head) == (0, chain.GENESIS)


async def test_a_long_text_is_cut_in_the_chain_and_a_strange_one_verifies(db: Database) -> None:
    await db.write(log.append, ProjectChanged(changes={"description": "x" * 10_000, "name": "\u2028 ünïcode 🦞"}))
    [row] = await db.read(audit.read, Question(), 1)
    assert len(row.details) < 1000
    assert (await db.read(proof.verify)).broken is None


async def test_every_contract_type_can_be_asked_for() -> None:
    wanted = """session.created session.deleted task.submitted task.started task.completed task.failed task.cancelled
    agent.executed agent.configured permission.granted permission.revoked permission.denied resource.accessed
    resource.modified resource.deleted"""
    assert set(wanted.split()) <= chain.TYPES


TAMPERINGS = {
    "a changed field": "UPDATE audit SET actor = 'somebody else' WHERE seq = 3",
    "a deleted row": "DELETE FROM audit WHERE seq = 3",
    "an inserted row": "INSERT INTO audit SELECT 99, 'x', at, event_type, user_id, session_id, device_id, actor, resource_type, "
    "resource_id, project_id, action, status, details, previous, hash FROM audit WHERE seq = 3",
    "two rows that changed places": "UPDATE audit SET seq = CASE seq WHEN 3 THEN 1004 ELSE 1003 END WHERE seq IN (3, 4)",
    "a truncated end": "DELETE FROM audit WHERE seq > 3",
}


@pytest.mark.parametrize("how", TAMPERINGS, ids=[name.replace(" ", "-") for name in TAMPERINGS])
async def test_tampering_is_detected(db: Database, tmp_path: Path, how: str) -> None:
    await db.write(tell, *"ABCDEF")
    await db.write(checkpoints.sign, Vault(tmp_path))
    assert (await db.read(proof.verify)).broken is None
    past_the_triggers(
        db, TAMPERINGS[how], *(["UPDATE audit SET seq = seq - 1000 WHERE seq > 1000"] if "places" in how else [])
    )
    found = await db.read(proof.verify)
    assert found.broken is not None
    assert found.at in (3, 4, 8)


async def test_a_chain_made_anew_does_not_agree_with_what_was_signed(db: Database, tmp_path: Path) -> None:
    await db.write(tell, *"ABC")
    made = await db.write(checkpoints.sign, Vault(tmp_path))
    assert made is not None
    assert made.is_signed
    past_the_triggers(db, "DELETE FROM audit")
    await db.write(tell, *"XYZW")
    assert "signed" in str((await db.read(proof.verify)).broken)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 1",
    ],
    ids=["update", "delete", "replace"],
)
async def test_the_database_itself_refuses_to_alter_the_chain(db: Database, statement: str) -> None:
    if db.dialect == "postgresql":
        statement = statement.replace(
            "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 1",
            "INSERT INTO audit SELECT * FROM audit WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET actor = 'x'",
        )
    await db.write(tell, "A")
    with db.writing.connect() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.exec_driver_sql(statement)
    with db.look() as look:
        assert look.scalar(sa.select(sa.func.count()).select_from(table)) == 1


async def test_a_deleted_project_leaves_its_audit(db: Database) -> None:
    await db.write(tell, "A")
    await db.write(log.append, ProjectDeleted(key="A"), About(ProjectId(1)), actor=OWNER)
    newest = (await db.read(audit.read, Question(types=("resource.deleted",)), 10))[0]
    assert (newest.resource_type, newest.resource_id) == ("project", "A")


async def test_people_see_their_own_and_administrators_everybodys(db: Database) -> None:
    ann = await db.write(sessions.create, "ann", None)
    other = await db.write(sessions.create, "ann", None)
    admin = await db.write(lambda tx: sessions.create(tx, "root", None, role=Role.ADMIN))
    await db.write(lambda tx: log.append(tx, ProjectCreated(key="A", name="A"), actor=ann.actor))
    own = await db.read(lambda look: audit.activity(look, ann.actor, limit=10, session=ann.actor.login))
    assert [row.action for row in own] == ["project.created", "session.created"]
    with pytest.raises(NotYours):
        await db.read(lambda look: audit.activity(look, ann.actor, limit=10, session=other.actor.login))
    with pytest.raises(NotYours):
        await db.read(lambda look: audit.activity(look, ann.actor, limit=10, user="root"))
    with pytest.raises(PermissionMissing):
        await db.read(audit.read_for, ann.actor, Question(), 10)
    assert len(await db.read(lambda look: audit.activity(look, admin.actor, limit=10, user="ann"))) == 3
    named = await db.read(lambda look: audit.activity(look, ann.actor, limit=10, user="ann"))
    assert {row.session_id for row in named} == {ann.actor.login}, "naming a user is not proving to be one"


async def test_it_is_counted_by_day_actor_and_action(db: Database) -> None:
    await db.write(tell, *"ABC")
    for by in ("actor", "action", "type", "day", "hour", "status"):
        counts = await db.read(analytics.count, Question(), by)
        assert sum(one.success for one in counts) == 3, by
    assert await db.read(analytics.off_hours, Question(), (0, 24)) == []


async def test_exports_have_the_same_rows_in_both_forms(db: Database) -> None:
    await db.write(tell, *"AB")
    rows = await db.read(audit.batch, 0, 10)
    assert [audit.as_json(row)["seq"] for row in rows] == [1, 2]
    ocsf = as_ocsf(rows[0])
    assert (ocsf["class_uid"], ocsf["status"]) == (6003, "Success")
