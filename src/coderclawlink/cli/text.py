"""Text for a terminal: what others wrote is rendered, never obeyed; tables are aligned; colour only where it is welcome. Pure.

An agent's output may hold sequences that move the cursor, set the window's title, fill the clipboard or hide text. Of all of them
only colours (SGR) pass, and those only into the agent's own words, never into titles and questions.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence

_COLOUR = re.compile(r"\x1b\[[0-9;:]{0,40}m")
_SEQUENCE = re.compile(
    r"(?P<colour>\x1b\[[0-9;:]{0,40}m)"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, SOS, PM, APC with their end
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[ -/]*[0-~]"  # the short ones
    # What is left alone, and what turns the direction of text around so that it reads otherwise than it is.
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_HIDING = re.compile(r"(?:^|[;:])0*8(?:[;:]|$)")
_RESET = "\x1b[0m"


def clean(text: str, *, colour: bool = False) -> str:
    """The text without anything a terminal would obey; line ends and tabs stay. `colour`: SGR stays too, but for concealing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be written
    kept = _SEQUENCE.sub(lambda found: _kept(found["colour"]) if colour else "", text)
    return kept + _RESET if colour and "\x1b" in kept else kept


def _kept(sequence: str | None) -> str:
    return "" if sequence is None or _HIDING.search(sequence[2:-1]) else sequence


def line(text: str | None) -> str:
    """The text as one plain line."""
    return " ".join(clean(text or "").split())


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def width(text: str) -> int:
    """Columns that it takes on a terminal."""
    bare = _COLOUR.sub("", text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in bare
    )


def cut(text: str, columns: int) -> str:
    """At most so many columns of a plain line; what is missing shows as `…`."""
    if width(text) <= columns:
        return text
    while text and width(text) > columns - 1:
        text = text[:-1]
    return text + "…"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], columns: int | None = None) -> list[str]:
    """Aligned lines under a line of heads. `columns`: of the terminal, to which the last column is cut; None: it is not."""
    cells = [list(heads), *([line("-" if cell is None else str(cell)) or "-" for cell in row] for row in rows)]
    widths = [max(width(row[i]) for row in cells) for i in range(len(heads))]
    made = []
    for row in cells:
        before = "".join(cell + " " * (widths[i] - width(cell) + 2) for i, cell in enumerate(row[:-1]))
        last = row[-1] if columns is None else cut(row[-1], max(8, columns - width(before)))
        made.append((before + last).rstrip())
    return made


def is_colour_welcome(*, terminal: bool, environment: Mapping[str, str] | None = None) -> bool:
    """Whether to write colours (https://no-color.org)."""
    environment = os.environ if environment is None else environment
    return terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
