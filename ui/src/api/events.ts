// Made by scripts/ui_types.py; do not edit.

/** One thing that an agent wants to do. `tool`: read, edit, delete, move, search, execute, think, fetch or other (ACP ToolKind). `paths` are relative to the workspace where they lie in it, else absolute. */
export type Act = {
  tool: string
  command: string
  paths: Array<string>
  hosts: Array<string>
}

/** A piece of a message while it is being said: shown, never kept; the whole message follows. */
export type AgentChunk = {
  kind: "agent.chunk"
  text: string
  thought: boolean
}

/** `project`: its key, None for the whole installation. `version` counts from 1 for each agent and project. */
export type AgentConfigured = {
  kind: "agent.configured"
  agent: string
  project: (string | null)
  version: number
}

/** What the agent's program wrote to its standard error, or said in a form nobody knows. */
export type AgentLog = {
  kind: "agent.log"
  text: string
}

export type AgentMessage = {
  kind: "agent.message"
  text: string
}

export type AgentPlan = {
  kind: "agent.plan"
  entries: Array<PlanEntry>
}

/** The agent's own name for the conversation, by which the next attempt may find it again. `resumed`: it remembers what was said before. */
export type AgentSession = {
  kind: "agent.session"
  session: string
  resumed: boolean
}

export type AgentThought = {
  kind: "agent.thought"
  text: string
}

export type AgentTitle = {
  kind: "agent.title"
  title: string
}

/** A tool call, told whole each time it changes: readers replace by `id`. */
export type AgentTool = {
  kind: "agent.tool"
  id: string
  title: string
  tool: string
  status: "pending" | "running" | "completed" | "failed"
  input: string
  output: string
  changes: Array<FileChange>
}

/** The run's totals so far, as counted at the model proxy (never by the agent). `cost_usd` None: no known price. */
export type AgentUsage = {
  kind: "agent.usage"
  model: string
  calls: number
  input_tokens: number
  output_tokens: number
  cached_tokens: number
  cost_usd: (number | null)
}

/** The answer has been given to the agent: it counts, and is not given again. */
export type AnswerHeard = {
  kind: "answer.heard"
  question: string
}

/** A text the hub keeps beside the run: `diff`, `log`. The journal keeps its name and size, never the text. */
export type ArtifactKept = {
  kind: "artifact.kept"
  name: string
  size: number
  text: string
}

/** `size`: bytes. */
export type AttachmentAdded = {
  kind: "attachment.added"
  attachment: number
  name: string
  size: number
  media_type: string
}

export type AttachmentDeleted = {
  kind: "attachment.deleted"
  attachment: number
  name: string
}

/** The last word of an attempt. `retry`: the same attempt may well succeed when made again. */
export type AttemptEnded = {
  kind: "attempt.ended"
  outcome: "completed" | "failed" | "cancelled" | "interrupted" | "paused"
  result: string
  error: (string | null)
  retry: boolean
  pause: (Pause | null)
}

/** The node that held the attempt is gone for longer than the grace; what it says from now on is refused. */
export type AttemptLost = {
  kind: "attempt.lost"
  node: (string | null)
}

export type AttemptOffered = {
  kind: "attempt.offered"
}

export type AttemptPlaced = {
  kind: "attempt.placed"
  node: string
}

/** The agent's process is up. `sandbox` names what contains it (bubblewrap, landlock, none). */
export type AttemptStarted = {
  kind: "attempt.started"
  agent_version: (string | null)
  sandbox: string
  model: (string | null)
}

/** The chain's head was signed. `sequence`: of the last audit event; `hash`: its hash. */
export type AuditCheckpointed = {
  kind: "audit.checkpointed"
  sequence: number
  hash: string
}

/** The oldest audit events were written to a file and are no longer in the database. `first`, `last`: the rows. */
export type AuditCut = {
  kind: "audit.cut"
  first: number
  last: number
}

export type BackupMade = {
  kind: "backup.made"
  size: number
}

