"""Routes of agents: what is known of each, how it is configured, and what its rules say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import ConfigDict, Field, model_validator

from coderclawlink import configuration_file
from coderclawlink.access import policy, uses, visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.agents import configurations, learnt
from coderclawlink.agents.configurations import Version
from coderclawlink.board import projects, tasks
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration, Mode
from coderclawlink.db.engine import Look, Tx
from coderclawlink.errors import NotFound
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.rules import Act, Effect, Rule, decide
from coderclawlink.runtime import agents
from coderclawlink.web.rooms import Here
from coderclawlink.web.runtime import AgentInfo, info_of
from coderclawlink.web.shapes import ID_AT_MOST, LONG_TEXT_AT_MOST, Asked, Configured, Id, Said, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/agents", tags=["agents"])

Lister = Annotated[Actor, needs(Permission.AGENT_LIST)]
Configurer = Annotated[Actor, needs(Permission.AGENT_CONFIGURE)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]


class AgentNotFound(NotFound):
    """There is no such agent."""


# ── shapes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class ConfigurationTold(Told):
    """One layer. `version` 0: nothing was ever configured there. `project_id` null: the layer of the whole installation."""

    agent: str
    project_id: int | None
    version: int
    configuration: Said
    changed_by: str | None
    changed_at: Stamp | None


class Layer(ConfigurationTold):
    """A project's layer. `effective`: it on the installation's."""

    project_key: str
    effective: Said


class AgentTold(AgentInfo):
    """`configuration`: the installation's layer; `projects`: those that say something of their own. `may_configure`: whether
    you may change them."""

    configuration: ConfigurationTold
    projects: list[Layer]
    may_configure: bool


class ConfigurationWanted(Asked):
    """Either as JSON, or as TOML, whose mistakes are told with their lines."""

    configuration: Configured | None = None
    toml: Annotated[str, Field(max_length=LONG_TEXT_AT_MOST)] | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.configuration is None) == (self.toml is None):
            raise ValueError("give either configuration or toml")
        return self

    def read(self) -> AgentConfiguration:
        """Raises `Invalid`."""
        if self.toml is not None:
            return configuration_file.read(self.toml, "configuration")
        return self.configuration or NOTHING_SAID


class RestoreWanted(Asked):
    version: Annotated[int, Field(ge=1, le=ID_AT_MOST)]


class RuleTold(Told):
    """`origin`: who says so. `learnt_id`: by which a learnt rule can be forgotten."""

    text: str
    rule: Rule
    origin: Literal["installation", "project", "learnt"]
    learnt_id: int | None = None
    learnt_by: str | None = None


class RulesTold(Told):
    """`mode`: what happens where no rule decides; null: as the node's own configuration of the agent says."""

    mode: Mode | None
    rules: list[RuleTold]


class LearntTold(Told):
    """What somebody has answered "always" to. `task_id`, `task_key`: where it holds; null: in one run alone."""

    id: int
    text: str
    rule: Rule
    task_id: int | None
    task_key: str | None
    learnt_by: str
    learnt_at: Stamp


class ActTried(Act):
    model_config = ConfigDict(extra="forbid", frozen=True)
    command: Annotated[str, Field(max_length=20_000)] = ""
    paths: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    hosts: Annotated[tuple[str, ...], Field(max_length=100)] = ()


class Trial(Asked):
    """An act as if the agent asked for it now, there."""

    act: ActTried
    project_id: Id | None = None
    task_id: Id | None = None


class DecisionTold(Told):
    """`rule`: the one that decides, null when none does: then it is the mode. `why`: for people."""

    effect: Effect
    rule: RuleTold | None
    why: str


# ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/available")
async def list_available(actor: Lister, here: Here) -> list[str]:
    """The names of those that answered, or whose program was found and started."""
    return [agent.name for agent in await here.runtime.list_agents(actor) if agent.available]


@router.get("/types")
async def list_types(actor: Lister, here: Here) -> list[str]:
    """All names that are known, available or not."""
    return [agent.name for agent in await here.runtime.list_agents(actor)]


@router.get("/{name}")
async def show_agent(actor: Lister, here: Here, name: str) -> AgentTold:
    """All that is known of an agent: as the nodes found it, and as it is configured."""
    return await here.db.read(_show, actor, name)


