"""Places: lines of a diff that somebody has pointed at, and where they stand in the diff of a later commit. Pure.

Above: `remarks`. Below: `patches`. Lines that both diffs show are found by their words; lines of the base that are shown no more
because nothing beside them is changed any longer stand where the changes before them move them to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from coderclawlink.errors import Invalid
from coderclawlink.runs.patches import File, Line, Patch, Side, lines_on

_TELLING = re.compile(r"\w{3}")
"""Lines without a word in them stand in every file in many places."""
SNIPPET_AT_MOST = 20_000
"""Characters."""


class NotShown(Invalid):
    """The diff does not show these lines."""


@dataclass(frozen=True, slots=True)
class Place:
    """Lines `first` to `last` of a side, from 1, with their words. `before`, `after`: the lines beside them as far as the diff
    shows them. `base_line`: the first one's number in the base, where the change has left all of them as they were."""

    path: str
    side: Side
    first: int
    last: int
    snippet: tuple[str, ...]
    before: str | None
    after: str | None
    base_line: int | None


Found = Place | Literal["changed", "unknown"]
"""`unknown`: the diff was cut before it comes to that."""


def take(file: File, side: Side, first: int, last: int) -> Place:
    """The place of these lines. Raises `NotShown`, `Invalid`."""
    shown = dict(lines_on(file, side))
    lines = [shown.get(number) for number in range(first, last + 1)]
    there = [line for line in lines if line is not None]
    if not there or len(there) != len(lines):
        raise NotShown
    if sum(len(line.text) for line in there) > SNIPPET_AT_MOST:
        raise Invalid("These lines are too long to be commented together.")
    return _place(file, side, first, last, there, shown)


def _place(file: File, side: Side, first: int, last: int, lines: list[Line], shown: dict[int, Line]) -> Place:
    before, after = shown.get(first - 1), shown.get(last + 1)
    is_base = all(line.kind == "same" for line in lines)
    return Place(
        path=file.path,
        side=side,
        first=first,
        last=last,
        snippet=tuple(line.text for line in lines),
        before=None if before is None else before.text,
        after=None if after is None else after.text,
        base_line=lines[0].old if is_base else None,
    )


def find(patch: Patch, place: Place, *, same_base: bool = True) -> Found:
    """Where the lines stand in another diff; `changed` when they stand nowhere as they were. `same_base`: both begin at the same
    commit, so that the numbers of the base mean the same."""
    file = next((one for one in patch.files if one.path == place.path), None)
    file = file or next((one for one in patch.files if one.old_path == place.path), None)
    if patch.cut if file is None else file.cut:
        return "unknown"
    shown = {} if file is None else dict(lines_on(file, place.side))
    if file is not None and (first := _by_words(shown, place)) is not None:
        last = first + len(place.snippet) - 1
        return _place(file, place.side, first, last, [shown[n] for n in range(first, last + 1)], shown)
    if place.base_line is None:
        return "changed"
    return _by_base(file, place, place.base_line) if same_base else "unknown"


def _by_words(shown: dict[int, Line], place: Place) -> int | None:
    """The line from which on the snippet stands: the nearest of those whose neighbours are the same, else the nearest."""
    length = len(place.snippet)
    was_taken_away = place.side == "old" and place.base_line is None

    def stands(number: int) -> bool:
        lines = [shown.get(number + offset) for offset in range(length)]
        if any(line is None or line.text != text for line, text in zip(lines, place.snippet, strict=True)):
            return False
        # Words on what was taken away are answered when it is back.
        return not was_taken_away or any(line is not None and line.kind == "deleted" for line in lines)

    def alike(number: int) -> int:
        beside = (shown.get(number - 1), place.before), (shown.get(number + length), place.after)
        return sum(line is not None and line.text == text for line, text in beside)

    starts = [number for number, line in shown.items() if line.text == place.snippet[0] and stands(number)]
    if not starts:
        return None
    best = max(starts, key=lambda number: (alike(number), -abs(number - place.first)))
    is_telling = any(_TELLING.search(text) for text in place.snippet)
    return best if is_telling or alike(best) else None


def _by_base(file: File | None, place: Place, base: int) -> Found:
    """By the numbers of the base: lines that this diff does not take away are where those before them move them to."""
    end = base + len(place.snippet)
    moved = 0
    for hunk in () if file is None else file.hunks:
        if any(line.kind == "deleted" and base <= (line.old or 0) < end for line in hunk.lines):
            return "changed"
        if hunk.old_start < base:
            moved += hunk.new_lines - hunk.old_lines
    first = base if place.side == "old" else base + moved
    path = place.path if file is None else file.path
    return replace(place, path=path, first=first, last=first + len(place.snippet) - 1, before=None, after=None)
