"""Connections: with whose access a project's repository is reached on its code host, and what is done with what the host tells.

Above: the integrations, web. Below: secrets, projects. A project's own connection counts first, then that of the person who asks, then the
installation's; without any there is GITHUB_TOKEN, which is the installation's too. A plain git remote is shown a token of its project's own
only, and only that which was given for this very host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from coderclawlink.access import policy, secrets, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.secrets import Vault
from coderclawlink.board import projects
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import connections as table
from coderclawlink.errors import Conflict, Invalid, NotFound
from coderclawlink.events import ProjectConnected, ProjectDisconnected
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.journal.log import About
from coderclawlink.pulls.hosts import AccessKind, Given, MergeMethod

GITHUB = "github"
GIT = "git"
ORIGIN_AT_MOST = 150
"""Characters of a host's name and port."""


class NotConnected(NotFound):
    """There is no connection here."""


class NoRepositoryThere(Conflict):
    """The project has no repository on the code host: set its address first."""


class Answers(BaseModel):
    """What becomes of what the host tells. `checks`, `reviews`, `conflicts`: whether it becomes a prompt by itself; at most
    `rounds_at_most` times until a person acts. `merge`: how, if nobody says. `propose`: a completed run opens a pull request.
    `draft`: whether as a draft, if nobody says; `unproven`: as long as no check has passed on the result."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    checks: bool = True
    reviews: bool = True
    conflicts: bool = True
    rounds_at_most: int = Field(default=3, ge=0, le=20)
    merge: MergeMethod = "squash"
    propose: bool = False
    draft: Literal["unproven", "never", "always"] = "unproven"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose connection: a project's, a person's (`Actor.key`), or, with neither, the installation's."""

    project: ProjectId | None = None
    owner: str | None = None

    def secret(self, shown_to: str | None = None) -> str:
        """The name of its secret. `shown_to`: the host that a plain git remote's is for."""
        if self.project is not None:
            return f"github/project/{self.project}" if shown_to is None else f"git/project/{self.project}/{shown_to}"
        return "github/installation" if self.owner is None else f"github/person/{self.owner}"


@dataclass(frozen=True, slots=True)
class Connection:
    """`secret`: the name of its secret, never the secret. `error`: what the host said when it was tried last; None: it worked."""

    id: int
    host: str
    kind: AccessKind
    project_id: ProjectId | None
    owner: str | None
    as_whom: str
    secret: str
    app_id: str | None
    installation_id: str | None
    answers: Answers
    checked_at: float | None
    error: str | None
    made_by: str
    made_at: float


_COLUMNS = [table.c[name] for name in Connection.__dataclass_fields__]


def find(look: Look, scope: Scope) -> Connection:
    """Raises `NotConnected`."""
    row = look.row(sa.select(*_COLUMNS).where(*_is(scope)))
    if row is None:
        raise NotConnected
    return _connection(row)


def find_for(look: Look, *, project: ProjectId | None, owner: str | None) -> Connection | None:
    """The one that counts on GitHub for this project and this person; None: there is none."""
    scopes = [Scope(project=project)] if project is not None else []
    scopes += [Scope(owner=owner)] if owner is not None else []
    for scope in (*scopes, Scope()):
        row = look.row(sa.select(*_COLUMNS).where(table.c.host == GITHUB, *_is(scope)))
        if row is not None:
            return _connection(row)
    return None


def git_token(look: Look, vault: Vault, project: ProjectId, host: str) -> str | None:
    """What a plain git remote on this host is shown for the project; None: nothing was given for it."""
    name = Scope(project=project).secret(host)
    is_there = look.row(sa.select(table.c.id).where(table.c.host == GIT, table.c.secret == name)) is not None
    return secrets.get(look, vault, name) if is_there else None


def given(look: Look, vault: Vault, connection: Connection) -> Given:
    """With its secret, for a call that is about to be made. Raises `SecretNotFound`, `KeyMissing`."""
    secret = secrets.get(look, vault, connection.secret)
    return Given(connection.kind, secret, connection.app_id, connection.installation_id)


