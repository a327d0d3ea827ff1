"""A hub of this machine's owner listens on loopback: whatever else it is told to listen on, it refuses, before any socket is there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import pytest

from coderclawlink.cli import port
from coderclawlink.errors import Invalid
from tests.cli.conftest import Cli

EVERYWHERE = (
    "0.0.0.0",  # noqa: S104 - refused, as all that follow
    "0",
    "0.0",
    "0x0",
    "00.0.0.0",
    "",
    "::",
    "::0",
    "0:0:0:0:0:0:0:0",
    "::%lo",
    "::ffff:0.0.0.0",
    "::ffff:0:0",
)
ELSEWHERE = (
    "192.0.2.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.2",
    "169.254.1.1",
    "100.64.0.1",
    "128.0.0.1",
    "126.255.255.255",
    "255.255.255.255",
    "224.0.0.1",
    "3232235777",
    "0xC0A80101",
    "2001:db8::1",
    "fe80::1",
    "fe80::1%lo",
    "fd00::1",
    "ff02::1",
    "::2",
    "::ffff:192.0.2.1",
    "::ffff:10.0.0.1",
    "::192.0.2.1",
    "64:ff9b::c000:201",
)
NO_ADDRESS = (
    "no.such.host.invalid",
    "localhost.invalid",
    "127.0.0.1.invalid",
    "127.0.0.1:8000",
    "[::1]",
    "http://127.0.0.1",
    "127.0.0.256",
    "127.0.0.1/8",
    "127.0.0.1,0.0.0.0",
    "127.0.0.1 0.0.0.0",
    "*",
    "\N{FULLWIDTH DIGIT ZERO}.0.0.0",
    "a" * 300,
    "xn--\N{SNOWMAN}",
)
UNSAFE = EVERYWHERE + ELSEWHERE + NO_ADDRESS
BY_FLAG, BY_VARIABLE = "--host", "API_HOST"


def this_machines_own() -> Iterator[str]:
    """The names and addresses by which others reach this machine."""
    name = socket.gethostname()
    try:
        addresses = {str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(name, None)}
    except OSError:
        return
    outside = {address for address in addresses if not ipaddress.ip_address(address).is_loopback}
    yield from outside
    if outside:
        yield name


@pytest.mark.parametrize("host", UNSAFE)
def test_an_address_that_is_not_loopback_is_refused_with_words(host: str) -> None:
    with pytest.raises(Invalid) as refused, port.listening(host, 0):
        pass
    assert "loopback" in refused.value.message or "is no address" in refused.value.message


def test_this_machines_own_addresses_are_refused() -> None:
    found = list(this_machines_own())
    print(f"this machine's own: {found or 'none but loopback'}")
    for host in found:
        with pytest.raises(Invalid, match="loopback"), port.listening(host, 0):
            pass


def test_a_name_with_one_address_that_is_not_loopback_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a line in /etc/hosts may make it."""

    def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Invalid, match="loopback"), port.listening("two.example", 0):
        pass


@pytest.mark.parametrize("way", [BY_FLAG, BY_VARIABLE])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "::ffff:0.0.0.0", "no.such.host.invalid"])  # noqa: S104
def test_serve_refuses_it_before_anything_is_opened(cli: Cli, way: str, host: str) -> None:
    words, env = (("--host", host), {}) if way == BY_FLAG else ((), {BY_VARIABLE: host})
    done = cli.run("serve", "--port", "0", *words, code=2, env=env)
    assert done.stdout == ""
    assert host in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(path.name for path in cli.home.iterdir()) == ["agents.toml"]  # not even a database


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost", "127.1", "0x7f000001", "2130706433"])
def test_loopback_by_any_of_its_names_is_listened_on(host: str) -> None:
    with port.listening(host, 0) as listener:
        assert ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def test_how_many_were_refused_is_told() -> None:
    refused = 0
    for host in UNSAFE:
        with pytest.raises(Invalid), port.listening(host, 0):
            pass
        refused += 1
    print(f"{refused} of {len(UNSAFE)} unsafe addresses refused before a socket was there")
