"""Asking a run's agent for more, against a real hub with a real agent."""

from __future__ import annotations

from tests.cli.conftest import Cli, read_until


def test_further_prompts_wait_are_changed_withdrawn_and_carried_out_in_the_same_run(house: Cli) -> None:
    following = house.start("run", "submit", "steady", "ask steps=1 pause=0.01", "--follow")
    number = read_until(following, "run answer")[-1].split()[-2]
    assert house.say("run", "prompts", number) == "There are no further prompts.\n"
    assert house.say("run", "ask", number, "steps=2") == f"Prompt 1 of run {number} waits for its agent.\n"
    assert house.say("run", "ask", number, "steps=50 pause=9") == f"Prompt 2 of run {number} waits for its agent.\n"
    said = house.say("run", "edit-prompt", number, "1", "steps=3 pause=0.01")
    assert said == f"Prompt 1 of run {number} has other words now.\n"
    assert house.say("run", "withdraw", number, "2") == f"Prompt 2 of run {number} is withdrawn.\n"
    assert [(one["number"], one["state"], one["text"]) for one in house.json("run", "prompts", number)] == [
        (1, "queued", "steps=3 pause=0.01"),
        (2, "withdrawn", "steps=50 pause=9"),
    ]
    house.say("run", "answer", number, "allow_once")
    told, _ = following.communicate(timeout=60)
    assert "» steps=3 pause=0.01\n" in told
    assert "All 3 steps are done." in told
    assert "steps=50 pause=9\n»" not in told
    assert told.endswith("completed\n")
    listed = house.say("run", "prompts", number).splitlines()
    assert [line.split()[:2] for line in listed[1:]] == [["1", "taken"], ["2", "withdrawn"]]
    assert house.refuse("run", "withdraw", number, "1").startswith("The run has ended")


def test_a_steering_prompt_breaks_in_on_what_the_agent_does(house: Cli) -> None:
    following = house.start("run", "submit", "steady", "steps=1000 pause=0.05", "--follow")
    read_until(following, "✓ edit  step 1")
    number = str(house.json("run", "list", "--state", "running")[0]["number"])
    house.say("run", "ask", number, "steps=1", "--steer")
    told, _ = following.communicate(timeout=60)
    assert "» steps=1\n" in told
    assert told.endswith("completed\n")


def test_a_run_that_has_ended_is_gone_on_with_in_a_new_one(house: Cli) -> None:
    house.say("run", "submit", "steady", "steps=1 pause=0.01", "--follow")
    before = house.json("run", "show", "last")
    said = house.say("run", "ask", str(before["number"]), "steps=2 pause=0.01")
    assert f"which goes on from run {before['number']}." in said
    assert house.say("run", "follow", "last").endswith("completed\n")
    assert house.json("run", "show", "last")["prompt"] == "steps=2 pause=0.01"


def test_what_cannot_be_asked_is_said_in_one_sentence(house: Cli) -> None:
    house.say("run", "submit", "steady", "steps=1 pause=0.01", "--follow")
    assert "no agent 'nobody'" in house.refuse("run", "ask", "last", "More", "--agent", "nobody")
    assert house.refuse("run", "ask", "last", "--steeer") == "There is no option --steeer."
    assert "already ended" in house.refuse("run", "hand-over", "last", "steady")
    assert house.refuse("run", "edit-prompt", "9999", "1", "x").startswith("There is no run 9999")
