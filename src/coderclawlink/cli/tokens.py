"""`clawlink token`: what programs sign in with, narrowed to what they need and ending on a day. Used by --token or CLAWLINK_TOKEN."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(name="token", help="Tokens: what programs sign in with.")

User = Annotated[str | None, Parameter(help="A program's account; for administrators. Default: yours.")]


@app.command
def create(
    name: Annotated[str, Parameter(help="What it is for.")],
    /,
    *,
    scope: Annotated[
        list[str] | None,
        Parameter(
            help="A permission, such as task:submit, that it is narrowed to; may be repeated. Default: all that its user may."
        ),
    ] = None,
    project: Annotated[
        str | None,
        Parameter(help="A project's key, than which nothing is there for it. Default: all that its user sees."),
    ] = None,
    days: Annotated[int, Parameter(help="It ends after so many, at most 365.")] = 90,
    user: User = None,
    reach: Reach = HERE,
) -> int:
    """Make a token and print it. It is not shown again."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes

    with hubs.reached(reach) as hub:
        body: dict[str, hubs.Value] = {"name": name, "scopes": scope, "expires_in_days": days, "user": user}
        if project is not None:
            body["project_id"] = hub.project(project).id
        answer = hub.post("/api/tokens", body)
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(answer.read(shapes.TokenMade).token)
    return 0


@app.command(name="list")
def list_all(*, user: User = None, reach: Reach = HERE) -> int:
    """List them, and when each was last used."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/tokens", user=user)
        found = [] if reach.json else answer.read(list[shapes.Token])
        keys = hub.project_keys() if any(token.project_id is not None for token in found) else {}
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (
            line(token.name),
            "all" if token.scopes is None else " ".join(token.scopes),
            "all" if token.project_id is None else keys.get(token.project_id, "one that is gone"),
            "never" if token.used_at is None else screen.when(token.used_at),
            screen.when(token.expires_at),
        )
        for token in found
    ]
    screen.rows(
        ("token", "may", "in", "used", "ends"), cells, empty="There is no token. Make one: clawlink token create NAME"
    )
    return 0


@app.command
def revoke(
    name: Annotated[str, Parameter(help="Its name or id.")], /, *, user: User = None, reach: Reach = HERE
) -> int:
    """Revoke a token: from now on it opens nothing."""
    from coderclawlink.cli import hub as hubs

    with hubs.reached(reach) as hub:
        hub.delete(f"/api/tokens/{hubs.path_part(name)}", user=user)
    screen.say(f"{name} is revoked.")
    return 0
