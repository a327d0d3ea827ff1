"""Routes of signing in at a provider: there, back, and out again; and of the accounts there that one signs in with.

Above: `api`. Below: `access.round_trips`, `oidc`, `github`, `identities`. A browser comes back by a link from another site, so that its session's cookie
does not come along; a cookie of its own binds the two halves of the way. What is refused is told in a sentence, to programs as JSON and to
people on a plain page, and kept in the audit log.
"""

from __future__ import annotations

import contextlib
import html
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

import httpx2
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse

from coderclawlink.access import github, identities, oidc, passkeys, people, providers, round_trips, sessions
from coderclawlink.access.identities import Identity, Refused
from coderclawlink.access.policy import Actor
from coderclawlink.access.providers import Provider
from coderclawlink.access.round_trips import GOOD_SECONDS, Handed, Plan, Trip
from coderclawlink.access.sessions import Session
from coderclawlink.db.engine import Look, Tx
from coderclawlink.errors import ClawlinkError, Invalid, Unavailable
from coderclawlink.events import SignInRefused
from coderclawlink.journal import log
from coderclawlink.web.providers import callback_of
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Asked, Stamp, Told
from coderclawlink.web.sign_in import BEFORE_SIGNING_IN, FreshPerson, Person, SignedInAs, address_of, hand_over
from coderclawlink.web.signing_in import SECURE_COOKIE, cookie_of, require_fresh, session_in, session_of

router = APIRouter(prefix="/api/auth", tags=["sign-in"])

TRIP_COOKIE, SECURE_TRIP_COOKIE = "clawlink_trip", "__Host-clawlink-trip"

ReturnTo = Annotated[str, Query(max_length=500, description="Where in the page to go then: a path, such as /projects.")]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]


class WayWanted(Asked):
    """`invitation`: its code; who is unknown becomes a user by it. `link`: the account there becomes one more way in for who has signed in
    here. `step_up`: who has signed in here proves again who that is, by showing it there once more (OIDC)."""

    return_to: Annotated[str, Field(max_length=500)] = "/"
    invitation: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    link: bool = False
    step_up: bool = False


class Way(BaseModel):
    """Where to send the browser, which has been given a cookie for its way back."""

    location: str


class ProviderUnusable(Unavailable):
    """The provider cannot be signed in at just now."""


class Redemption(Asked):
    code: Word
    verifier: Word


class OwnIdentity(Told):
    """`name`: as you are called there."""

    provider: str
    name: str | None
    made_at: Stamp
    used_at: Stamp | None


@router.get("/providers/{name}/start", dependencies=[BEFORE_SIGNING_IN], status_code=303)
async def start_at_provider(
    request: Request,
    here: Here,
    name: str,
    return_to: ReturnTo = "/",
    anew: Annotated[
        bool, Query(description="Also who has signed in at the provider shall show there again who that is (OIDC).")
    ] = False,
    port: Annotated[
        int | None,
        Query(ge=1024, le=65535, description="A program at a terminal waits there, on the browser's machine."),
    ] = None,
    challenge: Annotated[
        str | None,
        Query(
            min_length=43, max_length=43, description="That program's (PKCE, S256); `redeem` takes what it was made of."
        ),
    ] = None,
) -> Response:
    """Send the browser to the provider. With `port` and `challenge`, a program is handed a code for the session then."""
    if (port is None) is not (challenge is None):
        raise Invalid("A program that waits for the session gives both, its port and a challenge.")
    plan = Plan(name, _path(return_to), anew=anew, port=port, challenge=challenge)
    try:
        location, trip = await _begin(here, plan)
    except ProviderUnusable as refusal:
        return _refusal(request, refusal, 503)
    response = RedirectResponse(location, status_code=303)
    _bind(request, response, here, trip.browser)
    return response


@router.post("/providers/{name}/start", dependencies=[BEFORE_SIGNING_IN])
async def ask_way_to_provider(request: Request, response: Response, here: Here, name: str, wanted: WayWanted) -> Way:
    """The same for a page, which goes there itself."""
    login = None
    if wanted.link or wanted.step_up:
        session = await session_of(request, here)
        if session is None or session.kind != "browser":
            raise Invalid("Sign in first: then the account there becomes one more way in, or proves again who you are.")
        if wanted.link:  # one more way in stays, when the session is long over
            await require_fresh(here, session)
        login = session.hash
    plan = Plan(name, _path(wanted.return_to), wanted.invitation, login, anew=wanted.step_up)
    location, trip = await _begin(here, plan)
    _bind(request, response, here, trip.browser)
    return Way(location=location)


