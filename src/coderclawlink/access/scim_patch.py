"""PATCH of SCIM (RFC 7644, 3.5.2): operations on a document, as directories really send them. Pure.

Above: the routes of the directory. Below: `scim_filter`, for what stands in a path's brackets. Beyond the letter of the RFC it is understood:
verbs in any case, several values where one is due, no path but paths as the names in the value, a value that says which values
are to be removed, and `emails[type eq "work"].value` where there is none yet. What the hub does not keep is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from coderclawlink.access import scim_filter
from coderclawlink.access.scim_filter import Both, Compare, Filter
from coderclawlink.errors import Invalid

Document = dict[str, JsonValue]
OPERATIONS_AT_MOST = 1000
LOOKED_AT_MOST = 300_000
"""Values that all operations of one request look at: those behind would hold up everybody else."""
_PATH = re.compile(r"(?P<name>[A-Za-z$][\w$-]*)(?:\[(?P<filter>.*)\])?(?:\.(?P<sub>[A-Za-z$][\w$-]*))?", re.ASCII)


class InvalidPath(Invalid):
    """The path cannot be read."""


class NoTarget(Invalid):
    """There is nothing at this path."""


class InvalidOperation(Invalid):
    """This is no operation: `op` is add, replace or remove."""


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    filter: Filter | None
    sub: str | None


def apply(document: Document, operations: Sequence[JsonValue], names: Mapping[str, bool]) -> Document:
    """The document after the operations, in their order. `names`: of the attributes that are kept, and whether each has several values.
    Raises `InvalidPath`, `NoTarget`, `InvalidOperation`, `scim_filter.InvalidFilter`."""
    if len(operations) > OPERATIONS_AT_MOST:
        raise InvalidOperation(f"At most {OPERATIONS_AT_MOST} operations at once.")
    changed = dict(document)
    known = {name.lower(): name for name in names}
    looked = 0
    for operation in operations:
        fields = {key.lower(): value for key, value in operation.items()} if isinstance(operation, dict) else {}
        verb, path, value = str(fields.get("op", "")).lower(), fields.get("path"), fields.get("value")
        if verb not in ("add", "replace", "remove"):
            raise InvalidOperation
        if path is None or path == "":
            if verb == "remove":
                raise NoTarget("What is to be removed is named by a path.")
            if not isinstance(value, dict):
                raise InvalidOperation("Without a path, the value is an object.")
            several = list(value.items())
        else:
            several = [(str(path), value)]
        for each, what in several:
            place = _place(each)
            if place is not None and (name := known.get(place.name.lower())) is not None:
                _change(changed, name, place, verb, what, is_list=names[name])
                looked += len(now) if isinstance(now := changed.get(name), list) else 1
                if looked > LOOKED_AT_MOST:
                    raise InvalidOperation("That is too much at once: send fewer operations.")
    return changed


def _place(path: str) -> _Place | None:
    """None: of a schema that is not kept here."""
    path = scim_filter.without_schema(path.strip())
    if path.lower().startswith("urn:"):
        return None
    match = _PATH.fullmatch(path)
    if match is None:
        raise InvalidPath(f"The path cannot be read: {path[:80]}")
    inner = match["filter"]
    return _Place(match["name"], None if inner is None else scim_filter.parse(inner), match["sub"])


def _change(document: Document, name: str, place: _Place, verb: str, value: JsonValue, *, is_list: bool) -> None:
    """One operation at one place."""
    if is_list:
        found = document.get(name)
        items = list(found) if isinstance(found, list) else []
        document[name] = _changed_list(items, place, verb, value)
        return
    if place.filter is not None:
        raise InvalidPath(f"{name} has one value only.")
    if place.sub is None and not isinstance(value, dict):
        if verb == "remove" or value is None:
            document.pop(name, None)
        else:
            document[name] = value
        return
    if verb == "remove" and place.sub is None:
        document.pop(name, None)
        return
    before = document.get(name)
    fields = dict(before) if isinstance(before, dict) else {}
    document[name] = _merged(fields, {place.sub: value} if place.sub else value, is_removed=verb == "remove")


def _changed_list(items: list[JsonValue], place: _Place, verb: str, value: JsonValue) -> JsonValue:
    if place.filter is None and place.sub is None:
        given: list[JsonValue] = value if isinstance(value, list) else [] if value is None else [value]
        if verb == "replace":
            return given
        if verb == "add":
            there = {_key(one) for one in items}
            return [*items, *(one for one in given if _key(one) not in there)]
        gone = {_key(_value_of(one)) for one in given}
        return [one for one in items if _key(_value_of(one)) not in gone] if given else []
    chosen = [place.filter is None or scim_filter.matches(place.filter, one) for one in items]
    if verb == "remove" and place.sub is None:
        return [one for one, is_chosen in zip(items, chosen, strict=True) if not is_chosen]
    change = {place.sub: value} if place.sub else value
    if not any(chosen):
        made = _implied(place.filter)
        if verb == "remove":
            return items
        if made is None:
            raise NoTarget(f"None of {place.name} is so.")
        return [*items, _merged(made, change, is_removed=False)]
    return [
        _merged(one, change, is_removed=verb == "remove") if is_chosen else one
        for one, is_chosen in zip(items, chosen, strict=True)
    ]


def _merged(one: JsonValue, change: JsonValue, *, is_removed: bool) -> JsonValue:
    """One value with some of its parts changed; names in any case mean the part that is there."""
    if not isinstance(change, dict):
        return change
    fields = dict(one) if isinstance(one, dict) else {}
    written = {name.lower(): name for name in fields}
    for given, value in change.items():
        name = written.get(given.lower(), given)
        if is_removed:
            fields.pop(name, None)
        else:
            fields[name] = value
    return fields


def _implied(wanted: Filter | None) -> Document | None:
    """The value that a filter describes, where it can only be one; None: it cannot be made."""
    made: Document = {}
    if wanted is None:
        return made
    parts = wanted.parts if isinstance(wanted, Both) else (wanted,)
    for part in parts:
        if not isinstance(part, Compare) or part.operator != "eq":
            return None
        made[part.attribute] = part.value
    return made


def _key(value: JsonValue) -> str:
    """By which equal values are found among many."""
    return json.dumps(value, sort_keys=True)


def _value_of(one: JsonValue) -> JsonValue:
    return one.get("value") if isinstance(one, dict) else one
