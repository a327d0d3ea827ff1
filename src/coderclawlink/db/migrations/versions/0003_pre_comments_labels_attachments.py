"""Comments, labels, attachments."""

revision = "0003_pre"
down_revision = "0002_pre"


def upgrade() -> None:
    """See db/schema.py."""
