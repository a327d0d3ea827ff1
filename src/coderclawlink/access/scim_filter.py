"""Filters of SCIM (RFC 7644, 3.4.2.2): read into a tree, and asked of a document. Pure.

Above: the directory, which asks them of the rows too (`scim_where`), and `scim_patch`, whose paths hold them.

    userName eq "ann@example.org"        emails[type eq "work" and value co "@example.org"]        externalId pr or not (active eq true)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from coderclawlink.errors import Invalid

LENGTH_AT_MOST = 2000
DEPTH_AT_MOST = 20
Operator = Literal["eq", "ne", "co", "sw", "ew", "pr"]
OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew"})
ATTRIBUTE = re.compile(r"(?:urn:[^\s\[\]()\"]+:)?[A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?", re.ASCII)
_TOKEN = re.compile(r'\s*(?:(?P<mark>[()\[\]])|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()\[\]"]+))')
_SCHEMA = re.compile(r"urn:ietf:params:scim:schemas:core:2\.0:\w+:", re.IGNORECASE | re.ASCII)


class InvalidFilter(Invalid):
    """The filter cannot be read."""


@dataclass(frozen=True, slots=True)
class Compare:
    """`attribute`: in lower case, without its schema; a sub-attribute behind a dot. `value`: None for pr."""

    attribute: str
    operator: Operator
    value: JsonValue = None


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter


Filter = Compare | Both | Either | Not


def parse(text: str) -> Filter:
    """Raises `InvalidFilter`."""
    if len(text) > LENGTH_AT_MOST:
        raise InvalidFilter(f"A filter has at most {LENGTH_AT_MOST} characters.")
    reader = _Reader(_tokens(text))
    found = reader.either("", 0)
    if reader.next is not None:
        raise InvalidFilter(f"The filter goes on where it should end: {reader.next[:40]}")
    return found


def matches(wanted: Filter, document: JsonValue) -> bool:
    """Whether a document is so, for instance one value of several. Its names may be written in any case; what has no name is its `value`."""
    match wanted:
        case Both(parts):
            return all(matches(part, document) for part in parts)
        case Either(parts):
            return any(matches(part, document) for part in parts)
        case Not(part):
            return not matches(part, document)
        case Compare(attribute, operator, value):
            fields = document if isinstance(document, Mapping) else {"value": document}
            if attribute in fields:
                return compare(fields[attribute], operator, value)
            return compare(next((fields[name] for name in fields if name.lower() == attribute), None), operator, value)


def compare(found: JsonValue, operator: Operator, value: JsonValue) -> bool:
    """Texts are compared without regard to their case."""
    if operator == "pr":
        return found not in (None, "", [], {})
    if operator in ("eq", "ne"):
        return (_plain(found) == _plain(value)) is (operator == "eq")
    if not isinstance(found, str) or not isinstance(value, str):
        return False
    whole, part = found.lower(), value.lower()
    return {"co": part in whole, "sw": whole.startswith(part), "ew": whole.endswith(part)}[operator]


def without_schema(attribute: str) -> str:
    """The name without the URN of its schema before it, if that is one of the core's."""
    return _SCHEMA.sub("", attribute, count=1) if attribute.lower().startswith("urn:") else attribute


def _plain(value: JsonValue) -> JsonValue:
    """So that what some directories send as text equals what it means."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.lower() if isinstance(value, str) else value


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidFilter(f"The filter cannot be read from here on: {text[at : at + 40]}")
        found.append(match[0].strip())
        at = match.end()
    return found


class _Reader:
    """Reads one token after the other. `inside`: the attribute whose values' attributes are named, such as `emails.`."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self, wanted: str | None = None) -> str:
        token = self.next
        if token is None:
            raise InvalidFilter(f"The filter ends too early{f': {wanted} is missing' if wanted else ''}.")
        if wanted is not None and token.lower() != wanted:
            raise InvalidFilter(f"{wanted} is wanted where {token[:40]} stands.")
        self._at += 1
        return token

    def is_next(self, word: str) -> bool:
        return self.next is not None and self.next.lower() == word

    def either(self, inside: str, depth: int) -> Filter:
        if depth > DEPTH_AT_MOST:
            raise InvalidFilter("The filter is nested too deeply.")
        parts = [self.both(inside, depth)]
        while self.is_next("or"):
            self.take()
            parts.append(self.both(inside, depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self, inside: str, depth: int) -> Filter:
        parts = [self.one(inside, depth)]
        while self.is_next("and"):
            self.take()
            parts.append(self.one(inside, depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def one(self, inside: str, depth: int) -> Filter:
        if self.is_next("not"):
            self.take()
            return Not(self.bracketed("(", ")", inside, depth))
        if self.is_next("("):
            return self.bracketed("(", ")", inside, depth)
        name = self.take()
        if not ATTRIBUTE.fullmatch(name):
            raise InvalidFilter(f"{name[:40]} is no attribute.")
        attribute = inside + without_schema(name).lower()
        if not self.is_next("["):
            return self.comparison(attribute)
        if inside:
            raise InvalidFilter("Brackets within brackets mean nothing.")
        within = self.bracketed("[", "]", f"{attribute}.", depth)
        if self.next is not None and self.next.startswith("."):  # emails[type eq "work"].value eq "…"
            return Both((within, self.comparison(attribute + self.take().lower())))
        return within

    def bracketed(self, opens: str, closes: str, inside: str, depth: int) -> Filter:
        self.take(opens)
        found = self.either(inside, depth + 1)
        self.take(closes)
        return found

    def comparison(self, attribute: str) -> Filter:
        operator = self.take().lower()
        if operator == "pr":
            return Compare(attribute, "pr")
        if operator not in OPERATORS:
            raise InvalidFilter(f"{operator[:20]} is no comparison that is known here: eq, ne, co, sw, ew, pr are.")
        text = self.take()
        try:
            value: JsonValue = json.loads(text)
        except ValueError:
            value = []
        if isinstance(value, str) and any(
            character == "\0" or "\ud800" <= character <= "\udfff" for character in value
        ):
            raise InvalidFilter("A text holds NUL or half of a surrogate pair.")
        if isinstance(value, list | dict) or text in ("NaN", "Infinity", "-Infinity"):
            raise InvalidFilter("A value is a text in double quotes, a number, true, false or null.")
        return Compare(attribute, operator, value)  # type: ignore[arg-type]  # one of them
