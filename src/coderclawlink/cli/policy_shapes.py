"""What the hub tells of policies, as far as `policy` shows it."""

from __future__ import annotations

from pydantic import Field

from coderclawlink.cli.hub import Shape


class Test(Shape):
    name: str
    passed: bool


class Version(Shape):
    version: int
    active: bool
    changed_by: str
    changed_at: str


class Policy(Version):
    modules: dict[str, str]


class Put(Policy):
    tests: list[Test]


class Tried(Shape):
    allow: bool
    reason: str
    microseconds: int


class Blocked(Shape):
    at: str
    actor: str
    permission: str
    project: str | None
    resource: dict[str, object]
    reason: str

    @property
    def about(self) -> str:
        named = (f"{name} {value}" for name, value in self.resource.items())
        return ", ".join([*([self.project] if self.project else []), *named])


class Replay(Shape):
    asked: int
    left: int
    blocked: int
    by_permission: dict[str, int]
    examples: list[Blocked]


class _Actor(Shape):
    name: str


class _Input(Shape):
    actor: _Actor


class Decision(Shape):
    at: str
    permission: str
    allowed: bool
    by: str
    reason: str
    input: _Input = Field(repr=False)

    @property
    def who(self) -> str:
        return self.input.actor.name


class Decisions(Shape):
    decisions: list[Decision]
