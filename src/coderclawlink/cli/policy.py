"""`clawlink policy`: what is allowed, as code in Rego. A policy is a folder of modules; those named *_test.rego hold its tests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Hub

app = App(
    name="policy", help="Policies: what is allowed, as code in Rego. They narrow what roles allow, and never widen it."
)

Folder = Annotated[Path, Parameter(help="The folder with the policy's modules, *.rego.")]
Of = Annotated[str | None, Parameter(name="--project", help="A project's key. Without one: the whole installation.")]


@app.command(name="test")
def run_tests(folder: Folder, /, *, reach: Reach = HERE) -> int:
    """Run a policy's tests; nothing is put in force. Exit code 1 when one fails. No hub is needed unless one is named."""
    from pydantic import TypeAdapter

    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import policy_shapes as shapes

    if reach.url:
        with hubs.reached(reach) as hub:
            answer = hub.post("/api/policies/test", {"modules": read(folder)}).text
    else:
        answer = _tested(folder)
    outcomes = TypeAdapter(list[shapes.Test]).validate_json(answer)
    if reach.json:
        screen.as_json(answer)
    else:
        cells = [(one.name.removeprefix("data."), "passed" if one.passed else "FAILED") for one in outcomes]
        screen.rows(
            ("test", "outcome"), cells, empty="It compiles. It has no tests: rules named test_* in *_test.rego."
        )
    return 0 if all(one.passed for one in outcomes) else 1


@app.command(name="set")
def put(folder: Folder, /, *, project: Of = None, reach: Reach = HERE) -> int:
    """Put a policy in force, at once. It is refused if it does not compile or a test of it fails."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import policy_shapes as shapes

    with hubs.reached(reach) as hub:
        answer = hub.put("/api/policies", {"modules": read(folder)}, project_id=_number(hub, project))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(shapes.Put)
    screen.say(
        f"Version {made.version} is in force for {project or 'the installation'}; its {len(made.tests)} tests pass."
    )
    return 0


@app.command
def show(
    *,
    project: Of = None,
    version: Annotated[int | None, Parameter(help="Which one; the one in force if it is not said.")] = None,
    reach: Reach = HERE,
) -> int:
    """Print the policy in force, or one of its versions."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import policy_shapes as shapes

    with hubs.reached(reach) as hub:
        path = "/api/policies" if version is None else f"/api/policies/versions/{version}"
        answer = hub.get(path, project_id=_number(hub, project))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = answer.read(shapes.Policy)
    screen.say(f"# version {found.version}, by {found.changed_by}, {screen.when(found.changed_at)}")
    for name, text in found.modules.items():
        screen.say(f"\n# {name}\n{text}")
    return 0


@app.command
def history(*, project: Of = None, reach: Reach = HERE) -> int:
    """List the versions, newest first."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import policy_shapes as shapes

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/policies/versions", project_id=_number(hub, project))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("version", "in force", "by", "when"),
        [
            (str(one.version), "yes" if one.active else "", one.changed_by, screen.when(one.changed_at))
            for one in answer.read(list[shapes.Version])
        ],
        empty="There has been no policy. Put one in force: clawlink policy set FOLDER",
    )
    return 0


@app.command
def restore(
    version: Annotated[int, Parameter(help="Which one.")], /, *, project: Of = None, reach: Reach = HERE
) -> int:
    """Put an earlier version in force again, as a new one."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import policy_shapes as shapes

    with hubs.reached(reach) as hub:
        answer = hub.post("/api/policies/restore", {"version": version}, project_id=_number(hub, project))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"Version {version} is in force again, as version {answer.read(shapes.Put).version}.")
    return 0


