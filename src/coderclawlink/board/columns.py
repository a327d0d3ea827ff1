"""The columns of the board: which place in its column a card gets.

Above: `tasks`, whose cards move. Below: `order`, and the table. There is one order for all projects together, so that a board of
several shows each of them as its own board does. What is deleted keeps its place, for when it comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from coderclawlink.board import order
from coderclawlink.db.engine import Look, Tx
from coderclawlink.db.schema import tasks
from coderclawlink.errors import Conflict
from coderclawlink.ids import TaskId


class OtherColumn(Conflict):
    """The card that it is to stand beside is not in that column."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a column: at an end, or beside another card, which `before` (above it) or `after` (below it) names."""

    end: Literal["top", "bottom"] = "top"
    before: TaskId | None = None
    after: TaskId | None = None


TOP = Place()
BOTTOM = Place("bottom")


def position(tx: Tx, status: str, place: Place, moving: TaskId | None = None) -> float:
    """The number for a card in the column. `moving`: the card itself, which is no neighbour of its own. Raises `OtherColumn`."""
    found = _between(tx, status, place, moving)
    if found is None:
        _spread(tx, status)
        found = _between(tx, status, place, moving)
    return 0.0 if found is None else found


def _between(look: Look, status: str, place: Place, moving: TaskId | None) -> float | None:
    others = sa.and_(tasks.c.status == status, tasks.c.id != (moving or 0))
    lowest, highest = sa.func.max(tasks.c.position), sa.func.min(tasks.c.position)
    if place.before is not None:
        below = _of(look, status, place.before)
        if place.before == moving:
            return below
        return order.between(look.scalar(sa.select(lowest).where(others, tasks.c.position < below)), below)
    if place.after is not None:
        above = _of(look, status, place.after)
        if place.after == moving:
            return above
        return order.between(above, look.scalar(sa.select(highest).where(others, tasks.c.position > above)))
    if place.end == "top":
        return order.between(None, look.scalar(sa.select(highest).where(others)))
    return order.between(look.scalar(sa.select(lowest).where(others)), None)


def _of(look: Look, status: str, task: TaskId) -> float:
    row = look.row(
        sa.select(tasks.c.key, tasks.c.status, tasks.c.position).where(tasks.c.id == task, tasks.c.deleted_at.is_(None))
    )
    if row is None or row["status"] != status:
        raise OtherColumn(f"{row['key']} is in another column: {row['status']}." if row else None)
    return float(row["position"])


def _spread(tx: Tx, status: str) -> None:
    rows = tx.rows(sa.select(tasks.c.id).where(tasks.c.status == status).order_by(tasks.c.position, tasks.c.id))
    if rows:
        places = order.spread(len(rows))
        tx.change(
            tasks.update().where(tasks.c.id == sa.bindparam("task")).values(position=sa.bindparam("place")),
            [{"task": row["id"], "place": place} for row, place in zip(rows, places, strict=True)],
        )
