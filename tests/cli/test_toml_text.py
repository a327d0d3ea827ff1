"""What is written as TOML is read as it was, whatever it holds."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from coderclawlink import configuration_file
from coderclawlink.cli import toml_text
from coderclawlink.configuration import AgentConfiguration, Fallback, McpServer
from coderclawlink.rules import Rule

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ['"""', '"', "\\", 'a\n"""b"', '\n"', "\r\n", "\x7f", "'''\n", "a\\\n", "\t", "# no"]
)
SIMPLE = st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SIMPLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_whatever_is_written_is_read_as_it_was(table: dict[str, JsonValue]) -> None:
    assert tomllib.loads(toml_text.written(table)) == table


def test_a_configuration_is_written_for_people_and_read_again() -> None:
    whole = AgentConfiguration(
        model="m",
        instructions='Say "hi".\nThen stop.\n',
        env={"A": "1", "B": "{secret:B}"},
        rules=(Rule(effect="deny", command="git push *"), Rule(effect="allow", path="docs/**")),
        mcp_servers=(McpServer(name="s", command="c", args=("--x", "y"), env={"K": "v"}),),
        fallback=(Fallback(model="n"),),
        budget_usd=2.5,
    )
    text = toml_text.written(whole.model_dump(mode="json", exclude_defaults=True))
    assert configuration_file.read(text, "here") == whole
    assert text.startswith(
        'model = "m"\ninstructions = """\nSay "hi".\nThen stop.\n"""\nbudget_usd = 2.5\n\n[env]\nA = "1"\n'
    )
    assert '\n[[rules]]\neffect = "deny"\ncommand = "git push *"\n' in text
    assert '\n[mcp_servers.env]\nK = "v"\n' in text


def test_nothing_is_written_as_nothing() -> None:
    assert toml_text.written({}) == ""
    assert tomllib.loads(toml_text.written({"a": None, "b": 1})) == {"b": 1}
