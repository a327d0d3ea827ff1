"""Configurations as TOML: read strictly, and each mistake told with file, line and key."""

import pytest

from coderclawlink import configuration_file
from coderclawlink.configuration import Check, Fallback, McpServer
from coderclawlink.errors import Invalid
from coderclawlink.rules import Rule

WHOLE = """
model = "m"
mode = "ask"
env = { TOKEN = "{secret:TOKEN}" }
budget_usd = 2
[[rules]]
effect = "deny"
command = "git push *"
[[rules]]
effect = "allow"
path = "src/**"
[[mcp_servers]]
name = "files"
command = "mcp-files"
args = ["--all"]
[[fallback]]
account = "second"
"""


def test_a_configuration_is_read_as_a_whole() -> None:
    read = configuration_file.read(WHOLE, "goose.toml")
    assert (read.model, read.mode, read.budget_usd) == ("m", "ask", 2.0)
    assert read.rules == (Rule(effect="deny", command="git push *"), Rule(effect="allow", path="src/**"))
    assert read.mcp_servers == (McpServer(name="files", command="mcp-files", args=("--all",)),)
    assert read.fallback == (Fallback(account="second"),)
    assert read.secrets() == {"TOKEN"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "a.toml: Expected '=' after a key in a key/value pair (at end of document)"),
        ("\nx y", "a.toml, line 2, column 3: Expected '=' after a key in a key/value pair"),
        ("model = 3", "a.toml, line 1: model: input should be a valid string"),
        ("\ncolour = 3", "a.toml, line 2: colour: is not a known key"),
        (
            '[[rules]]\neffect = "deny"\n\n[[rules]]\neffect = "perhaps"',
            "a.toml, line 5: rules.2.effect: input should be 'allow', 'deny' or 'ask'",
        ),
        (
            'rules = [\n  { effect = "deny" },\n  { effect = "allow", hosts = "x" },\n]',
            "a.toml, line 3: rules.2.hosts: is not a known key",
        ),
        ("[[fallback]]", "a.toml, line 1: fallback.1: a fallback names an account, a model or an agent"),
        (
            'model = """\nx"""\n[env]\nLD_PRELOAD = "x"',
            "a.toml, line 3: env: LD_PRELOAD is set by the node and cannot be configured",
        ),
        ('[[mcp_servers]]\ncommand = "x"', "a.toml, line 1: mcp_servers.1.name: is missing"),
        ("model = " + "[" * 20_000, "a.toml: is nested too deeply"),
    ],
)
def test_a_mistake_is_told_where_it_stands(text: str, told: str) -> None:
    with pytest.raises(Invalid) as problem:
        configuration_file.read(text, "a.toml")
    assert problem.value.message == told


def test_a_number_of_too_many_digits_is_a_mistake_too() -> None:
    with pytest.raises(Invalid, match=r"a\.toml: "):
        configuration_file.read("budget_tokens = " + "1" * 5000, "a.toml")


def test_checks_keep_their_order_and_have_defaults() -> None:
    read = configuration_file.read_verification(
        'rounds = 1\n[checks.tests]\nrun = "make test"\ntimeout_seconds = 60\n[checks.lint]\nrun = "make lint"', "p"
    )
    assert read.checks == (
        Check(name="tests", run="make test", timeout_seconds=60),
        Check(name="lint", run="make lint"),
    )
    assert (read.rounds, read.review) == (1, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[checks.a]\nrun = "x"\n[checks.b]\nrunn = "x"', "p, line 3: checks.b.run: is missing"),
        ('[checks.a]\nrun = "x"\nname = "y"', "p, line 3: checks.a.name: is not a known key"),
        ('[checks.a]\nrun = "x"\nnetwork = "no"', "p, line 3: checks.a.network: input should be a valid boolean"),
        ("checks = 3", "p, line 1: checks: is a table of tables, [checks.NAME]"),
        ('\n[checks]\na = "x"', "p, line 3: checks.a: is a table with `run`, the command"),
        (
            '[checks."a/b"]\nrun = "x"',
            "p, line 1: checks.a/b: string should match pattern '^[A-Za-z0-9][A-Za-z0-9_. -]{0,63}$'",
        ),
        ("rounds = -1", "p, line 1: rounds: input should be greater than or equal to 0"),
    ],
)
def test_a_mistake_in_a_verification_is_told_where_it_stands(text: str, told: str) -> None:
    with pytest.raises(Invalid) as problem:
        configuration_file.read_verification(text, "p")
    assert problem.value.message == told


def test_lines_are_found_through_strings_lists_and_tables_of_all_forms() -> None:
    text = '''\
"a b".c = 1   # [not.a.table]
day = 2020-01-01 10:00:00
list = [
  1,   # ]
  { a = 1, b = [2,
    3] },
]
text = """
[not]
x = \\"""" """
[one.two]
x = '[y]'
[[one.two.many]]
x = 1
[[one.two.many]]
x = 2
[one.two.many.sub]
y = 1
'''
    for path, line in {
        ("a b",): 1,
        ("a b", "c"): 1,
        ("day",): 2,
        ("list", 0): 4,
        ("list", 1, "b", 1): 6,
        ("text",): 8,
        ("one",): 11,
        ("one", "two", "x"): 12,
        ("one", "two", "many", 0, "x"): 14,
        ("one", "two", "many", 1, "x"): 16,
        ("one", "two", "many", 1, "sub", "y"): 18,
        ("one", "two", "many", 1, "sub", "absent"): 17,
        ("nowhere",): 1,
    }.items():
        assert configuration_file.line_of(text, path) == line, path
