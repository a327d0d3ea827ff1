"""Jira's CSV export, read as it comes: any delimiter, repeated columns, text over several lines. Pure.

    reading = jira_csv.read(file)        # a binary file; raises NotReadable

Above: `pulls.imports`. Columns are known by their English names, as Jira's export "CSV (all fields)" has them; what nobody knows is
told, and so is each line that is no issue, with its number.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import BinaryIO

from coderclawlink.board.imports import foreign, wiki
from coderclawlink.board.imports.foreign import ForeignComment, ForeignTask, NotReadable, Reading, Told
from coderclawlink.board.tasks import Priority, TaskStatus

SOURCE = "jira"
KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,99})-([0-9]{1,12})")
DELIMITERS = ",;\t"
COLUMNS_AT_MOST = 5000
COMMENTS_AT_MOST = 200
FIELD_AT_MOST = 4 * 1024 * 1024
"""Characters."""

STATUSES: Mapping[str, TaskStatus] = {
    **dict.fromkeys(("to do", "todo", "open", "new", "backlog", "reopened", "ready"), TaskStatus.TODO),
    **dict.fromkeys(("selected for development", "ready for development", "triage"), TaskStatus.TODO),
    **dict.fromkeys(("in progress", "in development", "doing", "started", "implementing"), TaskStatus.IN_PROGRESS),
    **dict.fromkeys(("in review", "review", "code review", "testing", "in testing", "qa"), TaskStatus.IN_REVIEW),
    **dict.fromkeys(("in qa", "ready for review", "ready for qa", "under review"), TaskStatus.IN_REVIEW),
    **dict.fromkeys(("done", "closed", "resolved", "complete", "completed", "fixed", "released"), TaskStatus.DONE),
    **dict.fromkeys(("won't do", "wont do", "cancelled", "canceled", "declined", "rejected"), TaskStatus.DONE),
    **dict.fromkeys(("blocked", "on hold", "waiting", "impeded", "paused"), TaskStatus.BLOCKED),
}
PRIORITIES: Mapping[str, Priority] = {
    **dict.fromkeys(("highest", "blocker", "critical", "urgent", "p0", "p1"), Priority.CRITICAL),
    **dict.fromkeys(("high", "major", "p2"), Priority.HIGH),
    **dict.fromkeys(("medium", "normal", "p3", "not prioritized", "none", ""), Priority.MEDIUM),
    **dict.fromkeys(("low", "lowest", "minor", "trivial", "p4", "p5"), Priority.LOW),
}
_USED = {
    *("summary", "issue key", "key", "issue id", "issue type", "status", "status category", "priority", "description"),
    *("labels", "label", "assignee", "parent", "parent id", "parent key", "comment", "comments", "created"),
}
_PLAIN_TYPES = {"", "task", "sub-task", "subtask"}
_COMMENT = re.compile(r"([^;\n]{1,60});([^;\n]{0,200});")
_DATES = (
    *("%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p", "%d/%b/%y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S.%f%z"),
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M", "%Y-%m-%d"),
)


@dataclass
class _Row:
    """One line's cells by column: a column that is there several times has several."""

    line: int
    cells: dict[str, list[str]]

    def all(self, *names: str) -> list[str]:
        return [cell for name in names for cell in self.cells.get(name, ()) if cell.strip()]

    def first(self, *names: str) -> str:
        return next(iter(self.all(*names)), "").strip()


@dataclass
class _Sheet:
    """What has been read so far."""

    tasks: dict[str, ForeignTask] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    skipped: list[Told] = field(default_factory=list)
    notes: list[Told] = field(default_factory=list)
    statuses: dict[str, TaskStatus] = field(default_factory=dict)
    priorities: dict[str, Priority] = field(default_factory=dict)

    def skip(self, line: int, why: str) -> None:
        self.skipped.append(Told(f"line {line}", why))


