"""Routes of tasks, and of their runs as older clients see them: executions.

What a change or a deletion did can be undone for ten minutes: the answer's header `Undo-Token` says by which token (`web.board`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, Response
from pydantic import Field
from typing_extensions import TypedDict

from coderclawlink.access import visibility
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import bulk, cards, links, repositories, tasks
from coderclawlink.board.cards import Filter
from coderclawlink.board.links import Link
from coderclawlink.board.tasks import Priority, Task, TaskStatus
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import tasks as tasks_table
from coderclawlink.errors import Unavailable
from coderclawlink.ids import RunId, TaskId
from coderclawlink.pulls import external
from coderclawlink.pulls.external import External
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run
from coderclawlink.runs.run import State
from coderclawlink.web.filters import Which
from coderclawlink.web.repositories import Names
from coderclawlink.web.rooms import CLOSING, Here, Rooms
from coderclawlink.web.shapes import ID_AT_MOST, Asked, Id, LongText, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/tasks", tags=["tasks"])

LOOK_AGAIN_SECONDS = 5.0

Title = Annotated[str, Field(min_length=1, max_length=500)]
AgentName = Annotated[str, Field(min_length=1, max_length=100)]
Person = Annotated[str, Field(min_length=1, max_length=100)]
UNDO = "Undo-Token"

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]
Submitter = Annotated[Actor, needs(Permission.TASK_SUBMIT)]
Viewer = Annotated[Actor, needs(Permission.TASK_VIEW)]


class Stopping(Unavailable):
    """The hub is stopping; the run goes on. Ask again how it stands."""


class TaskTold(Told):
    id: int
    project_id: int
    key: str
    title: str
    description: str | None
    status: TaskStatus
    priority: Priority
    assigned_agent_type: str | None
    assignee: str | None
    agent_execution_status: str | None
    github_pr_url: str | None
    github_pr_number: int | None
    github_branch_name: str | None
    created_at: Stamp
    updated_at: Stamp


class ExternalTold(Told):
    """What the task is one with in another program. `key`: as people name it, owner/name#12 or ABC-7."""

    source: Literal["github", "jira", "vibe_kanban"]
    key: str
    url: str | None


class TaskDetail(TaskTold):
    """`repositories`: the names of those that it is about beside the project's own."""

    external: ExternalTold | None
    repositories: list[str]


class TaskWanted(Asked):
    """`parent_id`: the task that it is a part of. `assignee`: the person it is meant for. `repositories`: names of the project's
    further ones that it is about too."""

    project_id: Id
    title: Title
    description: LongText | None = None
    status: TaskStatus = TaskStatus.TODO
    priority: Priority = Priority.MEDIUM
    assigned_agent_type: AgentName | None = None
    assignee: Person | None = None
    parent_id: Id | None = None
    repositories: Names = Field(default_factory=list)


class TaskChanges(TypedDict, total=False):
    """Only what is named is changed."""

    title: Title
    description: LongText | None
    status: TaskStatus
    priority: Priority
    assigned_agent_type: AgentName | None
    assignee: Person | None


class ExecutionWanted(Asked):
    task_id: Id
    agent_type: AgentName
    prompt: Annotated[str, Field(min_length=1)]


class Execution(Told):
    """A run of a task. What is still open is `running`; what was cancelled has `failed`, and says so."""

    id: int
    task_id: int
    agent_type: str
    prompt: str
    response: str | None
    status: Literal["running", "completed", "failed"]
    error_message: str | None
    started_at: Stamp
    completed_at: Stamp | None


@router.get("", response_model=list[TaskTold])
async def list_tasks(
    actor: Reader,
    here: Here,
    which: Which,
    limit: Annotated[int | None, Query(ge=1, le=10_000)] = None,
    offset: Annotated[int, Query(ge=0, le=ID_AT_MOST)] = 0,
) -> list[Task]:
    return await here.db.read(_list, actor, which, limit, offset)


def _list(look: Look, actor: Actor, which: Filter, limit: int | None, offset: int) -> list[Task]:
    read = visibility.allowed(actor, Permission.PROJECT_READ, tasks_table.c.project_id)
    return tasks.all_of_them(look, which=[read, *cards.conditions(look, actor, which)], limit=limit, offset=offset)


