"""Routes of the runtime contract: sessions, submit, state, cancel, stream, agents, skills."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from coderclawlink.access import devices, sessions
from coderclawlink.access.devices import DeviceNotFound
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.access.rules import PolicyDenied
from coderclawlink.access.sessions import Session
from coderclawlink.db.engine import Look, Tx
from coderclawlink.errors import Denied, NotSignedIn
from coderclawlink.ids import ProjectId, RunId, SessionId, TaskId
from coderclawlink.journal.feed import Shown
from coderclawlink.runs import attempts, ledger
from coderclawlink.runs.attempts import Attempt
from coderclawlink.runs.ledger import Run, RunNotFound
from coderclawlink.runs.run import State
from coderclawlink.runtime.agents import Agent
from coderclawlink.runtime.contract import CutOff
from coderclawlink.runtime.listening import OtherRights
from coderclawlink.web.problems import DESCRIBED_OF_STREAM
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.runs import Usage, Wait, usage_of, wait_of
from coderclawlink.web.shapes import SEQ_AT_MOST, Asked, Id, Seq, Stamp
from coderclawlink.web.signing_in import actor_of, needs, open_to_all, owners_only
from coderclawlink.web.tasks import AgentName

router = APIRouter(prefix="/api/runtime", tags=["runtime"])

UserName = Annotated[str, Field(max_length=255)]

Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT, session_in_body=True)]
Canceller = Annotated[Actor, needs(Permission.TASK_CANCEL, session_in_body=True)]
Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]
AgentLister = Annotated[Actor, needs(Permission.AGENT_LIST)]
SkillLister = Annotated[Actor, needs(Permission.SKILL_LIST)]
THE_ID_IS_THE_SECRET = open_to_all("who knows the id has the session")


# ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────────────


class SessionWanted(Asked):
    user_id: UserName | None = None
    device_id: UserName | None = None


class SessionTold(BaseModel):
    session_id: str
    user_id: str | None
    created_at: Stamp
    last_activity: Stamp
    permissions: list[Permission]


class NotYourself(Denied):
    """Nobody makes a session for somebody else."""


class NotThisDevice(Denied):
    """This is no paired device of yours: `clawlink device list` shows them."""


def _session(session: Session) -> SessionTold:
    return SessionTold(
        session_id=session.id,
        user_id=session.user,
        created_at=session.created_at,
        last_activity=session.last_activity,
        permissions=session.permissions,
    )


@router.post("/sessions")
async def create_session(
    owner: Annotated[Actor, owners_only()],
    here: Here,
    wanted: SessionWanted | None = None,
    user_id: UserName | None = None,
    device_id: UserName | None = None,
) -> SessionTold:
    """Only the owner of the hub's machine makes sessions. `user_id` alone never gives more than a developer's rights. In team mode, who
    has signed in makes them, and for nobody else; `device_id` is then a paired device of theirs, which narrows what the session may and
    ends it when it is revoked. Else it is a name."""
    wanted = wanted or SessionWanted()
    user = wanted.user_id or user_id or None
    device = wanted.device_id or device_id or None
    if here.mode == "team":
        if owner.user is None or user not in (None, owner.user):
            raise NotYourself
        return _session(await here.db.write(_open_for, owner, device))
    return _session(await here.db.write(sessions.create, user, device))


def _open_for(tx: Tx, owner: Actor, device: str | None) -> Session:
    """A session by a device's session is bound to that device too. Raises `NotThisDevice`."""
    if owner.user is None:
        raise NotYourself
    if device is not None:
        try:
            devices.require_paired(tx, owner.user, device)
        except DeviceNotFound as error:
            raise NotThisDevice from error
    if owner.device is not None and device not in (None, owner.device):
        raise NotThisDevice("You have signed in by another device than this.")
    return sessions.open_contract(tx, owner.user, device or owner.device)


@router.get("/sessions/{session_id}", dependencies=[THE_ID_IS_THE_SECRET])
async def show_session(here: Here, session_id: str) -> SessionTold:
    """Refreshes `last_activity`."""
    return _session(await here.db.write(sessions.touch, SessionId(session_id)))


