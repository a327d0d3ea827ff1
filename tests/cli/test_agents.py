"""Agents configured from the command line: by file, by value, in the editor; and their rules tried."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

RULES = 'mode = "ask"\n\n[[rules]]\neffect = "deny"\ncommand = "git push *"\nwhy = "People push."\n'


@pytest.fixture(scope="module")
def project(house: Cli) -> str:
    house.say("project", "create", "AGENTS", "Agents")
    return "AGENTS"


def test_an_agent_is_shown_with_its_nodes_and_its_configuration(house: Cli, project: str) -> None:
    house.say("agent", "configure", "steady", "--set", "model=m", "--set", "env.GREETING=hi")
    house.say("agent", "configure", "steady", "--project", "agents", "--set", "timeout_seconds=90")
    shown = house.say("agent", "show", "steady")
    assert "Available   yes" in shown
    assert any(line.startswith("local ") and " yes " in line for line in shown.splitlines())
    assert "\nConfiguration, version 1 by owner, " in shown
    assert 'model = "m"\n\n[env]\nGREETING = "hi"\n' in shown
    assert f"\nIn project {project}, version 1 by owner, " in shown
    assert "timeout_seconds = 90.0" in shown
    assert house.json("agent", "show", "steady")["projects"][0]["effective"]["model"] == "m"
    assert "There is no agent 'nobody'" in house.refuse("agent", "show", "nobody")


def test_single_values_are_set_and_taken_out_again(house: Cli, project: str) -> None:
    configure = ("agent", "configure", "goose", "--project", project)
    said = house.say(
        *configure, "--set", "mode=auto", "--set", "budget_usd=2.5", "--set", "same_calls=4",
        "--set", "env.A=1", "--set", "env.B=x=y", "--set", 'rules=[{"effect": "ask", "tool": "delete"}]',
    )  # fmt: skip
    assert said == "goose is configured in AGENTS: version 1.\n"
    assert house.say(*configure, "--set", "mode=auto") == "Nothing changed in AGENTS: version 1.\n"
    house.say(*configure, "--set", "mode=", "--set", "env.A=", "--set", "rules=")
    assert house.say(*configure) == 'budget_usd = 2.5\nsame_calls = 4\n\n[env]\nB = "x=y"\n'
    house.say(*configure, "--clear")
    assert house.say(*configure) == "# Nothing is configured for goose.\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--set", "colour=red"], "colour=red is no KEY=VALUE. Keys are: model, "),
        (["--set", "mode"], "mode is no KEY=VALUE"),
        (["--set", "env=A"], "env=A is no KEY=VALUE"),
        (["--set", "model.x=A"], "model.x=A is no KEY=VALUE"),
        (["--set", "mode=loud"], "configuration.mode: Input should be 'ask' or 'auto'"),
        (["--set", "budget_usd=much"], "budget_usd is a number, not 'much'."),
        (["--set", "rules=no"], "rules is JSON"),
        (["--set", "env.API_KEY=sk-0123456789abcdefghij"], "clawlink secret set API_KEY"),
        (["--set", "mode=ask", "--clear"], "Use one of"),
        (["--file", "/nowhere.toml"], "/nowhere.toml cannot be read: No such file or directory."),
        (["--project", "NONE", "--clear"], "There is no project NONE."),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(house: Cli, words: list[str], complaint: str) -> None:
    said = house.refuse("agent", "configure", "goose", *words)
    assert complaint in said
    assert len(said.splitlines()) == 1


def test_a_file_is_taken_whole_and_its_mistakes_are_told_with_file_and_line(house: Cli, tmp_path: Path) -> None:
    file = tmp_path / "claude.toml"
    file.write_text(RULES)
    assert house.say("agent", "configure", "claude", "--file", str(file)) == "claude is configured: version 1.\n"
    assert house.say("agent", "configure", "claude") == RULES
    file.write_text(RULES + "colour = 1\n")
    assert house.refuse("agent", "configure", "claude", "--file", str(file)) == (
        f"{file}, line 7: rules.1.colour: is not a known key"
    )
    done = house.run("agent", "configure", "claude", "--file", "-", stdin="mode = 1\n", code=2)
    assert "standard input, line 1: mode: " in done.stderr


def test_the_editor_changes_the_layer(house: Cli, tmp_path: Path) -> None:
    house.run("agent", "configure", "auggie", "--file", "-", stdin=RULES)
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import sys, pathlib as p\nf = p.Path(sys.argv[1])\nf.write_text(f.read_text().replace('ask', 'auto'))\n"
    )
    env = {"EDITOR": f"{sys.executable} {editor}"}
    done = house.run("agent", "configure", "auggie", "--edit", env=env)
    assert done.stdout == "auggie is configured: version 2.\n"
    assert house.say("agent", "configure", "auggie") == RULES.replace("ask", "auto")
    editor.write_text("import sys, pathlib as p\np.Path(sys.argv[1]).write_text('mode = 1')\n")
    assert "auggie.toml, line 1" in house.run("agent", "configure", "auggie", "--edit", env=env, code=2).stderr
    done = house.run("agent", "configure", "auggie", "--edit", env={"EDITOR": "false"}, code=2)
    assert done.stderr == "The editor ended with 1; nothing was changed.\n"
    assert (
        "cannot be started" in house.run("agent", "configure", "auggie", "--edit", env={"EDITOR": "/no"}, code=2).stderr
    )


def test_versions_are_listed_shown_and_restored(house: Cli) -> None:
    for model in ("one", "two"):
        house.say("agent", "configure", "ollama", "--set", f"model={model}", "--set", "env.A=1")
    listed = house.say("agent", "history", "ollama").splitlines()
    assert listed[0].split() == ["VERSION", "WHEN", "BY", "SAYS"]
    assert [line.split()[0] for line in listed[1:]] == ["2", "1"]
    assert listed[1].endswith("owner  model=two, 1 env")
    assert house.say("agent", "history", "ollama", "--version", "1") == 'model = "one"\n\n[env]\nA = "1"\n'
    assert house.say("agent", "restore", "ollama", "1") == ("ollama is configured as in version 1 again: version 3.\n")
    assert 'model = "one"' in house.say("agent", "configure", "ollama")
    assert "no version 9" in house.refuse("agent", "restore", "ollama", "9")
    assert "no version 9" in house.refuse("agent", "history", "ollama", "--version", "9")
    assert house.say("agent", "history", "opendevin") == "Nothing was ever configured there.\n"


def test_rules_are_shown_and_tried(house: Cli, project: str) -> None:
    house.run("agent", "configure", "opendevin", "--project", project, "--file", "-", stdin=RULES)
    rules = ("agent", "rules", "opendevin", "--project", project)
    said = house.say(*rules).splitlines()
    assert said[1].split("  ")[0] == "deny command git push *"
    assert said[-1] == "Where no rule decides: ask."
    done = house.run(*rules, "--try", "git push --force", code=1)
    assert done.stdout == "deny: People push.  (deny command git push *)\n"
    assert house.run(*rules, "--try", "make", code=1).stdout == "ask: No rule decides; the mode is ask.\n"
    allow = 'mode = "ask"\n[[rules]]\neffect = "allow"\ntool = "edit"\npath = "docs/**"\n'
    house.run("agent", "configure", "opendevin", "--project", project, "--file", "-", stdin=allow)
    assert house.run(*rules, "--path", "docs/a.md").stdout.startswith("allow: ")
    assert house.run(*rules, "--path", "src/a.py", code=1).stdout.startswith("ask: ")
    assert house.run(*rules, "--path", "docs/a.md", "--tool", "delete", code=1).stdout.startswith("ask: ")
    assert house.run(*rules, "--try", "x", "--json", code=1).stdout.startswith("{")
    assert "no such learnt rule" in house.refuse(*rules, "--forget", "99")
