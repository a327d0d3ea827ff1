"""`clawlink task attach | attachments | detach`: files of a task, for people and agents.

Above: `main`, which puts these on the commands of `tasks`. A file that comes from the hub never replaces one that is there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.cli.tasks import Key
from coderclawlink.errors import ClawlinkError, Conflict, Invalid

if TYPE_CHECKING:
    from coderclawlink.cli.board_shapes import Attachment
    from coderclawlink.cli.hub import Hub


def attach(
    key: Key,
    file: Annotated[Path, Parameter(help="The file, at most 64 MiB.")],
    /,
    *,
    name: Annotated[str | None, Parameter(help="What to call it. Default: its own name.")] = None,
    reach: Reach = HERE,
) -> int:
    """Attach a file to a task. Agents that work on it find it beside their work."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    try:
        with file.open("rb") as content, hubs.reached(reach) as hub:
            task = hub.task(key)
            answer = hub.put_file(f"/api/tasks/{task.id}/attachments", content, name=name or file.name)
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}.") from error
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"Attached {line(answer.read(shapes.Attachment).name)} to {task.key}.")
    return 0


def attachments(
    key: Key,
    /,
    *,
    into: Annotated[Path | None, Parameter(help="Fetch them all into this folder.")] = None,
    reach: Reach = HERE,
) -> int:
    """List the files of a task, or fetch them."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get(f"/api/tasks/{hub.task(key).id}/attachments")
        found = answer.read(list[shapes.Attachment])
        if into is not None:
            for each in found:
                _fetch(hub, each, into)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("bytes", "type", "by", "since", "name"),
        [(each.size, each.media_type, each.author, screen.when(each.created_at), each.name) for each in found],
        empty="There are no attachments.",
    )
    return 0


def detach(
    key: Key,
    name: Annotated[str, Parameter(help="The file's name.")],
    /,
    *,
    reach: Reach = HERE,
) -> int:
    """Delete a file of a task: your own, or as an admin anybody's."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        task = hub.task(key)
        found = hub.get(f"/api/tasks/{task.id}/attachments").read(list[shapes.Attachment])
        which = next((each for each in found if each.name == name), None)
        if which is None:
            raise hubs.Missing(
                f"{task.key} has no attachment {name}. `clawlink task attachments {task.key}` shows them."
            )
        hub.delete(f"/api/attachments/{which.id}")
    screen.say(f"Deleted {line(name)}.")
    return 0


def _fetch(hub: Hub, each: Attachment, into: Path) -> None:
    """Raises `Conflict` for a name that is there already, `Invalid` where it cannot be written."""
    place = into / each.name
    if place.parent != into or each.name in ("", ".", ".."):
        raise Invalid(f"{each.name!r} is no name of a file.")
    try:
        into.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            try:
                hub.get_file(f"/api/attachments/{each.id}", file)
            except ClawlinkError:
                place.unlink()
                raise
    except FileExistsError as error:
        raise Conflict(f"{place} is there already.") from error
    except OSError as error:
        raise Invalid(f"{place} cannot be written: {error.strerror}.") from error


COMMANDS = (attach, attachments, detach)
