"""A GitHub that somebody else wrote: `emulate` of npm, a stateful stand-in for its REST interface, on a free port of loopback.

It is installed once into `.cache/peers/emulate`. What it lacks: ETags, the permission of a collaborator, transferred issues.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("node@24.21.0", "emulate@0.12.2")
SEED = """\
tokens:
  tok_ada: {login: ada, scopes: [repo, user]}
  tok_eve: {login: eve, scopes: [repo, user]}
github:
  users: [{login: ada, name: Ada}, {login: eve, name: Eve}]
  repos: [{owner: ada, name: shop, description: A shop, auto_init: true}]
"""


class PeerMissing(Exception):
    """It cannot be installed here; the text says why."""


def folder() -> Path:
    cache = os.environ.get("CLAWLINK_CACHE") or str(Path(__file__).parents[2] / ".cache")
    return Path(cache) / "peers" / "emulate"


def _installed() -> Path:
    """Raises `PeerMissing`."""
    home = folder()
    program = home / "node_modules" / "emulate" / "dist" / "index.js"
    if not program.is_file():
        npm = shutil.which("npm")
        if npm is None:
            raise PeerMissing("npm is not installed")
        home.mkdir(parents=True, exist_ok=True)
        for package in PACKAGES:
            words = [npm, "install", "--prefix", str(home), "--no-audit", "--no-fund", "--no-package-lock", package]
            path = f"{home / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
            done = subprocess.run(
                words, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=300, check=False
            )
            if done.returncode:
                raise PeerMissing(f"npm could not install {package}: {done.stderr[-300:]}")
    return program


@contextlib.contextmanager
def emulated(scratch: Path) -> Iterator[str]:
    """Its base URL. Raises `PeerMissing`."""
    program = _installed()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    seed = scratch / "seed.yaml"
    seed.write_text(SEED)
    node = program.parents[2] / ".bin" / "node"
    words = [str(node), str(program), "start", "-p", str(port), "-s", "github", "--seed", str(seed)]
    with (scratch / "emulate.log").open("wb") as said:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=said, text=True, cwd=scratch)
    try:
        assert process.stdout is not None
        assert any("Ready" in line for line in process.stdout), (scratch / "emulate.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)
