"""Nothing yet."""

revision = "0007_pre"
down_revision = "0006_pre"


def upgrade() -> None:
    pass