def _show(look: Look, actor: Actor, name: str) -> AgentTold:
    known = _known(look, actor, name)
    found = next((one for one in agents.all_of_them(look) if one.name == known), None) or agents.Agent(
        known, "", available=False, why="No node has come yet."
    )
    own = _told(known, None, None)
    layers: list[Layer] = []
    for key, version in configurations.everywhere(look, known):
        if key is None:
            own = _told(known, None, version)
        elif visibility.may_see(look, actor, version.project):
            effective = configurations.resolve(look, known, version.project, NOTHING_SAID).configuration
            told = _told(known, version.project, version).model_dump()
            layers.append(Layer(**told, project_key=key, effective=effective))
    able = policy.may(actor, Permission.AGENT_CONFIGURE)
    found = replace(found, refused=uses.why_not(look, actor, "agent", [known], None).get(known))
    return AgentTold(**info_of(found).model_dump(), configuration=own, projects=layers, may_configure=able)


# ── how it is configured ───────────────────────────────────────────────────────────────────────────────────────────


@router.get("/{name}/configuration")
async def show_configuration(actor: Lister, here: Here, name: str, project_id: Id | None = None) -> ConfigurationTold:
    """The layer of the whole installation, or a project's."""
    return await here.db.read(_show_configuration, actor, name, _project(project_id))


def _show_configuration(look: Look, actor: Actor, name: str, project: ProjectId | None) -> ConfigurationTold:
    known = _known(look, actor, name, project)
    return _told(known, project, configurations.current(look, known, project))


@router.put("/{name}/configuration")
async def put_configuration(
    actor: Configurer, here: Here, name: str, wanted: ConfigurationWanted, project_id: Id | None = None
) -> ConfigurationTold:
    """A new version, which later attempts work with; those at work keep theirs. Secrets stand in it by name alone."""
    return await here.db.write(_put, actor, name, wanted.read(), _project(project_id))


@router.delete("/{name}/configuration")
async def clear_configuration(
    actor: Configurer, here: Here, name: str, project_id: Id | None = None
) -> ConfigurationTold:
    """A new version that says nothing; the ones before it stay readable."""
    return await here.db.write(_put, actor, name, NOTHING_SAID, _project(project_id))


def _put(
    tx: Tx, actor: Actor, name: str, configuration: AgentConfiguration, project: ProjectId | None
) -> ConfigurationTold:
    known = _known(tx, actor, name, project)
    made = configurations.put(tx, actor, known, configuration, project)
    return _told(known, project, made if made.version else None)


@router.get("/{name}/configuration/versions")
async def list_versions(actor: Lister, here: Here, name: str, project_id: Id | None = None) -> list[ConfigurationTold]:
    """Newest first."""
    return await here.db.read(_versions, actor, name, _project(project_id))


def _versions(look: Look, actor: Actor, name: str, project: ProjectId | None) -> list[ConfigurationTold]:
    known = _known(look, actor, name, project)
    return [_told(known, project, version) for version in configurations.versions(look, known, project)]


@router.post("/{name}/configuration/restore")
async def restore_configuration(
    actor: Configurer, here: Here, name: str, wanted: RestoreWanted, project_id: Id | None = None
) -> ConfigurationTold:
    """An old version again, as a new one."""
    return await here.db.write(_restore, actor, name, wanted.version, _project(project_id))


def _restore(tx: Tx, actor: Actor, name: str, version: int, project: ProjectId | None) -> ConfigurationTold:
    known = _known(tx, actor, name, project)
    return _told(known, project, configurations.restore(tx, actor, known, version, project))


# ── what its rules say ─────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/{name}/rules")
async def list_rules(
    actor: Lister,
    here: Here,
    name: str,
    project_id: Id | None = None,
    task_id: Id | None = None,
) -> RulesTold:
    """The rules that hold for the agent, there: those of the installation, of the project, and those learnt on the task."""
    task = None if task_id is None else TaskId(task_id)
    return await here.db.read(_rules, actor, name, _project(project_id), task)


