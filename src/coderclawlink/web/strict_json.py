"""JSON as it is meant: what other parsers let through, and what no store can keep, is refused. Pure.

Refused beside malformed text: NaN and Infinity, the same key twice, nesting deeper than 32, integers beyond 64 bits,
numbers too large for a float, and strings with NUL or half of a surrogate pair.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

DEPTH_AT_MOST = 32
_BRACKETS = re.compile(r'[\[\]{}]|"(?:[^"\\]|\\.)*+"', re.DOTALL)
_HALF_PAIR = re.compile("[\ud800-\udfff\0]")


class NotStrict(ValueError):
    """`at`: where in the text, in characters, as far as it is known."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.at = at


def parse(text: str) -> object:
    """Raises `NotStrict`."""
    _measure(text)
    try:
        value: object = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise NotStrict(error.msg, error.pos) from error
    if "\\u" in text or "\0" in text:
        _look_through(value)
    return value


def _measure(text: str) -> None:
    """Before the parser, which recurses."""
    if text.count("[") + text.count("{") <= DEPTH_AT_MOST:
        return
    depth = 0
    for match in _BRACKETS.finditer(text):
        bracket = match[0]
        if bracket in "[{":
            depth += 1
            if depth > DEPTH_AT_MOST:
                raise NotStrict(f"Nested deeper than {DEPTH_AT_MOST} levels", match.start())
        elif bracket in "]}":
            depth -= 1


def _look_through(value: object) -> None:
    if isinstance(value, str):
        if _HALF_PAIR.search(value):
            raise NotStrict("A string holds NUL or half of a surrogate pair")
    elif isinstance(value, dict):
        for key, item in value.items():
            _look_through(key)
            _look_through(item)
    elif isinstance(value, list):
        for item in value:
            _look_through(item)


def _no_constant(name: str) -> object:
    raise NotStrict(f"{name} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= (number := int(digits)) < 2**63:
        raise NotStrict("An integer is beyond 64 bits")
    return number


def _float(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise NotStrict("A number is too large")
    return number


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotStrict("An object has the same key twice")
    return made


_decoder = json.JSONDecoder(
    parse_constant=_no_constant, parse_int=_integer, parse_float=_float, object_pairs_hook=_once
)
