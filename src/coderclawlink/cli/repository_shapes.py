"""What the hub answers of further repositories, as the commands show it. Beside: `hub`."""

from __future__ import annotations

from coderclawlink.cli.hub import Shape


class Repository(Shape):
    name: str
    url: str
