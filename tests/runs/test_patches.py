"""Reading what git writes of a change: what comes out is what was changed, and no text is too strange to be read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderclawlink.runs import patches
from coderclawlink.runs.patches import File, Line, Patch

HOSTILE = st.text(
    alphabet=st.sampled_from(
        ["a", "b", " ", "\t", "\r", "\\", "+", "-", "@", '"', "é", "\u2028", "\x0c", "\x1e", "\x85"]
    ),
    max_size=12,
)
LINES = st.lists(
    st.one_of(
        HOSTILE,
        st.sampled_from(
            [
                "",
                "diff --git a/x b/x",
                "--- a/x",
                "+++ b/x",
                "@@ -1,3 +1,3 @@",
                "\\ No newline at end of file",
                "Binary files a and b differ",
                "rename to x",
                "same",
                "same",
            ]
        ),
    ),
    max_size=30,
)
CONTENT = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))


def git(folder: Path, *words: str) -> bytes:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "core.quotePath=true")
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True).stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")


def changed(folder: Path) -> Patch:
    """The last commit, as a node tells of it."""
    raw = git(folder, "diff-tree", "-p", "--full-index", "-r", "--find-renames", "HEAD~1", "HEAD")
    return patches.read(raw.decode(errors="replace"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def rebuilt(old: str, file: File) -> str:
    """The new content, from the old one and the hunks alone."""
    before = old.split("\n")
    made: list[str] = []
    taken = 0
    ended = True
    for hunk in file.hunks:
        start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
        made += before[taken:start]
        for line in hunk.lines:
            if line.old is not None:
                assert before[line.old - 1] == line.text
            if line.new is not None:
                made.append(line.text)
                assert len(made) == line.new
                ended = line.ended
        taken = start + hunk.old_lines
    rest = before[taken:]
    if rest and rest != [""]:
        return "\n".join([*made, *rest])
    return "\n".join(made) + ("\n" if ended and made else "")


@settings(max_examples=25, deadline=None)
@given(pairs=st.lists(st.tuples(CONTENT, CONTENT), min_size=1, max_size=8))
def test_the_new_file_can_be_made_of_the_old_one_and_the_hunks(
    pairs: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("git")
    git(folder, "init", "-q", "-b", "main")
    for side in (0, 1):
        for number, pair in enumerate(pairs):
            (folder / f"file {number}").write_bytes(pair[side].encode())
        commit(folder)
    found = {file.path: file for file in changed(folder).files}
    for number, (old, new) in enumerate(pairs):
        if old == new:
            assert f"file {number}" not in found
            continue
        file = found[f"file {number}"]
        assert (file.status, file.cut) == ("modified", False)
        if not file.binary:
            assert rebuilt(old, file) == new


NAMES = st.text(
    alphabet=st.characters(exclude_characters="/\0", categories=("L", "N", "P", "S", "Z", "Cc")),
    min_size=1,
    max_size=20,
).filter(lambda name: name.lower() not in (".", "..", ".git") and not name.lower().startswith((".git", "git~")))


@settings(max_examples=25, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=8, unique=True))
def test_every_name_is_read_as_it_is_also_of_files_without_a_line(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("git")
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    for number, name in enumerate(names):
        (folder / f"d b{number}").mkdir()
        (folder / f"d b{number}" / name).write_text("" if number % 2 else "x\n")
    commit(folder)
    assert {file.path for file in changed(folder).files} == {f"d b{n}/{name}" for n, name in enumerate(names)}
    assert {file.status for file in changed(folder).files} == {"added"}


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(st.text(), CONTENT, st.lists(st.sampled_from(list('ab\n\r+- @\\"0,1')), max_size=80).map("".join))
)
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    patches.read(text)
    patches.read(f"diff --git {text}\n@@ -1,9 +1,9 @@\n{text}")
    patches.read(text + patches.CUT)


def test_numbers_that_no_file_has_are_no_heading() -> None:
    read = patches.read(f"diff --git a/x b/x\n@@ -{'9' * 5000} +1 @@\n+a\n")
    assert (read.files[0].hunks, read.files[0].path) == ((), "x")


def test_each_kind_of_change_is_told(folder: Path) -> None:
    for name in ("gone", "moved away", "mode", "link"):
        (folder / name).write_text(f"{name}\n" * 20)
    (folder / "picture").write_bytes(b"\0\1\2" * 50)
    commit(folder)
    (folder / "gone").unlink()
    (folder / "moved away").rename(folder / 'mo"ved\tté')
    (folder / "mode").chmod(0o755)
    (folder / "picture").write_bytes(b"\0\3\4" * 50)
    (folder / "link").unlink()
    (folder / "link").symlink_to("mode")
    (folder / "come").write_text("a\r\nb")
    commit(folder)
    found = {file.path: file for file in changed(folder).files}
    told = {path: (file.status, file.binary, file.old_path) for path, file in found.items()}
    assert told == {
        "gone": ("deleted", False, None),
        'mo"ved\tté': ("renamed", False, "moved away"),
        "mode": ("modified", False, None),
        "picture": ("modified", True, None),
        "link": ("retyped", False, None),
        "come": ("added", False, None),
    }
    assert (found["mode"].old_mode, found["mode"].new_mode) == ("100644", "100755")
    assert found["come"].hunks[0].lines == (
        Line("added", None, 1, "a\r"),
        Line("added", None, 2, "b", ended=False),
    )
    assert (found["gone"].additions, found["gone"].deletions) == (0, 20)


def test_a_long_line_is_one_line_and_the_end_of_a_cut_diff_is_known(folder: Path) -> None:
    (folder / "a").write_text("x" * 500_000)
    (folder / "b").write_text("1\n2\n3\n")
    commit(folder)
    (folder / "a").write_text("y" * 500_000)
    (folder / "b").write_text("4\n5\n6\n")
    commit(folder)
    raw = git(folder, "diff-tree", "-p", "--full-index", "-r", "HEAD~1", "HEAD").decode()
    whole = patches.read(raw)
    assert [len(line.text) for line in whole.files[0].hunks[0].lines] == [500_000, 500_000]
    cut = patches.read(raw[: raw.rindex("\n+6") + 1] + patches.CUT)
    assert (cut.cut, [file.cut for file in cut.files]) == (True, [False, True])
    assert cut.files[0].digest == whole.files[0].digest


def test_a_file_is_shown_in_portions_that_add_up() -> None:
    body = "".join(f"+{number}\n" for number in range(10))
    (file,) = patches.read(
        f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,10 @@\n{body}@@ -5 +15,2 @@ def f():\n-old\n+new\n+newer\n"
    ).files
    texts: list[str] = []
    start: int | None = 0
    while start is not None:
        part, start = patches.portion(file, start, 4)
        texts += [line.text for hunk in part.hunks for line in hunk.lines]
    assert texts == [*map(str, range(10)), "old", "new", "newer"]
    assert patches.portion(file, 0, 13) == (file, None)
    assert patches.portion(file, 99, 13)[0].hunks == ()
