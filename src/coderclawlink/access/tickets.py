"""Tickets: what opens a WebSocket in the place of a session, once and within half a minute.

A browser cannot send a header with a WebSocket, and a cookie alone is sent by pages of others too. Above: the live stream, which is
given one in its first frame. Below: the rows.
"""

from __future__ import annotations

import hashlib
import secrets

import sqlalchemy as sa

from coderclawlink.access.sessions import SessionUnknown
from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import sign_ins as table

GOOD_SECONDS = 30.0
KIND = "ticket"


def create(tx: Tx, login: str) -> str:
    """A ticket for the session with this hash."""
    ticket = secrets.token_hex(32)
    tx.change(table.delete().where(table.c.kind == KIND, table.c.made_at < tx.now() - GOOD_SECONDS))
    tx.change(table.insert().values(hash=_hash(ticket), kind=KIND, data=login, made_at=tx.now()))
    return ticket


def redeem(tx: Tx, ticket: str) -> str:
    """The hash of the session that it was made for; from now on it is good for nothing. Raises `SessionUnknown`."""
    here = sa.and_(table.c.hash == _hash(ticket), table.c.kind == KIND)
    row = tx.row(sa.select(table.c.data, table.c.made_at).where(here))
    if row is None or tx.now() - row["made_at"] > GOOD_SECONDS:
        raise SessionUnknown("The ticket is unknown, used, or older than 30 seconds.")
    tx.change(table.delete().where(here))
    return str(row["data"])


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()
