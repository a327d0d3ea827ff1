"""Where a hub listens: on loopback, and beyond it only as a team's hub to which no password comes as plain text.

Above: `serve` and `demo`. Below: a socket.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from coderclawlink.errors import Conflict, Invalid
from coderclawlink.settings import Settings

BACKLOG = 1024


class PortTaken(Conflict):
    """The port is taken."""


@contextlib.contextmanager
def listening(host: str, port: int, *, beyond: bool = False) -> Iterator[socket.socket]:
    """A socket that listens. `beyond`: also on an address that is not loopback, which else raises `Invalid`; raises `PortTaken`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise Invalid(f"{host} is no address of this machine.") from error
    if not beyond and not all(
        ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found
    ):
        raise Invalid(
            f"Refusing to listen on {host}: in local mode the hub belongs to this machine's owner and listens on loopback "
            "only, such as 127.0.0.1. To reach it from elsewhere, use a tunnel: ssh -L 8000:127.0.0.1:8000 HOST; "
            "or let people sign in: CLAWLINK_MODE=team"
        )
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError as error:
            raise PortTaken(
                f"Port {port} on {host} cannot be had: {error.strerror}. Take another with --port; 0 takes any free one."
            ) from error
        yield listener


def may_go_beyond(settings: Settings) -> bool:
    """Whether the hub may listen beyond loopback. Raises `Invalid` for what makes no sense, or would be unsafe, in any case."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise Invalid("CLAWLINK_TLS_CERT and CLAWLINK_TLS_KEY go together: set both, or none.")
    for address in settings.proxy_addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError as error:
            raise Invalid(f"CLAWLINK_PROXIES: {address} is no IP address.") from error
    if settings.mode == "local":
        if settings.is_encrypted or settings.proxy_addresses:
            raise Invalid("CLAWLINK_TLS_CERT and CLAWLINK_PROXIES are for a team's hub: set CLAWLINK_MODE=team too.")
        return False
    if settings.is_encrypted:
        _try_certificate(settings)
    if _is_loopback(settings.api_host):
        return False
    refusing = f"Refusing to listen on {settings.api_host}:"
    if not (settings.is_encrypted or settings.proxy_addresses):
        raise Invalid(
            f"{refusing} passwords would cross the network as plain text. Set CLAWLINK_TLS_CERT and CLAWLINK_TLS_KEY, or name "
            "the proxy that ends TLS before this hub in CLAWLINK_PROXIES."
        )
    if urlsplit(settings.public_url or "").scheme != "https":
        raise Invalid(
            f"{refusing} set CLAWLINK_PUBLIC_URL to the address people open, such as https://hub.example.org."
        )
    return True


@contextlib.contextmanager
def inner(settings: Settings, listener: socket.socket) -> Iterator[socket.socket | None]:
    """A further socket, for this machine's node and commands; None where they can use the other. They would know neither the name
    nor the certificate of a hub that faces the network."""
    if not settings.is_encrypted and ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback:
        yield None
        return
    with listening("127.0.0.1", 0) as own:
        yield own


def _is_loopback(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        return True  # it is told when the socket is opened
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def _try_certificate(settings: Settings) -> None:
    if settings.tls_cert is None or settings.tls_key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:  # of which ssl.SSLError is one
        raise Invalid(f"CLAWLINK_TLS_CERT and CLAWLINK_TLS_KEY cannot be used: {error.strerror or error}.") from error


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
