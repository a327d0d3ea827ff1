"""Ask a hub whatever its description allows and much that it does not, for some minutes: `python -m bench fuzz`. No answer may be a fault of the hub's."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.rows import Found, Row
from tests.web.fuzzing import ask, furnished

EXAMPLES = 40
SEEDS = (1, 2)


def measure(quick: bool) -> Found:
    rows = []
    for number in SEEDS[: 1 if quick else None]:
        with (
            tempfile.TemporaryDirectory(prefix="clawlink-fuzz-") as folder,
            furnished(Path(folder) / "hub") as (url, known),
        ):
            began = time.monotonic()
            done = ask(url, known, examples=1 if quick else EXAMPLES, number=number)
        statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(done.statuses.items()))
        seconds = time.monotonic() - began
        rows.append(Row(f"seed {number}: answers that do not fit", str(len(done.faults)), "0"))
        rows.append(
            Row("  requests", f"{done.asked:,} in {seconds:.0f} s", "", f"{done.operations} operations; {statuses}")
        )
        rows.extend(
            Row(f"  {fault.operation}", fault.what, "none", fault.asked[:300]) for fault in done.faults.values()
        )
    return Found(
        "The interface under requests made by chance",
        "schemathesis makes the requests; that takes longer than the answers.",
        rows,
    )
