"""`clawlink audit`: what was done by whom; whether the record of it still holds; a copy of it to keep elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Value

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
    session: Annotated[
        str | None, Parameter(help="Only what was done in this session: its hash, as events tell it.")
    ] = None,
    device: Annotated[str | None, Parameter(help="Only what was done from this device.")] = None,
    project: Annotated[str | None, Parameter(help="Only what is about this project (key or number).")] = None,
    status: Annotated[Literal["success", "denied", "failure"] | None, Parameter(help="Only what ended so.")] = None,
    since: Since = None,
    until: Annotated[str | None, Parameter(help="Before, as 2026-01-31T12:00:00Z.")] = None,
    before: Annotated[int | None, Parameter(help="Older than the event of this number.")] = None,
    limit: Annotated[int, Parameter(help="At most so many.")] = 50,
    reach: Reach = HERE,
) -> int:
    """Show what was done, newest first."""
    from coderclawlink.cli import audit_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        where = None if project is None else hub.project(project).id
        answer = hub.get(
            "/api/audit",
            q=words,
            event_type=type,
            user_id=user,
            session=session,
            device_id=device,
            project_id=where,
            status=status,
            since=since,
            until=until,
            before=before,
            limit=limit,
        )
    if reach.json:
        screen.as_json(answer.text)
        return 0
    for one in answer.read(shapes.Page).events:
        what = " ".join(line(part) for part in (one.resource_type, one.resource_id) if part)
        mark = "" if one.status == "success" else f"  {screen.paint(one.status, 'red')}"
        screen.say(f"{one.seq:>8}  {one.timestamp}  {line(one.actor) or 'the hub'}  {line(one.action)}  {what}{mark}")
    return 0


@app.command
def verify(
    *,
    checkpoints: Annotated[
        Path | None,
        Parameter(help="A file with checkpoints, a line each, kept outside of the hub: laid beside the chain."),
    ] = None,
    cut_off: Annotated[
        list[Path] | None, Parameter(name="--cut-off", help="A file of what was cut off, to be reckoned here as well.")
    ] = None,
    files: Annotated[
        bool,
        Parameter(
            negative="", help="Also reckon those files of what was cut off that are in the hub's data directory."
        ),
    ] = False,
    key: Annotated[list[str] | None, Parameter(help="A further key that the hub has signed with.")] = None,
    reach: Reach = HERE,
) -> int:
    """Reckon the whole chain anew. Exit code 1: it does not hold."""
    from coderclawlink.cli import audit_shapes as shapes
    from coderclawlink.cli import hub as hubs

    kept = shapes.checkpoints_in(checkpoints) if checkpoints else []
    keys = sorted({*(key or ()), *(one.key for one in kept)})
    told: list[Value] = [one.model_dump() for one in kept]
    body: dict[str, Value] = {"checkpoints": told, "keys": keys, "files": files}
    with hubs.reached(reach) as hub:
        answer = hub.post("/api/audit/chain", body, timeout_seconds=hubs.WORK_SECONDS)
    chain = answer.read(shapes.Chain)
    broken = [] if chain.broken is None else [chain.broken]
    reckoned = [shapes.reckoned(file, chain, kept) for file in cut_off or ()]
    broken += [f"{one.file}: {one.broken}" for one in reckoned if one.broken]
    if reach.json:
        screen.as_json(answer.text)
        for why in broken:
            screen.complain(why)
        return 1 if broken else 0
    rate = chain.events / chain.seconds if chain.seconds else 0.0
    screen.say(f"{chain.events:,} events in {chain.seconds:.1f} s, {rate:,.0f} a second.")
    if chain.cuts:
        screen.say(f"It begins at row {chain.first}: what was before lies in {len(chain.cuts)} files, each signed.")
    for one in reckoned:
        screen.say(f"{one.file}: {one.events:,} events{'' if one.broken else ', which join the chain'}.")
    screen.say(
        f"{chain.signed} signed checkpoints agree."
        if chain.signed
        else "It was never signed: see `clawlink audit checkpoint`."
    )
    for name, why in chain.sinks_away.items():
        screen.complain(f"The {name} does not take checkpoints: {why}")
    for why in broken:
        screen.say(f"It does not hold: {why}")
    if not broken:
        screen.say(f"It holds. Its head is {chain.head}")
    return 1 if broken else 0


@app.command
def checkpoint(*, reach: Reach = HERE) -> int:
    """Sign where the chain ends now, and print that: kept elsewhere, it shows later that nothing was cut off."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.post("/api/audit/checkpoints")
    screen.as_json(answer.text)
    return 0


