"""The database of Vibe Kanban, an SQLite file, read without trusting a byte of it.

    reading = vibe_kanban.read(path)     # raises NotReadable; blocks, so call it in a thread

What is read is the schema of its migrations up to 20251216142123, where an attempt became a workspace, and the ones before it, where
a task's parent is an attempt: `projects(id, name)`, `tasks(id, project_id, title, description, status, created_at,
parent_workspace_id | parent_task_attempt)`, and `workspaces | task_attempts(id, task_id)`. Agents' sessions and pictures are not.

Above: `pulls.imports`. A file that somebody gives may be made to harm its reader: it is opened as immutable, only tables are read and
only these, no function of the file's schema runs, and sizes and time are limited.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from coderclawlink.board.imports import foreign
from coderclawlink.board.imports.foreign import ForeignTask, NotReadable, Reading, Told
from coderclawlink.board.tasks import TaskStatus

SOURCE = "vibe_kanban"
SECONDS_AT_MOST = 20.0
VALUE_AT_MOST = 4 * 1024 * 1024
"""Bytes of one value."""
LINKS_AT_MOST = 200_000
STATUSES = {
    "todo": TaskStatus.TODO,
    "inprogress": TaskStatus.IN_PROGRESS,
    "inreview": TaskStatus.IN_REVIEW,
    "done": TaskStatus.DONE,
    "cancelled": TaskStatus.DONE,
}
_READ = frozenset({"projects", "tasks", "workspaces", "task_attempts", "sqlite_master", "sqlite_schema"})
_MAGIC = b"SQLite format 3\0"


def read(path: Path, project: str | None = None) -> Reading:
    """All tasks of the file, oldest first. `project`: only those of the project of this name there. Raises `NotReadable`."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise NotReadable("The file is no SQLite database.")
        with contextlib.closing(_open(path)) as connection:
            return _read(connection, project)
    except sqlite3.Error as error:
        raise NotReadable(f"The file cannot be read as a database of Vibe Kanban: {error}.") from error
    except UnicodeDecodeError as error:  # what SQLite would say holds a name from the file
        raise NotReadable("The file is damaged.") from error
    except OSError as error:
        raise NotReadable(f"The file cannot be read: {error.strerror}.") from error


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    for limit, most in (
        (sqlite3.SQLITE_LIMIT_LENGTH, VALUE_AT_MOST),
        (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
        (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 50),
        (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
    ):
        connection.setlimit(limit, most)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON"):
        connection.execute(f"PRAGMA {pragma}")
    ends = time.monotonic() + SECONDS_AT_MOST
    connection.set_progress_handler(lambda: time.monotonic() > ends, 10_000)
    connection.set_authorizer(_authorize)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def _authorize(action: int, first: str | None, _: str | None, __: str | None, through: str | None) -> int:
    """Nothing but reading these tables, and not by way of a view or a trigger."""
    if action == sqlite3.SQLITE_SELECT and through is None:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_READ and through is None and first in _READ:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _read(connection: sqlite3.Connection, project: str | None) -> Reading:
    tables = _tables(connection)
    if not {"projects", "tasks"} <= tables:
        raise NotReadable("The file is no database of Vibe Kanban: it has no tables of projects and tasks.")
    names = {_name(id): foreign.one_line(str(name), 255) for id, name in _some(connection, "projects", "id", "name")}
    wanted = {id for id, name in names.items() if project is None or name.casefold() == project.casefold()}
    if project is not None and not wanted:
        listed = ", ".join(sorted(set(names.values()))[:20])
        raise NotReadable(f"The file has no project {foreign.one_line(project, 100)}; it has: {listed or 'none'}.")
    attempts = next((table for table in ("workspaces", "task_attempts") if table in tables), None)
    columns = _columns(connection, "tasks")
    parent = next((name for name in ("parent_workspace_id", "parent_task_attempt") if name in columns), None)
    of_attempt: dict[str, str] = {}
    if attempts is not None and parent is not None:
        of_attempt = {_name(id): _name(task) for id, task in _some(connection, attempts, "id", "task_id") if task}
    made: dict[str, ForeignTask] = {}
    skipped: list[Told] = []
    ordered = ("id", "project_id", "title", "description", "status", "created_at", *([parent] if parent else []))
    for row, cells in enumerate(_some(connection, "tasks", *ordered), 1):
        if _name(cells[1]) not in wanted:
            continue
        task = _task(cells, of_attempt)
        if task.external and task.title and task.external not in made:
            made[task.external] = task
        else:
            why = "It has no title." if not task.title else "It is there twice." if task.external else "It has no name."
            skipped.append(Told(f"row {row}", why))
        if len(made) > foreign.TASKS_AT_MOST:
            raise NotReadable(f"The file has more than {foreign.TASKS_AT_MOST:,} tasks.")
    tasks = sorted(made.values(), key=lambda task: (task.created_at or 0.0, task.external))
    return Reading(tuple(tasks), tuple(skipped[: foreign.TOLD_AT_MOST]), statuses=STATUSES)


def _task(cells: tuple[object, ...], of_attempt: Mapping[str, str]) -> ForeignTask:
    title, description, status, created_at = map(_text, cells[2:6])
    text, _ = foreign.cut(description, foreign.DESCRIPTION_AT_MOST)
    return ForeignTask(
        place=_name(cells[1]),
        external=_name(cells[0]),
        title=foreign.one_line(title, foreign.TITLE_AT_MOST),
        description=text or None,
        status=STATUSES.get(status, TaskStatus.TODO),
        labels=("cancelled",) if status == "cancelled" else (),
        parent=of_attempt.get(_name(cells[6])) if len(cells) > 6 else None,
        created_at=_time(created_at),
    )


def _tables(connection: sqlite3.Connection) -> set[str]:
    """The plain tables: neither views nor virtual ones, whose reading would run what the file says."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchmany(10_000)
    return {
        name
        for kind, name, sql in rows
        if kind == "table" and isinstance(sql, str) and not sql.lstrip().upper().startswith("CREATE VIRTUAL")
    }


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    # Asked of a table and not of a pragma, which the authorizer denies.
    described = connection.execute(f"SELECT * FROM {table} LIMIT 0").description  # noqa: S608 - our names
    return {column[0] for column in described}


def _some(connection: sqlite3.Connection, table: str, *columns: str) -> Iterator[tuple[object, ...]]:
    missing = [column for column in columns if column not in _columns(connection, table)]
    if missing:
        raise NotReadable(f"The table {table} has no column {', '.join(missing)}: it is of another age of Vibe Kanban.")
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 - our names
    for number, row in enumerate(rows):
        if number == LINKS_AT_MOST:
            raise NotReadable(f"The table {table} has more than {LINKS_AT_MOST:,} rows.")
        yield row


def _name(id: object) -> str:
    """Its ids are UUIDs as 16 bytes; older ones are text."""
    if isinstance(id, bytes):
        return str(UUID(bytes=id)) if len(id) == 16 else ""
    return foreign.one_line(id, 100) if isinstance(id, str) else ""


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def _time(said: str) -> float | None:
    """`2025-07-16 22:57:29` with or without a fraction, in UTC."""
    try:
        found = datetime.fromisoformat(said)
        at = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return at if at > 0 else None
