"""A provider of identities that somebody else wrote and had certified: `oidc-provider`, which scripts/peers/oidc.sh installs.

Whatever name is typed into its form is an account there: carol is carol@example.org, whose address is verified unless her name begins with
`unverified`. Its clients: `hub` (RS256, a secret), `posting` (PS256), `public` (ES256, no secret), `edwards` (EdDSA, no secret).
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "peers" / "oidc.sh"
PROGRAM = Path(__file__).with_name("oidc_provider.mjs")
SECRET = "a secret: of + signs/%"


class PeerMissing(Exception):
    """It cannot be installed here; the text says why."""


@cache
def folder() -> Path:
    """Where it is installed. Raises `PeerMissing`."""
    if shutil.which("npm") is None:
        raise PeerMissing("npm is not installed")
    done = subprocess.run(["sh", str(SCRIPT)], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise PeerMissing(f"{SCRIPT.name} failed: {done.stderr[-300:]}")
    return Path(done.stdout.strip())


@contextlib.contextmanager
def provider(callbacks: Sequence[str]) -> Iterator[str]:
    """Its issuer, while it runs. Raises `PeerMissing`."""
    node = folder().parent / "node" / "node_modules" / ".bin" / "node"
    process = subprocess.Popen(
        [str(node), str(PROGRAM), str(folder()), *callbacks],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    ready = threading.Event()

    def read() -> None:
        for line in process.stdout or ():
            said.append(line)
            if line.startswith("listening at "):
                ready.set()
        ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert ready.wait(30), said
        found = [line.split()[-1] for line in said if line.startswith("listening at ")]
        assert found, "".join(said)
        yield found[0]
    finally:
        process.terminate()
        process.wait(20)
        reader.join(20)
        process.stdout.close()
