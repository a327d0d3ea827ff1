"""The words themselves: they come back as they were said, and what is none is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coderclawlink.link.protocol import (
    Answer,
    Assign,
    Beat,
    Drain,
    Entry,
    Fence,
    Goodbye,
    Hello,
    HubWord,
    Kept,
    NodeWord,
    Order,
    Record,
    Refused,
    Show,
    Stop,
    Welcome,
    hub_word,
    node_word,
    storable,
)

text = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
run = st.from_regex(r"[0-9a-f-]{1,36}", fullmatch=True)
number = st.integers(min_value=1, max_value=2**31 - 1)
fence = st.builds(Fence, run=run, attempt=number)
fences = st.lists(fence, max_size=3).map(tuple)
data = st.dictionaries(text, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text, max_size=4)
entry = st.builds(Entry, run=run, attempt=number, n=number, at=text, event=data)
maybe = st.none() | text
from_nodes = st.one_of(
    st.builds(
        Hello,
        node=st.from_regex(r"[^\x00-\x1f\x7f]{1,50}", fullmatch=True).filter(lambda name: name.isprintable()),
        boot=run,
        slots=st.integers(0, 10_000),
        held=fences,
        spooled=fences,
    ),
    st.builds(Record, entries=st.lists(entry, max_size=3).map(tuple)),
    st.builds(Show, run=run, attempt=number, event=data),
    st.builds(Beat, held=fences, agents=st.none()),
    st.builds(Goodbye),
)
from_hubs = st.one_of(
    st.builds(Welcome, hub=text, lease_seconds=st.floats(0, 1e6), beat_seconds=st.floats(0, 1e6), stop=fences),
    st.builds(
        Assign,
        order=st.builds(
            Order, run=run, attempt=number, agent=text, prompt=text, context=data, timeout_seconds=st.floats(1, 1e6)
        ),
    ),
    st.builds(Stop, run=run, attempt=number, why=st.sampled_from(["cancelled", "timeout", "stale", "interrupted"])),
    st.builds(Answer, run=run, attempt=number, question=text, option=maybe, text=maybe),
    st.builds(Kept, run=run, attempt=number, n=number),
    st.builds(Drain),
    st.builds(Refused, why=text),
)


@given(from_nodes)
def test_a_nodes_word_comes_back_as_it_was_said(word: NodeWord) -> None:
    assert node_word.validate_json(word.model_dump_json()) == word


@given(from_hubs)
def test_a_hubs_word_comes_back_as_it_was_said(word: HubWord) -> None:
    assert hub_word.validate_json(word.model_dump_json()) == word


@given(from_hubs)
def test_no_end_takes_the_others_words_for_its_own(word: HubWord) -> None:
    with pytest.raises(ValidationError):
        node_word.validate_json(word.model_dump_json())


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda said: said.encode(errors="surrogatepass")))
def test_noise_is_no_word(noise: bytes) -> None:
    for word in (node_word, hub_word):
        with pytest.raises(ValidationError):
            word.validate_json(noise)


def test_words_of_a_later_time_may_carry_more() -> None:
    assert hub_word.validate_python({"word": "drain", "because": "of the weather"}) == Drain()


@pytest.mark.parametrize("name", ["", "a\x00", "a b", "x" * 65, "a/b", "a\n"])
def test_a_fence_names_only_what_can_be_a_run(name: str) -> None:
    with pytest.raises(ValidationError):
        Fence(run=name, attempt=1)


@pytest.mark.parametrize("attempt", [0, -1, 2**31, 10**30])
def test_a_fence_counts_from_one_to_what_a_column_holds(attempt: int) -> None:
    with pytest.raises(ValidationError):
        Fence(run="r", attempt=attempt)


def test_what_is_storable_stays_as_it_is() -> None:
    value = {"a": ["é", "😀", None, 1.5, True], "b": {"c": "x" * 10}}
    assert storable(value, 10) == value
    assert json.loads(json.dumps(storable({"\x00": ("\ud800", "x" * 11)}, 10))) == {
        "\ufffd": ["\ufffd", "xxxxxxxxxx… 1 characters left out"]
    }
