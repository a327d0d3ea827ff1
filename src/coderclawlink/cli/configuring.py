"""The ways in which people write a configuration: a TOML file, `KEY=VALUE`, their editor. Above: `clawlink agent configure`.

What they write is checked here before it is sent, so that a mistake is told with the name of the file and the line.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from coderclawlink import configuration_file
from coderclawlink.cli import screen, toml_text
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.errors import Invalid

TABLES = ("env",)
WHOLE = ("rules", "mcp_servers", "fallback")
"""What is given as JSON."""


def read_file(name: str) -> str:
    """The text of a TOML file, `-` for standard input, once it is found to be a configuration. Raises `Invalid`."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            f"{name} cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not UTF-8'}."
        ) from error
    configuration_file.read(text, "standard input" if name == "-" else name)
    return text


def changed(before: Mapping[str, JsonValue], words: Sequence[str]) -> dict[str, JsonValue]:
    """The configuration with each `KEY=VALUE` in it; an empty value takes the key out. Raises `Invalid`."""
    after: dict[str, JsonValue] = dict(before)
    for word in words:
        name, equals, text = word.partition("=")
        table, dot, inner = name.partition(".")
        if not equals or table not in AgentConfiguration.model_fields or bool(dot) != (table in TABLES):
            known = [f"{one}.NAME" if one in TABLES else one for one in AgentConfiguration.model_fields]
            raise Invalid(f"{word} is no KEY=VALUE. Keys are: {', '.join(known)}.")
        if dot:
            held = after.get(table)
            entries = dict(held) if isinstance(held, dict) else {}
            entries.pop(inner, None)
            after[table] = {**entries, inner: text} if text else entries
        elif text:
            after[name] = _value(name, text)
        else:
            after.pop(name, None)
    return after


def _value(name: str, text: str) -> JsonValue:
    if name in WHOLE or _is_number(name):
        try:
            value: JsonValue = json.loads(text)
        except ValueError as error:
            what = "a number" if _is_number(name) else f'JSON, such as {name}=[{{"…": "…"}}]'
            raise Invalid(f"{name} is {what}, not {text[:80]!r}.") from error
        return value
    return text


def _is_number(name: str) -> bool:
    return name.startswith("budget_") or name.endswith("_seconds") or name in ("same_calls", "calls_without_change")


def edited(before: Mapping[str, JsonValue], agent: str) -> str:
    """What comes out of the editor; when it is wrong, the editor is opened again if the person wishes. Raises `Invalid`."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    text = toml_text.written(before) or f'# The configuration of {agent}, such as: mode = "ask"\n'
    with tempfile.TemporaryDirectory(prefix="clawlink-") as folder:
        file = Path(folder) / f"{Path(agent).name}.toml"
        file.write_text(text, encoding="utf-8")
        while True:
            try:
                code = subprocess.run([*shlex.split(editor), str(file)], check=False).returncode
            except OSError as error:
                raise Invalid(f"The editor {editor} cannot be started: {error.strerror}. Set EDITOR.") from error
            if code:
                raise Invalid(f"The editor ended with {code}; nothing was changed.")
            text = file.read_text(encoding="utf-8")
            try:
                configuration_file.read(text, file.name)
            except Invalid as problem:
                if not sys.stdin.isatty():
                    raise
                screen.complain(problem.message)
                if input("Edit it again? [Y/n] ").strip().lower() in ("n", "no"):
                    raise
            else:
                return text
