"""What a user is by hand is kept apart from what groups make of it."""

import sqlalchemy as sa
from alembic import op

revision = "0013_pre"
down_revision = "0012_pre"


def upgrade() -> None:
    with op.batch_alter_table("users", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("given_role", sa.String(10)))
