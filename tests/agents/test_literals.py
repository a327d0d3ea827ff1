"""What looks like a secret is refused wherever it stands in a configuration, and what only resembles one is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coderclawlink.agents import literals
from coderclawlink.agents.literals import SecretInPlain
from coderclawlink.configuration import AgentConfiguration, McpServer
from coderclawlink.rules import Rule

SECRETS = [
    "sk-proj-0123456789abcdefghij",
    "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789-ABCDE",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuv",
    "glpat-0123456789abcdefghij",
    "xoxb-1234567890-abcdefghij",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA0123456789abcdefghijklmnopqrstuv",
    "hf_abcdefghijklmnopqrstuvwxyz0123",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "https://ann:hunter2@example.org/mcp",
]
PLACES: list[Callable[[str], AgentConfiguration]] = [
    lambda it: AgentConfiguration(env={"X": f"a {it} b"}),
    lambda it: AgentConfiguration(instructions=f"Use {it}"),
    lambda it: AgentConfiguration(mcp_servers=(McpServer(name="s", command="c", args=("--key", it)),)),
    lambda it: AgentConfiguration(mcp_servers=(McpServer(name="s", command="c", env={"X": it}),)),
    lambda it: AgentConfiguration(mcp_servers=(McpServer(name="s", url="https://x", headers={"X": it}),)),
    lambda it: AgentConfiguration(mcp_servers=(McpServer(name="s", url=f"https://x?k={it}"),)),
    lambda it: AgentConfiguration(rules=(Rule(effect="deny", command=f"curl {it}"),)),
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_found_wherever_it_stands(secret: str, place: Callable[[str], AgentConfiguration]) -> None:
    with pytest.raises(SecretInPlain) as raised:
        literals.refuse(place(secret))
    assert secret not in raised.value.message
    assert "clawlink secret set" in raised.value.message


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "GITHUB_TOKEN", "client_secret", "DB_PASSWORD", "KEY"])
def test_what_is_called_a_secret_is_taken_for_one(name: str) -> None:
    with pytest.raises(SecretInPlain, match=f"clawlink secret set {name.upper()}`"):
        literals.refuse(AgentConfiguration(env={name: "correct horse battery"}))


@pytest.mark.parametrize("header", ["Authorization", "Cookie", "X-Api-Key"])
def test_headers_that_sign_in_hold_names_alone(header: str) -> None:
    def server(value: str) -> AgentConfiguration:
        return AgentConfiguration(mcp_servers=(McpServer(name="s", url="https://x", headers={header: value}),))

    literals.refuse(server("Bearer {secret:MCP}"))
    with pytest.raises(SecretInPlain):
        literals.refuse(server("Bearer abcdefghijkl"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "{secret:OPENAI}"),
        ("OPENAI_API_KEY", "{key}"),
        ("OPENAI_API_KEY", "none"),
        ("MAX_TOKENS", "100000000000000"),
        ("TOKEN_LIMIT", "one hundred thousand"),
        ("KEYBOARD", "a-very-long-layout-name"),
        ("GREETING", "sk-short"),
        ("TASK", "desk-of-the-one-who-works-late"),
        ("URL", "https://example.org:8080/path@2"),
        ("URL", "http://user:{secret:PASSWORD}@example.org"),
        ("GIT_SHA", "0123456789abcdef0123456789abcdef01234567"),
    ],
)
def test_what_only_resembles_a_secret_is_let_through(name: str, value: str) -> None:
    literals.refuse(AgentConfiguration(env={name: value}))
