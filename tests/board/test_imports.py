"""Files of other programs: each one's readers, what they do with files made to harm, and the wiki's marks as Markdown."""

from __future__ import annotations

import contextlib
import csv
import io
import sqlite3
import time
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderclawlink.board.imports import foreign, jira_csv, vibe_kanban, wiki
from coderclawlink.board.imports.foreign import ForeignComment, ForeignTask, NotReadable, Reading
from coderclawlink.board.tasks import Priority, TaskStatus

EXPORT = """\
Summary,Issue key,Issue id,Issue Type,Status,Priority,Assignee,Parent,Labels,Labels,Description,Comment,Comment,Created,Custom field (Rank)
"Say ""hello""
twice",ABC-2,10002,Bug,In Progress,Highest,Ada,,ui,urgent,"h2. Why
*bold* and {{code}}",12/Jan/25 3:04 PM;bob;First,13/Jan/25 3:04 PM;ada;Second,12/Jan/25 3:04 PM,0|i
An epic,ABC-1,10001,Epic,Done,Low,,,,,,,,12/Jan/25 3:04 PM,0|h
A part,ABC-10,10010,Sub-task,Waiting for QA,,,10002,,,,,,,
"""


def jira(text: str, encoding: str = "utf-8") -> Reading:
    return jira_csv.read(io.BytesIO(text.encode(encoding)))


# ── Jira ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_export_of_jira_is_read_whole() -> None:
    reading = jira(EXPORT)
    epic, bug, part = reading.tasks
    assert [task.external for task in reading.tasks] == ["ABC-1", "ABC-2", "ABC-10"]  # in the order of their keys
    assert (bug.title, bug.line) == ('Say "hello" twice', 2)
    assert (bug.status, bug.priority, bug.assignee) == (TaskStatus.IN_PROGRESS, Priority.CRITICAL, "Ada")
    assert bug.labels == ("ui", "urgent", "Bug")
    assert bug.description == "## Why\n**bold** and `code`"
    assert bug.comments == (
        ForeignComment("bob", "_12/Jan/25 3:04 PM_\n\nFirst"),
        ForeignComment("ada", "_13/Jan/25 3:04 PM_\n\nSecond"),
    )
    assert bug.created_at == 1736694240.0
    assert part.parent == "ABC-2"  # named by its number in Jira's database
    assert (epic.place, epic.status, epic.labels) == ("ABC", TaskStatus.DONE, ("Epic",))
    assert reading.unknown == ("Custom field (Rank)",)
    assert reading.statuses == {
        "In Progress": TaskStatus.IN_PROGRESS,
        "Done": TaskStatus.DONE,
        "Waiting for QA": TaskStatus.TODO,
    }
    assert reading.skipped == ()


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(",", "utf-8-sig"), (";", "utf-8"), ("\t", "utf-16"), (";", "utf-16")]
)
def test_a_file_is_read_whatever_its_delimiter_and_mark_at_the_begin(delimiter: str, encoding: str) -> None:
    made = io.StringIO()
    writer = csv.writer(made, delimiter=delimiter)
    writer.writerows([["Summary", "Issue key", "Status"], ["Größe, Maß; und\tmehr", "X_Y-7", "Done"]])
    assert [task.title for task in jira(made.getvalue(), encoding).tasks] == ["Größe, Maß; und mehr"]


def test_bad_lines_are_told_with_their_number_and_the_others_are_read() -> None:
    reading = jira(
        "Summary,Issue key\n"
        "Fine,A-1\n"
        "no key,\n"
        '"goes over\ntwo lines",A-2\n'
        "too,many,cells\n"
        ",A-3\n"
        "\n"
        "again,a-1\n"
        "odd key,1-A\n"
    )
    assert [task.external for task in reading.tasks] == ["A-1", "A-2"]
    assert [(told.where, told.why) for told in reading.skipped] == [
        ("line 3", "It has no key."),
        ("line 6", "It has 3 cells where the head has 2."),
        ("line 7", "A-3 has no summary."),
        ("line 9", "A-1 stands in line 2 already."),
        ("line 10", "'1-A' is no key of an issue."),
    ]


@pytest.mark.parametrize("text", ["", "hello", "Summary,Status\nA,B\n", '"', "\x00" * 100, "a;b;c\n1;2;3"])
def test_what_is_no_export_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(NotReadable):
        jira(text)


def test_a_file_in_another_encoding_is_refused_and_says_which_to_take() -> None:
    with pytest.raises(NotReadable, match="UTF-8"):
        jira("Summary,Issue key\nMaß,A-1\n", "latin-1")


