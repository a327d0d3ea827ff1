"""What the hub answers of the audit chain, as the commands show it. Beside: `hub`, with the shapes of the rest."""

from __future__ import annotations

from coderclawlink.cli.hub import Shape


class Event(Shape):
    seq: int
    timestamp: str
    actor: str | None
    action: str | None
    resource_type: str | None
    resource_id: str | None
    status: str


class Page(Shape):
    events: list[Event]


class Chain(Shape):
    events: int
    seconds: float
    head: str
    broken: str | None
    signed: int


class Count(Shape):
    name: str
    success: int
    denied: int
    failure: int


class Analytics(Shape):
    counts: list[Count]
    new_devices: list[Event]
    off_hours: list[Event]
