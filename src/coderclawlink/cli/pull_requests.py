"""`clawlink pr`: propose a task's result as a pull request, and see how those of tasks stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import NotFound

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Hub
    from coderclawlink.cli.pull_request_shapes import OfTask

app = App(name="pr", help="Pull requests: propose a task's result, and see how it stands.")

Key = Annotated[str, Parameter(help="The task's key, such as DEMO-1, or its number.")]


class NoPullRequest(NotFound):
    """The task has no pull request. Make one with `clawlink pr create`."""


@app.command
def create(
    task: Key,
    /,
    *,
    title: Annotated[str | None, Parameter(help="Its title, in the place of the task's.")] = None,
    body: Annotated[str | None, Parameter(help="What it says, in the place of the agent's words.")] = None,
    draft: Annotated[
        bool | None, Parameter(help="As a draft, or not; else one as long as no check has passed.")
    ] = None,
    reach: Reach = HERE,
) -> int:
    """Push the task's result to its branch and open its pull request, or find the one that is there."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.pull_request_shapes import Proposed

    with hubs.reached(reach) as hub:
        found = hub.task(task)
        answer = hub.post(f"/api/tasks/{found.id}/create_pr", {"title": title, "body": body, "draft": draft})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(Proposed)
    if made.pr_url is None:
        screen.say(f"{found.key} stands on the branch {made.branch_name}. Look at it:")
        screen.say(f"  {made.compare}")
    else:
        screen.say(f"{found.key}: {'draft ' if made.draft else ''}pull request {made.pr_number}, {made.pr_url}")
    return 0


@app.command(name="list")
def list_all(
    *,
    project: Annotated[str | None, Parameter(help="Only this project's, by key.")] = None,
    reach: Reach = HERE,
) -> int:
    """List the tasks that have a pull request."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.pull_request_shapes import Proposable

    with hubs.reached(reach) as hub:
        number = hub.project(project).id if project else None
        answer = hub.get("/api/tasks", project_id=number, limit=10_000)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (one.key, f"#{one.github_pr_number}", one.status, one.title, one.github_pr_url)
        for one in answer.read(list[Proposable])
        if one.github_pr_number is not None
    ]
    screen.rows(("task", "pull request", "status", "title", "at"), cells, empty="No task has a pull request.")
    return 0


@app.command
def show(task: Key, /, *, reach: Reach = HERE) -> int:
    """Show how the task's pull requests stand, and what is on its way to one."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        told, text = _of_task(hub, task)
    if reach.json:
        screen.as_json(text)
        return 0
    if not told.pull_requests and not told.deliveries:
        raise NoPullRequest
    for pull in told.pull_requests:
        screen.facts(
            ("pull request", f"{pull.place}#{pull.number}  {pull.title}"),
            ("state", f"{pull.state}{', draft' if pull.draft and pull.state == 'open' else ''}"),
            ("branch", f"{pull.branch} into {pull.base}"),
            ("checks", pull.checks),
            ("review", pull.review),
            ("may be merged", pull.mergeable),
            ("looked at", screen.when(pull.looked_at) or "not yet"),
            ("in its way", pull.error),
            ("at", pull.url),
        )
        screen.say()
    for one in told.deliveries:
        if one.state != "done" or one.compare:
            why = f": {one.error}" if one.error else ""
            screen.say(f"{one.branch} at {one.head[:12]}: {one.state}{why}")
            if one.compare:
                screen.say(f"  {one.compare}")
    return 0


@app.command(name="open")
def print_url(task: Key, /, *, reach: Reach = HERE) -> int:
    """Print the address of the task's newest pull request."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        told, _ = _of_task(hub, task)
    if not told.pull_requests:
        raise NoPullRequest
    screen.say(told.pull_requests[0].url)
    return 0


def _of_task(hub: Hub, task: str) -> tuple[OfTask, str]:
    from coderclawlink.cli.pull_request_shapes import OfTask

    answer = hub.get(f"/api/tasks/{hub.task(task).id}/pull_requests")
    return answer.read(OfTask), answer.text
