"""Ways to a provider and back that are under way: each is begun in one browser, and ends there, once, within ten minutes.

Above: the routes of signing in at a provider. Below: the rows. The state that goes along is kept as its SHA-256; the nonce and PKCE's verifier
never leave the hub until they are needed. What binds it to the browser is a cookie, of which the hash is kept. So is a session handed over to a
program at a terminal: by a code, good once and for two minutes, for who has the verifier.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from coderclawlink.access.oidc import challenge_of
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import sign_ins as table
from coderclawlink.errors import NotSignedIn

KIND, HANDED = "provider", "handed"
GOOD_SECONDS = 600.0
HANDED_SECONDS = 120.0
UNDER_WAY_AT_MOST = 10_000
"""Whoever begins many pushes out those that have been under way longest, not all who come after."""


class HandedOverUnknown(NotSignedIn):
    """This code is unknown, used or older than two minutes. Sign in again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody sets out for. `return_to`: where in the page. `invitation`: the code of one. `login`: the hash of the session whose user
    adds this way to sign in; with `anew`, proves again who it is. `anew`: whoever it is has to show that once more there. `port`, `challenge`: a program at a terminal waits for the session there, on its own machine."""

    provider: str
    return_to: str = "/"
    invitation: str | None = None
    login: str | None = None
    anew: bool = False
    port: int | None = None
    challenge: str | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """Who has signed in, how, and when that was proven: seconds since the epoch, None: just now."""

    user: str
    how: str
    proven_at: float | None


@dataclass(frozen=True, slots=True)
class Trip:
    """One that has begun. `state` and `browser` are told once."""

    plan: Plan
    nonce: str
    verifier: str
    state: str = ""
    browser: str = ""


def begin(tx: Tx, plan: Plan) -> Trip:
    """One more. Of more than ten thousand the oldest are forgotten."""
    tx.change(table.delete().where(table.c.kind == KIND, table.c.made_at < tx.now() - GOOD_SECONDS))
    if int(tx.scalar(sa.select(sa.func.count()).where(table.c.kind == KIND))) >= UNDER_WAY_AT_MOST:
        oldest = sa.select(table.c.hash).where(table.c.kind == KIND).order_by(table.c.made_at).limit(100)
        tx.change(table.delete().where(table.c.hash.in_(oldest.scalar_subquery())))
    trip = Trip(plan, *(secrets.token_urlsafe(32) for _ in range(4)))
    kept = {"plan": asdict(plan), "nonce": trip.nonce, "verifier": trip.verifier, "browser": _hash(trip.browser)}
    row = {"hash": _hash(trip.state), "kind": KIND, "data": json.dumps(kept)}
    tx.change(table.insert().values(**row, made_at=tx.now()))
    return trip


def end(tx: Tx, provider: str, state: str, browser: str | None) -> Trip | str:
    """The one that this browser began with this state; it is over now. Else why there is none."""
    here = sa.and_(table.c.hash == _hash(state), table.c.kind == KIND)
    row = tx.row(sa.select(table).where(here))
    if row is None:
        return "Nobody has begun to sign in like this, or it has ended already. Begin again."
    tx.change(table.delete().where(here))
    kept = json.loads(row["data"])
    if tx.now() - row["made_at"] > GOOD_SECONDS:
        return "It took longer than ten minutes. Begin again."
    if browser is None or not hmac.compare_digest(_hash(browser), kept["browser"]):
        return "It was begun in another browser, or under another name of this hub. Begin again in this one."
    plan = Plan(**kept["plan"])
    if plan.provider != provider:
        return "It was begun at another provider. Begin again."
    return Trip(plan, kept["nonce"], kept["verifier"])


def hand_over(tx: Tx, handed: Handed, challenge: str) -> str:
    """A code for which the program that made the challenge is given a session of the user."""
    tx.change(table.delete().where(table.c.kind == HANDED, table.c.made_at < tx.now() - HANDED_SECONDS))
    code = secrets.token_urlsafe(32)
    kept = {"handed": asdict(handed), "challenge": challenge}
    row = {"hash": _hash(code), "kind": HANDED, "data": json.dumps(kept)}
    tx.change(table.insert().values(**row, made_at=tx.now()))
    return code


def take_over(tx: Tx, code: str, verifier: str) -> Handed:
    """Whom it was made for; it is good once. Raises `HandedOverUnknown`."""
    here = sa.and_(table.c.hash == _hash(code), table.c.kind == HANDED)
    row = tx.row(sa.select(table).where(here))
    if row is None or _is_old(tx, row):
        raise HandedOverUnknown
    kept = json.loads(row["data"])
    if not hmac.compare_digest(challenge_of(verifier), kept["challenge"]):
        raise HandedOverUnknown  # and nothing is taken from who has the verifier
    tx.change(table.delete().where(here))
    return Handed(**kept["handed"])


def _is_old(look: Look, row: sa.RowMapping) -> bool:
    return bool(look.now() - row["made_at"] > HANDED_SECONDS)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
