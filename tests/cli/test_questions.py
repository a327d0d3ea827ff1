"""What runs ask, in one place, against a real hub with a real agent."""

from __future__ import annotations

import os
import signal

from tests.cli.conftest import Cli, read_until


def test_the_inbox_shows_what_is_asked_and_how_to_answer_until_it_is_answered(house: Cli) -> None:
    assert house.say("inbox") == "Nobody asks anything.\n"
    first = house.start("run", "submit", "steady", "ask steps=1 pause=0.01", "--follow")
    number = read_until(first, "run answer")[-1].split()[-2]
    said = house.say("inbox")
    assert said.startswith(f"run {number}  steady  ask steps=1 pause=0.01")
    assert "? Begin the work" in said
    assert f"  Allow:  clawlink run answer {number} yes\n" in said
    (entry,) = house.json("inbox")
    assert (entry["run_number"], entry["title"], entry["may_answer"]) == (int(number), "Begin the work", True)
    viewer = house.say("session", "create", "--user", "eve").strip()
    assert house.say("inbox", "--session", viewer) == "Nobody asks anything.\n"
    house.say("run", "answer", number, "allow_once", "--question", entry["id"])
    assert house.say("inbox") == "Nobody asks anything.\n"
    told, _ = first.communicate(timeout=60)
    assert told.endswith("completed\n")


def test_a_cancelled_run_leaves_the_inbox(house: Cli) -> None:
    following = house.start("run", "submit", "steady", "ask", "--follow")
    number = read_until(following, "run answer")[-1].split()[-2]
    house.say("run", "cancel", number)
    assert house.say("inbox") == "Nobody asks anything.\n"
    told, _ = following.communicate(timeout=60)
    assert "answered by the run's end: dismissed" in told
    assert following.returncode == 3


def test_a_question_survives_the_death_of_the_node_and_its_agent(house: Cli) -> None:
    following = house.start("run", "submit", "steady", "ask steps=1 pause=0.01", "--follow")
    number = read_until(following, "run answer")[-1].split()[-2]
    read_until(following, "run answer")
    (before,) = house.json("inbox")
    assert house.node is not None
    os.kill(house.node, signal.SIGKILL)
    read_until(following, "run answer")
    (after,) = house.json("inbox")
    assert (after["id"], after["asked_at"]) == (before["id"], before["asked_at"])
    assert (before["attempt"], after["attempt"]) == (1, 2)
    house.say("run", "answer", number, "allow_once", "--question", before["id"])
    told, _ = following.communicate(timeout=60)
    assert "answered by owner: Allow" in told
    assert told.endswith("completed\n")