@router.delete("/sessions/{session_id}", status_code=204, dependencies=[THE_ID_IS_THE_SECRET])
async def delete_session(here: Here, session_id: str) -> None:
    await here.db.write(sessions.delete, SessionId(session_id))


# ── runs, as tasks of the contract ─────────────────────────────────────────────────────────────────────────────────


class Submission(Asked):
    """`task_id`: the board's task that the run is for. `session_id` may stand here, in the query or in a header."""

    agent_type: AgentName
    prompt: Annotated[str, Field(min_length=1)]
    context: dict[str, JsonValue] = Field(default_factory=dict)
    session_id: str | None = None
    project_id: Id | None = None
    task_id: Id | None = None


class Cancellation(Asked):
    session_id: str | None = None


class Cancelled(BaseModel):
    success: Literal[True] = True
    task_id: str


class TaskMetadata(BaseModel):
    agent_type: str
    attempt: int
    node: str | None
    branch: str | None
    head: str | None
    wait: Wait | None
    usage: Usage | None


class TaskState(BaseModel):
    """`execution_time`: seconds since the agent began, null before."""

    task_id: str
    execution_uuid: str
    state: State
    success: bool
    result: str | None
    error: str | None
    execution_time: float | None
    metadata: TaskMetadata | None


def _state(look: Look, actor: Actor, run_id: RunId) -> TaskState:
    run = ledger.find_for(look, actor, run_id)
    return state_of(run, attempts.of_run(look, run.id))


def state_of(run: Run, made: list[Attempt]) -> TaskState:
    until = time.time() if run.ended_at is None else run.ended_at
    return TaskState(
        task_id=run.id,
        execution_uuid=run.id,
        state=run.state,
        success=run.state is State.COMPLETED,
        result=run.result,
        error=run.error,
        execution_time=None if run.started_at is None else max(0.0, until - run.started_at),
        metadata=TaskMetadata(
            agent_type=run.agent,
            attempt=run.attempt,
            node=made[-1].node if made else None,
            branch=run.branch,
            head=run.head,
            wait=wait_of(run),
            usage=usage_of(made),
        ),
    )


@router.post("/tasks/submit")
async def submit(actor: Submitter, here: Here, wanted: Submission) -> TaskState:
    run = await here.runtime.submit(
        actor,
        agent=wanted.agent_type,
        prompt=wanted.prompt,
        context=wanted.context,
        project_id=None if wanted.project_id is None else ProjectId(wanted.project_id),
        task_id=None if wanted.task_id is None else TaskId(wanted.task_id),
    )
    # A run that found a place at once is further already; who has just asked is told what was asked for.
    return state_of(run, []).model_copy(update={"state": State.PENDING})


@router.get("/tasks/{task_id}/state")
async def show_state(actor: Viewer, here: Here, task_id: str) -> TaskState:
    return await here.db.read(_state, actor, RunId(task_id.lower()))


@router.post("/tasks/{task_id}/cancel")
async def cancel(
    actor: Canceller, here: Here, task_id: str, _: Annotated[Cancellation | None, Body()] = None
) -> Cancelled:
    run = await here.runtime.cancel(actor, RunId(task_id.lower()))
    return Cancelled(task_id=run.id)


async def _visible(actor: Viewer, here: Here, task_id: str) -> Run:
    """Found before the answer begins, so that it can still be a 404."""
    return await here.runtime.query(actor, RunId(task_id.lower()))


