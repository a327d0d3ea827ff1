"""Nothing yet."""

revision = "0013_pre"
down_revision = "0012_pre"


def upgrade() -> None:
    pass
