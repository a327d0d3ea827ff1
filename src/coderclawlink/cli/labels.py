"""`clawlink task label` and `clawlink project labels | label`: the labels on a task, and those a project has.

Above: `main`, which puts these on the commands of `tasks` and `projects`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.tasks import Key
from coderclawlink.errors import Invalid

ProjectKey = Annotated[str, Parameter(help="The project's key or number.")]
Colour = Literal["gray", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown"]


def label(
    key: Key,
    /,
    *changes: Annotated[
        str, Parameter(allow_leading_hyphen=True, help="`+bug` puts a label on, `-old` takes one off. None: show them.")
    ],
    reach: Reach = HERE,
) -> int:
    """Put labels on a task and take others off. A label that the project does not know yet is made."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    for change in changes:
        if not change.startswith(("+", "-")) or change.startswith("--"):
            raise Invalid(f"Write +{change.lstrip('-')} to put it on, or -{change.lstrip('-')} to take it off.")
    add = [change[1:] for change in changes if change.startswith("+")]
    remove = [change[1:] for change in changes if change.startswith("-")]
    with hubs.reached(reach) as hub:
        task = hub.task(key)
        path = f"/api/tasks/{task.id}/labels"
        answer = hub.patch(path, {"add": add, "remove": remove}) if changes else hub.get(path)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    names = ", ".join(line(each.name) for each in answer.read(list[shapes.Label]))
    screen.say(f"{task.key}: {names or 'no labels'}")
    return 0


def labels(project: ProjectKey, /, *, reach: Reach = HERE) -> int:
    """List a project's labels."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/projects/{hub.project(project).id}/labels")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = answer.read(list[shapes.Label])
    screen.rows(("label", "colour"), [(each.name, each.colour) for each in found], empty="There are no labels.")
    return 0


def label_of_project(
    project: ProjectKey,
    name: Annotated[str, Parameter(help="The label's name.")],
    /,
    *,
    colour: Annotated[Colour | None, Parameter(help="Its colour from now on.")] = None,
    rename: Annotated[str | None, Parameter(help="Its name from now on.")] = None,
    delete: Annotated[bool, Parameter(negative="", help="Delete it, from all tasks too.")] = False,
    reach: Reach = HERE,
) -> int:
    """Make a project's label, or change or delete it."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        path = f"/api/projects/{hub.project(project).id}/labels"
        there = {each.name.casefold(): each for each in hub.get(path).read(list[shapes.Label])}
        found = there.get(name.casefold())
        if found is None and (delete or rename):
            raise hubs.Missing(f"There is no label {name}. `clawlink project labels {project}` shows them.")
        if found is not None and delete:
            hub.delete(f"/api/labels/{found.id}")
            screen.say(f"Deleted label {line(found.name)}.")
            return 0
        wanted = {"name": rename or (name if found is None else None), "colour": colour}
        given = {field: value for field, value in wanted.items() if value is not None}
        answer = hub.post(path, given) if found is None else hub.patch(f"/api/labels/{found.id}", given)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(shapes.Label)
    screen.say(f"Label {line(made.name)} is {made.colour}.")
    return 0
