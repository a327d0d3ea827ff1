"""Nothing yet."""

revision = "0019_pre"
down_revision = "0018_pre"


def upgrade() -> None:
    pass
