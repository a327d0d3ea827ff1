"""Saved views: filters of the board under a name, kept for oneself or shared with all.

Above: web. Below: the journal. What the filters say is the web interface's own affair; here they are JSON. Who saved a view changes and
deletes it, and so may an admin if it is shared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import JsonValue

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import projects, views
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.events import ViewDeleted, ViewSaved
from coderclawlink.journal import log

FILTERS_AT_MOST = 8_000
"""Characters of the filters as JSON."""
OF_ONE = 200


class ViewNotFound(NotFound):
    """View not found."""


class TooLong(Invalid):
    """The filters are too long."""


class TooManyViews(Invalid):
    """One person has at most 200 views."""


@dataclass(frozen=True, slots=True)
class View:
    """`mine`: whether the reader saved it. `author`: who did, for people."""

    id: int
    name: str
    filters: Mapping[str, JsonValue]
    shared: bool
    mine: bool
    author: str
    created_at: float
    updated_at: float


def save(tx: Tx, actor: Actor, name: str, filters: Mapping[str, JsonValue], *, shared: bool = False) -> View:
    """Raises `TooLong`, `TooManyViews`, `PermissionMissing`; to share one takes the right to write."""
    policy.require_somewhere(actor, Permission.PROJECT_WRITE if shared else Permission.PROJECT_READ)
    if (tx.scalar(sa.select(sa.func.count()).where(views.c.owner == actor.key)) or 0) >= OF_ONE:
        raise TooManyViews
    now = tx.now()
    made = tx.insert(
        views.insert().values(
            name=name,
            filters=_written(filters),
            shared=shared,
            owner=actor.key,
            author=actor.name,
            created_at=now,
            updated_at=now,
        )
    )
    log.append(tx, ViewSaved(view=made, name=name if shared else None), actor=actor)
    return find(tx, actor, made)


def change(
    tx: Tx,
    actor: Actor,
    view: int,
    *,
    name: str | None = None,
    filters: Mapping[str, JsonValue] | None = None,
    shared: bool | None = None,
) -> View:
    """What is None stays. Raises `ViewNotFound`, also for one that is not the actor's to change, `TooLong`,
    `PermissionMissing`."""
    found = _own(tx, actor, view)
    if shared or (shared is None and found.shared):
        policy.require_somewhere(actor, Permission.PROJECT_WRITE)
    values: dict[str, object] = {"updated_at": tx.now()}
    if name is not None:
        values["name"] = name
    if filters is not None:
        values["filters"] = _written(filters)
    if shared is not None:
        values["shared"] = shared
    tx.change(views.update().where(views.c.id == view).values(**values))
    row = tx.row(sa.select(views).where(views.c.id == view))
    if row is None:
        raise ViewNotFound
    made = _view(row, actor)
    log.append(tx, ViewSaved(view=view, name=made.name if made.shared else None), actor=actor)
    return made


def delete(tx: Tx, actor: Actor, view: int) -> None:
    """Raises `ViewNotFound`, also for one that is not the actor's to delete."""
    _own(tx, actor, view)
    tx.change(views.delete().where(views.c.id == view))
    log.append(tx, ViewDeleted(view=view), actor=actor)


def all_of_them(look: Look, actor: Actor) -> list[View]:
    """The actor's own and those that are shared, by name."""
    rows = look.rows(sa.select(views).where(sa.or_(views.c.owner == actor.key, views.c.shared)))
    found = [view for view in (_view(row, actor) for row in rows) if _is_there(look, actor, view)]
    return sorted(found, key=lambda view: (view.name.casefold(), view.id))


def find(look: Look, actor: Actor, view: int) -> View:
    """Raises `ViewNotFound`, also for another's that is not shared, or shows a project that is hidden from the actor."""
    row = look.row(sa.select(views).where(views.c.id == view, sa.or_(views.c.owner == actor.key, views.c.shared)))
    if row is None or not _is_there(look, actor, found := _view(row, actor)):
        raise ViewNotFound
    return found


def _is_there(look: Look, actor: Actor, view: View) -> bool:
    """Another's view of a project that is hidden is as hidden. Filters name a project by its key."""
    key = view.filters.get("project")
    if view.mine or actor.sees_all or not isinstance(key, str):
        return True
    there = sa.select(projects.c.id).where(projects.c.key == key.upper())
    return look.scalar(there) is None or look.scalar(there.where(visibility.visible(actor))) is not None


def _own(look: Look, actor: Actor, view: int) -> View:
    found = find(look, actor, view)
    if not found.mine and actor.role is not Role.ADMIN:
        raise ViewNotFound
    return found


def _written(filters: Mapping[str, JsonValue]) -> str:
    text = json.dumps(filters, ensure_ascii=False)
    if len(text) > FILTERS_AT_MOST:
        raise TooLong
    return text


def _view(row: sa.RowMapping, actor: Actor) -> View:
    return View(
        row["id"],
        row["name"],
        json.loads(row["filters"]),
        row["shared"],
        row["owner"] == actor.key,
        row["author"],
        row["created_at"],
        row["updated_at"],
    )