@router.post("", status_code=201, response_model=TaskTold)
async def create_task(actor: Writer, here: Here, wanted: TaskWanted) -> Task:
    return await here.db.write(_create, actor, wanted)


def _create(tx: Tx, actor: Actor, wanted: TaskWanted) -> Task:
    made = tasks.create(tx, actor, **wanted.model_dump(exclude={"parent_id", "repositories"}))
    repositories.choose(tx, actor, made.id, wanted.repositories)
    if wanted.parent_id is not None:
        links.add(tx, actor, made.id, Link.CHILD, TaskId(wanted.parent_id))
    return made


@router.post("/execute", response_model=Execution)
async def execute(actor: Submitter, here: Here, wanted: ExecutionWanted) -> Execution:
    """Answers once the run has ended. A caller who hangs up does not cancel it."""
    run = await here.runtime.submit(
        actor, agent=wanted.agent_type, prompt=wanted.prompt, task_id=TaskId(wanted.task_id)
    )
    return execution_of(await _until_ended(here, actor, run.id))


@router.get("/{task_id}", response_model=TaskDetail)
async def show_task(actor: Reader, here: Here, task_id: Id) -> TaskDetail:
    return await here.db.read(_show, TaskId(task_id))


def _show(look: Look, task: TaskId) -> TaskDetail:
    found, linked = tasks.find(look, task), external.of_task(look, task)
    told = None if linked is None else ExternalTold.model_validate(linked)
    names = [each.name for each in repositories.of_task(look, task)]
    shown = {name: getattr(found, name) for name in TaskTold.model_fields}
    return TaskDetail(**shown, external=told, repositories=names)


@router.get("/{task_id}/external", response_model=ExternalTold | None)
async def show_external(actor: Reader, here: Here, task_id: Id) -> External | None:
    """What the task is one with in another program; null: nothing."""
    return await here.db.read(external.shown, TaskId(task_id))


@router.patch("/{task_id}", response_model=TaskTold)
async def change_task(
    actor: Writer, here: Here, task_id: Id, changes: Annotated[TaskChanges, Body()], response: Response
) -> Task:
    done = await here.db.write(bulk.change, actor, [TaskId(task_id)], changes)
    response.headers[UNDO] = done.undo
    return done.tasks[0]


@router.delete("/{task_id}", status_code=204)
async def delete_task(actor: Writer, here: Here, task_id: Id, response: Response) -> None:
    done = await here.db.write(bulk.delete, actor, [TaskId(task_id)])
    response.headers[UNDO] = done.undo


@router.get("/{task_id}/executions", response_model=list[Execution])
async def list_executions(actor: Viewer, here: Here, task_id: Id) -> list[Execution]:
    """Newest first."""
    return [execution_of(run) for run in await here.db.read(_runs_of, actor, TaskId(task_id))]


def _runs_of(look: Look, actor: Actor, task: TaskId) -> list[Run]:
    tasks.find(look, task)
    return ledger.of_task(look, actor, task)


def execution_of(run: Run) -> Execution:
    error = "The run was cancelled." if run.state is State.CANCELLED else run.error
    return Execution(
        id=run.number,
        task_id=run.task_id or 0,
        agent_type=run.agent,
        prompt=run.prompt,
        response=run.result,
        status="running" if not run.has_ended else "completed" if run.state is State.COMPLETED else "failed",
        error_message=error,
        started_at=run.started_at or run.created_at,
        completed_at=run.ended_at,
    )


async def _until_ended(here: Rooms, actor: Actor, run: RunId) -> Run:
    """As `Runtime.until_ended`, but a hub that stops lets its callers go. Raises `Stopping`, `RunNotFound`."""
    with here.db.bell.listen(f"over:{run}", f"run:{run}", CLOSING) as ear:
        while not (found := await here.runtime.query(actor, run)).has_ended:
            if here.is_closing:
                raise Stopping
            await ear.wait(LOOK_AGAIN_SECONDS)
        return found
