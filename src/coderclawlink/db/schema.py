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
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
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
    Column("offered_at", Time, nullable=False),
    Column("placed_at", Time),
    Column("started_at", Time),
    Column("ended_at", Time),
    Index("ix_attempts_state_node", "state", "node"),
)
questions = Table(
    "questions",
    meta,
    Column("id", String(64), primary_key=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("tool", Text),
    Column("asked_at", Time, nullable=False),
    Column("answered_at", Time),
    Column("option", Text),
    Column("text", Text),
    Column("answered_by", Text),
)
artifacts = Table(
    "artifacts",
    meta,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

# ── people and machines ────────────────────────────────────────────────────────────────────────────────────────────
users = Table(
    "users",
    meta,
    Column("id", Text, primary_key=True),
    Column("role", String(10), nullable=False),
    Column("created_at", Time, nullable=False),
)
sessions = Table(
    "sessions",
    meta,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the id, which is never kept
    Column("user_id", Text, index=True),
    Column("device_id", Text),
    Column("role", String(10), nullable=False),
    Column("created_at", Time, nullable=False),
    Column("last_activity", Time, nullable=False),
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
    UniqueConstraint("run_id", "attempt", "n"),
)
followers = Table(
    "followers",
    meta,
    Column("name", Text, primary_key=True),
    Column("place", Big, nullable=False),  # the last seq it has dealt with
)
