"""Nothing yet."""

revision = "0010_pre"
down_revision = "0009_pre"


def upgrade() -> None:
    pass
