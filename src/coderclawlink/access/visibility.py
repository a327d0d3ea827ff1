"""Which projects are there for somebody: a private one only for its members and for administrators; to others it is as if it was not.

Above: every room that lists or finds what belongs to a project; they filter in SQL by what stands here, and here alone. Below: the rows, and
what the actor brings along (`policy.Actor`: its memberships as of the request).

    the machine's owner, administrators    all
    a guest who has signed in              the projects it is a member of
    anybody else                           those that are not private, and those it is a member of
    a token narrowed to a project          of these, that one
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import projects, runs
from coderclawlink.errors import NotFound

_OPEN = sa.select(projects.c.id).where(~projects.c.private).correlate(None)
"""Those that are not private. A run of no project is in none of them, while null is also not in an empty list of private ones."""


class ProjectHidden(NotFound):
    """Project not found."""


def visible(actor: Actor, project: sa.ColumnElement[int] = projects.c.id) -> sa.ColumnElement[bool]:
    """Of the projects that the column `project` names, those that are there for the actor. What names none is left out, unless the actor
    sees all."""
    if actor.sees_all:
        return sa.true()
    narrowed = sa.true() if actor.only is None else project.in_(actor.only)
    if actor.is_owner or actor.role is Role.ADMIN:
        return narrowed
    members_of = project.in_(list(actor.memberships))
    if actor.role is Role.GUEST and actor.proven:
        return sa.and_(members_of, narrowed)
    return sa.and_(sa.or_(project.in_(_OPEN), members_of), narrowed)


def allowed(
    actor: Actor, permission: Permission, project: sa.ColumnElement[int] = projects.c.id
) -> sa.ColumnElement[bool]:
    """`visible`, and the actor may do it there: what `policy.may` says, for lists."""
    own = [one for one in actor.memberships if policy.may(actor, permission, one)]
    elsewhere = policy.may(_unnarrowed(actor), permission)
    if actor.role is Role.ADMIN or not actor.memberships:
        return visible(actor, project) if elsewhere else sa.false()
    if not elsewhere:
        return sa.and_(visible(actor, project), project.in_(own))
    lesser = [one for one in actor.memberships if one not in own]
    return sa.and_(visible(actor, project), project.not_in(lesser)) if lesser else visible(actor, project)


def run_seen(actor: Actor) -> sa.ColumnElement[bool]:
    """Of the runs (`db.schema.runs`), those that the actor may see: what `may_see_run` says, for lists."""
    if actor.scopes is not None and Permission.TASK_VIEW not in actor.scopes:
        return sa.false()
    of_none = runs.c.project_id.is_(None)
    there = visible(actor, runs.c.project_id)
    if actor.is_owner or actor.role is Role.ADMIN:
        return there
    administered = [one for one in actor.memberships if actor.role_in(one) is Role.ADMIN]
    theirs = sa.and_(runs.c.task_id.is_not(None), runs.c.session.startswith(policy.PERSON))
    colleagues = theirs if actor.proven else sa.false()
    in_project = sa.or_(
        runs.c.session.is_(None), runs.c.session == actor.session, runs.c.project_id.in_(administered), colleagues
    )
    if actor.only is not None:
        return sa.and_(there, in_project)
    return sa.or_(sa.and_(there, in_project), sa.and_(of_none, runs.c.session == actor.session))


def may_see(look: Look, actor: Actor, project_id: int | None) -> bool:
    """Whether the project is there for the actor. Of no project (None) is only hidden from who is narrowed to one."""
    if project_id is None:
        return actor.only is None
    if actor.sees_all:
        return True
    return look.scalar(sa.select(projects.c.id).where(projects.c.id == project_id, visible(actor))) is not None


def require_visible(look: Look, actor: Actor, project_id: int | None, missing: type[NotFound] = ProjectHidden) -> None:
    """Raises `missing`, as if what is asked for was not there."""
    if not may_see(look, actor, project_id):
        raise missing


def require(
    look: Look,
    actor: Actor,
    permission: Permission,
    project_id: int | None,
    missing: type[NotFound] = ProjectHidden,
) -> None:
    """What a verb asks once it has found what it is about: first whether that is there for the actor (else `missing`), then whether
    the actor may (else `PermissionMissing`)."""
    require_visible(look, actor, project_id, missing)
    policy.require(actor, permission, project_id)


def may_see_run(look: Look, actor: Actor, session: str | None, project_id: int | None, task_id: int | None) -> bool:
    """Whether a run that `session` submitted to this project and task is there for the actor: its project, and it itself."""
    return policy.may_see_run(actor, session, project_id, task_id) and may_see(look, actor, project_id)


def _unnarrowed(actor: Actor) -> Actor:
    """The actor in a project that gives it no role of its own: `visible` heeds what it is narrowed to."""
    return actor if actor.only is None else replace(actor, only=None)
