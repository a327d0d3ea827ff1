"""The flags that all commands share which speak with a hub. Below: nothing; it is imported when help is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True)
class Reach:
    """How to reach the hub, and how to show what it says."""

    url: Annotated[
        str | None,
        Parameter(
            name="--url",
            env_var="CLAWLINK_URL",
            help="The hub's address. Default: the hub that runs on the data directory, else http://127.0.0.1:8000.",
        ),
    ] = None
    session: Annotated[
        str | None,
        Parameter(
            name="--session",
            env_var="CLAWLINK_SESSION",
            help="Act as this session. Without one you are the owner, if the hub is on this machine and yours.",
        ),
    ] = None
    token: Annotated[
        str | None,
        Parameter(
            name="--token",
            env_var="CLAWLINK_TOKEN",
            help="Act as the program that this token was made for. Without it and without a session, as `clawlink sign-in` has signed in.",
        ),
    ] = None
    json: Annotated[
        bool, Parameter(name="--json", negative="", help="Print the hub's answer as JSON, for programs.")
    ] = False


HERE = Reach()
