"""What the hub answers of comments, labels, attachments and a task's history, as the commands show it. Beside: `hub`, with the
shapes of the rest.

Each holds what the commands show and ignores what else there is.
"""

from __future__ import annotations

from coderclawlink.cli.hub import Shape


class Comment(Shape):
    id: int
    text: str
    author: str
    created_at: str
    edited_at: str | None


class Entry(Shape):
    at: str
    actor: str
    text: str
    comment: Comment | None


class Activity(Shape):
    entries: list[Entry]


class Label(Shape):
    id: int
    name: str
    colour: str


class Attachment(Shape):
    id: int
    name: str
    size: int
    media_type: str
    author: str
    created_at: str
