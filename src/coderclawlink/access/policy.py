"""Who may do what: a table and one question. Pure.

The order is: explicit deny, device, agent, skill, project membership, role, deny. Here stand the role, the membership and the
scopes of a token; what narrows them further (who may use which agent, a policy in Rego) is asked beside it, and nothing widens it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from coderclawlink.errors import Denied


class Permission(StrEnum):
    TASK_SUBMIT = "task:submit"
    TASK_CANCEL = "task:cancel"
    TASK_VIEW = "task:view"
    AGENT_LIST = "agent:list"
    AGENT_EXECUTE = "agent:execute"
    AGENT_CONFIGURE = "agent:configure"
    SKILL_LIST = "skill:list"
    SKILL_EXECUTE = "skill:execute"
    SKILL_INSTALL = "skill:install"
    PROJECT_READ = "project:read"
    PROJECT_WRITE = "project:write"
    PROJECT_DELETE = "project:delete"
    ADMIN_USERS = "admin:users"
    ADMIN_SYSTEM = "admin:system"


class Role(StrEnum):
    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"
    GUEST = "guest"


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.DEVELOPER: frozenset(
        {
            Permission.TASK_SUBMIT,
            Permission.TASK_CANCEL,
            Permission.TASK_VIEW,
            Permission.AGENT_LIST,
            Permission.AGENT_EXECUTE,
            Permission.SKILL_LIST,
            Permission.SKILL_EXECUTE,
            Permission.PROJECT_READ,
            Permission.PROJECT_WRITE,
        }
    ),
    Role.VIEWER: frozenset(
        {Permission.TASK_VIEW, Permission.AGENT_LIST, Permission.SKILL_LIST, Permission.PROJECT_READ}
    ),
    Role.GUEST: frozenset({Permission.TASK_VIEW}),
}


class PermissionMissing(Denied):
    """Permission denied."""


def stronger(one: Role, other: Role) -> Role:
    """Each role may all that those behind it may."""
    return min(one, other, key=list(Role).index)


Trust = Literal["low", "normal", "high"]
"""How far a device is trusted. Low: it looks and never changes; high: also what needs an administrator."""
NOWHERE: Mapping[int, Role] = MappingProxyType({})


PERSON = "user:"


def ownership(user: str) -> str:
    """What names a person's own things, however and wherever the person has signed in."""
    return f"{PERSON}{hashlib.sha256(user.encode()).hexdigest()[:48]}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks.

    `session`: whose it is what the actor makes: `ownership` of a person who has proven to be that person, the session's hash of
    one that has only named somebody; None for the machine's owner, who signed in by being there. `login`: the hash of the
    session itself. `memberships`: the roles that projects give of their own, by project id. `scopes`: what a token is narrowed to;
    `only`: the projects that it is narrowed to: nothing else is there for it.
    `trust`: of the device that the session is bound to; None: of none.
    """

    role: Role
    user: str | None = None
    session: str | None = None
    proven: bool = False
    login: str | None = None
    memberships: Mapping[int, Role] = field(default_factory=lambda: NOWHERE)
    scopes: frozenset[Permission] | None = None
    only: frozenset[int] | None = None
    device: str | None = None
    trust: Trust | None = None

    @property
    def name(self) -> str:
        """How the journal and the questions' answers name the actor."""
        return self.user or (f"session:{self.session[:8]}" if self.session else "owner")

    @property
    def key(self) -> str:
        """Whose it is what the actor keeps for itself: the session's, since naming a user is not proving to be one."""
        return self.session or "owner"

    @property
    def is_owner(self) -> bool:
        return self.session is None

    @property
    def sees_all(self) -> bool:
        """Every project is there for it, also the private ones."""
        return (self.is_owner or self.role is Role.ADMIN) and self.only is None

    def role_in(self, project: int | None) -> Role:
        """The project's own role for the actor if it gives one, else the installation's; an administrator is one everywhere."""
        if project is None or self.role is Role.ADMIN:
            return self.role
        return self.memberships.get(project, self.role)


OWNER = Actor(Role.ADMIN)


READS = frozenset({Permission.TASK_VIEW, Permission.AGENT_LIST, Permission.SKILL_LIST, Permission.PROJECT_READ})
ADMINISTERS = frozenset(
    {Permission.ADMIN_USERS, Permission.ADMIN_SYSTEM, Permission.AGENT_CONFIGURE, Permission.SKILL_INSTALL}
)


BEYOND = frozenset({Permission.AGENT_CONFIGURE, Permission.SKILL_INSTALL})
"""What reaches beyond a project, since programs and the hub's secrets come with it: the installation's role alone gives it."""


def may(actor: Actor, permission: Permission, project: int | None = None) -> bool:
    """Whether the actor's role gives it, in the project if one is named; scopes and the device's trust narrow it.

    Whether the project is there for the actor at all is asked before (`visibility`).
    """
    if actor.scopes is not None and permission not in actor.scopes:
        return False
    if actor.only is not None and not (permission in READS if project is None else project in actor.only):
        return False
    if actor.trust == "low" and permission not in READS:
        return False
    if actor.trust == "normal" and permission in ADMINISTERS:
        return False
    return permission in GRANTS[actor.role if permission in BEYOND else actor.role_in(project)]


def may_somewhere(actor: Actor, permission: Permission) -> bool:
    """Whether there is any project, or the installation, where the actor may."""
    places = actor.memberships.keys() | (actor.only or frozenset())
    return may(actor, permission) or any(may(actor, permission, project) for project in places)


def require(actor: Actor, permission: Permission, project: int | None = None) -> None:
    """Raises `PermissionMissing` with the contract's words."""
    if not may(actor, permission, project):
        raise PermissionMissing(f"Permission denied: {permission}")


def require_somewhere(actor: Actor, permission: Permission) -> None:
    """For lists over all projects, which hold what is allowed. Raises `PermissionMissing`."""
    if not may_somewhere(actor, permission):
        raise PermissionMissing(f"Permission denied: {permission}")


def may_see_run(actor: Actor, session: str | None, project: int | None, task: int | None = None) -> bool:
    """Whether the actor may read a run of this project and task (None: of none) that `session` submitted (None: the owner did, without one).

    The owner and an admin read all, a project's admin the project's. What the owner has submitted to a project is the project's, so who may
    view its tasks may read it; so is, among people who have proven who they are, what one of them has had done of a task: the board shows it,
    while conversations are one's own. A session that has only named somebody is alone: it never reads another's, nor another its. Whether
    the project is there for the actor at all is asked beside (`visibility`).
    """
    if not may(actor, Permission.TASK_VIEW, project):
        return False
    if actor.is_owner or actor.role_in(project) is Role.ADMIN or session == actor.session:
        return True
    return project is not None and (session is None or (task is not None and _are_colleagues(actor, session)))


def _are_colleagues(actor: Actor, session: str) -> bool:
    return actor.proven and session.startswith(PERSON)


def may_cancel_run(actor: Actor, session: str | None, project: int | None = None, task: int | None = None) -> bool:
    """Whether the actor may cancel it. The owner leaves alone what sessions submitted; an admin's session does not, nor does a
    project's admin in the project, nor do people who have proven who they are leave alone each other's of a task."""
    if actor.is_owner:
        return session is None
    is_ours = session == actor.session or (session is not None and task is not None and _are_colleagues(actor, session))
    if actor.role_in(project) is not Role.ADMIN and not is_ours:
        return False
    return may(actor, Permission.TASK_CANCEL, project)
