"""Routes of the providers of identities: added, changed, tried and removed by an administrator.

Above: `api`. Below: `access.providers`, and what each kind of provider is checked by. A secret goes in and never comes out.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from coderclawlink.access import github, oidc, providers
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.providers import Kind, Provider, Settings
from coderclawlink.errors import Invalid
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Asked, Stamp
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/providers", tags=["providers"])

Admin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM)]
FreshAdmin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM, step_up=True)]


class ProviderTold(BaseModel):
    """`issuer`: the issuer's URL (OIDC), or the base URL of the GitHub. `callback`: the address to tell the provider that it may send browsers
    back to."""

    name: str
    kind: Kind
    issuer: str
    client_id: str
    has_secret: bool
    callback: str
    settings: Settings
    changed_by: str
    changed_at: Stamp


class ProviderWanted(Asked):
    """`issuer`: null: for GitHub, that of GITHUB_SERVER_URL. `secret`: null: it stays as it is; empty: there is none."""

    kind: Kind
    issuer: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    client_id: Annotated[str, Field(min_length=1, max_length=500)]
    secret: Annotated[str, Field(max_length=1000)] | None = None
    settings: Settings = Settings()


class Found(BaseModel):
    """`wrong`: what is, a sentence each; empty: nothing that can be seen without signing in."""

    wrong: list[str]


@router.get("")
async def list_providers(actor: Admin, here: Here) -> list[ProviderTold]:
    """In the order of their names, at most 20."""
    return [_told(here, one) for one in await here.db.read(providers.all_of_them)]


@router.get("/{name}")
async def show_provider(actor: Admin, here: Here, name: str) -> ProviderTold:
    """How it is set, without its secret."""
    return _told(here, await here.db.read(providers.find, name))


@router.put("/{name}")
async def set_provider(actor: FreshAdmin, here: Here, name: str, wanted: ProviderWanted) -> ProviderTold:
    """Add it, or change what it is. Another issuer's accounts are other people: those known from before are forgotten then."""
    settings = wanted.settings
    issuer = wanted.issuer or (here.server if wanted.kind == "github" else None)
    if issuer is None:
        raise Invalid("Give the issuer's URL, exactly as the provider writes it.")
    if wanted.kind == "github" and settings.api is None and issuer == here.server:
        settings = settings.model_copy(update={"api": here.github_api})
    made = await here.db.write(
        providers.put,
        here.vault,
        name,
        kind=wanted.kind,
        issuer=issuer,
        client_id=wanted.client_id,
        secret=wanted.secret,
        settings=settings,
        by=actor,
    )
    here.documents.forget()
    return _told(here, made)


@router.post("/{name}/check")
async def check_provider(actor: Admin, here: Here, name: str) -> Found:
    """Ask it what it tells of itself, and say what would keep people from signing in there."""
    provider = await here.db.read(providers.find, name)
    wrong = await (oidc.check(provider) if provider.kind == "oidc" else github.check(provider))
    return Found(wrong=wrong)


@router.delete("/{name}", status_code=204)
async def remove_provider(actor: FreshAdmin, here: Here, name: str) -> None:
    """Nobody signs in there any more, and the roles of its groups are gone. Users stay."""
    await here.db.write(providers.remove, name, by=actor)


def callback_of(here: Rooms, name: str) -> str:
    """Where a provider sends browsers back to."""
    return f"{here.public_url.rstrip('/')}/api/auth/providers/{name}/callback"


def _told(here: Rooms, provider: Provider) -> ProviderTold:
    return ProviderTold(
        name=provider.name,
        kind=provider.kind,
        issuer=provider.issuer,
        client_id=provider.client_id,
        has_secret=provider.has_secret,
        callback=callback_of(here, provider.name),
        settings=provider.settings,
        changed_by=provider.changed_by,
        changed_at=provider.changed_at,
    )
