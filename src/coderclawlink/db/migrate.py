"""Bring the tables to what this version needs. Runs at every start, in one transaction, and does nothing if they are there."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from coderclawlink.db.engine import Database

_LOCK = 0x636C6177  # "claw": two hubs that start at once on PostgreSQL migrate one after the other


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", "coderclawlink.db:migrations")
    made.set_main_option("path_separator", "os")
    return made


def has_step(revision: str) -> bool:
    """Whether this version knows the step: a newer one may have made it."""
    return any(step.revision == revision for step in ScriptDirectory.from_config(config()).walk_revisions())


def is_current(db: Database) -> bool:
    """Whether no step is missing, and none of a newer version is there."""
    with db.writing.connect() as connection:
        return (
            MigrationContext.configure(connection).get_current_revision()
            == ScriptDirectory.from_config(config()).get_current_head()
        )


def migrate(db: Database, to: str = "head") -> None:
    """Run the steps that are missing, up to one of them."""
    with db.writing.connect() as connection, connection.begin():
        if db.dialect == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        made = config()
        made.attributes["connection"] = connection
        command.upgrade(made, to)
