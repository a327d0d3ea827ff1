"""A configuration as TOML text, for people to read and edit. Pure. Its other half is `configuration_file`, which reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def written(table: Mapping[str, JsonValue]) -> str:
    """The text of a table: values first, then tables, then lists of tables. What is null is left out."""
    return "\n".join(_lines(table, "")).strip() + "\n" if table else ""


def _lines(table: Mapping[str, JsonValue], within: str) -> Iterator[str]:
    tables: list[tuple[str, Mapping[str, JsonValue]]] = []
    lists: list[tuple[str, Sequence[Mapping[str, JsonValue]]]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            tables.append((name, value))
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            lists.append((name, [one for one in value if isinstance(one, dict)]))
        elif value is not None:
            yield f"{_key(name)} = {_value(value)}"
    for name, inner in tables:
        yield from ("", f"[{within}{_key(name)}]")
        yield from _lines(inner, f"{within}{_key(name)}.")
    for name, inners in lists:
        for inner in inners:
            yield from ("", f"[[{within}{_key(name)}]]")
            yield from _lines(inner, f"{within}{_key(name)}.")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _value(value: JsonValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() if "\n" in value:
            inner = value.replace("\\", "\\\\").replace('"""', '""\\"')
            inner = inner[:-1] + '\\"' if inner.endswith('"') else inner
            return f'"""\n{_CONTROL.sub(_escaped, inner)}"""'
        case str():
            return _string(value)
        case list():
            return f"[{', '.join(_value(one) for one in value)}]"
        case dict():
            return f"{{ {', '.join(f'{_key(name)} = {_value(one)}' for name, one in value.items())} }}"
        case _:
            return json.dumps(value)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
