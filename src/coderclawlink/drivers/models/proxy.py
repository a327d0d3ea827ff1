"""The loopback model proxy: the one door through which agents reach models.

One for each node process. Each attempt has a `Line` with a random token in its base URLs; the agent holds nothing else.
The proxy puts in the real key, forwards to the configured providers and to nowhere else, counts tokens and cost the same
way for all agents, lets no call by that the attempt's budget does not cover, and remembers how the last call went: many agents
call a failed model a finished turn.

Above: `node`, which opens a line for each attempt. Below: HTTP to the providers; `line`, `asked`, `meter`, `failure`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import httpx2

from coderclawlink import clock
from coderclawlink.drivers.base import ModelAccess
from coderclawlink.drivers.models import asked
from coderclawlink.drivers.models.budget import NO_CAP, Budget
from coderclawlink.drivers.models.failure import ModelFailure, read_failure, read_stream_failure
from coderclawlink.drivers.models.line import Call, Line, OnUsage
from coderclawlink.drivers.models.listen import (
    BodyTooLarge,
    ClientGone,
    Headers,
    Receive,
    Scope,
    Send,
    answer,
    listening,
    loopback,
    read_body,
    unix,
    while_connected,
)
from coderclawlink.drivers.models.meter import Meter
from coderclawlink.drivers.models.prices import Prices, known_prices
from coderclawlink.drivers.models.wires import (
    Endpoint,
    Speech,
    Upstream,
    Upstreams,
    Wire,
    error_body,
    error_in_stream,
    find_endpoint,
)

__all__ = ["Line", "Proxy", "serve"]

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of a request."""
ANSWER_LIMIT = 64 * 1024 * 1024
"""Bytes of an answer that does not stream; such an answer is passed on whole."""
PATIENCE_SECONDS = 15.0
"""A limit that lasts longer is not for the agent to sit out: its client is told not to try again by itself."""


