"""`clawlink agent`: which agents there are, and what those need that are not available."""

from __future__ import annotations

from cyclopts import App

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(name="agent", help="Agents: what the nodes can run.")


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List all agents; for those that are not available, what to do about it."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/runtime/agents")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = []
    for agent in answer.read(list[hubs.Agent]):
        found = agent.metadata or hubs.AgentFound()
        about = agent.description if agent.available else found.why or agent.description
        cells.append((agent.agent_type, "yes" if agent.available else "no", found.version, about))
    screen.rows(("agent", "available", "version", "about"), cells, empty="No agents are known.")
    return 0
