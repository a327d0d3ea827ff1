"""`clawlink view`: saved filters of the board."""

from __future__ import annotations

import json
from typing import Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach
from coderclawlink.errors import Invalid

app = App(name="view", help="Saved views of the board: list, save, delete.")


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List your views, and those that others share."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/views")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.rows(
        ("view", "name", "of", "filters"),
        [
            (each.id, each.name, f"{each.author}, shared" if each.shared else each.author, json.dumps(each.filters))
            for each in answer.read(list[shapes.View])
        ],
        empty="There are no views.",
    )
    return 0


@app.command
def save(
    name: Annotated[str, Parameter(help="What to call it.")],
    filters: Annotated[str, Parameter(help='As JSON, in the words of GET /api/board: {"label": ["bug"]}.')],
    /,
    *,
    shared: Annotated[bool, Parameter(negative="", help="Share it with all.")] = False,
    reach: Reach = HERE,
) -> int:
    """Save a view."""
    from coderclawlink.cli import board_shapes as shapes
    from coderclawlink.cli import hub as hubs

    try:
        said = json.loads(filters)
    except json.JSONDecodeError as error:
        raise Invalid(f"The filters are no JSON: {error}.") from error
    with hubs.reached(reach) as hub:
        answer = hub.post("/api/views", {"name": name, "filters": said, "shared": shared})
    if reach.json:
        screen.as_json(answer.text)
        return 0
    screen.say(f"Saved view {answer.read(shapes.View).id}.")
    return 0


@app.command
def delete(view: Annotated[int, Parameter(help="Its number.")], /, *, reach: Reach = HERE) -> int:
    """Delete a view."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete(f"/api/views/{view}")
    screen.say(f"Deleted view {view}.")
    return 0
