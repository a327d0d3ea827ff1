"""Groups, as a directory or a provider of identities names them, and what belonging to one gives: a role, in a project or everywhere.

Above: signing in at a provider, the directory (SCIM), the routes, `clawlink group`. Below: people, the rows. Each source says for itself who
belongs where, and somebody belongs to a group as long as one source says so. Of all roles the strongest counts, those given by hand
among them: these are kept apart, and a group that is taken away leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import people, revocation
from coderclawlink.access.people import strongest
from coderclawlink.access.policy import Role
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import group_members, group_roles, groups, members, projects
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.events import PermissionGranted, PermissionRevoked
from coderclawlink.ids import ProjectId, new_id
from coderclawlink.journal import log
from coderclawlink.journal.chain import Who
from coderclawlink.journal.log import About

GROUPS_AT_MOST = 500
"""That one source names for one person; those behind are not looked at."""
NAME_AT_MOST = 255
SHOWN_AT_MOST = 1000
BY_GROUP = "group"
"""The source of a membership that a group gives."""


class GroupRoleNotFound(NotFound):
    """There is no such role of a group. `clawlink group list` shows them."""


class ProjectNotFound(NotFound):
    """Project not found."""


@dataclass(frozen=True, slots=True)
class GroupRole:
    """`project`: None for the whole installation. `people`: how many belong to the group now."""

    id: int
    group: str
    project: ProjectId | None
    role: Role
    people: int


def apply(tx: Tx, user_id: str, source: str, group_names: Iterable[str], *, by: Who | str | None = None) -> None:
    """`source` says that the user belongs to these groups and no others. Raises `PersonNotFound`."""
    names = sorted(
        {name for given in group_names if 0 < len(name := given.strip()) <= NAME_AT_MOST and name.isprintable()}
    )[:GROUPS_AT_MOST]
    known = {name: id for id, name in tx.tuples(sa.select(groups.c.id, groups.c.name).where(groups.c.name.in_(names)))}
    for name in names:
        if name not in known:
            known[name] = new_id()
            tx.change(groups.insert().values(id=known[name], name=name, made_at=tx.now()))
    said = sa.and_(group_members.c.user_id == user_id, group_members.c.source == source)
    before = {id for (id,) in tx.tuples(sa.select(group_members.c.group_id).where(said))}
    now = set(known.values())
    if gone := before - now:
        revocation.ring(tx, user_id)
        tx.change(group_members.delete().where(said, group_members.c.group_id.in_(gone)))
    for id in sorted(now - before):
        tx.change(group_members.insert().values(group_id=id, user_id=user_id, source=source))
    recompute(tx, user_id, by=by)


def recompute(tx: Tx, user_id: str, *, by: Who | str | None = None) -> None:
    """Give the user what its groups give now, and no more of them. Raises `PersonNotFound`."""
    people.settle(tx, user_id, by=by)
    named = groups.join(group_members).join(group_roles, group_roles.c.name == groups.c.name)
    here = sa.and_(group_members.c.user_id == user_id, group_roles.c.project_id.is_not(None))
    given: dict[int, Role] = {}
    for project, role in tx.tuples(
        sa.select(group_roles.c.project_id, group_roles.c.role).select_from(named).where(here)
    ):
        given[project] = strongest([Role(role), given.get(project, Role.GUEST)])
    theirs = sa.and_(members.c.user_id == user_id, members.c.source == BY_GROUP)
    before = {
        project: Role(role)
        for project, role in tx.tuples(sa.select(members.c.project_id, members.c.role).where(theirs))
    }
    keys = dict(tx.tuples(sa.select(projects.c.id, projects.c.key).where(projects.c.id.in_(given.keys() | before))))
    subject = f"user:{user_id}"
    for project in sorted(given.keys() | before):
        had, has = before.get(project), given.get(project)
        if had is has:
            continue
        if had is not None:
            revocation.ring(tx, user_id)
            tx.change(members.delete().where(theirs, members.c.project_id == project))
        about = About(project=ProjectId(project))
        if has is None:
            log.append(tx, PermissionRevoked(subject=subject, what=str(had), project=keys[project]), about, actor=by)
            continue
        row = {"project_id": project, "user_id": user_id, "source": BY_GROUP, "role": has, "made_by": BY_GROUP}
        tx.change(members.insert().values(**row, made_at=tx.now()))
        log.append(tx, PermissionGranted(subject=subject, what=has, project=keys[project]), about, actor=by)


def forget(tx: Tx, source: str, *, by: Who | str | None = None) -> None:
    """`source` says nothing any more."""
    said = group_members.c.source == source
    theirs = [user for (user,) in tx.tuples(sa.select(group_members.c.user_id).where(said).distinct())]
    tx.change(group_members.delete().where(said))
    revocation.ring(tx)
    for user in theirs:
        recompute(tx, user, by=by)


# ── what belonging gives ───────────────────────────────────────────────────────────────────────────────────────────


def roles(look: Look) -> list[GroupRole]:
    """In the order of the groups' names, at most 1000."""
    return [
        _group_role(row)
        for row in look.rows(_WITH_COUNT.order_by(group_roles.c.name, group_roles.c.id).limit(SHOWN_AT_MOST))
    ]