@router.get("/tasks/{task_id}/stream", response_class=EventSourceResponse, responses=DESCRIBED_OF_STREAM)
async def stream(
    actor: Viewer,
    here: Here,
    run: Annotated[Run, Depends(_visible)],
    request: Request,
    after: Annotated[Seq, Query()] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """The run's events as they happen, and from `after` or `Last-Event-ID` on; ends with the run.

    What is only shown (`agent.chunk`) has no id. A reader that is too slow is cut, and may come back with the last id. The stream ends
    within a second once the session has ended, or may something else.
    """
    if last_event_id and last_event_id.isascii() and last_event_id.isdigit():
        after = min(int(last_event_id[:16]), SEQ_AT_MOST)
    try:
        who = partial(_who_may_read, request, here, run)
        async for item in here.runtime.stream(actor, run.id, after, who):
            if isinstance(item, Shown):
                yield ServerSentEvent(raw_data=json.dumps(shown_json(item)), event="agent.chunk")
            else:
                yield ServerSentEvent(raw_data=item.text, event=item.kind, id=str(item.seq))
    except CutOff:
        yield ServerSentEvent(comment="too slow: come back with the last id")
    except RunNotFound:
        yield ServerSentEvent(comment="the run has been deleted")
    except NotSignedIn:
        yield ServerSentEvent(comment="the session has ended")
    except (OtherRights, PolicyDenied):
        yield ServerSentEvent(comment="what you may has changed: come back with the last id")


async def _who_may_read(request: Request, here: Rooms, run: Run) -> Actor:
    """Who asks as of now, if the policies let it. Raises `NotSignedIn`, `PolicyDenied`."""
    actor = await actor_of(request, here, request.query_params.get("session_id"))
    if here.rules.are_asked:
        came = {"method": "GET", "path": request.url.path[:500], "address": ""}
        await here.rules.require(actor, Permission.TASK_VIEW, {"run_id": run.id}, came)
    return actor


def shown_json(shown: Shown) -> dict[str, object]:
    """As `Told.as_json`, without a number: it is for eyes only."""
    about = shown.about
    told = {name: value for name, value in shown.data.items() if name != "seq"}
    return {
        **told,
        "project_id": about.project,
        "task_id": about.task,
        "run_id": about.run,
        "attempt": about.attempt,
    }


# ── agents and skills ──────────────────────────────────────────────────────────────────────────────────────────────


class AgentHealth(BaseModel):
    """An agent as one node found it. `why`: for people, why it cannot be run there now, null if it can."""

    model_config = ConfigDict(from_attributes=True)
    node: str
    online: bool
    available: bool
    version: str | None
    why: str | None
    reached: str
    signed_in: bool | None
    limit: int | None


def _is_none(value: object) -> bool:
    return value is None


class AgentMetadata(BaseModel):
    """`why`: for people, why it is not available and what to do. `reached`: the program's path, or the server's address.
    `signed_in`: null where it needs no signing in, or that cannot be told. `model`: used when nothing else is configured.
    `accounts`: names of those that may pay for it, a default first. `nodes`: those that can run it now.
    `refused`: why you may not use it; left out where you may.
    """

    model_config = ConfigDict(from_attributes=True)
    version: str | None
    why: str | None
    driver: str
    reached: str
    signed_in: bool | None
    model: str
    models: list[str]
    accounts: list[str]
    nodes: list[str]
    refused: Annotated[str | None, Field(exclude_if=_is_none)] = None
    limit: int | None
    health: list[AgentHealth]


class AgentInfo(BaseModel):
    agent_type: str
    name: str
    description: str
    available: bool
    capabilities: list[str]
    metadata: AgentMetadata | None


class SkillInfo(BaseModel):
    skill_id: str
    name: str
    description: str
    required_permissions: list[Permission]
    metadata: dict[str, JsonValue] | None = None


@router.get("/agents")
async def list_agents(
    actor: AgentLister,
    here: Here,
    project_id: Annotated[Id | None, Query(description="Whether you may use them is told for this project.")] = None,
) -> list[AgentInfo]:
    """All that are known, with whether they can be run now, and whether you may use them."""
    project = None if project_id is None else ProjectId(project_id)
    return [info_of(agent) for agent in await here.runtime.list_agents(actor, project)]


def info_of(agent: Agent) -> AgentInfo:
    return AgentInfo(
        agent_type=agent.name,
        name=agent.name,
        description=agent.description,
        available=agent.available,
        capabilities=list(agent.capabilities),
        metadata=AgentMetadata.model_validate(agent),
    )


@router.get("/skills")
async def list_skills(actor: SkillLister, here: Here) -> list[SkillInfo]:
    return [
        SkillInfo(
            skill_id=skill.id,
            name=skill.name,
            description=skill.description,
            required_permissions=list(skill.required_permissions),
        )
        for skill in await here.runtime.list_skills(actor)
    ]
