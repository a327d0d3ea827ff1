"""`clawlink chat`, against a real hub: a real agent in a sandbox reads a real repository, and is kept from changing it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import Cli, make_repository, opened

ACTIONS = (
    '[{"create_task": {"title": "Mend it", "description": "All of it"}},'
    ' {"start_run": {"task": "#1", "agent": "scripted", "prompt": "Mend it"}}]'
)
PROPOSE = f"say I propose:\\n\\n```clawlink-actions\\n{ACTIONS}\\n```"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A hub with an agent that does as its prompt says."""
    with opened(tmp_path_factory.mktemp("house")) as made:
        with (made.home / "agents.toml").open("a") as agents:
            agents.write('[agents.scripted]\ndriver = "scripted"\n')
            agents.write(
                f"[agents.sneak]\ndriver = 'scripted'\nscript = '''\nrun echo mine > NOTES.md\n{PROPOSE}\n'''\n"
            )
        made.serve()
        yield made


@pytest.fixture(scope="module")
def repository(house: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_repository(tmp_path_factory.mktemp("repository") / "sample")
    house.say("project", "create", "demo", "The demo", "--repo", str(folder))
    return folder


def ask(house: Cli, *script: str, more: tuple[str, ...] = ()) -> str:
    return house.say("chat", "DEMO", "\n".join(["Tell me.", "script:", *script, "END"]), "--agent", "scripted", *more)


def test_an_answer_is_shown_and_what_it_proposes_is_done_when_it_is_confirmed(house: Cli, repository: Path) -> None:
    said = ask(house, PROPOSE)
    assert "1. proposed: create the task “Mend it”\n     All of it\n" in said
    assert "2. proposed: have scripted work on #1\n     Mend it\n" in said
    assert house.json("task", "list", "--project", "DEMO") == []
    assert "confirm that first" in house.refuse("chat", "confirm", "DEMO", "2")
    assert house.say("chat", "confirm", "DEMO", "1") == "Created DEMO-1.\n"
    assert house.say("chat", "confirm", "DEMO", "2").startswith("Submitted run ")
    assert "confirmed already" in house.refuse("chat", "dismiss", "DEMO", "1")
    house.say("run", "follow", "last")
    assert house.json("task", "show", "DEMO-1")["status"] == "in_review"
    shown = house.say("chat", "show", "DEMO")
    assert "I propose:" in shown
    assert "1. confirmed: create the task" in shown
    assert "clawlink-actions" not in house.json("chat", "show", "DEMO")["messages"][0]["answer"]


def test_a_conversation_goes_on_in_the_same_session(house: Cli, repository: Path) -> None:
    ask(house, "say Hello")
    said = house.say("chat", "DEMO", "script:\nrecall\nEND")
    assert "Tell me." in said
    assert [each["text"][:7] for each in house.json("chat", "show", "DEMO")["messages"]] == ["Tell me", "script:"]
    assert len(house.json("chat", "list", "DEMO")) == len(house.say("chat", "list", "DEMO").splitlines()) - 1


def test_a_pull_request_that_is_proposed_is_opened_when_it_is_confirmed(house: Cli, repository: Path) -> None:
    house.say("task", "create", "DEMO", "Note it")
    key = house.json("task", "list", "--project", "DEMO")[-1]["key"]
    house.say("run", "submit", "scripted", "script:\nwrite NOTE.md | mine\nsay Done\nEND", "--task", key)
    house.say("run", "follow", "last")
    action = f'[{{"create_pr": {{"task": "{key}"}}}}]'
    said = ask(house, f"say It is done.\\n\\n```clawlink-actions\\n{action}\\n```", more=("--new",))
    assert f"1. proposed: open a pull request for the result of {key}\n" in said
    assert f"clawlink pr show {key}" in house.say("chat", "confirm", "DEMO", "1")
    assert house.json("pr", "show", key)["deliveries"][0]["branch"] == f"task/{key.lower()}"


def test_a_file_is_not_written_and_one_written_past_the_rules_is_dropped(house: Cli, repository: Path) -> None:
    before = subprocess.run(["git", "for-each-ref"], cwd=repository, check=True, capture_output=True).stdout
    ask(house, "write NOTES.md | mine", "say Done")
    assert house.json("run", "show", "last")["files"] is None
    said = house.say("chat", "DEMO", "Tell me.", "--agent", "sneak")
    assert "changed files" in said
    assert "proposed:" not in said
    assert house.json("chat", "show", "DEMO")["proposals"] == []
    house.say("chat", "DEMO", "script:\nrun test -e NOTES.md && echo it is there || echo it is gone\nsay Well\nEND")
    run = house.json("chat", "show", "DEMO")["messages"][-1]["run_id"]
    events = httpx2.get(f"{house.url}/api/runs/{run}/events").json()["events"]
    outputs = [event["output"].strip() for event in events if event["kind"] == "agent.tool"]
    assert outputs[-1] == "it is gone"
    assert house.json("run", "show", run)["files"] is None
    after = subprocess.run(["git", "for-each-ref"], cwd=repository, check=True, capture_output=True).stdout
    assert before == after


def test_what_is_not_there_is_refused_in_a_line(house: Cli, repository: Path) -> None:
    house.say("project", "create", "empty", "Empty")
    assert "no conversation yet" in house.refuse("chat", "show", "EMPTY")
    assert "no conversation abc" in house.refuse("chat", "show", "DEMO", "--chat", "abc")
    assert "no project" in house.refuse("chat", "NONE", "Hello")
