"""Nothing yet."""

revision = "0015_pre"
down_revision = "0014_pre"


def upgrade() -> None:
    pass
