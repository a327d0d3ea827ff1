"""How often somebody may try to sign in: after a few failures one waits, longer each time.

Above: signing in. Below: the rows. Counted are an account from one address, an address, and an account from all addresses
together; the last not for an address where its person is signed in already, so that who guesses from elsewhere locks nobody out.
A try is counted before it is made and given back when it succeeds: of many at once, no more are let through than one after another.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import failures as table
from coderclawlink.db.schema import sessions
from coderclawlink.errors import TooOften

FORGOTTEN_SECONDS = 3600.0
"""After so long without a failure, counting begins anew."""


@dataclass(frozen=True, slots=True)
class _Counted:
    subject: str
    free: int
    longest_seconds: float

    def wait_seconds(self, failures: int) -> float:
        """1, 2, 4, … seconds from the last free failure on."""
        over = failures - self.free
        return 0.0 if over < 0 else min(self.longest_seconds, 2.0 ** min(over, 20))


def enter(tx: Tx, account: str, address: str) -> None:
    """Count a try. Raises `TooOften`, with how long to wait, when it comes too early; then nothing is counted."""
    now = tx.now()
    counted = list(_counted(tx, account, address))
    found = tx.rows(sa.select(table).where(table.c.subject.in_([one.subject for one in counted])))
    known = {row["subject"]: row for row in found if now - row["last_at"] < FORGOTTEN_SECONDS}
    wait = max((row["until"] - now for row in known.values()), default=0.0)
    if wait > 0:
        seconds = int(wait) + 1
        raise TooOften(f"Too many failures: try again in {seconds} s.", retry_seconds=seconds)
    tx.change(table.delete().where(table.c.last_at < now - FORGOTTEN_SECONDS))
    for one in counted:
        count = known[one.subject]["count"] + 1 if one.subject in known else 1
        row = {"count": count, "last_at": now, "until": now + one.wait_seconds(count)}
        if not tx.change(table.update().where(table.c.subject == one.subject).values(**row)):
            tx.change(table.insert().values(subject=one.subject, **row))


def count(tx: Tx, what: str, address: str, *, at_most: int, within_seconds: float = 60.0) -> None:
    """Count a try of another kind, of which an address has so many in so long. Raises `TooOften` for one too many, which is not counted."""
    now = tx.now()
    here = table.c.subject == _subject(what, address)
    row = tx.row(sa.select(table).where(here))
    if row is None or row["until"] <= now:
        tx.change(table.delete().where(here))
        first = {"count": 1, "last_at": now, "until": now + within_seconds}
        tx.change(table.insert().values(subject=_subject(what, address), **first))
        return
    if row["count"] >= at_most:
        seconds = int(row["until"] - now) + 1
        raise TooOften(f"Too many failures: try again in {seconds} s.", retry_seconds=seconds)
    tx.change(table.update().where(here).values(count=row["count"] + 1, last_at=now))


def discount(tx: Tx, what: str, address: str) -> None:
    """The try that was counted was no failure."""
    here = sa.and_(table.c.subject == _subject(what, address), table.c.count > 0)
    tx.change(table.update().where(here).values(count=table.c.count - 1))


def succeeded(tx: Tx, account: str, address: str) -> None:
    """The try was no failure: the account begins anew, and the address gets back what was counted for this one."""
    place = _subject("address", address)
    own = [_subject("account", account), _subject("both", account, address)]
    tx.change(table.delete().where(table.c.subject.in_(own)))
    tx.change(table.update().where(table.c.subject == place).values(count=table.c.count - 1, until=0.0))


def _counted(look: Look, account: str, address: str) -> Iterator[_Counted]:
    yield _Counted(_subject("both", account, address), 5, 900.0)
    yield _Counted(_subject("address", address), 20, 60.0)
    here = sa.select(sessions.c.hash).where(sessions.c.user_id == account, sessions.c.address == address)
    if look.scalar(here.limit(1)) is None:
        yield _Counted(_subject("account", account), 20, 60.0)


def _subject(kind: str, *parts: str) -> str:
    """Hashed: people type passwords where a name belongs."""
    return hashlib.sha256("\0".join((kind, *parts)).encode("utf-8", "surrogatepass")).hexdigest()


def place_of(address: str | None) -> str:
    """What is counted as one address: of IPv6, what one connection is given as a whole (/64)."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False).network_address)
