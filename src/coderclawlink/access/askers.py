"""Who once asked for work, as of now: what follows from it by itself is done with the rights that are left to them.

Above: pull requests, whose checks and reviews an agent answers by itself; results that go on by themselves. Below: people, members.
"""

from __future__ import annotations

import sqlalchemy as sa

from coderclawlink.access import members
from coderclawlink.access.policy import Actor, Role, ownership
from coderclawlink.db.engine import Look
from coderclawlink.db.schema import users


def as_of_now(look: Look, user: str | None, session: str | None) -> Actor:
    """`user`, `session`: as they stand with the work (`Actor.user`, `Actor.session`).

    Of a person who had proven who it is, the present role and memberships count; who is disabled or gone may nothing. Of anybody else, whose
    session may be over, a developer's.
    """
    if user is None or session != ownership(user):
        return Actor(Role.DEVELOPER, user, session)
    row = look.row(sa.select(users.c.role).where(users.c.id == user, users.c.state == "active"))
    if row is None:
        return Actor(Role.GUEST, user, session, proven=True, scopes=frozenset())
    return Actor(Role(row["role"]), user, session, proven=True, memberships=members.of_user(look, user))
