"""What a session remembers."""

import sqlalchemy as sa
from alembic import op

revision = "0015_pre"
down_revision = "0014_pre"


def upgrade() -> None:
    with op.batch_alter_table("sessions", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("remembers", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "memories",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=36)),
        sa.Column("text", sa.Text()),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.hash"], name=op.f("fk_memories_session"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_memories_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memories")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_memories_session"), "memories", ["session"])
    op.create_index(op.f("ix_memories_run_id"), "memories", ["run_id"])
