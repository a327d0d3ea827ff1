"""`python -m bench [FIGURE …]`: measure, print. Each figure has a process of its own, so that none warms up another's."""

from __future__ import annotations

import argparse
import importlib
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

from bench.rows import Found, machine, not_run, show

FIGURES = (
    "submits",
    "kept",
    "waiting",
    "cold",
    "starting",
    "live",
    "interface",
    "crash",
    "pull_requests",
    "watching",
    "audit",
    "decisions",
    "revocation",
    "fuzz",
)
SECONDS_AT_MOST = 600
"""A figure that takes longer is ended: it hangs."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figures", nargs="*", choices=[[], *FIGURES], metavar="FIGURE", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--quick", action="store_true", help="see that all run; the values say nothing")
    given = parser.parse_args()
    figures = given.figures or FIGURES
    if len(figures) == 1:
        _measure(figures[0], given.quick)
        return
    print(machine(), flush=True)
    began = time.monotonic()
    for name in figures:
        command = [sys.executable, "-m", "bench", name, *(["--quick"] if given.quick else [])]
        with subprocess.Popen(command) as figure:
            try:
                ended = figure.wait(SECONDS_AT_MOST)
            except subprocess.TimeoutExpired:
                figure.send_signal(signal.SIGINT)  # it ends what it has started
                ended = figure.wait()
        if ended:
            show(Found(name, "", [not_run(name, f"it ended with {ended}; see above")]))
    print(f"\nAll took {time.monotonic() - began:.0f} s.")


def _measure(name: str, quick: bool) -> None:
    if find_spec(f"bench.{name}") is None:
        show(Found(name, "", [not_run(name, f"bench/{name}.py is not there")]))
        return
    show(importlib.import_module(f"bench.{name}").measure(quick))


if __name__ == "__main__":
    main()
