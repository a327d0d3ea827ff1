"""People as a directory tells of them (SCIM 2.0, RFC 7643): made, changed, let in no more, taken away.

Above: the routes of SCIM. Below: people, groups, the rows. What the directory says is kept as it was said; of that the hub uses the name, the
e-mail address and whether somebody is active. Who is made has the role `guest`; anything more is given by hand or by groups, an administrator's
role too. Who is taken away is disabled and not there any more for the directory, until it tells of somebody with the same `externalId`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from coderclawlink.access import groups, people
from coderclawlink.access.people import PersonNotFound
from coderclawlink.access.policy import Role
from coderclawlink.access.scim_filter import Filter
from coderclawlink.access.scim_patch import Document
from coderclawlink.access.scim_where import Column, Columns, exact, small, text, where
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import group_members, users
from coderclawlink.db.schema import groups as groups_table
from coderclawlink.errors import Conflict, Denied, Invalid
from coderclawlink.events import UserChanged
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who

SOURCE = "scim"
"""Of memberships that the directory tells of."""
LISTED_AT_MOST = 200
NUMBERS_AT_MOST = 50
"""For so many people of one name; those behind get something odder."""
_ODD = re.compile(r"[^a-z0-9._+-]+")

Text = Annotated[str, Field(max_length=1000)]


class NameTaken(Conflict):
    """There is somebody of this name already."""


class AdministratorsAddress(Denied):
    """The e-mail address of who was made an administrator by hand is changed here by an administrator, not by the directory."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Name(_Part):
    formatted: Text | None = None
    family_name: Text | None = None
    given_name: Text | None = None
    middle_name: Text | None = None


class Email(_Part):
    value: Annotated[str, Field(max_length=320)]
    display: Text | None = None
    type: Text | None = None
    primary: bool | None = None


class Said(_Part):
    """What the directory says of somebody. `active` may also come as text, as some write it."""

    user_name: Annotated[str, Field(min_length=1, max_length=320)]
    external_id: Text | None = None
    display_name: Text | None = None
    name: Name | None = None
    emails: Annotated[tuple[Email, ...], Field(max_length=20)] = ()
    active: bool = True

    @property
    def shown_name(self) -> str | None:
        """What the hub calls somebody."""
        name = self.name or Name()
        parts = " ".join(part for part in (name.given_name, name.family_name) if part)
        return ((self.display_name or name.formatted or parts).strip()[: people.NAME_AT_MOST]) or None

    @property
    def email(self) -> str | None:
        """The address that counts: the primary one, else that of work, else the first."""
        ranked = sorted(self.emails, key=lambda one: (not one.primary, (one.type or "").lower() != "work"))
        return ranked[0].value.strip().lower() or None if ranked else None


