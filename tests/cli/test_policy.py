"""Policies from the command line: tested, put in force, shown, taken back, tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

EXAMPLES = Path(__file__).parents[2] / "examples" / "policies"
AGENTS = str(EXAMPLES / "agents")


def test_a_policys_tests_run_without_a_hub(house: Cli, tmp_path: Path) -> None:
    lines = house.say("policy", "test", AGENTS).splitlines()
    assert lines[0].split() == ["TEST", "OUTCOME"]
    assert {line.split()[1] for line in lines[1:]} == {"passed"}
    (tmp_path / "main.rego").write_text("package clawlink\nallow := true\n")
    assert house.say("policy", "test", str(tmp_path)).startswith("It compiles. It has no tests")
    (tmp_path / "main_test.rego").write_text('package x_test\ntest_no := {"input": {}, "allow": false}\n')
    assert "FAILED" in house.run("policy", "test", str(tmp_path), code=1).stdout
    assert house.refuse("policy", "test", str(tmp_path / "nothing")).startswith("There is no module in ")


def test_one_is_put_in_force_shown_and_taken_back(house: Cli) -> None:
    assert house.say("policy", "history").startswith("There has been no policy.")
    assert house.refuse("policy", "show") == "No policy is in force."
    said = house.say("policy", "set", AGENTS)
    assert said == "Version 1 is in force for the installation; its 5 tests pass.\n"
    try:
        assert "# main.rego\n# Which agents may work" in house.say("policy", "show")
        assert "The policy does not allow agent:execute: This agent is not approved." in house.refuse(
            "run", "submit", "steady", "steps=1"
        )
        heads, first = house.say("policy", "history").splitlines()
        assert heads.split() == ["VERSION", "IN", "FORCE", "BY", "WHEN"]
        assert first.split()[:3] == ["1", "yes", "owner"]
    finally:
        assert house.say("policy", "remove") == "No policy is in force for the installation any more.\n"
    assert house.say("policy", "restore", "1") == "Version 1 is in force again, as version 2.\n"
    assert house.json("policy", "show")["version"] == 2
    house.say("policy", "remove")


def test_one_is_tried_on_an_input_and_on_what_has_been(house: Cli, tmp_path: Path) -> None:
    given = tmp_path / "input.json"
    asked = {"action": "agent:execute", "resource": {"agent": "homegrown"}, "project": None}
    given.write_text(json.dumps(asked))
    said = house.run("policy", "try", str(given), "--folder", AGENTS, code=1).stdout
    assert said.startswith("It is not allowed: ")
    assert house.refuse("policy", "try", str(given)) == "No policy is in force: give the modules to try."
    house.say("run", "submit", "steady", "steps=1 pause=0.01", "--follow")
    told = house.json("policy", "replay", AGENTS)
    assert told["blocked"] <= told["asked"]
    assert "would have blocked" in house.say("policy", "replay", AGENTS)
    assert house.refuse("policy", "replay", AGENTS, "--since", "yesterday").startswith("'yesterday' is no time")


@pytest.mark.parametrize("words", [["policy", "set", AGENTS], ["policy", "history"], ["policy", "remove"]])
def test_a_project_that_is_not_there_is_said_to_be_so(house: Cli, words: list[str]) -> None:
    assert house.refuse(*words, "--project", "NOPE").startswith("There is no project NOPE.")
