"""Who fails to sign in waits, longer each time; nobody else does."""

from __future__ import annotations

import pytest

from coderclawlink.access import people, sessions, throttle
from coderclawlink.access.policy import Role
from coderclawlink.db.engine import Database
from coderclawlink.db.schema import failures
from coderclawlink.errors import TooOften

HOME, AWAY = "192.0.2.1", "198.51.100.7"


def tried(db: Database, account: str = "ann", address: str = HOME) -> float:
    """0 if the try was let through, else how long to wait."""
    try:
        db.write_now(throttle.enter, account, address)
    except TooOften as error:
        return error.retry_seconds
    return 0.0


def pass_by(db: Database, seconds: float) -> None:
    changed = {"until": failures.c.until - seconds, "last_at": failures.c.last_at - seconds}
    db.write_now(lambda tx: tx.change(failures.update().values(**changed)))


def test_after_five_failures_one_waits_longer_each_time(db: Database) -> None:
    assert [tried(db) for _ in range(5)] == [0.0] * 5
    waits = []
    for _ in range(12):
        wait = tried(db)
        assert wait > 0
        waits.append(wait)
        pass_by(db, wait)
        assert tried(db) == 0.0
    assert waits == sorted(waits)
    assert waits[0] <= 2
    assert waits[-1] <= 901


def test_an_early_try_is_not_counted(db: Database) -> None:
    for _ in range(5):
        tried(db)
    assert len({tried(db) for _ in range(50)}) <= 2


def test_others_are_let_in_meanwhile(db: Database) -> None:
    for _ in range(6):
        tried(db)
    assert tried(db) > 0
    assert tried(db, "bob") == 0.0
    assert tried(db, "ann", AWAY) == 0.0


def test_success_begins_anew(db: Database) -> None:
    for _ in range(4):
        tried(db)
    db.write_now(throttle.succeeded, "ann", HOME)
    assert [tried(db) for _ in range(5)] == [0.0] * 5


def test_one_address_that_tries_many_accounts_waits(db: Database) -> None:
    assert [tried(db, f"user{n}") for n in range(20)] == [0.0] * 20
    assert tried(db, "another") > 0


def test_guessing_one_account_from_many_addresses_is_slow_but_locks_out_nobody_who_is_signed_in(db: Database) -> None:
    db.write_now(lambda tx: people.create(tx, "ann", role=Role.DEVELOPER, how="admin"))
    db.write_now(sessions.open_browser, "ann", how="password", address=HOME, agent=None)
    assert [tried(db, "ann", f"203.0.113.{n}") for n in range(20)] == [0.0] * 20
    assert tried(db, "ann", "203.0.113.99") > 0
    assert tried(db, "ann", HOME) == 0.0


def test_what_was_typed_as_a_name_is_not_kept(db: Database) -> None:
    tried(db, "my secret password")
    with db.look() as look:
        rows = look.rows(failures.select())
    assert rows
    assert not any("secret" in str(tuple(row.values())) for row in rows)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("nonsense", None, True),
    ],
)
def test_what_one_connection_is_given_is_one_place(one: str | None, other: str | None, same: bool) -> None:
    assert (throttle.place_of(one) == throttle.place_of(other)) is same
