"""Diffs: what an attempt changed, as text for people and as data for the browser.

Above: `checkout` and `node.execute`. Below: `git`. `files` and `hunks` are pure readers of git's own output; commits are
compared without the work tree, so that no attribute an agent wrote can hide a change.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from coderclawlink.workspaces.git import git
from coderclawlink.workspaces.snapshot import tree_of
from coderclawlink.workspaces.store import Checkout

Status = Literal["added", "modified", "deleted", "renamed", "copied", "retyped"]
"""`retyped`: the path is now another kind of thing, as a link instead of a file."""

_STATUS: dict[str, Status] = {
    "A": "added",
    "M": "modified",
    "D": "deleted",
    "R": "renamed",
    "C": "copied",
    "T": "retyped",
}
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)", re.DOTALL)
_COMPARE = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--full-index",
    "-r",
    "--find-renames",
    "--ignore-submodules=none",
)


@dataclass(frozen=True)
class Hunk:
    """One place of a change. Lines are numbered from 1; each of `lines` begins with " ", "+", "-" or "\\"."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class FileDiff:
    """One changed file. Counts are lines, 0 for a binary file. Modes are git's, as "100644"; "000000": not there.

    `old_path` is set for a renamed or copied file. Names that are not UTF-8 carry surrogates.
    """

    path: str
    old_path: str | None
    status: Status
    old_mode: str
    new_mode: str
    additions: int = 0
    deletions: int = 0
    binary: bool = False
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True)
class Diff:
    """The whole change from `base` to `head`. `patch` is the unified text.

    `cut`: the text was longer than allowed; then `patch` ends at a line's end and the last files lack hunks, but `files`
    names all of them with their counts.
    """

    base: str
    head: str
    files: tuple[FileDiff, ...]
    patch: str
    cut: bool = False


async def between(checkout: Checkout, head: str, *, limit_bytes: int = 1 << 20, below: str = "") -> Diff:
    """Compare a commit of the attempt with where it branched off. `below`: in the patch, each path begins with this folder's name.
    Raises `GitFailed`."""
    base = await _merge_base(checkout, head)
    changed_files = await changed(checkout, head)
    sides = [await _below(checkout, side, below) for side in (base, head)] if below else [base, head]
    said = await git("diff-tree", "-p", *_COMPARE, *sides, at=checkout.data, limit_bytes=limit_bytes)
    raw = said.stdout[: said.stdout.rfind(b"\n") + 1] if said.cut else said.stdout
    patch = raw.decode(errors="replace")
    return Diff(base, head, tuple(_joined(changed_files, patch)), patch, said.cut)


async def _below(checkout: Checkout, commit: str, folder: str) -> str:
    """A tree that holds nothing but the commit's, as this folder: git itself then writes the folder's name wherever a path is told."""
    entry = f"040000 tree {await tree_of(checkout, commit)}\t{folder}\0"
    return (await git("mktree", "-z", at=checkout.data, stdin=entry.encode())).text


async def changed(checkout: Checkout, head: str) -> tuple[FileDiff, ...]:
    """The changed files with their counts, without hunks. Raises `GitFailed`."""
    base = await _merge_base(checkout, head)
    said = await git("diff-tree", "--raw", "--numstat", "-z", *_COMPARE, base, head, at=checkout.data)
    return files(said.stdout)


async def _merge_base(checkout: Checkout, head: str) -> str:
    found = await git("merge-base", checkout.base, head, at=checkout.data, ok=(0, 1, 128))
    # The empty tree is no commit and has no merge base: all is new.
    return found.text if found.code == 0 else checkout.base


def files(listing: bytes) -> tuple[FileDiff, ...]:
    """Read `git diff-tree -r --raw --numstat -z`: first a record for each file, then its counts, in the same order."""
    fields = iter(listing.split(b"\0")[:-1])
    found: list[FileDiff] = []
    counted = 0
    for field in fields:
        if field.startswith(b":"):
            old_mode, new_mode, _, _, status = os.fsdecode(field[1:]).split(" ")
            first = os.fsdecode(next(fields))
            second = os.fsdecode(next(fields)) if status[0] in "RC" else None
            path, old_path = (first, None) if second is None else (second, first)
            found.append(FileDiff(path, old_path, _STATUS.get(status[0], "modified"), old_mode, new_mode))
            continue
        additions, deletions, name = field.split(b"\t", 2)
        if not name:  # A rename: both names follow.
            next(fields)
            next(fields)
        binary = additions == b"-"
        counts = (0, 0) if binary else (int(additions), int(deletions))
        found[counted] = replace(found[counted], additions=counts[0], deletions=counts[1], binary=binary)
        counted += 1
    return tuple(found)


def hunks(patch: str) -> tuple[tuple[Hunk, ...], ...]:
    """Read a unified patch as git writes it: the hunks of each of its sections, in order."""
    sections: list[list[Hunk]] = []
    lines = iter(patch.split("\n"))
    line = next(lines, None)
    while line is not None:
        if line.startswith("diff --git "):
            sections.append([])
        elif sections and (heading := _HUNK.fullmatch(line)):
            hunk, line = _hunk(heading, lines)
            sections[-1].append(hunk)
            continue
        line = next(lines, None)
    return tuple(tuple(section) for section in sections)


def _hunk(heading: re.Match[str], lines: Iterator[str]) -> tuple[Hunk, str | None]:
    """Read as many lines as the heading promises, whatever they look like, and the next line."""
    old_start, old_lines, new_start, new_lines = (int(heading[n] or 1) for n in range(1, 5))
    old_lines, new_lines = (int(heading[n]) if heading[n] is not None else 1 for n in (2, 4))
    old_left, new_left = old_lines, new_lines
    kept: list[str] = []
    line = next(lines, None)
    while line is not None and (line[:1] == "\\" or (line[:1] in (" ", "+", "-") and (old_left or new_left))):
        old_left -= line[0] in " -"
        new_left -= line[0] in " +"
        kept.append(line)
        line = next(lines, None)
    return Hunk(old_start, old_lines, new_start, new_lines, heading[5], tuple(kept)), line


def _joined(changed_files: tuple[FileDiff, ...], patch: str) -> Iterator[FileDiff]:
    """Lay the hunks beside the files: git lists both in one order, a retyped file as two sections."""
    sections = iter(hunks(patch))
    for file in changed_files:
        found = next(sections, ())
        if file.status == "retyped":
            found += next(sections, ())
        yield replace(file, hunks=found)
