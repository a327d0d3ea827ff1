"""Links, search, views; a place in the column; deletion that can be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_pre"
down_revision = "0003_pre"

TIME = sa.Float(precision=53)


def upgrade() -> None:
    op.add_column("tasks", sa.Column("parent_id", sa.Integer(), nullable=True))
    op.add_column("tasks", sa.Column("assignee", sa.Text(), nullable=True))
    op.add_column("tasks", sa.Column("position", sa.Float(precision=53), server_default="0", nullable=False))
    op.add_column("tasks", sa.Column("deleted_at", TIME, nullable=True))
    op.add_column("runs", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE tasks SET position = id * 1024.0")
    op.create_index(op.f("ix_tasks_parent_id"), "tasks", ["parent_id"], unique=False)
    op.create_index("ix_tasks_status_position", "tasks", ["status", "position"], unique=False)
    gone = sa.text("deleted_at IS NOT NULL")
    op.create_index("ix_tasks_deleted_at", "tasks", ["deleted_at"], sqlite_where=gone, postgresql_where=gone)

    op.create_table(
        "task_links",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["source"], ["tasks.id"], name=op.f("fk_task_links_source"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["target"], ["tasks.id"], name=op.f("fk_task_links_target"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kind", "source", "target", name=op.f("pk_task_links")),
    )
    op.create_index("ix_task_links_source_kind", "task_links", ["source", "kind"], unique=False)
    op.create_index("ix_task_links_target_kind", "task_links", ["target", "kind"], unique=False)
    op.create_table(
        "views",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_views_owner"), "views", ["owner"], unique=False)
    op.create_table(
        "undos",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("acts", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_undos")),
    )
    op.create_index(op.f("ix_undos_made_at"), "undos", ["made_at"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _search_on_sqlite()
    else:
        _search_on_postgresql()


def _search_on_sqlite() -> None:
    """The words come as `board.search` cut them, without case and accents: the tokenizer finds nothing to change."""
    op.execute(
        "CREATE VIRTUAL TABLE search USING fts5"
        "(head, body, comments, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')"
    )
    op.execute("CREATE TRIGGER search_forgets AFTER DELETE ON tasks BEGIN DELETE FROM search WHERE rowid = OLD.id; END")
    op.execute(
        "INSERT INTO search (rowid, head, body, comments) SELECT id, key || ' ' || title, coalesce(description, ''), "
        "coalesce((SELECT group_concat(text, ' ') FROM comments WHERE task_id = tasks.id), '') FROM tasks"
    )


def _search_on_postgresql() -> None:
    op.create_table(
        "search",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_search_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_search")),
    )
    op.create_index("ix_search_words", "search", ["words"], postgresql_using="gin")
    op.execute(
        "INSERT INTO search SELECT id, setweight(to_tsvector('simple', replace(key, '-', ' ') || ' ' || title), 'A') "
        "|| setweight(to_tsvector('simple', coalesce(description, '')), 'B') || setweight(to_tsvector('simple', "
        "coalesce((SELECT string_agg(text, ' ') FROM comments WHERE task_id = tasks.id), '')), 'C') FROM tasks"
    )
