"""Groups as a directory tells of them (SCIM 2.0): made, renamed, filled, taken away. What belonging to one gives is set beside it (`groups`).

Above: the routes of SCIM. Below: groups, the rows. Of a group that providers of identities name too, the directory sees and changes its own
members only. Groups within groups are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from coderclawlink.access import directory, groups, revocation
from coderclawlink.access.directory import LISTED_AT_MOST, SOURCE, THERE, NameTaken
from coderclawlink.access.scim_filter import Filter
from coderclawlink.access.scim_patch import Document
from coderclawlink.access.scim_where import Column, Columns, exact, text, where
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import group_members, group_roles, users
from coderclawlink.db.schema import groups as table
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.events import PermissionGranted, PermissionRevoked
from coderclawlink.ids import new_id
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who
from coderclawlink.journal.log import Line

MEMBERS_AT_MOST = 10_000
CHANGED_AT_MOST = 3_000
"""Members of a group that gives a role, at once: each is reckoned anew, and all others wait for it."""


class GroupNotFound(NotFound):
    """There is no such group."""


class _Member(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    value: Annotated[str, Field(min_length=1, max_length=64)]


class Said(BaseModel):
    """What the directory says of a group. `members`: of users' ids."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    display_name: Annotated[str, Field(min_length=1, max_length=groups.NAME_AT_MOST)]
    external_id: Annotated[str, Field(max_length=1000)] | None = None
    members: Annotated[tuple[_Member, ...], Field(max_length=MEMBERS_AT_MOST)] = ()


NAMES: Mapping[str, bool] = {"displayName": False, "externalId": False, "members": True}
"""The attributes that are kept, and whether they have several values."""
_SPELLED = {name.lower(): name for name in (*NAMES, "value")}


@dataclass(frozen=True, slots=True)
class Group:
    """`members`: ids of users, in their order. `made_at`: seconds since the epoch."""

    id: str
    name: str
    external_id: str | None
    made_at: float
    members: tuple[str, ...]


def read(document: JsonValue) -> Said:
    """What a document says; names count in any case. Raises `Invalid`."""
    try:
        return Said.model_validate(directory.spelled(document, _SPELLED))
    except ValidationError as error:
        raise directory.invalid(error) from error


def written(group: Group) -> Document:
    """What of it may be changed, as a document."""
    members: list[JsonValue] = [{"value": user} for user in group.members]
    found: Document = {"displayName": group.name, "members": members}
    return found if group.external_id is None else {**found, "externalId": group.external_id}


def find(look: Look, id: str) -> Group:
    """Raises `GroupNotFound`."""
    row = look.row(sa.select(table).where(table.c.id == id, table.c.by_directory))
    if row is None:
        raise GroupNotFound(f"There is no group {id}.")
    return _groups(look, [row])[0]


def search(look: Look, wanted: Filter | None, *, offset: int, limit: int) -> tuple[int, list[Group]]:
    """How many there are in all, and those behind the first `offset`, in the order of their ids. Raises `InvalidFilter`."""
    chosen = table.c.by_directory if wanted is None else sa.and_(table.c.by_directory, where(wanted, _COLUMNS))
    count = int(look.scalar(sa.select(sa.func.count()).select_from(table).where(chosen)) or 0)
    rows = look.rows(
        sa.select(table).where(chosen).order_by(table.c.id).offset(offset).limit(min(limit, LISTED_AT_MOST))
    )
    return count, _groups(look, rows)


def create(tx: Tx, said: Said, *, by: Who) -> Group:
    """One that only providers have named becomes the directory's too. Raises `NameTaken`, `Invalid`."""
    name = _name(said)
    known = tx.row(sa.select(table.c.id, table.c.by_directory).where(table.c.name == name))
    if known is not None and known["by_directory"]:
        raise NameTaken(f"There is a group {name} already.")
    id = new_id() if known is None else str(known["id"])
    if known is None:
        tx.change(table.insert().values(id=id, name=name, made_at=tx.now()))
    tx.change(table.update().where(table.c.id == id).values(by_directory=True))
    return replace(tx, id, said, by=by)