def read(file: BinaryIO) -> Reading:
    """All issues of the file, in the order of their keys. Raises `NotReadable`."""
    # The module's limit holds for the whole process; 128 Ki characters, as it is, is less than a description may have.
    csv.field_size_limit(FIELD_AT_MOST)
    text = io.TextIOWrapper(file, encoding=_encoding(file), newline="")
    try:
        return _read(text)
    except UnicodeDecodeError as error:
        raise NotReadable("The file is no text in UTF-8 or UTF-16. Save it as UTF-8.") from error
    finally:
        text.detach()


def _read(text: io.TextIOWrapper) -> Reading:
    start = text.tell()
    delimiter = _delimiter(text.readline(1024 * 1024))
    text.seek(start)
    rows = csv.reader(text, delimiter=delimiter)
    try:
        head = [foreign.one_line(cell, 200) for cell in next(rows, [])]
    except csv.Error as error:
        raise NotReadable(f"The first line is no head of a table: {error}.") from error
    names = [cell.casefold() for cell in head]
    if "summary" not in names or not {"issue key", "key"} & set(names):
        raise NotReadable(
            "The first line must name the columns, Summary and Issue key among them, as Jira's export does."
        )
    if len(names) > COLUMNS_AT_MOST:
        raise NotReadable(f"The file has more than {COLUMNS_AT_MOST:,} columns.")
    sheet = _Sheet()
    for row in _rows(rows, names, sheet):
        _take(sheet, row)
        if len(sheet.tasks) > foreign.TASKS_AT_MOST:
            raise NotReadable(f"The file has more than {foreign.TASKS_AT_MOST:,} issues: export it in parts.")
    tasks = [_with_parent(sheet, task) for task in sorted(sheet.tasks.values(), key=_order)]
    unknown = dict.fromkeys(cell for cell, name in zip(head, names, strict=True) if name and name not in _USED)
    return Reading(
        tuple(tasks),
        tuple(sheet.skipped[: foreign.TOLD_AT_MOST]),
        tuple(sheet.notes[: foreign.TOLD_AT_MOST]),
        tuple(unknown)[: foreign.TOLD_AT_MOST],
        sheet.statuses,
        sheet.priorities,
    )


def _encoding(file: BinaryIO) -> str:
    begin = file.read(4)
    file.seek(0)
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def _delimiter(line: str) -> str:
    """The one that stands most often in the head, outside of quotes."""
    bare = "".join(line.split('"')[::2])
    counted = Counter(character for character in bare if character in DELIMITERS)
    return counted.most_common(1)[0][0] if counted else ","


def _rows(rows: Iterator[list[str]], names: Sequence[str], sheet: _Sheet) -> Iterator[_Row]:
    """The lines that have as many cells as the head; the others are told. A line may go over several of the file's."""
    ended = rows.line_num  # type: ignore[attr-defined]
    while True:
        line = ended + 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            sheet.skip(line, f"It cannot be read: {error}.")
            if rows.line_num == ended:  # type: ignore[attr-defined]
                return
            ended = rows.line_num  # type: ignore[attr-defined]
            continue
        ended = rows.line_num  # type: ignore[attr-defined]
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            sheet.skip(line, f"It has {len(cells)} cells where the head has {len(names)}.")
            continue
        found: dict[str, list[str]] = {}
        for name, cell in zip(names, cells, strict=True):
            if name in _USED:
                found.setdefault(name, []).append(cell)
        yield _Row(line, found)


