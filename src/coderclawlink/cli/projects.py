"""`clawlink project`: list, create, show, verify, delete. Its members and who sees it: `members`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Answer

app = App(name="project", help="Projects: a key, a name, and the repository that agents work in.")

Key = Annotated[str, Parameter(help="The project's key, such as DEMO, or its number.")]


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List all projects: their open tasks, runs at work, and what needs you. With --json without these counts."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/projects")
        if reach.json:
            screen.as_json(answer.text)
            return 0
        standing = {each.project_id: each for each in hub.get("/api/projects/summary").read(list[shapes.Standing])}
    unknown = shapes.Standing(
        project_id=0, open=0, running=0, needs_you=0
    )  # one that was made between the two questions
    told = [(each, standing.get(each.id, unknown)) for each in answer.read(list[hubs.Project])]
    screen.rows(
        ("key", "name", "status", "open", "running", "needs you", "repository"),
        [
            (each.key, each.name, each.status, how.open, how.running, how.needs_you, each.github_repo_url)
            for each, how in told
        ],
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
        ("Private", f"clawlink member list {project.key} shows whom it is there for" if project.private else None),
        ("Tasks", f"{len(tasks)}, {sum(task.status != 'done' for task in tasks)} of them open"),
    )
    if project.description:
        screen.say("\n" + clean(project.description))
    return 0


@app.command
def verify(
    key: Key,
    /,
    *,
    file: Annotated[
        Path | None, Parameter(help="Take the checks from this file, written as a repository's .clawlink.toml is.")
    ] = None,
    show: Annotated[
        bool, Parameter(negative="", help="Show what results must pass; without a flag, the same.")
    ] = False,
    clear: Annotated[bool, Parameter(negative="", help="Let the repository's own .clawlink.toml count again.")] = False,
    reach: Reach = HERE,
) -> int:
    """Say or show what the results of a project's runs must pass before they count as done."""
    from coderclawlink.cli import hub as hubs

    if (file is not None) + show + clear > 1:
        raise Invalid("Give one of --file, --show and --clear.")
    with hubs.reached(reach) as hub:
        project = hub.project(key)
        path = f"/api/projects/{project.id}/verification"
        if clear:
            hub.delete(path)
            screen.say(f"{project.key} says nothing of its own; its repository's .clawlink.toml counts.")
            return 0
        try:
            answer = hub.get(path) if file is None else hub.put(path, {"toml": _text_of(file)})
        except hubs.Missing as nothing:
            screen.say("null" if reach.json else nothing.message)
            return 0
    if reach.json:
        screen.as_json(answer.text)
    else:
        _show_verification(answer)
    return 0


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}.") from error


def _show_verification(answer: Answer) -> None:
    from coderclawlink.cli import shapes

    found = answer.read(shapes.Verification)
    screen.rows(
        ("check", "timeout", "network", "command"),
        [
            (each.name, screen.duration(each.timeout_seconds), "yes" if each.network else "no", each.run)
            for each in found.checks
        ],
        empty="Results need pass no checks.",
    )
    screen.say(f"Rounds of mending: {found.rounds}   Review by a person: {'yes' if found.review else 'no'}")


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
