"""Everything that can happen, as data: the house's one dictionary of events.

Each class is one kind of event, past tense and dotted. The journal keeps them as JSON, the link carries them, the live
stream shows them, and the reference page is made from them; there is no second definition. Imports only the rules.

Who tells them: the hub's rooms tell `project.*`, `task.*`, `comment.*`, `label.*`, `attachment.*`, `session.*`, `node.*`, `run.*`, `agent.configured`, `budget.*`,
`comparison.*`, `remarks.*`, `chat.*`, `delivery.*`, `pull_request.*`, `issue.*`, `attempt.offered|placed|lost`, `question.answered` and `prompt.*` but
`prompt.taken`; a node tells the rest, always fenced by (run, attempt) and numbered by n.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from coderclawlink.rules import Act, Effect


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


class TaskRestored(Event):
    """The deletion was undone."""

    kind: Literal["task.restored"] = "task.restored"
    key: str
    title: str
    status: str


class TaskLinked(Event):
    """Told of each of the two: this one `blocks`, is `blocked_by`, `relates` to, is `child` or `parent` of the `other`."""

    kind: Literal["task.linked"] = "task.linked"
    link: str
    other: str
    other_id: int


class TaskUnlinked(Event):
    kind: Literal["task.unlinked"] = "task.unlinked"
    link: str
    other: str
    other_id: int


class TaskBlockersChanged(Event):
    """The tasks, by key, that must be done before work on this one begins; none: it is free."""

    kind: Literal["task.blockers_changed"] = "task.blockers_changed"
    open: tuple[str, ...]


class TaskProgressed(Event):
    """So many of its sub-tasks are done."""

    kind: Literal["task.progressed"] = "task.progressed"
    done: int
    total: int


class ViewSaved(Event):
    """`name`: None of a view that its owner keeps to themselves."""

    kind: Literal["view.saved"] = "view.saved"
    view: int
    name: str | None


class ViewDeleted(Event):
    kind: Literal["view.deleted"] = "view.deleted"
    view: int


class TaskLabelled(Event):
    """`labels`: the names it has from now on; `added` and `removed`: what has changed."""

    kind: Literal["task.labelled"] = "task.labelled"
    labels: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class CommentCreated(Event):
    """`comment`: its id. `text`: Markdown."""

    kind: Literal["comment.created"] = "comment.created"
    comment: int
    author: str
    text: str


class CommentChanged(Event):
    kind: Literal["comment.changed"] = "comment.changed"
    comment: int
    text: str


class CommentDeleted(Event):
    kind: Literal["comment.deleted"] = "comment.deleted"
    comment: int


class LabelCreated(Event):
    kind: Literal["label.created"] = "label.created"
    label: int
    name: str
    colour: str


class LabelChanged(Event):
    kind: Literal["label.changed"] = "label.changed"
    label: int
    before: str
    """The name it had."""
    name: str
    colour: str


class LabelDeleted(Event):
    kind: Literal["label.deleted"] = "label.deleted"
    label: int
    name: str


class AttachmentAdded(Event):
    """`size`: bytes."""

    kind: Literal["attachment.added"] = "attachment.added"
    attachment: int
    name: str
    size: int
    media_type: str


class AttachmentDeleted(Event):
    kind: Literal["attachment.deleted"] = "attachment.deleted"
    attachment: int
    name: str


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class SessionCreated(Event):
    kind: Literal["session.created"] = "session.created"
    user: str | None
    role: str


class SessionDeleted(Event):
    kind: Literal["session.deleted"] = "session.deleted"
    user: str | None


class SignedIn(Event):
    """`how`: password, passkey, oidc:<provider>, github:<provider>, device, invitation; `device`: its id, if the session is bound to one."""

    kind: Literal["session.signed_in"] = "session.signed_in"
    user: str
    how: str
    device: str | None = None
    new_device: bool = False


class SignInRefused(Event):
    """`user`: who it claimed to be, as far as that was told."""

    kind: Literal["session.refused"] = "session.refused"
    user: str | None
    how: str
    why: str


class SessionsEnded(Event):
    """All sessions of a person were ended at once."""

    kind: Literal["session.ended_all"] = "session.ended_all"
    user: str
    sessions: int


class SteppedUp(Event):
    """The person has proven anew to be who they are, for something dangerous."""

    kind: Literal["session.stepped_up"] = "session.stepped_up"
    user: str
    how: str


class UserCreated(Event):
    """`how`: invitation, oidc:<provider>, github:<provider>, scim, admin, or named for one that a session has only named."""

    kind: Literal["user.created"] = "user.created"
    user: str
    role: str
    how: str


class UserChanged(Event):
    kind: Literal["user.changed"] = "user.changed"
    user: str
    changes: dict[str, Any]


class UserDeleted(Event):
    kind: Literal["user.deleted"] = "user.deleted"
    user: str


class UserInvited(Event):
    kind: Literal["user.invited"] = "user.invited"
    invitation: str
    role: str


class CredentialAdded(Event):
    """`what`: password, passkey, identity, token; `name`: which, never the secret."""

    kind: Literal["credential.added"] = "credential.added"
    user: str
    what: str
    name: str


class CredentialRemoved(Event):
    kind: Literal["credential.removed"] = "credential.removed"
    user: str
    what: str
    name: str


class PermissionGranted(Event):
    """`subject`: user:…, group:…, role:…, device:…; `what`: a role, or what may be used (agent:goose); `project`: its key."""

    kind: Literal["permission.granted"] = "permission.granted"
    subject: str
    what: str
    project: str | None = None


class PermissionRevoked(Event):
    kind: Literal["permission.revoked"] = "permission.revoked"
    subject: str
    what: str
    project: str | None = None


class DevicePaired(Event):
    kind: Literal["device.paired"] = "device.paired"
    device: str
    user: str
    name: str
    fingerprint: str
    trust: str


class DeviceChanged(Event):
    kind: Literal["device.changed"] = "device.changed"
    device: str
    changes: dict[str, Any]


class DeviceRevoked(Event):
    kind: Literal["device.revoked"] = "device.revoked"
    device: str
    user: str


class PolicyChanged(Event):
    """`project`: its key, None for the whole installation. `version` counts from 1; 0: there is none any more."""

    kind: Literal["policy.changed"] = "policy.changed"
    project: str | None
    version: int


class ProviderChanged(Event):
    """A way to sign in was added, changed or removed."""

    kind: Literal["provider.changed"] = "provider.changed"
    provider: str
    change: Literal["added", "changed", "removed"]


class SecretSet(Event):
    kind: Literal["secret.set"] = "secret.set"
    name: str


class SecretDeleted(Event):
    kind: Literal["secret.deleted"] = "secret.deleted"
    name: str


class SecretsRekeyed(Event):
    """All secrets of the hub are sealed with a new key. `secrets`: how many."""

    kind: Literal["secrets.rekeyed"] = "secrets.rekeyed"
    secrets: int


class AuditCheckpointed(Event):
    """The chain's head was signed. `sequence`: of the last audit event; `hash`: its hash."""

    kind: Literal["audit.checkpointed"] = "audit.checkpointed"
    sequence: int
    hash: str