def _take(sheet: _Sheet, row: _Row) -> None:
    key = row.first("issue key", "key").upper()
    match = KEY.fullmatch(key)
    if match is None:
        return sheet.skip(
            row.line, f"{foreign.one_line(key, 50)!r} is no key of an issue." if key else "It has no key."
        )
    if key in sheet.tasks:
        return sheet.skip(row.line, f"{key} stands in line {sheet.tasks[key].line} already.")
    title = foreign.one_line(row.first("summary"), foreign.TITLE_AT_MOST)
    if not title:
        return sheet.skip(row.line, f"{key} has no summary.")
    description, is_cut = foreign.cut(
        wiki.markdown(foreign.clean(row.first("description"))), foreign.DESCRIPTION_AT_MOST
    )
    if is_cut:
        sheet.notes.append(Told(key, "The description is too long and was cut."))
    issue_type = row.first("issue type")
    words = [word for cell in row.all("labels", "label") for word in cell.split()]
    labels, unfit = foreign.fitting_labels([*words, *([] if issue_type.casefold() in _PLAIN_TYPES else [issue_type])])
    if unfit:
        sheet.notes.append(Told(key, f"Labels left out: {foreign.one_line(' '.join(unfit), 300)}."))
    sheet.ids[row.first("issue id") or key] = key
    sheet.tasks[key] = ForeignTask(
        place=match[1].upper(),
        external=key,
        title=title,
        description=description or None,
        status=_status(sheet, row),
        priority=_priority(sheet, row),
        labels=labels,
        assignee=foreign.one_line(row.first("assignee"), 100) or None,
        parent=row.first("parent key", "parent", "parent id").upper() or None,
        comments=_comments(sheet, key, row.all("comment", "comments")),
        created_at=_time(row.first("created")),
        line=row.line,
    )
    return None


def _status(sheet: _Sheet, row: _Row) -> TaskStatus:
    """By its name; one that a company has made for itself by its category."""
    said = foreign.one_line(row.first("status"), 100)
    by_category = STATUSES.get(row.first("status category").casefold(), TaskStatus.TODO)
    found = STATUSES.get(said.casefold(), by_category)
    if len(sheet.statuses) < foreign.TOLD_AT_MOST:
        sheet.statuses.setdefault(said, found)
    return found


def _priority(sheet: _Sheet, row: _Row) -> Priority:
    said = foreign.one_line(row.first("priority"), 100)
    found = PRIORITIES.get(said.casefold(), Priority.MEDIUM)
    if len(sheet.priorities) < foreign.TOLD_AT_MOST:
        sheet.priorities.setdefault(said, found)
    return found


def _comments(sheet: _Sheet, key: str, cells: Sequence[str]) -> tuple[ForeignComment, ...]:
    """A cell is `date;author;text`. The date stays with the text: here it was said today."""
    made = []
    for cell in cells[:COMMENTS_AT_MOST]:
        found = _COMMENT.match(cell)
        author, when, said = ("", "", cell) if found is None else (found[2], found[1], cell[found.end() :])
        text, is_cut = foreign.cut(wiki.markdown(foreign.clean(said)), foreign.COMMENT_AT_MOST - 100)
        if is_cut:
            sheet.notes.append(Told(key, "A comment is too long and was cut."))
        if text:
            dated = f"_{foreign.one_line(when, 60)}_\n\n{text}" if when else text
            made.append(ForeignComment(foreign.one_line(author, 60) or "somebody", dated))
    if len(cells) > COMMENTS_AT_MOST:
        sheet.notes.append(Told(key, f"Only the first {COMMENTS_AT_MOST} of {len(cells)} comments were taken."))
    return tuple(made)


def _time(said: str) -> float | None:
    """Seconds since the epoch; a time without a zone is taken for UTC. None: in no form that is known."""
    for form in _DATES:
        try:
            found = datetime.strptime(said, form)  # noqa: DTZ007 - the zone is given below
            at = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
        return at if at > 0 else None
    return None


def _with_parent(sheet: _Sheet, task: ForeignTask) -> ForeignTask:
    """The parent may be named by its key or by its number in Jira's database."""
    if task.parent is None:
        return task
    parent = sheet.ids.get(task.parent, task.parent)
    if KEY.fullmatch(parent) is None:
        sheet.notes.append(Told(task.external, f"Its parent {foreign.one_line(parent, 50)} is not in the file."))
        return replace(task, parent=None)
    return replace(task, parent=parent)


def _order(task: ForeignTask) -> tuple[str, int]:
    return task.place, int(task.external.rpartition("-")[2])
