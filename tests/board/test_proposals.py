"""Reading proposals from an agent's words: exactly of the form, or none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderclawlink.board import proposals
from coderclawlink.board.proposals import Action, CreateTask, NotStrict, StartRun

TASK = {"create_task": {"title": "Mend it"}}


def block(actions: object, language: str = proposals.LANGUAGE) -> str:
    return f"```{language}\n{json.dumps(actions)}\n```"


def test_a_block_is_read_and_the_answer_is_told_without_it() -> None:
    run = {"start_run": {"task": "#1", "agent": "claude", "prompt": "Mend\nit"}}
    rest, actions = proposals.read(f"I would do **this**:\n\n{block([TASK, run])}\n\nShall I?\n")
    assert rest == "I would do **this**:\n\n\nShall I?"
    assert actions == [
        Action(create_task=CreateTask(title="Mend it")),
        Action(start_run=StartRun(task="#1", agent="claude", prompt="Mend\nit")),
    ]
    assert proposals.read("Nothing is to be done.") == ("Nothing is to be done.", [])
    assert proposals.read(block([])) == ("", [])


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ({"create_task": {"title": "No list"}}, "array"),
        ([{}], "either"),
        ([{**TASK, "start_run": {"task": "DEMO-1", "agent": "a", "prompt": "x"}}], "either"),
        ([{"delete_task": {"task": "DEMO-1"}}], "delete_task"),
        ([{"create_task": {"title": "x", "status": "done"}}], "status"),
        ([{"create_task": {"title": ""}}], "title"),
        ([{"create_task": {"title": "two\nlines"}}], "title"),
        ([{"create_task": {"title": "a\u202eb"}}], "not shown"),
        ([{"create_task": {"title": "a", "description": "b\u0000c"}}], "not shown"),
        ([{"create_task": {"title": 3}}], "title"),
        ([{"create_task": {"title": "x" * 501}}], "title"),
        ([{"start_run": {"task": "DEMO-1", "agent": "../a", "prompt": "x"}}], "agent"),
        ([{"start_run": {"task": "; rm", "agent": "a", "prompt": "x"}}], "task"),
        ([{"start_run": {"task": "DEMO-1", "agent": "a", "prompt": "x", "mode": "auto"}}], "mode"),
        ([{"start_run": {"task": "#1", "agent": "a", "prompt": "x"}}], "creates no task"),
        ([{"start_run": {"task": "#0", "agent": "a", "prompt": "x"}}], "creates no task"),
        ([{**TASK, "create_pr": {"task": "DEMO-1"}}], "either"),
        ([TASK, {"create_pr": {"task": "#1"}}], "task"),
        ([{"create_pr": {"task": "DEMO-1", "body": "Closes #1"}}], "body"),
        ([TASK] * 21, "at most 20"),
    ],
)
def test_what_is_not_exactly_of_the_form_proposes_nothing_at_all(actions: object, words: str) -> None:
    with pytest.raises(NotStrict, match=words):
        proposals.read(f"Well.\n{block(actions)}")


@pytest.mark.parametrize(
    "text",
    [
        f"{block([TASK])}\n{block([TASK])}",
        f"```{proposals.LANGUAGE}\nnot json\n```",
        f"```{proposals.LANGUAGE}\n[NaN]\n```",
        f"```{proposals.LANGUAGE}\n" + "[" * 10_000 + "\n```",
        f"```{proposals.LANGUAGE}\n" + '[{"create_task":{"title":"\\ud800"}}]' + "\n```",
        f"```{proposals.LANGUAGE}\n" + " " * 200_001 + "[]\n```",
        f"```{proposals.LANGUAGE}\n" + '[{"create_task":{"title":"x"}}',
    ],
)
def test_two_blocks_broken_blocks_and_endless_ones_propose_nothing(text: str) -> None:
    with pytest.raises(NotStrict):
        proposals.read(text)


def test_a_quotation_of_a_block_proposes_nothing() -> None:
    quoted = f"````markdown\n{block([TASK])}\n````"
    assert proposals.read(quoted) == (quoted, [])
    assert proposals.read(block([TASK], "json"))[1] == []
    assert proposals.read(f"    {block([TASK])}")[1] == []


@settings(max_examples=200, deadline=None)
@given(
    text=st.lists(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(["```", "````", "~~~", f"```{proposals.LANGUAGE}", "[]", json.dumps([TASK])]),
        ),
        max_size=12,
    ).map("\n".join)
)
def test_no_answer_is_too_strange_to_be_read(text: str) -> None:
    try:
        rest, actions = proposals.read(text)
    except NotStrict:
        return
    assert len(actions) <= proposals.ACTIONS_AT_MOST
    assert len(rest) <= len(text)