@app.command
def checkpoints(*, limit: Annotated[int, Parameter(help="At most so many.")] = 20, reach: Reach = HERE) -> int:
    """List the signed checkpoints, newest first, and who was told them."""
    from coderclawlink.cli import audit_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/audit/checkpoints", limit=limit)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (
            one.seq,
            screen.when(one.at),
            one.hash[:16],
            line("; ".join(f"{name}: {sent.at or sent.why}" for name, sent in one.sent.items())),
        )
        for one in answer.read(list[shapes.Checkpoint])
    ]
    screen.rows(("event", "signed", "hash", "told"), cells, empty="It was never signed.")
    return 0


@app.command
def new_key(*, reach: Reach = HERE) -> int:
    """Have the hub sign with a new key, where the one that it has signed with is lost with its `secrets.key`."""
    from coderclawlink.cli import audit_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.post("/api/audit/key")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"It signs with {answer.read(shapes.Key).key} from now on. To verify, name the older key by --key.")
    return 0


@app.command
def export(
    file: Annotated[Path | None, Parameter(help="Where to; standard output if it is not said.")] = None,
    /,
    *,
    form: Annotated[
        Literal["jsonl", "ocsf", "csv"], Parameter(help="As it is kept, as OCSF, or as a table.")
    ] = "jsonl",
    after: Annotated[int, Parameter(help="From the event after this number on.")] = 0,
    reach: Reach = HERE,
) -> int:
    """Copy the whole chain out, oldest first, a line each."""
    from coderclawlink.cli import hub as hubs

    path = f"/api/audit/export?form={form}&after={after}"
    with hubs.reached(reach) as hub:
        if file is None:
            hub.get_file(path, sys.stdout.buffer)
            return 0
        with file.open("wb") as into:
            hub.get_file(path, into)
    screen.say(f"The audit chain is in {file}.")
    return 0


@app.command
def analytics(
    *,
    by: Annotated[
        Literal["actor", "action", "agent", "type", "project", "day", "hour", "status"],
        Parameter(help="In which groups."),
    ] = "action",
    since: Annotated[str | None, Parameter(help="Not before; the last seven days if it is not said.")] = None,
    user: User = None,
    project: Annotated[str | None, Parameter(help="About this project (key or number).")] = None,
    begin: Annotated[
        int | None, Parameter(help="The first hour of work, UTC; each person's usual hours if it is not said.")
    ] = None,
    end: Annotated[int | None, Parameter(help="The hour after the last one of work, UTC.")] = None,
    csv: Annotated[
        Literal["counts", "denied", "new_devices", "off_hours"] | None, Parameter(help="Print this part as CSV.")
    ] = None,
    reach: Reach = HERE,
) -> int:
    """Count what was done, and show what was refused, done from new devices, and at unusual hours."""
    from coderclawlink.cli import audit_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        where = None if project is None else hub.project(project).id
        asked: dict[str, str | int | None] = {"by": by, "since": since, "user_id": user, "project_id": where}
        asked |= {"begin": begin, "end": end}
        if csv is not None:
            text = hub.get("/api/audit/analytics", **asked, form="csv", part=csv).text
            screen.say(text.replace("\r\n", "\n").rstrip("\n"))
            return 0
        answer = hub.get("/api/audit/analytics", **asked)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    told = answer.read(shapes.Analytics)
    cells = [(line(one.name), one.success, one.denied, one.failure) for one in told.counts]
    screen.rows((by, "success", "denied", "failure"), cells, empty="Nothing was done.")
    parts = (("Refused", told.denied), ("From new devices", told.new_devices), ("At unusual hours", told.off_hours))
    for name, events in parts:
        if events:
            screen.say(f"{name}: {len(events)}, the latest {events[0].timestamp} by {line(events[0].actor)}")
    return 0
