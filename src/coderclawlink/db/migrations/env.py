"""Alembic's entry: runs the steps on the connection that `db.migrate` hands over."""

from alembic import context

from coderclawlink.db.schema import meta

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=meta,
    render_as_batch=True,
    # The durable engine's tables live in the same SQLite file and are not ours to touch.
    include_name=lambda name, kind, _: kind != "table" or name in meta.tables,
)
with context.begin_transaction():
    context.run_migrations()