class AuditCut(Event):
    """The oldest audit events were written to a file and are no longer in the database. `first`, `last`: the rows."""

    kind: Literal["audit.cut"] = "audit.cut"
    first: int
    last: int


class BackupMade(Event):
    kind: Literal["backup.made"] = "backup.made"
    size: int
    """Bytes."""


class PermissionDenied(Event):
    kind: Literal["permission.denied"] = "permission.denied"
    permission: str
    reason: str


# ── agents and money ───────────────────────────────────────────────────────────────────────────────────────────────


class AgentConfigured(Event):
    """`project`: its key, None for the whole installation. `version` counts from 1 for each agent and project."""

    kind: Literal["agent.configured"] = "agent.configured"
    agent: str
    project: str | None
    version: int


class BudgetSet(Event):
    """`scope`: installation, project, task, agent or user; `name` which one. None: no cap."""

    kind: Literal["budget.set"] = "budget.set"
    scope: str
    name: str
    usd: float | None
    tokens: int | None


class BudgetReached(Event):
    """So much of a cap is spent: 50, 80 or 100 percent, each told once. `scope` also run."""

    kind: Literal["budget.reached"] = "budget.reached"
    scope: str
    name: str
    percent: int
    spent_usd: float
    spent_tokens: int
    usd: float | None
    tokens: int | None


