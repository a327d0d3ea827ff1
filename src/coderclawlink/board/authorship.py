"""Whose something is: what a person has put on the board is that person's to change.

Above: comments and attachments. Below: the actor. The machine's owner is known by being there without a session; who has proven who it
is, by that (`Actor.session`), from wherever; everybody else by the session that it was written in, or by the user whom another session of
theirs names too.
"""

from __future__ import annotations

from typing import Protocol

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission, Role
from coderclawlink.errors import Denied


class NotYours(Denied):
    """Only its author may do that."""


class Authored(Protocol):
    """`session`: the hash of the author's session; None: the machine's owner."""

    @property
    def session(self) -> str | None: ...
    @property
    def user_id(self) -> str | None: ...


def signature(actor: Actor) -> dict[str, str | None]:
    """The columns that say who wrote a row."""
    return {"author": actor.name, "session": actor.session, "user_id": actor.user}


def is_author(actor: Actor, of: Authored, project: int) -> bool:
    """What the machine's owner has written, an admin of the project who has proven to be one may change in the owner's place."""
    if of.session is None or actor.is_owner:
        stands_in = actor.proven and actor.role_in(project) is Role.ADMIN
        return of.session is None and (actor.is_owner or stands_in)
    return actor.session == of.session or (of.user_id is not None and actor.user == of.user_id)


def may_change(actor: Actor, of: Authored, project: int) -> bool:
    return policy.may(actor, Permission.PROJECT_WRITE, project) and is_author(actor, of, project)


def may_delete(actor: Actor, of: Authored, project: int) -> bool:
    """What people wrote an admin may take away, the installation's or the project's, and not rewrite."""
    is_theirs = actor.role_in(project) is Role.ADMIN or is_author(actor, of, project)
    return policy.may(actor, Permission.PROJECT_WRITE, project) and is_theirs


def require_author(actor: Actor, of: Authored, project: int) -> None:
    """Raises `NotYours`."""
    if not is_author(actor, of, project):
        raise NotYours


def require_author_or_admin(actor: Actor, of: Authored, project: int) -> None:
    """Raises `NotYours`."""
    if actor.role_in(project) is not Role.ADMIN and not is_author(actor, of, project):
        raise NotYours("Only its author or an admin may do that.")
