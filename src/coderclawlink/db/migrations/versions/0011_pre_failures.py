"""Failures of signing in."""

import sqlalchemy as sa
from alembic import op

revision = "0011_pre"
down_revision = "0010_pre"


def upgrade() -> None:
    op.create_table(
        "failures",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Float(precision=53), nullable=False),
        sa.Column("until", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_failures")),
    )
    with op.batch_alter_table("failures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failures_last_at"), ["last_at"], unique=False)
