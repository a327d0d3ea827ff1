"""`clawlink search`: find tasks by the words in them."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid


def search(
    *words: Annotated[str, Parameter(help="All of them must be there; each may be the beginning of one.")],
    project: Annotated[str | None, Parameter(help="Only in this project, by key.")] = None,
    limit: Annotated[int, Parameter(help="At most so many.")] = 20,
    reindex: Annotated[bool, Parameter(negative="", help="Index all tasks anew; finds nothing.")] = False,
    reach: Reach = HERE,
) -> int:
    """Find tasks by their key, title, description and comments, best first."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli.text import line

    if bool(words) is reindex:
        raise Invalid("Say what to search for, or --reindex.")
    with hubs.reached(reach) as hub:
        if reindex:
            hub.post("/api/search/reindex")
            screen.say("All tasks are indexed anew.")
            return 0
        of = hub.project(project).id if project else None
        answer = hub.get("/api/search", q=" ".join(words), project_id=of, limit=limit)
    if reach.json:
        screen.as_json(answer.text)
        return 0
    found = answer.read(list[shapes.Hit])
    for hit in found:
        screen.say(f"{hit.key}  {screen.state(hit.status)}  {line(hit.title)}")
        if hit.where != "title":
            pieces = (
                screen.paint(line(each.text), "bold") if each.hit else _between(each.text) for each in hit.snippet
            )
            screen.say(f"    {''.join(pieces).strip()}")
    if not found:
        screen.say("Nothing was found.")
    return 0


def _between(words: str) -> str:
    """What stands between two words that were found, with the space on either side."""
    from coderclawlink.cli.text import line

    return f"{' ' * words[:1].isspace()}{line(words)}{' ' * words[-1:].isspace()}"
