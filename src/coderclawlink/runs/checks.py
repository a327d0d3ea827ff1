"""The checks of a run's result: which are demanded, how each went, and what is missing before the result counts.

Above: `recording`, which brings what nodes tell; the engine, which completes a run only when `missing` has nothing to say.
Below: the ledger and the table of checks. The project's own verification, as it was when the run was submitted, goes before
whatever a node says it read in the repository: a repository's agent may have written that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import checks
from coderclawlink.events import CheckEnded, ChecksDemanded
from coderclawlink.ids import RunId
from coderclawlink.runs import ledger
from coderclawlink.runs.ledger import Run

NAME_AT_MOST = COMMIT_AT_MOST = 64
COMMAND_AT_MOST = 10_000
OUTPUT_AT_MOST = 20_000
"""Characters that are kept: of an output the last ones."""
DEMANDED_AT_MOST = 50
_SMALL = 2**31 - 1


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check of one commit went. `seconds`: how long it took. `round` counts the mendings before it. `at`: when the
    hub heard of it, in seconds since the epoch."""

    attempt: int
    round: int
    name: str
    command: str
    head: str
    passed: bool
    exit_code: int | None
    seconds: float
    output: str
    at: float


_COLUMNS = [checks.c[name] for name in CheckResult.__dataclass_fields__]


def demand(tx: Tx, run_id: RunId, event: ChecksDemanded) -> None:
    """Note what the result must pass. What the project demands itself stands, whatever the node says."""
    run = ledger.find(tx, run_id)
    if (own := run.verification) is not None:
        names, review = demanded(run), own.review
    else:
        names = tuple(dict.fromkeys(name[:NAME_AT_MOST] for name in event.names))[:DEMANDED_AT_MOST]
        review = event.review
    ledger.note(tx, run_id, demanded=json.dumps(names, ensure_ascii=False), review=review)


def demanded(run: Run) -> tuple[str, ...]:
    """The names of the checks that the run's result must pass, as far as the hub knows."""
    if run.verification is not None:
        return tuple(check.name for check in run.verification.checks)
    return run.demanded or ()


def end(tx: Tx, run_id: RunId, attempt: int, event: CheckEnded) -> None:
    """Keep how a check went. Told again, the latest word counts. It has passed only with exit code 0."""
    name, number = event.name[:NAME_AT_MOST], max(0, min(event.round, _SMALL))
    tx.change(
        checks.delete().where(
            checks.c.run_id == run_id,
            checks.c.attempt == attempt,
            checks.c.round == number,
            checks.c.name == name,
        )
    )
    tx.change(
        checks.insert().values(
            run_id=run_id,
            attempt=attempt,
            round=number,
            name=name,
            command=event.command[:COMMAND_AT_MOST],
            head=event.head[:COMMIT_AT_MOST],
            passed=event.passed and event.exit_code == 0,
            exit_code=None if event.exit_code is None else max(-_SMALL, min(event.exit_code, _SMALL)),
            seconds=max(0.0, event.seconds) if math.isfinite(event.seconds) else 0.0,
            output=event.output[-OUTPUT_AT_MOST:],
            at=tx.now(),
        )
    )


def of_run(look: Look, run: RunId) -> list[CheckResult]:
    """All of all attempts and rounds, in the order they were told."""
    statement = (
        sa.select(*_COLUMNS)
        .where(checks.c.run_id == run)
        .order_by(checks.c.attempt, checks.c.round, checks.c.at, checks.c.name)
    )
    return [CheckResult(**row) for row in look.rows(statement)]


def last_round(results: Sequence[CheckResult], attempt: int) -> list[CheckResult]:
    """What counts among the results: those of the attempt's last round."""
    own = [result for result in results if result.attempt == attempt]
    last = max((result.round for result in own), default=0)
    return [result for result in own if result.round == last]


def missing(look: Look, run: Run, attempt: int) -> str | None:
    """What keeps the attempt's result from being taken for done, in a sentence; None when nothing does.

    Every demanded check must have passed on exactly the commit that is the run's result, in the attempt's last round, and with
    the project's own command where the project has said it. A run that has changed nothing needs no checks.
    """
    if run.head is None or not (names := demanded(run)):
        return None
    found = {result.name: result for result in last_round(of_run(look, run.id), attempt)}
    commands = {} if run.verification is None else {check.name: check.run for check in run.verification.checks}
    wanting = [
        words for name in names if (words := _wanting(name, found.get(name), run.head, commands.get(name))) is not None
    ]
    return (
        None if not wanting else "; ".join([f"Check {wanting[0]}", *(f"check {words}" for words in wanting[1:])]) + "."
    )


def _wanting(name: str, result: CheckResult | None, head: str, command: str | None) -> str | None:
    if result is None:
        return f"{name} has not been run on the result {head[:12]}"
    if result.head != head:
        return f"{name} was run on {result.head[:12]}, and the result is {head[:12]}"
    if command is not None and result.command != command[:COMMAND_AT_MOST]:
        return f"{name} was run with another command than the project's"
    if result.passed:
        return None
    return (
        f"{name} failed (exit code {result.exit_code})"
        if result.exit_code is not None
        else f"{name} did not end in time"
    )