@router.get("/providers/{name}/callback", dependencies=[BEFORE_SIGNING_IN], status_code=303)
async def come_back(
    request: Request,
    here: Here,
    name: str,
    state: Annotated[str, Query(max_length=500, description="As it was sent there.")] = "",
    code: Annotated[str, Query(max_length=4000, description="What is exchanged for who signed in.")] = "",
    iss: Annotated[str | None, Query(max_length=2000, description="Whose answer it is (RFC 9207).")] = None,
    error: Annotated[str, Query(max_length=200, description="Why nobody has signed in there.")] = "",
    error_description: Annotated[str, Query(max_length=1000, description="The same, at length.")] = "",
) -> Response:
    """Where the provider sends the browser back to. It is sent on, signed in."""
    provider = await here.db.read(providers.find, name)
    response: Response
    try:
        trip = await here.db.write(round_trips.end, name, state, request.cookies.get(_trip_cookie(request, here)))
        if isinstance(trip, str):
            raise Refused("trip", trip)
        said = {"error": error, "error_description": error_description} if error or not code else None
        identity = await _identity(here, provider, trip, code, iss, said)
        agent = request.headers.get("user-agent")
        if trip.plan.login is not None:
            await here.db.write(_step_up if trip.plan.anew else _link, provider, identity, trip.plan.login)
            response = RedirectResponse(trip.plan.return_to, status_code=303)
        elif trip.plan.port is not None:
            user, handed = await here.db.write(_hand_over, provider, identity, trip.plan)
            there = f"http://127.0.0.1:{trip.plan.port}/?code={handed}"
            # By a click, since any page can send a browser here, and on a machine of many anybody may listen.
            why = f"You are {user}. A program on this machine, at port {trip.plan.port}, asks to act as you here."
            response = HTMLResponse(_page("One more step", why, there, "Let it, I have started it"))
        else:
            session = await here.db.write(_open, provider, identity, trip.plan, address_of(request), agent)
            response = RedirectResponse(trip.plan.return_to, status_code=303)
            hand_over(request, response, here, session, "cookie")
    except ClawlinkError as refusal:
        whose = refusal.user if isinstance(refusal, Refused) else None
        told = SignInRefused(user=whose, how=provider.how, why=refusal.message)
        await here.db.write(log.append, told, log.NOTHING, actor=whose)
        response = _refusal(request, refusal)
    _forget_trip(request, response, here)
    return response


@router.get("/providers/{name}/sign-out", dependencies=[BEFORE_SIGNING_IN], status_code=303)
async def sign_out_at_provider(here: Here, name: str) -> Response:
    """Send the browser to the provider to sign out there too, if it offers that (OpenID Connect RP-Initiated Logout). Sign out here first."""
    provider = await here.db.read(providers.find, name)
    there, end = "/sign-in", None
    with contextlib.suppress(Refused):  # who cannot reach it has signed out here all the same
        end = (await here.documents.described(provider)).end_session_endpoint if provider.kind == "oidc" else None
    if end is not None:
        asked = {"client_id": provider.client_id, "post_logout_redirect_uri": f"{here.public_url.rstrip('/')}/sign-in"}
        there = str(httpx2.URL(end).copy_merge_params(asked))
    return RedirectResponse(there, status_code=303)


@router.post("/redeem", dependencies=[BEFORE_SIGNING_IN])
async def redeem(request: Request, response: Response, here: Here, wanted: Redemption) -> SignedInAs:
    """For a program at a terminal: the session of who has just signed in in its browser."""
    agent = request.headers.get("user-agent")
    session = await here.db.write(_take_over, wanted, address_of(request), agent)
    return hand_over(request, response, here, session, "session")


@router.get("/identities")
async def list_identities(actor: Person, request: Request, here: Here) -> list[OwnIdentity]:
    """One's own accounts at providers, with which one signs in here; at most 50."""
    user = session_in(request).user or ""
    return [OwnIdentity.model_validate(one) for one in await here.db.read(identities.of_user, user)]


@router.delete("/identities/{provider}", status_code=204)
async def remove_identity(actor: FreshPerson, request: Request, here: Here, provider: str) -> None:
    """Do not sign in there any more. Another way in has to be left."""
    await here.db.write(_unlink, session_in(request).user or "", provider, actor)


# ── there and back ─────────────────────────────────────────────────────────────────────────────────────────────────


async def _begin(here: Rooms, plan: Plan) -> tuple[str, Trip]:
    provider = await here.db.read(providers.find, plan.provider)
    if plan.anew and provider.kind != "oidc":
        raise Invalid(f"{provider.label} cannot be asked to have you show again who you are. Sign out, and in again.")
    try:
        described = await here.documents.described(provider) if provider.kind == "oidc" else None
    except Refused as error:  # nobody has been refused yet
        raise ProviderUnusable(error.message) from error
    trip = await here.db.write(round_trips.begin, plan)
    back = callback_of(here, provider.name)
    if described is None:
        return github.way_to(provider, state=trip.state, verifier=trip.verifier, back=back), trip
    way = oidc.way_to(
        provider, described, state=trip.state, nonce=trip.nonce, verifier=trip.verifier, back=back, anew=plan.anew
    )
    return way, trip


