"""Who is taken for the machine's owner: found out with real processes of other accounts and below a node."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from coderclawlink.web import peer
from coderclawlink.web.peer import NODE_PID_FILE, Peer, Peers, ask_kernel, is_loopback
from tests.web.conftest import Server

pytestmark = pytest.mark.anyio

CURL = shutil.which("curl") or pytest.fail("curl is needed: apt-get install curl")


async def run(*argv: str) -> str:
    async with asyncio.timeout(20):
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
    return out.decode()


def fetch(server: Server, path: str = "/api/projects") -> str:
    """A shell command that prints the status of an answer."""
    return f"{CURL} -s -o /dev/null -w '%{{http_code}} ' {server.url}{path}"


@pytest.fixture
def no_node(server: Server) -> Iterator[Path]:
    path = server.home / NODE_PID_FILE
    yield path
    path.unlink(missing_ok=True)


async def test_a_process_of_the_owner_s_is_the_owner(server: Server) -> None:
    assert await run("sh", "-c", fetch(server)) == "200 "


async def test_a_process_of_another_account_is_not(server: Server) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can start a process of another account")
    argv = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c")
    assert await run(*argv, fetch(server)) == "401 "
    assert await run(*argv, fetch(server, "/api/runtime/sessions") + " -X POST") == "401 "
    assert await run(*argv, fetch(server, "/health")) == "200 "


@pytest.mark.parametrize(
    "agent", ["{fetch}; true", "sh -c '{quoted}; true'; true", "setsid -w sh -c '{quoted}; true'; true"]
)
async def test_what_a_node_has_started_is_not_the_owner_however_deep(server: Server, no_node: Path, agent: str) -> None:
    command = fetch(server)
    script = agent.format(fetch=command, quoted=command.replace("'", "'\\''"))
    told = await run("sh", "-c", f"echo $$ > {no_node}; {script}")
    assert told == "401 "
    # The same words from outside the node's tree are the owner's.
    assert await run("sh", "-c", script) == "200 "


async def test_an_agent_makes_no_session_and_opens_no_live_stream(server: Server, no_node: Path) -> None:
    minting = fetch(server, "/api/runtime/sessions") + " -X POST"
    assert await run("sh", "-c", f"echo $$ > {no_node}; {minting}; true") == "401 "


async def test_an_agent_with_a_session_of_its_own_may_what_that_may(server: Server, no_node: Path) -> None:
    async with httpx2.AsyncClient(base_url=server.url) as client:
        made = (await client.post("/api/runtime/sessions")).json()["session_id"]
    command = fetch(server, f"/api/projects?session_id={made}").replace(f"{server.url}/", f"'{server.url}/") + "'"
    assert await run("sh", "-c", f"echo $$ > {no_node}; {command}; true") == "200 "


async def test_a_stale_or_broken_pid_file_shuts_nobody_out(server: Server, no_node: Path) -> None:
    for text in ("4194304", "", "nonsense", "-1"):
        no_node.write_text(text)
        assert await run("sh", "-c", fetch(server)) == "200 "


@pytest.fixture
async def pair() -> AsyncIterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as near:
        far, _ = listener.accept()
        with far:
            yield near, far


async def test_the_kernel_tells_the_account_and_the_socket(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    client, server = near.getsockname(), far.getsockname()
    expected = Peer(os.getuid(), os.fstat(near.fileno()).st_ino)
    assert ask_kernel(client, server) == expected
    assert peer._by_proc(client, server) == expected
    assert ask_kernel(client, ("127.0.0.1", 1)) is None
    assert peer._by_proc(client, ("127.0.0.1", 1)) is None


async def test_a_socket_that_nobody_holds_any_more_is_nobody_s(
    tmp_path: Path, pair: tuple[socket.socket, socket.socket]
) -> None:
    near, far = pair
    client, server = near.getsockname(), far.getsockname()
    near.close()
    assert await Peers(tmp_path).why_not_the_owner(client, server) is not None


async def test_a_mapped_address_is_asked_for_as_what_it_is(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET6) as listener:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::ffff:127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(("127.0.0.1", listener.getsockname()[1])) as near:
            far, _ = listener.accept()
            with far:
                client, server = far.getpeername()[:2], far.getsockname()[:2]
                assert client[0].startswith("::ffff:")
                assert ask_kernel(client, server) == Peer(os.getuid(), os.fstat(near.fileno()).st_ino)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False),
        ("::", False), ("10.255.255.255", False), ("::ffff:10.0.0.1", False), ("localhost", False), ("", False),
    ],
)  # fmt: skip
async def test_only_loopback_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


async def test_who_is_not_on_this_machine_is_not_the_owner(tmp_path: Path) -> None:
    peers = Peers(tmp_path)
    assert await peers.why_not_the_owner(("10.0.0.1", 5), ("10.0.0.2", 80)) is not None
    assert await peers.why_not_the_owner(None, None) is not None
