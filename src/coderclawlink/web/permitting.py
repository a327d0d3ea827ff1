"""Whether a request may: the built-in table first, then the policies in force. Asked by `signing_in`, before an endpoint runs.

Above: `signing_in`. Below: `access.policy` and `access.rules`. Policies themselves are not asked about `/api/policies`: or one that allows
nothing could not be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.requests import Request

from coderclawlink.access import places, policy
from coderclawlink.access.policy import Actor, Permission, PermissionMissing
from coderclawlink.web.guard import WRITES
from coderclawlink.web.rooms import Rooms
from coderclawlink.web.uploads import is_upload

BEYOND_POLICIES = "/api/policies/"
LOOKED_INTO_AT_MOST = 1 << 14
"""Bytes of a body that is looked into only to keep what was asked for, while no policy is in force."""
ALSO_NAMED = frozenset({"agent_type"})


async def permit(request: Request, here: Rooms, actor: Actor, permission: Permission) -> None:
    """Raises `PermissionMissing`, `PolicyDenied`. Either way it is kept what was asked."""
    rules = here.rules
    named = await _named(request, whole=rules.are_asked)
    came = _came(request)
    try:
        policy.require(actor, permission)
    except PermissionMissing:
        rules.refused(actor, permission, named, came)
        raise
    if not f"{request.scope['path']}/".startswith(BEYOND_POLICIES):
        await rules.require(actor, permission, named, came)


def _came(request: Request) -> Mapping[str, str]:
    address = request.client.host if request.client else ""
    return {"method": request.method, "path": request.scope["path"][:500], "address": address}


async def _named(request: Request, *, whole: bool) -> dict[str, object]:
    """What the request names in its path, its query and its body."""
    named: dict[str, object] = dict(request.path_params)
    for name in request.query_params:
        if name in places.NAMES:
            _add(named, name, request.query_params.getlist(name))
    if request.method in WRITES and not is_upload(
        request.method, request.url.path
    ):  # the guard has found it to be JSON
        body = await request.body()
        told = json.loads(body) if body and (whole or len(body) <= LOOKED_INTO_AT_MOST) else None
        if isinstance(told, dict):
            for name in told.keys() & (places.NAMES | ALSO_NAMED):
                _add(named, name, told[name])
    return named


def _add(named: dict[str, object], name: str, value: object) -> None:
    """Something may be named in several places: all count."""
    several = value if isinstance(value, list) else [value]
    known = named.get(name)
    if known is not None:
        several = [*(known if isinstance(known, list) else [known]), *several]
    if several != [None]:
        named[name] = several[0] if len(several) == 1 else several
