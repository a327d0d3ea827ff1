"""Calls to GitHub's REST interface with one access, and what it says no with, in words that tell what to do.

Above: `host`, `issues`. Below: githubkit, which is imported when the first call is made, since it takes a second. Answers are read by
tolerant models where they are used; here they are JSON. A token is shown to the configured address alone: redirects are not
followed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from coderclawlink.pulls.hosts import HostRefused, HostUnreachable, LimitReached

if TYPE_CHECKING:
    from githubkit import GitHub
    from githubkit.response import Response

AGENT = "coderClawLink"
CALL_SECONDS = 30.0
EARLY_SECONDS = 300.0
"""An installation's token is made anew so long before its end."""
UNKNOWN_WAIT_SECONDS = 60.0
"""How long a limit is taken to last that does not say (GitHub's best practices: at least a minute)."""
SAID_AT_MOST = 500
FOR_PEOPLE = 0.2
"""The share of an access's limit that is left to what people ask for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`json`: what the body holds, None where there is none. Status 304: as it was when the `etag` was told."""

    status: int
    json: object
    etag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


class Access(Protocol):
    """Whose calls these are."""

    async def token(self, client: Client) -> str | None:
        """What is shown as a bearer; None: nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A personal access token, or none."""

    secret: str | None = field(repr=False)

    async def token(self, client: Client) -> str | None:
        return self.secret


@dataclass(slots=True)
class App:
    """An installation of a GitHub App. `key`: its private key, PEM. Its tokens last an hour and are made when needed."""

    app_id: str
    key: str = field(repr=False)
    installation: str | None
    owner: str
    repo: str
    _made: str | None = field(default=None, repr=False)
    _until: float = 0.0
    _making: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def token(self, client: Client) -> str | None:
        async with self._making:
            if self._made is None or time.time() > self._until - EARLY_SECONDS:
                bearer = self._signed()
                if self.installation is None:
                    found = await client.call("GET", f"/repos/{self.owner}/{self.repo}/installation", bearer=bearer)
                    self.installation = str(_of(found.json, "id"))
                made = await client.call("POST", f"/app/installations/{self.installation}/access_tokens", bearer=bearer)
                self._made = str(_of(made.json, "token"))
                # Tolerantly: some servers tell fractions of seconds, which githubkit does not read.
                self._until = datetime.fromisoformat(str(_of(made.json, "expires_at"))).timestamp()
            return self._made

    def _signed(self) -> str:
        """The App's own bearer for some minutes (GitHub: "Generating a JSON Web Token for a GitHub App")."""
        now = int(time.time())
        try:
            key = RSAKey.import_key(self.key)
            return jwt.encode({"alg": "RS256"}, {"iat": now - 60, "exp": now + 540, "iss": self.app_id}, key)
        except (JoseError, ValueError) as error:
            raise HostRefused(
                "The App's private key cannot be read: it is to be the PEM file that GitHub made."
            ) from error


