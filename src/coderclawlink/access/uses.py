"""Who may use which agent and which skill. Without a rule for it, everybody who may execute agents; a rule that allows leaves all others
out; a rule that denies counts above all.

Above: the runtime, which asks before a run is made, the routes, `clawlink use`. Below: the rows. The machine's owner is bound by none.

A rule is about a subject: `user:<id>`, `group:<name>`, `role:<role>` (the one that counts where it is used), `trust:<low|normal|high>` (of the
device). It holds in one project, or everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.access import policy, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import group_members, groups, projects
from coderclawlink.db.schema import uses as table
from coderclawlink.errors import Denied, Invalid, NotFound
from coderclawlink.events import PermissionGranted, PermissionRevoked
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.journal.log import About

Kind = Literal["agent", "skill"]
SUBJECT = re.compile(
    r"user:[a-z0-9][a-z0-9._+-]{0,63}|group:[^\x00-\x1f\x7f]{1,255}|role:(admin|developer|viewer|guest)|trust:(low|normal|high)"
)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
LISTED_AT_MOST = 1000


class UseDenied(Denied):
    """You may not use this agent."""


class UseNotFound(NotFound):
    """There is no such rule. `clawlink use list` shows them."""


@dataclass(frozen=True, slots=True)
class Use:
    """`project_id`: None: everywhere. `made_at`: seconds since the epoch."""

    id: int
    subject: str
    kind: Kind
    name: str
    project_id: int | None
    allowed: bool
    made_by: str
    made_at: float


# ── asked ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def require(look: Look, actor: Actor, kind: Kind, name: str, project_id: int | None) -> None:
    """Raises `UseDenied`, and says why."""
    why = why_not(look, actor, kind, [name], project_id).get(name)
    if why is not None:
        raise UseDenied(why)


def why_not(look: Look, actor: Actor, kind: Kind, names: Iterable[str], project_id: int | None) -> dict[str, str]:
    """Of these, those that the actor may not use in the project (None: in none), and why, in words."""
    if actor.is_owner:
        return {}
    here = sa.or_(table.c.project_id.is_(None), table.c.project_id == project_id)
    some = sorted(set(names))
    rows = look.rows(sa.select(table).where(table.c.kind == kind, table.c.name.in_(some), here).order_by(table.c.id))
    if not rows:
        return {}
    mine = _subjects(look, actor, project_id)
    of: dict[str, list[Use]] = {}
    for row in rows:
        of.setdefault(row["name"], []).append(_use(row))
    found = {name: _why_not(rules, mine, kind, name) for name, rules in of.items()}
    return {name: why for name, why in found.items() if why is not None}


def _why_not(rules: Sequence[Use], mine: _Mine, kind: Kind, name: str) -> str | None:
    denying = next((one for one in rules if not one.allowed and one.subject in mine.denied_as), None)
    if denying is not None:
        return f"You may not use the {kind} {name}: it is denied to {_words(denying.subject)}. {_ASK}"
    allowing = [one.subject for one in rules if one.allowed]
    if allowing and mine.allowed_as.isdisjoint(allowing):
        whom = ", ".join(_words(subject) for subject in sorted(set(allowing))[:5])
        return f"You may not use the {kind} {name}: it is for {whom}. {_ASK}"
    return None


_ASK = "Ask an administrator (`clawlink use`)."


def _words(subject: str) -> str:
    what, _, which = subject.partition(":")
    words = {"user": "the user", "group": "the group", "role": "the role", "trust": "devices with the trust"}
    return f"{words[what]} {which}"


@dataclass(frozen=True, slots=True)
class _Mine:
    """Who the actor is to the rules. Who has only named a user is denied what the user is, and not allowed what the user is."""

    denied_as: frozenset[str]
    allowed_as: frozenset[str]


def _subjects(look: Look, actor: Actor, project_id: int | None) -> _Mine:
    plain = {f"role:{actor.role_in(project_id)}"}
    if actor.trust is not None:
        plain.add(f"trust:{actor.trust}")
    if actor.user is None:
        return _Mine(frozenset(plain), frozenset(plain))
    belongs = sa.select(groups.c.name).join(group_members).where(group_members.c.user_id == actor.user)
    named = {f"user:{actor.user}", *(f"group:{name}" for (name,) in look.tuples(belongs))}
    return _Mine(frozenset(plain | named), frozenset(plain | named if actor.proven else plain))


# ── made ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def all_of(
    look: Look, actor: Actor, *, project_id: int | None = None, after: int = 0, limit: int = LISTED_AT_MOST
) -> list[Use]:
    """The rules that the actor may change, oldest first: all, or a project's. `after`: only those with a higher number."""
    statement = sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
    if project_id is not None:
        visibility.require(look, actor, Permission.ADMIN_USERS, project_id)
        statement = statement.where(table.c.project_id == project_id)
    elif not policy.may(actor, Permission.ADMIN_USERS):
        statement = statement.where(visibility.allowed(actor, Permission.ADMIN_USERS, table.c.project_id))
    return [_use(row) for row in look.rows(statement)]