# ── conversations with a project ───────────────────────────────────────────────────────────────────────────────────


class ChatAsked(Event):
    """Somebody has written message `number`; the run's events tell the answer. The words are not for everybody."""

    kind: Literal["chat.asked"] = "chat.asked"
    chat: str
    number: int


class ChatProposed(Event):
    """The answer to message `number` proposes something: nothing of it is done until a person confirms it."""

    kind: Literal["chat.proposed"] = "chat.proposed"
    chat: str
    number: int
    proposals: tuple[int, ...]


class ProposalDecided(Event):
    kind: Literal["chat.decided"] = "chat.decided"
    chat: str
    proposal: int
    confirmed: bool
    by: str


# ── the code's host ────────────────────────────────────────────────────────────────────────────────────────────────


class ProjectConnected(Event):
    """The project's repository was reached with an access of its own. `host`: github, git; `as_whom`: whose access it is."""

    kind: Literal["project.connected"] = "project.connected"
    host: str
    repository: str
    as_whom: str


class ProjectDisconnected(Event):
    kind: Literal["project.disconnected"] = "project.disconnected"
    host: str


class DeliveryWanted(Event):
    """The commit `head` is to stand on `branch` of a repository. `repository`: its name within the project, "" for the project's own."""

    kind: Literal["delivery.wanted"] = "delivery.wanted"
    delivery: str
    repository: str
    branch: str
    head: str


class DeliveryPushed(Event):
    """It stands there. `branch`: the name that it was given."""

    kind: Literal["delivery.pushed"] = "delivery.pushed"
    delivery: str
    repository: str
    branch: str
    head: str


class DeliveryFailed(Event):
    """It will not be tried again by itself."""

    kind: Literal["delivery.failed"] = "delivery.failed"
    delivery: str
    error: str


class PullRequestOpened(Event):
    """`found`: it was there already. `repository`: as the host names it, owner/name."""

    kind: Literal["pull_request.opened"] = "pull_request.opened"
    pull: int
    repository: str
    number: int
    url: str
    branch: str
    draft: bool = False
    found: bool = False


class PullRequestChanged(Event):
    """What is otherwise than it was: of title, draft, head, checks, review, mergeable, comments; `needs`: why it waits for a person."""

    kind: Literal["pull_request.changed"] = "pull_request.changed"
    pull: int
    number: int
    changes: dict[str, Any]


class PullRequestAnswered(Event):
    """What the host told became a prompt for an agent. `why`: checks, review, conflict; `round` counts from 1."""

    kind: Literal["pull_request.answered"] = "pull_request.answered"
    pull: int
    number: int
    why: str
    round: int
    run: str


class PullRequestMerged(Event):
    """`by`: as the host names the person, None if it does not tell."""

    kind: Literal["pull_request.merged"] = "pull_request.merged"
    pull: int
    number: int
    url: str
    by: str | None = None


class PullRequestClosed(Event):
    """It was closed without being merged."""

    kind: Literal["pull_request.closed"] = "pull_request.closed"
    pull: int
    number: int
    url: str


class PullRequestReopened(Event):
    kind: Literal["pull_request.reopened"] = "pull_request.reopened"
    pull: int
    number: int
    url: str


class IssueLinked(Event):
    """The task and something in another program are one. `source`: github, jira, vibe_kanban; `external`: as that program names
    it, owner/name#12 or ABC-7."""

    kind: Literal["issue.linked"] = "issue.linked"
    source: str
    external: str
    url: str | None = None


class IssueSynced(Event):
    """What was changed on one side was changed on the other. `to`: where it was written."""

    kind: Literal["issue.synced"] = "issue.synced"
    source: str
    external: str
    to: Literal["here", "there"]
    fields: tuple[str, ...]


class TasksImported(Event):
    """`known`: how many stood on the board already."""

    kind: Literal["tasks.imported"] = "tasks.imported"
    source: str
    made: int
    known: int


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