/** So much of a cap is spent: 50, 80 or 100 percent, each told once. `scope` also run. */
export type BudgetReached = {
  kind: "budget.reached"
  scope: string
  name: string
  percent: number
  spent_usd: number
  spent_tokens: number
  usd: (number | null)
  tokens: (number | null)
}

/** `scope`: installation, project, task, agent or user; `name` which one. None: no cap. */
export type BudgetSet = {
  kind: "budget.set"
  scope: string
  name: string
  usd: (number | null)
  tokens: (number | null)
}

/** Somebody has written message `number`; the run's events tell the answer. The words are not for everybody. */
export type ChatAsked = {
  kind: "chat.asked"
  chat: string
  number: number
}

/** The answer to message `number` proposes something: nothing of it is done until a person confirms it. */
export type ChatProposed = {
  kind: "chat.proposed"
  chat: string
  number: number
  proposals: Array<number>
}

/** A check of the result `head` is over. `exit_code` None: it did not end in time, or could not be started. `output`: its last words. `round` counts the mendings before it. */
export type CheckEnded = {
  kind: "check.ended"
  name: string
  command: string
  head: string
  passed: boolean
  exit_code: (number | null)
  seconds: number
  output: string
  round: number
}

export type CheckStarted = {
  kind: "check.started"
  name: string
  command: string
  round: number
}

/** What the result must pass, as the repository's default branch says at commit `base`, or the project (`source`). `review`: a person must approve it, too. */
export type ChecksDemanded = {
  kind: "checks.demanded"
  names: Array<string>
  source: "repository" | "project"
  base: string
  review: boolean
}

export type CommentChanged = {
  kind: "comment.changed"
  comment: number
  text: string
}

/** `comment`: its id. `text`: Markdown. */
export type CommentCreated = {
  kind: "comment.created"
  comment: number
  author: string
  text: string
}

export type CommentDeleted = {
  kind: "comment.deleted"
  comment: number
}

export type ComparisonKept = {
  kind: "comparison.kept"
  comparison: string
  run: string
}

/** Several runs of one task are at work side by side. */
export type ComparisonStarted = {
  kind: "comparison.started"
  comparison: string
  runs: Array<string>
}

/** `what`: password, passkey, identity, token; `name`: which, never the secret. */
export type CredentialAdded = {
  kind: "credential.added"
  user: string
  what: string
  name: string
}

export type CredentialRemoved = {
  kind: "credential.removed"
  user: string
  what: string
  name: string
}

/** It will not be tried again by itself. */
export type DeliveryFailed = {
  kind: "delivery.failed"
  delivery: string
  error: string
}

/** It stands there. `branch`: the name that it was given. */
export type DeliveryPushed = {
  kind: "delivery.pushed"
  delivery: string
  repository: string
  branch: string
  head: string
}

/** The commit `head` is to stand on `branch` of a repository. `repository`: its name within the project, "" for the project's own. */
export type DeliveryWanted = {
  kind: "delivery.wanted"
  delivery: string
  repository: string
  branch: string
  head: string
}

export type DeviceChanged = {
  kind: "device.changed"
  device: string
  changes: Record<string, unknown>
}

export type DevicePaired = {
  kind: "device.paired"
  device: string
  user: string
  name: string
  fingerprint: string
  trust: string
}

export type DeviceRevoked = {
  kind: "device.revoked"
  device: string
  user: string
}

/** One file as a tool call says it changed it. `old` is None for a new file. */
export type FileChange = {
  path: string
  old: (string | null)
  new: string
}

/** The task and something in another program are one. `source`: github, jira, vibe_kanban; `external`: as that program names it, owner/name#12 or ABC-7. */
export type IssueLinked = {
  kind: "issue.linked"
  source: string
  external: string
  url: (string | null)
}

/** What was changed on one side was changed on the other. `to`: where it was written. */
export type IssueSynced = {
  kind: "issue.synced"
  source: string
  external: string
  to: "here" | "there"
  fields: Array<string>
}

