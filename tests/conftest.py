"""What all tests share: one event loop library, and both databases for every test that asks for one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from coderclawlink.db.engine import Database, open_database
from coderclawlink.db.migrate import migrate


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of the tests' own: the distribution's binaries, a temporary data directory, a free port.

    PostgreSQL refuses to run as root, so then it runs as `nobody`. Yields the URL of its maintenance database.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.fail("PostgreSQL is not installed: `make test` sets it up, or `apt-get install postgresql`.")
    binaries = found[-1].parent
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="clawlink-pg-", dir="/tmp"))
    port = free_port()
    try:
        if as_nobody:
            shutil.chown(folder, "nobody", "nogroup")
        data = folder / "data"
        subprocess.run(
            [*as_nobody, binaries / "initdb", "-D", data, "-U", "clawlink", "--auth=trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    *as_nobody, binaries / "postgres", "-D", data, "-p", str(port), "-k", folder,
                    "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200",
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd="/",
            )  # fmt: skip
        url = f"postgresql://clawlink@127.0.0.1:{port}/postgres"
        try:
            for _ in range(300):
                ready = subprocess.run(
                    [binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "1"],
                    check=False,
                    capture_output=True,
                )
                if ready.returncode == 0:
                    break
            else:
                pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text()[-500:]}")
            yield url
        finally:
            server.terminate()
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once on each of the two."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'clawlink.db'}"
        return
    server = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield server.removesuffix("/postgres") + f"/{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def db(store_url: str) -> Iterator[Database]:
    """An open database with its tables, once on each of the two."""
    with open_database(store_url) as opened:
        migrate(opened)
        yield opened