async def _identity(
    here: Rooms, provider: Provider, trip: Trip, code: str, iss: str | None, said: Mapping[str, str] | None
) -> Identity:
    """Who has signed in there. `said`: why nobody has. Raises `Refused`."""
    if provider.kind == "oidc":
        oidc.require_issuer(provider, await here.documents.described(provider), iss)
    if said is not None:
        raise Refused("provider", f"{provider.label} has not signed you in: {oidc.said_wrong(said)}.")
    secret = await here.db.read(providers.secret_of, here.vault, provider)
    back = callback_of(here, provider.name)
    if provider.kind == "github":
        return await github.redeem(provider, secret, code=code, verifier=trip.verifier, back=back)
    return await oidc.redeem(
        here.documents,
        provider,
        secret,
        code=code,
        verifier=trip.verifier,
        nonce=trip.nonce,
        back=back,
        now=await here.db.read(Look.now),
        anew=trip.plan.anew,
    )


def _open(tx: Tx, provider: Provider, identity: Identity, plan: Plan, address: str, agent: str | None) -> Session:
    person = identities.enter(tx, provider, identity, plan.invitation)
    return sessions.open_browser(
        tx, person.id, how=provider.how, address=address, agent=agent, proven_at=identity.proven_at
    )


def _link(tx: Tx, provider: Provider, identity: Identity, login: str) -> None:
    session = sessions.find_by_hash(tx, login)
    identities.link(tx, provider, identity, session.user or "", by=session.actor)


def _step_up(tx: Tx, provider: Provider, identity: Identity, login: str) -> None:
    identities.step_up(tx, provider, identity, sessions.find_by_hash(tx, login))


def _hand_over(tx: Tx, provider: Provider, identity: Identity, plan: Plan) -> tuple[str, str]:
    person = identities.enter(tx, provider, identity, plan.invitation)
    handed = Handed(person.id, provider.how, identity.proven_at)
    return person.id, round_trips.hand_over(tx, handed, plan.challenge or "")


def _take_over(tx: Tx, wanted: Redemption, address: str, agent: str | None) -> Session:
    handed = round_trips.take_over(tx, wanted.code, wanted.verifier)
    return sessions.open_browser(
        tx, handed.user, how=handed.how, address=address, agent=agent, proven_at=handed.proven_at
    )


def _unlink(tx: Tx, user: str, provider: str, actor: Actor) -> None:
    ways = len(passkeys.all_of(tx, user)) + people.find(tx, user).has_password
    identities.unlink(tx, user, provider, ways_left=ways, by=actor)


# ── the browser ────────────────────────────────────────────────────────────────────────────────────────────────────


def _path(return_to: str) -> str:
    """A place of our own page, and of no other site. Raises `Invalid`."""
    is_ours = return_to.startswith("/") and not return_to.startswith(("//", "/\\", "/api/"))
    if not is_ours or not return_to.isprintable() or "\\" in return_to:
        raise Invalid("`return_to` is a path of this hub's page, such as /projects.")
    return quote(return_to, safe="/?&=#%:@+,;~!$'()*-._")


def _trip_cookie(request: Request, here: Rooms) -> str:
    return SECURE_TRIP_COOKIE if cookie_of(request, here) == SECURE_COOKIE else TRIP_COOKIE


def _bind(request: Request, response: Response, here: Rooms, browser: str) -> None:
    """Lax: it comes along when the provider's page leads back here by a link, as the session's own does not."""
    name = _trip_cookie(request, here)
    response.set_cookie(
        name,
        browser,
        max_age=int(GOOD_SECONDS),
        path="/",
        secure=name == SECURE_TRIP_COOKIE,
        httponly=True,
        samesite="lax",
    )


def _forget_trip(request: Request, response: Response, here: Rooms) -> None:
    name = _trip_cookie(request, here)
    response.delete_cookie(name, path="/", secure=name == SECURE_TRIP_COOKIE, httponly=True, samesite="lax")


def _refusal(request: Request, refusal: ClawlinkError, status: int = 401) -> Response:
    """For people as a page. Raises it for programs."""
    if "text/html" not in request.headers.get("accept", ""):
        raise refusal
    return HTMLResponse(_page("You are not signed in", refusal.message, "/sign-in", "Sign in"), status_code=status)


def _page(head: str, why: str, there: str, words: str) -> str:
    """Without the interface's own files, so that it can be shown whatever else is wrong."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f'<meta name="viewport" content="width=device-width"><title>{head}</title><h1>{head}</h1>'
        f'<p>{html.escape(why)}</p><p><a href="{html.escape(there)}">{words}</a></p></html>'
    )
