"""Kill hub, node and agents at random under load, and count what it cost: `python -m bench crash`.

100 rounds in all, half in the strongest sandbox that is here and half in none, on both databases. All of it should be 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path

from bench.rows import Found, Row, not_run
from tests import postgres
from tests.journeys.crash import Toll, storm

ROUNDS = 100
SEED = 20261124


def measure(quick: bool) -> Found:
    rows: list[Row] = []
    each = 2 if quick else ROUNDS // 4
    began = time.monotonic()
    for sandbox in ("auto", "none"):
        rows += _on("SQLite", each, sandbox, None)
        try:
            with postgres.server() as url:
                rows += _on("PostgreSQL", each, sandbox, url)
        except postgres.PostgresMissing as missing:
            rows.append(not_run(f"PostgreSQL, sandbox {sandbox}", missing))
    took = time.monotonic() - began
    return Found(
        "Crash: SIGKILL of hub, node and agents at random moments under load",
        f"Nothing should be bounded here but 0; {each * 4} rounds took {took:.0f} s, most of it the agents' own work. "
        "A power cut is not tried: this machine can only kill processes.",
        rows,
    )


def _on(store: str, rounds: int, sandbox: str, server: str | None) -> list[Row]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="clawlink-crash-"))
        more = {} if server is None else {"DATABASE_URL": stack.enter_context(postgres.database(server))}
        toll = asyncio.run(storm(Path(folder), rounds, SEED + len(sandbox) + bool(server), sandbox=sandbox, **more))
    return [
        Row(
            f"{store}, sandbox {sandbox}: {_rounds(toll)}",
            _costs(toll),
            "all 0",
            f"{toll.runs} acknowledged runs" + "".join(f"; {note}" for note in toll.notes[:3]),
        )
    ]


def _rounds(toll: Toll) -> str:
    return ", ".join(f"{what} {times}×" for what, times in toll.rounds.items())


def _costs(toll: Toll) -> str:
    return (
        f"lost {toll.lost}, twice at once {toll.twice}, stuck {toll.stuck}, bytes lost {toll.bytes_lost}, "
        f"orphans {toll.orphans}, killed by the hub's death {toll.killed_by_hub}"
    )
