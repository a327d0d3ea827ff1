// Made by scripts/ui_types.py; do not edit.

/** `code`: what stands behind the `#` of the invitation's link. `user`: the name to sign in with from now on. */
export type Acceptance = {
  code: string
  user: string
  name?: (string | null)
  password: string
  keep?: "cookie" | "session"
}

/** A `token`, or a GitHub App: its `app_id` and `private_key` (PEM), and the installation if there are several. `repository`: one to try it on, where the connection is not a project's. */
export type AccessWanted = {
  token?: (string | null)
  app_id?: (string | null)
  private_key?: (string | null)
  installation_id?: (string | null)
  repository?: (string | null)
}

/** One thing that an agent wants to do. `tool`: read, edit, delete, move, search, execute, think, fetch or other (ACP ToolKind). `paths` are relative to the workspace where they lie in it, else absolute. */
export type Act = {
  tool?: string
  command?: string
  paths?: Array<string>
  hosts?: Array<string>
}

export type ActTried = {
  tool?: string
  command?: string
  paths?: Array<string>
  hosts?: Array<string>
}

/** `text` goes on after the actor's name: "moved it to done". */
export type ActivityEntry = {
  seq: number
  at: string
  actor: string
  kind: string
  text: string
  run: (ActivityRun | null)
  comment: (CommentTold | null)
}

/** `next`: what to give as `before` for the next page; null: there is none. */
export type ActivityPage = {
  entries: Array<ActivityEntry>
  next: (number | null)
}

export type ActivityRun = {
  id: string
  number: number
  agent: string
  state: State
}

/** How an agent works. `None` and empty: as the layer below says, at last as the catalogue knows the agent. */
export type AgentConfiguration = {
  model?: (string | null)
  account?: (string | null)
  mode?: ("ask" | "auto" | null)
  session_mode?: (string | null)
  instructions?: (string | null)
  env?: Record<string, string>
  mcp_servers?: Array<McpServer>
  timeout_seconds?: (number | null)
  rules?: Array<Rule>
  answer_seconds?: (number | null)
  answered_by?: ("developer" | "admin" | null)
  budget_usd?: (number | null)
  budget_tokens?: (number | null)
  same_calls?: (number | null)
  calls_without_change?: (number | null)
  fallback?: Array<Fallback>
}

/** An agent as one node found it. `why`: for people, why it cannot be run there now, null if it can. */
export type AgentHealth = {
  node: string
  online: boolean
  available: boolean
  version: (string | null)
  why: (string | null)
  reached: string
  signed_in: (boolean | null)
  limit: (number | null)
}

export type AgentInfo = {
  agent_type: string
  name: string
  description: string
  available: boolean
  capabilities: Array<string>
  metadata: (AgentMetadata | null)
}

/** `why`: for people, why it is not available and what to do. `reached`: the program's path, or the server's address. `signed_in`: null where it needs no signing in, or that cannot be told. `model`: used when nothing else is configured. `accounts`: names of those that may pay for it, a default first. `nodes`: those that can run it now. `refused`: why you may not use it; left out where you may. */
export type AgentMetadata = {
  version: (string | null)
  why: (string | null)
  driver: string
  reached: string
  signed_in: (boolean | null)
  model: string
  models: Array<string>
  accounts: Array<string>
  nodes: Array<string>
  refused?: (string | null)
  limit: (number | null)
  health: Array<AgentHealth>
}

/** `configuration`: the installation's layer; `projects`: those that say something of their own. `may_configure`: whether you may change them. */
export type AgentTold = {
  agent_type: string
  name: string
  description: string
  available: boolean
  capabilities: Array<string>
  metadata: (AgentMetadata | null)
  configuration: ConfigurationTold
  projects: Array<Layer>
  may_configure: boolean
}

/** In the time from `since` on: how much in each group; the latest that was refused; what was done from devices not seen before, and at hours that are not the person's usual ones, or outside those asked for. */
export type Analytics = {
  since: string
  counts: Array<CountTold>
  denied: Array<AuditEvent>
  new_devices: Array<AuditEvent>
  off_hours: Array<AuditEvent>
}

/** `option`: the id of one of the question's options, or its effect (`allow_once`, `reject_once` …). */
export type Answered = {
  question: string
  option: string
  text?: (string | null)
}

/** `run_id`: of the run that heeds what the host tells. */
export type Answering = {
  run_id: string
}

/** What becomes of what the host tells. `checks`, `reviews`, `conflicts`: whether it becomes a prompt by itself; at most `rounds_at_most` times until a person acts. `merge`: how, if nobody says. `propose`: a completed run opens a pull request. `draft`: whether as a draft, if nobody says; `unproven`: as long as no check has passed on the result. */
export type Answers = {
  checks?: boolean
  reviews?: boolean
  conflicts?: boolean
  rounds_at_most?: number
  merge?: "merge" | "squash" | "rebase"
  propose?: boolean
  draft?: "unproven" | "never" | "always"
}

/** `size`: bytes. `media_type`: as its first bytes show it; one of four kinds of images, text, or application/octet-stream. `may_delete`: whether you may. */
export type AttachmentTold = {
  id: number
  task_id: number
  name: string
  sha256: string
  size: number
  media_type: string
  author: string
  created_at: string
  may_delete: boolean
}

/** `agent`, `configured`, `made_with`: what it was made with; `configured` names the versions. `prompt`: the latest of the run's prompts that its agent took; 0 is the run's own. `reserved_*`: what it may spend. `pause_*`: for what it stood still. */
export type AttemptTold = {
  number: number
  state: string
  agent: string
  configured: (string | null)
  made_with: Record<string, JsonValue>
  account: (string | null)
  resumed: (boolean | null)
  prompt: number
  reserved_usd: (number | null)
  reserved_tokens: (number | null)
  pause_reason: (string | null)
  pause_until: (string | null)
  node: (string | null)
  outcome: (string | null)
  result: (string | null)
  error: (string | null)
  retry: (boolean | null)
  sandbox: (string | null)
  agent_version: (string | null)
  model: (string | null)
  calls: (number | null)
  input_tokens: (number | null)
  output_tokens: (number | null)
  cached_tokens: (number | null)
  cost_usd: (number | null)
  offered_at: string
  placed_at: (string | null)
  started_at: (string | null)
  ended_at: (string | null)
}

/** `session_id`: the hash of the session's id, which is a secret. `details`: what the event told, its long texts cut. `hash` is of this row and of the one before it (`previous`). */
export type AuditEvent = {
  event_id: string
  event_type: string
  timestamp: string
  user_id: (string | null)
  session_id: (string | null)
  resource_type: (string | null)
  resource_id: (string | null)
  action: (string | null)
  status: "success" | "denied" | "failure"
  details: Record<string, JsonValue>
  seq: number
  actor: (string | null)
  device_id: (string | null)
  project_id: (number | null)
  previous: string
  hash: string
}

/** `size`: bytes of the file. `by`: who made it. */
export type BackupTold = {
  made_at: string
  by: string
  size: number
}

/** What is laid beside the chain. `keys`: further ones that the hub has signed with; each as a checkpoint tells it. `files`: also reckon what was cut off, where its files are still in the data directory. */
export type Beside = {
  checkpoints?: Array<Kept>
  keys?: Array<string>
  files?: boolean
}

export type BlockedTold = {
  at: string
  actor: string
  permission: string
  project: (string | null)
  resource: Record<string, JsonValue>
  reason: string
}

/** `head`: how far the journal had come; what happens from there on is told by the live stream. */
export type BoardTold = {
  head: number
  cards: Array<CardTold>
}

/** `name`: a project's or task's id, an agent's or user's name, empty for the installation; `label`: what people call it. `usd`, `tokens`: the cap in each `period` (UTC); `run_usd`, `run_tokens`: the cap of a run that has none of its own. `held_*`: what is spent, and set aside for attempts at work. `left_*`: null where there is no cap. */
export type BudgetTold = {
  scope: "installation" | "project" | "agent" | "user" | "task"
  name: string
  label: string
  usd: (number | null)
  tokens: (number | null)
  run_usd: (number | null)
  run_tokens: (number | null)
  period: "total" | "month" | "day"
  spent_usd: number
  spent_tokens: number
  held_usd: number
  held_tokens: number
  left_usd: (number | null)
  left_tokens: (number | null)
  set_by: string
  set_at: string
}

/** `name`: of projects and tasks also the key. At least one amount is given. */
export type BudgetWanted = {
  scope: "installation" | "project" | "agent" | "user" | "task"
  name?: string
  usd?: (number | null)
  tokens?: (number | null)
  run_usd?: (number | null)
  run_tokens?: (number | null)
  period?: "total" | "month" | "day"
}

/** The tasks as they stand now, none when they are deleted; and what takes it back within ten minutes. */
export type BulkDone = {
  tasks: Array<TaskTold>
  undo: string
}

/** Exactly one of the four is done to all tasks named. */
export type BulkWanted = {
  ids: Array<number>
  changes?: (TaskChanges | null)
  label?: (LabelsWanted | null)
  move?: (WherePut | null)
  delete?: (true | null)
}

export type Cancellation = {
  session_id?: (string | null)
}

export type Cancelled = {
  success?: true
  task_id: string
}

export type CardLabelTold = {
  name: string
  colour: string
}

/** The newest pull request of a task, as it was seen last. */
export type CardPullTold = {
  number: number
  url: string
  state: "open" | "merged" | "closed"
  draft: boolean
  checks: "none" | "pending" | "passed" | "failed"
  review: "none" | "approved" | "changes_requested"
  mergeable: "unknown" | "clean" | "conflict" | "blocked"
}

/** A task as the board shows it. `position`: its place in its column, the less the higher. `blocked`: by how many tasks that are not done. `done` of `total`: its sub-tasks. */
export type CardTold = {
  id: number
  project_id: number
  key: string
  title: string
  status: TaskStatus
  priority: Priority
  agent: (string | null)
  assignee: (string | null)
  parent_id: (number | null)
  position: number
  pr_url: (string | null)
  pr_number: (number | null)
  updated_at: string
  run: (LiveRunTold | null)
  labels: Array<CardLabelTold>
  comments: number
  attachments: number
  blocked: number
  done: number
  total: number
  external?: (ExternalTold | null)
  pull?: (CardPullTold | null)
}

/** `broken`: what does not hold, in words, at row `at`; null: all holds. `first`: the first row in the database. `events`: how many were reckoned. `signed`: checkpoints that agree with the chain; `checkpoints`: the latest of them. `sinks_away`: who did not take one, and why. */
export type Chain = {
  events: number
  seconds: number
  head: string
  broken: (string | null)
  at: (number | null)
  signed: number
  latest: (number | null)
  first: number
  checkpoints: Array<CheckpointTold>
  cuts: Array<CutTold>
  keys: Array<string>
  sinks_away: Record<string, string>
}

/** Good once, for a minute, for this device. */
export type Challenge = {
  challenge: string
  expires_at: string
}

/** `signature`: over the texts `clawlink device sign-in 1`, the hub's name, the device's id and the challenge, each behind its length in four bytes, the highest first. */
export type ChallengeAnswered = {
  device_id: string
  challenge: string
  signature: string
  keep?: "cookie" | "session"
}

