"""A question tells which rule wants a person to be asked."""

import sqlalchemy as sa
from alembic import op

revision = "0017_pre"
down_revision = "0016_pre"


def upgrade() -> None:
    with op.batch_alter_table("questions", recreate="never") as table:
        table.add_column(sa.Column("rule", sa.Text(), nullable=True))