def test_text_that_is_too_long_is_cut_and_told() -> None:
    reading = jira(f"Summary,Issue key,Description,Comment\nT,A-1,{'x' * 200_000},{'y' * 30_000}\n")
    (task,) = reading.tasks
    assert task.description is not None
    assert len(task.description) <= foreign.DESCRIPTION_AT_MOST
    assert len(task.comments[0].text) <= foreign.COMMENT_AT_MOST
    assert [told.why for told in reading.notes] == [
        "The description is too long and was cut.",
        "A comment is too long and was cut.",
    ]


def test_a_parent_that_is_not_there_is_told() -> None:
    reading = jira("Summary,Issue key,Parent id\nT,A-1,4711\n")
    assert reading.tasks[0].parent is None
    assert reading.notes[0].where == "A-1"


CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL, st.lists(CELL, min_size=2, max_size=2)), max_size=8),
    delimiter=st.sampled_from(jira_csv.DELIMITERS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=80, deadline=None)
def test_whatever_stands_in_the_cells_comes_back_and_breaks_nothing(
    rows: list[tuple[str, str, str, list[str]]], delimiter: str, encoding: str
) -> None:
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["Summary", "Issue key", "Status", "Description", "Labels", "Labels", "Comment"])
    for number, (title, status, text, names) in enumerate(rows, 1):
        writer.writerow([title, f"KEY-{number}", status, text, *names, text])
    reading = jira(made.getvalue(), encoding)
    assert len(reading.tasks) + len(reading.skipped) == len(rows)
    by_key = {task.external: task for task in reading.tasks}
    for number, (title, *_) in enumerate(rows, 1):
        wanted = foreign.one_line(title, foreign.TITLE_AT_MOST)
        assert (by_key[f"KEY-{number}"].title if wanted else "") == wanted
    for task in reading.tasks:
        texts = [task.title, task.description or "", *task.labels, *(comment.text for comment in task.comments)]
        assert not any("\0" in text or "\r" in text for text in texts)


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for head in (b"", b"Summary,Issue key\n"):
        with contextlib.suppress(NotReadable):
            jira_csv.read(io.BytesIO(head + content))


# ── the wiki's marks ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("h1. Head", "# Head"),
        ("* one\n** two\n# first", "- one\n   - two\n1. first"),
        ("a *bold* word, _so_, -gone-", "a **bold** word, _so_, ~~gone~~"),
        (
            "see [the page|https://x.test/a?b=c] or [https://y.test]",
            "see [the page](https://x.test/a?b=c) or <https://y.test>",
        ),
        ("[~ada] said {{x * y * z}}", "@ada said `x * y * z`"),
        ("{code:java}\nint *a*;\n{code}", "```java\nint *a*;\n```"),
        ("{noformat}```{noformat}", "````\n```\n````"),
        ("{quote}\nso\nit is\n{quote}", "> so\n> it is"),
        ("||a||b||\n|1|2|", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("{color:red}red{color}\n----", "red\n---"),
        ("!shot.png|thumbnail!", "_(picture: shot.png)_"),
        ("2 * 3 * 4 and a-b-c", "2 * 3 * 4 and a-b-c"),
        ("{code}never closed *b*", "{code}never closed **b**"),
    ],
)
def test_the_usual_marks_become_markdown(given: str, made: str) -> None:
    assert wiki.markdown(given) == made


