"""What the hub answers of connections to the code host, as the commands show it. Beside: `hub`."""

from __future__ import annotations

from coderclawlink.cli.hub import Shape


class Reached(Shape):
    default_branch: str
    private: bool
    may_push: bool
    lacks: list[str]


class Connection(Shape):
    of: str
    kind: str
    as_whom: str
    app_id: str | None
    made_by: str
    made_at: str
    checked_at: str | None
    error: str | None
    answers: dict[str, bool | int | str]
    reached: Reached | None
