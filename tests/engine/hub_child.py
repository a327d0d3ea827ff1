"""A whole hub without a web server, to be killed: submits runs as fast as it can, plays their node, and tells what is certain.

    python hub_child.py HOME DATABASE submit      tells `acknowledged RUN` after each submit, for ever
    python hub_child.py HOME DATABASE finish      submits nothing; tells `finished` when every run has ended
    python hub_child.py HOME DATABASE stand-still submits one, tells `working`, and how it stands some seconds later

The node's process is meant to outlive the hub: what it holds is what the rows say was given to it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from coderclawlink.access.policy import OWNER
from coderclawlink.app import Hub, open_hub
from coderclawlink.db.engine import Look, Tx
from coderclawlink.events import AttemptEnded, AttemptStarted
from coderclawlink.gate import reconcile
from coderclawlink.ids import NodeId
from coderclawlink.link.protocol import AgentOffer, Entry, Fence, Hello
from coderclawlink.runs import attempts, ledger, recording
from coderclawlink.runs.run import OPEN
from coderclawlink.settings import Settings

NODE = NodeId("n1")


def hold(look: Look) -> tuple[Fence, ...]:
    return tuple(Fence(run=run, attempt=number) for run, number in attempts.at_node(look, NODE))


def go_on(tx: Tx) -> None:
    """One step of each attempt that the node has: the started ones end, the placed ones start."""
    for (run, number), row in attempts.at_node(tx, NODE).items():
        event = AttemptStarted() if row["state"] == "placed" else AttemptEnded(outcome="completed", result=run)
        n = 1 if row["state"] == "placed" else 2
        recording.record(
            tx, NODE, [Entry(run=run, attempt=number, n=n, at="2026-11-05T10:00:00Z", event=event.model_dump())]
        )


async def play_the_node(hub: Hub) -> None:
    with hub.db.bell.listen(f"node:{NODE}") as ear:
        while True:
            await hub.db.write(go_on)
            await ear.wait(0.05)


async def stand_still(hub: Hub) -> None:
    """A node that beats five times a second, and how its run stands after 19 beats, in the midst of which this process is stopped."""
    run = await hub.runtime.submit(OWNER, agent="a", prompt="Do it")
    await hub.db.write(go_on)
    loop = asyncio.get_running_loop()
    for beat in range(19):
        if beat == 12:  # the reaper is at its work by now
            print("working", flush=True)
        before = loop.time()
        await asyncio.sleep(0.2)
        if loop.time() - before > 2.0:
            await asyncio.sleep(0.4)  # it was stopped; a node needs a moment to find its hub again
        await hub.db.write(reconcile.beat, NODE, (Fence(run=run.id, attempt=1),), None)
    found = (await hub.db.read(attempts.of_run, run.id))[-1]
    print(f"attempt {found.number} is {found.outcome or found.state}", flush=True)


async def main(home: str, database: str, mode: str) -> None:
    settings = Settings(clawlink_home=Path(home), database_url=database, project_limit=1000)
    if mode == "stand-still":
        settings = settings.model_copy(update={"lease_seconds": 1.0, "grace_seconds": 0.0})
    async with open_hub(settings) as hub:
        held = await hub.db.read(hold)
        offers = (AgentOffer(name="a", available=True),)
        await hub.db.write(reconcile.greet, Hello(node=NODE, boot="b", slots=5, agents=offers, held=held))
        if mode == "stand-still":
            await stand_still(hub)
            return
        hub.keep_running(play_the_node(hub))
        print("up", flush=True)
        if mode == "submit":
            while True:
                run = await hub.runtime.submit(OWNER, agent="a", prompt="Do it")
                print(f"acknowledged {run.id}", flush=True)
        with hub.db.bell.listen("run.completed", "run.failed") as ear:
            while OPEN & set(await hub.db.read(ledger.count_open)):
                await ear.wait(1.0)
        print("finished", flush=True)


asyncio.run(main(*sys.argv[1:]))
