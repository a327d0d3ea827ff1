"""Patches: the unified text that git writes of a change, read as files, hunks and numbered lines. Pure.

Above: `revisions`, whose kept diffs these are, `remarks` and the routes. What stands in a patch was written by an agent: whatever
the text is, reading it raises nothing. A hunk is as long as its heading says, so that no line of a file can pass for the head of
another; only "\\n" ends a line, so that a CR is part of its text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

Status = Literal["added", "modified", "deleted", "renamed", "copied", "retyped"]
"""`retyped`: the path is now another kind of thing, as a link instead of a file."""
Kind = Literal["same", "added", "deleted"]
Side = Literal["old", "new"]

CUT = "\n… the diff is longer than what is kept here\n"
"""What a node writes at the end of a diff of which it has kept the beginning."""
_HEAD = "diff --git "
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)", re.DOTALL)
_KINDS: dict[str, Kind] = {" ": "same", "+": "added", "-": "deleted"}
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_ESCAPE = re.compile(r'\\([0-7]{3}|[abtnvfr"\\])|([^\\]+|\\)', re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Line(NamedTuple):
    """`old`, `new`: its number on each side, from 1; None where it is not. `ended` False: the file has no newline after it."""

    kind: Kind
    old: int | None
    new: int | None
    text: str
    ended: bool = True

    def on(self, side: Side) -> int | None:
        return self.old if side == "old" else self.new


@dataclass(frozen=True, slots=True)
class Hunk:
    """One place of a change. `heading`: what git shows beside the numbers, as the name of the function."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class File:
    """One changed file. `path`: its name now, of a deleted file its last; `old_path`: of a renamed or copied one, where it was.

    Modes are git's, as "100644"; None where the patch does not tell. `cut`: the patch ends within it. `digest`: SHA-256 of its
    part of the patch, the same for two patches that show it alike.
    """

    path: str
    old_path: str | None
    status: Status
    binary: bool
    old_mode: str | None
    new_mode: str | None
    additions: int
    deletions: int
    hunks: tuple[Hunk, ...]
    digest: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """`cut`: only the beginning was kept; files may be missing at the end."""

    files: tuple[File, ...]
    cut: bool = False


NOTHING = Patch(())


def read(text: str) -> Patch:
    """The files of a patch in their order. What is no part of any file is passed over. Raises nothing."""
    cut = text.endswith(CUT)
    lines = (text.removesuffix(CUT) + "\n" if cut else text).split("\n")
    if lines[-1] == "":
        lines.pop()
    found: list[File] = []
    at = 0
    while at < len(lines):
        if not lines[at].startswith(_HEAD):
            at += 1
            continue
        file, at = _file(lines, at)
        if found and file.status == "added" and (found[-1].status, found[-1].path) == ("deleted", file.path):
            file = _retyped(found.pop(), file)  # git takes away the one thing and adds the other
        found.append(file)
    if cut and found:
        found[-1] = replace(found[-1], cut=True)
    return Patch(tuple(found), cut)


def _retyped(gone: File, come: File) -> File:
    return replace(
        come,
        status="retyped",
        old_mode=gone.old_mode,
        binary=gone.binary or come.binary,
        deletions=gone.deletions,
        hunks=(*gone.hunks, *come.hunks),
        digest=hashlib.sha256(f"{gone.digest}{come.digest}".encode()).hexdigest(),
    )


@dataclass(slots=True)
class _Head:
    """What the lines above a file's hunks say."""

    said: dict[str, str] = field(default_factory=dict)
    binary: bool = False

    def take(self, line: str) -> None:
        if line.startswith(("Binary files ", "GIT binary patch")):
            self.binary = True
        for word in _WORDS:
            if line.startswith(word):
                self.said.setdefault(word, line[len(word) :])


_WORDS = (
    "old mode ",
    "new mode ",
    "deleted file mode ",
    "new file mode ",
    "copy from ",
    "copy to ",
    "rename from ",
    "rename to ",
    "--- ",
    "+++ ",
)


def _file(lines: list[str], begin: int) -> tuple[File, int]:
    """The file whose head stands at `begin`, and where the next thing stands."""
    head = _Head()
    hunks: list[Hunk] = []
    at = begin + 1
    whole = True
    while at < len(lines) and not lines[at].startswith(_HEAD):
        if heading := _HUNK.fullmatch(lines[at]):
            hunk, at, whole = _hunk(heading, lines, at + 1)
            hunks.append(hunk)
            continue
        if not hunks:
            head.take(lines[at])
        at += 1
    said = head.said
    old, new = _names(lines[begin][len(_HEAD) :], said)
    status: Status = "modified"
    if "new file mode " in said:
        status = "added"
    elif "deleted file mode " in said:
        status = "deleted"
    elif "rename to " in said:
        status = "renamed"
    elif "copy to " in said:
        status = "copied"
    counts = [line.kind for hunk in hunks for line in hunk.lines]
    section = "\n".join(lines[begin:at])
    return File(
        path=old if status == "deleted" else new,
        old_path=old if status in ("renamed", "copied") else None,
        status=status,
        binary=head.binary,
        old_mode=said.get("old mode ", said.get("deleted file mode ")),
        new_mode=said.get("new mode ", said.get("new file mode ")),
        additions=counts.count("added"),
        deletions=counts.count("deleted"),
        hunks=tuple(hunks),
        digest=hashlib.sha256(section.encode(errors="replace")).hexdigest(),
        cut=not whole,
    ), at


