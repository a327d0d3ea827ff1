"""Nothing yet."""

revision = "0014_pre"
down_revision = "0013_pre"


def upgrade() -> None:
    pass
