"""Every figure can be measured: in its quick mode, where the values say nothing, it prints all its rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import FIGURES

ROOT = Path(__file__).parents[2]
ROWS = {"submits": 14, "kept": 2, "cold": 4, "live": 2}
"""How many each prints at the least."""
UNTRIED = {
    "audit", "crash", "decisions", "fuzz", "interface", "pull_requests", "revocation", "starting", "waiting", "watching",
}  # fmt: skip
"""Those whose storms, kills, pages and rounds other tests run in small, or that take too long even in quick mode."""


@pytest.mark.slow
@pytest.mark.parametrize("figure", ROWS)
def test_a_figure_prints_its_rows_and_what_bounds_it(figure: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", figure, "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    title, head, *rows = done.stdout.strip().splitlines()
    assert title
    assert head.split() == ["value", "aim", "measured", "beside", "it"]
    assert len([row for row in rows[: ROWS[figure]] if row.startswith("  ") and "Bound:" not in row]) == ROWS[figure]
    assert any(row.startswith("  Bound: ") for row in rows)
    assert "not run" not in done.stdout


def test_every_figure_has_its_file_and_is_tried() -> None:
    assert {*FIGURES} == {*ROWS, *UNTRIED}
    assert all((ROOT / "bench" / f"{name}.py").is_file() for name in FIGURES)
