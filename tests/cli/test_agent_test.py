"""`clawlink agent test`: an agent that works is seen to work; of one that does not it is said what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Cli, opened


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A hub whose agents all speak with the scripted model."""
    with opened(tmp_path_factory.mktemp("scripted")) as made:
        with (made.home / "agents.toml").open("a") as file:
            file.write('[agents.asking]\ndriver = "scripted"\nscript = "hang"\n')
        made.serve(CLAWLINK_MODEL_SCRIPT="on")
        yield made


def test_an_agent_that_works_is_seen_step_by_step(scripted: Cli) -> None:
    said = scripted.say("agent", "test", "claude")
    steps = [line.split()[1] for line in said.splitlines()[:-1]]
    assert steps[:2] == ["found", "signed"]
    for step in ("model", "submitted", "placed", "started", "contained", "first", "tool", "changed", "file", "cost"):
        assert step in steps, said
    assert "clawlink-agent" in said
    assert said.splitlines()[-1] == "claude works."


def test_the_steps_are_told_to_programs_too(scripted: Cli) -> None:
    told = json.loads(scripted.run("agent", "test", "ollama", "--json").stdout)
    assert (told["agent"], told["ok"], told["what_to_do"]) == ("ollama", True, None)
    assert all(step["ok"] for step in told["steps"]), told
    assert {"file written", "tokens"} <= {step["step"] for step in told["steps"]}


def test_an_agent_that_is_not_there_says_what_to_do(scripted: Cli) -> None:
    said = scripted.run("agent", "test", "opendevin", code=1).stdout
    assert "✗ available" in said
    assert said.splitlines()[-1].startswith("opendevin does not work. ")
    assert "OPENDEVIN_API_URL" in said.splitlines()[-1]
    unknown = scripted.run("agent", "test", "nobody", code=1).stdout
    assert "There is no agent nobody. `clawlink agent list` shows those there are." in unknown


def test_an_agent_that_does_something_else_does_not_pass(scripted: Cli) -> None:
    said = scripted.run("agent", "test", "steady", code=1).stdout
    assert "✗ file written" in said
    assert "steady does not work." in said.splitlines()[-1]


def test_one_that_goes_on_for_ever_is_given_up(scripted: Cli) -> None:
    said = scripted.run("agent", "test", "asking", "--timeout", "2", code=1).stdout
    assert "not done after 2 s" in said
    assert scripted.json("run", "show", "last")["state"] == "cancelled"
