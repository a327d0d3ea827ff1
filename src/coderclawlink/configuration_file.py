"""Configurations as TOML text, checked: each mistake is told with file, line and key. Pure.

Above: `agents.toml` on a node, and the hub, which takes the configuration of an agent and `.clawlink.toml` of a project. Below:
the shapes in `configuration`. Every key is a field, so that a slip of the pen is told and never ignored.

    model = "claude-sonnet-4-5"         rounds = 2
    budget_usd = 2.5                    [checks.tests]
    [[rules]]                           run = "make test"
    effect = "deny"                     timeout_seconds = 600
    command = "git push *"              network = false
"""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from coderclawlink.configuration import AgentConfiguration, Verification
from coderclawlink.errors import Invalid

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys of tables and, from 0, places in lists."""
Table = Mapping[str, object]
Model = TypeVar("Model", bound=BaseModel)


def read(text: str, where: str) -> AgentConfiguration:
    """One agent's configuration, its keys at the top. Raises `Invalid`: "<where>, line N: key: what"."""
    return checked(AgentConfiguration, parsed(text, where), text, where)


def read_verification(text: str, where: str) -> Verification:
    """What a project's results must pass; each check is a table `[checks.NAME]`. Raises `Invalid` as `read` does."""
    document = dict(parsed(text, where))
    tables = document.get("checks", {})
    if not isinstance(tables, dict):
        raise mistake(text, where, ("checks",), "is a table of tables, [checks.NAME]")
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise mistake(text, where, ("checks", name), "is a table with `run`, the command")
        if "name" in table:
            raise mistake(text, where, ("checks", name, "name"), "is not a known key")
    names = list(tables)
    document["checks"] = [{"name": name, **table} for name, table in tables.items()]

    def by_name(path: Path) -> Path:
        match path:
            case ("checks", int(number), *rest):
                return ("checks", names[number], *(step for step in rest if step != "name"))
        return path

    return checked(Verification, document, text, where, named=by_name)


def parsed(text: str, where: str) -> Table:
    """The document. Raises `Invalid` for what is no TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Invalid(f"{where}: is nested too deeply") from None
    except ValueError as problem:  # also for numbers of too many digits
        said = re.fullmatch(r"(.*) \(at (line \d+, column \d+)\)", str(problem))
        raise Invalid(f"{where}, {said[2]}: {said[1]}" if said else f"{where}: {problem}") from None


def checked(
    model: type[Model],
    table: object,
    text: str,
    where: str,
    at: Path = (),
    named: Callable[[Path], Path] = lambda path: path,
) -> Model:
    """The table at the path `at` of the text, as what it is. Raises `Invalid` for the first mistake in it.

    `named`: turns a path in the model into the one in the file, where they differ.
    """
    try:
        # By way of JSON, where lists may become tuples while everything else stays strict.
        return model.model_validate_json(json.dumps(table, default=str))
    except ValidationError as problem:
        first = problem.errors()[0]
        raise mistake(text, where, (*at, *named(first["loc"])), _what(first["type"], first["msg"])) from None


def mistake(text: str, where: str, path: Path, what: str) -> Invalid:
    """What is wrong with the value at a path."""
    key = ".".join(str(step + 1) if isinstance(step, int) else step for step in path)
    return Invalid(f"{where}, line {line_of(text, path)}: {key + ': ' if key else ''}{what}")


def _what(kind: str, said: str) -> str:
    match kind:
        case "extra_forbidden":
            return "is not a known key"
        case "missing":
            return "is missing"
        case "value_error":
            return said.removeprefix("Value error, ")
    return said[:1].lower() + said[1:]


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line, from 1, where the value at a path stands, else where the nearest above it does. `text` is valid TOML."""
    lines = _Lines(text).read()
    wanted = tuple(path)
    while wanted and wanted not in lines:
        wanted = wanted[:-1]
    return lines.get(wanted, 1)


_BLANK = re.compile(r"(?:[\s,]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'", re.DOTALL
)
_BARE_KEY = re.compile(r"[\w-]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_PLAIN = re.compile(r"[^,\]}#\n]*")


class _Lines:
    """Notes where each value of a document begins, which Python's own reader does not tell."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [end.start() for end in re.finditer("\n", text)]
        self._lists: dict[Path, int] = {}
        self._found: dict[Path, int] = {}

    def read(self) -> Mapping[Path, int]:
        table: Path = ()
        while self._skip(_BLANK) and self._at < len(self._text):
            began = self._at
            if self._text[began] == "[":
                table = self._header()
            else:
                self._assignment(table)
            if self._at == began:
                break  # not TOML after all
        return self._found

    def _skip(self, what: re.Pattern[str]) -> bool:
        if found := what.match(self._text, self._at):
            self._at = found.end()
        return found is not None

    def _take(self, word: str) -> bool:
        taken = self._text.startswith(word, self._at)
        self._at += len(word) if taken else 0
        return taken

    def _note(self, path: Path, position: int) -> None:
        # A table may be named several times, by what lies in it: the first time counts.
        self._found.setdefault(path, bisect_left(self._ends, position) + 1)

    def _header(self) -> Path:
        began = self._at
        many = self._take("[[")
        if not many:
            self._take("[")
        self._skip(_BLANK)
        path: Path = ()
        keys = self._key()
        for key in keys[:-1]:
            path = self._last((*path, key), began)
        if many and keys:
            path = (*path, keys[-1])
            self._note(path, began)
            self._lists[path] = self._lists.get(path, -1) + 1
            path = (*path, self._lists[path])
            self._note(path, began)
        elif keys:
            path = self._last((*path, keys[-1]), began)
        self._skip(_BLANK)
        self._take("]]" if many else "]")
        return path

    def _last(self, path: Path, began: int) -> Path:
        """The table of that name, or in a list of tables the last one."""
        self._note(path, began)
        return (*path, self._lists[path]) if path in self._lists else path

    def _assignment(self, table: Path) -> None:
        began = self._at
        path = table
        for key in self._key():
            path = (*path, key)
            self._note(path, began)
        self._skip(_BLANK)
        self._take("=")
        self._skip(_BLANK)
        self._value(path)

    def _key(self) -> list[str]:
        keys: list[str] = []
        while True:
            began = self._at
            if self._skip(_BARE_KEY):
                keys.append(self._text[began : self._at])
            elif self._skip(_STRING):
                keys.append(str(tomllib.loads(f"key = {self._text[began : self._at]}")["key"]))
            if self._at == began or not self._skip(_DOT):
                return keys

    def _value(self, path: Path) -> None:
        if self._take("["):
            number = 0
            while self._skip(_BLANK) and self._at < len(self._text) and not self._take("]"):
                began = self._at
                self._note((*path, number), began)
                self._value((*path, number))
                if self._at == began:
                    return
                number += 1
        elif self._take("{"):
            while self._skip(_BLANK) and self._at < len(self._text) and not self._take("}"):
                began = self._at
                self._assignment(path)
                if self._at == began:
                    return
        elif not self._skip(_STRING):
            self._skip(_PLAIN)