def _hunk(heading: re.Match[str], lines: list[str], at: int) -> tuple[Hunk, int, bool]:
    """So many lines as the heading promises; whether all were there."""
    old, new = int(heading[1]), int(heading[3])
    old_lines, new_lines = (1 if heading[n] is None else int(heading[n]) for n in (2, 4))
    old_left, new_left = old_lines, new_lines
    made: list[Line] = []
    while at < len(lines):
        line = lines[at]
        kind = _KINDS.get(line[:1])
        if line.startswith("\\") and made:
            made[-1] = made[-1]._replace(ended=False)
        elif kind is None or (kind != "added" and not old_left) or (kind != "deleted" and not new_left):
            break
        else:
            has_old, has_new = kind != "added", kind != "deleted"
            made.append(Line(kind, old if has_old else None, new if has_new else None, line[1:]))
            old, new, old_left, new_left = old + has_old, new + has_new, old_left - has_old, new_left - has_new
        at += 1
    hunk = Hunk(int(heading[1]), old_lines, int(heading[3]), new_lines, heading[5], tuple(made))
    return hunk, at, not (old_left or new_left)


# ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _names(beside: str, said: dict[str, str]) -> tuple[str, str]:
    """The old and the new name: from the lines that hold one alone where there are such, else from that which holds both."""
    old, new = _both(beside)
    for word, prefix in (("--- ", "a/"), ("+++ ", "b/")):
        told = _plain(said[word].removesuffix("\t")) if word in said else "/dev/null"
        if told != "/dev/null":
            name = told.removeprefix(prefix)
            old, new = (name, new) if prefix == "a/" else (old, name)
    for verb in ("rename", "copy"):
        old = _plain(said.get(f"{verb} from ", "")) or old
        new = _plain(said.get(f"{verb} to ", "")) or new
    return old, new


def _both(beside: str) -> tuple[str, str]:
    """Of `a/NAME b/NAME`. Names with a blank in them are not quoted, so the middle is where both sides are alike."""
    if beside.startswith('"') and (first := _QUOTED.match(beside)):
        return _plain(first[0]).removeprefix("a/"), _plain(beside[first.end() + 1 :]).removeprefix("b/")
    if beside.endswith('"') and ' "' in beside:
        old, _, new = beside.partition(' "')
        return old.removeprefix("a/"), _plain('"' + new).removeprefix("b/")
    middle = len(beside) // 2
    old, new = beside[:middle].removeprefix("a/"), beside[middle + 1 :].removeprefix("b/")
    if old == new:
        return old, new
    old, _, new = beside.removeprefix("a/").partition(" b/")
    return old, new or old


def _plain(name: str) -> str:
    """A name as git wrote it, without its quotes: octal bytes are UTF-8, and what is not becomes U+FFFD."""
    if not (len(name) > 1 and name.startswith('"') and name.endswith('"')):
        return name
    read = bytearray()
    for escape, plain in _ESCAPE.findall(name[1:-1]):
        if plain:
            read += plain.encode(errors="replace")
        elif escape in _ESCAPES:
            read.append(_ESCAPES[escape])
        else:
            read.append(int(escape, 8) & 0xFF)
    return read.decode(errors="replace")


# ── looking at a file's lines ──────────────────────────────────────────────────────────────────────────────────────


def lines_on(file: File, side: Side) -> Iterator[tuple[int, Line]]:
    """The lines that the patch shows of one side, with their numbers there, in order."""
    for hunk in file.hunks:
        for line in hunk.lines:
            if (number := line.on(side)) is not None:
                yield number, line


def portion(file: File, start: int, at_most: int) -> tuple[File, int | None]:
    """The file with so many of its lines from the `start`th (from 0, over all hunks), and where the rest begins, or None."""
    kept: list[Hunk] = []
    seen, end = 0, start + at_most
    for hunk in file.hunks:
        part = hunk.lines[max(0, start - seen) : max(0, end - seen)]
        if part:
            kept.append(replace(hunk, lines=part))
        seen += len(hunk.lines)
    return replace(file, hunks=tuple(kept)), end if seen > end else None
