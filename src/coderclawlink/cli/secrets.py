"""`clawlink secret`: set, list, delete. The secrets of this machine, in its data directory; no hub is needed."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from coderclawlink.cli import screen

app = App(name="secret", help="Secrets: values for agents on this machine, named {secret:NAME} in configurations.")

Name = Annotated[str, Parameter(help="Letters, digits and _, as of a variable.")]
Data = Annotated[Path | None, Parameter(help="Data directory (CLAWLINK_HOME).")]


@app.command(name="set")
def set_one(name: Name, /, *, data: Data = None) -> int:
    """Set a secret to what stands on standard input, or is typed unseen. One line's end at its end is not part of it."""
    from coderclawlink.cli import configured
    from coderclawlink.errors import Invalid
    from coderclawlink.node import redaction, secrets

    home = configured.settings(data=data).clawlink_home
    if sys.stdin.isatty():
        value = getpass.getpass(f"Value of {name}: ")
    else:
        try:
            value = sys.stdin.buffer.read(secrets.VALUE_AT_MOST * 2).decode()
        except UnicodeDecodeError:
            raise Invalid("A secret is text in UTF-8.") from None
        value = value.removesuffix("\n").removesuffix("\r")
    secrets.keep(home, name, value)
    screen.say(f"{name} is set. Attempts that begin from now on use it; for agents.toml the node must be started anew.")
    if len(value) < redaction.SHORTEST:
        screen.complain(
            f"It is shorter than {redaction.SHORTEST} characters, so it will not be redacted from what agents say."
        )
    return 0


@app.command(name="list")
def list_all(
    *, data: Data = None, as_json: Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")] = False
) -> int:
    """List the names and when each was set; values are not shown."""
    from coderclawlink.cli import configured
    from coderclawlink.node import secrets

    found = secrets.names(configured.settings(data=data).clawlink_home)
    if as_json:
        told = [{"name": name, "set_at": at.isoformat(timespec="seconds")} for name, at in found.items()]
        screen.as_json(json.dumps(told))
        return 0
    cells = [(name, screen.when(at.isoformat())) for name, at in found.items()]
    screen.rows(("secret", "set"), cells, empty="No secret is set. Set one with `clawlink secret set NAME`.")
    return 0


@app.command
def delete(name: Name, /, *, data: Data = None) -> int:
    """Delete a secret. Attempts under way keep what they were given."""
    from coderclawlink.cli import configured
    from coderclawlink.node import secrets

    secrets.drop(configured.settings(data=data).clawlink_home, name)
    screen.say(f"{name} is deleted.")
    return 0
