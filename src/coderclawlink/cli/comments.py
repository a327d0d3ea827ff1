"""`clawlink task comment | comments | edit-comment | delete-comment | activity`: what people say of a task, and what has happened to it.

Above: `main`, which puts these on the commands of `tasks`.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.runs import read_prompt
from coderclawlink.cli.tasks import Key

Text = Annotated[str, Parameter(allow_leading_hyphen=True, help="Markdown; `-` reads standard input.")]
Number = Annotated[int, Parameter(help="The comment's number; `clawlink task comments` shows them.")]


def comment(key: Key, text: Text, /, *, reach: Reach = HERE) -> int:
    """Comment on a task. Agents that work on it are told, too."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs

    words = read_prompt(text)
    with hubs.reached(reach) as hub:
        task = hub.task(key)
        answer = hub.post(f"/api/tasks/{task.id}/comments", {"text": words})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"Comment {answer.read(shapes.Comment).id} on {task.key}.")
    return 0


def comments(
    key: Key,
    /,
    *,
    limit: Annotated[int, Parameter(help="At most so many, the newest.")] = 100,
    reach: Reach = HERE,
) -> int:
    """Show the comments on a task, oldest first."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import clean, line

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/tasks/{hub.task(key).id}/comments", limit=limit)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = answer.read(list[shapes.Comment])
    for each in found:
        edited = ", edited" if each.edited_at else ""
        screen.say(screen.paint(f"{each.id}  {line(each.author)}, {screen.when(each.created_at)}{edited}", "dim"))
        screen.say(clean(each.text) + "\n")
    if not found:
        screen.say("There are no comments.")
    return 0


def edit_comment(number: Number, text: Text, /, *, reach: Reach = HERE) -> int:
    """Say a comment of yours in other words."""
    from coderclawlink.cli import hub as hubs

    words = read_prompt(text)
    with hubs.reached(reach) as hub:
        answer = hub.patch(f"/api/comments/{number}", {"text": words})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"Comment {number} has other words now.")
    return 0


def delete_comment(number: Number, /, *, reach: Reach = HERE) -> int:
    """Delete a comment: your own, or as an admin anybody's."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete(f"/api/comments/{number}")
    screen.say(f"Deleted comment {number}.")
    return 0


def activity(
    key: Key,
    /,
    *,
    limit: Annotated[int, Parameter(help="At most so many entries, the newest.")] = 50,
    reach: Reach = HERE,
) -> int:
    """Show what has happened to a task, oldest first."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import cut, line

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/tasks/{hub.task(key).id}/activity", limit=limit)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("when", "who", "what"),
        [
            (
                screen.when(each.at),
                line(each.actor),
                f"commented: {cut(line(each.comment.text), 200)}" if each.comment is not None else line(each.text),
            )
            for each in reversed(answer.read(shapes.Activity).entries)
        ],
        empty="Nothing has happened yet.",
    )
    return 0


COMMANDS = (comment, comments, edit_comment, delete_comment, activity)
