"""Nothing yet."""

revision = "0017_pre"
down_revision = "0016_pre"


def upgrade() -> None:
    pass
