"""`clawlink secret`: set, list, delete; and the key of the hub's.

Two kinds of secrets bear the name. Those of this machine lie in its data directory, are for the agents that run on it, and need no hub. Those
of the hub (`--hub`) lie sealed in its database, are for what the hub itself talks to, and are set over HTTP.
"""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.reach import HERE, Reach

app = App(
    name="secret",
    help="Secrets: values for agents on this machine, named {secret:NAME} in configurations; with --hub the hub's own.",
)

Name = Annotated[str, Parameter(help="Letters, digits and _, as of a variable; of the hub's also . / : @ and -.")]
Data = Annotated[Path | None, Parameter(help="Data directory (CLAWLINK_HOME) of this machine's secrets.")]
Hubs = Annotated[
    bool, Parameter(name="--hub", negative="", help="The hub's own secrets, not this machine's; for administrators.")
]


@app.command(name="set")
def set_one(name: Name, /, *, hub: Hubs = False, data: Data = None, reach: Reach = HERE) -> int:
    """Set a secret to what stands on standard input, or is typed unseen. One line's end at its end is not part of it."""
    from coderclawlink.cli import configured
    from coderclawlink.link import redaction
    from coderclawlink.node import secrets

    value = _value(name)
    if hub:
        from coderclawlink.cli import hub as hubs

        with hubs.reached(reach) as reached:
            reached.put(_path(name), {"value": value})
        screen.say(f"{name} is set at the hub. No agent is given it.")
    else:
        secrets.keep(configured.settings(data=data).clawlink_home, name, value)
        screen.say(
            f"{name} is set on this machine. Attempts that begin from now on use it; for agents.toml the node must be started anew."
        )
    if len(value) < redaction.SHORTEST:
        screen.complain(
            f"It is shorter than {redaction.SHORTEST} characters, so it will not be redacted from what is told."
        )
    return 0


@app.command(name="list")
def list_all(*, hub: Hubs = False, data: Data = None, reach: Reach = HERE) -> int:
    """List the names and when each was set; values are not shown."""
    from coderclawlink.cli import configured
    from coderclawlink.node import secrets

    if hub:
        return _list_hubs(reach)
    found = secrets.names(configured.settings(data=data).clawlink_home)
    if reach.json:
        told = [{"name": name, "set_at": at.isoformat(timespec="seconds")} for name, at in found.items()]
        screen.as_json(json.dumps(told))
        return 0
    cells = [(name, screen.when(at.isoformat())) for name, at in found.items()]
    screen.rows(
        ("secret of this machine", "set"),
        cells,
        empty="No secret is set here. Set one with `clawlink secret set NAME`.",
    )
    return 0


@app.command
def delete(name: Name, /, *, hub: Hubs = False, data: Data = None, reach: Reach = HERE) -> int:
    """Delete a secret. Attempts under way keep what they were given."""
    from coderclawlink.cli import configured
    from coderclawlink.node import secrets

    if hub:
        from coderclawlink.cli import hub as hubs

        with hubs.reached(reach) as reached:
            reached.delete(_path(name))
    else:
        secrets.drop(configured.settings(data=data).clawlink_home, name)
    screen.say(f"{name} is deleted {'at the hub' if hub else 'on this machine'}.")
    return 0


@app.command(name="rotate-key")
def rotate_key(*, reach: Reach = HERE) -> int:
    """Seal all secrets of the hub with a new key, and forget the old one. Backups made before need the old `secrets.key`."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes

    with hubs.reached(reach) as reached:
        answer = reached.post("/api/secrets/rotate-key")
    if reach.json:
        screen.as_json(answer.text)
    else:
        screen.say(f"{answer.read(shapes.Rekeyed).secrets} secrets of the hub are sealed with a new key.")
    return 0


def _list_hubs(reach: Reach) -> int:
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as reached:
        answer = reached.get("/api/secrets")
    if reach.json:
        screen.as_json(answer.text)
        return 0
    cells = [(line(one.name), line(one.set_by), screen.when(one.set_at)) for one in answer.read(list[shapes.HubSecret])]
    screen.rows(("secret of the hub", "by", "set"), cells, empty="The hub has no secret.")
    return 0


def _value(name: str) -> str:
    """As it is typed unseen, or stands on standard input. Raises `Invalid`."""
    from coderclawlink.errors import Invalid
    from coderclawlink.node import secrets

    if sys.stdin.isatty():
        return getpass.getpass(f"Value of {name}: ")
    try:
        value = sys.stdin.buffer.read(secrets.VALUE_AT_MOST * 2).decode()
    except UnicodeDecodeError:
        raise Invalid("A secret is text in UTF-8.") from None
    return value.removesuffix("\n").removesuffix("\r")


def _path(name: str) -> str:
    from coderclawlink.cli import hub as hubs

    return "/api/secrets/" + "/".join(hubs.path_part(part) for part in name.split("/"))
