"""`clawlink audit`: what was done by whom; whether the record of it still holds; a copy of it to keep elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(name="audit", help="The audit chain: what was done by whom, and whether the record holds.")

User = Annotated[str | None, Parameter(help="Only what this person did.")]
Since = Annotated[str | None, Parameter(help="Not before, as 2026-01-31T12:00:00Z.")]


@app.command(name="list")
def list_events(
    words: Annotated[str | None, Parameter(help="Stands in the actor, the action or the thing's name.")] = None,
    /,
    *,
    type: Annotated[list[str] | None, Parameter(help="Only of these types, e.g. resource.deleted.")] = None,
    user: User = None,
    status: Annotated[Literal["success", "denied", "failure"] | None, Parameter(help="Only what ended so.")] = None,
    since: Since = None,
    limit: Annotated[int, Parameter(help="At most so many.")] = 50,
    reach: Reach = HERE,
) -> int:
    """Show what was done, newest first."""
    from coderclawlink.cli import audit_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/audit", q=words, event_type=type, user_id=user, status=status, since=since, limit=limit)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    for one in answer.read(shapes.Page).events:
        what = " ".join(line(part) for part in (one.resource_type, one.resource_id) if part)
        mark = "" if one.status == "success" else f"  {screen.paint(one.status, 'red')}"
        screen.say(f"{one.seq:>8}  {one.timestamp}  {line(one.actor) or 'the hub'}  {line(one.action)}  {what}{mark}")
    return 0


@app.command
def verify(*, reach: Reach = HERE) -> int:
    """Reckon the whole chain anew. Exit code 1: it does not hold."""
    from coderclawlink.cli import audit_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/audit/chain")
    if reach.json:
        screen.as_json(answer.text)
    chain = answer.read(shapes.Chain)
    if not reach.json:
        rate = chain.events / chain.seconds if chain.seconds else 0.0
        screen.say(f"{chain.events:,} events in {chain.seconds:.1f} s, {rate:,.0f} a second.")
        screen.say(
            f"{chain.signed} signed checkpoints agree."
            if chain.signed
            else "It was never signed: see `clawlink audit checkpoint`."
        )
        screen.say(f"It does not hold: {chain.broken}" if chain.broken else f"It holds. Its head is {chain.head}")
    return 1 if chain.broken else 0


@app.command
def checkpoint(*, reach: Reach = HERE) -> int:
    """Sign where the chain ends now, and print that: kept elsewhere, it shows later that nothing was cut off."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.post("/api/audit/checkpoints")
    screen.as_json(answer.text)
    return 0


@app.command
def export(
    file: Annotated[Path | None, Parameter(help="Where to; standard output if it is not said.")] = None,
    /,
    *,
    form: Annotated[Literal["jsonl", "ocsf"], Parameter(help="As it is kept, or as OCSF.")] = "jsonl",
    reach: Reach = HERE,
) -> int:
    """Copy the whole chain out, oldest first, a line each."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        if file is None:
            hub.get_file(f"/api/audit/export?form={form}", sys.stdout.buffer)
            return 0
        with file.open("wb") as into:
            hub.get_file(f"/api/audit/export?form={form}", into)
    screen.say(f"The audit chain is in {file}.")
    return 0


@app.command
def analytics(
    *,
    by: Annotated[
        Literal["actor", "action", "type", "day", "hour", "status"], Parameter(help="In which groups.")
    ] = "action",
    since: Since = None,
    user: User = None,
    reach: Reach = HERE,
) -> int:
    """Count what was done, and show what was done from new devices and at odd hours."""
    from coderclawlink.cli import audit_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/audit/analytics", by=by, since=since, user_id=user)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    told = answer.read(shapes.Analytics)
    cells = [(line(one.name), one.success, one.denied, one.failure) for one in told.counts]
    screen.rows((by, "success", "denied", "failure"), cells, empty="Nothing was done.")
    for name, events in (("From new devices", told.new_devices), ("At odd hours", told.off_hours)):
        if events:
            screen.say(f"{name}: {len(events)}, the latest {events[0].timestamp} by {line(events[0].actor)}")
    return 0