export type ChatDetail = {
  id: string
  project_id: number
  agent: string
  title: string
  created_at: string
  updated_at: string
  messages: Array<MessageTold>
  proposals: Array<ProposalTold>
}

export type ChatTold = {
  id: string
  project_id: number
  agent: string
  title: string
  created_at: string
  updated_at: string
}

/** A command that the work must pass, run by a shell in a clean checkout of the result. It passes with exit code 0. */
export type Check = {
  name: string
  run: string
  timeout_seconds?: number
  network?: boolean
}

/** `seconds`: how long it took; `round`: the mendings before it; `output`: its last words. */
export type CheckTold = {
  attempt: number
  round: number
  name: string
  command: string
  head: string
  passed: boolean
  exit_code: (number | null)
  seconds: number
  output: string
  at: string
}

/** `repository`: the address of one to try it on. */
export type CheckWanted = {
  repository: string
}

/** A check of the result. `seconds`: how long it took; `round`: the mendings before it. */
export type Checked = {
  name: string
  command: string
  head: string
  passed: boolean
  exit_code: (number | null)
  seconds: number
  round: number
}

/** Row `seq` of the chain has this `hash`, signed with the `key` (Ed25519, base64url). `sent`: of each sink, what came of telling it. */
export type CheckpointTold = {
  seq: number
  hash: string
  at: string
  key: string
  signature: string
  sent?: Record<string, Sent>
}

/** `demanded`: what the result must pass. `missing`: what keeps it from being taken for done, null when nothing does. */
export type Checks = {
  demanded: Array<string>
  missing: (string | null)
  results: Array<CheckTold>
}

export type Colour = "gray" | "red" | "orange" | "yellow" | "green" | "teal" | "blue" | "purple" | "pink" | "brown"

export type CommentText = {
  text: string
}

/** `text`: Markdown. `edited_at`: null if it stands as it was written. `may_change`, `may_delete`: whether you may. */
export type CommentTold = {
  id: number
  task_id: number
  text: string
  author: string
  created_at: string
  edited_at: (string | null)
  may_change: boolean
  may_delete: boolean
}

/** `kept`: the id of the run that was chosen. */
export type ComparisonTold = {
  id: string
  task_id: number
  prompt: string
  kept: (string | null)
  created_at: string
  runs: Array<ContestantTold>
}

export type ComparisonWanted = {
  prompt: string
  contenders: Array<ContenderWanted>
}

/** One layer. `version` 0: nothing was ever configured there. `project_id` null: the layer of the whole installation. */
export type ConfigurationTold = {
  agent: string
  project_id: (number | null)
  version: number
  configuration: Record<string, JsonValue>
  changed_by: (string | null)
  changed_at: (string | null)
}

/** Either as JSON, or as TOML, whose mistakes are told with their lines. */
export type ConfigurationWanted = {
  configuration?: (AgentConfiguration | null)
  toml?: (string | null)
}

/** `of`: whose it is. `error`: what the host said when it was tried last, null if it worked. `reached`: what was found just now, where something was tried. */
export type ConnectionTold = {
  of: "project" | "mine" | "installation"
  kind: "token" | "app"
  as_whom: string
  app_id: (string | null)
  installation_id: (string | null)
  answers: Answers
  made_by: string
  made_at: string
  checked_at: (string | null)
  error: (string | null)
  reached?: (ReachedTold | null)
}

export type ContenderWanted = {
  agent: string
  model?: (string | null)
  account?: (string | null)
}

/** One run. `seconds`: of work, over all attempts; `checks_*`: of its latest result; `cost_usd` null: no known price. */
export type ContestantTold = {
  run: string
  number: number
  agent: string
  model: (string | null)
  account: (string | null)
  state: State
  wait_reason: (WaitReason | null)
  branch: (string | null)
  head: (string | null)
  files: (number | null)
  additions: (number | null)
  deletions: (number | null)
  checks_demanded: number
  checks_passed: number
  checks_failed: number
  calls: (number | null)
  input_tokens: (number | null)
  output_tokens: (number | null)
  cost_usd: (number | null)
  seconds: (number | null)
  error: (string | null)
}

/** How many events of a group ended so. */
export type CountTold = {
  name: string
  success: number
  denied: number
  failure: number
}

/** `task`: the key of one that has a result. What the pull request says is made from the task and its receipt. */
export type CreatePr = {
  task: string
  title?: (string | null)
}

export type CreateTask = {
  title: string
  description?: (string | null)
}

/** The rows from `first` to `seq` lie in `file` and are no longer in the database. `hash`: of the row `seq`; `sha256`: of the file. */
export type CutTold = {
  seq: number
  first: number
  hash: string
  sha256: string
  at: string
  key: string
  signature: string
  file: string
}

/** `next`: what to give as `before` for older ones; null when these are the oldest. */
export type DecisionsPage = {
  decisions: Array<coderclawlink__web__policies__DecisionTold>
  next: (number | null)
}

/** A result on its way to its branch. `repository`: its name within the project, "" for the project's own. `compare`: how to look at the branch where there are no pull requests. `error`: what stands in its way. */
export type DeliveryTold = {
  id: string
  run_id: string
  repository: string
  branch: string
  head: string
  state: "wanted" | "pushed" | "done" | "failed" | "dropped"
  pr_number: (number | null)
  compare: (string | null)
  error: (string | null)
  tries: number
}

export type DeviceChange = {
  trust: "low" | "normal" | "high"
}

export type DeviceNamed = {
  device_id: string
}

/** `fingerprint`: six words of its key, which the device shows too. `seen_at`: when it signed in last. */
export type DeviceTold = {
  id: string
  user: string
  name: string
  public_key: string
  fingerprint: string
  trust: "low" | "normal" | "high"
  state: "paired" | "revoked"
  made_at: string
  seen_at: (string | null)
  revoked_at: (string | null)
  revoked_by: (string | null)
}

export type Discarding = {
  text?: string
}

export type Ended = {
  sessions: number
}

/** `next`: what to give as `after` for the rest; null when this is all there is for now. */
export type Events = {
  events: Array<Record<string, JsonValue>>
  next: (number | null)
}

/** A run of a task. What is still open is `running`; what was cancelled has `failed`, and says so. */
export type Execution = {
  id: number
  task_id: number
  agent_type: string
  prompt: string
  response: (string | null)
  status: "running" | "completed" | "failed"
  error_message: (string | null)
  started_at: string
  completed_at: (string | null)
}

export type ExecutionWanted = {
  task_id: number
  agent_type: string
  prompt: string
}

/** What the task is one with in another program. `key`: as people name it, owner/name#12 or ABC-7. */
export type ExternalTold = {
  source: "github" | "jira" | "vibe_kanban"
  key: string
  url: (string | null)
}

/** What to go on with when the step before is at its limit. What is absent stays as in the step before. */
export type Fallback = {
  account?: (string | null)
  model?: (string | null)
  agent?: (string | null)
}

/** What is wrong with one field. `loc`: where it stands, from `body`, `query` or `path` on. */
export type FieldProblem = {
  type: string
  loc: Array<(string | number)>
  msg: string
}

/** `next_line`: what to give as `from_line`, with `path`, for the file's other lines; null when these are all. `cut`: of the diff no more was kept. `viewed`: you have looked at it as it is; `viewed_head`: the commit as of which you did, also when it has changed since. `since`: against the commit that was asked for; null: as it was there. */
export type FileTold = {
  path: string
  old_path: (string | null)
  status: "added" | "modified" | "deleted" | "renamed" | "copied" | "retyped"
  binary: boolean
  old_mode: (string | null)
  new_mode: (string | null)
  additions: number
  deletions: number
  hunks: Array<HunkTold>
  next_line: (number | null)
  cut: boolean
  viewed: boolean
  viewed_head: (string | null)
  since: ("new" | "changed" | "gone" | null)
}

/** `head`, `base`: the commits between which the changes lie. `total`: files of the whole diff; `next`: what to give as `after` for those that follow, null when these are all. `gone`: changed at the commit `since` which it was asked, and no more. */
export type FilesTold = {
  run_id: string
  head: string
  base: (string | null)
  total: number
  next: (number | null)
  cut: boolean
  gone: Array<string>
  files: Array<FileTold>
}

/** `prompt`: as it waits in `run`; null when `run` is a new one, with the text as its own prompt. */
export type FollowUp = {
  run: RunTold
  prompt: (PromptTold | null)
}

/** `wrong`: what is, a sentence each; empty: nothing that can be seen without signing in. */
export type Found = {
  wrong: Array<string>
}

export type FurtherMessage = {
  text: string
  model?: (string | null)
}

/** `project_id`: null: everywhere. `people`: how many belong to the group now. */
export type GroupRoleTold = {
  id: number
  group: string
  project_id: (number | null)
  role: Role
  people: number
}

/** `text`: what the other agent is told; without it, to go on. */
export type HandoverWanted = {
  agent: string
  model?: (string | null)
  text?: (string | null)
}

export type Health = {
  status?: "healthy"
  version?: string
  database: string
  nodes_online: number
  events: number
  audit: "ok" | "sink away"
}

/** A task that was found; `snippet`: what stands `where`. */
export type HitTold = {
  id: number
  project_id: number
  key: string
  title: string
  status: TaskStatus
  where: "title" | "description" | "comment"
  snippet: Array<PieceTold>
}

export type HunkTold = {
  old_start: number
  old_lines: number
  new_start: number
  new_lines: number
  heading: string
  lines: Array<LineTold>
}

/** `made`: keys of the tasks that were made, with `dry_run` their names there. `known`: how many were there already. `skipped`: what became no task; `notes`: what of one was left out. `labels`: new ones. `unknown`: columns that nothing was made of. `statuses`, `priorities`: what their words became. */
export type ImportTold = {
  dry_run: boolean
  made: Array<string>
  known: number
  labels: Array<string>
  skipped: Array<WhyTold>
  notes: Array<WhyTold>
  unknown: Array<string>
  statuses: Record<string, TaskStatus>
  priorities: Record<string, Priority>
}

/** `money`: their budget or quota is used up. `failed`: in the last week, those that you submitted; to the machine's owner all. */
export type Inbox = {
  questions: Array<InboxEntry>
  money: Array<InboxRun>
  reviews: Array<InboxRun>
  pulls: Array<InboxPull>
  failed: Array<InboxRun>
}

/** An open question and the run that asks it. `may_answer`: whether you may. */
export type InboxEntry = {
  id: string
  attempt: number
  title: string
  detail: string
  options: Array<Option>
  tool: (string | null)
  act: Act
  rule: (string | null)
  who: string
  is_open: boolean
  asked_at: string
  deadline_at: (string | null)
  answered_at: (string | null)
  option: (string | null)
  text: (string | null)
  answered_by: (string | null)
  heard_at: (string | null)
  run_id: string
  run_number: number
  run_title: string
  agent: string
  project_id: (number | null)
  task_id: (number | null)
  task_key: (string | null)
  may_answer: boolean
}

/** A pull request that waits for a person, and `why`. `repository`: its name within the project, "" for the project's own. `number`, `url` null: the result did not come to a pull request. */
export type InboxPull = {
  task_id: number
  task_key: string
  task_title: string
  project_id: number
  repository: string
  number: (number | null)
  url: (string | null)
  why: string
  since: string
}

