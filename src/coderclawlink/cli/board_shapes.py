"""What the hub answers of comments, labels, attachments, links, views, of a search and a task's history, as the commands show it.
Beside: `hub`, with the shapes of the rest.

Each holds what the commands show and ignores what else there is.
"""

from __future__ import annotations

from pydantic import JsonValue

from coderclawlink.cli.hub import Shape, Task


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


class RunBegun(Shape):
    id: str
    number: int
    state: str


class Moved(Shape):
    task: Task
    run: RunBegun | None
    undo: str


class Done(Shape):
    undo: str


class Linked(Shape):
    key: str
    title: str
    status: str


class Links(Shape):
    blocks: list[Linked]
    blocked_by: list[Linked]
    relates: list[Linked]
    parent: Linked | None
    children: list[Linked]
    done: int
    total: int


class Piece(Shape):
    text: str
    hit: bool


class Hit(Shape):
    key: str
    title: str
    status: str
    where: str
    snippet: list[Piece]


class View(Shape):
    id: int
    name: str
    filters: dict[str, JsonValue]
    shared: bool
    author: str
