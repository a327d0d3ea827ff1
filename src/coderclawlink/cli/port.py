"""Where a hub listens: on loopback, and nowhere else. Above: `serve` and `demo`. Below: a socket."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterator

from coderclawlink.errors import Conflict, Invalid

BACKLOG = 1024


class PortTaken(Conflict):
    """The port is taken."""


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens. Raises `Invalid` for an address that is not loopback, `PortTaken`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise Invalid(f"{host} is no address of this machine.") from error
    if not all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found):
        raise Invalid(
            f"Refusing to listen on {host}: in local mode the hub belongs to this machine's owner and listens on loopback "
            "only, such as 127.0.0.1. To reach it from elsewhere, use a tunnel: ssh -L 8000:127.0.0.1:8000 HOST"
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


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