def answers_of(look: Look, project: ProjectId) -> Answers:
    """What the project wants done with what the host tells."""
    row = look.row(sa.select(*_COLUMNS).where(*_is(Scope(project=project))))
    return Answers() if row is None else _connection(row).answers


def may(look: Look, actor: Actor, scope: Scope) -> None:
    """Raises `PermissionMissing`, `ProjectHidden`."""
    if scope.project is None and scope.owner is None:
        policy.require(actor, Permission.ADMIN_SYSTEM)
    elif scope.project is None:
        policy.require_somewhere(actor, Permission.PROJECT_WRITE)
    else:
        visibility.require(look, actor, Permission.PROJECT_WRITE, scope.project)


def put(
    tx: Tx,
    actor: Actor,
    vault: Vault,
    scope: Scope,
    access: Given,
    as_whom: str,
    repository: str,
    shown_to: str | None = None,
) -> Connection:
    """Keep an access that was tried, in the place of an earlier one. `shown_to`: the host, where it is a plain git remote's.

    Raises `PermissionMissing`, `ProjectNotFound`, `Invalid` for an App or a host that is none.
    """
    may(tx, actor, scope)
    if shown_to is not None and (access.kind != "token" or scope.project is None or len(shown_to) > ORIGIN_AT_MOST):
        raise Invalid("A plain git remote is shown a token, of a project.")
    if scope.project is not None:
        projects.find(tx, scope.project)
    host, secret = GITHUB if shown_to is None else GIT, scope.secret(shown_to)
    before = tx.scalar(sa.select(table.c.secret).where(*_is(scope)))
    if before is not None and before != secret:
        secrets.delete(tx, str(before), actor.name)
    secrets.put(tx, vault, secret, access.secret, actor.name)
    now = tx.now()
    row = {
        "host": host,
        "kind": access.kind,
        "as_whom": as_whom,
        "secret": secret,
        "app_id": access.app_id,
        "installation_id": access.installation_id,
        "checked_at": now,
        "error": None,
        "made_by": actor.name,
        "made_at": now,
    }
    if not tx.change(table.update().where(*_is(scope)).values(**row)):
        tx.change(
            table.insert().values(
                project_id=scope.project, owner=scope.owner, answers=Answers().model_dump_json(), **row
            )
        )
    told = ProjectConnected(host=host, repository=repository, as_whom=as_whom)
    log.append(tx, told, About(scope.project), actor=actor)
    return find(tx, scope)


def set_answers(tx: Tx, actor: Actor, project: ProjectId, answers: Answers) -> Connection:
    """Raises `NotConnected`, `PermissionMissing`."""
    may(tx, actor, Scope(project=project))
    if not tx.change(table.update().where(*_is(Scope(project=project))).values(answers=answers.model_dump_json())):
        raise NotConnected
    return find(tx, Scope(project=project))


def note_tried(tx: Tx, scope: Scope, error: str | None) -> None:
    """How the last try went."""
    tx.change(table.update().where(*_is(scope)).values(checked_at=tx.now(), error=error))


def delete(tx: Tx, actor: Actor, scope: Scope) -> None:
    """Raises `NotConnected`, `PermissionMissing`."""
    may(tx, actor, scope)
    found = find(tx, scope)
    tx.change(table.delete().where(table.c.id == found.id))
    secrets.delete(tx, found.secret, actor.name)
    log.append(tx, ProjectDisconnected(host=found.host), About(scope.project), actor=actor)


def _is(scope: Scope) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        table.c.project_id.is_(None) if scope.project is None else table.c.project_id == scope.project,
        table.c.owner.is_(None) if scope.owner is None else table.c.owner == scope.owner,
    )


def _connection(row: sa.RowMapping) -> Connection:
    return Connection(**{**row, "answers": Answers.model_validate_json(row["answers"])})
