"""From a request to the actor who asks, and the permission that each route declares.

A session may come as JSON, in the query, as `Authorization: Bearer`, or in a cookie; the first that is there counts. Without
one, the caller is the machine's owner if the request comes from a process of the owner's on this machine, directly (`peer`). In
team mode nobody is: everybody has a session, one that was only named is none, and a WebSocket is not opened by a cookie.

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

from coderclawlink.access import people, sessions
from coderclawlink.access.policy import OWNER, Actor, Permission
from coderclawlink.access.sessions import TOUCH_SECONDS, Session, SessionNotFound, SessionUnknown
from coderclawlink.db.engine import Look
from coderclawlink.errors import Denied, NotSignedIn
from coderclawlink.ids import SessionId
from coderclawlink.web import permitting
from coderclawlink.web.guard import HOST, LOOPBACK_NAMES, WRITES
from coderclawlink.web.rooms import Here, Rooms

COOKIE = "clawlink_session"
SECURE_COOKIE = "__Host-clawlink"
"""Where the browser speaks TLS: a browser sets it for no other path, and for no other name of the site."""
PASSED_ON = ("forwarded", "x-forwarded", "x-real-ip", "via")
"""How the names of headers begin that a proxy adds: then the peer is not who asks."""

Given = Annotated[str | None, Query(alias="session_id", max_length=200, description="A session's id.")]


SIGN_IN = "Sign in first: `clawlink sign-in`, or POST /api/auth/sign-in."


class PersonNeeded(Denied):
    """No program may do this, only a person who has signed in. `clawlink sign-in` does so."""


class ProgramNeeded(Denied):
    """Only a program's account may do this, by a token of its own: `clawlink user create NAME --service`, `clawlink token create`."""


class TrustNeeded(Denied):
    """This device has low trust: it looks and changes nothing. Sign in elsewhere, or have it trusted more: `clawlink device trust`."""


class StepUpNeeded(Denied):
    """Prove again that it is you, by `clawlink step-up` or POST /api/auth/step-up; that holds for 15 minutes."""


class Needs:
    """The permission a route declares. Calling it is the check; what it returns is the actor."""

    def __init__(
        self,
        permission: Permission,
        *,
        in_body: bool = False,
        session_as: str = "",
        in_person: bool = False,
        step_up: bool = False,
        by_program: bool = False,
        of_project: bool = False,
    ) -> None:
        self.permission = permission
        self.in_body = in_body
        self.session_as = session_as
        self.in_person = in_person or step_up
        self.step_up = step_up
        self.of_project = of_project
        self.by_program = by_program

    async def __call__(self, request: Request, here: Here, session: Given = None) -> Actor:
        if self.session_as:
            session = request.query_params.get(self.session_as)
        elif self.in_body and (told := _in(await request.body())) is not None:
            session = told
        found = await session_of(request, here, session)
        actor = await owner_of(request, here) if found is None else found.actor
        request.state.actor, request.state.session = actor, found
        await permitting.permit(request, here, actor, self.permission, of_project=self.of_project)
        if found is not None and self.in_person:
            await _require_person(request, here, found, fresh=self.step_up)
        if self.by_program and not (found is not None and await here.db.read(_is_programs, found)):
            raise ProgramNeeded
        return actor


class OwnersOnly:
    """For routes that give something away which only the machine's owner may: no session opens them. In team mode, where nobody is
    the owner, a person may who has signed in."""

    async def __call__(self, request: Request, here: Here) -> Actor:
        if here.mode == "local":
            return await owner_of(request, here)
        found = await session_of(request, here)
        if found is None:
            raise NotSignedIn(SIGN_IN)
        request.state.actor, request.state.session = found.actor, found
        await _require_person(request, here, found, fresh=False)
        return found.actor


