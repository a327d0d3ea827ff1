"""Who stands at the other end of a loopback connection: the kernel knows. Imports nothing of ours.

Without a sign-in, local mode takes the caller for the machine's owner. So it must be a process of the owner's account, and no
process that an agent started: those run what a model chose. The kernel tells the account and the socket's inode of the peer
(socket diagnosis, about 90 µs; else /proc/net/tcp); whether a descendant of the node holds that inode is read in /proc, once
for each connection. Elsewhere than on Linux neither can be asked, and the address alone decides; a line in the log says so.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import os
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

NODE_PID_FILE = "node.pid"
"""In the data directory: the local node's process, whose descendants are the agents."""
REMEMBERED_AT_MOST = 4096

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Peer:
    """The process's account, and the inode of its end of the connection; 0 when no process holds it any more."""

    uid: int
    inode: int


class Peers:
    """The question, with a memory of the connections it was answered for."""

    def __init__(self, home: Path) -> None:
        """`home`: the data directory."""
        self._node_pid_file = home / NODE_PID_FILE
        self._cleared: dict[int, None] = {}
        if sys.platform != "linux":
            logger.warning("this system cannot tell who connects: every local process counts as the machine's owner")

    async def why_not_the_owner(self, client: Address | None, server: Address | None) -> str | None:
        """Why the process at `client`, which is connected to us at `server`, is not taken for the owner; None if it is."""
        if client is None or server is None or not is_loopback(client[0]):
            return "The caller is not on this machine."
        if sys.platform != "linux":
            return None
        peer = ask_kernel(client, server)
        if peer is None or peer.inode == 0:
            return "The calling process could not be found."
        if peer.uid != os.getuid():
            return "The caller is another user of this machine."
        if peer.inode in self._cleared:
            return None
        if await asyncio.to_thread(self._is_agents, peer.inode):
            return "The caller is an agent."
        while len(self._cleared) >= REMEMBERED_AT_MOST:
            del self._cleared[next(iter(self._cleared))]
        self._cleared[peer.inode] = None  # inodes of sockets count up: the next connection has another one
        return None

    def _is_agents(self, inode: int) -> bool:
        try:
            node = int(self._node_pid_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return False
        return any(_holds(pid, inode) for pid in descendants(node))


def is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def descendants(pid: int) -> Iterator[int]:
    """All processes below one, as they are now."""
    waiting = [pid]
    while waiting:
        for thread in _listed(f"/proc/{waiting.pop()}/task"):
            try:
                children = Path(thread, "children").read_text(encoding="ascii").split()
            except OSError:
                continue  # it has just ended
            found = [int(child) for child in children]
            waiting += found
            yield from found


def _holds(pid: int, inode: int) -> bool:
    wanted = f"socket:[{inode}]"
    for handle in _listed(f"/proc/{pid}/fd"):
        try:
            if os.readlink(handle) == wanted:
                return True
        except OSError:
            continue
    return False


def _listed(folder: str) -> list[str]:
    try:
        return [entry.path for entry in os.scandir(folder)]
    except OSError:
        return []


# ── asking the kernel ──────────────────────────────────────────────────────────────────────────────────────────────

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2
_ANY_STATE = 0xFFFFFFFF
_NO_COOKIE = 0xFFFFFFFF
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBBI")
_PORTS = struct.Struct("!HH")
_REST = struct.Struct("=III")
_ACCOUNT = struct.Struct("=II")
_ACCOUNT_AT = _HEADER.size + 64  # family…retrans 4, socket id 48, expires, rqueue, wqueue 12


def ask_kernel(client: Address, server: Address) -> Peer | None:
    """The process whose socket is bound to `client` and connected to `server`, both on this machine."""
    try:
        return _by_netlink(client, server)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ECONNREFUSED):
            return None
        return _by_proc(client, server)


def _packed(host: str) -> bytes:
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.packed
    return address.packed


def _by_netlink(client: Address, server: Address) -> Peer | None:
    source, target = _packed(client[0]), _packed(server[0])
    family = socket.AF_INET if len(source) == 4 else socket.AF_INET6
    body = b"".join(
        (
            _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, _ANY_STATE),
            _PORTS.pack(client[1], server[1]),
            source.ljust(16, b"\0"),
            target.ljust(16, b"\0"),
            _REST.pack(0, _NO_COOKIE, _NO_COOKIE),
        )
    )
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as asking:
        asking.settimeout(1.0)
        asking.send(_HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0) + body)
        answer = asking.recv(4096)
    _, kind, *_ = _HEADER.unpack_from(answer)
    if kind == _NLMSG_ERROR:
        code = struct.unpack_from("=i", answer, _HEADER.size)[0]
        raise OSError(-code, os.strerror(-code))
    uid, inode = _ACCOUNT.unpack_from(answer, _ACCOUNT_AT)
    return Peer(uid, inode)


def _by_proc(client: Address, server: Address) -> Peer | None:
    wanted = [_in_proc(client), _in_proc(server)]
    table = "/proc/net/tcp" if len(_packed(client[0])) == 4 else "/proc/net/tcp6"
    try:
        with open(table, encoding="ascii") as lines:
            for line in lines:
                fields = line.split()
                if fields[1:3] == wanted:
                    return Peer(int(fields[7]), int(fields[9]))
    except OSError:
        return None
    return None


def _in_proc(address: Address) -> str:
    packed = _packed(address[0])
    words = [
        packed[i : i + 4][::-1] if sys.byteorder == "little" else packed[i : i + 4] for i in range(0, len(packed), 4)
    ]
    return f"{b''.join(words).hex().upper()}:{address[1]:04X}"
