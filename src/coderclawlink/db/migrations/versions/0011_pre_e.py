"""Nothing yet."""

revision = "0011_pre"
down_revision = "0010_pre"


def upgrade() -> None:
    pass