def add(
    tx: Tx, actor: Actor, *, subject: str, kind: Kind, name: str, project_id: int | None = None, allowed: bool = True
) -> Use:
    """Make a rule; one that is there already for the same subject is changed. Raises `Invalid`, `ProjectHidden`, `PermissionMissing`."""
    visibility.require(tx, actor, Permission.ADMIN_USERS, project_id)
    if not SUBJECT.fullmatch(subject):
        raise Invalid(f"{subject!r} is no subject: user:<name>, group:<name>, role:<role> or trust:<low|normal|high>.")
    if not NAME.fullmatch(name):
        raise Invalid(f"{name!r} is no name of an {kind}." if kind == "agent" else f"{name!r} is no name of a skill.")
    key = _key_of(tx, project_id)
    same = sa.and_(
        table.c.subject == subject,
        table.c.kind == kind,
        table.c.name == name,
        table.c.project_id.is_(None) if project_id is None else table.c.project_id == project_id,
    )
    made = {"allowed": allowed, "made_by": actor.name, "made_at": tx.now()}
    if not tx.change(table.update().where(same).values(**made)):
        row = {"subject": subject, "kind": kind, "name": name, "project_id": project_id}
        tx.change(table.insert().values(**row, **made))
    told = PermissionGranted if allowed else PermissionRevoked
    log.append(tx, told(subject=subject, what=f"{kind}:{name}", project=key), _about(project_id), actor=actor)
    found = tx.row(sa.select(table).where(same))
    if found is None:
        raise UseNotFound
    return _use(found)


def remove(tx: Tx, actor: Actor, use_id: int) -> None:
    """Take a rule back. Raises `UseNotFound`, `PermissionMissing`."""
    row = tx.row(sa.select(table).where(table.c.id == use_id))
    if row is None:
        raise UseNotFound
    gone = _use(row)
    visibility.require(tx, actor, Permission.ADMIN_USERS, gone.project_id, UseNotFound)
    tx.change(table.delete().where(table.c.id == use_id))
    # What is no longer denied is granted, and the other way round.
    told = PermissionRevoked if gone.allowed else PermissionGranted
    event = told(subject=gone.subject, what=f"{gone.kind}:{gone.name}", project=_key_of(tx, gone.project_id))
    log.append(tx, event, _about(gone.project_id), actor=actor)


def _about(project_id: int | None) -> About:
    return About(None if project_id is None else ProjectId(project_id))


def _key_of(look: Look, project_id: int | None) -> str | None:
    if project_id is None:
        return None
    key: str | None = look.scalar(sa.select(projects.c.key).where(projects.c.id == project_id))
    if key is None:
        raise visibility.ProjectHidden
    return key


def _use(row: sa.RowMapping) -> Use:
    return Use(**{**row, "allowed": bool(row["allowed"])})