class OpenToAll:
    """For routes that need no permission. `why` is for the reader of the code."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None:
        pass


Declared = Needs | OwnersOnly | OpenToAll


def needs(
    permission: Permission,
    *,
    session_in_body: bool = False,
    session_as: str = "",
    in_person: bool = False,
    step_up: bool = False,
    by_program: bool = False,
    of_project: bool = False,
) -> Any:  # as FastAPI's own Depends
    """`session_as`: the name in the query of the session that asks, where `session_id` names another. `in_person`: no program may, only
    somebody who has signed in, or the machine's owner; `step_up`: and who has proven that in the last quarter of an hour.
    `by_program`: the other way round: a program's account alone, by its token. `of_project`: what else only administrators may, but
    what the route calls asks of a project, whose admins may too."""
    return Depends(
        Needs(
            permission,
            in_body=session_in_body,
            session_as=session_as,
            in_person=in_person,
            step_up=step_up,
            by_program=by_program,
            of_project=of_project,
        )
    )


def owners_only() -> Any:  # as FastAPI's own Depends
    return Depends(OwnersOnly())


def open_to_all(why: str) -> Dependency:
    dependency: Dependency = Depends(OpenToAll(why))
    return dependency


async def actor_of(connection: HTTPConnection, here: Rooms, session: str | None = None) -> Actor:
    """Who asks. Raises `SessionUnknown` for a session that is none, `NotSignedIn`."""
    found = await session_of(connection, here, session)
    return await owner_of(connection, here) if found is None else found.actor


async def session_of(connection: HTTPConnection, here: Rooms, session: str | None = None) -> Session | None:
    """The session that comes with it; None: there is none. Raises `SessionUnknown` for one that is none."""
    session = session or _bearer(connection)
    if session is None and not (here.mode == "team" and connection.scope["type"] == "websocket"):
        session = connection.cookies.get(cookie_of(connection, here))
    return await use(here, SessionId(session)) if session else None


def cookie_of(connection: HTTPConnection, here: Rooms) -> str:
    """The name of the cookie that holds the session."""
    is_secure = connection.scope.get("scheme") in ("https", "wss") or here.public_url.startswith("https:")
    return SECURE_COOKIE if is_secure else COOKIE


def session_in(request: Request) -> Session:
    """The session that a route's permission was asked of. Raises `PersonNeeded` where there is none: the machine's owner asks."""
    found: Session | None = request.state.session
    if found is None:
        raise PersonNeeded("You are the owner of this machine, and have not signed in as anybody.")
    return found


async def actor_with(here: Rooms, login: str) -> Actor:
    """Who has the session with this hash. Raises `SessionUnknown`."""
    try:
        return (await here.db.read(sessions.find_by_hash, login)).actor
    except SessionNotFound as error:
        raise SessionUnknown from error


async def use(here: Rooms, session: SessionId) -> Session:
    """The session, noted as used. Raises `SessionUnknown`."""
    try:
        found, is_fresh = await here.db.read(_find, session)
        if here.mode == "team" and found.kind == "named":
            raise SessionUnknown("This session only names somebody, which is no proof for a team's hub. " + SIGN_IN)
        return found if is_fresh else await here.db.write(sessions.touch, session)
    except SessionNotFound as error:
        raise SessionUnknown from error


async def _require_person(request: Request, here: Rooms, session: Session, *, fresh: bool) -> None:
    """Raises `PersonNeeded`, `TrustNeeded`, `StepUpNeeded`."""
    if session.kind not in ("browser", "device", "given"):
        raise PersonNeeded
    if session.trust == "low" and request.method in WRITES:
        raise TrustNeeded
    if fresh:
        await require_fresh(here, session)


async def require_fresh(here: Rooms, session: Session) -> None:
    """For what only sometimes wants a proof of the last quarter of an hour. Raises `StepUpNeeded`."""
    if not sessions.is_stepped_up(session, await here.db.read(Look.now)):
        raise StepUpNeeded


async def owner_of(connection: HTTPConnection, here: Rooms) -> Actor:
    """The machine's owner, if that is who asks. Raises `NotSignedIn`, and says what spoke against it."""
    if here.mode == "team":
        raise NotSignedIn(SIGN_IN)
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


def _is_programs(look: Look, session: Session) -> bool:
    return session.kind == "token" and session.user is not None and people.find(look, session.user).service


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