/** A run as the inbox shows it. */
export type InboxRun = {
  id: string
  number: number
  title: string
  agent: string
  state: State
  wait: (Wait | null)
  attempt: number
  error: (string | null)
  created_at: string
  started_at: (string | null)
  ended_at: (string | null)
}

export type Indexed = {
  done: boolean
}

/** `code`: what stands behind the `#` of the invitation's link. */
export type InvitationCode = {
  code: string
}

/** `link` and `code` are told this once. */
export type InvitationMade = {
  invitation: Invited
  code: string
  link: string
}

export type InvitationProject = {
  key: string
  name: string
  role: Role
}

/** What whoever holds the link is told. `email`: whom it was made for, if it was for somebody. `projects`: of which one becomes a member. */
export type InvitationShown = {
  role: Role
  email: (string | null)
  projects: Array<InvitationProject>
  made_by: string
  expires_at: string
}

export type Invited = {
  id: string
  role: Role
  email: (string | null)
  projects: Array<InvitedTo>
  made_by: string
  made_at: string
  expires_at: string
}

/** A project of which whoever accepts becomes a member, and its role there. */
export type InvitedTo = {
  project_id: number
  key: string
  name: string
  role: Role
}

export type IssueSkipped = {
  number: number
  why: string
}

/** `made`: keys of the new tasks. `known`: how many had one already. */
export type IssuesBroughtIn = {
  made: Array<string>
  known: number
  skipped: Array<IssueSkipped>
}

/** These `numbers`; without any, all with the `label` and in the `state`. */
export type IssuesWanted = {
  numbers?: Array<number>
  label?: (string | null)
  state?: "open" | "closed" | "all"
}

export type JsonValue = unknown

/** A checkpoint that was kept outside of this hub, as the hub has told it. */
export type Kept = {
  seq: number
  hash: string
  at: string
  key: string
  signature: string
}

/** `key`: the public half, base64url. */
export type KeyTold = {
  key: string
}

/** Only what is named is changed. */
export type LabelChanges = {
  name?: string
  colour?: Colour
}

export type LabelTold = {
  id: number
  project_id: number
  name: string
  colour: Colour
}

/** Without a colour it gets one that its name decides. */
export type LabelWanted = {
  name: string
  colour?: (Colour | null)
}

/** By name, in any case. What is added and unknown to the project is made. */
export type LabelsPut = {
  add?: Array<string>
  remove?: Array<string>
}

export type LabelsWanted = {
  add?: Array<string>
  remove?: Array<string>
}

/** A project's layer. `effective`: it on the installation's. */
export type Layer = {
  agent: string
  project_id: (number | null)
  version: number
  configuration: Record<string, JsonValue>
  changed_by: (string | null)
  changed_at: (string | null)
  project_key: string
  effective: Record<string, JsonValue>
}

/** What somebody has answered "always" to. `task_id`, `task_key`: where it holds; null: in one run alone. */
export type LearntTold = {
  id: number
  text: string
  rule: Rule
  task_id: (number | null)
  task_key: (string | null)
  learnt_by: string
  learnt_at: string
}

/** `old`, `new`: the line's number on each side. `cut`: its end is left out. `ended` false: no newline follows it. */
export type LineTold = {
  kind: "same" | "added" | "deleted"
  old: (number | null)
  new: (number | null)
  text: string
  cut: boolean
  ended: boolean
}

/** What the first task is to the second. */
export type Link = "blocks" | "blocked_by" | "relates" | "parent" | "child"

/** This task `link` the `other`: it blocks it, is blocked_by it, relates to it, is its parent or its child. */
export type LinkWanted = {
  link: Link
  other: number
}

export type LinkedTold = {
  id: number
  project_id: number
  key: string
  title: string
  status: TaskStatus
}

/** `done` of `total`: its sub-tasks, which are `children`. */
export type LinksTold = {
  blocks: Array<LinkedTold>
  blocked_by: Array<LinkedTold>
  relates: Array<LinkedTold>
  parent: (LinkedTold | null)
  children: Array<LinkedTold>
  done: number
  total: number
}

/** The newest run of a task, if the reader may see it. */
export type LiveRunTold = {
  id: string
  number: number
  agent: string
  state: State
  wait_reason: (WaitReason | null)
  wait_who: (string | null)
}

/** The commit in a further repository; counts are lines and files against `base`. */
export type MadeBeside = {
  name: string
  base: string
  head: string
  branch: (string | null)
  files: number
  additions: number
  deletions: number
}

/** An MCP server that the agent is given: a program (`command`, `args`, `env`) or a URL (`url`, `headers`, `type`). */
export type McpServer = {
  name: string
  command?: string
  args?: Array<string>
  env?: Record<string, string>
  url?: string
  headers?: Record<string, string>
  type?: "http" | "sse"
}

/** `name`: as the journal calls you. `user`: as the session was made for; null: nobody in particular. `is_owner`: you are the machine's owner, known without a session. `mode`: how people are told apart here; `local`: by sessions that the owner made; `team`: everybody signs in. `projects`: where a project gives you a role of its own, what you may there instead; left out where none does. */
export type Me = {
  name: string
  user: (string | null)
  role: Role
  permissions: Array<Permission>
  is_owner: boolean
  mode: "local" | "team"
  projects?: Record<string, Array<Permission>>
}

/** `role`: the stronger of the one `given` by hand and the one that a group gives (`by_group`); null: not this way. */
export type MemberTold = {
  user: string
  name: (string | null)
  role: Role
  given: (Role | null)
  by_group: (Role | null)
  made_by: string
  made_at: string
}

export type MemberWanted = {
  role: Role
}

export type Membership = {
  project_id: number
  role: Role
}

export type MemoryChange = {
  remembers: boolean
}

/** `kind`: `run`: one that the session asked for; `asked`: its prompt and what it was asked further; `answered`: its result, or why it failed, null: none yet. `note`: a `text`. */
export type MemoryTold = {
  id: number
  kind: "run" | "note"
  at: string
  text: (string | null)
  run: (string | null)
  agent: (string | null)
  state: (string | null)
  asked: (string | null)
  answered: (string | null)
}

/** `method` null: as the project merges. `head`: the commit that is to be merged, and no other; null: the one seen last. */
export type MergeWanted = {
  method?: ("merge" | "squash" | "rebase" | null)
  head?: (string | null)
}

/** `run_id`: the run that answers; its events are the answer while it is being said. `state`: of that run. `answer`: in Markdown, so far while the run is open, without its block of actions. `refused`: why what was proposed with it is no proposal. */
export type MessageTold = {
  number: number
  run_id: string
  prompt: number
  text: string
  at: string
  state: State
  answer: string
  error: (string | null)
  refused: (string | null)
}

/** `agent`: of a new conversation; without one the first that is available. `model`: from this message on. */
export type MessageWanted = {
  text: string
  agent?: (string | null)
  model?: (string | null)
}

/** `mode`: `local`: the machine's owner needs no signing in. `methods`: what this hub offers. `signed_in`: you are. `has_administrator`: false on a hub that nobody can be let into yet. */
export type Methods = {
  mode: "local" | "team"
  methods: Array<"password" | "passkey">
  signed_in: boolean
  providers: Array<ProviderOffered>
  has_administrator: boolean
}

/** `modules`: Rego by file name; those named *_test.rego hold the tests, rules named test_*. */
export type ModulesWanted = {
  modules: Record<string, string>
}

/** `agent`: which one begins to work on it, where it is in progress then. `prompt`: what to ask it, if not the task's title and description. `options`: what is to be otherwise than it is configured, for this run alone. */
export type MoveWanted = {
  status?: (TaskStatus | null)
  before?: (number | null)
  after?: (number | null)
  position?: ("top" | "bottom" | null)
  agent?: (string | null)
  prompt?: (string | null)
  options?: (AgentConfiguration | null)
}

/** `undo`: what to give to `POST /api/undo/{token}` to take it back, and cancel the run. */
export type MovedTold = {
  task: TaskTold
  position: number
  run: (RunBegun | null)
  undo: string
}

/** `group`: its name; nobody need belong to it yet. `project_id`: null: everywhere. */
export type NewGroupRole = {
  group: string
  project_id?: (number | null)
  role: Role
}

/** `role`: for the whole hub. `projects`: of which whoever accepts becomes a member. */
export type NewInvitation = {
  role?: Role
  email?: (string | null)
  projects?: Array<Membership>
}

export type NewNote = {
  text: string
}

/** `user`: whose device it is to be; null: your own; others' only for administrators. `trust`: `low`: it looks and changes nothing; `normal`; `high`, which only administrators give: also what needs an administrator. */
export type NewPairing = {
  user?: (string | null)
  trust?: "low" | "normal" | "high"
}

export type NewPasskey = {
  name: string
  credential: Record<string, JsonValue>
}

/** `scopes`: the permissions it is narrowed to; null: all that its user may. `project_id`: a project, than which nothing is there for it; null: all that its user sees. `user`: a service account; null: for oneself. */
export type NewToken = {
  name: string
  scopes?: (Array<Permission> | null)
  project_id?: (number | null)
  expires_in_days?: number
  user?: (string | null)
}

/** Without a password, the user has none yet: `PATCH` sets one. A service account never has one. */
export type NewUser = {
  id: string
  role?: Role
  name?: (string | null)
  email?: (string | null)
  service?: boolean
  password?: (string | null)
}

/** `at_work`: attempts placed or running there, of at most `slots`. */
export type NodeTold = {
  name: string
  online: boolean
  slots: number
  at_work: number
  sandbox: string
  labels: Record<string, string>
  seen_at: string
  agents: Array<OfferTold>
}

export type OfTask = {
  pull_requests: Array<PullRequestTold>
  deliveries: Array<DeliveryTold>
}

/** An agent as this node found it. */
export type OfferTold = {
  name: string
  description: string
  available: boolean
  version: (string | null)
  why: (string | null)
  capabilities: Array<string>
  models: Array<string>
  driver: string
  limit: (number | null)
}

/** One way to answer. `effect` is what it does, whatever the agent calls it (ACP PermissionOptionKind). */
export type Option = {
  id: string
  label: string
  effect?: "allow_once" | "allow_always" | "reject_once" | "reject_always" | "other"
}

export type OtherRole = {
  role: Role
}

/** `name`: as you are called there. */
export type OwnIdentity = {
  provider: string
  name: (string | null)
  made_at: string
  used_at: (string | null)
}

/** `id`: what it is ended by; not the session's id, which is a secret. `current`: the one that asks. */
export type OwnSession = {
  id: string
  kind: string
  address: (string | null)
  agent: (string | null)
  device_id: (string | null)
  created_at: string
  last_activity: string
  expires_at: (string | null)
  current: boolean
}

/** `next`: what to give as `before` for older ones; null when these are the oldest. */
export type Page = {
  events: Array<AuditEvent>
  next: (number | null)
}

/** `hub`: the hub's name, which the device keeps, and signs with each challenge. */
export type Paired = {
  id: string
  user: string
  name: string
  public_key: string
  fingerprint: string
  trust: "low" | "normal" | "high"
  state: "paired" | "revoked"
  made_at: string
  seen_at: (string | null)
  revoked_at: (string | null)
  revoked_by: (string | null)
  hub: string
}

