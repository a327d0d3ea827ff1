"""What the hub answers of imports and of issues that are kept the same, as the commands show it. Beside: `hub`."""

from __future__ import annotations

from coderclawlink.cli.hub import Shape


class Why(Shape):
    where: str
    why: str


class Imported(Shape):
    dry_run: bool
    made: list[str]
    known: int
    labels: list[str]
    skipped: list[Why]
    notes: list[Why]
    unknown: list[str]
    statuses: dict[str, str]
    priorities: dict[str, str]


class IssueSkipped(Shape):
    number: int
    why: str


class IssuesBroughtIn(Shape):
    made: list[str]
    known: int
    skipped: list[IssueSkipped]


class Sync(Shape):
    on: bool
    label: str | None
    assignee: str | None
    start: bool
    agent: str | None
    close_when_done: bool
    comment: bool
    read_up_to: str | None
    look_next_at: str | None
    error: str | None
