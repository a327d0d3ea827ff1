"""These tests share a database each file."""

from tests.runs.shared import db, shared_db, shared_url

__all__ = ["db", "shared_db", "shared_url"]
