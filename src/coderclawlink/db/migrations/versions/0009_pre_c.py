"""Nothing yet."""

revision = "0009_pre"
down_revision = "0008_pre"


def upgrade() -> None:
    pass
