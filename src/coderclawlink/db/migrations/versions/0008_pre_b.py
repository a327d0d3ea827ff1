"""Nothing yet."""

revision = "0008_pre"
down_revision = "0007_pre"


def upgrade() -> None:
    pass
