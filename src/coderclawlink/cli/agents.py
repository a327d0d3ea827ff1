"""`clawlink agent`: which agents there are, what those need that are not available, and how each is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.text import line
from coderclawlink.errors import Invalid

if TYPE_CHECKING:
    from pydantic import JsonValue

    from coderclawlink.cli import agent_shapes as shapes
    from coderclawlink.cli.hub import Hub

app = App(name="agent", help="Agents: what the nodes can run, and how it is configured.")

Name = Annotated[str, Parameter(help="The agent's name; `clawlink agent list` shows them.")]
Project = Annotated[
    str | None, Parameter(help="The layer of this project, by key. Default: that of the whole installation.")
]
WIDE = 60


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


@app.command
def show(name: Name, /, *, reach: Reach = HERE) -> int:
    """Show all that is known of an agent: how it is reached, on which nodes, and its configuration."""
    from coderclawlink.cli import agent_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get(_path(name))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    agent = answer.read(shapes.AgentDetail)
    found = agent.metadata
    screen.facts(
        ("Agent", f"{agent.agent_type}  {line(agent.description)}".rstrip()),
        ("Available", "yes" if agent.available else f"no: {line(found.why)}"),
        ("Version", line(found.version) or None),
        ("Reached by", line(found.reached) or None),
        ("Signed in", None if found.signed_in is None else "yes" if found.signed_in else "no"),
        ("Model", line(found.model) or None),
        ("Models", line(", ".join(found.models)) or None),
        ("Accounts", line(", ".join(found.accounts)) or None),
        ("At once", found.limit),
    )
    if found.health:
        screen.say()
        cells = [
            (one.node, "yes" if one.available else "no", one.version, one.why or one.reached) for one in found.health
        ]
        screen.rows(("node", "available", "version", "about"), cells, empty="")
    _print_layer("Configuration", agent.configuration)
    for layer in agent.projects:
        _print_layer(f"In project {layer.project_key}", layer)
    return 0


def _print_layer(head: str, layer: shapes.Configuration) -> None:
    from coderclawlink.cli import toml_text
    from coderclawlink.cli.text import clean

    version = f", version {layer.version} by {line(layer.changed_by)}, {screen.when(layer.changed_at)}"
    screen.say("\n" + screen.paint(f"{head}{version if layer.version else ''}", "bold"))
    screen.say(clean(toml_text.written(layer.configuration)).rstrip() or "Nothing is configured.")


@app.command
def configure(
    name: Name,
    /,
    *,
    project: Project = None,
    file: Annotated[
        str | None,
        Parameter(
            allow_leading_hyphen=True, help="Take the whole layer from this TOML file; `-` reads standard input."
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        Parameter(
            name="--set",
            negative="",
            help="KEY=VALUE: change one value, such as model=sonnet, mode=ask, budget_usd=2 or env.NAME=value. "
            "An empty value takes it out.",
        ),
    ] = None,
    edit: Annotated[bool, Parameter(negative="", help="Change the layer in $EDITOR.")] = False,
    clear: Annotated[bool, Parameter(negative="", help="Let the layer say nothing.")] = False,
    reach: Reach = HERE,
) -> int:
    """Configure an agent; without flags, print the layer as TOML. Each change is a version that can be restored."""
    from coderclawlink.cli import agent_shapes as shapes
    from coderclawlink.cli import configuring, toml_text
    from coderclawlink.cli import hub as hubs

    if sum((file is not None, bool(set_), edit, clear)) > 1:
        raise Invalid("Use one of --file, --set, --edit and --clear.")
    with hubs.reached(reach) as hub:
        of, path = _of(hub, project), f"{_path(name)}/configuration"
        before = hub.get(path, project_id=of).read(shapes.Configuration)
        if file is not None:
            answer = hub.put(path, {"toml": configuring.read_file(file)}, project_id=of)
        elif set_:
            answer = hub.put(path, {"configuration": configuring.changed(before.configuration, set_)}, project_id=of)
        elif edit:
            answer = hub.put(path, {"toml": configuring.edited(before.configuration, name)}, project_id=of)
        elif clear:
            answer = hub.delete(path, project_id=of)
        else:
            screen.say(toml_text.written(before.configuration).rstrip() or f"# Nothing is configured for {name}.")
            return 0
    if reach.json:
        screen.as_json(answer.text)
        return 0
    after = answer.read(shapes.Configuration)
    said = "Nothing changed" if after.version == before.version else f"{after.agent} is configured"
    screen.say(f"{said}{f' in {project.upper()}' if project else ''}: version {after.version}.")
    return 0


@app.command
def history(
    name: Name,
    /,
    *,
    project: Project = None,
    version: Annotated[int | None, Parameter(help="Print this version as TOML.")] = None,
    reach: Reach = HERE,
) -> int:
    """List the versions of an agent's configuration, newest first."""
    from coderclawlink.cli import agent_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import toml_text

    with hubs.reached(reach) as hub:
        answer = hub.get(f"{_path(name)}/configuration/versions", project_id=_of(hub, project))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    versions = answer.read(list[shapes.Configuration])
    if version is not None:
        for one in versions:
            if one.version == version:
                screen.say(toml_text.written(one.configuration).rstrip() or "# It says nothing.")
                return 0
        raise Invalid(f"There is no version {version} of the configuration of {name}.")
    screen.rows(
        ("version", "when", "by", "says"),
        [(one.version, screen.when(one.changed_at), one.changed_by, _summary(one.configuration)) for one in versions],
        empty="Nothing was ever configured there.",
    )
    return 0


