"""What the hub tells of providers of identities and of groups, as far as `provider`, `group` and `sign-in` show it."""

from __future__ import annotations

from coderclawlink.cli.hub import Shape


class Settings(Shape):
    sign_up: bool
    role: str
    trusts_email: bool
    groups: str | None
    organisations: list[str]


class Provider(Shape):
    name: str
    kind: str
    issuer: str
    client_id: str
    has_secret: bool
    callback: str
    settings: Settings


class Found(Shape):
    wrong: list[str]


class Offered(Shape):
    name: str
    label: str


class Methods(Shape):
    providers: list[Offered]


class Way(Shape):
    location: str


class GroupRole(Shape):
    id: int
    group: str
    project_id: int | None
    role: str
    people: int
