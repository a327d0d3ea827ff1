"""Mistakes in agents.toml are told with file, line and key."""

import pytest

from coderclawlink.configuration import AgentConfiguration, Fallback
from coderclawlink.drivers import entries
from coderclawlink.errors import Invalid
from coderclawlink.rules import Rule


def test_every_key_may_be_set() -> None:
    read = entries.read("""
[agents.mine]
driver = "acp"
description = "Mine"
command = "my-agent --flag 'two words'"
env = { KEY = "{key}" }
mode = "ask"
session_mode = "plan"
model = "m"
wire = "openai"
network = "open"
limit = 2
timeout_seconds = 90
paths = ["/opt/mine"]
[[agents.mine.mcp_servers]]
name = "files"
command = "mcp-files"
args = ["--all"]
""")
    entry = read["mine"]
    assert entry.command == ("my-agent", "--flag", "two words")
    assert entry.env == {"KEY": "{key}"}
    assert (entry.mode, entry.limit, entry.timeout_seconds, entry.paths) == ("ask", 2, 90.0, ("/opt/mine",))
    assert entry.mcp_servers[0].args == ("--all",)


def test_a_command_may_be_a_list() -> None:
    assert entries.read('[agents.a]\ncommand = ["x", "y z"]')["a"].command == ("x", "y z")


def test_an_entry_is_a_configuration_and_how_it_is_reached() -> None:
    entry = entries.read("""
[agents.mine]
command = "mine"
model = "m"
budget_usd = 1
[[agents.mine.rules]]
effect = "deny"
command = "git push *"
[[agents.mine.fallback]]
account = "second"
""")["mine"]
    assert entry.configuration() == AgentConfiguration(
        model="m",
        budget_usd=1,
        rules=(Rule(effect="deny", command="git push *"),),
        fallback=(Fallback(account="second"),),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[agents.a\n", "agents.toml, line 1, column 10: Expected ']' at the end of a table declaration"),
        ("\n[agents.a]\nmode = 'ask'\ncolour = 'red'", "agents.toml, line 4: agents.a.colour: is not a known key"),
        ("[agents.a]\n\nmode = 'maybe'", "agents.toml, line 3: agents.a.mode: input should be 'ask' or 'auto'"),
        (
            "[agents.a]\nlimit = 1\n[agents.b]\nlimit = '3'",
            "agents.toml, line 4: agents.b.limit: input should be a valid integer",
        ),
        ("[agents.a]\nlimit = 0", "agents.toml, line 2: agents.a.limit: input should be greater than or equal to 1"),
        (
            "[agents.a]\nenv = { A = 1 }",
            "agents.toml, line 2: agents.a.env.A: input should be a valid string",
        ),
        (
            '[agents.a]\nenv = { PATH = "/opt" }',
            "agents.toml, line 2: agents.a.env: PATH is set by the node and cannot be configured",
        ),
        ('[agents.a]\ncommand = "x \'y"', "agents.toml, line 2: agents.a.command: No closing quotation"),
        ("agents.a = { colour = 1 }", "agents.toml, line 1: agents.a.colour: is not a known key"),
        (
            '[agents.a]\n[[agents.a.rules]]\neffect = "deny"\n[[agents.a.rules]]\neffect = "deny"\ncommand = 3',
            "agents.toml, line 6: agents.a.rules.2.command: input should be a valid string",
        ),
        (
            '[[agents.a.fallback]]\n[agents.b]\nmode = "ask"',
            "agents.toml, line 1: agents.a.fallback.1: a fallback names an account, a model or an agent",
        ),
        (
            '[[agents.a.mcp_servers]]\nname = "x"\ncommand = "y"\nenv = { B = "", "A B" = "" }',
            "agents.toml, line 4: agents.a.mcp_servers.1.env: 'A B' is no name of a variable",
        ),
        (
            "[agents.Big]",
            "agents.toml, line 1: agents.Big: cannot be an agent's name; small letters, digits, - and _ make one",
        ),
        (
            "x = 1",
            "agents.toml, line 1: x: is not known here; there are tables [agents.NAME] and [accounts.NAME]",
        ),
        ("agents = 3", "agents.toml, line 1: agents: is a table of tables, [agents.NAME]"),
        (
            "[agents]\na = 3",
            "agents.toml, line 2: agents.a: input should be an object",
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(text: str, told: str) -> None:
    with pytest.raises(Invalid) as problem:
        entries.read(text)
    assert problem.value.message == told