def find(look: Look, id: int) -> GroupRole:
    """Raises `GroupRoleNotFound`."""
    row = look.row(_WITH_COUNT.where(group_roles.c.id == id))
    if row is None:
        raise GroupRoleNotFound
    return _group_role(row)


def give(tx: Tx, group: str, project: ProjectId | None, role: Role, *, by: Who | str) -> GroupRole:
    """Whoever belongs to the group has this role, in the place of one that it gave there before. The group need not be known yet. Raises
    `Invalid`, `ProjectNotFound`."""
    group = group.strip()
    if not group or len(group) > NAME_AT_MOST or not group.isprintable():
        raise Invalid(f"A group's name has 1 to {NAME_AT_MOST} characters, on one line.")
    key = None
    if project is not None:
        key = tx.scalar(sa.select(projects.c.key).where(projects.c.id == project))
        if key is None:
            raise ProjectNotFound
    where = group_roles.c.project_id.is_(None) if project is None else group_roles.c.project_id == project
    here = sa.and_(group_roles.c.name == group, where)
    if not tx.change(group_roles.update().where(here).values(role=role)):
        tx.change(group_roles.insert().values(name=group, project_id=project, role=role))
    told = PermissionGranted(subject=f"group:{group}", what=role, project=key)
    log.append(tx, told, About(project=project), actor=by)
    _recompute_all(tx, group, by)
    return find(tx, int(tx.scalar(sa.select(group_roles.c.id).where(here))))


def take(tx: Tx, id: int, *, by: Who | str) -> None:
    """Belonging to the group gives this no more. Raises `GroupRoleNotFound`."""
    gone = find(tx, id)
    tx.change(group_roles.delete().where(group_roles.c.id == id))
    key = None if gone.project is None else tx.scalar(sa.select(projects.c.key).where(projects.c.id == gone.project))
    told = PermissionRevoked(subject=f"group:{gone.group}", what=gone.role, project=key)
    log.append(tx, told, About(project=gone.project), actor=by)
    _recompute_all(tx, gone.group, by)


def of_user(look: Look, user_id: str) -> list[str]:
    """The names of the groups that the user belongs to, in their order."""
    belongs = sa.exists().where(group_members.c.group_id == groups.c.id, group_members.c.user_id == user_id)
    return [name for (name,) in look.tuples(sa.select(groups.c.name).where(belongs).order_by(groups.c.name))]


def _recompute_all(tx: Tx, group: str, by: Who | str) -> None:
    belong = sa.select(group_members.c.user_id).join(groups).where(groups.c.name == group).distinct()
    for (user,) in tx.tuples(belong):
        recompute(tx, user, by=by)


_COUNT = (
    sa.select(sa.func.count(sa.distinct(group_members.c.user_id)))
    .join(groups, groups.c.id == group_members.c.group_id)
    .where(groups.c.name == group_roles.c.name)
    .scalar_subquery()
)
_WITH_COUNT = sa.select(group_roles, _COUNT.label("people"))


def _group_role(row: sa.RowMapping) -> GroupRole:
    return GroupRole(row["id"], row["name"], row["project_id"], Role(row["role"]), row["people"])
