"""`clawlink repository` and `clawlink task repositories`: the further repositories of a project, and which of them a task is about.

Above: `main`, which puts the latter on the commands of `tasks`. What a run made in each is told with its result.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.tasks import Key
from coderclawlink.errors import Invalid

app = App(name="repository", help="Further repositories of a project, beside its own.")

ProjectKey = Annotated[str, Parameter(help="The project's key or number.")]
Name = Annotated[str, Parameter(help="What it is called in the project: the name of its folder.")]


@app.command
def add(
    project: ProjectKey,
    name: Name,
    url: Annotated[str, Parameter(help="Where it is: an absolute path, or an https, ssh or git@host:path URL.")],
    /,
    *,
    reach: Reach = HERE,
) -> int:
    """Add a repository to a project, or say where the one of this name is from now on."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.repository_shapes import Repository
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.put(f"{_of(hub.project(project).id)}/{_part(name)}", {"url": url})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(Repository)
    screen.say(f"{made.name} is {line(made.url)}. Next: clawlink task repositories TASK {made.name}")
    return 0


@app.command(name="list")
def list_all(project: ProjectKey, /, *, reach: Reach = HERE) -> int:
    """List a project's further repositories."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.repository_shapes import Repository

    with hubs.reached(reach) as hub:
        answer = hub.get(_of(hub.project(project).id))
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = answer.read(list[Repository])
    screen.rows(("name", "repository"), [(each.name, each.url) for each in found], empty="There are none but its own.")
    return 0


@app.command
def remove(project: ProjectKey, name: Name, /, *, reach: Reach = HERE) -> int:
    """Take a repository out of a project, and out of its tasks. What runs made in it stays as it is."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete(f"{_of(hub.project(project).id)}/{_part(name)}")
    screen.say(f"Removed {name}.")
    return 0


def of_task(
    key: Key,
    /,
    *names: Annotated[str, Parameter(help="Those that it is about beside the project's own. None: show them.")],
    none: Annotated[bool, Parameter(negative="", help="The project's own alone.")] = False,
    reach: Reach = HERE,
) -> int:
    """Say which of the project's further repositories a task is about, or show them."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.repository_shapes import Repository

    if names and none:
        raise Invalid("Name the repositories, or say --none.")
    with hubs.reached(reach) as hub:
        task = hub.task(key)
        path = f"/api/tasks/{task.id}/repositories"
        if names or none:
            hub.put(path, {"names": list(names)})
        answer = hub.get(path)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = ", ".join(each.name for each in answer.read(list[Repository]))
    screen.say(f"{task.key}: the project's own repository{' and ' + found if found else ''}")
    return 0


def _of(project: int) -> str:
    return f"/api/projects/{project}/repositories"


def _part(name: str) -> str:
    """As a part of a path. What is no name the hub would take for another path."""
    from urllib.parse import quote

    if name in ("", ".", ".."):
        raise Invalid(f"A repository cannot be named {name!r}.")
    return quote(name, safe="")
