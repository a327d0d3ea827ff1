"""What is told when something goes wrong: the five families of `errors` as a status and one sentence.

{"detail": "<sentence>"}      and for fields that are wrong, 422 with FastAPI's list of them
"""

from __future__ import annotations

import contextlib
import json
import logging
import math

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coderclawlink.access.policy import PermissionMissing
from coderclawlink.access.rules import PolicyDenied
from coderclawlink.access.sessions import FRESH_SECONDS
from coderclawlink.errors import (
    BadRequest,
    ClawlinkError,
    Conflict,
    Denied,
    Invalid,
    NotFound,
    NotSignedIn,
    TooOften,
    Unavailable,
)
from coderclawlink.events import PermissionDenied
from coderclawlink.journal import log
from coderclawlink.pulls.hosts import HostRefused
from coderclawlink.web.signing_in import StepUpNeeded

logger = logging.getLogger(__name__)

STATUS: dict[type[ClawlinkError], int] = {
    BadRequest: 400,
    NotSignedIn: 401,
    Denied: 403,
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    TooOften: 429,
    Unavailable: 503,
}


STEP_UP = f'Bearer error="insufficient_user_authentication", max_age={FRESH_SECONDS:.0f}'
"""As RFC 9470 says it, by which a program knows what would help."""
BAD_GATEWAY = 502
"""Somebody else's program said no."""


class FieldProblem(BaseModel):
    """What is wrong with one field. `loc`: where it stands, from `body`, `query` or `path` on."""

    type: str
    loc: list[str | int]
    msg: str


class Problem(BaseModel):
    """Why it was refused, in words; or the fields that are wrong."""

    detail: str | list[FieldProblem]


DESCRIBED: dict[int | str, dict[str, object]] = {
    "4XX": {"model": Problem, "description": "Refused; `detail` says why"},
    "5XX": {"model": Problem, "description": "The hub, or a program that it needs, cannot do it now"},
}
"""What each route may answer beside what it declares itself."""
DESCRIBED_OF_STREAM: dict[int | str, dict[str, object]] = {
    status: {
        "description": described["description"],
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, described in DESCRIBED.items()
}
"""The same for a route that answers as events: a refusal of it is JSON nonetheless."""


def status_of(error: ClawlinkError) -> int:
    if isinstance(error, HostRefused):
        return BAD_GATEWAY
    return next((STATUS[family] for family in type(error).__mro__ if family in STATUS), 500)


def install(app: FastAPI) -> None:
    app.add_exception_handler(ClawlinkError, _tell)
    app.add_exception_handler(RequestValidationError, _tell_fields)
    app.add_exception_handler(sa.exc.IntegrityError, _tell_overtaken)


async def _tell(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ClawlinkError)  # noqa: S101 - registered for no other
    status = status_of(error)
    await write_down_refusal(request, error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    if isinstance(error, StepUpNeeded):
        headers = {"WWW-Authenticate": STEP_UP}
    if isinstance(error, TooOften):
        headers = {"Retry-After": str(math.ceil(error.retry_seconds))}
    return JSONResponse({"detail": error.message}, status, headers)


async def write_down_refusal(request: Request, error: ClawlinkError) -> None:
    """What somebody was refused is audited, in a transaction of its own: the one that it was refused in is taken back."""
    if not isinstance(error, Denied) or isinstance(error, NotSignedIn):
        return
    actor = getattr(request.state, "actor", None)
    rooms = getattr(request.app.state, "rooms", None)
    if actor is None or rooms is None:
        return
    permission = error.message.removeprefix("Permission denied: ") if isinstance(error, PermissionMissing) else ""
    if isinstance(error, PolicyDenied):
        permission = error.permission
    told = PermissionDenied(permission=permission, reason=f"{request.method} {request.url.path}: {error.message}"[:500])
    with contextlib.suppress(Unavailable):
        await rooms.db.write(log.append, told, log.NOTHING, actor=actor)


async def _tell_fields(request: Request, error: Exception) -> JSONResponse:
    """Without the input itself: it may be long, and it may be a secret."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for no other
    fields = [{"type": one["type"], "loc": list(one["loc"]), "msg": one["msg"]} for one in error.errors()]
    return JSONResponse({"detail": fields}, 422)


async def _tell_overtaken(request: Request, error: Exception) -> JSONResponse:
    """Another hub on the same database was faster, between our look and our write."""
    return JSONResponse({"detail": "It has just been changed; look again."}, 409)


class LastResort:
    """The middleware that keeps a fault of ours from being told as anything but itself: logged, 500, and no more."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = scope["type"] != "http"

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:  # the web's last resort: one of the three places
            request_id = scope.get("request_id", "-")
            logger.exception("request %s: %s %s failed", request_id, scope.get("method", "WS"), scope.get("path"))
            if begun:
                raise
            detail = f"The hub made a mistake. Its log tells more, under request {request_id}."
            body = json.dumps({"detail": detail}).encode()
            await send(
                {
                    "type": "http.response.start",
                    "status": 500,
                    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
                }
            )
            await send({"type": "http.response.body", "body": body})
