"""Routes of SCIM 2.0 (RFC 7644), by which a directory such as Entra ID or Okta makes, changes and takes away people and groups.

Above: `api`. Below: `access.directory`, `access.directory_groups`. The directory signs in as a program's account, by a token with the scope
admin:users; no person may do here what asks elsewhere for a proof anew. All answers, refusals too, are in SCIM's own shapes, and described by
its own `/Schemas`, so these routes stand in no other description.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from pydantic import JsonValue

from coderclawlink.access import directory, directory_groups, scim_patch
from coderclawlink.access.directory import Entry
from coderclawlink.access.directory_groups import Group
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.scim_patch import Document, InvalidOperation
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Tx
from coderclawlink.errors import NotFound
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.scim_answers import Answer, NotOverAll, Search, Told, listed, one, refusal
from coderclawlink.web.scim_schemas import GROUP, ROOT, USER, provider, resource_types, schemas
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix=ROOT, route_class=Told, include_in_schema=False, default_response_class=Answer)

Directory = Annotated[Actor, needs(Permission.ADMIN_USERS, by_program=True)]
Given = Annotated[Document, Body(description="The resource, or for PATCH its operations, as SCIM writes them.")]
Only = Annotated[str | None, Query(alias="attributes", description="Only these, separated by commas.")]
But = Annotated[str | None, Query(alias="excludedAttributes", description="All but these, separated by commas.")]


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/Users")
async def list_users(actor: Directory, here: Here, search: Annotated[Search, Query()]) -> Answer:
    """People, in the order of their ids; also those that the directory has not made."""
    return await _users(here, search)


@router.post("/Users/.search")
async def search_users(actor: Directory, here: Here, search: Search) -> Answer:
    """The same; what is looked for stands in no address, and in no log."""
    return await _users(here, search)


@router.post("/Users", status_code=201)
async def create_user(actor: Directory, here: Here, given: Given, only: Only = None, but: But = None) -> Answer:
    """Make somebody, with the role guest; groups give more."""
    made = await here.db.write(directory.create, directory.read(given), by=actor)
    return one(_user(here, made), only, but, status=201)


@router.get("/Users/{user_id}")
async def show_user(actor: Directory, here: Here, user_id: str, only: Only = None, but: But = None) -> Answer:
    """One of them."""
    return one(_user(here, await here.db.read(directory.find, user_id)), only, but)


@router.put("/Users/{user_id}")
async def replace_user(
    actor: Directory, here: Here, user_id: str, given: Given, only: Only = None, but: But = None
) -> Answer:
    """Say anew what somebody is. `active` false ends all sessions and tokens at once."""
    changed = await here.db.write(directory.replace, user_id, directory.read(given), by=actor)
    return one(_user(here, changed), only, but)


@router.patch("/Users/{user_id}")
async def change_user(
    actor: Directory, here: Here, user_id: str, given: Given, only: Only = None, but: But = None
) -> Answer:
    """Change some of it."""
    changed = await here.db.write(_patch_user, user_id, _operations(given), actor)
    return one(_user(here, changed), only, but)


@router.delete("/Users/{user_id}", status_code=204)
async def remove_user(actor: Directory, here: Here, user_id: str) -> Response:
    """Disable somebody, who is not there any more for the directory. What was done stays told."""
    await here.db.write(directory.remove, user_id, by=actor)
    return Response(status_code=204)


async def _users(here: Rooms, search: Search) -> Answer:
    total, found = await here.db.read(directory.search, search.wanted, offset=search.offset, limit=search.limit)
    return listed(total, search, [_user(here, each) for each in found])


def _patch_user(tx: Tx, id: str, operations: list[JsonValue], actor: Actor) -> Entry:
    before = directory.written(directory.find(tx, id).said)
    said = directory.read(scim_patch.apply(before, operations, directory.NAMES))
    return directory.replace(tx, id, said, by=actor)


# ── groups ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/Groups")
async def list_groups(actor: Directory, here: Here, search: Annotated[Search, Query()]) -> Answer:
    """Groups, in the order of their ids."""
    return await _groups(here, search)


@router.post("/Groups/.search")
async def search_groups(actor: Directory, here: Here, search: Search) -> Answer:
    """The same; what is looked for stands in no address, and in no log."""
    return await _groups(here, search)


@router.post("/Groups", status_code=201)
async def create_group(actor: Directory, here: Here, given: Given, only: Only = None, but: But = None) -> Answer:
    """Make a group. What belonging to it gives is set by its name, under `/api/group-roles`."""
    made = await here.db.write(directory_groups.create, directory_groups.read(given), by=actor)
    return one(_group(here, made), only, but, status=201)


@router.get("/Groups/{group_id}")
async def show_group(actor: Directory, here: Here, group_id: str, only: Only = None, but: But = None) -> Answer:
    """One of them, with all its members."""
    return one(_group(here, await here.db.read(directory_groups.find, group_id)), only, but)


@router.put("/Groups/{group_id}")
async def replace_group(
    actor: Directory, here: Here, group_id: str, given: Given, only: Only = None, but: But = None
) -> Answer:
    """Say anew what a group is called and who is in it."""
    changed = await here.db.write(directory_groups.replace, group_id, directory_groups.read(given), by=actor)
    return one(_group(here, changed), only, but)


@router.patch("/Groups/{group_id}")
async def change_group(
    actor: Directory, here: Here, group_id: str, given: Given, only: Only = None, but: But = None
) -> Answer:
    """Change some of it."""
    changed = await here.db.write(_patch_group, group_id, _operations(given), actor)
    return one(_group(here, changed), only, but)


@router.delete("/Groups/{group_id}", status_code=204)
async def remove_group(actor: Directory, here: Here, group_id: str) -> Response:
    """Forget a group, and what belonging to it gave."""
    await here.db.write(directory_groups.remove, group_id, by=actor)
    return Response(status_code=204)


async def _groups(here: Rooms, search: Search) -> Answer:
    total, found = await here.db.read(directory_groups.search, search.wanted, offset=search.offset, limit=search.limit)
    return listed(total, search, [_group(here, each) for each in found])


def _patch_group(tx: Tx, id: str, operations: list[JsonValue], actor: Actor) -> Group:
    before = directory_groups.written(directory_groups.find(tx, id))
    said = directory_groups.read(scim_patch.apply(before, operations, directory_groups.NAMES))
    return directory_groups.replace(tx, id, said, by=actor)


# ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/ServiceProviderConfig")
async def show_provider(actor: Directory, here: Here) -> Answer:
    """What of SCIM is supported."""
    return Answer(provider(here.public_url))


@router.get("/ResourceTypes")
async def list_types(actor: Directory, here: Here) -> Answer:
    """Which kinds of resources there are."""
    return listed(2, Search(), list(resource_types(here.public_url).values()))


@router.get("/ResourceTypes/{name}")
async def show_type(actor: Directory, here: Here, name: str) -> Answer:
    """One of them."""
    return _known(resource_types(here.public_url).get(name))


@router.get("/Schemas")
async def list_schemas(actor: Directory, here: Here) -> Answer:
    """What they hold."""
    return listed(2, Search(), list(schemas(here.public_url).values()))


@router.get("/Schemas/{urn}")
async def show_schema(actor: Directory, here: Here, urn: str) -> Answer:
    """One of them."""
    return _known(schemas(here.public_url).get(urn))


@router.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def refuse(actor: Directory, path: str) -> Answer:
    """Nothing else is there."""
    if path == ".search":
        raise NotOverAll
    if path.partition("/")[0] in ("Users", "Groups", "ServiceProviderConfig", "ResourceTypes", "Schemas"):
        return refusal(405, "That cannot be done there.")
    return refusal(404, f"There is no {ROOT}/{path} here.")


# ── as SCIM writes it ──────────────────────────────────────────────────────────────────────────────────────────────


def _user(here: Rooms, entry: Entry) -> Document:
    belongs: list[JsonValue] = [
        {"value": id, "$ref": f"{here.public_url}{ROOT}/Groups/{id}", "display": name, "type": "direct"}
        for id, name in entry.groups
    ]
    meta = _meta(here, "User", entry.id, entry.made_at)
    told: Document = {"schemas": [USER], "id": entry.id, **directory.written(entry.said), "meta": meta}
    return {**told, "groups": belongs} if belongs else told


def _group(here: Rooms, group: Group) -> Document:
    members: list[JsonValue] = [
        {"value": user, "$ref": f"{here.public_url}{ROOT}/Users/{user}", "type": "User"} for user in group.members
    ]
    meta = _meta(here, "Group", group.id, group.made_at)
    told: Document = {"schemas": [GROUP], "id": group.id, **directory_groups.written(group), "meta": meta}
    return {**told, "members": members}


def _meta(here: Rooms, kind: str, id: str, made_at: float) -> JsonValue:
    return {"resourceType": kind, "created": rfc3339(made_at), "location": f"{here.public_url}{ROOT}/{kind}s/{id}"}


def _known(document: Document | None) -> Answer:
    if document is None:
        raise NotFound("There is none of this name.")
    return Answer(document)


def _operations(given: Document) -> list[JsonValue]:
    found = next((value for name, value in given.items() if name.lower() == "operations"), None)
    if not isinstance(found, list):
        raise InvalidOperation("A PATCH has a list of Operations.")
    return found
