"""The hub, asked whatever its description allows and much that it does not: it never fails, and answers as it says of itself."""

from __future__ import annotations

from pathlib import Path

from tests.web.fuzzing import ask, furnished

EXAMPLES = 1
SEED = 20


def test_whatever_it_is_asked_it_answers_as_it_says_of_itself(tmp_path: Path) -> None:
    with furnished(tmp_path / "hub") as (url, known):
        done = ask(url, known, examples=EXAMPLES, number=SEED)
    print(f"{done.asked} requests of {done.operations} operations: {dict(sorted(done.statuses.items()))}")
    assert not done.faults, "\n".join(str(fault) for fault in done.faults.values())
    assert done.asked >= done.operations * EXAMPLES
