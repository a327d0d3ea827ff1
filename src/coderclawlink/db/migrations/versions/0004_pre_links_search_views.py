"""Links, search, views."""

revision = "0004_pre"
down_revision = "0003_pre"


def upgrade() -> None:
    """See db/schema.py."""
