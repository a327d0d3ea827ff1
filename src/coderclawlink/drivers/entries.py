"""What stands in `agents.toml`, checked: the agents a node's owner adds or sets differently.

Above: the catalogue, which makes drivers of it. An entry is a table `[agents.NAME]`; every key of it is a field of `Entry`,
and nothing else may stand there, so that a slip of the pen is told with its file and line and never ignored.

    [agents.goose]                      [agents.mine]
    mode = "ask"                        command = "my-agent --acp"
    limit = 2                           env = { MY_KEY = "{key}", MY_URL = "{openai_url}/v1" }
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from coderclawlink.errors import Invalid

Wire = Literal["anthropic", "openai", "ollama"]
_NAME = re.compile(r"[a-z0-9_-]+")


def _words(command: object) -> object:
    if isinstance(command, str):
        return tuple(shlex.split(command))
    return tuple(command) if isinstance(command, list) else command


class McpEntry(BaseModel):
    """An MCP server that the agent is given: a program (`command`, `args`, `env`) or a URL (`url`, `headers`, `type`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)
    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    type: Literal["http", "sse"] = "http"


class Entry(BaseModel):
    """One table of the file. What is absent stays as the catalogue knows it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    driver: Literal["acp", "http", "scripted"] | None = None
    """How it is reached. Understood from `command` or `url` when absent."""
    description: str | None = None
    command: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    """A program that speaks ACP, and its arguments: a list, or one string in a shell's quoting."""
    env: dict[str, str] = Field(default_factory=dict)
    """Beside what the catalogue sets. Values may hold the placeholders that `AcpDriver` names."""
    mode: Literal["ask", "auto"] | None = None
    session_mode: str | None = None
    model: str | None = None
    wire: Wire | None = None
    network: Literal["model", "open"] | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    """At most so many attempts at once."""
    timeout_seconds: Annotated[float, Field(gt=0)] | None = None
    url: str | None = None
    script: str | None = None
    mcp_servers: tuple[McpEntry, ...] = ()
    paths: tuple[str, ...] = ()
    """What of the file system the program reads beside itself."""


def read(text: str, file: str = "agents.toml") -> Mapping[str, Entry]:
    """The entries by name. Raises `Invalid` with file, line and key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise Invalid(f"{file}: {problem}") from None
    for key in document:
        if key != "agents":
            raise Invalid(f"{file}, line {_line(text, key)}: {key} is not known here; agents stand in [agents.NAME].")
    agents = document.get("agents", {})
    if not isinstance(agents, dict):
        raise Invalid(f"{file}, line {_line(text, 'agents')}: agents is a table of tables, [agents.NAME].")
    return {name: _entry(name, table, text, file) for name, table in agents.items()}


def _entry(name: str, table: object, text: str, file: str) -> Entry:
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{file}, line {_line(text, name)}: {name!r} cannot be an agent's name; "
            "small letters, digits, - and _ make one."
        )
    try:
        # By way of JSON, where lists may become tuples while everything else stays strict.
        return Entry.model_validate_json(json.dumps(table, default=str))
    except ValidationError as problem:
        first = problem.errors()[0]
        path = [str(step) for step in first["loc"]]
        key = path[0] if path else ""
        what = "is not a known key" if first["type"] == "extra_forbidden" else first["msg"].lower()
        raise Invalid(f"{file}, line {_line(text, name, key)}: agents.{'.'.join([name, *path])}: {what}") from None


def _line(text: str, name: str, key: str = "") -> int:
    """Where `key` of the table `name` stands, else where the table begins, else 1. The TOML reader does not tell."""
    quoted = f"""["']?{re.escape(name)}["']?"""
    header = re.compile(rf"""\s*\[+\s*(?:agents\s*\.\s*)?{quoted}\s*[].]|\s*(?:agents\.)?{quoted}\s*[=.]""")
    begin = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header.match(line):
            begin = begin or number
            if key and re.search(rf"""[\s{{,.]["']?{re.escape(key)}["']?\s*[=\].]""", line):
                return number
        elif begin and line.lstrip().startswith("["):
            break
        elif begin and key and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""", line):
            return number
    return begin or 1