@pytest.mark.parametrize("mark", ["[a|", "*a ", "{code}", "{quote}", "!a", "{{", "-a ", "||", "[~", "{color:"])
def test_no_text_takes_long(mark: str) -> None:
    began = time.process_time()
    wiki.markdown(mark * (100_000 // len(mark)))
    assert time.process_time() - began < 5


# ── Vibe Kanban ────────────────────────────────────────────────────────────────────────────────────────────────────

SCHEMA = """
CREATE TABLE projects (id BLOB PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL DEFAULT (datetime('now')));
CREATE TABLE tasks (
  id BLOB PRIMARY KEY, project_id BLOB NOT NULL, title TEXT NOT NULL, description TEXT,
  status TEXT NOT NULL DEFAULT 'todo' CHECK (status IN ('todo','inprogress','done','cancelled','inreview')),
  parent_workspace_id BLOB, created_at TEXT NOT NULL DEFAULT (datetime('now')),
  FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE);
CREATE TABLE workspaces (id BLOB PRIMARY KEY, task_id BLOB NOT NULL, branch TEXT);
"""


def kanban(path: Path, more: str = "") -> Path:
    project, other, first, second, third, workspace = (uuid4().bytes for _ in range(6))
    with sqlite3.connect(path) as made:
        made.executescript("PRAGMA journal_mode=WAL;" + SCHEMA)
        made.executemany("INSERT INTO projects (id, name) VALUES (?, ?)", [(project, "Shop"), (other, "Else")])
        made.executemany(
            "INSERT INTO tasks (id, project_id, title, description, status, parent_workspace_id, created_at) VALUES (?,?,?,?,?,?,?)",
            [
                (first, project, "First", "Do\r\nit", "inprogress", None, "2025-07-16 22:57:29.123"),
                (second, project, "A part", None, "inreview", workspace, "2025-07-17 22:57:29"),
                (third, other, "Not wanted", None, "cancelled", None, "never"),
            ],
        )
        made.execute("INSERT INTO workspaces VALUES (?, ?, 'b')", (workspace, first))
        made.executescript(more)
    made.close()
    return path


def test_a_database_of_vibe_kanban_is_read(tmp_path: Path) -> None:
    path = kanban(tmp_path / "db.sqlite")
    before = path.read_bytes()
    reading = vibe_kanban.read(path, "shop")
    first, part = reading.tasks
    assert (first.title, first.description, first.status) == ("First", "Do\nit", TaskStatus.IN_PROGRESS)
    assert first.created_at == pytest.approx(1752706649.123)
    assert (part.parent, part.status) == (first.external, TaskStatus.IN_REVIEW)
    everything = vibe_kanban.read(path)
    assert {task.title: task.labels for task in everything.tasks}["Not wanted"] == ("cancelled",)
    assert path.read_bytes() == before
    with pytest.raises(NotReadable, match="Else, Shop"):
        vibe_kanban.read(path, "Shopping")


def test_the_age_before_workspaces_is_read_too(tmp_path: Path) -> None:
    path = kanban(
        tmp_path / "old.sqlite",
        "ALTER TABLE workspaces RENAME TO task_attempts;"
        "ALTER TABLE tasks RENAME COLUMN parent_workspace_id TO parent_task_attempt;",
    )
    first, part = vibe_kanban.read(path, "Shop").tasks
    assert part.parent == first.external


@pytest.mark.parametrize(
    "more",
    [
        "DROP TABLE projects; CREATE VIEW projects AS SELECT randomblob(100000000) AS id, 'x' AS name;",
        "DROP TABLE tasks; CREATE VIEW tasks AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id FROM n;",
        "DROP TABLE tasks; CREATE VIRTUAL TABLE tasks USING fts5(id, project_id, title);",
        "ALTER TABLE tasks DROP COLUMN description;",
        (
            "ALTER TABLE tasks DROP COLUMN created_at;"
            "ALTER TABLE tasks ADD COLUMN created_at TEXT AS (hex(zeroblob(400000000)));"
        ),
        "DROP TABLE tasks;",
        "UPDATE tasks SET description = zeroblob(5000000);",
    ],
)
def test_a_database_made_to_harm_is_refused_at_once(tmp_path: Path, more: str) -> None:
    path = kanban(tmp_path / "bad.sqlite", more)
    began = time.monotonic()
    with pytest.raises(NotReadable):
        vibe_kanban.read(path)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(5000), b"PK\3\4"])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(content)
    with pytest.raises(NotReadable):
        vibe_kanban.read(path)


@given(st.integers(0, 40_000), st.binary(min_size=1, max_size=64))
@settings(max_examples=60, deadline=None)
def test_a_damaged_database_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, at: int, noise: bytes) -> None:
    path = tmp_path_factory.mktemp("damaged") / "db.sqlite"
    content = bytearray(kanban(path).read_bytes())
    at %= len(content)
    content[at : at + len(noise)] = noise
    path.write_bytes(content)
    with contextlib.suppress(NotReadable):
        vibe_kanban.read(path)


# ── what all have in common ────────────────────────────────────────────────────────────────────────────────────────


def test_what_has_parts_itself_becomes_no_part() -> None:
    def task(name: str, parent: str | None = None) -> ForeignTask:
        return ForeignTask("P", name, name, None, TaskStatus.TODO, parent=parent)

    made, deep = foreign.one_level([task("epic"), task("story", "epic"), task("step", "story"), task("self", "self")])
    assert made == {"step": "story"}
    assert [told.where for told in deep] == ["story"]


def test_labels_are_made_to_fit_or_told() -> None:
    fit, unfit = foreign.fitting_labels(["bug", "Bug", "-x", "a,b", "", "y" * 60, "++"])
    assert fit == ("bug", "x", "a b")
    assert unfit == ("y" * 60, "++")
