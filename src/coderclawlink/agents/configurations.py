"""How agents are configured, in versions: for the whole installation, and for a project on top of it.

Each change is a new version and stays readable for ever; an attempt is told which versions it was made of. What is written
holds names of secrets alone (`literals`).

Above: `runs`, which resolves the layers when an attempt is placed; `web`. Below: `configuration`, whose layers these are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.access import policy
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.agents import literals
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration, joined
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import configurations, projects
from coderclawlink.errors import Invalid, NotFound
from coderclawlink.events import AgentConfigured
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.journal.log import About

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class NoSuchProject(NotFound):
    """Project not found."""


class VersionNotFound(NotFound):
    """There is no such version of the agent's configuration."""


class BadAgentName(Invalid):
    """An agent's name has 1 to 64 small letters, digits, dots, dashes or underscores."""


@dataclass(frozen=True, slots=True)
class Version:
    """One state of an agent's configuration. `project` None: of the whole installation. `changed_at`: seconds since the epoch."""

    agent: str
    project: ProjectId | None
    version: int
    latest: bool
    configuration: AgentConfiguration
    changed_by: str
    changed_at: float


@dataclass(frozen=True, slots=True)
class Resolved:
    """The layers on one another. `label`: the versions that it was made of, such as `goose@3 DEMO/goose@1`; empty when
    neither installation nor project say anything."""

    configuration: AgentConfiguration
    label: str


_LAYERS = (
    sa.select(configurations.c.version, configurations.c.configuration, projects.c.key)
    .outerjoin(projects, projects.c.id == configurations.c.project_id)
    .where(
        configurations.c.agent == sa.bindparam("agent"),
        configurations.c.latest,
        sa.or_(
            configurations.c.project_id.is_(None),
            configurations.c.project_id == sa.bindparam("project", type_=sa.Integer),
        ),
    )
    .order_by(configurations.c.project_id.is_not(None))
)


def resolve(look: Look, agent: str, project: ProjectId | None, options: AgentConfiguration) -> Resolved:
    """What the agent works with: the installation's layer, the project's on it, the run's options on both."""
    layers: list[AgentConfiguration] = []
    labels: list[str] = []
    for row in look.rows(_LAYERS.params(agent=agent, project=project)):
        layer = AgentConfiguration.model_validate_json(row["configuration"])
        if layer != NOTHING_SAID:
            layers.append(layer)
            labels.append(f"{row['key']}/{agent}@{row['version']}" if row["key"] else f"{agent}@{row['version']}")
    return Resolved(joined([*layers, options]), " ".join(labels))


def put(
    tx: Tx, actor: Actor, agent: str, configuration: AgentConfiguration, project: ProjectId | None = None
) -> Version:
    """Keep a new version; what is unchanged stays the same version.

    Raises `PermissionMissing`, `BadAgentName`, `NoSuchProject`, `SecretInPlain`.
    """
    policy.require(actor, Permission.AGENT_CONFIGURE)
    if not _NAME.fullmatch(agent):
        raise BadAgentName
    key = _key(tx, project)
    literals.refuse(configuration)
    before = current(tx, agent, project)
    if configuration == (before.configuration if before else NOTHING_SAID):
        return before or Version(agent, project, 0, True, NOTHING_SAID, actor.name, tx.now())
    here = _of(agent, project)
    made = Version(agent, project, before.version + 1 if before else 1, True, configuration, actor.name, tx.now())
    tx.change(configurations.update().where(*here, configurations.c.latest).values(latest=False))
    tx.change(
        configurations.insert().values(
            agent=agent,
            project_id=project,
            version=made.version,
            latest=True,
            configuration=configuration.model_dump_json(exclude_defaults=True),
            changed_by=made.changed_by,
            changed_at=made.changed_at,
        )
    )
    log.append(tx, AgentConfigured(agent=agent, project=key, version=made.version), About(project), actor=actor)
    return made


def restore(tx: Tx, actor: Actor, agent: str, version: int, project: ProjectId | None = None) -> Version:
    """An old version as a new one. Raises as `put` and `find_version` do."""
    policy.require(actor, Permission.AGENT_CONFIGURE)
    return put(tx, actor, agent, find_version(tx, agent, version, project).configuration, project)


def current(look: Look, agent: str, project: ProjectId | None = None) -> Version | None:
    """The layer as it is now; None if nothing was ever configured there."""
    row = look.row(sa.select(configurations).where(*_of(agent, project), configurations.c.latest))
    return None if row is None else _version(row)


def versions(look: Look, agent: str, project: ProjectId | None = None) -> list[Version]:
    """All there ever were, newest first. Raises `NoSuchProject`."""
    _key(look, project)
    statement = sa.select(configurations).where(*_of(agent, project)).order_by(configurations.c.version.desc())
    return [_version(row) for row in look.rows(statement)]


def find_version(look: Look, agent: str, version: int, project: ProjectId | None = None) -> Version:
    """Raises `NoSuchProject`, `VersionNotFound`."""
    _key(look, project)
    row = look.row(sa.select(configurations).where(*_of(agent, project), configurations.c.version == version))
    if row is None:
        raise VersionNotFound(f"There is no version {version} of the configuration of {agent}.")
    return _version(row)


def everywhere(look: Look, agent: str) -> list[tuple[str | None, Version]]:
    """The agent's layers as they are now, each with its project's key: the installation's (None) first, then by key."""
    rows = look.rows(
        sa.select(configurations, projects.c.key)
        .outerjoin(projects, projects.c.id == configurations.c.project_id)
        .where(configurations.c.agent == agent, configurations.c.latest)
        .order_by(configurations.c.project_id.is_not(None), projects.c.key)
    )
    return [(row["key"], _version(row)) for row in rows]


def _of(agent: str, project: ProjectId | None) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    at = configurations.c.project_id
    return configurations.c.agent == agent, at.is_(None) if project is None else at == project


def _key(look: Look, project: ProjectId | None) -> str | None:
    if project is None:
        return None
    key: str | None = look.scalar(sa.select(projects.c.key).where(projects.c.id == project))
    if key is None:
        raise NoSuchProject
    return key


def _version(row: sa.RowMapping) -> Version:
    return Version(
        row["agent"],
        row["project_id"],
        row["version"],
        bool(row["latest"]),
        AgentConfiguration.model_validate_json(row["configuration"]),
        row["changed_by"],
        row["changed_at"],
    )