/** `signature`: over the texts `clawlink device pair 1`, code (in capitals, without hyphen), public key and name, each behind its length in four bytes, the highest first. */
export type PairingGiven = {
  code: string
  public_key: string
  name: string
  signature: string
}

/** `code` is told this once, and good for one device, for ten minutes. */
export type PairingMade = {
  code: string
  user: string
  trust: "low" | "normal" | "high"
  expires_at: string
}

/** What was made in a further repository, `name` within the project. `head` null: nothing was changed there so far. */
export type PartTold = {
  name: string
  repository: string
  branch: (string | null)
  base: (string | null)
  head: (string | null)
  files: (number | null)
  additions: (number | null)
  deletions: (number | null)
}

export type PasskeyGiven = {
  credential: Record<string, JsonValue>
  keep?: "cookie" | "session"
}

export type PasskeyName = {
  name: string
}

/** `backed_up`: it is also elsewhere than in one device. */
export type PasskeyTold = {
  id: string
  name: string
  backed_up: boolean
  made_at: string
  used_at: (string | null)
}

/** `current`: null where none is set. */
export type PasswordChange = {
  current?: (string | null)
  new: string
}

export type Permission = "task:submit" | "task:cancel" | "task:view" | "agent:list" | "agent:execute" | "agent:configure" | "skill:list" | "skill:execute" | "skill:install" | "project:read" | "project:write" | "project:delete" | "admin:users" | "admin:system"

/** What a person was asked and answered. `effect`: of the option chosen, as `allow_once`. */
export type Permitted = {
  question: string
  tool: string
  effect: string
  by: string
}

/** A piece of a text, plain; `hit`: it begins like what was asked for. */
export type PieceTold = {
  text: string
  hit: boolean
}

/** What the agent was allowed. `configured`: the versions that its configuration was made of; `rules_sha256`: of their canonical JSON; `verification`: who says what the result must pass. */
export type Policy = {
  configured: string
  mode: ("ask" | "auto" | null)
  rules: number
  rules_sha256: string
  answers: Array<Permitted>
  verification: "project" | "repository" | "none"
}

export type PolicyPut = {
  project_id: (number | null)
  version: number
  active: boolean
  changed_by: string
  changed_at: string
  modules: Record<string, string>
  tests: Array<TestTold>
}

/** `modules`: Rego by file name. */
export type PolicyTold = {
  project_id: (number | null)
  version: number
  active: boolean
  changed_by: string
  changed_at: string
  modules: Record<string, string>
}

export type Priority = "low" | "medium" | "high" | "critical"

/** Why it was refused, in words; or the fields that are wrong. */
export type Problem = {
  detail: (string | Array<FieldProblem>)
}

/** Only what is named is changed. `private`: it is for its members alone, and as if it was not there for others; administrators and the project's admins say so. */
export type ProjectChanges = {
  name?: string
  description?: (string | null)
  status?: ProjectStatus
  github_repo_url?: (string | null)
  telegram_chat_id?: (string | null)
  private?: boolean
}

export type ProjectStatus = "active" | "completed" | "archived" | "on_hold"

/** `private`: it is there for its members alone; left out where it is not. */
export type ProjectTold = {
  id: number
  name: string
  key: string
  description: (string | null)
  status: ProjectStatus
  github_repo_url: (string | null)
  github_repo_owner: (string | null)
  github_repo_name: (string | null)
  telegram_chat_id: (string | null)
  private?: boolean
  created_at: string
  updated_at: string
}

export type ProjectWanted = {
  name: string
  key: string
  description?: (string | null)
  status?: ProjectStatus
  github_repo_url?: (string | null)
  telegram_chat_id?: (string | null)
}

/** `number`: from 1 within the run. `state`: queued, taken or withdrawn. `revision`: how often its words were changed. `attempt`: whose agent took it. */
export type PromptTold = {
  run_id: string
  number: number
  text: string
  steer: boolean
  state: string
  revision: number
  author: string
  attempt: (number | null)
  created_at: string
  taken_at: (string | null)
}

/** `steer`: the agent is interrupted for it. `agent`, `model`: another one goes on; both may be left out. */
export type PromptWanted = {
  text: string
  steer?: boolean
  agent?: (string | null)
  model?: (string | null)
}

/** One of the two. `credential`: what the browser's passkey answered to `POST /api/auth/sign-in/passkey/options`. */
export type Proof = {
  password?: (string | null)
  credential?: (Record<string, JsonValue> | null)
}

/** Either `create_task`, `start_run` or `create_pr`. `message`: in whose answer it stands. `task_id`, `run_id`: what came of it. */
export type ProposalTold = {
  number: number
  message: number
  create_task: (CreateTask | null)
  start_run: (StartRun | null)
  create_pr: (CreatePr | null)
  state: "proposed" | "confirmed" | "dismissed"
  decided_by: (string | null)
  decided_at: (string | null)
  task_id: (number | null)
  run_id: (string | null)
}

/** `draft` null: as the project wants it; if it says nothing, a draft as long as no check has passed on the result. */
export type ProposalWanted = {
  title?: (string | null)
  body?: (string | null)
  draft?: (boolean | null)
}

/** `pr_url`, `pr_number`: null on a plain git remote, where `compare` tells how to look at the branch. */
export type Proposed = {
  success?: true
  pr_url: (string | null)
  pr_number: (number | null)
  branch_name: string
  draft: boolean
  compare: (string | null)
  deliveries: Array<DeliveryTold>
}

/** One where one can sign in, at `/api/auth/providers/{name}/start`. `label`: as it is called on the page. */
export type ProviderOffered = {
  name: string
  label: string
  kind: "oidc" | "github"
}

/** `issuer`: the issuer's URL (OIDC), or the base URL of the GitHub. `callback`: the address to tell the provider that it may send browsers back to. */
export type ProviderTold = {
  name: string
  kind: "oidc" | "github"
  issuer: string
  client_id: string
  has_secret: boolean
  callback: string
  settings: Settings
  changed_by: string
  changed_at: string
}

/** `issuer`: null: for GitHub, that of GITHUB_SERVER_URL. `secret`: null: it stays as it is; empty: there is none. */
export type ProviderWanted = {
  kind: "oidc" | "github"
  issuer?: (string | null)
  client_id: string
  secret?: (string | null)
  settings?: Settings
}

export type PullCheckTold = {
  name: string
  state: "pending" | "passed" | "failed" | "neutral"
  url?: (string | null)
}

/** As it was seen last, at `looked_at`. `repository`: its name within the project; `place`: owner/name on the host. `rounds`: prompts that came of it since a person acted last. `error`: why it cannot be looked at; `needs`: why it waits for a person. */
export type PullRequestTold = {
  number: number
  url: string
  repository: string
  place: string
  title: string
  branch: string
  base: string
  head: string
  draft: boolean
  state: "open" | "merged" | "closed"
  checks: "none" | "pending" | "passed" | "failed"
  check_list: Array<PullCheckTold>
  review: "none" | "approved" | "changes_requested"
  mergeable: "unknown" | "clean" | "conflict" | "blocked"
  comments: number
  rounds: number
  error: (string | null)
  needs: (string | null)
  opened_at: string
  looked_at: (string | null)
  ended_at: (string | null)
}

/** `option`: the id of the one chosen; null while open, and when it was dismissed because nobody needs an answer any more. `act`: what would be done, as far as it can be told. `who`: the least role that may answer. `deadline_at`: when it is answered with a no. `heard_at`: when the agent was given the answer. `rule`: that wants a person to be asked; empty: none does, the agent's mode asks; null: not known. */
export type QuestionTold = {
  id: string
  attempt: number
  title: string
  detail: string
  options: Array<Option>
  tool: (string | null)
  act: Act
  rule: (string | null)
  who: string
  is_open: boolean
  asked_at: string
  deadline_at: (string | null)
  answered_at: (string | null)
  option: (string | null)
  text: (string | null)
  answered_by: (string | null)
  heard_at: (string | null)
}

/** What a look at the repository told. `lacks`: what the access may not do, in words. */
export type ReachedTold = {
  as_whom: string
  default_branch: string
  private: boolean
  may_push: boolean
  lacks: Array<string>
}

/** All of a result on one page. Times are RFC 3339 in UTC; `prompts`: SHA-256 of each prompt that the agent was given, the run's own first; tokens, calls and `cost_usd` are over all attempts, null where no model was called or has no known price. */
export type Receipt = {
  run: string
  task: (string | null)
  project: (string | null)
  requester: string
  prompts: Array<string>
  agent: string
  agent_version: (string | null)
  model: (string | null)
  sandbox: (string | null)
  node: (string | null)
  attempts: number
  base: (string | null)
  head: (string | null)
  branch: (string | null)
  files: (number | null)
  additions: (number | null)
  deletions: (number | null)
  checks: Array<Checked>
  reviewer: (string | null)
  calls: (number | null)
  input_tokens: (number | null)
  output_tokens: (number | null)
  cached_tokens: (number | null)
  cost_usd: (number | null)
  policy: Policy
  started_at: (string | null)
  ended_at: (string | null)
  version: string
  digest: string
  repositories?: Array<MadeBeside>
}

export type Redemption = {
  code: string
  verifier: string
}

/** `secrets`: how many are sealed with the new key. */
export type Rekeyed = {
  secrets: number
}

export type RemarkText = {
  text: string
}

/** `run_id`: the run that is to heed it; `made_on`: on whose result it was made. `first`, `last`: its lines on `side` in the diff of `head`, where they stand now; `snippet`: their words. `state`: draft, sent, addressed (its lines have been changed) or stale (they changed before it was sent). `prompt`: which of the run's prompts it was sent with. */
export type RemarkTold = {
  id: string
  run_id: string
  made_on: string
  author: string
  state: "draft" | "sent" | "addressed" | "stale"
  path: string
  side: "old" | "new"
  first: number
  last: number
  snippet: string
  head: string
  text: string
  prompt: (number | null)
  created_at: string
  sent_at: (string | null)
  judged_at: (string | null)
  judged_head: (string | null)
  mine: boolean
}

/** `last` may be left out for one line. `head`: the commit you look at; if the result is another one by now, 409. */
export type RemarkWanted = {
  path: string
  side?: "old" | "new"
  first: number
  last?: (number | null)
  text: string
  head?: (string | null)
}

/** `remembers`: all further runs of the session are told of it. `memories`: the newest last. `before`: for the page of older ones; null: there are none. */
export type Remembered = {
  remembers: boolean
  memories: Array<MemoryTold>
  before: (number | null)
}

/** Of what was allowed since then. `left`: how much was not asked for want of time, the oldest; `examples`: at most 100. */
export type ReplayTold = {
  asked: number
  left: number
  blocked: number
  by_permission: Record<string, number>
  examples: Array<BlockedTold>
}

/** `since`: RFC 3339; null: a week ago. Nothing is kept for longer than thirty days. */
export type ReplayWanted = {
  modules: Record<string, string>
  since?: (string | null)
}

export type RepositoriesWanted = {
  names: Array<string>
}

