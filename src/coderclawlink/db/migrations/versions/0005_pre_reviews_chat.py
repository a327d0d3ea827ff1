"""Reviews, chat."""

revision = "0005_pre"
down_revision = "0004_pre"


def upgrade() -> None:
    """See db/schema.py."""
