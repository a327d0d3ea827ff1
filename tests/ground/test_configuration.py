"""Configurations: what they may hold, and how one lies on another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration, Fallback, McpServer, Verification, joined
from coderclawlink.rules import Rule

DENY, ASK = Rule(effect="deny", command="rm *"), Rule(effect="ask", command="git push *")


def test_what_an_upper_layer_does_not_say_stays() -> None:
    lower = AgentConfiguration(model="m", mode="ask", env={"A": "1"}, instructions="Be brief.")
    upper = AgentConfiguration(mode="auto", env={"B": "2", "A": "3"})
    whole = lower.under(upper)
    assert (whole.model, whole.mode, whole.instructions) == ("m", "auto", "Be brief.")
    assert whole.env == {"A": "3", "B": "2"}


def test_rules_add_up_and_no_layer_takes_one_away() -> None:
    assert AgentConfiguration(rules=(DENY,)).under(AgentConfiguration(rules=(ASK, DENY))).rules == (DENY, ASK)
    assert AgentConfiguration(rules=(DENY,)).under(NOTHING_SAID).rules == (DENY,)


def test_of_servers_with_one_name_the_upper_counts() -> None:
    a, other_a, b = (
        McpServer(name="a", command="x"),
        McpServer(name="a", url="http://a"),
        McpServer(name="b", command="y"),
    )
    whole = AgentConfiguration(mcp_servers=(a, b)).under(AgentConfiguration(mcp_servers=(other_a,)))
    assert whole.mcp_servers == (b, other_a)


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "PATH", "HOME", "NODE_OPTIONS", "BASH_ENV", "CLAWLINK_KEY", "a b", "1A", ""]
)
def test_some_variables_are_not_to_be_set(name: str) -> None:
    with pytest.raises(ValidationError):
        AgentConfiguration(env={name: "x"})
    with pytest.raises(ValidationError):
        McpServer(name="s", command="c", env={name: "x"})


def test_a_server_is_a_program_or_an_address() -> None:
    for both in ({}, {"command": "c", "url": "http://u"}):
        with pytest.raises(ValidationError, match="either a command or a url"):
            McpServer.model_validate({"name": "s", **both})


def test_secrets_are_found_wherever_they_stand() -> None:
    server = McpServer(name="s", url="http://s", headers={"Authorization": "Bearer {secret:TOKEN}"})
    configured = AgentConfiguration(env={"KEY": "{secret:A_KEY}", "OTHER": "{secret:}"}, mcp_servers=(server,))
    assert configured.secrets() == {"TOKEN", "A_KEY"}


def test_each_fallback_stands_on_the_one_before() -> None:
    chain = (Fallback(account="b"), Fallback(model="small"), Fallback(agent="goose", model="g"), Fallback(account="c"))
    configured = AgentConfiguration(account="a", model="big", fallback=chain)
    steps = [configured.step(number) for number in range(5)]
    assert [(step.account, step.model, step.agent) for step in steps] == [
        ("a", "big", None),
        ("b", "big", None),
        ("b", "small", None),
        (None, "g", "goose"),
        ("c", "g", "goose"),
    ]
    assert AgentConfiguration().step(0).model is None
    with pytest.raises(ValidationError, match="names an account"):
        Fallback()


def test_checks_have_names_of_their_own() -> None:
    check = {"name": "test", "run": "make test"}
    assert Verification.model_validate({"checks": (check,)}).rounds == 2
    with pytest.raises(ValidationError, match="the same name"):
        Verification.model_validate({"checks": (check, check)})


LAYERS = st.builds(
    AgentConfiguration,
    model=st.sampled_from([None, "m", "n"]),
    mode=st.sampled_from([None, "ask", "auto"]),
    env=st.dictionaries(st.sampled_from("AB"), st.sampled_from("12")),
    rules=st.lists(st.sampled_from([DENY, ASK]), unique=True).map(tuple),
)


@given(LAYERS, LAYERS, LAYERS)
def test_layers_may_be_joined_in_any_grouping(
    a: AgentConfiguration, b: AgentConfiguration, c: AgentConfiguration
) -> None:
    assert a.under(b).under(c) == a.under(b.under(c)) == joined((a, b, c))
    assert NOTHING_SAID.under(a) == a.under(NOTHING_SAID) == a
