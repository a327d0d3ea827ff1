"""A PostgreSQL server of one's own for tests and benches: the distribution's binaries, a temporary folder, a free port."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

HOW = "PostgreSQL is not installed: `make test` sets it up, or `apt-get install postgresql`."

FORGETFUL = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "wal_level=minimal",
          "-c", "max_wal_senders=0", "-c", "autovacuum=off")  # fmt: skip
"""Options of a server whose data need not outlive its machine. Not for benches: a commit must cost there what it costs people."""


class PostgresMissing(Exception):
    """There is no PostgreSQL to start; the message says what to do."""


def binaries() -> Path:
    """The folder of the newest installed server's programs. Raises `PostgresMissing`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise PostgresMissing(HOW)
    return found[-1].parent


@contextlib.contextmanager
def server(*options: str) -> Iterator[str]:
    """Run a server with more options; yields the URL of its maintenance database. Raises `PostgresMissing`.

    PostgreSQL refuses to run as root, so then it runs as `nobody`.
    """
    programs = binaries()
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="clawlink-pg-", dir="/tmp"))
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    try:
        if as_nobody:
            shutil.chown(folder, "nobody", "nogroup")
        data = folder / "data"
        subprocess.run(
            [*as_nobody, programs / "initdb", "-D", data, "-U", "clawlink", "--auth=trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(
                [
                    *as_nobody, programs / "postgres", "-D", data, "-p", str(port), "-k", folder,
                    "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", *options,
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd="/",
            )  # fmt: skip
        try:
            for _ in range(300):
                ready = subprocess.run(
                    [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "1"],
                    check=False,
                    capture_output=True,
                )
                if ready.returncode == 0:
                    break
            else:
                raise PostgresMissing(f"PostgreSQL did not start: {(folder / 'log').read_text()[-500:]}")
            yield f"postgresql://clawlink@127.0.0.1:{port}/postgres"
        finally:
            running.send_signal(signal.SIGINT)  # SIGTERM would wait for the clients that are left
            running.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def database(of: str, template: str = "template1") -> Iterator[str]:
    """A database on the server of that maintenance URL, a copy of another that nobody has open; dropped afterwards, whoever
    still uses it."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(of, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    try:
        yield of.removesuffix("/postgres") + f"/{name}"
    finally:
        with psycopg.connect(of, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
