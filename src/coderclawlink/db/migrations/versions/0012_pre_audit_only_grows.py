"""The audit chain only grows: the database itself refuses anything else, also by who writes SQL to it."""

from alembic import op

revision = "0012_pre"
down_revision = "0011_pre"

_WHY = "the audit chain only grows"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
        op.execute(f"CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit {refuse}")
        op.execute(f"CREATE TRIGGER audit_holds BEFORE DELETE ON audit {refuse}")
        # INSERT OR REPLACE deletes without asking the trigger above, unless recursive triggers are on.
        taken = "WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)"
        op.execute(f"CREATE TRIGGER audit_places BEFORE INSERT ON audit {taken} {refuse}")
        return
    op.execute(
        "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_WHY}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_keeps BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_only_grows()"
    )
    op.execute(
        "CREATE TRIGGER audit_holds BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    )
