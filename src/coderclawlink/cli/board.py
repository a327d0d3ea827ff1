"""`clawlink task move | bulk | link | unlink | links | undo`: what is done on the board, to one card or to many.

Above: `main`, which puts these on the commands of `tasks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.tasks import Key, Priority, Status, tell_undo
from coderclawlink.errors import Invalid

if TYPE_CHECKING:
    from coderclawlink.cli.hub import Value

Link = Annotated[
    Literal["blocks", "blocked_by", "relates", "parent", "child"],
    Parameter(help="What the first is to the second: `parent` is the one that has sub-tasks."),
]
Other = Annotated[str, Parameter(help="The other task's key or number.")]


def move(
    key: Key,
    status: Annotated[Status, Parameter(help="Where it stands now.")],
    /,
    *,
    before: Annotated[str | None, Parameter(help="Above this task.")] = None,
    after: Annotated[str | None, Parameter(help="Below this task.")] = None,
    bottom: Annotated[bool, Parameter(negative="", help="At the end of the column, not at its top.")] = False,
    agent: Annotated[str | None, Parameter(help="Have this agent begin with it; it must be in progress then.")] = None,
    follow: Annotated[bool, Parameter(negative="", help="Watch the run to its end.")] = False,
    reach: Reach = HERE,
) -> int:
    """Move a task to another column of the board, or to another place in its own."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import following
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        task = hub.task(key)
        place: dict[str, Value] = {"status": status}
        if before is not None:
            place["before"] = hub.task(before).id
        if after is not None:
            place["after"] = hub.task(after).id
        if bottom:
            place["position"] = "bottom"
        answer = hub.post(f"/api/tasks/{task.id}/move", {**place, "agent": agent})
    moved = answer.read(shapes.Moved)
    if follow and moved.run is not None:
        return following.follow(reach, moved.run.id)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"{task.key} was {screen.state(task.status)} and is {screen.state(moved.task.status)}.")
    if moved.run is not None:
        screen.say(f"Run {moved.run.number} is {moved.run.state}: clawlink run follow {moved.run.number}")
    tell_undo(moved.undo)
    return 0


def bulk(
    *keys: Key,
    status: Annotated[Status | None, Parameter(help="Where they stand now.")] = None,
    priority: Annotated[Priority | None, Parameter(help="How urgent they are.")] = None,
    agent: Annotated[str | None, Parameter(help="The agent they are meant for; `none`: for no agent.")] = None,
    assignee: Annotated[str | None, Parameter(help="The person they are meant for; `none`: nobody.")] = None,
    label: Annotated[
        list[str] | None,
        Parameter(negative="", allow_leading_hyphen=True, help="`+bug` puts a label on, `-old` takes one off."),
    ] = None,
    delete: Annotated[bool, Parameter(negative="", help="Delete them with their runs.")] = False,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
    reach: Reach = HERE,
) -> int:
    """Do the same to many tasks: to all of them or, if one cannot be done, to none."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs

    given = {"status": status, "priority": priority, "assigned_agent_type": agent, "assignee": assignee}
    changes: dict[str, Value] = {
        name: None if value == "none" else value for name, value in given.items() if value is not None
    }
    acts: list[dict[str, Value]] = [{"changes": changes}] if changes else []
    if label:
        acts.append({"label": _labels(label)})
    if delete:
        acts.append({"delete": True})
    if not keys or len(acts) != 1:
        raise Invalid("Name the tasks and say one thing: what to change, which labels, or --delete.")
    with hubs.reached(reach) as hub:
        ids = [hub.task(key).id for key in keys]
        if delete and not screen.confirm(f"Delete {len(ids)} tasks with their runs?", yes):
            return 1
        answer = hub.post("/api/tasks/bulk", {"ids": ids, **acts[0]})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"{'Deleted' if delete else 'Changed'} {len(set(ids))} tasks.")
    tell_undo(answer.read(shapes.Done).undo)
    return 0


def _labels(changes: list[str]) -> dict[str, Value]:
    for change in changes:
        if not change.startswith(("+", "-")):
            raise Invalid(f"Write +{change} to put it on, or -{change} to take it off.")
    return {
        "add": [change[1:] for change in changes if change.startswith("+")],
        "remove": [change[1:] for change in changes if change.startswith("-")],
    }


def link(key: Key, what: Link, other: Other, /, *, reach: Reach = HERE) -> int:
    """Tie two tasks together: `clawlink task link DEMO-1 blocks DEMO-3`."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        one, two = hub.task(key), hub.task(other)
        answer = hub.post(f"/api/tasks/{one.id}/links", {"link": what, "other": two.id})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"{one.key} {_SAID[what]} {two.key}.")
    return 0


def unlink(key: Key, what: Link, other: Other, /, *, reach: Reach = HERE) -> int:
    """Undo `link`."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        one, two = hub.task(key), hub.task(other)
        answer = hub.delete(f"/api/tasks/{one.id}/links/{what}/{two.id}")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"No more: {one.key} {_SAID[what]} {two.key}.")
    return 0


def links(key: Key, /, *, reach: Reach = HERE) -> int:
    """Show what a task is tied to."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/tasks/{hub.task(key).id}/links")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = answer.read(shapes.Links)
    parents = [] if found.parent is None else [found.parent]
    tied = [
        *(("blocked by", each) for each in found.blocked_by),
        *(("blocks", each) for each in found.blocks),
        *(("child of", each) for each in parents),
        *(("parent of", each) for each in found.children),
        *(("relates to", each) for each in found.relates),
    ]
    rows = [(how, each.key, each.status, each.title) for how, each in tied]
    screen.rows(("link", "key", "status", "title"), rows, empty="It is tied to no task.")
    if found.total:
        screen.say(f"{found.done} of {found.total} sub-tasks are done.")
    return 0


_SAID = {
    "blocks": "blocks",
    "blocked_by": "is blocked by",
    "relates": "relates to",
    "parent": "is the parent of",
    "child": "is a sub-task of",
}


def undo(
    token: Annotated[str, Parameter(allow_leading_hyphen=True, help="As the command said that did it.")],
    /,
    *,
    reach: Reach = HERE,
) -> int:
    """Take back what a move, change, labelling or deletion did, within ten minutes."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.post(f"/api/undo/{hubs.path_part(token)}")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    for task in answer.read(list[hubs.Task]):
        screen.say(f"{task.key} is {screen.state(task.status)} again.")
    return 0


COMMANDS = (move, bulk, link, unlink, links, undo)
