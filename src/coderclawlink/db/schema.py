"""Every table on one page: the map of what is kept.

Times are seconds since the epoch, UTC, as float, by the database's own clock (`db.engine.now`). JSON is text, so that both
databases hold the same bytes. The DBOS tables beside ours (schema `dbos` on PostgreSQL) are the engine's program counter.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

meta = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Time = Float(53)
Big = BigInteger().with_variant(Integer, "sqlite")

# ── the board ──────────────────────────────────────────────────────────────────────────────────────────────────────
projects = Table(
    "projects",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(255), nullable=False),
    Column("key", String(50), nullable=False, unique=True),
    Column("description", Text),
    Column("status", String(20), nullable=False),
    Column("github_repo_url", Text),
    Column("github_repo_owner", Text),
    Column("github_repo_name", Text),
    Column("telegram_chat_id", Text),
    Column("last_task_number", Integer, nullable=False, server_default="0"),
    Column("verification", Text),  # JSON of configuration.Verification; None: the repository says
    Column(
        "private", Boolean, nullable=False, server_default=false()
    ),  # for its members alone; to others it is not there
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
tasks = Table(
    "tasks",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("key", String(70), nullable=False, unique=True),
    Column("title", String(500), nullable=False),
    Column("description", Text),
    Column("status", String(20), nullable=False),
    Column("priority", String(10), nullable=False),
    Column("assigned_agent_type", Text),
    Column("agent_execution_status", Text),
    Column("github_pr_url", Text),
    Column("github_pr_number", Integer),
    Column("github_branch_name", Text),
    Column("assignee", Text),  # the person it is meant for, beside the agent
    Column("parent_id", Integer, index=True),  # the task that it is a part of; one that is gone is none
    Column("position", Float(53), nullable=False, server_default="0"),  # its place in its column, from the top
    Column("deleted_at", Time),  # hidden since then, and gone for good once that cannot be undone any more
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Index("ix_tasks_status_position", "status", "position"),
    Index(
        "ix_tasks_deleted_at",
        "deleted_at",
        sqlite_where=text("deleted_at IS NOT NULL"),
        postgresql_where=text("deleted_at IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)
# Beside these stands `search`, which each database has in a form of its own (SQLite: fts5, PostgreSQL: tsvector): its one
# row for each task holds the words of key and title, of the description and of the comments; `board.search` writes and reads it.
task_links = Table(
    "task_links",
    meta,
    Column("kind", String(10), primary_key=True),  # blocks, relates
    Column("source", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),  # of relates the lower id
    Column("target", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("made_by", Text, nullable=False),
    Column("made_at", Time, nullable=False),
    Index("ix_task_links_source_kind", "source", "kind"),
    Index("ix_task_links_target_kind", "target", "kind"),
)
views = Table(
    "views",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False),
    Column("filters", Text, nullable=False),  # JSON, as the web interface reads it
    Column("shared", Boolean, nullable=False),
    Column("owner", String(64), nullable=False, index=True),  # Actor.key
    Column("author", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
undos = Table(
    "undos",
    meta,
    Column("token", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),  # Actor.key
    Column("acts", Text, nullable=False),  # JSON of board.undo.Act
    Column("made_at", Time, nullable=False, index=True),
)

comments = Table(
    "comments",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("session", String(64)),  # hash of the author's session; None: the machine's owner
    Column("user_id", Text),
    Column("created_at", Time, nullable=False),
    Column("edited_at", Time),
    sqlite_autoincrement=True,
)
labels = Table(
    "labels",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(50), nullable=False),
    Column("folded", String(150), nullable=False),  # the name without its case: a project has it once
    Column("colour", String(10), nullable=False),
    UniqueConstraint("project_id", "folded"),
    sqlite_autoincrement=True,
)
task_labels = Table(
    "task_labels",
    meta,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("label_id", ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True, index=True),
)
attachments = Table(
    "attachments",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),  # the file's place; several may share one
    Column("size", Big, nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("author", Text, nullable=False),
    Column("session", String(64)),
    Column("user_id", Text),
    Column("created_at", Time, nullable=False),
    UniqueConstraint("task_id", "name"),
    sqlite_autoincrement=True,
)

# ── runs ───────────────────────────────────────────────────────────────────────────────────────────────────────────
runs = Table(
    "runs",
    meta,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), index=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), index=True),
    Column("agent", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("wait_reason", String(20)),
    Column("wait_who", Text),
    Column("wait_until", Time),
    Column("attempt", Integer, nullable=False, server_default="0"),  # the latest attempt's number; 0: none yet
    Column("failures", Integer, nullable=False, server_default="0"),  # attempts that count against `tries`
    Column("tries", Integer, nullable=False),
    Column("timeout_seconds", Float, nullable=False),
    Column("priority", Integer, nullable=False),  # lower goes first
    Column("repository", Text),
    Column("branch", Text),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("session", String(64)),  # hash of the session that submitted it; None: the machine's owner
    Column("user_id", Text),
    Column("result", Text),
    Column("error", Text),
    Column("base", String(64)),
    Column("head", String(64)),
    Column("files", Integer),
    Column("additions", Integer),
    Column("deletions", Integer),
    Column("options", Text, nullable=False, server_default="{}"),  # the run's own layer of configuration
    Column("verification", Text),  # the project's, as it was when the run was submitted
    Column("continues", String(36), index=True),  # the id of the run whose work and conversation this one goes on with
    Column("comparison", String(36), index=True),  # of several runs side by side on one task
    Column("step", Integer, nullable=False, server_default="0"),  # which step of the fallback chain it is at
    Column("demanded", Text),  # JSON: names of the checks that the result must pass; None: not yet known
    Column("review", Boolean),  # whether the repository demands that a person approves it; None: not yet known
    Column("receipt", Text),  # JSON of runs.receipts.Receipt
    Column("reviewer", Text),  # who approved the result
    Column("told_percent", Integer, nullable=False, server_default="0"),  # of its budget, as told last
    Column("hidden", Boolean, nullable=False, server_default=false()),  # its task is deleted
    Column("created_at", Time, nullable=False),
    Column("started_at", Time),
    Column("ended_at", Time),
    Index("ix_runs_state_created_at", "state", "created_at"),
    sqlite_autoincrement=True,
)
attempts = Table(
    "attempts",
    meta,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(10), nullable=False),
    Column("agent", Text, nullable=False),
    Column("project_id", Integer),
    Column("priority", Integer, nullable=False),
    Column("node", Text),
    Column("stop", String(12)),  # why the node is told to end it: cancelled, timeout
    Column("kept", Integer, nullable=False, server_default="0"),  # entries 1…kept are in the journal
    Column("outcome", String(12)),
    Column("result", Text),
    Column("error", Text),
    Column("retry", Boolean),
    Column("settled", Boolean, nullable=False),  # the run has drawn its conclusion from it
    Column("sandbox", Text),
    Column("agent_version", Text),
    Column("model", Text),
    Column("calls", Integer),
    Column("input_tokens", Big),
    Column("output_tokens", Big),
    Column("cached_tokens", Big),
    Column("cost_usd", Float),
    Column("configuration", Text),  # JSON of what it was made with; None: nothing was configured
    Column("configured", Text),  # the versions of which that was made, e.g. "goose@3 DEMO/goose@1"
    Column("account", Text),
    Column("session", Text),  # the agent's own name for the conversation
    Column("resumed", Boolean),
    Column(
        "prompt", Integer, nullable=False, server_default="0"
    ),  # the latest of the run's prompts that its agent took
    Column("reserved_usd", Float),  # what it may spend, set aside before it was placed
    Column("reserved_tokens", Big),
    Column("closed", Boolean, nullable=False, server_default=false()),  # what it has spent stands in the budgets
    Column("pause_reason", String(20)),
    Column("pause_until", Time),
    Column("offered_at", Time, nullable=False),
    Column("placed_at", Time),
    Column("started_at", Time),
    Column("ended_at", Time),
    Index("ix_attempts_state_node", "state", "node"),
    Index("ix_attempts_closed", "closed"),
)
questions = Table(
    "questions",
    meta,
    Column("id", String(64), primary_key=True),
    Column(
        "name", String(64), index=True
    ),  # what the asking attempt calls it; an earlier attempt may have asked it first
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("act", Text, nullable=False, server_default="{}"),  # JSON of rules.Act
    Column("who", String(10), nullable=False, server_default="developer"),  # the least role that may answer
    Column("deadline_at", Time),  # when it is answered with a no
    Column("heard_at", Time),  # when the agent was given the answer
    Column("title", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("tool", Text),
    Column("rule", Text),  # that wants a person to be asked; empty: none does
    Column("asked_at", Time, nullable=False),
    Column("answered_at", Time),
    Column("option", Text),
    Column("text", Text),
    Column("answered_by", Text),
    Index(  # the open ones, which are few: the inbox, and those whose deadline has passed
        "ix_questions_open",
        "asked_at",
        sqlite_where=text("answered_at IS NULL"),
        postgresql_where=text("answered_at IS NULL"),
    ),
)
artifacts = Table(
    "artifacts",
    meta,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

prompts = Table(
    "prompts",
    meta,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1; the run's own prompt is 0 and stands in the run
    Column("text", Text, nullable=False),
    Column("steer", Boolean, nullable=False),
    Column("state", String(10), nullable=False),  # queued, taken, withdrawn
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("author", Text, nullable=False),
    Column("attempt", Integer),  # the one whose agent took it
    Column("created_at", Time, nullable=False),
    Column("taken_at", Time),
)
checks = Table(
    "checks",
    meta,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("command", Text, nullable=False),
    Column("head", String(64), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("exit_code", Integer),
    Column("seconds", Float, nullable=False),
    Column("output", Text, nullable=False),
    Column("at", Time, nullable=False),
)
comparisons = Table(
    "comparisons",
    meta,
    Column("id", String(36), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("prompt", Text, nullable=False),
    Column("kept", String(36)),  # the run that was chosen
    Column("created_at", Time, nullable=False),
)

# ── reviews and conversations ──────────────────────────────────────────────────────────────────────────────────────
revisions = Table(
    "revisions",
    meta,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("head", String(64), nullable=False, index=True),  # the commit that the attempt's kept diff leads to
    Column("base", String(64)),  # None: the work was saved, not finished
    Column("at", Time, nullable=False),
)
remarks = Table(
    "remarks",
    meta,
    Column("id", String(36), primary_key=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),  # that is to heed it
    Column("made_on", String(36), nullable=False, index=True),  # the run whose result it was made on
    Column("owner", String(64), nullable=False),  # access.policy.Actor.key
    Column("author", Text, nullable=False),
    Column("state", String(10), nullable=False),  # draft, sent, addressed, stale
    Column("path", Text, nullable=False),
    Column("side", String(3), nullable=False),  # old, new
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("snippet", Text, nullable=False),
    Column("before", Text),  # the line above the snippet, as far as the diff showed it
    Column("after", Text),
    Column("base_line", Integer),  # the snippet's first line in the base, where all of it is unchanged
    Column("head", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("prompt", Integer),  # which of the run's prompts it was sent with
    Column("created_at", Time, nullable=False),
    Column("changed_at", Time, nullable=False),
    Column("sent_at", Time),
    Column("judged_at", Time),
    Column("judged_head", String(64)),
)
verdicts = Table(
    "verdicts",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("verdict", String(10), nullable=False),  # approved, changes, discarded
    Column("owner", String(64), nullable=False),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("head", String(64)),
    Column("at", Time, nullable=False),
    sqlite_autoincrement=True,
)
ticks = Table(
    "ticks",
    meta,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("owner", String(64), primary_key=True),
    Column("file", String(64), primary_key=True),  # SHA-256 of the path: a path may be longer than an index takes
    Column("digest", String(64), nullable=False),  # of the file's changes as they were seen
    Column("head", String(64), nullable=False),
    Column("at", Time, nullable=False),
)
chats = Table(
    "chats",
    meta,
    Column("id", String(36), primary_key=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("owner", String(64), nullable=False),
    Column("author", Text, nullable=False),
    Column("agent", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
)
chat_messages = Table(
    "chat_messages",
    meta,
    Column("chat_id", ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("prompt", Integer, nullable=False),  # which of the run's prompts it is
    Column("text", Text, nullable=False),
    Column("refused", Text),  # why what was proposed with the answer is no proposal
    Column("at", Time, nullable=False),
)
proposals = Table(
    "proposals",
    meta,
    Column("chat_id", ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("message", Integer, nullable=False),  # in whose answer it stands
    Column("action", Text, nullable=False),  # JSON of board.proposals.Action
    Column("state", String(10), nullable=False),  # proposed, confirmed, dismissed
    Column("decided_by", Text),
    Column("decided_at", Time),
    Column("task_id", Integer),  # what came of it
    Column("run_id", String(36)),
    Column("at", Time, nullable=False),
)

# ── the code's host ────────────────────────────────────────────────────────────────────────────────────────────────
secrets = Table(
    "secrets",
    meta,
    Column("name", String(200), primary_key=True),
    Column("sealed", Text, nullable=False),  # base64 of nonce and AES-256-GCM ciphertext, bound to the name
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
)
connections = Table(
    "connections",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("host", String(20), nullable=False),  # github, git
    Column("kind", String(10), nullable=False),  # token, app
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE")),  # None: not one project's
    Column("owner", String(64)),  # Actor.key of the person whose it is; None: the project's or everybody's
    Column("as_whom", Text, nullable=False),  # how the host names whose access it is
    # The name of its secret, which tells whose it is: one for each project and person, and one of the installation.
    Column("secret", String(200), nullable=False, unique=True),
    Column("app_id", Text),
    Column("installation_id", Text),
    Column(
        "answers", Text, nullable=False
    ),  # JSON of pulls.connections.Answers: which feedback becomes a prompt, how often
    Column("checked_at", Time),
    Column("error", Text),  # what the host said when it was tried last; None: it worked
    Column("made_by", Text, nullable=False),
    Column("made_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
repositories = Table(  # the further ones of a project, beside its own
    "repositories",
    meta,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("owner", Text),
    Column("host_name", Text),
    Column("made_at", Time, nullable=False),
)
task_repositories = Table(  # which of them a task is about, beside the project's own
    "task_repositories",
    meta,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
)
run_repositories = Table(  # what a run made in each of them
    "run_repositories",
    meta,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("repository", Text, nullable=False),
    Column("branch", Text),
    Column("base", String(64)),
    Column("head", String(64)),
    Column("files", Integer),
    Column("additions", Integer),
    Column("deletions", Integer),
)
deliveries = Table(
    "deliveries",
    meta,
    Column("id", String(36), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("name", String(64), nullable=False),  # of the repository within the project; "" for its own
    Column("repository", Text, nullable=False),
    Column("head", String(64), nullable=False),
    Column("branch", Text, nullable=False),
    Column("node", Text),  # where the commit lies
    Column("state", String(10), nullable=False),  # wanted, pushed, done, failed, dropped (a later one takes its place)
    Column("proposes", Boolean, nullable=False),  # whether a pull request is to be opened for it
    Column("draft", Boolean, nullable=False, server_default=false()),
    Column("title", Text),
    Column("body", Text),
    Column("pull_id", Integer),
    Column("compare", Text),  # how to look at it where there are no pull requests
    Column("error", Text),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_at", Time),
    Column("owner", String(64), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("changed_at", Time, nullable=False),
    Index("ix_deliveries_state_node", "state", "node"),
)
pull_requests = Table(
    "pull_requests",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(64), nullable=False),  # of the repository within the project; "" for its own
    Column("server", Text, nullable=False),  # base URL of the host
    Column("owner", Text, nullable=False),
    Column("repo", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("branch", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("head", String(64), nullable=False),
    Column("draft", Boolean, nullable=False),
    Column("state", String(10), nullable=False),  # open, merged, closed
    Column("checks", String(10), nullable=False),  # none, pending, passed, failed
    Column("checks_json", Text, nullable=False, server_default="[]"),  # JSON of pulls.hosts.Check
    Column("review", String(20), nullable=False),  # none, approved, changes_requested
    Column("mergeable", String(10), nullable=False),  # unknown, clean, conflict, blocked
    Column("comments", Integer, nullable=False, server_default="0"),
    Column("rounds", Integer, nullable=False, server_default="0"),  # prompts that came of it, since a person acted last
    Column("seen", Text, nullable=False, server_default="{}"),  # JSON: what of the feedback was made a prompt already
    Column("etags", Text, nullable=False, server_default="{}"),
    Column("looked_at", Time),
    Column("look_next_at", Time),
    Column("error", Text),
    Column("needs", Text),  # why it waits for a person
    Column("opened_at", Time, nullable=False),
    Column("changed_at", Time, nullable=False),
    Column("ended_at", Time),
    UniqueConstraint("server", "owner", "repo", "number"),
    Index("ix_pull_requests_state_look_next_at", "state", "look_next_at"),
    sqlite_autoincrement=True,
)
hooks_heard = Table(  # webhook deliveries, each taken once
    "hooks_heard",
    meta,
    Column("id", String(100), primary_key=True),  # X-GitHub-Delivery
    Column("at", Time, nullable=False, index=True),
)
external_tasks = Table(
    "external_tasks",
    meta,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("source", String(20), nullable=False),  # github, jira, vibe_kanban
    Column("place", Text, nullable=False),  # owner/name, or what it was imported from
    Column("external", String(255), nullable=False),  # the key there: 12, ABC-7
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("url", Text),
    Column("synced", Text, nullable=False, server_default="{}"),  # JSON: the fields as both sides had them last
    Column("there_at", Text),  # the other side's own time of its last change
    Column("synced_at", Time, nullable=False),
    UniqueConstraint("project_id", "source", "place", "external"),
)
issue_syncs = Table(
    "issue_syncs",
    meta,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "wanted", Text, nullable=False
    ),  # JSON of pulls.issues.Sync: label, assignee, whether to start, with which agent
    Column("since", Text),  # the other side's time up to which it was read
    Column("etag", Text),
    Column("look_next_at", Time),
    Column("error", Text),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Time, nullable=False),
)

# ── agents and money ───────────────────────────────────────────────────────────────────────────────────────────────
configurations = Table(
    "configurations",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("agent", String(64), nullable=False),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE")),  # None: of the whole installation
    Column("version", Integer, nullable=False),
    Column("latest", Boolean, nullable=False),
    Column("configuration", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Time, nullable=False),
    Index("ix_configurations_agent_project_id_version", "agent", "project_id", "version", unique=True),
    sqlite_autoincrement=True,
)
learnt_rules = Table(
    "learnt_rules",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), index=True),  # None: of the run alone
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), index=True),
    Column("agent", String(64), nullable=False),
    Column("rule", Text, nullable=False),
    Column("learnt_by", Text, nullable=False),
    Column("learnt_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
provider_limits = Table(
    "provider_limits",
    meta,
    Column("agent", String(64), primary_key=True),
    Column("account", String(200), primary_key=True),
    Column("model", String(200), primary_key=True),
    Column("until", Time, nullable=False),
)
budgets = Table(
    "budgets",
    meta,
    Column("scope", String(12), primary_key=True),  # installation, project, task, agent, user
    Column("name", String(255), primary_key=True),  # a project's or task's id, an agent's or user's name; "" for all
    Column("usd", Float),
    Column("tokens", Big),
    Column("run_usd", Float),  # what a run without a cap of its own is given
    Column("run_tokens", Big),
    Column("period", String(8), nullable=False),  # total, month, day (UTC)
    Column("told_percent", Integer, nullable=False, server_default="0"),
    Column("told_period", String(12), nullable=False, server_default=""),  # the one that this row's sums are of
    Column("closed_usd", Float, nullable=False, server_default="0"),  # what attempts that are over have spent
    Column("closed_tokens", Big, nullable=False, server_default="0"),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
)

# ── people and machines ────────────────────────────────────────────────────────────────────────────────────────────
users = Table(
    "users",
    meta,
    Column("id", Text, primary_key=True),
    Column("role", String(10), nullable=False),
    Column("given_role", String(10)),  # by hand, where groups give a stronger one; else `role` was
    Column("name", Text),
    Column("email", String(320), unique=True),  # in lower case
    Column("password", Text),  # argon2id, in its own encoding; None: none is set
    Column("state", String(10), nullable=False, server_default="active"),  # active, disabled
    Column("service", Boolean, nullable=False, server_default=false()),  # a program's account, which has tokens only
    Column("external_id", Text, index=True),  # as the directory names it (SCIM)
    # userName there, in lower case; None: it does not know the user
    Column("directory_name", String(320), unique=True, index=True),
    Column("directory", Text),  # JSON of access.directory.Said, as it was said last
    Column("left_at", Time),  # when the directory took it away; who is active again by hand has come back
    Column("ended_at", Time),  # sessions made before are void
    Column("seen_at", Time),
    Column("made_by", Text),
    Column("created_at", Time, nullable=False),
)
identities = Table(  # whom a provider's subject is
    "identities",
    meta,
    Column("provider", String(64), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text),
    Column("made_at", Time, nullable=False),
    Column("used_at", Time),
)
passkeys = Table(
    "passkeys",
    meta,
    Column("id", Text, primary_key=True),  # the credential's id, base64url
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("sign_count", Big, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("used_at", Time),
)
invitations = Table(
    "invitations",
    meta,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the code, which is shown once
    Column("role", String(10), nullable=False),
    Column("email", String(320)),
    Column("projects", Text, nullable=False, server_default="{}"),  # JSON: project id → role
    Column("made_by", Text, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("used_at", Time),
    Column("used_by", Text),
)
providers = Table(  # of identities: who says who somebody is
    "providers",
    meta,
    Column("name", String(64), primary_key=True),
    Column("kind", String(10), nullable=False),  # oidc, github
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("secret", String(200)),  # the name of its secret; None: a public client
    Column("settings", Text, nullable=False),  # JSON of access.providers.Settings
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Time, nullable=False),
)
sign_ins = Table(  # under way at a provider, or a challenge that waits for its answer; each is used once
    "sign_ins",
    meta,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the state, or of the challenge
    Column("kind", String(20), nullable=False),  # provider, passkey, device
    Column("data", Text, nullable=False),  # JSON
    Column("made_at", Time, nullable=False, index=True),
)
failures = Table(  # of signing in: who must wait before the next try
    "failures",
    meta,
    Column("subject", String(64), primary_key=True),  # SHA-256 of what is counted: an account, an address, both
    Column("count", Integer, nullable=False),
    Column("last_at", Time, nullable=False, index=True),
    Column("until", Time, nullable=False),
)
groups = Table(
    "groups",
    meta,
    Column("id", String(36), primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("external_id", Text),
    Column("by_directory", Boolean, nullable=False, server_default=false()),  # the directory (SCIM) knows it
    Column("made_at", Time, nullable=False),
)
group_members = Table(
    "group_members",
    meta,
    Column("group_id", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("source", String(64), primary_key=True),  # scim, admin, or the provider whose token says so
)
group_roles = Table(  # what belonging to a group gives
    "group_roles",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(255), nullable=False),  # of the group; it need not be known yet
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE")),  # None: for the whole installation
    Column("role", String(10), nullable=False),
    Index("ix_group_roles_name_project_id", "name", "project_id", unique=True),
    sqlite_autoincrement=True,
)
members = Table(  # whom a project's own role is given
    "members",
    meta,
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("source", String(10), primary_key=True),  # given, group
    Column("role", String(10), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Time, nullable=False),
)
uses = Table(  # who may use which agent and which skill; without any rule for it, all who may execute agents
    "uses",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("subject", String(300), nullable=False),  # user:<id>, group:<name>, role:<role>, trust:<level>
    Column("kind", String(10), nullable=False),  # agent, skill
    Column("name", String(64), nullable=False),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE")),  # None: everywhere
    Column("allowed", Boolean, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Time, nullable=False),
    sqlite_autoincrement=True,
)
devices = Table(
    "devices",
    meta,
    Column("id", String(36), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("public_key", String(64), nullable=False, unique=True),  # Ed25519, base64url of its 32 bytes
    Column("trust", String(10), nullable=False),  # low, normal, high
    Column("state", String(10), nullable=False),  # paired, revoked
    Column("made_at", Time, nullable=False),
    Column("seen_at", Time),
    Column("revoked_at", Time),
    Column("revoked_by", Text),
)
pairings = Table(
    "pairings",
    meta,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the code
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("trust", String(10), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("used_at", Time),
)
sessions = Table(
    "sessions",
    meta,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the id, which is never kept
    Column("kind", String(10), nullable=False, server_default="named"),  # access.sessions.Kind
    Column("proven", Boolean, nullable=False, server_default=false()),  # its user has proven to be who it says
    Column("name", Text),  # of a token
    Column("scopes", Text),  # JSON: the permissions that it is narrowed to; None: all that its user has
    Column("project_id", Integer),  # the project that a token is narrowed to, also once it is gone; None: to none
    Column("user_id", Text, index=True),
    Column("device_id", Text, index=True),
    Column("role", String(10), nullable=False),  # of one whose user has proven nothing; else the user's own counts
    Column("address", Text),  # where it was made from
    Column("agent", Text),  # with which program
    Column("stepped_up_at", Time),
    Column("expires_at", Time),  # however much it is used; None: 24 hours without use end it
    Column("created_at", Time, nullable=False),
    Column("last_activity", Time, nullable=False),
    Column("remembers", Boolean, nullable=False, server_default=false()),  # all its runs are told what was before
)
memories = Table(  # what a session's later runs may be told: the runs that it asked for, and notes
    "memories",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("session", ForeignKey("sessions.hash", ondelete="CASCADE"), nullable=False, index=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), index=True),
    Column("text", Text),  # of a note
    Column("at", Time, nullable=False),
    sqlite_autoincrement=True,
)
policies = Table(
    "policies",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("project_id", ForeignKey("projects.id", ondelete="CASCADE")),  # None: of the whole installation
    Column("version", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("modules", Text, nullable=False),  # JSON: file name → Rego
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Time, nullable=False),
    Index("ix_policies_project_id_version", "project_id", "version", unique=True),
    sqlite_autoincrement=True,
)
decisions = Table(  # what was asked and how it was decided, for trying a policy on what has been
    "decisions",
    meta,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Time, nullable=False, index=True),
    Column("project_id", Integer),
    Column("permission", String(20), nullable=False),
    Column("input", Text, nullable=False),  # JSON, as the policy is shown it
    Column("allowed", Boolean, nullable=False),
    Column("by", String(20), nullable=False),  # builtin, policy, opa
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)
nodes = Table(
    "nodes",
    meta,
    Column("name", Text, primary_key=True),
    Column("boot", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("labels", Text, nullable=False),
    Column("agents", Text, nullable=False),
    Column("sandbox", Text, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("seen_at", Time, nullable=False),
)

# ── what happened ──────────────────────────────────────────────────────────────────────────────────────────────────
events = Table(
    "events",
    meta,
    Column("seq", Big, primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap, given under one lock
    Column("at", Time, nullable=False),
    Column("kind", Text, nullable=False),
    Column("project_id", Integer),
    Column("task_id", Integer),
    Column("run_id", String(36)),
    Column("attempt", Integer),
    Column("n", Integer),  # the number its node gave it within the attempt
    Column("actor", Text),
    Column("data", Text, nullable=False),
    Index("ix_events_run_id_seq", "run_id", "seq"),
    Index(  # what the hub itself tells of a task, which is little beside what its agents say
        "ix_events_task_id_seq", "task_id", "seq", sqlite_where=text("n IS NULL"), postgresql_where=text("n IS NULL")
    ),
    UniqueConstraint("run_id", "attempt", "n"),
)
audit = Table(
    "audit",
    meta,
    Column("seq", Big, primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap
    Column("event_id", String(36), nullable=False),
    Column("at", Time, nullable=False),
    Column("event_type", String(40), nullable=False),
    Column("user_id", Text),
    Column("session_id", String(64)),  # hash of the session
    Column("device_id", Text),
    Column("actor", Text),
    Column("resource_type", String(40)),
    Column("resource_id", Text),
    Column("project_id", Integer),
    Column("action", Text),
    Column("status", String(10), nullable=False),  # success, denied, failure
    Column("details", Text, nullable=False),  # JSON
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_user_id_seq", "user_id", "seq"),
    Index("ix_audit_session_id_seq", "session_id", "seq"),
    Index("ix_audit_event_type_seq", "event_type", "seq"),
    Index("ix_audit_at", "at"),
    Index(
        "ix_audit_device_id_seq",
        "device_id",
        "seq",
        sqlite_where=text("device_id IS NOT NULL"),
        postgresql_where=text("device_id IS NOT NULL"),
    ),
    Index(
        "ix_audit_project_id_seq",
        "project_id",
        "seq",
        sqlite_where=text("project_id IS NOT NULL"),
        postgresql_where=text("project_id IS NOT NULL"),
    ),
    Index(
        "ix_audit_status_seq",
        "status",
        "seq",
        sqlite_where=text("status <> 'success'"),
        postgresql_where=text("status <> 'success'"),
    ),
)
audit_cuts = Table(  # where the chain was cut at its beginning, after its rows had been written to a file
    "audit_cuts",
    meta,
    Column("seq", Big, primary_key=True, autoincrement=False),  # the last row that was cut
    Column("first", Big, nullable=False),
    Column("hash", String(64), nullable=False),  # of this last row
    Column("sha256", String(64), nullable=False),  # of the file
    Column("at", Time, nullable=False),
    Column("key", String(64), nullable=False),  # the public half, base64url
    Column("signature", Text, nullable=False),
)
checkpoints = Table(
    "checkpoints",
    meta,
    Column("seq", Big, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("key", String(64), nullable=False),  # the public half, base64url
    Column("signature", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("sent", Text, nullable=False, server_default="{}"),  # JSON: sink → when, or why not
)
duties = Table(  # what one hub of several does for all
    "duties",
    meta,
    Column("name", String(64), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", Time, nullable=False),
)
followers = Table(
    "followers",
    meta,
    Column("name", Text, primary_key=True),
    Column("place", Big, nullable=False),  # the last seq it has dealt with
)
