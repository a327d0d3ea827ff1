"""One connection each for a project, a person and the installation; a delivery's branch may stand wherever an earlier one put it."""

import sqlalchemy as sa
from alembic import op

revision = "0007_pre"
down_revision = "0006_pre"


def upgrade() -> None:
    connections = sa.table("connections", sa.column("id"), sa.column("secret"))
    newest = sa.select(sa.func.max(connections.c.id)).group_by(connections.c.secret)
    op.execute(connections.delete().where(connections.c.id.not_in(newest)))
    with op.batch_alter_table("connections", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_connections_host_project_id_owner"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_connections_secret"), ["secret"])
    with op.batch_alter_table("deliveries", recreate="never") as batch_op:
        batch_op.drop_column("expects")
