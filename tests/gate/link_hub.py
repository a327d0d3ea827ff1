"""The gate alone behind a real server, to be killed:  python link_hub.py HOME DATABASE PORT LEASE"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from coderclawlink.db.engine import open_database
from coderclawlink.gate.joining import local_key
from tests.gate.serving import serve


async def main(home: str, database: str, port: str, lease: str) -> None:
    with open_database(database) as db:
        async with serve(db, key=local_key(Path(home)), port=int(port), lease_seconds=float(lease)):
            await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
