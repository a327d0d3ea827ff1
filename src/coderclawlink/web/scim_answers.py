"""How SCIM answers (RFC 7644, 3.9 and 3.12): its media type, its lists, the attributes that were asked for, its refusals.

Above: `scim`, whose routes answer so. Below: the shapes, and what a refusal is called elsewhere (`problems`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import sqlalchemy as sa
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel
from starlette.responses import JSONResponse

from coderclawlink.access import scim_filter
from coderclawlink.access.directory import LISTED_AT_MOST, NameTaken
from coderclawlink.access.people import EmailTaken, PersonExists
from coderclawlink.access.scim_filter import Filter, InvalidFilter
from coderclawlink.access.scim_patch import Document, InvalidOperation, InvalidPath, NoTarget
from coderclawlink.errors import ClawlinkError, Conflict, Invalid
from coderclawlink.web import problems
from coderclawlink.web.scim_schemas import ERROR, LIST
from coderclawlink.web.shapes import Asked


class Search(Asked):
    """Which resources are listed, and what of them; `startIndex` counts from 1, `count` is at most 200."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel)

    filter: Annotated[str | None, Field(description='Such as userName eq "ann@example.org".')] = None
    start_index: Annotated[int, Field(le=2**31 - 1)] = 1
    count: Annotated[int, Field(le=2**31 - 1)] = LISTED_AT_MOST
    attributes: Annotated[str | list[str] | None, Field(description="Only these, separated by commas.")] = None
    excluded_attributes: Annotated[str | list[str] | None, Field(description="All but these.")] = None

    @property
    def offset(self) -> int:
        return max(self.start_index, 1) - 1

    @property
    def limit(self) -> int:
        return min(max(self.count, 0), LISTED_AT_MOST)

    @property
    def wanted(self) -> Filter | None:
        return scim_filter.parse(self.filter) if self.filter and self.filter.strip() else None


class NotOverAll(Conflict):
    """People and groups are searched apart: POST /scim/v2/Users/.search, or /scim/v2/Groups/.search."""


KINDS: tuple[tuple[type[ClawlinkError], int, str], ...] = (
    (InvalidFilter, 400, "invalidFilter"),
    (InvalidPath, 400, "invalidPath"),
    (NoTarget, 400, "noTarget"),
    (InvalidOperation, 400, "invalidSyntax"),
    (NotOverAll, 501, ""),
    (NameTaken, 409, "uniqueness"),
    (EmailTaken, 409, "uniqueness"),
    (PersonExists, 409, "uniqueness"),
    (Conflict, 400, "mutability"),
    (Invalid, 400, "invalidValue"),
)
"""What SCIM calls it; the first that fits."""

OVERTAKEN = "It has just been changed; try again."


class Answer(JSONResponse):
    media_type = "application/scim+json"


class Told(APIRoute):
    """A route whose refusals are told in SCIM's shape."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def handling(request: Request) -> Response:
            try:
                return await handle(request)
            except ClawlinkError as error:
                return await _refused(request, error)
            except RequestValidationError as error:
                first = error.errors()[0]
                return refusal(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "invalidSyntax")
            except sa.exc.IntegrityError:
                return refusal(409, OVERTAKEN, "uniqueness")

        return handling


def one(document: Document, only: str | None, but: str | None, status: int = 200) -> Answer:
    meta = document["meta"]
    location = str(meta["location"]) if isinstance(meta, dict) else ""
    return Answer(shown(document, only, but), status, {"Location": location})


def listed(total: int, search: Search, found: list[Document]) -> Answer:
    found_parts: list[JsonValue] = [shown(one, search.attributes, search.excluded_attributes) for one in found]
    told: Document = {"schemas": [LIST], "totalResults": total, "startIndex": search.offset + 1}
    return Answer({**told, "itemsPerPage": len(found), "Resources": found_parts})


def shown(document: Document, only: str | list[str] | None, but: str | list[str] | None) -> Document:
    """The document with the attributes that are asked for; what is always told stays."""
    always = {name: document[name] for name in ("schemas", "id")}
    if only is not None:
        wanted = _named(only)
        told: Document = {
            name: value if None in wanted[name.lower()] else _parts(value, wanted[name.lower()], keep=True)
            for name, value in document.items()
            if name.lower() in wanted
        }
        return {**always, **told}
    if but is None:
        return document
    unwanted = _named(but)
    left: Document = {
        name: _parts(value, unwanted.get(name.lower(), set()), keep=False)
        for name, value in document.items()
        if None not in unwanted.get(name.lower(), set())
    }
    return {**left, **always}


def _named(names: str | list[str]) -> dict[str, set[str | None]]:
    """Which parts of which attributes, in lower case; None: the whole."""
    found: dict[str, set[str | None]] = {}
    for one in names.split(",") if isinstance(names, str) else names:
        name, _, part = scim_filter.without_schema(one.strip()).lower().partition(".")
        found.setdefault(name, set()).add(part or None)
    return found


def _parts(value: JsonValue, names: set[str | None], *, keep: bool) -> JsonValue:
    if isinstance(value, list):
        return [_parts(one, names, keep=keep) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if (name.lower() in names) is keep}


async def _refused(request: Request, error: ClawlinkError) -> Answer:
    await problems.write_down_refusal(request, error)
    for kind, status, name in KINDS:
        if isinstance(error, kind):
            return refusal(status, error.message, name)
    return refusal(problems.status_of(error), error.message)


def refusal(status: int, detail: str, kind: str | None = None) -> Answer:
    told = {"schemas": [ERROR], "status": str(status), "detail": detail}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return Answer(told if not kind else {**told, "scimType": kind}, status, headers)