@app.command
def remove(*, project: Of = None, reach: Reach = HERE) -> int:
    """Take the policy out of force. Its versions stay."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete("/api/policies", project_id=_number(hub, project))
    screen.say(f"No policy is in force for {project or 'the installation'} any more.")
    return 0


@app.command(name="try")
def try_one(
    given: Annotated[Path, Parameter(name="input", help="A file with the input as JSON; -: standard input.")],
    /,
    *,
    folder: Annotated[Path | None, Parameter(help="The policy to try. Without one: the policy in force.")] = None,
    project: Of = None,
    reach: Reach = HERE,
) -> int:
    """Ask a policy one question. Exit code 1 when it does not allow."""
    import json

    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import policy_shapes as shapes
    from coderclawlink.errors import Invalid

    try:
        asked = json.loads(sys.stdin.read() if str(given) == "-" else given.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(f"{given} cannot be read as JSON: {error}") from error
    with hubs.reached(reach) as hub:
        body = {"input": asked, "modules": None if folder is None else read(folder)}
        answer = hub.post("/api/policies/try", body, project_id=_number(hub, project))
    found = answer.read(shapes.Tried)
    if reach.json:
        screen.as_json(answer.text)
    else:
        told = "It is allowed." if found.allow else f"It is not allowed: {found.reason}"
        screen.say(f"{told} ({found.microseconds:,} µs)")
    return 0 if found.allow else 1


@app.command
def replay(
    folder: Folder,
    /,
    *,
    since: Annotated[str | None, Parameter(help="RFC 3339. Default: a week ago.")] = None,
    project: Of = None,
    reach: Reach = HERE,
) -> int:
    """Tell what a policy would have blocked of what was allowed. Nothing is put in force."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import policy_shapes as shapes

    with hubs.reached(reach) as hub:
        body = {"modules": read(folder), "since": since}
        answer = hub.post("/api/policies/replay", body, project_id=_number(hub, project))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    told = answer.read(shapes.Replay)
    counts = ", ".join(f"{count:,} {name}" for name, count in told.by_permission.items())
    screen.say(f"It would have blocked {told.blocked:,} of {told.asked:,}{f': {counts}' if counts else ''}.")
    if told.left:
        screen.say(f"{told.left:,} older ones were not asked, for want of time.")
    if told.examples:
        screen.rows(
            ("when", "who", "what", "of", "why"),
            [(screen.when(one.at), one.actor, one.permission, one.about, one.reason) for one in told.examples],
            empty="",
        )
    return 0


@app.command
def decisions(
    *,
    project: Of = None,
    refused: Annotated[bool, Parameter(negative="", help="Only what was not allowed.")] = False,
    limit: Annotated[int, Parameter(help="How many at most.")] = 50,
    reach: Reach = HERE,
) -> int:
    """List what was decided in the last thirty days, newest first."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import policy_shapes as shapes

    with hubs.reached(reach) as hub:
        query = {"refused": "true" if refused else None, "limit": limit, "project_id": _number(hub, project)}
        answer = hub.get("/api/policies/decisions", **query)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("when", "who", "what", "decided", "by", "why"),
        [
            (
                screen.when(one.at),
                one.who,
                one.permission,
                "allowed" if one.allowed else "refused",
                one.by,
                one.reason,
            )
            for one in answer.read(shapes.Decisions).decisions
        ],
        empty="Nothing was decided.",
    )
    return 0


def read(folder: Path) -> dict[str, str]:
    """The modules by their path in the folder. Raises `Invalid`."""
    from coderclawlink.errors import Invalid

    try:
        found = {str(path.relative_to(folder)): path.read_text("utf-8") for path in sorted(folder.rglob("*.rego"))}
    except (OSError, ValueError) as error:
        raise Invalid(f"{folder} cannot be read: {error}") from error
    if not found:
        raise Invalid(f"There is no module in {folder}: files named *.rego.")
    return found


def _number(hub: Hub, project: str | None) -> int | None:
    return None if project is None else hub.project(project).id


def _tested(folder: Path) -> str:
    """The same as the hub does, here."""
    import asyncio
    import json
    from dataclasses import asdict

    from coderclawlink.access.rego import Rego

    async def check() -> str:
        return json.dumps([asdict(one) for one in await Rego().check(read(folder))])

    return asyncio.run(check())
