"""Bring the tables to what this version needs. Runs at every start, in one transaction, and does nothing if they are there."""

from alembic import command
from alembic.config import Config

from coderclawlink.db.engine import Database

_LOCK = 0x636C6177  # "claw": two hubs that start at once on PostgreSQL migrate one after the other


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", "coderclawlink.db:migrations")
    made.set_main_option("path_separator", "os")
    return made


def migrate(db: Database) -> None:
    """Run the steps that are missing."""
    with db.writing.connect() as connection, connection.begin():
        if db.dialect == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        made = config()
        made.attributes["connection"] = connection
        command.upgrade(made, "head")
