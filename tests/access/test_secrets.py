"""Secrets at rest: sealed, bound to their names, opened by the key beside the database alone, and told nowhere."""

from __future__ import annotations

import base64
import logging
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from coderclawlink.access import secrets
from coderclawlink.access.policy import OWNER
from coderclawlink.access.secrets import KEY_FILE, OLD_KEY_FILE, KeyMissing, SecretInUse, SecretNotFound, Vault
from coderclawlink.db.engine import Database
from coderclawlink.db.schema import events, meta
from coderclawlink.db.schema import secrets as table
from coderclawlink.errors import Invalid
from coderclawlink.events import PermissionDenied
from coderclawlink.journal import log
from coderclawlink.link.redaction import RedactedLog

pytestmark = pytest.mark.anyio

VALUE = "ghp_v€rysecret"


def test_what_is_put_is_got_until_it_is_deleted(db: Database, tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    db.write_now(secrets.put, vault, "github/one", VALUE, "ann")
    db.write_now(secrets.put, vault, "github/one", VALUE + "2", "ann")
    with db.look() as look:
        assert secrets.get(look, vault, "github/one") == VALUE + "2"
    db.write_now(secrets.delete, "github/one", "ann")
    db.write_now(secrets.delete, "github/one", "ann")
    with db.look() as look, pytest.raises(SecretNotFound):
        secrets.get(look, vault, "github/one")


def test_nothing_of_it_stands_in_any_table(db: Database, tmp_path: Path) -> None:
    db.write_now(secrets.put, Vault(tmp_path), "github/one", VALUE, "ann")
    with db.look() as look:
        kinds = [row["kind"] for row in look.rows(sa.select(events.c.kind).order_by(events.c.seq))]
        for each in meta.sorted_tables:
            assert VALUE not in str([dict(row) for row in look.rows(sa.select(each))])
    assert "secret.set" in kinds


def test_one_row_cannot_be_passed_off_as_another(db: Database, tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    db.write_now(secrets.put, vault, "github/mine", VALUE, "ann")
    db.write_now(secrets.put, vault, "github/yours", "other", "ann")
    with db.look() as look:
        sealed = look.scalar(sa.select(table.c.sealed).where(table.c.name == "github/mine"))
    assert sealed is not None
    with pytest.raises(KeyMissing):
        vault.open("github/yours", sealed)
    assert vault.open("github/mine", sealed) == VALUE


def test_the_same_value_is_sealed_differently_each_time_and_a_changed_bit_is_noticed(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    first, second = vault.seal("a", VALUE), vault.seal("a", VALUE)
    assert first != second
    raw = bytearray(base64.b64decode(first))
    raw[-1] ^= 1
    with pytest.raises(KeyMissing):
        vault.open("a", base64.b64encode(bytes(raw)).decode())


def test_the_key_is_its_owners_alone_and_without_it_nothing_opens(tmp_path: Path) -> None:
    sealed = Vault(tmp_path).seal("a", VALUE)
    key = tmp_path / KEY_FILE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [KEY_FILE]
    key.rename(tmp_path / "away")
    with pytest.raises(KeyMissing):
        Vault(tmp_path).open("a", sealed)
    assert not key.exists()
    (tmp_path / "away").rename(key)
    assert Vault(tmp_path).open("a", sealed) == VALUE


@pytest.mark.parametrize("content", ["", "nonsense!", "AAAA", "ü"])
def test_a_key_file_that_is_none_is_told_as_a_missing_key(tmp_path: Path, content: str) -> None:
    sealed = Vault(tmp_path).seal("a", VALUE)
    (tmp_path / KEY_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(KeyMissing):
        Vault(tmp_path).open("a", sealed)
    with pytest.raises(KeyMissing):
        Vault(tmp_path).seal("a", VALUE)


def test_two_processes_that_make_the_key_at_once_have_one_between_them(tmp_path: Path) -> None:
    program = f"from pathlib import Path; from coderclawlink.access.secrets import Vault; print(Vault(Path({str(tmp_path)!r})).seal('a', 'x'))"
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    sealed = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [Vault(tmp_path).open("a", one) for one in sealed] == ["x"] * 4


async def test_a_new_key_seals_all_and_the_old_one_opens_nothing_more(db: Database, tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    for name in ("one", "two"):
        await db.write(secrets.put, vault, name, VALUE + name, "ann")
    old = (tmp_path / KEY_FILE).read_bytes()
    assert await secrets.rotate_key(db, vault, OWNER) == 2
    assert (tmp_path / KEY_FILE).read_bytes() != old
    assert not (tmp_path / OLD_KEY_FILE).exists()
    assert [await db.read(secrets.get, Vault(tmp_path), name) for name in ("one", "two")] == [
        VALUE + "one",
        VALUE + "two",
    ]
    (tmp_path / KEY_FILE).write_bytes(old)
    with pytest.raises(KeyMissing):
        await db.read(secrets.get, Vault(tmp_path), "one")


async def test_killed_between_the_new_key_and_the_sealing_everything_opens_and_the_next_change_ends_it(
    db: Database, tmp_path: Path
) -> None:
    await db.write(secrets.put, Vault(tmp_path), "before", VALUE, "ann")
    Vault(tmp_path).change_key()
    await db.write(secrets.put, Vault(tmp_path), "since", VALUE, "ann")
    fresh = Vault(tmp_path)
    assert [await db.read(secrets.get, fresh, name) for name in ("before", "since")] == [VALUE, VALUE]
    await secrets.rotate_key(db, fresh, OWNER)
    assert not (tmp_path / OLD_KEY_FILE).exists()
    assert [await db.read(secrets.get, Vault(tmp_path), name) for name in ("before", "since")] == [VALUE, VALUE]


def test_what_is_set_by_hand_is_none_that_a_part_of_the_hub_sets_itself(db: Database, tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    assert db.write_now(secrets.put_by_hand, vault, "ci/deploy", VALUE, OWNER).set_by == "owner"
    for name in ("audit/signing", "github/installation", "provider/acme"):
        db.write_now(secrets.put, vault, name, VALUE, "hub")
        with pytest.raises(SecretInUse):
            db.write_now(secrets.put_by_hand, vault, name, VALUE, OWNER)
        with pytest.raises(SecretInUse):
            db.write_now(secrets.delete_by_hand, name, OWNER)
    for name in ("", "-x", "a b", "x" * 201):
        with pytest.raises(Invalid):
            db.write_now(secrets.put_by_hand, vault, name, VALUE, OWNER)
    with pytest.raises(Invalid):
        db.write_now(secrets.put_by_hand, vault, "x", "", OWNER)
    db.write_now(secrets.delete_by_hand, "ci/deploy", OWNER)
    with pytest.raises(SecretNotFound):
        db.write_now(secrets.delete_by_hand, "ci/deploy", OWNER)
    with db.look() as look:
        assert "ci/deploy" not in [one.name for one in secrets.all_of_them(look)]


def test_what_the_hub_knows_is_neither_told_nor_audited_nor_logged(db: Database, tmp_path: Path) -> None:
    db.write_now(secrets.put, Vault(tmp_path), "github/one", VALUE, "ann")
    vault = Vault(tmp_path)  # as another start of the hub has it
    with db.look() as look:
        secrets.learn_all(look, vault)
    before, db.redact = db.redact, vault.redact
    try:
        told = PermissionDenied(permission="task:view", reason=f"the host said: {VALUE} is expired")
        db.write_now(log.append, told, log.NOTHING)
        with db.look() as look:
            assert log.read(look, log.last_seq(look) - 1)[0].event == told.model_copy(
                update={"reason": "the host said: [redacted github/one] is expired"}
            )
            for each in meta.sorted_tables:
                assert VALUE not in str([dict(row) for row in look.rows(sa.select(each))])
    finally:
        db.redact = before
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed with %s", (VALUE,), None)
    assert RedactedLog(lambda: vault.redactor).filter(record)
    assert record.getMessage() == "failed with [redacted github/one]"


def test_a_word_is_not_taken_out_of_what_is_told(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.learn("weak", "developer")
    assert vault.redact(PermissionDenied(permission="developer", reason="")).permission == "developer"
