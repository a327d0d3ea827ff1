"""A task as another program has it, told in this board's words, and what of its file could not be taken. Pure.

Above: the readers of each program's file, which make it, and `pulls.imports`, which puts it on the board.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coderclawlink.board.labels import NAME, ON_A_TASK
from coderclawlink.board.tasks import Priority, TaskStatus
from coderclawlink.errors import Invalid

TITLE_AT_MOST = 500
DESCRIPTION_AT_MOST = 100_000
COMMENT_AT_MOST = 20_000
TOLD_AT_MOST = 1000
"""What is told of a file is cut there: a file of nothing but bad lines has as many."""
TASKS_AT_MOST = 5_000
"""Of one file: nobody else writes while they are made."""

_LEFT_OUT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class NotReadable(Invalid):
    """The file is none that can be imported."""


@dataclass(frozen=True, slots=True)
class ForeignComment:
    """`author`: as the other program names them. `text`: Markdown."""

    author: str
    text: str


@dataclass(frozen=True, slots=True)
class ForeignTask:
    """`place` and `external` name it there, for ever. `parent`: the `external` of the task that it is a part of. `line`: where in the
    file it stands, counted from 1; 0 where there are no lines. `created_at`: seconds since the epoch."""

    place: str
    external: str
    title: str
    description: str | None
    status: TaskStatus
    priority: Priority = Priority.MEDIUM
    labels: tuple[str, ...] = ()
    assignee: str | None = None
    parent: str | None = None
    comments: tuple[ForeignComment, ...] = ()
    created_at: float | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be known of one task or line: why it was skipped, or what of it was left out. `where`: its name there, or its line."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a file holds. `skipped`: what is no task; `notes`: what of a task was left out or changed. `unknown`: names of columns
    that nothing was made of. `statuses` and `priorities`: what their words for them became here."""

    tasks: tuple[ForeignTask, ...]
    skipped: tuple[Told, ...] = ()
    notes: tuple[Told, ...] = ()
    unknown: tuple[str, ...] = ()
    statuses: Mapping[str, TaskStatus] | None = None
    priorities: Mapping[str, Priority] | None = None


def clean(text: str) -> str:
    """Without what no database and no page takes: control characters, half characters; lines end in one way."""
    return _LEFT_OUT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, at_most: int) -> str:
    """The text as one line of so many characters."""
    words = " ".join(clean(text).split())
    return words if len(words) <= at_most else words[: at_most - 1] + "…"


def cut(text: str, at_most: int) -> tuple[str, bool]:
    """The text within its limit, and whether something was cut away."""
    text = clean(text).strip()
    return (text, False) if len(text) <= at_most else (text[: at_most - 2] + "\n…", True)


def fitting_labels(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names as labels of ours, each once whatever its case; and those that can be none."""
    fit: dict[str, str] = {}
    unfit: list[str] = []
    for name in names:
        wanted = " ".join(clean(name).replace(",", " ").split()).lstrip("+-").strip()
        if NAME.fullmatch(wanted) and (wanted.casefold() in fit or len(fit) < ON_A_TASK):
            fit.setdefault(wanted.casefold(), wanted)
        elif name.strip():
            unfit.append(name)
    return tuple(fit.values()), tuple(unfit)


def one_level(tasks: Iterable[ForeignTask]) -> tuple[dict[str, str], list[Told]]:
    """Which task becomes a part of which, by their names there. A board has one level of sub-tasks: what has parts itself is a part
    of nothing, and it is told."""
    wanted = {task.external: task.parent for task in tasks if task.parent is not None and task.parent != task.external}
    parents = set(wanted.values())
    made = {child: parent for child, parent in wanted.items() if child not in parents}
    deep = [
        Told(child, f"It has sub-tasks itself, so it does not become a sub-task of {parent}.")
        for child, parent in wanted.items()
        if child in parents
    ]
    return made, deep
