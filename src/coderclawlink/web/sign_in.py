"""Routes of signing in and out: by password, for a browser (a cookie) or a program at a terminal (the session's id); and of one's own sessions.

Above: `api`. Below: `access`. Who fails waits (`throttle`); what is told of a failure is the same for whoever is unknown, disabled or wrong.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from coderclawlink.access import invitations, passkeys, passwords, people, providers, sessions, throttle, tickets
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.access.sessions import ID_CHARACTERS, LONGEST_SECONDS, Session
from coderclawlink.db.engine import Tx
from coderclawlink.errors import NotSignedIn
from coderclawlink.events import SignInRefused
from coderclawlink.journal import log
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Asked, Stamp, Told
from coderclawlink.web.signing_in import (
    SECURE_COOKIE,
    cookie_of,
    needs,
    open_to_all,
    require_fresh,
    session_in,
    session_of,
)

router = APIRouter(prefix="/api/auth", tags=["sign-in"])

SomebodyHere = Annotated[Actor, needs(Permission.TASK_VIEW)]
Person = Annotated[Actor, needs(Permission.TASK_VIEW, in_person=True)]
FreshPerson = Annotated[Actor, needs(Permission.TASK_VIEW, step_up=True)]
BEFORE_SIGNING_IN = open_to_all("who signs in is nobody yet")

Password = Annotated[str, Field(min_length=1, max_length=1000)]
UserGiven = Annotated[str, Field(min_length=1, max_length=320)]
Keep = Annotated[
    Literal["cookie", "session"],
    Field(description="How the session is handed over: to a browser as its cookie, or as `session_id` in the answer."),
]


class WrongPassword(NotSignedIn):
    """The user or the password is wrong."""


class ProviderOffered(Told):
    """One where one can sign in, at `/api/auth/providers/{name}/start`. `label`: as it is called on the page."""

    name: str
    label: str
    kind: Literal["oidc", "github"]


class Methods(BaseModel):
    """`mode`: `local`: the machine's owner needs no signing in. `methods`: what this hub offers. `signed_in`: you are.
    `has_administrator`: false on a hub that nobody can be let into yet."""

    mode: Literal["local", "team"]
    methods: list[Literal["password", "passkey"]]
    signed_in: bool
    providers: list[ProviderOffered]
    has_administrator: bool


class SignIn(Asked):
    """`user`: the user's name, or e-mail address."""

    user: UserGiven
    password: Password
    keep: Keep = "cookie"


class SignedInAs(BaseModel):
    """`session_id`: only where it was asked for."""

    user: str
    role: str
    expires_at: Stamp | None
    session_id: str | None


class PasswordChange(Asked):
    """`current`: null where none is set."""

    current: Password | None = None
    new: Password


class Acceptance(Asked):
    """`code`: what stands behind the `#` of the invitation's link. `user`: the name to sign in with from now on."""

    code: Annotated[str, Field(max_length=200)]
    user: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(max_length=200)] | None = None
    password: Password
    keep: Keep = "cookie"


class InvitationCode(Asked):
    """`code`: what stands behind the `#` of the invitation's link."""

    code: Annotated[str, Field(max_length=200)]


class InvitationProject(Told):
    key: str
    name: str
    role: Role


class InvitationShown(Told):
    """What whoever holds the link is told. `email`: whom it was made for, if it was for somebody. `projects`: of which one becomes a
    member."""

    role: Role
    email: str | None
    projects: list[InvitationProject]
    made_by: str
    expires_at: Stamp


class OwnSession(BaseModel):
    """`id`: what it is ended by; not the session's id, which is a secret. `current`: the one that asks."""

    id: str
    kind: str
    address: str | None
    agent: str | None
    device_id: str | None
    created_at: Stamp
    last_activity: Stamp
    expires_at: Stamp | None
    current: bool


class Ended(BaseModel):
    sessions: int


class Ticket(BaseModel):
    """For the first frame of a WebSocket: good once, for 30 seconds."""

    ticket: str


@router.get("/methods", dependencies=[BEFORE_SIGNING_IN])
async def show_methods(request: Request, here: Here) -> Methods:
    try:
        signed_in = await session_of(request, here) is not None
    except NotSignedIn:
        signed_in = False
    knows_passkeys = passkeys.site_of(here.public_url) is not None
    return Methods(
        mode=here.mode,
        methods=["password", "passkey"] if knows_passkeys else ["password"],
        signed_in=signed_in,
        providers=[ProviderOffered.model_validate(one) for one in await here.db.read(providers.all_of_them)],
        has_administrator=await here.db.read(people.is_there_an_administrator),
    )


@router.post("/sign-in", dependencies=[BEFORE_SIGNING_IN])
async def sign_in(request: Request, response: Response, here: Here, wanted: SignIn) -> SignedInAs:
    """Too many failures are answered by 429, with `Retry-After` in seconds."""
    user = await proven(request, here, wanted.user, wanted.password)
    session = await here.db.write(_open, user, "password", address_of(request), request.headers.get("user-agent"))
    return hand_over(request, response, here, session, wanted.keep)


@router.post("/invitation", dependencies=[BEFORE_SIGNING_IN])
async def show_invitation(here: Here, wanted: InvitationCode) -> InvitationShown:
    """What an invitation is for, before it is accepted. A body holds the code, so that it stands in no log."""
    return InvitationShown.model_validate(await here.db.read(invitations.find, wanted.code))


