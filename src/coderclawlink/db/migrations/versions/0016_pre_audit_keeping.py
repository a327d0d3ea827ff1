"""The audit chain may be cut at its beginning, up to a row that has been signed for it; indexes for what is asked of a long one."""

import sqlalchemy as sa
from alembic import op

revision = "0016_pre"
down_revision = "0015_pre"

_WHY = "the audit chain only grows"
_BEGUN = "(SELECT coalesce(max(seq), 0) FROM audit_cuts)"


def upgrade() -> None:
    op.create_table(
        "audit_cuts",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_cuts")),
    )
    for name, column, some in (
        ("ix_audit_device_id_seq", "device_id", "device_id IS NOT NULL"),
        ("ix_audit_project_id_seq", "project_id", "project_id IS NOT NULL"),
        ("ix_audit_status_seq", "status", "status <> 'success'"),
    ):
        where = sa.text(some)
        op.create_index(name, "audit", [column, "seq"], sqlite_where=where, postgresql_where=where)
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
        op.execute("DROP TRIGGER audit_holds")
        op.execute(f"CREATE TRIGGER audit_holds BEFORE DELETE ON audit WHEN OLD.seq > {_BEGUN} {refuse}")
        op.execute(f"CREATE TRIGGER audit_cuts_keep BEFORE UPDATE ON audit_cuts {refuse}")
        op.execute(f"CREATE TRIGGER audit_cuts_hold BEFORE DELETE ON audit_cuts {refuse}")
        taken = "WHEN EXISTS (SELECT 1 FROM audit_cuts WHERE seq = NEW.seq)"
        op.execute(f"CREATE TRIGGER audit_cuts_place BEFORE INSERT ON audit_cuts {taken} {refuse}")
        return
    op.execute(
        "CREATE FUNCTION audit_begins() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF OLD.seq > {_BEGUN} THEN RAISE EXCEPTION '{_WHY}'; END IF; RETURN OLD; END $$"
    )
    op.execute("DROP TRIGGER audit_keeps ON audit")
    op.execute("CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_only_grows()")
    op.execute("CREATE TRIGGER audit_begins BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_begins()")
    op.execute(
        "CREATE TRIGGER audit_cuts_keep BEFORE UPDATE OR DELETE ON audit_cuts "
        "FOR EACH ROW EXECUTE FUNCTION audit_only_grows()"
    )
    op.execute(
        "CREATE TRIGGER audit_cuts_hold BEFORE TRUNCATE ON audit_cuts "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    )
