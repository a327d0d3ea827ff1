"""What the hub answers of devices, as the commands show it. Beside: `hub`, with the shapes of the rest."""

from __future__ import annotations

from coderclawlink.cli.hub import Shape


class Pairing(Shape):
    code: str
    user: str
    trust: str
    expires_at: str


class Device(Shape):
    id: str
    user: str
    name: str
    fingerprint: str
    trust: str
    state: str
    seen_at: str | None


class PairedDevice(Device):
    hub: str


class Memory(Shape):
    id: int
    kind: str
    at: str
    text: str | None
    agent: str | None
    asked: str | None
    answered: str | None


class Memories(Shape):
    remembers: bool
    memories: list[Memory]
    before: int | None