@router.post("/accept", dependencies=[BEFORE_SIGNING_IN])
async def accept(request: Request, response: Response, here: Here, wanted: Acceptance) -> SignedInAs:
    """Become a user by an invitation, and be signed in."""
    await here.db.read(invitations.find, wanted.code)
    passwords.require_good(wanted.password, wanted.user, wanted.name)
    hashed = await passwords.hashed(wanted.password)
    session = await here.db.write(_accept, wanted, hashed, address_of(request), request.headers.get("user-agent"))
    return hand_over(request, response, here, session, wanted.keep)


@router.post("/sign-out", status_code=204)
async def sign_out(actor: SomebodyHere, request: Request, response: Response, here: Here) -> None:
    """End the session that asks."""
    session = session_in(request)
    await here.db.write(sessions.end, session, actor)
    _forget(request, response, here)


@router.post("/sign-out-everywhere")
async def sign_out_everywhere(actor: Person, request: Request, response: Response, here: Here) -> Ended:
    """End all of one's sessions. Tokens go on: they are revoked one by one."""
    session = session_in(request)
    ended = await here.db.write(_end_all, session, actor)
    _forget(request, response, here)
    return Ended(sessions=ended)


@router.post("/password", status_code=204)
async def change_password(actor: Person, request: Request, here: Here, wanted: PasswordChange) -> None:
    """Change one's own. All other sessions of the user end. Who has none yet sets one with a proof anew of who that is."""
    session = session_in(request)
    person = await here.db.read(people.find, session.user or "")
    if person.has_password:
        await proven(request, here, person.id, wanted.current or "")
    else:  # or whoever gets hold of a session would have a way in that stays
        await require_fresh(here, session)
    passwords.require_good(wanted.new, person.id, person.name)
    hashed = await passwords.hashed(wanted.new)
    await here.db.write(_set_password, person.id, hashed, actor, address_of(request))


@router.get("/sessions")
async def list_sessions(actor: SomebodyHere, request: Request, here: Here) -> list[OwnSession]:
    """One's own, the latest used first, at most 200."""
    session = session_in(request)
    if not session.proven or session.user is None:
        return [_own(session, session)]
    return [_own(one, session) for one in await here.db.read(sessions.all_of, session.user)]


@router.delete("/sessions/{id}", status_code=204)
async def end_session(actor: Person, request: Request, here: Here, id: str) -> None:
    """End one of one's own."""
    await here.db.write(sessions.end_by_id, session_in(request).user or "", id, actor)


@router.post("/ticket")
async def make_ticket(actor: SomebodyHere, request: Request, here: Here) -> Ticket:
    return Ticket(ticket=await here.db.write(tickets.create, session_in(request).hash))


# ── in one transaction ─────────────────────────────────────────────────────────────────────────────────────────────


async def proven(request: Request, here: Rooms, named: str, password: str) -> str:
    """Whom the name means, once the password has proven it. Raises `WrongPassword`, `TooOften`."""
    address = address_of(request)
    found = await here.db.read(people.signing_in, named)
    user, hashed = found or (named.strip().lower(), None)
    await here.db.write(throttle.enter, user, address)
    if not await passwords.matches(hashed, password):
        await here.db.write(_refuse, None if found is None else user)
        raise WrongPassword
    return user


def _refuse(tx: Tx, user: str | None) -> None:
    log.append(tx, SignInRefused(user=user, how="password", why="The user or the password is wrong."), actor=user)


def _open(tx: Tx, user: str, how: str, address: str, agent: str | None) -> Session:
    throttle.succeeded(tx, user, address)
    return sessions.open_browser(tx, user, how=how, address=address, agent=agent)


def _accept(tx: Tx, wanted: Acceptance, hashed: str, address: str, agent: str | None) -> Session:
    person = invitations.accept(tx, wanted.code, wanted.user, wanted.name, hashed)
    return sessions.open_browser(tx, person.id, how="invitation", address=address, agent=agent)


def _end_all(tx: Tx, session: Session, actor: Actor) -> int:
    if session.user is None or not session.proven:
        sessions.end(tx, session, actor)
        return 1
    return sessions.end_all(tx, session.user, who=actor)


def _set_password(tx: Tx, user: str, hashed: str, actor: Actor, address: str) -> None:
    throttle.succeeded(tx, user, address)
    people.set_password(tx, user, hashed, by=actor, but=actor.login)


# ── told ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def address_of(request: Request) -> str:
    return throttle.place_of(request.client.host if request.client else None)


def hand_over(request: Request, response: Response, here: Rooms, session: Session, keep: Keep) -> SignedInAs:
    if keep == "cookie":
        name = cookie_of(request, here)
        response.set_cookie(
            name,
            session.id,
            max_age=int(LONGEST_SECONDS),
            path="/",
            secure=name == SECURE_COOKIE,
            httponly=True,
            samesite="strict",
        )
    return SignedInAs(
        user=session.user or "",
        role=session.role,
        expires_at=session.expires_at,
        session_id=session.id if keep == "session" else None,
    )


def _forget(request: Request, response: Response, here: Rooms) -> None:
    name = cookie_of(request, here)
    response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="strict")


def _own(session: Session, asking: Session) -> OwnSession:
    return OwnSession(
        id=session.hash[:ID_CHARACTERS],
        kind=session.kind,
        address=session.address,
        agent=session.agent,
        device_id=session.device,
        created_at=session.created_at,
        last_activity=session.last_activity,
        expires_at=session.expires_at,
        current=session.hash == asking.hash,
    )
