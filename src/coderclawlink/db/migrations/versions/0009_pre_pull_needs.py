"""Why a pull request waits for a person."""

import sqlalchemy as sa
from alembic import op

revision = "0009_pre"
down_revision = "0008_pre"


def upgrade() -> None:
    with op.batch_alter_table("pull_requests", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("needs", sa.Text()))
