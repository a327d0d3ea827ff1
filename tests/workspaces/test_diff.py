"""Diffs as text and as data: git's own output read back, whatever the files hold."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coderclawlink.workspaces import checkout, diff
from coderclawlink.workspaces.store import Store

pytestmark = pytest.mark.anyio

Plain = Callable[..., str]


async def test_every_kind_of_change_is_told(store: Store, repository: Path, plain: Plain) -> None:
    text = "".join(f"line {n}\n" for n in range(40))
    for name in ("changed.txt", "old name.txt", "gone.txt", "mode.sh", "kind"):
        (repository / name).write_text(text.replace("line", name))
    (repository / "picture.png").write_bytes(bytes(range(256)))
    plain(repository, "add", "-A")
    plain(repository, "commit", "-m", "More")
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        tree = work.work
        lines = (tree / "changed.txt").read_text().splitlines(keepends=True)
        (tree / "changed.txt").write_text("".join([*lines[:3], "new\n", *lines[4:30], *lines[31:]]))
        (tree / "old name.txt").rename(tree / 'new "name".txt')
        (tree / "gone.txt").unlink()
        (tree / "mode.sh").chmod(0o755)
        (tree / "kind").unlink()
        (tree / "kind").symlink_to("changed.txt")
        (tree / "picture.png").write_bytes(bytes(reversed(range(256))))
        (tree / "tab\tand\nnewline").write_text("x\r\ny")
        (tree / "empty").write_text("")
        done = await checkout.finish(work, title="x", author="", agent="a")
        assert done is not None
        change = await diff.between(work, done.head)
    found = {file.path: file for file in change.files}
    told = {path: (f.status, f.old_path, f.additions, f.deletions, f.binary, len(f.hunks)) for path, f in found.items()}
    assert told == {
        "changed.txt": ("modified", None, 1, 2, False, 2),
        'new "name".txt': ("renamed", "old name.txt", 0, 0, False, 0),
        "gone.txt": ("deleted", None, 0, 40, False, 1),
        "mode.sh": ("modified", None, 0, 0, False, 0),
        "kind": ("retyped", None, 1, 40, False, 2),
        "picture.png": ("modified", None, 0, 0, True, 0),
        "tab\tand\nnewline": ("added", None, 2, 0, False, 1),
        "empty": ("added", None, 0, 0, False, 0),
    }
    assert (found["mode.sh"].old_mode, found["mode.sh"].new_mode) == ("100644", "100755")
    first, second = found["changed.txt"].hunks
    assert (first.old_start, first.old_lines, first.new_start, first.new_lines) == (1, 7, 1, 7)
    assert [line for line in first.lines if line[0] != " "] == ["-changed.txt 3", "+new"]
    assert second.heading == "changed.txt 26"
    assert found["tab\tand\nnewline"].hunks[0].lines == ("+x\r", "+y", "\\ No newline at end of file")
    assert not change.cut
    assert (change.base, change.head) == (work.base, done.head)


async def test_a_long_text_is_cut_at_a_line_and_all_files_are_named(store: Store, repository: Path) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=str(repository)) as work:
        for name in ("a.txt", "b.txt"):
            (work.work / name).write_text("line\n" * 2000)
        done = await checkout.finish(work, title="x", author="", agent="a")
        assert done is not None
        change = await diff.between(work, done.head, limit_bytes=3000)
    assert change.cut
    assert len(change.patch.encode()) <= 3000
    assert change.patch.endswith("+line\n")
    assert [(file.path, file.additions) for file in change.files] == [("a.txt", 2000), ("b.txt", 2000)]
    assert change.files[1].hunks == ()


async def test_the_first_commit_of_all_is_compared_with_nothing(store: Store) -> None:
    async with asyncio.timeout(60), checkout.prepare(store, "r1", 1, repository=None) as work:
        (work.work / "a.txt").write_text("a\n")
        done = await checkout.finish(work, title="x", author="", agent="a")
        assert done is not None
        change = await diff.between(work, done.head)
    assert [(file.path, file.status, file.hunks[0].lines) for file in change.files] == [("a.txt", "added", ("+a",))]


# Lines that look like the marks of a patch, and bytes that break lines for others than git.
LINE = st.sampled_from(
    [
        *("", "a", "b", "-- x", "++ y", "@@ -1 +1 @@", "diff --git a/x b/x", "\\ No newline at end of file"),
        *("\x0c", "\x85", "\u2028", "\r", " ", "-", "+", "index 1..2", "Binary files a and b differ"),
    ]
)
CONTENT = st.builds(lambda lines, end: "\n".join(lines) + end, st.lists(LINE, max_size=12), st.sampled_from(["", "\n"]))
NAME = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="/\0"), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 200 and not _refused(name)
)


def _refused(name: str) -> bool:
    """Names that git takes for its own folder on some file system."""
    plain = "".join(letter for letter in name if letter.isascii() and letter.isprintable()).lower().rstrip(" .")
    return plain.startswith((".git", "git~")) or "\\" in name or ":" in name


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=st.dictionaries(NAME, CONTENT, max_size=3), new=st.dictionaries(NAME, CONTENT, max_size=3))
def test_hunks_rebuild_the_new_files_from_the_old(old: dict[str, str], new: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:

        def run(*args: str, stdin: bytes = b"") -> bytes:
            return subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True, input=stdin).stdout

        def tree(contents: dict[str, str]) -> str:
            entries = b""
            for name, content in contents.items():
                blob = run("hash-object", "-w", "--stdin", stdin=content.encode()).strip()
                entries += b"100644 blob " + blob + b"\t" + name.encode() + b"\0"
            return run("mktree", "-z", stdin=entries).decode().strip()

        run("init", "-q")
        trees = tree(old), tree(new)
        listing = run("diff-tree", "-r", "--raw", "--numstat", "-z", "--find-renames", *trees)
        patch = run("diff-tree", "-r", "-p", "--text", "--find-renames", *trees).decode()
    files = diff.files(listing)
    sections = diff.hunks(patch)
    assert len(files) == len(sections)
    rebuilt = {name: content for name, content in old.items() if new.get(name) == content}
    for file, hunks in zip(files, sections, strict=True):
        before = old[file.old_path or file.path] if file.status != "added" else ""
        if file.status != "deleted":
            rebuilt[file.path] = _apply(before, hunks)
        assert file.binary or file.additions == sum(line[0] == "+" for hunk in hunks for line in hunk.lines)
        assert file.binary or file.deletions == sum(line[0] == "-" for hunk in hunks for line in hunk.lines)
    assert rebuilt == new


def _apply(before: str, hunks: tuple[diff.Hunk, ...]) -> str:
    old = before.split("\n")
    ends = old.pop() == ""
    if not ends:
        old = before.split("\n")
    new: list[str] = []
    at = 0
    last_ends = ends
    for hunk in hunks:
        start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
        new += old[at:start]
        at = start
        for index, line in enumerate(hunk.lines):
            follows = hunk.lines[index + 1][:1] if index + 1 < len(hunk.lines) else ""
            if line[0] in " -":
                assert old[at] == line[1:]
                at += 1
            if line[0] in " +":
                new.append(line[1:])
                last_ends = follows != "\\"
    if at < len(old):
        last_ends = ends
    new += old[at:]
    return "\n".join(new) + ("\n" if last_ends and new else "")