class Proxy:
    """The proxy while it listens. Made by `serve`."""

    def __init__(self, upstreams: Upstreams, port: int, client: httpx2.AsyncClient, prices: Prices) -> None:
        self.port = port
        self._upstreams = upstreams
        self._client = client
        self._prices = prices
        self._lines: dict[str, Line] = {}

    @contextlib.asynccontextmanager
    async def open(
        self,
        run: str,
        attempt: int,
        *,
        on_usage: OnUsage,
        upstreams: Mapping[Wire, Upstream] | None = None,
        budget: Budget = NO_CAP,
    ) -> AsyncIterator[Line]:
        """A line for one attempt. At the block's end its token is worthless and its calls are cancelled.

        `on_usage` is told the totals after each call; it must neither raise nor block. `upstreams` take the place of the node's
        own on their wires, as for another account. `budget`: what the attempt may spend, see `Line.set_budget`.
        """
        token = secrets.token_urlsafe(32)
        leads = {**self._upstreams, **(upstreams or {})}
        urls: dict[str, str] = {wire: f"http://127.0.0.1:{self.port}/{token}/{wire}" for wire in leads}
        line = Line(f"{run}/{attempt}", ModelAccess(urls, token), leads, on_usage, self._prices, budget)
        self._lines[token] = line
        try:
            yield line
        finally:
            del self._lines[token]
            await line.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app."""
        method, path = scope["method"], scope["path"]
        token, wire, rest = _parts(path)
        line = self._lines.get(token)
        speech: Speech = "messages" if wire == "anthropic" else "chat"
        if line is None:
            await answer(send, 401, error_body(speech, "authentication_error", "This address is not valid (any more)."))
            return
        upstream = line.upstreams.get(wire) if wire else None
        if wire is None or upstream is None:
            await answer(send, 404, error_body(speech, "not_found_error", "No such model provider is configured."))
            return
        if rest in ("", "/") and method in ("HEAD", "GET"):
            # Some agents look whether somebody is at home.
            await answer(send, 200, b"", [(b"content-type", b"text/plain")])
            return
        endpoint = find_endpoint(wire, method, rest)
        if endpoint is None:
            await answer(send, 404, error_body(speech, "not_found_error", f"{method} {rest} is not open to agents."))
            return
        try:
            body = await read_body(receive, BODY_LIMIT)
        except BodyTooLarge:
            await answer(
                send, 413, error_body(endpoint.speech, "request_too_large", "The request is larger than 32 MiB.")
            )
            return
        except ClientGone:
            return
        forwarding = _Forwarding(self._client, line, wire, upstream, endpoint, send)
        await while_connected(receive, forwarding.run(scope, rest, body))


def _parts(path: str) -> tuple[str, Wire | None, str]:
    """`/token/wire/rest` taken apart; the rest keeps its slash."""
    token, _, after = path.removeprefix("/").partition("/")
    name, slash, rest = after.partition("/")
    wire: Wire | None = name if name in get_args(Wire) else None  # type: ignore[assignment]
    return token, wire, slash + rest


class _Forwarding:
    """One request on its way to the provider, and the answer on its way back."""

    def __init__(
        self, client: httpx2.AsyncClient, line: Line, wire: Wire, upstream: Upstream, endpoint: Endpoint, send: Send
    ) -> None:
        self.client = client
        self.line = line
        self.wire = wire
        self.upstream = upstream
        self.endpoint = endpoint
        self.send = send
        self.begun = False

    async def run(self, scope: Scope, path: str, body: bytes) -> None:
        line = self.line
        call = line.begin(asked.read(self.wire, self.endpoint, body), self.upstream.account or self.wire)
        with line.at_work():
            try:
                failure = await self._make(call, scope, path)
            except asyncio.CancelledError:
                # The agent went away: the provider's end is closed by now, and nobody failed. Or the attempt is over
                # while its agent still listens: it hears so.
                if line.closed:
                    with contextlib.suppress(TimeoutError):
                        async with clock.timeout(1):  # it may have stopped reading
                            await self._break_off("authentication_error", "The attempt is over.", 401)
                raise
            except httpx2.TimeoutException as error:
                failure = self._unreachable(error, "did not answer in time")
            except httpx2.TransportError as error:
                failure = self._unreachable(error, "could not be reached" if not self.begun else "broke off its answer")
            except httpx2.DecodingError:
                failure = ModelFailure("The model provider's answer could not be decoded.", "broken")
            finally:
                line.settle(call, None)
            line.judge(call, failure)
            if failure is not None and failure.status is None and failure.kind in ("unreachable", "broken"):
                await self._break_off("api_error", failure.why, 502)

    async def _make(self, call: Call, scope: Scope, path: str) -> ModelFailure | None:
        room = await self.line.admit(call)
        if isinstance(room, ModelFailure):
            await self._forbid(room)
            return room
        host = urlsplit(self.upstream.base).hostname or ""
        by_openai = self.wire == "openai" and (call.longest is not None or host.endswith("openai.com"))
        request = self.client.build_request(
            self.endpoint.method,
            self.upstream.base + path,
            headers=_request_headers(scope["headers"], self.upstream.credentials(self.wire)),
            content=asked.body(call.request, room, by_openai=by_openai) or None,
        )
        if query := scope["query_string"]:
            request.url = request.url.copy_with(query=query)
        return await self._exchange(call, request)

    async def _exchange(self, call: Call, request: httpx2.Request) -> ModelFailure | None:
        meter = Meter(self.endpoint.speech, "", hide_usage=False)
        try:
            response = await self.client.send(request, stream=True, follow_redirects=False)
        except (asyncio.CancelledError, httpx2.ReadTimeout):
            # The provider has the question and may be thinking: that is paid.
            self._settle(call, meter)
            raise
        try:
            if response.status_code >= 300:
                return await self._refused(response)
            kind = response.headers.get("content-type", "")
            meter = Meter(self.endpoint.speech, kind, hide_usage=call.request.hides_usage)
            try:
                await (
                    self._pass_on(call, response, meter) if meter.streams else self._pass_whole(call, response, meter)
                )
            finally:
                self._settle(call, meter)  # also of an answer that was broken off
        finally:
            await response.aclose()
        return read_stream_failure(meter.error) if meter.error is not None else None

    def _settle(self, call: Call, meter: Meter) -> None:
        if self.endpoint.costs:
            self.line.settle(call, meter.total(call.input_tokens), meter.model)

    async def _pass_on(self, call: Call, response: httpx2.Response, meter: Meter) -> None:
        headers = _answer_headers(response.headers)
        await self.send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        self.begun = True
        async for chunk in response.aiter_bytes():
            if out := meter.feed(chunk):
                await self.send({"type": "http.response.body", "body": out, "more_body": True})
        rest = meter.end()
        self._settle(call, meter)  # before the agent can make its next call
        await self.send({"type": "http.response.body", "body": rest})

    async def _pass_whole(self, call: Call, response: httpx2.Response, meter: Meter) -> None:
        body = await _read_answer(response)
        meter.feed(body)
        meter.end()
        self._settle(call, meter)
        await answer(self.send, response.status_code, body, _answer_headers(response.headers))

    async def _forbid(self, failure: ModelFailure) -> None:
        """A call that is not made at all: the agent hears why, and is told not to try again by itself."""
        status, kind = _FORBIDDEN[failure.kind]
        headers = [(b"content-type", b"application/json"), (b"x-should-retry", b"false")]
        await answer(self.send, status, error_body(self.endpoint.speech, kind, failure.why), headers)

    async def _refused(self, response: httpx2.Response) -> ModelFailure:
        status = response.status_code
        if status < 400:
            # Where it points to is not for an agent to know, nor for us to follow.
            return ModelFailure(
                f"The model provider answered with a redirect (HTTP {status}); see its base URL.", "broken"
            )
        body = await _read_answer(response)
        if self.upstream.key:
            body = body.replace(self.upstream.key.encode(), b"[key]")
        now = datetime.now(UTC)
        failure = read_failure(status, response.headers, body, now)
        headers = _answer_headers(response.headers)
        if failure.limit is not None:
            until = failure.limit.resets_at
            if until is None or (until - now).total_seconds() > PATIENCE_SECONDS:
                headers = [
                    *(header for header in headers if header[0] != b"x-should-retry"),
                    (b"x-should-retry", b"false"),
                ]
        await answer(self.send, status, body, headers)
        return failure

    def _unreachable(self, error: httpx2.TransportError, how: str) -> ModelFailure:
        host = urlsplit(self.upstream.base).netloc
        detail = f" ({error})" if str(error) else ""
        return ModelFailure(f"The model provider at {host} {how}{detail}.", "broken" if self.begun else "unreachable")

    async def _break_off(self, kind: str, why: str, status: int) -> None:
        """Tell the agent in its own terms that nothing (more) will come."""
        speech = self.endpoint.speech
        if not self.begun:
            await answer(self.send, status, error_body(speech, kind, why))
            return
        await self.send({"type": "http.response.body", "body": error_in_stream(speech, kind, why)})


async def _read_answer(response: httpx2.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > ANSWER_LIMIT:
            raise httpx2.ReadError("the answer is larger than 64 MiB")
        parts.append(chunk)
    return b"".join(parts)


_FORBIDDEN: Mapping[str, tuple[int, str]] = {
    "budget": (402, "billing_error"),
    "paused": (403, "permission_error"),
    "refused": (400, "invalid_request_error"),
}
_NOT_PASSED = frozenset(
    # hop by hop (RFC 9110), then what the agent takes for its key, then what we say ourselves
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade "
    b"authorization x-api-key api-key x-goog-api-key cookie set-cookie "
    b"host content-length content-encoding accept-encoding expect forwarded via "
    b"x-forwarded-for x-forwarded-host x-forwarded-proto".split()
)


def _request_headers(headers: Headers, credentials: Headers) -> Headers:
    named = {name.strip().lower() for key, value in headers if key == b"connection" for name in value.split(b",")}
    kept = [(key, value) for key, value in headers if key not in _NOT_PASSED and key not in named]
    # Compression would hide the tokens from the meter and hold back chunks.
    return [*kept, *credentials, (b"accept-encoding", b"identity")]


def _answer_headers(headers: httpx2.Headers) -> Headers:
    named = {name.strip().lower() for name in headers.get("connection", "").encode().split(b",")}
    lowered = [(key.lower(), value) for key, value in headers.raw]
    return [(key, value) for key, value in lowered if key not in _NOT_PASSED and key not in named]


@cache
def _trusted() -> ssl.SSLContext:
    """The system's certificate authorities; reading them takes a while."""
    return ssl.create_default_context()


@contextlib.asynccontextmanager
async def serve(
    upstreams: Upstreams, *, socket_path: Path | None = None, port: int = 0, prices: Prices | None = None
) -> AsyncIterator[Proxy]:
    """Listen on 127.0.0.1 (`port` 0: a free one) and, if given, on a unix socket of mode 0600, until the block ends.

    Raises `OSError` when a socket cannot be had.
    """
    tcp = loopback(port)
    sockets = [tcp] if socket_path is None else [tcp, unix(socket_path)]
    timeout = httpx2.Timeout(connect=10, read=600, write=60, pool=None)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=60)
    direct = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}
    async with httpx2.AsyncClient(timeout=timeout, limits=limits, mounts=direct, verify=_trusted()) as client:
        proxy = Proxy(upstreams, tcp.getsockname()[1], client, prices or known_prices())
        with contextlib.ExitStack() as leavings:
            if socket_path is not None:
                leavings.callback(socket_path.unlink, missing_ok=True)
            async with listening(proxy, *sockets):
                yield proxy
