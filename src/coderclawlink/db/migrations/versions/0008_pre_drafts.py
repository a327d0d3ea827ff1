"""Whether a delivery is proposed as a draft."""

import sqlalchemy as sa
from alembic import op

revision = "0008_pre"
down_revision = "0007_pre"


def upgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("draft", sa.Boolean(), server_default=sa.false(), nullable=False))