def _summary(configuration: dict[str, JsonValue]) -> str:
    """What it says in a few words: short values whole, of long ones the name alone."""
    parts = []
    for name, value in configuration.items():
        if isinstance(value, dict | list):
            parts.append(f"{len(value)} {name}")
        elif len(str(value)) < WIDE and "\n" not in str(value):
            parts.append(f"{name}={value}")
        else:
            parts.append(name)
    return ", ".join(parts) or "nothing"


@app.command
def restore(
    name: Name,
    version: Annotated[int, Parameter(help="The version to go back to; `clawlink agent history` shows them.")],
    /,
    *,
    project: Project = None,
    reach: Reach = HERE,
) -> int:
    """Make an old version of an agent's configuration the newest one."""
    from coderclawlink.cli import agent_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        path = f"{_path(name)}/configuration/restore"
        answer = hub.post(path, {"version": version}, project_id=_of(hub, project))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(shapes.Configuration)
    screen.say(f"{made.agent} is configured as in version {version} again: version {made.version}.")
    return 0


@app.command
def rules(
    name: Name,
    /,
    *,
    project: Project = None,
    task: Annotated[str | None, Parameter(help="Also what was learnt on this task, by key.")] = None,
    try_: Annotated[
        str | None,
        Parameter(
            name="--try", allow_leading_hyphen=True, help="A command: what would be decided if the agent ran it?"
        ),
    ] = None,
    tool: Annotated[str | None, Parameter(help="With --try or --path: what it does, such as edit or fetch.")] = None,
    path: Annotated[list[str] | None, Parameter(negative="", help="Try it on this path of the workspace.")] = None,
    host: Annotated[list[str] | None, Parameter(negative="", help="Try it on this host.")] = None,
    forget: Annotated[int | None, Parameter(help="Forget the learnt rule of this number.")] = None,
    reach: Reach = HERE,
) -> int:
    """Show the rules that decide what an agent may do, or try them on something without doing it.

    With --try, --path or --host the exit code is 0 when it is allowed, else 1.
    """
    from coderclawlink.cli import agent_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        here = {"project_id": _of(hub, project), "task_id": hub.task(task).id if task else None}
        if forget is not None:
            hub.delete(f"{_path(name)}/rules/{forget}")
            screen.say("Forgotten.")
            return 0
        if try_ is not None or path or host:
            does = tool or ("execute" if try_ is not None else "edit" if path else "fetch")
            act = {"tool": does, "command": try_ or "", "paths": path or [], "hosts": host or []}
            answer = hub.post(f"{_path(name)}/rules/try", {"act": act, **here})
            decision = answer.read(shapes.Decision)
            if reach.json:
                screen.as_json(answer.text)
            else:
                by = f"  ({line(decision.rule.text)})" if decision.rule else ""
                screen.say(f"{decision.effect}: {line(decision.why)}{by}")
            return 0 if decision.effect == "allow" else 1
        answer = hub.get(f"{_path(name)}/rules", **here)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = answer.read(shapes.Rules)
    screen.rows(
        ("rule", "from", "number"),
        [
            (one.text, f"{one.origin} ({one.learnt_by})" if one.learnt_by else one.origin, one.learnt_id)
            for one in found.rules
        ],
        empty="There are no rules.",
    )
    screen.say(f"Where no rule decides: {found.mode or 'as the node configures it, else it is asked'}.")
    return 0


def _path(name: str) -> str:
    from coderclawlink.cli.hub import path_part

    return f"/api/agents/{path_part(name)}"


def _of(hub: Hub, project: str | None) -> int | None:
    return hub.project(project).id if project else None
