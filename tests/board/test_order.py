"""Places in a column: always room between two, and no card ever in another's place."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderclawlink.access.policy import OWNER
from coderclawlink.board import order, projects, tasks
from coderclawlink.board.columns import BOTTOM, OtherColumn, Place
from coderclawlink.board.tasks import Task, TaskStatus
from coderclawlink.db.engine import Database, Look, Tx
from coderclawlink.db.schema import tasks as table

NUMBERS = st.floats(-1e12, 1e12)


@given(NUMBERS, NUMBERS)
def test_a_place_between_two_lies_between_them_or_there_is_none(one: float, other: float) -> None:
    above, below = sorted((one, other))
    place = order.between(above, below)
    assert place is None or above < place < below


@given(NUMBERS)
def test_there_is_always_room_at_an_end(one: float) -> None:
    top, bottom = order.between(None, one), order.between(one, None)
    assert top is not None
    assert bottom is not None
    assert top < one < bottom


def test_a_spread_column_has_room_everywhere() -> None:
    places = order.spread(5)
    assert all(order.between(one, other) is not None for one, other in pairwise(places))


def make(tx: Tx, count: int, status: TaskStatus = TaskStatus.TODO) -> list[Task]:
    project = projects.create(tx, OWNER, name="P", key="P")
    return [tasks.create(tx, OWNER, project_id=project.id, title=str(n), status=status) for n in range(count)]


def column(look: Look, status: str = "todo") -> str:
    """The titles from the top."""
    found = [one for one in tasks.all_of_them(look) if one.status == status]
    return "".join(one.title for one in sorted(found, key=lambda one: (one.position, one.id)))


def test_cards_are_put_above_below_and_at_the_ends(db: Database) -> None:
    def story(tx: Tx) -> None:
        a, b, c, d = make(tx, 4)
        assert column(tx) == "0123", "a new card stands at the bottom"
        tasks.move(tx, OWNER, d.id, place=Place(before=b.id))
        assert column(tx) == "0312"
        tasks.move(tx, OWNER, a.id, place=Place(after=c.id))
        assert column(tx) == "3120"
        tasks.move(tx, OWNER, b.id, place=BOTTOM)
        assert column(tx) == "3201"
        tasks.move(tx, OWNER, b.id)
        assert column(tx) == "1320"
        tasks.move(tx, OWNER, b.id, place=Place(before=b.id))
        assert column(tx) == "1320", "beside itself it stays"

    db.write_now(story)


def test_into_another_column_a_card_comes_at_the_top_unless_it_is_said_where(db: Database) -> None:
    def story(tx: Tx) -> None:
        a, b, c = make(tx, 3)
        for one in (a, b):
            tasks.change(tx, OWNER, one.id, {"status": TaskStatus.DONE})
        assert column(tx, "done") == "10"
        tasks.move(tx, OWNER, c.id, TaskStatus.DONE, Place(after=b.id))
        assert column(tx, "done") == "120"
        with pytest.raises(OtherColumn, match=f"{a.key} is in another column: done"):
            tasks.move(tx, OWNER, c.id, TaskStatus.TODO, Place(before=a.id))

    db.write_now(story)


def test_a_column_without_room_between_two_cards_is_spread_out_and_keeps_its_order(db: Database) -> None:
    def story(tx: Tx) -> None:
        made = make(tx, 5)
        for one, place in zip(made, (1.0, 1.0 + 2**-52, 1.0 + 2**-51, 2.0, 3.0), strict=True):
            tx.change(table.update().where(table.c.id == one.id).values(position=place))
        tasks.move(tx, OWNER, made[4].id, place=Place(before=made[1].id))
        assert column(tx) == "04123"

    db.write_now(story)


def test_ever_the_same_gap_never_mixes_up_the_cards(db: Database) -> None:
    def story(tx: Tx) -> None:
        a, b, c = make(tx, 3)
        for n in range(150):
            moving, other = (b, c) if n % 2 else (c, b)
            tasks.move(tx, OWNER, moving.id, place=Place(after=a.id))
            assert column(tx) == f"0{moving.title}{other.title}"

    db.write_now(story)