def replace(tx: Tx, id: str, said: Said, *, by: Who) -> Group:
    """What is said from now on. Raises `GroupNotFound`, `NameTaken`, `Invalid`."""
    before = find(tx, id)
    name = _name(said)
    if name != before.name:
        if tx.scalar(sa.select(table.c.id).where(table.c.name == name)) is not None:
            raise NameTaken(f"There is a group {name} already.")
        tx.change(table.update().where(table.c.id == id).values(name=name))
        if _gives(tx, before.name) or _gives(tx, name):
            _recompute(tx, _all_members(tx, id), by)
    tx.change(table.update().where(table.c.id == id).values(external_id=said.external_id))
    _set_members(tx, id, name, set(before.members), {one.value for one in said.members}, by)
    return find(tx, id)


def remove(tx: Tx, id: str, *, by: Who) -> None:
    """The directory knows it no more; whom providers put into it stays there. Raises `GroupNotFound`."""
    gone = find(tx, id)
    _set_members(tx, id, gone.name, set(gone.members), set(), by)
    tx.change(group_members.delete().where(group_members.c.group_id == id, group_members.c.source == SOURCE))
    if _all_members(tx, id):
        tx.change(table.update().where(table.c.id == id).values(by_directory=False, external_id=None))
    else:
        tx.change(table.delete().where(table.c.id == id))


def _set_members(tx: Tx, id: str, name: str, before: set[str], now: set[str], by: Who) -> None:
    gives = _gives(tx, name)
    if gives and len(now ^ before) > CHANGED_AT_MOST:
        raise Invalid(f"A group that gives a role is changed by at most {CHANGED_AT_MOST} people at once.")
    if added := now - before:
        known = {user for (user,) in tx.tuples(sa.select(users.c.id).where(users.c.id.in_(added), THERE))}
        if unknown := sorted(added - known):
            raise Invalid(f"There is no user {unknown[0]}.")
        rows = [{"group_id": id, "user_id": user, "source": SOURCE} for user in sorted(added)]
        tx.change(group_members.insert(), rows)
    if gone := before - now:
        here = sa.and_(group_members.c.group_id == id, group_members.c.source == SOURCE)
        tx.change(group_members.delete().where(here, group_members.c.user_id.in_(gone)))
    lines = [Line(PermissionGranted(subject=f"user:{user}", what=f"group:{name}")) for user in sorted(added)]
    lines += [Line(PermissionRevoked(subject=f"user:{user}", what=f"group:{name}")) for user in sorted(gone)]
    log.append_all(tx, lines, actor=by)
    if added or gone:
        revocation.ring(tx)
    if gives:
        _recompute(tx, added | gone, by)


def _recompute(tx: Tx, several: Iterable[str], by: Who) -> None:
    for user in sorted(several):
        groups.recompute(tx, user, by=by)


def _gives(look: Look, name: str) -> bool:
    """Whether belonging to a group of this name gives a role anywhere."""
    return look.scalar(sa.select(group_roles.c.id).where(group_roles.c.name == name).limit(1)) is not None


def _all_members(look: Look, id: str) -> set[str]:
    """Whichever source says so."""
    return {user for (user,) in look.tuples(sa.select(group_members.c.user_id).where(group_members.c.group_id == id))}


def _name(said: Said) -> str:
    name = said.display_name.strip()
    if not name or not name.isprintable():
        raise Invalid("displayName: a group's name stands on one line.")
    return name


def _has(user: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        group_members.c.group_id == table.c.id, group_members.c.user_id == user, group_members.c.source == SOURCE
    )


_COLUMNS: Columns = {
    "id": exact(table.c.id),
    "displayname": text(table.c.name),
    "externalid": exact(table.c.external_id),
    "members": Column(None, _has),
    "members.value": Column(None, _has),
}


def _groups(look: Look, rows: Sequence[sa.RowMapping]) -> list[Group]:
    belongs: dict[str, list[str]] = {}
    theirs = (
        sa.select(group_members.c.group_id, group_members.c.user_id)
        .join(users, users.c.id == group_members.c.user_id)
        .where(group_members.c.group_id.in_([row["id"] for row in rows]), group_members.c.source == SOURCE, THERE)
        .order_by(group_members.c.user_id)
    )
    for group, user in look.tuples(theirs):
        belongs.setdefault(group, []).append(user)
    return [
        Group(row["id"], row["name"], row["external_id"], row["made_at"], tuple(belongs.get(row["id"], ())))
        for row in rows
    ]