class RunHandedOver(Event):
    """Another agent goes on. `why`: who wanted it, or the limit that made it needful."""

    kind: Literal["run.handed_over"] = "run.handed_over"
    before: str
    agent: str
    why: str


class RunReviewed(Event):
    kind: Literal["run.reviewed"] = "run.reviewed"
    approved: bool
    by: str
    text: str = ""


class RunDiscarded(Event):
    """The result is not wanted: its branch stays, its task is to be done anew."""

    kind: Literal["run.discarded"] = "run.discarded"
    by: str
    text: str = ""


class RemarksSent(Event):
    """Comments on lines of a result have been given to the agent of this run, as its prompt `prompt`."""

    kind: Literal["remarks.sent"] = "remarks.sent"
    remarks: tuple[str, ...]
    prompt: int
    by: str


class RemarksJudged(Event):
    """A new commit `head` was laid beside the comments that were sent: the lines of some have changed, of others not."""

    kind: Literal["remarks.judged"] = "remarks.judged"
    head: str
    addressed: tuple[str, ...]
    still_open: tuple[str, ...]


class ReceiptIssued(Event):
    """The proof of a run's result is kept with it. `digest`: SHA-256 of the receipt's canonical JSON."""

    kind: Literal["run.receipt"] = "run.receipt"
    head: str | None
    checks: tuple[str, ...]
    digest: str


class ComparisonStarted(Event):
    """Several runs of one task are at work side by side."""

    kind: Literal["comparison.started"] = "comparison.started"
    comparison: str
    runs: tuple[str, ...]


class ComparisonKept(Event):
    kind: Literal["comparison.kept"] = "comparison.kept"
    comparison: str
    run: str


class PromptQueued(Event):
    """A further prompt waits for its turn. `number` counts from 1 within the run; the run's own prompt is 0."""

    kind: Literal["prompt.queued"] = "prompt.queued"
    number: int
    text: str
    by: str
    steer: bool = False


class PromptChanged(Event):
    kind: Literal["prompt.changed"] = "prompt.changed"
    number: int
    text: str
    by: str


class PromptWithdrawn(Event):
    kind: Literal["prompt.withdrawn"] = "prompt.withdrawn"
    number: int
    by: str


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

Outcome = Literal["completed", "failed", "cancelled", "interrupted", "paused"]
"""How an attempt ended. `interrupted`: its node was asked to stop politely; the work is saved and a next attempt goes on.
`paused`: something must happen first, see `Pause`; the work is saved."""


class Pause(BaseModel):
    """Why an attempt stands still. `quota`: the model's provider has had enough of us `until` (RFC 3339 UTC, None: it did not
    say), with this account. `budget`: ours is used up. `question`: the node asks something itself, as about a loop."""

    model_config = ConfigDict(frozen=True)
    reason: Literal["quota", "budget", "question"]
    why: str
    until: str | None = None
    account: str = ""
    model: str = ""


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
    pause: Pause | None = None


class AgentSession(Event):
    """The agent's own name for the conversation, by which the next attempt may find it again. `resumed`: it remembers what
    was said before."""

    kind: Literal["agent.session"] = "agent.session"
    session: str
    resumed: bool = False


class PromptTaken(Event):
    """The agent is at work on this prompt from now on, in these words. `number` 0: the run's own; None: the node's, as when
    it tells the agent of a failed check."""

    kind: Literal["prompt.taken"] = "prompt.taken"
    number: int | None
    text: str


class AnswerHeard(Event):
    """The answer has been given to the agent: it counts, and is not given again."""

    kind: Literal["answer.heard"] = "answer.heard"
    question: str


class PermissionDecided(Event):
    """A rule decided, or the agent's mode where no rule did (`rule` None): nobody was asked."""

    kind: Literal["permission.decided"] = "permission.decided"
    title: str
    act: Act
    effect: Effect
    rule: str | None = None
    tool: str | None = None


class CheckStarted(Event):
    kind: Literal["check.started"] = "check.started"
    name: str
    command: str
    round: int = 0


class CheckEnded(Event):
    """A check of the result `head` is over. `exit_code` None: it did not end in time, or could not be started. `output`: its
    last words. `round` counts the mendings before it."""

    kind: Literal["check.ended"] = "check.ended"
    name: str
    command: str
    head: str
    passed: bool
    exit_code: int | None
    seconds: float
    output: str = ""
    round: int = 0


