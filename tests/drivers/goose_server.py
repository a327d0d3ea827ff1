"""The real Goose as a server that somebody runs: `goose serve`."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from coderclawlink.drivers.models.listen import loopback

KEY = "a secret of the server"


@asynccontextmanager
async def serving(home: Path, model: str, mode: str = "approve") -> AsyncIterator[str]:
    """Goose as a server that somebody runs on this machine; yields its address."""
    cache = Path(os.environ.get("CLAWLINK_CACHE") or Path(__file__).parents[2] / ".cache")
    program = cache / "peers/goose/node_modules/@aaif/goose-binary-linux-x64/bin/goose"
    if not program.exists():
        pytest.fail(f"Goose is not at {program}: run scripts/peers/goose.sh, as `make test` does.")
    sock = loopback()
    port = sock.getsockname()[1]
    sock.close()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GOOSE_SERVER__SECRET_KEY": KEY,
        "GOOSE_PROVIDER": "openai",
        "GOOSE_MODEL": "scripted",
        "OPENAI_HOST": model,
        "OPENAI_API_KEY": "worthless",
        "GOOSE_DISABLE_KEYRING": "1",
        "GOOSE_MODE": mode,
    }
    process = await asyncio.create_subprocess_exec(
        str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "--with-builtin", "developer",
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(20), httpx2.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"{url}/health")
                    break
                except httpx2.TransportError:
                    await asyncio.sleep(0.02)
        yield url
    finally:
        process.terminate()
        await process.wait()