/** `name`: of its folder, and before its paths in a review. `owner`, `host_name`: of a repository on the code host. */
export type RepositoryTold = {
  name: string
  url: string
  owner: (string | null)
  host_name: (string | null)
  made_at: string
}

/** `url`: an absolute path, https://…, ssh://… or user@host:path, without a password. */
export type RepositoryWanted = {
  url: string
}

export type RestoreWanted = {
  version: number
}

/** What is to be otherwise from now on for this run; all may be left out. */
export type Resumed = {
  budget_usd?: (number | null)
  budget_tokens?: (number | null)
  model?: (string | null)
  account?: (string | null)
}

/** `text`: what is to be changed, when it is not approved. */
export type Review = {
  approve: boolean
  text?: string
}

/** How a result stands. `verdict`: the latest on exactly this result. `last_seen`: the commit you reviewed last, for `since`. `why_not`: why you cannot approve it now, null when you can. `viewed`: how many of its `files` you have looked at. */
export type ReviewTold = {
  run_id: string
  head: (string | null)
  verdict: ("approved" | "changes" | "discarded" | null)
  verdicts: Array<VerdictTold>
  revisions: Array<RevisionTold>
  last_seen: (string | null)
  why_not: (string | null)
  files: number
  viewed: number
  drafts: number
  open: number
  addressed: number
}

/** `base` null: work that was put aside unfinished. */
export type RevisionTold = {
  run_id: string
  attempt: number
  head: string
  base: (string | null)
  at: string
}

export type Role = "admin" | "developer" | "viewer" | "guest"

/** Matches acts by all that it names. Patterns: `*` any characters, in a path but `/`; `**` in a path any; `?` one. A `command` pattern is laid beside each simple command of the line; `git *` also matches a bare `git`. A rule that names nothing but its tool allows all that the tool does, except to files outside of the workspace. A tool of an unknown kind is allowed only by a rule that says `tool = "other"`. */
export type Rule = {
  effect: "allow" | "deny" | "ask"
  tool?: string
  command?: (string | null)
  path?: (string | null)
  host?: (string | null)
  why?: string
}

/** `origin`: who says so. `learnt_id`: by which a learnt rule can be forgotten. */
export type RuleTold = {
  text: string
  rule: Rule
  origin: "installation" | "project" | "learnt"
  learnt_id?: (number | null)
  learnt_by?: (string | null)
}

/** `mode`: what happens where no rule decides; null: as the node's own configuration of the agent says. */
export type RulesTold = {
  mode: ("ask" | "auto" | null)
  rules: Array<RuleTold>
}

export type RunBegun = {
  id: string
  number: number
  state: State
}

export type RunDetail = {
  id: string
  number: number
  project_id: (number | null)
  task_id: (number | null)
  agent: string
  title: string
  prompt: string
  context: Record<string, JsonValue>
  state: State
  wait: (Wait | null)
  attempt: number
  failures: number
  tries: number
  timeout_seconds: number
  repository: (string | null)
  branch: (string | null)
  base: (string | null)
  head: (string | null)
  files: (number | null)
  additions: (number | null)
  deletions: (number | null)
  result: (string | null)
  error: (string | null)
  user_id: (string | null)
  may_cancel: boolean
  created_at: string
  started_at: (string | null)
  ended_at: (string | null)
  attempts: Array<AttemptTold>
  questions: Array<QuestionTold>
  usage: (Usage | null)
  repositories: Array<PartTold>
}

export type RunTold = {
  id: string
  number: number
  project_id: (number | null)
  task_id: (number | null)
  agent: string
  title: string
  prompt: string
  context: Record<string, JsonValue>
  state: State
  wait: (Wait | null)
  attempt: number
  failures: number
  tries: number
  timeout_seconds: number
  repository: (string | null)
  branch: (string | null)
  base: (string | null)
  head: (string | null)
  files: (number | null)
  additions: (number | null)
  deletions: (number | null)
  result: (string | null)
  error: (string | null)
  user_id: (string | null)
  may_cancel: boolean
  created_at: string
  started_at: (string | null)
  ended_at: (string | null)
}

export type RunWanted = {
  agent: string
  prompt: string
  project_id?: (number | null)
  task_id?: (number | null)
  context?: Record<string, JsonValue>
  tries?: (number | null)
  timeout_seconds?: (number | null)
  options?: (AgentConfiguration | null)
}

/** That there is one, and who set it; a value is told to nobody. */
export type SecretTold = {
  name: string
  set_by: string
  set_at: string
}

export type SecretValue = {
  value: string
}

/** `text`: what to say before the comments. */
export type Sending = {
  text?: string
}

/** `at`: when the sink took it; null: it has not, as `why` says. */
export type Sent = {
  at?: (string | null)
  why?: (string | null)
  failures?: number
}

/** `run`: that which heeds the comments. `prompt`: as it waits there; null when `run` is a new one that begins with it. */
export type SentTold = {
  run: RunTold
  prompt: (PromptTold | null)
  remarks: Array<string>
}

export type SessionTold = {
  session_id: string
  user_id: (string | null)
  created_at: string
  last_activity: string
  permissions: Array<Permission>
}

export type SessionWanted = {
  user_id?: (string | null)
  device_id?: (string | null)
}

/** What a provider may do here. Kept as JSON beside it. */
export type Settings = {
  label?: (string | null)
  scopes?: Array<string>
  sign_up?: boolean
  role?: Role
  trusts_email?: boolean
  groups?: (string | null)
  organisations?: Array<string>
  private_network?: boolean
  api?: (string | null)
}

/** `user`: the user's name, or e-mail address. */
export type SignIn = {
  user: string
  password: string
  keep?: "cookie" | "session"
}

/** `session_id`: only where it was asked for. */
export type SignedInAs = {
  user: string
  role: string
  expires_at: (string | null)
  session_id: (string | null)
}

export type SkillInfo = {
  skill_id: string
  name: string
  description: string
  required_permissions: Array<Permission>
  metadata?: (Record<string, JsonValue> | null)
}

/** How a project stands. `open`: tasks that are not done. `running`: runs at work. `needs_you`: tasks in review, and beside them runs that ask or wait for a review. `finished`: tasks done on each of the last days, today last. */
export type StandingTold = {
  project_id: number
  open: number
  running: number
  needs_you: number
  finished: Array<number>
}

/** `task`: a key, or `#n` for the task that the nth action of the same list creates. */
export type StartRun = {
  task: string
  agent: string
  prompt: string
}

export type State = "pending" | "planning" | "running" | "waiting" | "completed" | "failed" | "cancelled"

/** `task_id`: the board's task that the run is for. `session_id` may stand here, in the query or in a header. */
export type Submission = {
  agent_type: string
  prompt: string
  context?: Record<string, JsonValue>
  session_id?: (string | null)
  project_id?: (number | null)
  task_id?: (number | null)
}

/** What a project wants of its repository's issues. `label`, `assignee`: only issues with it come by themselves, all if neither is said. `start`: with the label or assignee, when somebody put it who may write to the repository, `agent` begins to work. `close_when_done`: a task that is done closes its issue. `comment`: one comment there tells how the work stands. */
export type Sync = {
  on?: boolean
  label?: (string | null)
  assignee?: (string | null)
  start?: boolean
  agent?: (string | null)
  close_when_done?: boolean
  comment?: boolean
}

/** What is wanted, and how it goes. `read_up_to`: the host's time up to which its changes were read. `error`: why the last look failed. */
export type SyncTold = {
  on: boolean
  label: (string | null)
  assignee: (string | null)
  start: boolean
  agent: (string | null)
  close_when_done: boolean
  comment: boolean
  read_up_to: (string | null)
  look_next_at: (string | null)
  error: (string | null)
  changed_by: string
}

/** Only what is named is changed. */
export type TaskChanges = {
  title?: string
  description?: (string | null)
  status?: TaskStatus
  priority?: Priority
  assigned_agent_type?: (string | null)
  assignee?: (string | null)
}

/** `repositories`: the names of those that it is about beside the project's own. */
export type TaskDetail = {
  id: number
  project_id: number
  key: string
  title: string
  description: (string | null)
  status: TaskStatus
  priority: Priority
  assigned_agent_type: (string | null)
  assignee: (string | null)
  agent_execution_status: (string | null)
  github_pr_url: (string | null)
  github_pr_number: (number | null)
  github_branch_name: (string | null)
  created_at: string
  updated_at: string
  external: (ExternalTold | null)
  repositories: Array<string>
}

export type TaskMetadata = {
  agent_type: string
  attempt: number
  node: (string | null)
  branch: (string | null)
  head: (string | null)
  wait: (Wait | null)
  usage: (Usage | null)
}

/** `execution_time`: seconds since the agent began, null before. */
export type TaskState = {
  task_id: string
  execution_uuid: string
  state: State
  success: boolean
  result: (string | null)
  error: (string | null)
  execution_time: (number | null)
  metadata: (TaskMetadata | null)
}

export type TaskStatus = "todo" | "in_progress" | "in_review" | "done" | "blocked"

export type TaskTold = {
  id: number
  project_id: number
  key: string
  title: string
  description: (string | null)
  status: TaskStatus
  priority: Priority
  assigned_agent_type: (string | null)
  assignee: (string | null)
  agent_execution_status: (string | null)
  github_pr_url: (string | null)
  github_pr_number: (number | null)
  github_branch_name: (string | null)
  created_at: string
  updated_at: string
}

/** `parent_id`: the task that it is a part of. `assignee`: the person it is meant for. `repositories`: names of the project's further ones that it is about too. */
export type TaskWanted = {
  project_id: number
  title: string
  description?: (string | null)
  status?: TaskStatus
  priority?: Priority
  assigned_agent_type?: (string | null)
  assignee?: (string | null)
  parent_id?: (number | null)
  repositories?: Array<string>
}

/** `name`: as `data.clawlink_test.test_…`. */
export type TestTold = {
  name: string
  passed: boolean
}

/** For the first frame of a WebSocket: good once, for 30 seconds. */
export type Ticket = {
  ticket: string
}

/** `token` is told this once. */
export type TokenMade = {
  id: string
  name: string
  user: string
  scopes: (Array<Permission> | null)
  project_id: (number | null)
  made_at: string
  used_at: (string | null)
  expires_at: string
  token: string
}

/** `scopes`: null: all that its user may. `project_id`: for it nothing else is there; null: it is narrowed to none. `used_at`: to the minute. */
export type TokenTold = {
  id: string
  name: string
  user: string
  scopes: (Array<Permission> | null)
  project_id: (number | null)
  made_at: string
  used_at: (string | null)
  expires_at: string
}

/** `key`: an id, a name, a model or a date; null: of no task, of no project, of an unknown model. `label`: for people. `cost_usd`: null when no call had a known price; else it lacks those of `unpriced_calls`. `seconds`: agents were at work. */
export type TotalTold = {
  key: (string | null)
  label: string
  runs: number
  attempts: number
  calls: number
  input_tokens: number
  output_tokens: number
  cached_tokens: number
  cost_usd: (number | null)
  unpriced_calls: number
  seconds: number
}

/** An act as if the agent asked for it now, there. */
export type Trial = {
  act: ActTried
  project_id?: (number | null)
  task_id?: (number | null)
}