export type LabelChanged = {
  kind: "label.changed"
  label: number
  before: string
  name: string
  colour: string
}

export type LabelCreated = {
  kind: "label.created"
  label: number
  name: string
  colour: string
}

export type LabelDeleted = {
  kind: "label.deleted"
  label: number
  name: string
}

export type NodeJoined = {
  kind: "node.joined"
  node: string
  slots: number
}

/** A node's lease ran out, or it said goodbye. */
export type NodeLeft = {
  kind: "node.left"
  node: string
  reason: string
}

/** One way to answer. `effect` is what it does, whatever the agent calls it (ACP PermissionOptionKind). */
export type Option = {
  id: string
  label: string
  effect: "allow_once" | "allow_always" | "reject_once" | "reject_always" | "other"
}

/** Why an attempt stands still. `quota`: the model's provider has had enough of us `until` (RFC 3339 UTC, None: it did not say), with this account. `budget`: ours is used up. `question`: the node asks something itself, as about a loop. */
export type Pause = {
  reason: "quota" | "budget" | "question"
  why: string
  until: (string | null)
  account: string
  model: string
}

/** A rule decided, or the agent's mode where no rule did (`rule` None): nobody was asked. */
export type PermissionDecided = {
  kind: "permission.decided"
  title: string
  act: Act
  effect: "allow" | "deny" | "ask"
  rule: (string | null)
  tool: (string | null)
}

export type PermissionDenied = {
  kind: "permission.denied"
  permission: string
  reason: string
}

/** `subject`: user:…, group:…, role:…, device:…; `what`: a role, or what may be used (agent:goose); `project`: its key. */
export type PermissionGranted = {
  kind: "permission.granted"
  subject: string
  what: string
  project: (string | null)
}

export type PermissionRevoked = {
  kind: "permission.revoked"
  subject: string
  what: string
  project: (string | null)
}

export type PlanEntry = {
  text: string
  status: "pending" | "in_progress" | "completed"
}

/** `project`: its key, None for the whole installation. `version` counts from 1; 0: there is none any more. */
export type PolicyChanged = {
  kind: "policy.changed"
  project: (string | null)
  version: number
}

export type ProjectChanged = {
  kind: "project.changed"
  changes: Record<string, unknown>
}

/** The project's repository was reached with an access of its own. `host`: github, git; `as_whom`: whose access it is. */
export type ProjectConnected = {
  kind: "project.connected"
  host: string
  repository: string
  as_whom: string
}

export type ProjectCreated = {
  kind: "project.created"
  key: string
  name: string
}

export type ProjectDeleted = {
  kind: "project.deleted"
  key: string
}

export type ProjectDisconnected = {
  kind: "project.disconnected"
  host: string
}

export type PromptChanged = {
  kind: "prompt.changed"
  number: number
  text: string
  by: string
}

/** A further prompt waits for its turn. `number` counts from 1 within the run; the run's own prompt is 0. */
export type PromptQueued = {
  kind: "prompt.queued"
  number: number
  text: string
  by: string
  steer: boolean
}

/** The agent is at work on this prompt from now on, in these words. `number` 0: the run's own; None: the node's, as when it tells the agent of a failed check. */
export type PromptTaken = {
  kind: "prompt.taken"
  number: (number | null)
  text: string
}

export type PromptWithdrawn = {
  kind: "prompt.withdrawn"
  number: number
  by: string
}

export type ProposalDecided = {
  kind: "chat.decided"
  chat: string
  proposal: number
  confirmed: boolean
  by: string
}

/** A way to sign in was added, changed or removed. */
export type ProviderChanged = {
  kind: "provider.changed"
  provider: string
  change: "added" | "changed" | "removed"
}

/** What the host told became a prompt for an agent. `why`: checks, review, conflict; `round` counts from 1. */
export type PullRequestAnswered = {
  kind: "pull_request.answered"
  pull: number
  number: number
  why: string
  round: number
  run: string
}