class ChecksDemanded(Event):
    """What the result must pass, as the repository's default branch says at commit `base`, or the project (`source`).
    `review`: a person must approve it, too."""

    kind: Literal["checks.demanded"] = "checks.demanded"
    names: tuple[str, ...]
    source: Literal["repository", "project"]
    base: str
    review: bool = False


class WorkSaved(Event):
    """The dirty tree was put aside under `ref` before something destructive."""

    kind: Literal["work.saved"] = "work.saved"
    ref: str
    commit: str
    repository: str = ""
    """Its name within the project; "" for the project's own."""


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
    repository: str = ""
    """Its name within the project; "" for the project's own."""


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
    act: Act = Act()
    """What would be done, as far as it can be told: what rules are laid beside."""
    rule: str | None = None
    """The rule that wants a person to be asked; empty: none does, the agent's mode asks. None: not told."""


TalkEvent = CommentCreated | CommentChanged | CommentDeleted | AttachmentAdded | AttachmentDeleted
LabelEvent = LabelCreated | LabelChanged | LabelDeleted | TaskLabelled
BoardEvent = (
    ProjectCreated
    | ProjectChanged
    | ProjectDeleted
    | TaskCreated
    | TaskChanged
    | TaskDeleted
    | TaskRestored
    | TaskLinked
    | TaskUnlinked
    | TaskBlockersChanged
    | TaskProgressed
    | ViewSaved
    | ViewDeleted
    | TalkEvent
    | LabelEvent
)
PeopleEvent = (
    SessionCreated
    | SessionDeleted
    | SignedIn
    | SignInRefused
    | SessionsEnded
    | SteppedUp
    | UserCreated
    | UserChanged
    | UserDeleted
    | UserInvited
    | CredentialAdded
    | CredentialRemoved
    | PermissionGranted
    | PermissionRevoked
    | PermissionDenied
    | DevicePaired
    | DeviceChanged
    | DeviceRevoked
    | PolicyChanged
    | ProviderChanged
    | SecretSet
    | SecretDeleted
    | SecretsRekeyed
    | AuditCheckpointed
    | AuditCut
    | BackupMade
)
NodeEvent = NodeJoined | NodeLeft
MoneyEvent = AgentConfigured | BudgetSet | BudgetReached
ChatEvent = ChatAsked | ChatProposed | ProposalDecided
HostEvent = (
    ProjectConnected
    | ProjectDisconnected
    | DeliveryWanted
    | DeliveryPushed
    | DeliveryFailed
    | PullRequestOpened
    | PullRequestChanged
    | PullRequestAnswered
    | PullRequestMerged
    | PullRequestClosed
    | PullRequestReopened
    | IssueLinked
    | IssueSynced
    | TasksImported
)
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
    | RunHandedOver
    | RunReviewed
    | RunDiscarded
    | RemarksSent
    | RemarksJudged
    | ReceiptIssued
    | ComparisonStarted
    | ComparisonKept
    | PromptQueued
    | PromptChanged
    | PromptWithdrawn
)
AgentEvent = AgentMessage | AgentThought | AgentChunk | AgentTool | AgentPlan | AgentTitle | AgentUsage | AgentLog
AttemptEvent = (
    AttemptStarted
    | AttemptEnded
    | AgentSession
    | PromptTaken
    | AnswerHeard
    | PermissionDecided
    | ChecksDemanded
    | CheckStarted
    | CheckEnded
    | WorkSaved
    | WorkCommitted
    | ArtifactKept
    | QuestionAsked
    | AgentEvent
)
"""What a node may tell. Anything else from a node is refused."""
AnyEvent = BoardEvent | PeopleEvent | NodeEvent | MoneyEvent | RunEvent | AttemptEvent | ChatEvent | HostEvent

any_event: TypeAdapter[AnyEvent] = TypeAdapter(Annotated[AnyEvent, Field(discriminator="kind")])
attempt_event: TypeAdapter[AttemptEvent] = TypeAdapter(Annotated[AttemptEvent, Field(discriminator="kind")])
