"""Whether a request may: the built-in table first, then the policies in force. Asked by `signing_in`, before an endpoint runs.

Above: `signing_in`. Below: `access.policy`, `access.places` and `access.rules`. Policies themselves are not asked about `/api/policies`: or one that allows
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


async def permit(
    request: Request, here: Rooms, actor: Actor, permission: Permission, *, of_project: bool = False
) -> None:
    """First whether the actor may do so anywhere, then whether all that the request names in its path and body is there for it, then
    whether it may in the projects of that, then what their policies say. What is named in the query only narrows a list, which leaves out
    what is hidden. `of_project`: the permission is one of administrators', and whom it is about is asked by what the route calls: the
    project's admins may have it.

    Raises `PermissionMissing`, `PolicyDenied`, `NotThere`. Whatever is refused, it is kept what was asked.
    """
    rules = here.rules
    told = await _told(request, whole=rules.are_asked or not actor.sees_all)
    named = _with_query(request, told)
    came = _came(request)
    try:
        if permission in policy.ADMINISTERS and not of_project:
            policy.require(actor, permission)
        else:
            policy.require_somewhere(actor, permission)
        if not actor.sees_all and not places.NAMES.isdisjoint(told):
            for project in await here.db.read(places.there, actor, told):
                policy.require(actor, permission, project)
    except PermissionMissing:
        rules.refused(actor, permission, named, came)
        raise
    if not f"{request.scope['path']}/".startswith(BEYOND_POLICIES):
        await rules.require(actor, permission, named, came)


def _came(request: Request) -> Mapping[str, str]:
    address = request.client.host if request.client else ""
    return {"method": request.method, "path": request.scope["path"][:500], "address": address}


async def _told(request: Request, *, whole: bool) -> dict[str, object]:
    """What the request names in its path and its body."""
    told: dict[str, object] = dict(request.path_params)
    if request.method in WRITES and not is_upload(
        request.method, request.url.path
    ):  # the guard has found it to be JSON
        body = await request.body()
        said = json.loads(body) if body and (whole or len(body) <= LOOKED_INTO_AT_MOST) else None
        if isinstance(said, dict):
            for name in said.keys() & (places.NAMES | ALSO_NAMED):
                _add(told, name, said[name])
    return told


def _with_query(request: Request, told: Mapping[str, object]) -> dict[str, object]:
    named = dict(told)
    for name in request.query_params:
        if name in places.NAMES:
            _add(named, name, request.query_params.getlist(name))
    return named


def _add(named: dict[str, object], name: str, value: object) -> None:
    """Something may be named in several places: all count."""
    several = value if isinstance(value, list) else [value]
    known = named.get(name)
    if known is not None:
        several = [*(known if isinstance(known, list) else [known]), *several]
    if several != [None]:
        named[name] = several[0] if len(several) == 1 else several
