"""`clawlink group`: what belonging to a group of the directory, or of a provider, gives at a team's hub. An administrator's."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(name="group", help="Groups: which role belonging to one gives.")

Group = Annotated[str, Parameter(help="Its name, as the directory or the provider writes it.")]
ProjectName = Annotated[str | None, Parameter(name="--project", help="Only there: its key. Default: everywhere.")]


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List the roles that groups give, and how many people belong to each."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import provider_shapes as shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/group-roles")
        found = answer.read(list[shapes.GroupRole])
        keys = (
            {project.id: project.key for project in hub.get("/api/projects").read(list[hubs.Project])} if found else {}
        )
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (
            line(one.group),
            one.role,
            "everywhere" if one.project_id is None else keys.get(one.project_id, "?"),
            one.people,
        )
        for one in found
    ]
    screen.rows(("group", "role", "in", "people"), cells, empty="No group gives a role: clawlink group give GROUP ROLE")
    return 0


@app.command
def give(
    group: Group,
    role: Annotated[Literal["admin", "developer", "viewer", "guest"], Parameter(help="What its people may.")],
    /,
    *,
    project: ProjectName = None,
    reach: Reach = HERE,
) -> int:
    """Give all who belong to a group a role. Of all roles that somebody has, the strongest counts."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import provider_shapes as shapes

    with hubs.reached(reach) as hub:
        where = None if project is None else hub.project(project).id
        answer = hub.put("/api/group-roles", {"group": group, "role": role, "project_id": where})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    people = answer.read(shapes.GroupRole).people
    screen.say(f"{group} gives {role} {'everywhere' if project is None else f'in {project}'}: {people} people now.")
    return 0


@app.command
def take(group: Group, /, *, project: ProjectName = None, reach: Reach = HERE) -> int:
    """Take away what a group gives. Roles given by hand stay."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import provider_shapes as shapes

    with hubs.reached(reach) as hub:
        where = None if project is None else hub.project(project).id
        for one in hub.get("/api/group-roles").read(list[shapes.GroupRole]):
            if (one.group, one.project_id) == (group, where):
                hub.delete(f"/api/group-roles/{one.id}")
                screen.say(f"{group} gives {one.role} no more.")
                return 0
    raise hubs.Missing(f"{group} gives nothing there. `clawlink group list` shows what groups give.")
