"""What a directory says of people and groups; tokens that are narrowed to a project."""

import sqlalchemy as sa
from alembic import op

revision = "0014_pre"
down_revision = "0013_pre"


def upgrade() -> None:
    with op.batch_alter_table("users", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("directory_name", sa.String(320)))
        batch_op.add_column(sa.Column("directory", sa.Text()))
        batch_op.add_column(sa.Column("left_at", sa.Float(precision=53)))
        batch_op.create_index("ix_users_directory_name", ["directory_name"], unique=True)
    with op.batch_alter_table("groups", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("by_directory", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("sessions", schema=None, recreate="never") as batch_op:
        batch_op.add_column(sa.Column("project_id", sa.Integer()))
