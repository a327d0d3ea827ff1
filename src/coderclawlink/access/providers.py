"""Providers of identities: who says who somebody is, beside a password and a passkey. Set by administrators, with a secret in the vault.

Above: signing in at one, the routes, `clawlink provider`. Below: secrets, groups, the rows. What a provider may do here is said with it: whether
who is unknown becomes a user, whether its e-mail addresses are believed, and where it tells of groups.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

import httpx2
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from coderclawlink.access import groups, outgoing, secrets
from coderclawlink.access.outgoing import Bounds
from coderclawlink.access.policy import Role
from coderclawlink.access.secrets import Vault
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import identities, sign_ins
from coderclawlink.db.schema import providers as table
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.events import ProviderChanged
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
NOT_NAMES = frozenset({"scim", "admin", "given", "group"})
"""Sources of groups and of roles that are no providers."""
PROVIDERS_AT_MOST = 20

Kind = Literal["oidc", "github"]
Word = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[!-~]+$")]


class ProviderNotFound(NotFound):
    """There is no such provider. `clawlink provider list` shows them."""


class Settings(BaseModel):
    """What a provider may do here. Kept as JSON beside it."""

    model_config = ConfigDict(frozen=True)

    label: Annotated[str | None, Field(max_length=60, description="How it is called on the page. Null: its name.")] = (
        None
    )
    scopes: Annotated[
        tuple[Word, ...],
        Field(max_length=20, description="What is asked for (OIDC). `openid` is always among it."),
    ] = ("openid", "profile", "email")
    sign_up: Annotated[bool, Field(description="Who is unknown becomes a user. False: only who was invited.")] = False
    role: Annotated[Role, Field(description="That such a user is given. Groups may give a stronger one.")] = Role.GUEST
    trusts_email: Annotated[
        bool,
        Field(description="Who is unknown is the user with the same e-mail address, if the provider has verified it."),
    ] = False
    groups: Annotated[
        str | None,
        Field(
            max_length=100,
            description="The claim that names somebody's groups (OIDC); anything at GitHub: one's organisations. Null: none are taken.",
        ),
    ] = None
    organisations: Annotated[
        tuple[Word, ...],
        Field(max_length=50, description="Only members of one of these may sign in (GitHub). Empty: all may."),
    ] = ()
    private_network: Annotated[bool, Field(description="It may be reached at an address of a private network.")] = False
    api: Annotated[str | None, Field(max_length=500, description="Base URL of GitHub's REST interface.")] = None


@dataclass(frozen=True, slots=True)
class Provider:
    """`issuer`: the issuer's URL (OIDC), or the base URL of the GitHub. `has_secret`: false for a public client. `changed_at`: seconds since
    the epoch."""

    name: str
    kind: Kind
    issuer: str
    client_id: str
    has_secret: bool
    settings: Settings
    changed_by: str
    changed_at: float

    @property
    def label(self) -> str:
        return self.settings.label or self.name

    @property
    def how(self) -> str:
        """How events tell of signing in there."""
        return f"{self.kind}:{self.name}"

    @property
    def bounds(self) -> Bounds:
        """Where calls for it may go."""
        return outgoing.bounds_of(self.issuer, private=self.settings.private_network)


def find(look: Look, name: str) -> Provider:
    """Raises `ProviderNotFound`."""
    row = look.row(sa.select(table).where(table.c.name == name))
    if row is None:
        raise ProviderNotFound
    return _provider(row)


def all_of_them(look: Look) -> list[Provider]:
    """In the order of their names, at most 20."""
    return [_provider(row) for row in look.rows(sa.select(table).order_by(table.c.name).limit(PROVIDERS_AT_MOST))]


def put(
    tx: Tx,
    vault: Vault,
    name: str,
    *,
    kind: Kind,
    issuer: str,
    client_id: str,
    secret: str | None,
    settings: Settings,
    by: Who,
) -> Provider:
    """Add it, or change what it is. `secret`: None: it stays as it is, "": there is none. Whom it named before is forgotten where it is another
    issuer now. Raises `Invalid`, `AddressRefused`."""
    if not NAME.fullmatch(name) or name in NOT_NAMES:
        raise Invalid(
            "A provider's name has 1 to 32 small letters, digits and -, and is none of: scim, admin, given, group."
        )
    if not client_id.strip() or not client_id.isprintable():
        raise Invalid("A provider knows this hub by a client id: give the one that it told you.")
    _check(issuer, settings)
    before = tx.row(sa.select(table).where(table.c.name == name))
    if before is None and len(all_of_them(tx)) >= PROVIDERS_AT_MOST:
        raise Invalid(f"There are {PROVIDERS_AT_MOST} providers already. Remove one first.")
    if before is not None and (before["kind"], before["issuer"]) != (kind, issuer):
        if secret is None and before["secret"] is not None:
            raise Invalid("Another issuer is not shown the secret of the one before: give its own.")
        _forget(tx, name, by)
    kept = secret_name(name)
    if secret:
        secrets.put(tx, vault, kept, secret, by.name)
    elif secret == "":
        secrets.delete(tx, kept, by.name)
    has_secret = bool(secret) if secret is not None else before is not None and before["secret"] is not None
    row = {
        "kind": kind,
        "issuer": issuer,
        "client_id": client_id.strip(),
        "secret": kept if has_secret else None,
        "settings": settings.model_dump_json(),
        "changed_by": by.name,
        "changed_at": tx.now(),
    }
    if before is None:
        tx.change(table.insert().values(name=name, **row))
    else:
        tx.change(table.update().where(table.c.name == name).values(**row))
    log.append(tx, ProviderChanged(provider=name, change="added" if before is None else "changed"), actor=by)
    return find(tx, name)


def remove(tx: Tx, name: str, *, by: Who) -> None:
    """Nobody signs in there any more, and what it said of groups is forgotten; users stay. Raises `ProviderNotFound`."""
    find(tx, name)
    _forget(tx, name, by)
    tx.change(table.delete().where(table.c.name == name))
    secrets.delete(tx, secret_name(name), by.name)
    log.append(tx, ProviderChanged(provider=name, change="removed"), actor=by)


def secret_of(look: Look, vault: Vault, provider: Provider) -> str | None:
    """Raises `SecretNotFound`, `KeyMissing`."""
    return secrets.get(look, vault, secret_name(provider.name)) if provider.has_secret else None


def secret_name(provider: str) -> str:
    return f"provider/{provider}"


def _check(issuer: str, settings: Settings) -> None:
    """Raises `AddressRefused`."""
    try:
        bounds = outgoing.bounds_of(issuer, private=settings.private_network)
    except (httpx2.InvalidURL, TypeError) as error:
        raise outgoing.AddressRefused(f"{issuer} is no address.") from error
    if outgoing.checked(issuer, bounds).query:
        raise outgoing.AddressRefused("An issuer's address has no query.")
    if settings.api is not None:
        outgoing.checked(settings.api, bounds)


def _forget(tx: Tx, name: str, by: Who) -> None:
    """Subjects of another issuer are other people."""
    tx.change(identities.delete().where(identities.c.provider == name))
    tx.change(sign_ins.delete().where(sign_ins.c.kind == "provider"))
    groups.forget(tx, name, by=by)


def _provider(row: sa.RowMapping) -> Provider:
    return Provider(
        row["name"],
        row["kind"],
        row["issuer"],
        row["client_id"],
        row["secret"] is not None,
        Settings.model_validate_json(row["settings"]),
        row["changed_by"],
        row["changed_at"],
    )
