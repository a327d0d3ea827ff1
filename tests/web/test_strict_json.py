"""Strict JSON: what it refuses, and that it means the same as any parser otherwise."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderclawlink.web.strict_json import DEPTH_AT_MOST, NotStrict, parse


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "nul", "{'a': 1}", "[1,]", "NaN", "[Infinity]", "[-Infinity]", '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}',
        "9223372036854775808", "-9223372036854775809", "1" * 5000, "1e999", "-1e999", '"\\u0000"', '["a\\u0000b"]',
        '{"\\u0000": 1}', '"\\ud800"', '["\\udfff"]', '{"a": ["\\ude00\\ud83d"]}', '"\x00"', "\ufeff{}", "01", "+1", "1 2",
        "[" * 33 + "]" * 33, '{"a":' * 40 + "1" + "}" * 40, "[" * 100_000, '["[", ' + "[" * 33, '"\t"',
    ],
)  # fmt: skip
def test_what_is_no_strict_json_is_refused(text: str) -> None:
    with pytest.raises(NotStrict):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 32 + "]" * 32, '"\\ud83d\\ude00"', "9223372036854775807", '"\\\\u0000"', '"' + "[{" * 100 + '"', "[[]]" ,
        '"' + '\\"[' * 100 + '"', "1e308", "[" + "[]," * 100 + "[]]",
    ],
)  # fmt: skip
def test_what_only_looks_odd_is_read(text: str) -> None:
    assert parse(text) == json.loads(text)


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=20,
)


@given(_value, st.booleans())
def test_it_means_what_every_parser_reads(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert parse(text) == json.loads(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(NotStrict):
        parse(text)


def test_the_depth_is_told_where_it_is_too_great() -> None:
    with pytest.raises(NotStrict) as refused:
        parse("[" * (DEPTH_AT_MOST + 1) + "]" * (DEPTH_AT_MOST + 1))
    assert refused.value.at == DEPTH_AT_MOST
