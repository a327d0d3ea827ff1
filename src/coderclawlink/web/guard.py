"""The guard at the door, before any route: may this page, by this name, with this body, speak to us at all?

- Host is one of our names, exactly: else 421. A page that had its own name resolve to us (DNS rebinding) gets no further.
- Origin, when there is one, is this very site; Sec-Fetch-Site says so too. Nothing else may read or write.
- What writes is JSON, strictly (`strict_json`), of at most 1 MiB, which forms and images of other sites cannot send. A file that
  is put on a task is let through as it comes (`uploads`): PUT, which they cannot send either; so is one that is imported, by POST,
  but of a type that they cannot send.
- Every answer carries the headers that keep browsers from guessing, framing, caching and telling; and a request id.

Pure ASGI, some 14 µs a request. Who asks, and what they may, is decided behind it (`signing_in`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coderclawlink.ids import new_id
from coderclawlink.web import strict_json
from coderclawlink.web.uploads import FORMS, Upload, is_upload

BODY_AT_MOST = 1024 * 1024
"""Bytes."""
DRAINED_AT_MOST = 64 * 1024 * 1024
"""A body that is too long is read on to here, and dropped, so that its sender gets to read the answer."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
HOST = re.compile(r"(?P<name>\[[0-9a-f:]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE)

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}
"""What an answer carries unless its route says otherwise."""


class _Refused(Exception):
    def __init__(self, status: int, detail: object) -> None:
        self.status = status
        self.detail = detail


class Guard:
    """The middleware. `hosts`: names beside loopback's that the Host header may carry, with or without a port."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = LOOPBACK_NAMES | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"] = new_id()
        try:
            headers = _read(scope)
            self._admit(scope, headers)
            if scope["type"] == "websocket":
                await self._app(scope, receive, send)
                return
            if is_upload(scope["method"], scope["path"]):
                _refuse_encoded(headers)
                _refuse_forms(scope, headers)
                upload = Upload(receive, send, invites=b"expect" in headers)
                receive, send = upload.receive, upload.send
            elif scope["method"] in WRITES:
                receive = _replay(await _body(headers, receive), receive)
        except _Refused as refused:
            await _answer(scope, receive, send, request_id, refused)
            return
        await self._app(scope, receive, _dressed(send, request_id))

    def _admit(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        match = HOST.fullmatch(host)
        if match is None or not (match["name"] in self._hosts or host in self._hosts):
            raise _Refused(421, "This hub is not known by that name. CLAWLINK_ALLOWED_HOSTS adds names.")
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower() not in (f"http://{host}", f"https://{host}"):
            raise _Refused(403, "Pages of other sites may not speak to this hub.")
        site = headers.get(b"sec-fetch-site", b"none")
        if site not in (b"none", b"same-origin") and not _is_a_link_followed(scope, headers):
            raise _Refused(403, "Pages of other sites may not speak to this hub.")
        if b"%00" in scope.get("query_string", b"") or "\0" in scope["path"]:
            raise _Refused(422, "The address holds a NUL.")


def _read(scope: Scope) -> dict[bytes, bytes]:
    """The headers that decide. Any of them twice is a trick."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _DECIDING:
            if name in found:
                raise _Refused(400, f"The header {name.decode()} is there twice.")
            found[name] = value
    return found


_DECIDING = frozenset(
    {
        b"host",
        b"origin",
        b"sec-fetch-site",
        b"sec-fetch-mode",
        b"sec-fetch-dest",
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"transfer-encoding",
        b"expect",
    }
)


def _is_a_link_followed(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """A person came here from elsewhere: the page is shown whole, and the other site cannot look into it."""
    return (
        scope.get("method") == "GET"
        and headers.get(b"sec-fetch-mode") == b"navigate"
        and headers.get(b"sec-fetch-dest") == b"document"
    )


# ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body, read within its limit and found to be JSON. Raises `_Refused`."""
    length = headers.get(b"content-length", b"0")
    too_long = length.isdigit() and int(length) > BODY_AT_MOST
    if too_long and b"expect" in headers:
        raise _Refused(413, "The body is longer than 1 MiB.")
    parts: list[bytes] = []
    size = 0
    more = True
    while more and size <= DRAINED_AT_MOST:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refused(400, "The body did not come whole.")
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_AT_MOST:
            parts.append(part)
        more = message.get("more_body", False)
    if size > BODY_AT_MOST:
        raise _Refused(413, "The body is longer than 1 MiB.")
    body = b"".join(parts)
    if body:
        _check(headers, body)
    return body


def _check(headers: dict[bytes, bytes], body: bytes) -> None:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json" and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        raise _Refused(415, "Send JSON, with Content-Type: application/json.")
    _refuse_encoded(headers)
    try:
        strict_json.parse(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _Refused(422, _invalid("The body is not UTF-8", error.start)) from error
    except strict_json.NotStrict as error:
        raise _Refused(422, _invalid(str(error), error.at)) from error


def _refuse_encoded(headers: dict[bytes, bytes]) -> None:
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise _Refused(415, "Send the body as it is, without Content-Encoding.")


def _refuse_forms(scope: Scope, headers: dict[bytes, bytes]) -> None:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if scope["method"] == "POST" and kind in FORMS:
        raise _Refused(415, "Send the file as application/octet-stream.")


def _invalid(why: str, at: int) -> list[object]:
    """In the shape in which wrong fields are told too."""
    return [{"type": "json_invalid", "loc": ["body", at], "msg": f"JSON decode error: {why}"}]


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


# ── answers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _dressed(send: Send, request_id: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.setdefault("headers", [])
            there = {name for name, _ in headers}
            message["headers"] = [
                *headers,
                *((name, value) for name, value in HEADERS.items() if name not in there),
                (b"x-request-id", request_id.encode()),
            ]
        await send(message)

    return sending


async def _answer(scope: Scope, receive: Receive, send: Send, request_id: str, refused: _Refused) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    body = json.dumps({"detail": refused.detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refused.status == 413:
        headers.append((b"connection", b"close"))
    sending = _dressed(send, request_id)
    await sending({"type": "http.response.start", "status": refused.status, "headers": headers})
    await sending({"type": "http.response.body", "body": body})
