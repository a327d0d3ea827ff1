"""`clawlink node`: the machines that run agents, and this one as such."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(name="node", help="Nodes: the machines that run agents.")


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List all nodes and how busy they are."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/nodes")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("node", "online", "at work", "contains agents by", "last heard of"),
        [
            (
                node.name,
                "yes" if node.online else "no",
                f"{node.at_work} of {node.slots}",
                node.sandbox,
                screen.when(node.seen_at),
            )
            for node in answer.read(list[hubs.Node])
        ],
        empty="No node has joined yet.",
    )
    return 0


@app.command
def run(
    *,
    data: Annotated[Path | None, Parameter(help="Data directory (CLAWLINK_HOME).")] = None,
    name: Annotated[str, Parameter(help="The node's name.")] = "local",
) -> int:
    """Run this machine's node in the foreground. `clawlink serve` starts one by itself; this is for looking at it."""
    from coderclawlink.cli import configured

    home = configured.settings(data=data).clawlink_home
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "coderclawlink.node", "--home", str(home), "--name", name])  # noqa: S606 - no shell is wanted
