"""The table of a run's states, walked at random."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderclawlink.errors import Conflict
from coderclawlink.runs.run import ENDED, OPEN, TABLE, IllegalStep, State, Step, after, diagram

steps = st.lists(st.sampled_from(Step), max_size=30)


def walk(path: list[Step]) -> list[State]:
    """The states along a path; steps that are not possible are left out."""
    states = [State.PENDING]
    for step in path:
        if step in TABLE[states[-1]]:
            states.append(after(states[-1], step))
    return states


@given(steps)
def test_a_run_that_has_ended_never_changes_again(path: list[Step]) -> None:
    states = walk(path)
    first_end = next((place for place, state in enumerate(states) if state in ENDED), None)
    if first_end is not None:
        assert first_end == len(states) - 1
        for step in Step:
            with pytest.raises(IllegalStep, match="already ended"):
                after(states[-1], step)


@given(steps)
def test_from_everywhere_on_the_way_each_end_that_makes_sense_can_be_reached(path: list[Step]) -> None:
    state = walk(path)[-1]
    if state in ENDED:
        return
    assert after(state, Step.CANCEL) is State.CANCELLED
    assert after(state, Step.FAIL) is State.FAILED
    if state is not State.PENDING:
        assert after(state, Step.COMPLETE) is State.COMPLETED


def test_a_run_that_no_node_has_had_cannot_be_at_work_or_completed() -> None:
    for step in (Step.START, Step.COMPLETE, Step.RESUME, Step.REQUEUE):
        with pytest.raises(Conflict, match="A run that is pending cannot"):
            after(State.PENDING, step)


def test_the_table_speaks_of_every_state_and_the_two_kinds_are_all() -> None:
    assert set(TABLE) == set(State) == OPEN | ENDED
    assert not OPEN & ENDED
    assert {step for steps in TABLE.values() for step in steps} == set(Step)


def test_the_diagram_shows_exactly_what_the_table_allows() -> None:
    shown = set(re.findall(r"^    (\w+) --> (\w+): (\w+)$", diagram(), re.MULTILINE))
    assert shown == {
        (str(state), str(target), str(step))
        for state, steps in TABLE.items()
        for step, target in steps.items()
        if target is not state
    }
    assert {f"    {state} --> [*]" for state in ENDED} <= set(diagram().splitlines())
