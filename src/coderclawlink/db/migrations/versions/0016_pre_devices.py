"""Nothing yet."""

revision = "0016_pre"
down_revision = "0015_pre"


def upgrade() -> None:
    pass
