"""Everything that can happen, as data: the house's one dictionary of events.

Each class is one kind of event, past tense and dotted. The journal keeps them as JSON, the link carries them, the live
stream shows them, and the reference page is made from them; there is no second definition. Imports only the ids.

Who tells them: the hub's rooms tell `project.*`, `task.*`, `session.*`, `node.*`, `run.*`, `attempt.offered|placed` and
`question.answered`; a node tells the rest, always fenced by (run, attempt) and numbered by n.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Event(BaseModel):
    """What every event has in common: it is data, and it never changes."""

    model_config = ConfigDict(frozen=True, extra="ignore")


# ── the board ──────────────────────────────────────────────────────────────────────────────────────────────────────


class ProjectCreated(Event):
    kind: Literal["project.created"] = "project.created"
    key: str
    name: str


class ProjectChanged(Event):
    kind: Literal["project.changed"] = "project.changed"
    changes: dict[str, Any]


class ProjectDeleted(Event):
    kind: Literal["project.deleted"] = "project.deleted"
    key: str


class TaskCreated(Event):
    kind: Literal["task.created"] = "task.created"
    key: str
    title: str
    status: str


class TaskChanged(Event):
    kind: Literal["task.changed"] = "task.changed"
    changes: dict[str, Any]


class TaskDeleted(Event):
    kind: Literal["task.deleted"] = "task.deleted"
    key: str


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class SessionCreated(Event):
    kind: Literal["session.created"] = "session.created"
    user: str | None
    role: str


class SessionDeleted(Event):
    kind: Literal["session.deleted"] = "session.deleted"
    user: str | None


class PermissionDenied(Event):
    kind: Literal["permission.denied"] = "permission.denied"
    permission: str
    reason: str


# ── nodes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class NodeJoined(Event):
    kind: Literal["node.joined"] = "node.joined"
    node: str
    slots: int


class NodeLeft(Event):
    """A node's lease ran out, or it said goodbye."""

    kind: Literal["node.left"] = "node.left"
    node: str
    reason: str


# ── a run and its attempts, as the hub sees them ───────────────────────────────────────────────────────────────────


class RunSubmitted(Event):
    kind: Literal["run.submitted"] = "run.submitted"
    agent: str
    prompt: str


class RunStarted(Event):
    """The first agent process of the run is at work."""

    kind: Literal["run.started"] = "run.started"


class RunWaiting(Event):
    """The run stands still until somebody or something acts. `who` names them; `until` is RFC 3339 UTC."""

    kind: Literal["run.waiting"] = "run.waiting"
    reason: str
    who: str
    until: str | None = None


class RunResumed(Event):
    kind: Literal["run.resumed"] = "run.resumed"


class RunCompleted(Event):
    kind: Literal["run.completed"] = "run.completed"
    result: str
    head: str | None = None
    branch: str | None = None


class RunFailed(Event):
    kind: Literal["run.failed"] = "run.failed"
    error: str


class RunCancelled(Event):
    kind: Literal["run.cancelled"] = "run.cancelled"
    reason: str


class AttemptOffered(Event):
    kind: Literal["attempt.offered"] = "attempt.offered"


class AttemptPlaced(Event):
    kind: Literal["attempt.placed"] = "attempt.placed"
    node: str


class AttemptLost(Event):
    """The node that held the attempt is gone for longer than the grace; what it says from now on is refused."""

    kind: Literal["attempt.lost"] = "attempt.lost"
    node: str | None


class QuestionAnswered(Event):
    kind: Literal["question.answered"] = "question.answered"
    question: str
    option: str | None
    """The id of the option chosen, or None: the question was dismissed because the run ended."""
    text: str | None = None
    by: str


# ── an attempt, as its node tells it ───────────────────────────────────────────────────────────────────────────────

Outcome = Literal["completed", "failed", "cancelled", "interrupted"]
"""How an attempt ended. `interrupted`: its node was asked to stop politely; the work is saved and a next attempt goes on."""


class AttemptStarted(Event):
    """The agent's process is up. `sandbox` names what contains it (bubblewrap, landlock, none)."""

    kind: Literal["attempt.started"] = "attempt.started"
    agent_version: str | None = None
    sandbox: str = "none"
    model: str | None = None


class AttemptEnded(Event):
    """The last word of an attempt. `retry`: the same attempt may well succeed when made again."""

    kind: Literal["attempt.ended"] = "attempt.ended"
    outcome: Outcome
    result: str = ""
    error: str | None = None
    retry: bool = False


class WorkSaved(Event):
    """The dirty tree was put aside under `ref` before something destructive."""

    kind: Literal["work.saved"] = "work.saved"
    ref: str
    commit: str


