"""What a run is to make, and has made, in each further repository of its task, beside the project's own.

Above: `ledger`, which writes the rows down with the run, `recording`, `orders`, `receipts`, the settling and the wishes. Below: the
table. `Run.head` is of the project's own repository alone: what asks whether there is a result asks here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import run_repositories as table
from coderclawlink.ids import RunId
from coderclawlink.link.protocol import Beside

if TYPE_CHECKING:
    from coderclawlink.runs.ledger import Run


@dataclass(frozen=True, slots=True)
class Part:
    """One repository of a run. `head` None: nothing was changed there so far; counts are lines and files against `base`."""

    name: str
    repository: str
    branch: str | None
    base: str | None
    head: str | None
    files: int | None
    additions: int | None
    deletions: int | None


_COLUMNS = [table.c[name] for name in Part.__dataclass_fields__]


def put(tx: Tx, run: RunId, wanted: Sequence[Beside]) -> None:
    """Note what the run is about."""
    for each in wanted:
        tx.change(
            table.insert().values(run_id=run, name=each.name, repository=each.repository, branch=each.branch or None)
        )


def of_run(look: Look, run: RunId) -> list[Part]:
    """By name."""
    rows = look.rows(sa.select(*_COLUMNS).where(table.c.run_id == run).order_by(table.c.name))
    return [Part(**row) for row in rows]


def committed(
    tx: Tx,
    run: RunId,
    name: str,
    *,
    head: str,
    base: str,
    branch: str,
    files: int,
    additions: int,
    deletions: int,
) -> bool:
    """An attempt's changes of a further repository are a commit. False: the run is about no such repository."""
    here = table.update().where(table.c.run_id == run, table.c.name == name)
    counts = {"files": files, "additions": additions, "deletions": deletions}
    return bool(tx.change(here.values(head=head, base=base, branch=branch, **counts)))


def result(look: Look, run: Run) -> str | None:
    """The commit that stands for the whole result: the project's own repository's, else the first further one's; None: no change."""
    return run.head or next((part.head for part in of_run(look, run.id) if part.head), None)
