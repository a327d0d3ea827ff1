"""Routes of the hub's own secrets: their names and when they were set, never their values.

Above: `api`. Below: `access.secrets`. What agents are given lies on the nodes, and is set there.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from coderclawlink.access import secrets
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.secrets import VALUE_AT_MOST
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/secrets", tags=["secrets"])

Admin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM)]
FreshAdmin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM, step_up=True)]


class SecretTold(Told):
    """That there is one, and who set it; a value is told to nobody."""

    name: str
    set_by: str
    set_at: Stamp


class SecretValue(Asked):
    value: Annotated[str, Field(min_length=1, max_length=VALUE_AT_MOST)]


class Rekeyed(BaseModel):
    """`secrets`: how many are sealed with the new key."""

    secrets: int


@router.get("")
async def list_secrets(actor: Admin, here: Here) -> list[SecretTold]:
    """In the order of their names, at most 1000; also those that connections and providers use."""
    return [SecretTold.model_validate(one) for one in await here.db.read(secrets.all_of_them)]


@router.post("/rotate-key")
async def rotate_key(actor: FreshAdmin, here: Here) -> Rekeyed:
    """Make a new key, seal all secrets with it, and forget the old one. Hubs that share the database need the new `secrets.key`."""
    return Rekeyed(secrets=await secrets.rotate_key(here.db, here.vault, actor))


@router.get("/{name:path}")
async def show_secret(actor: Admin, here: Here, name: str) -> SecretTold:
    """Whether there is one of this name, and since when."""
    return SecretTold.model_validate(await here.db.read(secrets.find, name))


@router.put("/{name:path}")
async def set_secret(actor: FreshAdmin, here: Here, name: str, wanted: SecretValue) -> SecretTold:
    """Set one, in the place of an earlier one. Those that a part of the hub uses are set where that is set up."""
    return SecretTold.model_validate(await here.db.write(secrets.put_by_hand, here.vault, name, wanted.value, actor))


@router.delete("/{name:path}", status_code=204)
async def delete_secret(actor: FreshAdmin, here: Here, name: str) -> None:
    """Delete one that no part of the hub uses."""
    await here.db.write(secrets.delete_by_hand, name, actor)
