"""What the hub tells of members and of rules of use, as the command line reads it."""

from __future__ import annotations

from coderclawlink.cli.hub import Shape


class Member(Shape):
    user: str
    name: str | None
    role: str
    given: str | None
    by_group: str | None
    made_by: str


class Use(Shape):
    id: int
    subject: str
    kind: str
    name: str
    project_id: int | None
    allowed: bool
    made_by: str