class WorkCommitted(Event):
    """The attempt's changes are a commit. Counts are lines; `delivered` tells that the branch stands in the repository."""

    kind: Literal["work.committed"] = "work.committed"
    head: str
    base: str
    branch: str
    files: int
    additions: int
    deletions: int
    delivered: bool = False


class ArtifactKept(Event):
    """A text the hub keeps beside the run: `diff`, `log`. The journal keeps its name and size, never the text."""

    kind: Literal["artifact.kept"] = "artifact.kept"
    name: str
    size: int
    """Characters."""
    text: str = ""


# ── what an agent says and does ────────────────────────────────────────────────────────────────────────────────────


class AgentMessage(Event):
    kind: Literal["agent.message"] = "agent.message"
    text: str


class AgentThought(Event):
    kind: Literal["agent.thought"] = "agent.thought"
    text: str


class AgentChunk(Event):
    """A piece of a message while it is being said: shown, never kept; the whole message follows."""

    kind: Literal["agent.chunk"] = "agent.chunk"
    text: str
    thought: bool = False


class FileChange(BaseModel):
    """One file as a tool call says it changed it. `old` is None for a new file."""

    model_config = ConfigDict(frozen=True)
    path: str
    old: str | None = None
    new: str = ""


class AgentTool(Event):
    """A tool call, told whole each time it changes: readers replace by `id`."""

    kind: Literal["agent.tool"] = "agent.tool"
    id: str
    title: str = ""
    tool: str = "other"
    """read, edit, delete, move, search, execute, think, fetch or other (ACP ToolKind)."""
    status: Literal["pending", "running", "completed", "failed"] = "pending"
    input: str = ""
    output: str = ""
    changes: tuple[FileChange, ...] = ()


class PlanEntry(BaseModel):
    model_config = ConfigDict(frozen=True)
    text: str
    status: Literal["pending", "in_progress", "completed"] = "pending"


class AgentPlan(Event):
    kind: Literal["agent.plan"] = "agent.plan"
    entries: tuple[PlanEntry, ...]


class AgentTitle(Event):
    kind: Literal["agent.title"] = "agent.title"
    title: str


class AgentUsage(Event):
    """The run's totals so far, as counted at the model proxy (never by the agent). `cost_usd` None: no known price."""

    kind: Literal["agent.usage"] = "agent.usage"
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost_usd: float | None = None


class AgentLog(Event):
    """What the agent's program wrote to its standard error, or said in a form nobody knows."""

    kind: Literal["agent.log"] = "agent.log"
    text: str


class Option(BaseModel):
    """One way to answer. `effect` is what it does, whatever the agent calls it (ACP PermissionOptionKind)."""

    model_config = ConfigDict(frozen=True)
    id: str
    label: str
    effect: Literal["allow_once", "allow_always", "reject_once", "reject_always", "other"] = "other"


class QuestionAsked(Event):
    """The agent stands still until this is answered."""

    kind: Literal["question.asked"] = "question.asked"
    question: str
    """An id that the node made, unique over all runs."""
    title: str
    detail: str = ""
    """The exact command, diff or words that the answer decides about."""
    options: tuple[Option, ...]
    tool: str | None = None
    """The id of the tool call it is about."""


BoardEvent = ProjectCreated | ProjectChanged | ProjectDeleted | TaskCreated | TaskChanged | TaskDeleted
PeopleEvent = SessionCreated | SessionDeleted | PermissionDenied
NodeEvent = NodeJoined | NodeLeft
RunEvent = (
    RunSubmitted
    | RunStarted
    | RunWaiting
    | RunResumed
    | RunCompleted
    | RunFailed
    | RunCancelled
    | AttemptOffered
    | AttemptPlaced
    | AttemptLost
    | QuestionAnswered
)
AgentEvent = AgentMessage | AgentThought | AgentChunk | AgentTool | AgentPlan | AgentTitle | AgentUsage | AgentLog
AttemptEvent = AttemptStarted | AttemptEnded | WorkSaved | WorkCommitted | ArtifactKept | QuestionAsked | AgentEvent
"""What a node may tell. Anything else from a node is refused."""
AnyEvent = BoardEvent | PeopleEvent | NodeEvent | RunEvent | AttemptEvent

any_event: TypeAdapter[AnyEvent] = TypeAdapter(Annotated[AnyEvent, Field(discriminator="kind")])
attempt_event: TypeAdapter[AttemptEvent] = TypeAdapter(Annotated[AttemptEvent, Field(discriminator="kind")])