export type Tried = {
  allow: boolean
  reason: string
  microseconds: number
}

/** `input`: as a policy is asked. `modules`: null: the policy in force. */
export type TryWanted = {
  input: Record<string, JsonValue>
  modules?: (Record<string, string> | null)
}

/** Tokens and US dollars over all attempts. `cost_usd` null: no known price. */
export type Usage = {
  model: (string | null)
  calls: number
  input_tokens: number
  output_tokens: number
  cached_tokens: number
  cost_usd: (number | null)
}

/** `subject`: user:…, group:…, role:…, trust:…; `project_id`: null: everywhere. */
export type UseTold = {
  id: number
  subject: string
  kind: "agent" | "skill"
  name: string
  project_id: (number | null)
  allowed: boolean
  made_by: string
  made_at: string
}

/** Once a rule allows somebody to use an agent, only those may whom a rule allows; one that denies counts above all. */
export type UseWanted = {
  subject: string
  kind?: "agent" | "skill"
  name: string
  project_id?: (number | null)
  allowed?: boolean
}

/** `id`: the name to sign in with. `role`: the strongest of `given_role`, which was given by hand, and of those that groups give. `service`: a program's account, which has tokens only. */
export type User = {
  id: string
  role: Role
  given_role: Role
  name: (string | null)
  email: (string | null)
  state: "active" | "disabled"
  service: boolean
  has_password: boolean
  created_at: string
  seen_at: (string | null)
}

/** What is left out stays. A new password ends all of the user's sessions. */
export type UserChange = {
  role?: (Role | null)
  state?: ("active" | "disabled" | null)
  name?: (string | null)
  email?: (string | null)
  password?: (string | null)
}

/** `head`: the result that it is about. */
export type VerdictTold = {
  verdict: "approved" | "changes" | "discarded"
  author: string
  text: string
  head: (string | null)
  at: string
}

/** What "done" means for a project. `rounds`: how often the agent is told what failed and may mend it. `review`: a person must have approved the result. */
export type Verification = {
  checks?: Array<Check>
  rounds?: number
  review?: boolean
}

/** As in a repository's `.clawlink.toml`; a mistake is told with its line. */
export type VerificationText = {
  toml: string
}

export type VersionTold = {
  project_id: (number | null)
  version: number
  active: boolean
  changed_by: string
  changed_at: string
}

export type VersionWanted = {
  version: number
}

/** Only what is named is changed. */
export type ViewChanges = {
  name?: string
  filters?: Record<string, JsonValue>
  shared?: boolean
}

/** `filters`: as they were saved. `mine`: whether the reader saved it. */
export type ViewTold = {
  id: number
  name: string
  filters: Record<string, JsonValue>
  shared: boolean
  mine: boolean
  author: string
  created_at: string
  updated_at: string
}

export type ViewWanted = {
  name: string
  filters: Record<string, JsonValue>
  shared?: boolean
}

export type Viewed = {
  path: string
  viewed?: boolean
}

/** Why a run waits, who or what must act, and when it goes on by itself. */
export type Wait = {
  reason: WaitReason
  who: string
  until: (string | null)
}

/** Why a run waits: one query over it answers "why is this not moving, and who must act". */
export type WaitReason = "approval" | "question" | "quota" | "budget" | "dependency" | "schedule" | "node_offline" | "ci" | "review"

/** Where to send the browser, which has been given a cookie for its way back. */
export type Way = {
  location: string
}

/** `invitation`: its code; who is unknown becomes a user by it. `link`: the account there becomes one more way in for who has signed in here. `step_up`: who has signed in here proves again who that is, by showing it there once more (OIDC). */
export type WayWanted = {
  return_to?: string
  invitation?: (string | null)
  link?: boolean
  step_up?: boolean
}

/** `secret`: told this once; making another one ends it. */
export type WebhookTold = {
  url: string
  secret: string
  content_type?: string
}

/** In a column, its own if no `status` is named: above the card `before`, below the card `after`, or at the `position`, which is the top if nothing is said. */
export type WherePut = {
  status?: (TaskStatus | null)
  before?: (number | null)
  after?: (number | null)
  position?: ("top" | "bottom" | null)
}

/** `why`: why the run is where it is, in a sentence. The rest: as in `wait`, null while it does not wait. */
export type Why = {
  why: string
  state: State
  reason: (WaitReason | null)
  who: (string | null)
  until: (string | null)
}

/** `where`: the task's name there, or its line. */
export type WhyTold = {
  where: string
  why: string
}

export type Words = {
  text: string
}

/** `rule`: the one that decides, null when none does: then it is the mode. `why`: for people. */
export type coderclawlink__web__agents__DecisionTold = {
  effect: "allow" | "deny" | "ask"
  rule: (RuleTold | null)
  why: string
}

export type coderclawlink__web__comparisons__Choice = {
  run_id: string
}

/** `by`: builtin, policy or opa. */
export type coderclawlink__web__policies__DecisionTold = {
  id: number
  at: string
  permission: string
  input: Record<string, JsonValue>
  allowed: boolean
  by: string
  reason: string
}

/** `option`: the id of one of the question's options, or its effect (`allow_once`, `reject_once` …). */
export type coderclawlink__web__questions__Choice = {
  option: string
  text?: (string | null)
}

