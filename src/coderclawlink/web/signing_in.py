"""From a request to the actor who asks, and the permission that each route declares.

A session may come as JSON, in the query, as `Authorization: Bearer`, or in a cookie; the first that is there counts. Without
one, the caller is the machine's owner if the request comes from a process of the owner's on this machine, directly (`peer`).

A route names its permission where it names its actor, and is asked for it before the endpoint runs:

    async def list_tasks(actor: Annotated[Actor, needs(Permission.PROJECT_READ)], here: Here) -> …

A route that needs none says why (`open_to_all`). `api.make` refuses to start with a route that does neither.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.params import Depends as Dependency
from starlette.requests import HTTPConnection, Request

from coderclawlink.access import policy, sessions
from coderclawlink.access.policy import OWNER, Actor, Permission
from coderclawlink.access.sessions import TOUCH_SECONDS, Session, SessionNotFound, SessionUnknown
from coderclawlink.db.engine import Look
from coderclawlink.errors import NotSignedIn
from coderclawlink.ids import SessionId
from coderclawlink.web.guard import HOST, LOOPBACK_NAMES
from coderclawlink.web.rooms import Here, Rooms

COOKIE = "clawlink_session"
PASSED_ON = ("forwarded", "x-forwarded", "x-real-ip", "via")
"""How the names of headers begin that a proxy adds: then the peer is not who asks."""

Given = Annotated[str | None, Query(alias="session_id", max_length=200, description="A session's id.")]


class Needs:
    """The permission a route declares. Calling it is the check; what it returns is the actor."""

    def __init__(self, permission: Permission, *, in_body: bool, session_as: str) -> None:
        self.permission = permission
        self.in_body = in_body
        self.session_as = session_as

    async def __call__(self, request: Request, here: Here, session: Given = None) -> Actor:
        if self.session_as:
            session = request.query_params.get(self.session_as)
        elif self.in_body and (told := _in(await request.body())) is not None:
            session = told
        actor = await actor_of(request, here, session)
        request.state.actor = actor
        policy.require(actor, self.permission)
        return actor


class OwnersOnly:
    """For routes that give something away which only the machine's owner may: no session opens them."""

    async def __call__(self, request: Request, here: Here) -> Actor:
        return await owner_of(request, here)


class OpenToAll:
    """For routes that need no permission. `why` is for the reader of the code."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None:
        pass


Declared = Needs | OwnersOnly | OpenToAll


def needs(
    permission: Permission, *, session_in_body: bool = False, session_as: str = ""
) -> Any:  # as FastAPI's own Depends
    """`session_as`: the name in the query of the session that asks, where `session_id` names another."""
    return Depends(Needs(permission, in_body=session_in_body, session_as=session_as))


def owners_only() -> Any:  # as FastAPI's own Depends
    return Depends(OwnersOnly())


def open_to_all(why: str) -> Dependency:
    dependency: Dependency = Depends(OpenToAll(why))
    return dependency


async def actor_of(connection: HTTPConnection, here: Rooms, session: str | None = None) -> Actor:
    """Who asks. Raises `SessionUnknown` for a session that is none, `NotSignedIn`."""
    session = session or _bearer(connection) or connection.cookies.get(COOKIE)
    if session:
        return (await use(here, SessionId(session))).actor
    return await owner_of(connection, here)


async def use(here: Rooms, session: SessionId) -> Session:
    """The session, noted as used. Raises `SessionUnknown`."""
    try:
        found, is_fresh = await here.db.read(_find, session)
        return found if is_fresh else await here.db.write(sessions.touch, session)
    except SessionNotFound as error:
        raise SessionUnknown from error


async def owner_of(connection: HTTPConnection, here: Rooms) -> Actor:
    """The machine's owner, if that is who asks. Raises `NotSignedIn`, and says what spoke against it."""
    why = _why_not_local(connection) or await here.peers.why_not_the_owner(
        connection.scope.get("client"), connection.scope.get("server")
    )
    if why is not None:
        raise NotSignedIn(f"Sign in first: give a session. {why}")
    return OWNER


def _why_not_local(connection: HTTPConnection) -> str | None:
    if any(name.startswith(PASSED_ON) for name in connection.headers):
        return "The request came through a proxy."
    host = HOST.fullmatch(connection.headers.get("host", "").lower())
    if host is None or host["name"] not in LOOPBACK_NAMES:
        return "The request was not made to localhost."
    return None


def _find(look: Look, session: SessionId) -> tuple[Session, bool]:
    found = sessions.find(look, session)
    return found, look.now() - found.last_activity < TOUCH_SECONDS


def _bearer(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _in(body: bytes) -> str | None:
    """The session in a JSON body, which the guard has found to be valid."""
    told = json.loads(body) if body else None
    session = told.get("session_id") if isinstance(told, dict) else None
    return session if isinstance(session, str) and session else None
