"""Nothing yet."""

revision = "0018_pre"
down_revision = "0017_pre"


def upgrade() -> None:
    pass