class Client:
    """One access to one GitHub. `api`: base URL of its REST interface; `seconds`: after which a call is given up."""

    def __init__(self, api: str, access: Access, seconds: float = CALL_SECONDS) -> None:
        self._api = api.rstrip("/")
        self._access = access
        self._seconds = seconds
        self._github: GitHub[Any] | None = None
        self.calls = 0
        """Made so far, those that were answered with 304 left out, since they cost nothing of the limit."""
        self._people_until = 0.0

    @property
    def wait(self) -> float:
        """Seconds until others than people should call again; 0: now."""
        return max(0.0, self._people_until - time.time())

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
        etag: str | None = None,
        bearer: str | None = None,
    ) -> Answer:
        """Raises `HostRefused`, `HostUnreachable`, `LimitReached`. `path` may be a whole address below the base URL."""
        from githubkit.exception import GitHubException, RequestError, RequestFailed, RequestTimeout

        shown = bearer if bearer is not None else await self._access.token(self)
        headers = {"X-GitHub-Api-Version": "2022-11-28"}
        if shown:
            headers["Authorization"] = f"Bearer {shown}"
        if etag:
            headers["If-None-Match"] = etag
        try:
            answer = await self._kit().arequest(
                method, self._address(path), json=json, params=dict(params) if params else None, headers=headers
            )
        except RequestFailed as failed:
            answer = failed.response
        except RequestTimeout as error:
            raise HostUnreachable(f"{self._name} did not answer within {self._seconds:g} seconds.") from error
        except (RequestError, GitHubException) as error:
            raise HostUnreachable(f"{self._name} cannot be reached: {_why(error)}") from error
        if answer.status_code != 304:
            self.calls += 1
        self._count(answer.headers)
        if answer.status_code >= 400:
            raise self._refusal(answer, path)
        if 300 <= answer.status_code < 304 or answer.status_code in (307, 308):
            raise HostRefused("The repository has moved. Give its new address.", status=answer.status_code)
        return _answer(answer)

    async def shown(self) -> str | None:
        """What is shown as a bearer just now."""
        return await self._access.token(self)

    @property
    def graphql(self) -> str:
        """Where GraphQL is spoken: on github.com beside the REST interface, on Enterprise servers a floor above."""
        return f"{self._api.removesuffix('/v3')}/graphql"

    async def text_at(self, address: str) -> str:
        """A text that the host keeps elsewhere, as the log of a job: fetched without showing any access."""
        async with httpx2.AsyncClient(timeout=self._seconds, follow_redirects=False) as http:
            try:
                answer = await http.get(address)
            except httpx2.HTTPError as error:
                raise HostUnreachable(f"The log cannot be fetched: {_why(error)}") from error
        return answer.text if answer.status_code == 200 else ""

    async def where(self, path: str) -> str | None:
        """Where the host sends those who ask for this; None if it does not."""
        from githubkit.exception import RequestFailed

        shown = await self._access.token(self)
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        try:
            answer = await self._kit().arequest("GET", self._address(path), headers=headers)
        except RequestFailed as failed:
            answer = failed.response
        there: str | None = answer.headers.get("location")
        return there

    def _kit(self) -> GitHub[Any]:
        if self._github is None:
            import githubkit

            self._github = githubkit.GitHub(
                base_url=self._api,
                user_agent=AGENT,
                timeout=self._seconds,
                follow_redirects=False,
                http_cache=False,  # ours is the etag that stands beside what it was told with
                auto_retry=False,  # who waits for a limit is told of it, and decides
                trust_env=False,
            )
        return self._github

    def _address(self, path: str) -> str:
        if path.startswith("/"):
            return self._api + path
        if path != self.graphql and not path.startswith(self._api + "/"):
            raise HostRefused("The host has told an address that is not its own.")
        return path

    @property
    def _name(self) -> str:
        return urlsplit(self._api).hostname or self._api

    def _count(self, headers: Mapping[str, str]) -> None:
        """Servers that have no limit tell of none."""
        if headers.get("x-ratelimit-resource", "core") != "core":
            return
        told = [headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
        if all(one.isdigit() for one in told):
            limit, remaining, reset = map(int, told)
            self._people_until = float(reset) if remaining < limit * FOR_PEOPLE else 0.0

    def _refusal(self, answer: Response[Any, Any], path: str) -> HostRefused | HostUnreachable:
        status, headers, said = answer.status_code, answer.headers, _said(answer)
        wait = headers.get("retry-after")
        # A secondary limit may tell of itself in words alone.
        limited = wait or headers.get("x-ratelimit-remaining") == "0" or "rate limit" in said.lower()
        if status == 429 or (status == 403 and limited):
            seconds = _seconds(wait, headers.get("x-ratelimit-reset"))
            self._people_until = max(self._people_until, time.time() + seconds)
            return LimitReached(f"{self._name} wants no more calls for {seconds:.0f} seconds: {said}", seconds=seconds)
        if status >= 500:
            return HostUnreachable(f"{self._name} has trouble of its own ({status}): {said}")
        match status:
            case 401:
                words = f"{self._name} does not accept the token: it is wrong, was revoked or has expired. ({said})"
            case 403:
                wants = headers.get("x-accepted-github-permissions") or headers.get("x-accepted-oauth-scopes")
                lacks = f" It wants {wants}." if wants else ""
                words = f"{self._name} does not allow that with this token: {said}.{lacks}"
            case 404:
                words = f"{self._name} knows nothing of {_asked(path)}: it is not there, or the token may not see it."
            case 410:
                words = f"{self._name} has closed that: {said}"
            case _:
                words = f"{self._name} refused ({status}): {said}"
        return HostRefused(words, status=status)


def _answer(answer: Response[Any, Any]) -> Answer:
    kept = {name.lower(): value for name, value in answer.headers.items()}
    body = answer.content
    told: object = None
    if body and "json" in kept.get("content-type", "json"):
        try:
            told = answer.json()
        except ValueError as error:
            raise HostUnreachable("The host answered with something that is no JSON.") from error
    return Answer(answer.status_code, told, kept.get("etag"), kept, "" if told is not None else answer.text)


def _said(answer: Response[Any, Any]) -> str:
    """GitHub's own words, with the errors of each field."""
    try:
        told = answer.json()
    except ValueError:
        return answer.text[:SAID_AT_MOST] or "without a word"
    if not isinstance(told, dict):
        return "without a word"
    errors = told.get("errors")
    parts = [str(told.get("message", "")).strip().rstrip(".")]
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            parts.append(str(error.get("message") or f"{error.get('field', '')} {error.get('code', '')}").strip())
        else:
            parts.append(str(error))
    return "; ".join(part for part in parts if part)[:SAID_AT_MOST] or "without a word"


def _seconds(retry_after: str | None, reset: str | None) -> float:
    if retry_after and retry_after.isdigit():
        return max(1.0, float(retry_after))
    if reset and reset.isdigit():
        return max(1.0, float(reset) - time.time())
    return UNKNOWN_WAIT_SECONDS


def _asked(path: str) -> str:
    parts = [part for part in urlsplit(path).path.split("/") if part]
    return "/".join(parts[1:3]) if parts[:1] == ["repos"] and len(parts) >= 3 else "it"


def _of(told: object, name: str) -> object:
    if isinstance(told, dict) and name in told:
        return told[name]
    raise HostUnreachable("The host left out what was asked for.")


def _why(error: Exception) -> str:
    cause = error.__cause__ or error
    return str(cause) or type(cause).__name__
