"""The runtime contract as a Python interface: a hub, its node and one run, all from this file. Needs no key.

.venv/bin/python examples/in_process.py
"""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn

from coderclawlink.access.policy import OWNER
from coderclawlink.app import open_hub
from coderclawlink.journal.log import Told
from coderclawlink.settings import Settings


async def main(home: Path) -> None:
    settings = Settings(clawlink_home=home, model_script="on")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with open_hub(settings) as hub, asyncio.TaskGroup() as tasks:
            server = uvicorn.Server(uvicorn.Config(hub.app, log_level="warning", ws="websockets-sansio"))
            serving = tasks.create_task(server.serve([listener]))
            hub.start_local_node(url)

            run = await hub.runtime.submit(OWNER, agent="claude", prompt="Write down what a control plane is.")
            async for told in hub.runtime.stream(OWNER, run.id):
                if isinstance(told, Told):
                    sys.stdout.write(f"{told.seq:4} {told.kind}\n")
            done = await hub.runtime.query(OWNER, run.id)
            sys.stdout.write(f"{done.state}: {done.result}\n")

            await hub.drain_local_node()
            server.should_exit = True
            await serving


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
