"""Members of a project: whom it gives a role of its own, by hand or by a group. Of several roles the stronger counts.

Above: the routes, `clawlink member`, invitations, groups. Below: the rows, the journal. Whoever asks for a change has been asked before
whether it may (`policy`: admin:users in the project).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import policy, revocation, visibility
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import members as table
from coderclawlink.db.schema import projects, users
from coderclawlink.errors import NotFound
from coderclawlink.events import PermissionGranted, PermissionRevoked
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who
from coderclawlink.journal.log import About

Source = Literal["given", "group"]
LISTED_AT_MOST = 1000


class MemberNotFound(NotFound):
    """The project has no such member who was made one by hand. Who is one by a group is taken out of the group."""


class NoSuchUser(NotFound):
    """There is no such user. An administrator makes or invites one first."""


class NoSuchProject(NotFound):
    """Project not found."""


@dataclass(frozen=True, slots=True)
class Member:
    """`role`: the stronger of those that it was `given` and that a group gives (`by_group`); None: not this way. Times: seconds since the
    epoch."""

    user: str
    name: str | None
    role: Role
    given: Role | None
    by_group: Role | None
    made_by: str
    made_at: float


def all_of(look: Look, project_id: int, *, after: str = "", limit: int = LISTED_AT_MOST) -> list[Member]:
    """In the order of their names, those behind `after`."""
    some = (
        sa.select(table.c.user_id)
        .where(table.c.project_id == project_id, table.c.user_id > after)
        .distinct()
        .order_by(table.c.user_id)
        .limit(limit)
    )
    rows = look.rows(
        sa.select(table, users.c.name)
        .join(users, users.c.id == table.c.user_id)
        .where(table.c.project_id == project_id, table.c.user_id.in_(some.scalar_subquery()))
        .order_by(table.c.user_id, table.c.made_at)
    )
    of: dict[str, list[sa.RowMapping]] = {}
    for row in rows:
        of.setdefault(row["user_id"], []).append(row)
    return [_member(each) for each in of.values()]


def of_user(look: Look, user_id: str) -> dict[int, Role]:
    """The roles that projects give the user: by project id, the stronger of those given and those that groups give."""
    found: dict[int, Role] = {}
    for row in look.rows(sa.select(table.c.project_id, table.c.role).where(table.c.user_id == user_id)):
        role = Role(row["role"])
        found[row["project_id"]] = policy.stronger(found.get(row["project_id"], role), role)
    return found


def give(tx: Tx, project_id: int, user_id: str, role: Role, by: Who | str) -> None:
    """Make the user a member with this role, or change the role that it was given. Raises `NoSuchProject`, `NoSuchUser`."""
    key = _key_of(tx, project_id)
    if tx.scalar(sa.select(users.c.id).where(users.c.id == user_id)) is None:
        raise NoSuchUser
    theirs = _given(project_id, user_id)
    before = tx.scalar(sa.select(table.c.role).where(theirs))
    if before == role:
        return
    made = {"role": role, "made_by": by if isinstance(by, str) else by.name, "made_at": tx.now()}
    if before is None:
        tx.change(table.insert().values(project_id=project_id, user_id=user_id, source="given", **made))
    else:
        tx.change(table.update().where(theirs).values(**made))
    told = PermissionGranted(subject=f"user:{user_id}", what=role, project=key)
    log.append(tx, told, About(ProjectId(project_id)), actor=by)
    revocation.ring(tx, user_id)


def take(tx: Tx, project_id: int, user_id: str, by: Who | str) -> None:
    """Take away what was given by hand. Raises `NoSuchProject`, `MemberNotFound`."""
    key = _key_of(tx, project_id)
    theirs = _given(project_id, user_id)
    before = tx.scalar(sa.select(table.c.role).where(theirs))
    if before is None:
        raise MemberNotFound
    tx.change(table.delete().where(theirs))
    told = PermissionRevoked(subject=f"user:{user_id}", what=before, project=key)
    log.append(tx, told, About(ProjectId(project_id)), actor=by)
    revocation.ring(tx, user_id)


# ── as somebody asks for it ────────────────────────────────────────────────────────────────────────────────────────


def read_for(look: Look, actor: Actor, project_id: int, *, after: str, limit: int) -> list[Member]:
    """Raises `ProjectHidden`, `PermissionMissing`."""
    visibility.require(look, actor, Permission.PROJECT_READ, project_id)
    return all_of(look, project_id, after=after, limit=limit)


def give_for(tx: Tx, actor: Actor, project_id: int, user_id: str, role: Role) -> Member:
    """`give` by an administrator, or an admin of the project. Raises as it does, `ProjectHidden`, `PermissionMissing`."""
    visibility.require(tx, actor, Permission.ADMIN_USERS, project_id)
    give(tx, project_id, user_id, role, actor)
    return _member(
        tx.rows(
            sa.select(table, users.c.name)
            .join(users, users.c.id == table.c.user_id)
            .where(table.c.project_id == project_id, table.c.user_id == user_id)
        )
    )


def take_for(tx: Tx, actor: Actor, project_id: int, user_id: str) -> None:
    """`take` by an administrator, or an admin of the project. Raises as it does, `ProjectHidden`, `PermissionMissing`."""
    visibility.require(tx, actor, Permission.ADMIN_USERS, project_id)
    take(tx, project_id, user_id, actor)


def _given(project_id: int, user_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.project_id == project_id, table.c.user_id == user_id, table.c.source == "given")


def _key_of(look: Look, project_id: int) -> str:
    key: str | None = look.scalar(sa.select(projects.c.key).where(projects.c.id == project_id))
    if key is None:
        raise NoSuchProject
    return key


def _member(rows: Sequence[sa.RowMapping]) -> Member:
    roles = {row["source"]: Role(row["role"]) for row in rows}
    given, by_group = roles.get("given"), roles.get("group")
    role = policy.stronger(given or Role.GUEST, by_group or Role.GUEST)
    one = rows[0]
    return Member(one["user_id"], one["name"], role, given, by_group, one["made_by"], one["made_at"])