NAMES: Mapping[str, bool] = {
    **dict.fromkeys(("userName", "externalId", "displayName", "name", "active"), False),
    "emails": True,
}
"""The attributes that are kept, and whether they have several values."""
_SPELLED = {
    name.lower(): name for model in (Said, Name, Email) for name in (to_camel(field) for field in model.model_fields)
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody as the directory is told. `groups`: id and name of each that it is in. `made_at`: seconds since the epoch."""

    id: str
    said: Said
    made_at: float
    groups: tuple[tuple[str, str], ...]


def read(document: JsonValue) -> Said:
    """What a document says; names count in any case, and null means that nothing is said. Raises `Invalid`."""
    try:
        said = Said.model_validate(spelled(document, _SPELLED))
    except ValidationError as error:
        raise invalid(error) from error
    primary = [at for at, one in enumerate(said.emails) if one.primary]
    if len(primary) < 2:
        return said
    emails = [
        one.model_copy(update={"primary": False}) if at in primary[:-1] else one for at, one in enumerate(said.emails)
    ]
    return said.model_copy(update={"emails": tuple(emails)})


def written(said: Said) -> Document:
    """As a document again."""
    document: Document = said.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: value for name, value in document.items() if value not in ([], {})}


# ── found ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def find(look: Look, id: str) -> Entry:
    """Raises `PersonNotFound`."""
    row = look.row(sa.select(users).where(users.c.id == id, THERE))
    if row is None:
        raise PersonNotFound(f"There is no user {id}.")
    return _entries(look, [row])[0]


def search(look: Look, wanted: Filter | None, *, offset: int, limit: int) -> tuple[int, list[Entry]]:
    """How many there are in all, and those behind the first `offset`, in the order of their ids. Raises `InvalidFilter`."""
    chosen = THERE if wanted is None else sa.and_(THERE, where(wanted, _COLUMNS))
    count = int(look.scalar(sa.select(sa.func.count()).select_from(users).where(chosen)) or 0)
    rows = look.rows(
        sa.select(users).where(chosen).order_by(users.c.id).offset(offset).limit(min(limit, LISTED_AT_MOST))
    )
    return count, _entries(look, rows)


THERE = sa.and_(~users.c.service, sa.or_(users.c.left_at.is_(None), users.c.state == "active"))
"""Of users, those that are there for the directory: people, also those that it has not made."""


def _is_called(user_name: str) -> sa.ColumnElement[bool]:
    """Who was not made by the directory is called by the e-mail address, or else by the name to sign in with: so the two find each other."""
    name = user_name.lower()
    unnamed = users.c.directory_name.is_(None)
    return sa.or_(
        users.c.directory_name == name,
        sa.and_(users.c.email == name, unnamed),
        sa.and_(users.c.id == name, unnamed, users.c.email.is_(None)),
    )


_COLUMNS: Columns = {
    "id": exact(users.c.id),
    "username": Column(sa.func.coalesce(users.c.directory_name, users.c.email, users.c.id), _is_called),
    "externalid": exact(users.c.external_id),
    "displayname": text(users.c.name),
    "emails": small(users.c.email),
    "emails.value": small(users.c.email),
    "active": small(sa.case((users.c.state == "active", "true"), else_="false")),
    # One address counts, whatever kind it was said to be of.
    "emails.type": None,
    "emails.primary": None,
}


# ── made, changed, taken away ──────────────────────────────────────────────────────────────────────────────────────


def create(tx: Tx, said: Said, *, by: Who) -> Entry:
    """Raises `NameTaken`, `people.EmailTaken`, `Invalid`."""
    _require_free(tx, said, None)
    id = _who_has_left(tx, said.external_id)
    if id is None:
        id = _free_id(tx, said.user_name)
        people.create(tx, id, role=Role.GUEST, how=SOURCE, by=by, name=said.shown_name, email=said.email)
    return _keep(tx, id, said, by)


def replace(tx: Tx, id: str, said: Said, *, by: Who) -> Entry:
    """What is said from now on. Raises `PersonNotFound`, `NameTaken`, `people.EmailTaken`, `people.LastAdministrator`,
    `AdministratorsAddress`, `Invalid`."""
    find(tx, id)
    _require_free(tx, said, id)
    return _keep(tx, id, said, by)


def remove(tx: Tx, id: str, *, by: Who) -> None:
    """Not there any more for the directory; disabled, and in none of its groups. What the user did, and what it was given by hand, is
    kept. Raises `PersonNotFound`, `people.LastAdministrator`."""
    find(tx, id)
    people.disable(tx, id, by=by)
    groups.apply(tx, id, SOURCE, (), by=by)
    gone = {"left_at": tx.now(), "directory_name": None, "directory": None, "email": None}
    tx.change(users.update().where(users.c.id == id).values(**gone))
    log.append(tx, UserChanged(user=id, changes={"directory": "removed"}), actor=by)


def _keep(tx: Tx, id: str, said: Said, by: Who) -> Entry:
    person = people.find(tx, id)
    if person.given_role is Role.ADMIN and said.email != person.email:
        raise AdministratorsAddress  # or the directory's token could have a provider take somebody for an administrator
    state = "active" if said.active else "disabled"
    people.change(tx, id, {"name": said.shown_name, "email": said.email, "state": state}, by=by)
    row = {
        "external_id": said.external_id,
        "directory_name": said.user_name.lower(),
        "directory": said.model_dump_json(by_alias=True, exclude_none=True),
        "left_at": None,
    }
    tx.change(users.update().where(users.c.id == id).values(**row))
    return find(tx, id)


def _require_free(look: Look, said: Said, id: str | None) -> None:
    named = sa.select(users.c.id).where(THERE, _is_called(said.user_name))
    if look.scalar(named if id is None else named.where(users.c.id != id)) is not None:
        raise NameTaken(f"There is a user {said.user_name} already.")


def _who_has_left(look: Look, external_id: str | None) -> str | None:
    """Only by what the directory itself calls somebody for good: names and addresses are given to others later."""
    if external_id is None:
        return None
    gone = sa.and_(users.c.external_id == external_id, users.c.left_at.is_not(None), ~THERE, ~users.c.service)
    found: str | None = look.scalar(sa.select(users.c.id).where(gone).order_by(users.c.left_at.desc()))
    return found


def _free_id(look: Look, user_name: str) -> str:
    """The name to sign in with: what stands before the @, and a number where it is taken."""
    stem = _ODD.sub("-", user_name.lower().partition("@")[0]).strip("-._+")[:56] or "user"
    stem = stem if stem[0].isascii() and stem[0].isalnum() else f"u{stem}"
    for number in range(1, NUMBERS_AT_MOST):
        id = stem if number == 1 else f"{stem}-{number}"
        if look.scalar(sa.select(users.c.id).where(users.c.id == id)) is None:
            return id
    return f"{stem[:50]}-{secrets.token_hex(4)}"


def _entries(look: Look, rows: Sequence[sa.RowMapping]) -> list[Entry]:
    belongs: dict[str, list[tuple[str, str]]] = {}
    theirs = (
        sa.select(group_members.c.user_id, groups_table.c.id, groups_table.c.name)
        .join(groups_table, groups_table.c.id == group_members.c.group_id)
        .where(
            groups_table.c.by_directory,
            group_members.c.source == SOURCE,
            group_members.c.user_id.in_([row["id"] for row in rows]),
        )
        .order_by(groups_table.c.name)
    )
    for user, id, name in look.tuples(theirs):
        belongs.setdefault(user, []).append((id, name))
    return [Entry(row["id"], _said(row), row["created_at"], tuple(belongs.get(row["id"], ()))) for row in rows]


def _said(row: sa.RowMapping) -> Said:
    """What the directory said last, but for what has been changed here since."""
    changes: dict[str, object] = {"active": row["state"] == "active", "external_id": row["external_id"]}
    if row["directory"] is None:
        said = Said(user_name=row["directory_name"] or row["email"] or row["id"])
    else:
        said = Said.model_validate_json(row["directory"])
    if said.shown_name != row["name"]:
        changes["display_name"] = row["name"]
    if said.email != row["email"]:
        changes["emails"] = () if row["email"] is None else (Email(value=row["email"], type="work", primary=True),)
    return said.model_copy(update=changes)


def spelled(value: JsonValue, names: Mapping[str, str]) -> JsonValue:
    """The document with its names as the RFC writes them (`names`: by how they are in lower case), and without nulls."""
    if isinstance(value, list):
        return [spelled(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    return {names.get(name.lower(), name): spelled(one, names) for name, one in value.items() if one is not None}


def invalid(error: ValidationError) -> Invalid:
    """What is wrong first, in words."""
    first = error.errors()[0]
    return Invalid(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
