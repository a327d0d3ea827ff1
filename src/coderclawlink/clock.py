"""How times are written for people and other programs. Imports nothing of ours."""

from datetime import UTC, datetime


def rfc3339(at: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC, always with `Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """RFC 3339 as seconds since the epoch. Raises ValueError."""
    return datetime.fromisoformat(text).timestamp()
