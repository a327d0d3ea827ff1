"""What others wrote is rendered, never obeyed; tables are aligned."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderclawlink.cli import text

SEQUENCES = st.sampled_from(
    [
        "\x1b[31m", "\x1b[0m", "\x1b[8m", "\x1b[1;08m", "\x1b[2J", "\x1b]0;title\x07", "\x1b]52;c;aGk=\x1b\\", "\x9b2J", "\x9d0;t\x9c",
        "\x1bP+q\x1b\\", "\x1b", "\x1b[", "\x1b]", "\r", "\r\n", "\b", "\x7f", "\u202e", "\u2066", "\ud800", "\x00", "m", "[31", ";", "\n", "\t",
    ]
)  # fmt: skip
HOSTILE = st.lists(SEQUENCES | st.text(max_size=5)).map("".join)
ALLOWED = re.compile(r"(?:\x1b\[[0-9;:]*m|[^\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])*")


@given(HOSTILE)
def test_nothing_that_a_terminal_obeys_is_left_but_colours(words: str) -> None:
    kept = text.clean(words, colour=True)
    assert ALLOWED.fullmatch(kept)
    assert "\x1b[8m" not in kept
    kept.encode()  # it can be written


@given(HOSTILE)
def test_without_colours_no_escape_is_left_at_all(words: str) -> None:
    kept = text.clean(words)
    assert ALLOWED.fullmatch(kept)
    assert "\x1b" not in kept


@given(HOSTILE, st.booleans())
def test_to_clean_twice_changes_nothing_more(words: str, colour: bool) -> None:
    once = text.clean(words)
    assert text.clean(once, colour=colour) == once


@given(st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=50))
def test_plain_words_stay_as_they_are(words: str) -> None:
    assert text.clean(words, colour=True) == words


@pytest.mark.parametrize(
    ("given_words", "shown"),
    [
        ("\x1b]0;owned\x07hi", "hi"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\x1b[2Jb\x1b[1;1Hc", "abc"),
        ("50%\r100%\r\ndone", "50%\n100%\ndone"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("rm -rf \u202eslash", "rm -rf slash"),
        ("\x1b]52;c;never ended", "52;c;never ended"),
    ],
)
def test_sequences_vanish_and_the_words_stay(given_words: str, shown: str) -> None:
    assert text.clean(given_words) == shown


def test_colours_end_with_the_text_that_began_them() -> None:
    assert text.clean("\x1b[31mred", colour=True) == "\x1b[31mred\x1b[0m"


def test_columns_stand_below_each_other_also_with_wide_characters() -> None:
    assert text.table(("KEY", "TITLE"), [("A-1", "日本"), ("LONG-12", "two\nlines")]) == [
        "KEY      TITLE",
        "A-1      日本",
        "LONG-12  two lines",
    ]
    assert text.table(("N", "W"), [("日", "x"), ("ab", "y")])[1:] == ["日  x", "ab  y"]


def test_a_table_is_cut_to_the_terminal_in_its_last_column() -> None:
    assert text.table(("KEY", "TITLE"), [("A-1", "a long title that does not fit")], 20)[1] == "A-1  a long title t…"


@pytest.mark.parametrize(
    ("terminal", "environment", "welcome"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(terminal: bool, environment: dict[str, str], welcome: bool) -> None:
    assert text.is_colour_welcome(terminal=terminal, environment=environment) is welcome