/** What is otherwise than it was: of title, draft, head, checks, review, mergeable, comments; `needs`: why it waits for a person. */
export type PullRequestChanged = {
  kind: "pull_request.changed"
  pull: number
  number: number
  changes: Record<string, unknown>
}

/** It was closed without being merged. */
export type PullRequestClosed = {
  kind: "pull_request.closed"
  pull: number
  number: number
  url: string
}

/** `by`: as the host names the person, None if it does not tell. */
export type PullRequestMerged = {
  kind: "pull_request.merged"
  pull: number
  number: number
  url: string
  by: (string | null)
}

/** `found`: it was there already. `repository`: as the host names it, owner/name. */
export type PullRequestOpened = {
  kind: "pull_request.opened"
  pull: number
  repository: string
  number: number
  url: string
  branch: string
  draft: boolean
  found: boolean
}

export type PullRequestReopened = {
  kind: "pull_request.reopened"
  pull: number
  number: number
  url: string
}

export type QuestionAnswered = {
  kind: "question.answered"
  question: string
  option: (string | null)
  text: (string | null)
  by: string
}

/** The agent stands still until this is answered. */
export type QuestionAsked = {
  kind: "question.asked"
  question: string
  title: string
  detail: string
  options: Array<Option>
  tool: (string | null)
  act: Act
  rule: (string | null)
}

/** The proof of a run's result is kept with it. `digest`: SHA-256 of the receipt's canonical JSON. */
export type ReceiptIssued = {
  kind: "run.receipt"
  head: (string | null)
  checks: Array<string>
  digest: string
}

/** A new commit `head` was laid beside the comments that were sent: the lines of some have changed, of others not. */
export type RemarksJudged = {
  kind: "remarks.judged"
  head: string
  addressed: Array<string>
  still_open: Array<string>
}

/** Comments on lines of a result have been given to the agent of this run, as its prompt `prompt`. */
export type RemarksSent = {
  kind: "remarks.sent"
  remarks: Array<string>
  prompt: number
  by: string
}

export type RunCancelled = {
  kind: "run.cancelled"
  reason: string
}

export type RunCompleted = {
  kind: "run.completed"
  result: string
  head: (string | null)
  branch: (string | null)
}

/** The result is not wanted: its branch stays, its task is to be done anew. */
export type RunDiscarded = {
  kind: "run.discarded"
  by: string
  text: string
}

export type RunFailed = {
  kind: "run.failed"
  error: string
}

/** Another agent goes on. `why`: who wanted it, or the limit that made it needful. */
export type RunHandedOver = {
  kind: "run.handed_over"
  before: string
  agent: string
  why: string
}

export type RunResumed = {
  kind: "run.resumed"
}

export type RunReviewed = {
  kind: "run.reviewed"
  approved: boolean
  by: string
  text: string
}

/** The first agent process of the run is at work. */
export type RunStarted = {
  kind: "run.started"
}

export type RunSubmitted = {
  kind: "run.submitted"
  agent: string
  prompt: string
}

/** The run stands still until somebody or something acts. `who` names them; `until` is RFC 3339 UTC. */
export type RunWaiting = {
  kind: "run.waiting"
  reason: string
  who: string
  until: (string | null)
}

export type SecretDeleted = {
  kind: "secret.deleted"
  name: string
}

export type SecretSet = {
  kind: "secret.set"
  name: string
}

/** All secrets of the hub are sealed with a new key. `secrets`: how many. */
export type SecretsRekeyed = {
  kind: "secrets.rekeyed"
  secrets: number
}

export type SessionCreated = {
  kind: "session.created"
  user: (string | null)
  role: string
}

export type SessionDeleted = {
  kind: "session.deleted"
  user: (string | null)
}

/** All sessions of a person were ended at once. */
export type SessionsEnded = {
  kind: "session.ended_all"
  user: string
  sessions: number
}

