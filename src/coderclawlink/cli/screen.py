"""What commands print: lines, tables, JSON. Above: all commands. Below: `text`, and the terminal or pipe on the other side."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime

from coderclawlink.cli import text
from coderclawlink.errors import Invalid

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_OF_STATE = {
    "completed": "green",
    "done": "green",
    "failed": "red",
    "blocked": "red",
    "waiting": "yellow",
    "in_review": "yellow",
    "running": "blue",
    "planning": "blue",
    "in_progress": "blue",
    "cancelled": "dim",
}


def is_coloured() -> bool:
    return text.is_colour_welcome(terminal=sys.stdout.isatty())


def paint(words: str, colour: str) -> str:
    """The words in a colour, where colour is welcome."""
    return f"\x1b[{_CODES[colour]}m{words}\x1b[0m" if is_coloured() and words else words


def state(name: str) -> str:
    """A state in its colour."""
    return paint(name, _OF_STATE[name]) if name in _OF_STATE else name


def say(words: str = "") -> None:
    print(words, flush=True)


def complain(words: str) -> None:
    """To standard error."""
    print(words, file=sys.stderr, flush=True)


def as_json(answer: str) -> None:
    """The hub's answer, indented, in ASCII: no terminal obeys it."""
    say(json.dumps(json.loads(answer), indent=2))


def rows(heads: Sequence[str], cells: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table; `empty` is said when it has no rows. A column named state or status is coloured."""
    if not cells:
        say(empty)
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    lines = text.table([head.upper() for head in heads], cells, width)
    say(paint(lines[0], "dim"))
    stateful = next((i for i, head in enumerate(heads) if head in ("state", "status")), None)
    for line, cell in zip(lines[1:], cells, strict=True):
        if stateful is None:
            say(line)
        else:
            word = str(cell[stateful])
            say(line.replace(f" {word} ", f" {state(word)} ", 1))


def facts(*pairs: tuple[str, object]) -> None:
    """Names and values, one a line; what is None is left out."""
    shown = [(name, value) for name, value in pairs if value is not None]
    width = max(len(name) for name, _ in shown)
    for name, value in shown:
        say(f"{paint(name.ljust(width), 'dim')}  {value}")


def when(stamp: str | None) -> str | None:
    """RFC 3339 as this machine's time."""
    return None if stamp is None else datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def lasted(begin: str | None, end: str | None) -> str | None:
    """From one to the other, for people; None if either is missing."""
    if begin is None or end is None:
        return None
    return duration((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())


def duration(seconds: float) -> str:
    """So many seconds, for people."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def confirm(question: str, yes: bool) -> bool:
    """Ask before something is gone. Raises `Invalid` where nobody can be asked and `--yes` was not given."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Invalid(f"{question} Say so with --yes.")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
