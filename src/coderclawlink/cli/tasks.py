"""`clawlink task`: the board from the command line, and a run of a task by an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Task

app = App(name="task", help="Tasks on the board: list, make, move, and give them to an agent.")

Key = Annotated[str, Parameter(help="The task's key, such as DEMO-1, or its number.")]
Status = Literal["todo", "in_progress", "in_review", "done", "blocked"]
Priority = Literal["low", "medium", "high", "critical"]


@app.command(name="list")
def list_all(
    *,
    project: Annotated[str | None, Parameter(help="Only this project's, by key.")] = None,
    status: Annotated[
        list[Status] | None, Parameter(negative="", help="Only those with this status; may be given again.")
    ] = None,
    priority: Annotated[list[Priority] | None, Parameter(negative="", help="Only those so urgent.")] = None,
    agent: Annotated[
        list[str] | None, Parameter(negative="", help="Only those meant for this agent; `none`: for no agent.")
    ] = None,
    assignee: Annotated[
        list[str] | None, Parameter(negative="", help="Only those meant for this person; `none`: nobody.")
    ] = None,
    label: Annotated[
        list[str] | None, Parameter(negative="", help="Only those with this label; given again: with all.")
    ] = None,
    query: Annotated[str | None, Parameter(name=("--query", "-q"), help="Only those with these words.")] = None,
    parent: Annotated[str | None, Parameter(help="Only the sub-tasks of this task.")] = None,
    blocked: Annotated[bool | None, Parameter(help="Only those that wait for others, or that do not.")] = None,
    limit: Annotated[int, Parameter(help="At most so many.")] = 200,
    reach: Reach = HERE,
) -> int:
    """List tasks: those that meet all that is said."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get(
            "/api/tasks",
            project_id=hub.project(project).id if project else None,
            status=status,
            priority=priority,
            agent=agent,
            assignee=assignee,
            label=label,
            q=query,
            parent_id=hub.task(parent).id if parent else None,
            blocked=None if blocked is None else str(blocked).lower(),
            limit=limit,
        )
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("key", "status", "priority", "agent", "title"),
        [
            (each.key, each.status, each.priority, each.assigned_agent_type, each.title)
            for each in answer.read(list[hubs.Task])
        ],
        empty="There are no such tasks.",
    )
    return 0


@app.command
def create(
    project: Annotated[str, Parameter(help="The project's key.")],
    title: Annotated[str, Parameter(help="What is to be done, in one line.")],
    /,
    *,
    description: Annotated[str | None, Parameter(help="All that the agent should know.")] = None,
    priority: Annotated[Priority, Parameter(help="More urgent tasks' runs are placed first.")] = "medium",
    status: Annotated[Status, Parameter(help="Where it stands.")] = "todo",
    agent: Annotated[str | None, Parameter(help="The agent it is meant for.")] = None,
    assignee: Annotated[str | None, Parameter(help="The person it is meant for.")] = None,
    parent: Annotated[str | None, Parameter(help="The task that it is a part of.")] = None,
    repository: Annotated[
        list[str] | None, Parameter(help="A further repository of the project that it is about too; may be said again.")
    ] = None,
    reach: Reach = HERE,
) -> int:
    """Make a task."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.post(
            "/api/tasks",
            {
                "project_id": hub.project(project).id,
                "title": title,
                "description": description,
                "priority": priority,
                "status": status,
                "assigned_agent_type": agent,
                "assignee": assignee,
                "parent_id": hub.task(parent).id if parent else None,
                "repositories": repository or [],
            },
        )
    if reach.json:
        screen.as_json(answer.text)
        return 0
    made = answer.read(hubs.Task)
    screen.say(f"Made task {made.key}. Next: clawlink task run {made.key} {agent or 'AGENT'} --follow")
    return 0


@app.command
def show(key: Key, /, *, reach: Reach = HERE) -> int:
    """Show one task and its runs."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import clean, line

    with hubs.reached(reach) as hub:
        task = hub.task(key)
        answer = hub.get(f"/api/tasks/{task.id}")
        runs = hub.get("/api/runs", task_id=task.id).read(list[hubs.Run])
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.facts(
        ("Task", f"{task.key}  {line(task.title)}"),
        ("Status", screen.state(task.status)),
        ("Priority", task.priority),
        ("Agent", line(task.assigned_agent_type) or None),
        ("Pull request", line(task.github_pr_url) or None),
    )
    if task.description:
        screen.say("\n" + clean(task.description))
    if runs:
        screen.say()
        screen.rows(
            ("run", "state", "agent", "branch", "result"),
            [(run.number, run.state, run.agent, run.branch, run.error or run.result) for run in runs],
            empty="",
        )
    return 0


@app.command
def run(
    key: Key,
    agent: Annotated[str, Parameter(help="The agent's name; `clawlink agent list` shows them.")],
    prompt: Annotated[
        str | None,
        Parameter(
            allow_leading_hyphen=True,
            help="What to ask; `-` reads standard input. Default: the task's title and description.",
        ),
    ] = None,
    /,
    *,
    follow: Annotated[bool, Parameter(negative="", help="Watch it to its end.")] = False,
    reach: Reach = HERE,
) -> int:
    """Give a task to an agent: it works in the project's repository, on a branch of its own.

    With --follow the exit code tells how it ended: 0 completed, 1 failed, 3 cancelled.
    """
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import runs

    with hubs.reached(reach) as hub:
        task = hub.task(key)
        asked = runs.read_prompt(prompt) if prompt else prompt_of(task)
        answer = hub.post("/api/runs", {"agent": agent, "prompt": asked, "task_id": task.id})
    return runs.submitted(answer, reach, follow=follow)


def prompt_of(task: Task) -> str:
    """What an agent is asked when nobody says it in other words."""
    return "\n\n".join(filter(None, (task.title, task.description)))


@app.command
def delete(
    key: Key,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    reach: Reach = HERE,
) -> int:
    """Delete a task with its runs; branches in the repository stay. For ten minutes it can be undone."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        task = hub.task(key)
        if not screen.confirm(f"Delete task {task.key} ({line(task.title)}) with its runs?", yes):
            return 1
        answer = hub.delete(f"/api/tasks/{task.id}")
    screen.say(f"Deleted task {task.key}.")
    tell_undo(answer.undo)
    return 0


def tell_undo(token: str | None) -> None:
    """How what was just done is taken back; beside the output proper, for people."""
    if token is not None:
        screen.complain(f"To take it back within ten minutes: clawlink task undo {token}")