/** `user`: who it claimed to be, as far as that was told. */
export type SignInRefused = {
  kind: "session.refused"
  user: (string | null)
  how: string
  why: string
}

/** `how`: password, passkey, oidc:<provider>, github:<provider>, device, invitation; `device`: its id, if the session is bound to one. */
export type SignedIn = {
  kind: "session.signed_in"
  user: string
  how: string
  device: (string | null)
  new_device: boolean
}

/** The person has proven anew to be who they are, for something dangerous. */
export type SteppedUp = {
  kind: "session.stepped_up"
  user: string
  how: string
}

/** The tasks, by key, that must be done before work on this one begins; none: it is free. */
export type TaskBlockersChanged = {
  kind: "task.blockers_changed"
  open: Array<string>
}

export type TaskChanged = {
  kind: "task.changed"
  changes: Record<string, unknown>
}

export type TaskCreated = {
  kind: "task.created"
  key: string
  title: string
  status: string
}

export type TaskDeleted = {
  kind: "task.deleted"
  key: string
}

/** `labels`: the names it has from now on; `added` and `removed`: what has changed. */
export type TaskLabelled = {
  kind: "task.labelled"
  labels: Array<string>
  added: Array<string>
  removed: Array<string>
}

/** Told of each of the two: this one `blocks`, is `blocked_by`, `relates` to, is `child` or `parent` of the `other`. */
export type TaskLinked = {
  kind: "task.linked"
  link: string
  other: string
  other_id: number
}

/** So many of its sub-tasks are done. */
export type TaskProgressed = {
  kind: "task.progressed"
  done: number
  total: number
}

/** The deletion was undone. */
export type TaskRestored = {
  kind: "task.restored"
  key: string
  title: string
  status: string
}

export type TaskUnlinked = {
  kind: "task.unlinked"
  link: string
  other: string
  other_id: number
}

/** `known`: how many stood on the board already. */
export type TasksImported = {
  kind: "tasks.imported"
  source: string
  made: number
  known: number
}

export type UserChanged = {
  kind: "user.changed"
  user: string
  changes: Record<string, unknown>
}

/** `how`: invitation, oidc:<provider>, github:<provider>, scim, admin, or named for one that a session has only named. */
export type UserCreated = {
  kind: "user.created"
  user: string
  role: string
  how: string
}

export type UserDeleted = {
  kind: "user.deleted"
  user: string
}

export type UserInvited = {
  kind: "user.invited"
  invitation: string
  role: string
}

export type ViewDeleted = {
  kind: "view.deleted"
  view: number
}

/** `name`: None of a view that its owner keeps to themselves. */
export type ViewSaved = {
  kind: "view.saved"
  view: number
  name: (string | null)
}

/** The attempt's changes are a commit. Counts are lines; `delivered` tells that the branch stands in the repository. */
export type WorkCommitted = {
  kind: "work.committed"
  head: string
  base: string
  branch: string
  files: number
  additions: number
  deletions: number
  delivered: boolean
  repository: string
}

/** The dirty tree was put aside under `ref` before something destructive. */
export type WorkSaved = {
  kind: "work.saved"
  ref: string
  commit: string
  repository: string
}

export type AnyEvent =
  | ProjectCreated
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
  | CommentCreated
  | CommentChanged
  | CommentDeleted
  | AttachmentAdded
  | AttachmentDeleted
  | LabelCreated
  | LabelChanged
  | LabelDeleted
  | TaskLabelled
  | SessionCreated
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
  | NodeJoined
  | NodeLeft
  | AgentConfigured
  | BudgetSet
  | BudgetReached
  | RunSubmitted
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
  | AttemptStarted
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
  | AgentMessage
  | AgentThought
  | AgentChunk
  | AgentTool
  | AgentPlan
  | AgentTitle
  | AgentUsage
  | AgentLog
  | ChatAsked
  | ChatProposed
  | ProposalDecided
  | ProjectConnected
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
