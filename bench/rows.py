"""Rows: how a figure says what it found, and how it is printed. Nothing here measures anything."""

from __future__ import annotations

import platform
import sqlite3
import subprocess
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import cpu_count, getloadavg
from statistics import median

from tests import postgres

WIDTH = 118


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `aim`: the target, or the reference to beat. `beside`: what was measured in the same run."""

    what: str
    value: str
    aim: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a figure found. `bound`: what limits it, for people."""

    title: str
    bound: str
    rows: Sequence[Row] = field(default_factory=tuple)


def not_run(what: str, why: object) -> Row:
    return Row(what, f"not run: {why}")


def show(found: Found) -> None:
    """Print a figure as a table, and below it what bounds it."""
    head = Row("", "value", "aim", "measured beside it")
    widths = [max(len(getattr(row, name)) for row in (head, *found.rows)) for name in ("what", "value", "aim")]
    print(f"\n{found.title}")
    for row in (head, *found.rows):
        cells = (row.what.ljust(widths[0]), row.value.ljust(widths[1]), row.aim.ljust(widths[2]), row.beside)
        print(f"  {'  '.join(cells)}".rstrip())
    if found.bound:
        print(textwrap.fill(f"Bound: {found.bound}", WIDTH, initial_indent="  ", subsequent_indent="  "), flush=True)


def machine() -> str:
    """The line that says where the figures come from."""
    try:
        version = subprocess.run(
            [postgres.binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[2]
    except postgres.PostgresMissing:
        version = "missing"
    return (
        f"{cpu_count()} cores, load {getloadavg()[0]:.1f}, Linux {platform.release()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, PostgreSQL {version}"
    )


# ── figures from samples ───────────────────────────────────────────────────────────────────────────────────────────


def quantile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least this share of them does not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def spread(seconds: Sequence[float]) -> str:
    """`p50/p99` in milliseconds."""
    return f"{quantile(seconds, 0.5) * 1000:.1f} / {quantile(seconds, 0.99) * 1000:.1f} ms"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def rate(per_second: Sequence[float]) -> str:
    return f"{median(per_second):,.0f}/s"
