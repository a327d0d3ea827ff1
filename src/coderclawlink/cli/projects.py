"""`clawlink project`: list, create, show, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(name="project", help="Projects: a key, a name, and the repository that agents work in.")

Key = Annotated[str, Parameter(help="The project's key, such as DEMO, or its number.")]


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List all projects."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/projects")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("key", "name", "status", "repository"),
        [(each.key, each.name, each.status, each.github_repo_url) for each in answer.read(list[hubs.Project])],
        empty="There are no projects yet. Make one: clawlink project create DEMO 'Demo' --repo /path/to/repository",
    )
    return 0


@app.command
def create(
    key: Annotated[str, Parameter(help="Short and unique, such as DEMO: tasks are called DEMO-1, DEMO-2 …")],
    name: Annotated[str, Parameter(help="What people call it.")],
    /,
    *,
    repo: Annotated[
        str | None,
        Parameter(help="The repository: a path on the hub's machine, or an https, ssh or git@host:path address."),
    ] = None,
    description: Annotated[str | None, Parameter(help="What it is about.")] = None,
    reach: Reach = HERE,
) -> int:
    """Make a project."""
    from coderclawlink.cli import hub as hubs

    if repo is not None and "://" not in repo and Path(repo).expanduser().is_dir():
        repo = str(Path(repo).expanduser().resolve())
    body = {"key": key, "name": name, "github_repo_url": repo, "description": description}
    with hubs.reached(reach) as hub:
        answer = hub.post("/api/projects", body)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(hubs.Project)
    screen.say(f"Made project {made.key}. Next: clawlink task create {made.key} 'What is to be done'")
    return 0


@app.command
def show(key: Key, /, *, reach: Reach = HERE) -> int:
    """Show one project."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import clean, line

    with hubs.reached(reach) as hub:
        project = hub.project(key)
        answer = hub.get(f"/api/projects/{project.id}")
        tasks = hub.get("/api/tasks", project_id=project.id).read(list[hubs.Task])
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.facts(
        ("Project", f"{project.key}  {line(project.name)}"),
        ("Status", project.status),
        ("Repository", line(project.github_repo_url) or None),
        ("Tasks", f"{len(tasks)}, {sum(task.status != 'done' for task in tasks)} of them open"),
    )
    if project.description:
        screen.say("\n" + clean(project.description))
    return 0


@app.command
def delete(
    key: Key,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    reach: Reach = HERE,
) -> int:
    """Delete a project with its tasks and their runs; its repository stays as it is."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        project = hub.project(key)
        if not screen.confirm(f"Delete project {project.key} with all its tasks and runs?", yes):
            return 1
        hub.delete(f"/api/projects/{project.id}")
    screen.say(f"Deleted project {project.key}.")
    return 0
