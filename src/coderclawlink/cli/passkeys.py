"""`clawlink passkey`: one's own passkeys, listed and removed. A browser makes them, in the settings."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(name="passkey", help="Passkeys: what your browsers sign in with. They are made in a browser, under Settings.")


@app.command(name="list")
def list_all(*, reach: Reach = HERE) -> int:
    """List your passkeys, and when each was last used."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        answer = hub.get("/api/auth/passkeys")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [
        (
            line(one.name),
            "also elsewhere" if one.backed_up else "one device",
            screen.when(one.made_at),
            "never" if one.used_at is None else screen.when(one.used_at),
        )
        for one in answer.read(list[shapes.Passkey])
    ]
    screen.rows(
        ("passkey", "kept in", "made", "used"), cells, empty="You have no passkey. A browser makes one, under Settings."
    )
    return 0


@app.command
def remove(
    name: Annotated[str, Parameter(help="Its name, or its id where several have the name.")], /, *, reach: Reach = HERE
) -> int:
    """Remove a passkey of yours: it proves nothing from now on. You must have proven who you are: `clawlink step-up`."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.errors import Invalid, NotFound

    with hubs.reached(reach) as hub:
        theirs = hub.get("/api/auth/passkeys").read(list[shapes.Passkey])
        found = [one for one in theirs if one.id == name] or [one for one in theirs if one.name == name]
        if not found:
            raise NotFound(f"You have no passkey {name}. `clawlink passkey list` shows them.")
        if len(found) > 1:
            raise Invalid(
                f"{len(found)} passkeys are called {name}: name one by its id, from `clawlink passkey list --json`."
            )
        hub.delete(f"/api/auth/passkeys/{hubs.path_part(found[0].id)}")
    screen.say(f"The passkey {found[0].name} is removed.")
    return 0
