"""What stands in `agents.toml` about agents, checked: those a node's owner adds or sets differently.

Above: the catalogue, which makes drivers of it. An entry is a table `[agents.NAME]`: how the agent works, by the same keys as
everywhere (`AgentConfiguration`), and how it is reached. Nothing else may stand there, so that a slip of the pen is told with
its file and line and never ignored.

    [agents.goose]                      [agents.mine]
    mode = "ask"                        command = "my-agent --acp"
    limit = 2                           env = { MY_KEY = "{key}", MY_URL = "{openai_url}/v1" }
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from coderclawlink.configuration import AgentConfiguration
from coderclawlink.configuration_file import checked, mistake, parsed
from coderclawlink.drivers.models.wires import Wire

_NAME = re.compile(r"[a-z0-9_-]+")


def _words(command: object) -> object:
    if isinstance(command, str):
        return tuple(shlex.split(command))
    return tuple(command) if isinstance(command, list) else command


class Entry(AgentConfiguration):
    """One table of the file. What is absent stays as the catalogue knows it."""

    driver: Literal["acp", "http", "scripted"] | None = None
    """How it is reached. Understood from `command` or `url` when absent."""
    description: str | None = None
    command: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    """A program that speaks ACP, and its arguments: a list, or one string in a shell's quoting."""
    url: str | None = None
    wire: Wire | None = None
    """Which provider's interface it is pointed at."""
    network: Literal["model", "open"] | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    """At most so many attempts at once."""
    script: str | None = None
    paths: tuple[str, ...] = ()
    """What of the file system the program reads beside itself."""

    def configuration(self) -> AgentConfiguration:
        """How it works, without how it is reached."""
        return AgentConfiguration.model_construct(
            **{name: getattr(self, name) for name in AgentConfiguration.model_fields}
        )


def read(text: str, file: str = "agents.toml") -> Mapping[str, Entry]:
    """The entries by name. Raises `Invalid` with file, line and key."""
    document = parsed(text, file)
    for key in document:
        if key not in ("agents", "accounts"):
            raise mistake(text, file, (key,), "is not known here; there are tables [agents.NAME] and [accounts.NAME]")
    agents = document.get("agents", {})
    if not isinstance(agents, dict):
        raise mistake(text, file, ("agents",), "is a table of tables, [agents.NAME]")
    for name in agents:
        if not _NAME.fullmatch(name):
            what = "cannot be an agent's name; small letters, digits, - and _ make one"
            raise mistake(text, file, ("agents", name), what)
    return {name: checked(Entry, table, text, file, ("agents", name)) for name, table in agents.items()}
