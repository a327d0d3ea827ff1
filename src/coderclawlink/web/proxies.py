"""The proxies that stand before a team's hub: what the named ones say of who asks is believed, and nobody else's word.

Above: `app`, which puts it before the guard. Below: nothing. Where the hub speaks no TLS itself, only the proxies and this machine
reach it at all: a password would otherwise cross the network as plain text.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from coderclawlink.errors import Invalid

BELIEVED = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})


class Proxies:
    """The middleware. `addresses`: of the proxies. `only`: nobody else but this machine is let in. Raises `Invalid`."""

    def __init__(self, app: ASGIApp, addresses: Iterable[str], *, only: bool) -> None:
        self._app = app
        self._addresses = frozenset(_address(text) for text in addresses)
        self._only = only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        peer = _peer(scope)
        if peer in self._addresses:
            scope = self._as_told(scope)
        elif self._only and not (peer is not None and peer.is_loopback):
            await _refuse(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _as_told(self, scope: Scope) -> Scope:
        """With the client and the scheme as the proxy has them: of many addresses the last that is no proxy's own."""
        told = [(name, value.decode("latin-1")) for name, value in scope["headers"] if name in BELIEVED]
        chain = [part.strip() for name, value in told if name == b"x-forwarded-for" for part in value.split(",")]
        schemes = [value.strip().lower() for name, value in told if name == b"x-forwarded-proto"]
        is_socket = scope["type"] == "websocket"
        changed = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in BELIEVED]}
        for part in reversed(chain):
            try:
                found = _address(part)
            except Invalid:
                break
            changed["client"] = (str(found), 0)
            if found not in self._addresses:
                break
        if schemes:
            secure = schemes[-1] in ("https", "wss")
            changed["scheme"] = ("wss" if secure else "ws") if is_socket else ("https" if secure else "http")
        return changed


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address(text: str) -> Address:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError as error:
        raise Invalid(f"CLAWLINK_PROXIES: {text} is no IP address.") from error
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _peer(scope: Scope) -> Address | None:
    client = scope.get("client")
    try:
        return None if client is None else _address(client[0])
    except Invalid:
        return None


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    body = json.dumps({"detail": "This hub is reached through its proxy only."}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
