"""Calls to addresses that people have configured, such as a provider's: kept from reaching what only this machine can reach.

Above: providers of identities. Below: httpx2. TLS is spoken, except with this machine itself; the name is looked up once and the call goes to the
very address that was looked at; private ranges, and this machine, are reached only where it was said that they may be. No redirect is followed,
and what is answered has a limit in bytes and in time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import httpx2

from coderclawlink import clock
from coderclawlink.errors import Invalid, Unavailable

CALL_SECONDS = 10.0
BODY_AT_MOST = 1 << 20
"""Bytes."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_SIX_FROM_FOUR = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Invalid):
    """This address may not be called."""


class CallFailed(Unavailable):
    """What was called does not answer."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where calls may go beside the public network. `private`: ranges of networks of one's own; `loopback`: this machine."""

    private: bool = False
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`body`: whole, below the limit."""

    status: int
    body: bytes

    def json(self) -> object:
        """Raises `CallFailed` where it is none."""
        try:
            found: object = json.loads(self.body)
            json.dumps(
                found, ensure_ascii=False
            ).encode()  # a half of a pair of surrogates is no text, and cannot be kept
        except (ValueError, RecursionError) as error:
            raise CallFailed("What was answered is no JSON.") from error
        return found


def bounds_of(url: str, *, private: bool) -> Bounds:
    """For all that is called because of this address, which somebody typed: who is on this machine may name it."""
    return Bounds(private, is_loopback(httpx2.URL(url).host))


def is_loopback(host: str) -> bool:
    """Whether the name itself says that it is this machine; what merely leads here does not count."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked(url: str, bounds: Bounds) -> httpx2.URL:
    """The address, if its form is one that may be called. Raises `AddressRefused`."""
    try:
        parts = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError) as error:
        raise AddressRefused(f"{url[:200]} is no address.") from error
    if not parts.host or parts.userinfo or parts.fragment:
        raise AddressRefused(f"{url[:200]} is no address that can be called.")
    if parts.scheme == "http" and bounds.loopback and is_loopback(parts.host):
        return parts
    if parts.scheme != "https":
        raise AddressRefused(f"{url[:200]} is not spoken with by TLS: it has to begin with https://.")
    return parts


async def call(
    method: str,
    url: str,
    bounds: Bounds,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    seconds: float = CALL_SECONDS,
) -> Answer:
    """One call. `form`: what is sent, as a form. Any status is an answer. Raises `AddressRefused`, `CallFailed`."""
    parts = checked(url, bounds)
    where = parts.host
    try:
        async with clock.timeout(seconds):
            address = await _resolve(parts, bounds)
            there = parts.copy_with(host=str(address))
            said = {"Accept": "application/json", "User-Agent": "coderClawLink", **(headers or {})}
            said["Accept-Encoding"] = "identity"  # or a small answer could become a large one
            said["Host"] = parts.netloc.decode()
            async with (
                httpx2.AsyncClient(verify=_tls(), trust_env=False, follow_redirects=False, timeout=seconds) as http,
                http.stream(method, there, headers=said, data=form, extensions={"sni_hostname": where}) as answer,
            ):
                body = bytearray()
                async for part in answer.aiter_raw():
                    body += part
                    if len(body) > BODY_AT_MOST:
                        raise CallFailed(f"{where} answers with more than 1 MiB.")
                return Answer(answer.status_code, bytes(body))
    except TimeoutError as error:
        raise CallFailed(f"{where} does not answer within {seconds:g} seconds.") from error
    except httpx2.HTTPError as error:
        raise CallFailed(f"{where} cannot be reached: {str(error) or type(error).__name__}") from error


async def _resolve(parts: httpx2.URL, bounds: Bounds) -> Address:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CallFailed(f"There is no {parts.host}.") from error
    addresses = [ipaddress.ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]
    named_so = bounds.loopback and is_loopback(parts.host)
    for address in addresses:
        if not (address.is_loopback if named_so else may_reach(address, bounds)):
            raise AddressRefused(
                f"{parts.host} is at {address}, which is not public. An administrator may allow private networks for this provider."
            )
    return addresses[0]


def may_reach(address: Address, bounds: Bounds) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _SIX_FROM_FOUR:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return may_reach(inner, bounds)
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return address.is_global or (bounds.private and not address.is_reserved)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """The certificates that this machine trusts, and those of SSL_CERT_FILE."""
    return ssl.create_default_context()
