"""Signing in with an account of GitHub, of github.com or of an Enterprise server, by its OAuth web flow with PKCE.

Above: signing in at a provider. Below: `outgoing`. It is no OpenID Connect: who somebody is is asked of its REST interface with the token that the
flow gives, which is forgotten at once. The account's number is the subject; the login can be given up and taken by somebody else.
"""

from __future__ import annotations

from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import httpx2
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from coderclawlink.access import outgoing
from coderclawlink.access.identities import Identity, Refused, address, plain, unusable
from coderclawlink.access.oidc import challenge_of, said_wrong
from coderclawlink.access.outgoing import AddressRefused, Answer, CallFailed
from coderclawlink.access.providers import Provider

T = TypeVar("T")
PUBLIC, PUBLIC_API = "https://github.com", "https://api.github.com"
ORGANISATIONS_AT_MOST = 100
"""What one answer holds; those behind are not looked at."""


class _Token(BaseModel):
    access_token: str


class _Account(BaseModel):
    id: Annotated[int, Field(gt=0)]
    login: str
    name: str | None = None


class _Email(BaseModel):
    email: str
    primary: bool = False
    verified: bool = False


class _Organisation(BaseModel):
    id: int
    login: str


def way_to(provider: Provider, *, state: str, verifier: str, back: str) -> str:
    """Where a browser is sent to sign in. `back`: where it is sent then."""
    scopes = ["read:user", "user:email"]
    if _asks_organisations(provider):
        scopes.append("read:org")
    asked = {
        "client_id": provider.client_id,
        "redirect_uri": back,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    return str(httpx2.URL(f"{provider.issuer.rstrip('/')}/login/oauth/authorize").copy_merge_params(asked))


async def redeem(provider: Provider, secret: str | None, *, code: str, verifier: str, back: str) -> Identity:
    """Who has signed in there, for the code that it gave the browser. Raises `Refused`."""
    form = {"client_id": provider.client_id, "code": code, "redirect_uri": back, "code_verifier": verifier}
    if secret is not None:
        form["client_secret"] = secret
    url = f"{provider.issuer.rstrip('/')}/login/oauth/access_token"
    answer = await _call(provider, "POST", url, form=form)
    try:
        token = _Token.model_validate(answer.json()).access_token
    except (ValidationError, CallFailed) as error:
        said = said_wrong(answer.json()) if answer.body.startswith(b"{") else f"it answers {answer.status}"
        raise Refused("provider", f"{provider.label} does not take what it gave the browser: {said}.") from error
    account = await _ask(provider, token, "/user", _ACCOUNT)
    emails = await _ask(provider, token, "/user/emails", _EMAILS)
    email = next((address(one.email) for one in emails if one.primary and one.verified), None)
    belongs: list[_Organisation] = []
    if _asks_organisations(provider):
        belongs = await _ask(provider, token, f"/user/orgs?per_page={ORGANISATIONS_AT_MOST}", _ORGANISATIONS)
    wanted = {one.lower() for one in provider.settings.organisations}
    if wanted and not any({one.login.lower(), str(one.id)} & wanted for one in belongs):
        raise Refused("account", f"{account.login} belongs to none of the organisations that may sign in here.")
    groups = None if provider.settings.groups is None else tuple(filter(None, (plain(one.login) for one in belongs)))
    return Identity(str(account.id), plain(account.login), plain(account.name), email, groups)


async def check(provider: Provider) -> list[str]:
    """What is wrong with a provider, as far as can be seen without signing in, a sentence each."""
    found = []
    try:
        answer = await _call(provider, "GET", f"{api_of(provider)}/meta")
        if answer.status != 200:
            found.append(f"{api_of(provider)} answers {answer.status}: it is not GitHub's REST interface.")
    except Refused as error:
        found.append(error.message)
    if not provider.has_secret:
        found.append("GitHub wants a client secret, and none is set.")
    return found


def api_of(provider: Provider) -> str:
    """The base URL of the REST interface."""
    server = provider.issuer.rstrip("/")
    told = provider.settings.api
    return told.rstrip("/") if told else PUBLIC_API if server == PUBLIC else f"{server}/api/v3"


def _asks_organisations(provider: Provider) -> bool:
    return bool(provider.settings.organisations) or provider.settings.groups is not None


async def _ask(provider: Provider, token: str, path: str, shape: TypeAdapter[T]) -> T:
    headers = {"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28"}
    answer = await _call(provider, "GET", f"{api_of(provider)}{path}", headers=headers)
    try:
        if answer.status == 200:
            return shape.validate_python(answer.json())
    except (ValidationError, CallFailed) as error:
        raise unusable(provider, f"{urlsplit(path).path} is told in a shape of its own") from error
    raise unusable(provider, f"{urlsplit(path).path} answers {answer.status}")


async def _call(
    provider: Provider,
    method: str,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> Answer:
    try:
        return await outgoing.call(method, url, provider.bounds, headers=headers, form=form)
    except (CallFailed, AddressRefused) as error:
        raise unusable(provider, error.message) from error


_ACCOUNT = TypeAdapter(_Account)
_EMAILS = TypeAdapter(list[_Email])
_ORGANISATIONS = TypeAdapter(list[_Organisation])
