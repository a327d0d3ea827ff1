"""The route of proving anew who one is, by password or by passkey, which is asked for before what is dangerous.

Above: `api`. Below: `sign_in` and `passkeys`, which prove; `access`. A passkey answers the challenge of `POST /api/auth/sign-in/passkey/options`,
and must be one of the person's own.
"""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from pydantic import model_validator

from coderclawlink.access import passkeys, sessions, throttle
from coderclawlink.access.passkeys import PasskeyRefused, Site
from coderclawlink.access.sessions import Session
from coderclawlink.db.engine import Tx
from coderclawlink.events import SignInRefused
from coderclawlink.journal import log
from coderclawlink.web.passkeys import Credential, site_here
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked
from coderclawlink.web.sign_in import Password, Person, address_of, proven
from coderclawlink.web.signing_in import session_in

router = APIRouter(prefix="/api/auth", tags=["sign-in"])


class Proof(Asked):
    """One of the two. `credential`: what the browser's passkey answered to `POST /api/auth/sign-in/passkey/options`."""

    password: Password | None = None
    credential: Credential | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Proof:
        if (self.password is None) == (self.credential is None):
            raise ValueError("give your password, or a passkey's answer as `credential`")
        return self


@router.post("/step-up", status_code=204)
async def step_up(actor: Person, request: Request, here: Here, wanted: Proof) -> None:
    """Prove again that it is you, for 15 minutes: by your password, or by a passkey of yours."""
    session = session_in(request)
    if wanted.password is not None:
        user = await proven(request, here, session.user or "", wanted.password)
        await here.db.write(_by_password, session, user, address_of(request))
        return
    try:
        await here.db.write(_by_passkey, session, site_here(here), json.dumps(wanted.credential))
    except PasskeyRefused as error:
        refused = SignInRefused(user=session.user, how="passkey", why=error.message)
        await here.db.write(log.append, refused, log.NOTHING, actor=actor)
        raise


def _by_password(tx: Tx, session: Session, user: str, address: str) -> None:
    throttle.succeeded(tx, user, address)
    sessions.step_up(tx, session)


def _by_passkey(tx: Tx, session: Session, site: Site, credential: str) -> None:
    if not session.proven or passkeys.prove(tx, site, credential) != session.user:
        raise PasskeyRefused("This passkey is not yours.")
    sessions.step_up(tx, session, how="passkey")
