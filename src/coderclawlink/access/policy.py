"""Who may do what: a table and one question. Pure.

The order is: explicit deny, device, agent, skill, project membership, role, deny. Of these the built-in table holds the
role; what narrows it is asked before, and nothing widens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `session` is the hash of the session; None for the machine's owner, who signed in by being there."""

    role: Role
    user: str | None = None
    session: str | None = None

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


OWNER = Actor(Role.ADMIN)


def may(actor: Actor, permission: Permission) -> bool:
    return permission in GRANTS[actor.role]


def require(actor: Actor, permission: Permission) -> None:
    """Raises `PermissionMissing` with the contract's words."""
    if not may(actor, permission):
        raise PermissionMissing(f"Permission denied: {permission}")


def may_see_run(actor: Actor, session: str | None, *, in_project: bool) -> bool:
    """Whether the actor may read a run that `session` submitted (None: the owner did, without one).

    One session never reads another's; the owner and an admin read all; a run of the owner's in a project is the
    project's, so who may view tasks may read it.
    """
    if actor.is_owner or actor.role is Role.ADMIN:
        return may(actor, Permission.TASK_VIEW)
    if session is None:
        return in_project and may(actor, Permission.TASK_VIEW)
    return session == actor.session and may(actor, Permission.TASK_VIEW)


def may_cancel_run(actor: Actor, session: str | None) -> bool:
    """Whether the actor may cancel it. The owner leaves alone what sessions submitted; an admin's session does not."""
    if actor.is_owner:
        return session is None
    if actor.role is Role.ADMIN:
        return True
    return session == actor.session and may(actor, Permission.TASK_CANCEL)