export interface Operations {
  'GET /api/me': { args: {  }; result: Me }
  'GET /api/projects': { args: {  }; result: Array<ProjectTold> }
  'POST /api/projects': { args: { body: ProjectWanted }; result: ProjectTold }
  'GET /api/projects/summary': { args: {  }; result: Array<StandingTold> }
  'GET /api/projects/{project_id}': { args: { path: { project_id: number } }; result: ProjectTold }
  'PATCH /api/projects/{project_id}': { args: { path: { project_id: number }; body: ProjectChanges }; result: ProjectTold }
  'DELETE /api/projects/{project_id}': { args: { path: { project_id: number } }; result: void }
  'GET /api/tasks': { args: { query?: { limit?: (number | null); offset?: number; id?: (Array<number> | null); key?: (Array<string> | null); project_id?: (Array<number> | null); status?: (Array<TaskStatus> | null); priority?: (Array<Priority> | null); agent?: (Array<string> | null); assignee?: (Array<string> | null); label?: (Array<string> | null); q?: string; parent_id?: (number | null); blocked?: (boolean | null) } }; result: Array<TaskTold> }
  'POST /api/tasks': { args: { body: TaskWanted }; result: TaskTold }
  'POST /api/tasks/execute': { args: { body: ExecutionWanted }; result: Execution }
  'GET /api/tasks/{task_id}': { args: { path: { task_id: number } }; result: TaskDetail }
  'PATCH /api/tasks/{task_id}': { args: { path: { task_id: number }; body: TaskChanges }; result: TaskTold }
  'DELETE /api/tasks/{task_id}': { args: { path: { task_id: number } }; result: void }
  'GET /api/tasks/{task_id}/external': { args: { path: { task_id: number } }; result: (ExternalTold | null) }
  'GET /api/tasks/{task_id}/executions': { args: { path: { task_id: number } }; result: Array<Execution> }
  'GET /api/board': { args: { query?: { limit?: (number | null); id?: (Array<number> | null); key?: (Array<string> | null); project_id?: (Array<number> | null); status?: (Array<TaskStatus> | null); priority?: (Array<Priority> | null); agent?: (Array<string> | null); assignee?: (Array<string> | null); label?: (Array<string> | null); q?: string; parent_id?: (number | null); blocked?: (boolean | null) } }; result: BoardTold }
  'POST /api/tasks/{task_id}/move': { args: { path: { task_id: number }; body: MoveWanted }; result: MovedTold }
  'POST /api/tasks/bulk': { args: { body: BulkWanted }; result: BulkDone }
  'POST /api/undo/{token}': { args: { path: { token: string } }; result: Array<TaskTold> }
  'GET /api/tasks/{task_id}/links': { args: { path: { task_id: number } }; result: LinksTold }
  'POST /api/tasks/{task_id}/links': { args: { path: { task_id: number }; body: LinkWanted }; result: LinksTold }
  'DELETE /api/tasks/{task_id}/links/{link}/{other}': { args: { path: { task_id: number; link: Link; other: number } }; result: LinksTold }
  'GET /api/search': { args: { query: { q: string; project_id?: (number | null); limit?: number } }; result: Array<HitTold> }
  'POST /api/search/reindex': { args: {  }; result: Indexed }
  'GET /api/views': { args: {  }; result: Array<ViewTold> }
  'POST /api/views': { args: { body: ViewWanted }; result: ViewTold }
  'PATCH /api/views/{view_id}': { args: { path: { view_id: number }; body: ViewChanges }; result: ViewTold }
  'DELETE /api/views/{view_id}': { args: { path: { view_id: number } }; result: void }
  'GET /api/tasks/{task_id}/comments': { args: { path: { task_id: number }; query?: { before?: (number | null); limit?: number } }; result: Array<CommentTold> }
  'POST /api/tasks/{task_id}/comments': { args: { path: { task_id: number }; body: CommentText }; result: CommentTold }
  'PATCH /api/comments/{comment_id}': { args: { path: { comment_id: number }; body: CommentText }; result: CommentTold }
  'DELETE /api/comments/{comment_id}': { args: { path: { comment_id: number } }; result: void }
  'GET /api/tasks/{task_id}/activity': { args: { path: { task_id: number }; query?: { before?: (number | null); limit?: number } }; result: ActivityPage }
  'GET /api/projects/{project_id}/labels': { args: { path: { project_id: number } }; result: Array<LabelTold> }
  'POST /api/projects/{project_id}/labels': { args: { path: { project_id: number }; body: LabelWanted }; result: LabelTold }
  'PATCH /api/labels/{label_id}': { args: { path: { label_id: number }; body: LabelChanges }; result: LabelTold }
  'DELETE /api/labels/{label_id}': { args: { path: { label_id: number } }; result: void }
  'GET /api/tasks/{task_id}/labels': { args: { path: { task_id: number } }; result: Array<LabelTold> }
  'PATCH /api/tasks/{task_id}/labels': { args: { path: { task_id: number }; body: LabelsPut }; result: Array<LabelTold> }
  'GET /api/tasks/{task_id}/attachments': { args: { path: { task_id: number } }; result: Array<AttachmentTold> }
  'PUT /api/tasks/{task_id}/attachments': { args: { path: { task_id: number }; query: { name: string }; body: Blob }; result: AttachmentTold }
  'GET /api/attachments/{attachment_id}': { args: { path: { attachment_id: number }; query?: { inline?: boolean } }; result: void }
  'DELETE /api/attachments/{attachment_id}': { args: { path: { attachment_id: number } }; result: void }
  'GET /api/agents/available': { args: {  }; result: Array<string> }
  'GET /api/agents/types': { args: {  }; result: Array<string> }
  'GET /api/agents/{name}': { args: { path: { name: string } }; result: AgentTold }
  'GET /api/agents/{name}/configuration': { args: { path: { name: string }; query?: { project_id?: (number | null) } }; result: ConfigurationTold }
  'PUT /api/agents/{name}/configuration': { args: { path: { name: string }; query?: { project_id?: (number | null) }; body: ConfigurationWanted }; result: ConfigurationTold }
  'DELETE /api/agents/{name}/configuration': { args: { path: { name: string }; query?: { project_id?: (number | null) } }; result: ConfigurationTold }
  'GET /api/agents/{name}/configuration/versions': { args: { path: { name: string }; query?: { project_id?: (number | null) } }; result: Array<ConfigurationTold> }
  'POST /api/agents/{name}/configuration/restore': { args: { path: { name: string }; query?: { project_id?: (number | null) }; body: RestoreWanted }; result: ConfigurationTold }
  'GET /api/agents/{name}/rules': { args: { path: { name: string }; query?: { project_id?: (number | null); task_id?: (number | null) } }; result: RulesTold }
  'POST /api/agents/{name}/rules/try': { args: { path: { name: string }; body: Trial }; result: coderclawlink__web__agents__DecisionTold }
  'GET /api/agents/{name}/learnt': { args: { path: { name: string } }; result: Array<LearntTold> }
  'DELETE /api/agents/{name}/rules/{learnt_id}': { args: { path: { name: string; learnt_id: number } }; result: void }
  'POST /api/runtime/sessions': { args: { query?: { user_id?: (string | null); device_id?: (string | null) }; body?: (SessionWanted | null) }; result: SessionTold }
  'GET /api/runtime/sessions/{session_id}': { args: { path: { session_id: string } }; result: SessionTold }
  'DELETE /api/runtime/sessions/{session_id}': { args: { path: { session_id: string } }; result: void }
  'POST /api/runtime/tasks/submit': { args: { body: Submission }; result: TaskState }
  'GET /api/runtime/tasks/{task_id}/state': { args: { path: { task_id: string } }; result: TaskState }
  'POST /api/runtime/tasks/{task_id}/cancel': { args: { path: { task_id: string }; body?: (Cancellation | null) }; result: Cancelled }
  'GET /api/runtime/tasks/{task_id}/stream': { args: { path: { task_id: string }; query?: { after?: number } }; result: string }
  'GET /api/runtime/agents': { args: { query?: { project_id?: (number | null) } }; result: Array<AgentInfo> }
  'GET /api/runtime/skills': { args: {  }; result: Array<SkillInfo> }
  'GET /api/runtime/sessions/{session_id}/memory': { args: { path: { session_id: string }; query?: { before?: (number | null); limit?: number } }; result: Remembered }
  'POST /api/runtime/sessions/{session_id}/memory': { args: { path: { session_id: string }; body: NewNote }; result: MemoryTold }
  'PATCH /api/runtime/sessions/{session_id}/memory': { args: { path: { session_id: string }; body: MemoryChange }; result: Remembered }
  'DELETE /api/runtime/sessions/{session_id}/memory': { args: { path: { session_id: string } }; result: void }
  'GET /api/runs': { args: { query?: { state?: (State | null); project_id?: (number | null); task_id?: (number | null); mine?: boolean; limit?: number } }; result: Array<RunTold> }
  'POST /api/runs': { args: { body: RunWanted }; result: RunTold }
  'GET /api/runs/{run_id}': { args: { path: { run_id: string } }; result: RunDetail }
  'POST /api/runs/{run_id}/cancel': { args: { path: { run_id: string } }; result: RunTold }
  'POST /api/runs/{run_id}/answers': { args: { path: { run_id: string }; body: Answered }; result: QuestionTold }
  'GET /api/runs/{run_id}/events': { args: { path: { run_id: string }; query?: { after?: number; limit?: number } }; result: Events }
  'GET /api/runs/{run_id}/diff': { args: { path: { run_id: string } }; result: string }
  'GET /api/runs/{run_id}/log': { args: { path: { run_id: string } }; result: string }
  'GET /api/runs/{run_id}/why': { args: { path: { run_id: string } }; result: Why }
  'GET /api/runs/{run_id}/prompts': { args: { path: { run_id: string } }; result: Array<PromptTold> }
  'POST /api/runs/{run_id}/prompts': { args: { path: { run_id: string }; body: PromptWanted }; result: FollowUp }
  'PATCH /api/runs/{run_id}/prompts/{number}': { args: { path: { run_id: string; number: number }; body: Words }; result: PromptTold }
  'DELETE /api/runs/{run_id}/prompts/{number}': { args: { path: { run_id: string; number: number } }; result: PromptTold }
  'POST /api/runs/{run_id}/handover': { args: { path: { run_id: string }; body: HandoverWanted }; result: RunTold }
  'GET /api/inbox': { args: {  }; result: Inbox }
  'GET /api/questions': { args: {  }; result: Array<InboxEntry> }
  'POST /api/questions/{question_id}/answer': { args: { path: { question_id: string }; body: coderclawlink__web__questions__Choice }; result: QuestionTold }
  'GET /api/projects/{project_id}/verification': { args: { path: { project_id: number } }; result: Verification }
  'PUT /api/projects/{project_id}/verification': { args: { path: { project_id: number }; body: (Verification | VerificationText) }; result: Verification }
  'DELETE /api/projects/{project_id}/verification': { args: { path: { project_id: number } }; result: void }
  'GET /api/runs/{run_id}/checks': { args: { path: { run_id: string } }; result: Checks }
  'GET /api/runs/{run_id}/receipt': { args: { path: { run_id: string } }; result: Receipt }
  'POST /api/runs/{run_id}/resume': { args: { path: { run_id: string }; body?: (Resumed | null) }; result: RunTold }
  'GET /api/projects/{project_id}/repositories': { args: { path: { project_id: number } }; result: Array<RepositoryTold> }
  'PUT /api/projects/{project_id}/repositories/{name}': { args: { path: { project_id: number; name: string }; body: RepositoryWanted }; result: RepositoryTold }
  'DELETE /api/projects/{project_id}/repositories/{name}': { args: { path: { project_id: number; name: string } }; result: void }
  'GET /api/tasks/{task_id}/repositories': { args: { path: { task_id: number } }; result: Array<RepositoryTold> }
  'PUT /api/tasks/{task_id}/repositories': { args: { path: { task_id: number }; body: RepositoriesWanted }; result: Array<string> }
  'POST /api/projects/{project_id}/import/jira': { args: { path: { project_id: number }; query?: { dry_run?: boolean }; body: Blob }; result: ImportTold }
  'POST /api/projects/{project_id}/import/vibe-kanban': { args: { path: { project_id: number }; query?: { dry_run?: boolean; project?: (string | null) }; body: Blob }; result: ImportTold }
  'POST /api/projects/{project_id}/issues/import': { args: { path: { project_id: number }; body: IssuesWanted }; result: IssuesBroughtIn }
  'GET /api/projects/{project_id}/issues/sync': { args: { path: { project_id: number } }; result: (SyncTold | null) }
  'PUT /api/projects/{project_id}/issues/sync': { args: { path: { project_id: number }; body: Sync }; result: SyncTold }
  'GET /api/projects/{project_id}/connection': { args: { path: { project_id: number } }; result: ConnectionTold }
  'PUT /api/projects/{project_id}/connection': { args: { path: { project_id: number }; body: AccessWanted }; result: ConnectionTold }
  'DELETE /api/projects/{project_id}/connection': { args: { path: { project_id: number } }; result: void }
  'POST /api/projects/{project_id}/connection/check': { args: { path: { project_id: number } }; result: ConnectionTold }
  'PUT /api/projects/{project_id}/connection/answers': { args: { path: { project_id: number }; body: Answers }; result: ConnectionTold }
  'GET /api/connections/mine': { args: {  }; result: ConnectionTold }
  'PUT /api/connections/mine': { args: { body: AccessWanted }; result: ConnectionTold }
  'DELETE /api/connections/mine': { args: {  }; result: void }
  'POST /api/connections/mine/check': { args: { body: CheckWanted }; result: ConnectionTold }
  'GET /api/connections/installation': { args: {  }; result: ConnectionTold }
  'PUT /api/connections/installation': { args: { body: AccessWanted }; result: ConnectionTold }
  'DELETE /api/connections/installation': { args: {  }; result: void }
  'POST /api/connections/installation/check': { args: { body: CheckWanted }; result: ConnectionTold }
  'POST /api/tasks/{task_id}/create_pr': { args: { path: { task_id: number }; query?: { title?: (string | null); body?: (string | null) }; body?: (ProposalWanted | null) }; result: Proposed }
  'GET /api/tasks/{task_id}/pull_requests': { args: { path: { task_id: number } }; result: OfTask }
  'POST /api/tasks/{task_id}/pull_requests/{number}/merge': { args: { path: { task_id: number; number: number }; query?: { repository?: string }; body?: (MergeWanted | null) }; result: PullRequestTold }
  'POST /api/tasks/{task_id}/pull_requests/{number}/ready': { args: { path: { task_id: number; number: number }; query?: { repository?: string } }; result: PullRequestTold }
  'POST /api/tasks/{task_id}/pull_requests/{number}/refresh': { args: { path: { task_id: number; number: number }; query?: { repository?: string } }; result: PullRequestTold }
  'POST /api/tasks/{task_id}/pull_requests/{number}/answer': { args: { path: { task_id: number; number: number }; query?: { repository?: string } }; result: Answering }
  'POST /api/github/webhook_secret': { args: {  }; result: WebhookTold }
  'GET /api/runs/{run_id}/files': { args: { path: { run_id: string }; query?: { path?: (string | null); from_line?: number; after?: number; limit?: number; lines?: number; head?: (string | null); since?: (string | null) } }; result: FilesTold }
  'PUT /api/runs/{run_id}/viewed': { args: { path: { run_id: string }; body: Viewed }; result: void }
  'GET /api/runs/{run_id}/remarks': { args: { path: { run_id: string } }; result: Array<RemarkTold> }
  'POST /api/runs/{run_id}/remarks': { args: { path: { run_id: string }; body: RemarkWanted }; result: RemarkTold }
  'PATCH /api/runs/{run_id}/remarks/{remark_id}': { args: { path: { run_id: string; remark_id: string }; body: RemarkText }; result: RemarkTold }
  'DELETE /api/runs/{run_id}/remarks/{remark_id}': { args: { path: { run_id: string; remark_id: string } }; result: void }
  'POST /api/runs/{run_id}/remarks/send': { args: { path: { run_id: string }; body?: (Sending | null) }; result: SentTold }
  'GET /api/runs/{run_id}/review': { args: { path: { run_id: string } }; result: ReviewTold }
  'POST /api/runs/{run_id}/review': { args: { path: { run_id: string }; body: Review }; result: RunTold }
  'POST /api/runs/{run_id}/discard': { args: { path: { run_id: string }; body?: (Discarding | null) }; result: RunTold }
  'GET /api/projects/{project_id}/chat': { args: { path: { project_id: number } }; result: Array<ChatTold> }
  'POST /api/projects/{project_id}/chat': { args: { path: { project_id: number }; body: MessageWanted }; result: ChatDetail }
  'GET /api/chat/{chat_id}': { args: { path: { chat_id: string } }; result: ChatDetail }
  'POST /api/chat/{chat_id}': { args: { path: { chat_id: string }; body: FurtherMessage }; result: ChatDetail }
  'POST /api/chat/{chat_id}/proposals/{number}/confirm': { args: { path: { chat_id: string; number: number } }; result: ProposalTold }
  'POST /api/chat/{chat_id}/proposals/{number}/dismiss': { args: { path: { chat_id: string; number: number } }; result: ProposalTold }
  'GET /api/tasks/{task_id}/comparisons': { args: { path: { task_id: number } }; result: Array<ComparisonTold> }
  'POST /api/tasks/{task_id}/comparisons': { args: { path: { task_id: number }; body: ComparisonWanted }; result: ComparisonTold }
  'GET /api/comparisons/{comparison_id}': { args: { path: { comparison_id: string } }; result: ComparisonTold }
  'POST /api/comparisons/{comparison_id}/keep': { args: { path: { comparison_id: string }; body: coderclawlink__web__comparisons__Choice }; result: ComparisonTold }
  'GET /api/comparisons/{comparison_id}/diff': { args: { path: { comparison_id: string }; query: { left: string; right: string } }; result: string }
  'GET /api/budgets': { args: {  }; result: Array<BudgetTold> }
  'PUT /api/budgets': { args: { body: BudgetWanted }; result: BudgetTold }
  'DELETE /api/budgets': { args: { query: { scope: "installation" | "project" | "agent" | "user" | "task"; name?: string } }; result: void }
  'GET /api/usage': { args: { query?: { by?: "run" | "task" | "project" | "agent" | "user" | "model" | "day"; since?: (string | null); until?: (string | null); project_id?: (number | null); limit?: number } }; result: Array<TotalTold> }
  'GET /api/audit/events': { args: { query?: { user_id?: (string | null); event_type?: (string | null); resource_type?: (string | null); limit?: number } }; result: Array<AuditEvent> }
  'GET /api/audit/users/{user_id}/activity': { args: { path: { user_id: string }; query?: { limit?: number } }; result: Array<AuditEvent> }
  'GET /api/audit/sessions/{session_id}/activity': { args: { path: { session_id: string }; query?: { auth_session_id?: (string | null); limit?: number } }; result: Array<AuditEvent> }
  'GET /api/audit': { args: { query?: { before?: (number | null); limit?: number; q?: (string | null); event_type?: (Array<string> | null); status?: ("success" | "denied" | "failure" | null); user_id?: (string | null); session?: (string | null); device_id?: (string | null); resource_type?: (string | null); project_id?: (number | null); since?: (string | null); until?: (string | null) } }; result: Page }
  'GET /api/audit/analytics': { args: { query?: { by?: "actor" | "action" | "agent" | "type" | "project" | "day" | "hour" | "status"; form?: "json" | "csv"; part?: "counts" | "denied" | "new_devices" | "off_hours"; begin?: (number | null); end?: (number | null); q?: (string | null); event_type?: (Array<string> | null); status?: ("success" | "denied" | "failure" | null); user_id?: (string | null); session?: (string | null); device_id?: (string | null); resource_type?: (string | null); project_id?: (number | null); since?: (string | null); until?: (string | null) } }; result: Analytics }
  'GET /api/audit/chain': { args: {  }; result: Chain }
  'POST /api/audit/chain': { args: { body: Beside }; result: Chain }
  'GET /api/audit/checkpoints': { args: { query?: { before?: (number | null); limit?: number } }; result: Array<CheckpointTold> }
  'POST /api/audit/checkpoints': { args: {  }; result: (CheckpointTold | null) }
  'POST /api/audit/key': { args: {  }; result: KeyTold }
  'GET /api/audit/export': { args: { query?: { form?: "jsonl" | "ocsf" | "csv"; after?: number } }; result: string }
  'GET /api/backup': { args: {  }; result: (BackupTold | null) }
  'POST /api/backup': { args: {  }; result: string }
  'GET /api/policies': { args: { query?: { project_id?: (number | null) } }; result: PolicyTold }
  'PUT /api/policies': { args: { query?: { project_id?: (number | null) }; body: ModulesWanted }; result: PolicyPut }
  'DELETE /api/policies': { args: { query?: { project_id?: (number | null) } }; result: void }
  'GET /api/policies/versions': { args: { query?: { project_id?: (number | null); limit?: number } }; result: Array<VersionTold> }
  'GET /api/policies/versions/{version}': { args: { path: { version: number }; query?: { project_id?: (number | null) } }; result: PolicyTold }
  'POST /api/policies/restore': { args: { query?: { project_id?: (number | null) }; body: VersionWanted }; result: PolicyPut }
  'POST /api/policies/test': { args: { body: ModulesWanted }; result: Array<TestTold> }
  'POST /api/policies/try': { args: { query?: { project_id?: (number | null) }; body: TryWanted }; result: Tried }
  'POST /api/policies/replay': { args: { query?: { project_id?: (number | null) }; body: ReplayWanted }; result: ReplayTold }
  'GET /api/policies/decisions': { args: { query?: { project_id?: (number | null); refused?: boolean; before?: (number | null); limit?: number } }; result: DecisionsPage }
  'GET /api/auth/methods': { args: {  }; result: Methods }
  'POST /api/auth/sign-in': { args: { body: SignIn }; result: SignedInAs }
  'POST /api/auth/invitation': { args: { body: InvitationCode }; result: InvitationShown }
  'POST /api/auth/accept': { args: { body: Acceptance }; result: SignedInAs }
  'POST /api/auth/sign-out': { args: {  }; result: void }
  'POST /api/auth/sign-out-everywhere': { args: {  }; result: Ended }
  'POST /api/auth/password': { args: { body: PasswordChange }; result: void }
  'GET /api/auth/sessions': { args: {  }; result: Array<OwnSession> }
  'DELETE /api/auth/sessions/{id}': { args: { path: { id: string } }; result: void }
  'POST /api/auth/ticket': { args: {  }; result: Ticket }
  'POST /api/auth/passkeys/options': { args: {  }; result: Record<string, JsonValue> }
  'GET /api/auth/passkeys': { args: {  }; result: Array<PasskeyTold> }
  'POST /api/auth/passkeys': { args: { body: NewPasskey }; result: PasskeyTold }
  'PATCH /api/auth/passkeys/{passkey_id}': { args: { path: { passkey_id: string }; body: PasskeyName }; result: PasskeyTold }
  'DELETE /api/auth/passkeys/{passkey_id}': { args: { path: { passkey_id: string } }; result: void }
  'POST /api/auth/sign-in/passkey/options': { args: {  }; result: Record<string, JsonValue> }
  'POST /api/auth/sign-in/passkey': { args: { body: PasskeyGiven }; result: SignedInAs }
  'POST /api/auth/step-up': { args: { body: Proof }; result: void }
  'POST /api/auth/providers/{name}/start': { args: { path: { name: string }; body: WayWanted }; result: Way }
  'POST /api/auth/redeem': { args: { body: Redemption }; result: SignedInAs }
  'GET /api/auth/identities': { args: {  }; result: Array<OwnIdentity> }
  'DELETE /api/auth/identities/{provider}': { args: { path: { provider: string } }; result: void }
  'GET /api/users': { args: { query?: { after?: string; limit?: number } }; result: Array<User> }
  'POST /api/users': { args: { body: NewUser }; result: User }
  'GET /api/users/{user_id}': { args: { path: { user_id: string } }; result: User }
  'PATCH /api/users/{user_id}': { args: { path: { user_id: string }; body: UserChange }; result: User }
  'DELETE /api/users/{user_id}': { args: { path: { user_id: string } }; result: void }
  'GET /api/invitations': { args: {  }; result: Array<Invited> }
  'POST /api/invitations': { args: { body: NewInvitation }; result: InvitationMade }
  'DELETE /api/invitations/{invitation_id}': { args: { path: { invitation_id: string } }; result: void }
  'GET /api/projects/{project_id}/members': { args: { path: { project_id: number }; query?: { after?: string; limit?: number } }; result: Array<MemberTold> }
  'PUT /api/projects/{project_id}/members/{user_id}': { args: { path: { project_id: number; user_id: string }; body: MemberWanted }; result: MemberTold }
  'DELETE /api/projects/{project_id}/members/{user_id}': { args: { path: { project_id: number; user_id: string } }; result: void }
  'GET /api/uses': { args: { query?: { project_id?: (number | null); after?: number; limit?: number } }; result: Array<UseTold> }
  'POST /api/uses': { args: { body: UseWanted }; result: UseTold }
  'DELETE /api/uses/{use_id}': { args: { path: { use_id: number } }; result: void }
  'GET /api/providers': { args: {  }; result: Array<ProviderTold> }
  'GET /api/providers/{name}': { args: { path: { name: string } }; result: ProviderTold }
  'PUT /api/providers/{name}': { args: { path: { name: string }; body: ProviderWanted }; result: ProviderTold }
  'DELETE /api/providers/{name}': { args: { path: { name: string } }; result: void }
  'POST /api/providers/{name}/check': { args: { path: { name: string } }; result: Found }
  'GET /api/group-roles': { args: {  }; result: Array<GroupRoleTold> }
  'PUT /api/group-roles': { args: { body: NewGroupRole }; result: GroupRoleTold }
  'GET /api/group-roles/{id}': { args: { path: { id: number } }; result: GroupRoleTold }
  'PUT /api/group-roles/{id}': { args: { path: { id: number }; body: OtherRole }; result: GroupRoleTold }
  'DELETE /api/group-roles/{id}': { args: { path: { id: number } }; result: void }
  'GET /api/tokens': { args: { query?: { user?: (string | null) } }; result: Array<TokenTold> }
  'POST /api/tokens': { args: { body: NewToken }; result: TokenMade }
  'DELETE /api/tokens/{named}': { args: { path: { named: string }; query?: { user?: (string | null) } }; result: void }
  'GET /api/secrets': { args: {  }; result: Array<SecretTold> }
  'POST /api/secrets/rotate-key': { args: {  }; result: Rekeyed }
  'GET /api/secrets/{name}': { args: { path: { name: string } }; result: SecretTold }
  'PUT /api/secrets/{name}': { args: { path: { name: string }; body: SecretValue }; result: SecretTold }
  'DELETE /api/secrets/{name}': { args: { path: { name: string } }; result: void }
  'POST /api/devices/pairings': { args: { body?: (NewPairing | null) }; result: PairingMade }
  'POST /api/devices/pair': { args: { body: PairingGiven }; result: Paired }
  'POST /api/devices/challenge': { args: { body: DeviceNamed }; result: Challenge }
  'POST /api/devices/sign-in': { args: { body: ChallengeAnswered }; result: SignedInAs }
  'GET /api/devices': { args: { query?: { user?: (string | null); everybody?: boolean; revoked?: boolean; after?: string; limit?: number } }; result: Array<DeviceTold> }
  'GET /api/devices/{device_id}': { args: { path: { device_id: string } }; result: DeviceTold }
  'PATCH /api/devices/{device_id}': { args: { path: { device_id: string }; body: DeviceChange }; result: DeviceTold }
  'DELETE /api/devices/{device_id}': { args: { path: { device_id: string } }; result: void }
  'GET /api/nodes': { args: {  }; result: Array<NodeTold> }
  'GET /health': { args: {  }; result: Health }
}