@router.post("/{name}/rules/try")
async def try_rules(actor: Lister, here: Here, name: str, trial: Trial) -> DecisionTold:
    """What would be decided. Nothing is done, and nobody is asked."""
    task = None if trial.task_id is None else TaskId(trial.task_id)
    rules = await here.db.read(_rules, actor, name, _project(trial.project_id), task)
    found = decide(trial.act, [one.rule for one in rules.rules], "allow" if rules.mode == "auto" else "ask")
    by = next((one for one in rules.rules if one.rule == found.rule), None)
    if by is not None:
        why = by.rule.why or f"A rule of the {by.origin} says so." if by.origin != "learnt" else "It was learnt here."
    elif rules.mode is None:
        why = "No rule decides, and no mode is configured: unless the node configures the agent otherwise, it is asked."
    else:
        why = f"No rule decides; the mode is {rules.mode}."
    return DecisionTold(effect=found.effect, rule=by, why=why)


@router.get("/{name}/learnt")
async def list_learnt(actor: Lister, here: Here, name: str) -> list[LearntTold]:
    """What the agent has learnt from answers on tasks, and in runs that you may see, newest first."""
    return await here.db.read(_learnt, actor, name)


def _learnt(look: Look, actor: Actor, name: str) -> list[LearntTold]:
    return [
        LearntTold(
            id=one.id,
            text=str(one.rule),
            rule=one.rule,
            task_id=one.task,
            task_key=key,
            learnt_by=one.by,
            learnt_at=one.at,  # seconds, told as a stamp
        )
        for one, key in learnt.of_agent(look, actor, _known(look, actor, name))
    ]


@router.delete("/{name}/rules/{learnt_id}", status_code=204)
async def forget_rule(actor: Submitter, here: Here, name: str, learnt_id: Id) -> None:
    """A rule that was learnt from an answer; from the next attempt on it is asked about again."""
    await here.db.write(_forget, actor, name, learnt_id)


def _forget(tx: Tx, actor: Actor, name: str, learnt_id: int) -> None:
    if learnt.forget(tx, actor, learnt_id).agent != _known(tx, actor, name):
        raise learnt.LearntNotFound  # and what was forgotten is not


def _rules(look: Look, actor: Actor, name: str, project: ProjectId | None, task: TaskId | None) -> RulesTold:
    if task is not None:
        project = tasks.find_for(look, actor, task, Permission.AGENT_LIST).project_id
    known = _known(look, actor, name, project)
    return RulesTold(
        mode=configurations.resolve(look, known, project, NOTHING_SAID).configuration.mode,
        rules=list(_every_rule(look, known, project, task)),
    )


def _every_rule(look: Look, name: str, project: ProjectId | None, task: TaskId | None) -> Iterator[RuleTold]:
    said: set[Rule] = set()
    own = configurations.current(look, name)
    of_project = configurations.current(look, name, project) if project is not None else None
    layers: list[tuple[Literal["installation", "project"], Version | None]]
    layers = [("installation", own), ("project", of_project)]
    for origin, version in layers:
        for rule in version.configuration.rules if version else ():
            if rule not in said:
                said.add(rule)
                yield RuleTold(text=str(rule), rule=rule, origin=origin)
    for one in learnt.all_of(look, task) if task is not None else ():
        if one.agent == name and one.rule not in said:
            yield RuleTold(text=str(one.rule), rule=one.rule, origin="learnt", learnt_id=one.id, learnt_by=one.by)


# ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _known(look: Look, actor: Actor, name: str, project: ProjectId | None = None) -> str:
    """The agent's name as it is known. Raises `AgentNotFound`, and `ProjectNotFound` for a project that is not there, or hidden from the
    actor."""
    try:
        known = agents.named(look, name)
    except agents.UnknownAgent as error:
        raise AgentNotFound(error.message) from error
    if project is not None:
        projects.find_for(look, actor, project, Permission.AGENT_LIST)
    return known


def _project(project_id: int | None) -> ProjectId | None:
    return None if project_id is None else ProjectId(project_id)


def _told(agent: str, project: ProjectId | None, version: Version | None) -> ConfigurationTold:
    return ConfigurationTold(
        agent=agent,
        project_id=project,
        version=version.version if version else 0,
        configuration=version.configuration if version else {},
        changed_by=version.changed_by if version else None,
        changed_at=version.changed_at if version else None,  # seconds, told as a stamp
    )
