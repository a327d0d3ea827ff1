"""The commands, one after the other, against a real hub with a real agent and a real repository."""

from __future__ import annotations

import http.server
import json
import signal
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_repository, read_until


@pytest.fixture(scope="module")
def board(house: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project DEMO with a repository; the repository's folder."""
    repository = make_repository(tmp_path_factory.mktemp("repository") / "sample")
    said = house.say("project", "create", "demo", "The demo", "--repo", str(repository), "--description", "All of it")
    assert said.startswith("Made project DEMO.")
    return repository


def make_task(house: Cli, title: str) -> str:
    return str(house.json("task", "create", "DEMO", title)["key"])


def test_projects_are_made_listed_and_shown(house: Cli, board: Path) -> None:
    (told,) = house.say("project", "list").splitlines()[1:]
    assert told.split() == ["DEMO", "The", "demo", "active", "0", "0", "0", str(board)]
    shown = house.say("project", "show", "demo")
    assert str(board) in shown
    assert "All of it" in shown


def test_a_project_is_deleted_only_on_the_word_of_its_owner(house: Cli) -> None:
    house.say("project", "create", "GONE", "Soon")
    assert "--yes" in house.refuse("project", "delete", "GONE")
    assert house.say("project", "delete", "GONE", "--yes") == "Deleted project GONE.\n"
    assert "no project GONE" in house.refuse("project", "show", "GONE")


def test_tasks_are_made_listed_moved_and_deleted(house: Cli, board: Path) -> None:
    key = make_task(house, "Water the plants")
    assert any(line.startswith(f"{key} ") and "Water" in line for line in house.say("task", "list").splitlines())
    assert house.say("task", "move", key.lower(), "in_progress") == f"{key} was todo and is in_progress.\n"
    listed = house.json("task", "list", "--project", "DEMO", "--status", "in_progress")
    assert [task["key"] for task in listed] == [key]
    house.say("task", "delete", key, "--yes")
    assert f"no task {key}" in house.refuse("task", "show", key)


def test_a_task_run_and_followed_becomes_a_commit(house: Cli, board: Path) -> None:
    key = make_task(house, "Make progress steps=3 pause=0.01")
    said = house.say("task", "run", key, "steady", "--follow")
    branch = f"task/{key.lower()}"
    assert "steady" in said
    assert f"on {branch}: 1 file" in said
    assert said.endswith("completed\n")
    found = subprocess.run(
        ["git", "show", f"{branch}:progress.txt"], cwd=board, check=True, capture_output=True, text=True
    )
    assert len(found.stdout.splitlines()) == 3
    shown = house.say("run", "show", "last")
    assert "completed" in shown
    assert branch in shown
    assert house.say("run", "diff", "last").startswith("diff --git a/progress.txt b/progress.txt\n")
    assert house.say("run", "why", "last") == "It has ended: completed.\n"
    assert f"{branch}" in house.say("task", "show", key)


def test_the_diff_can_be_applied_as_it_is_printed(house: Cli, board: Path, tmp_path: Path) -> None:
    house.say("run", "submit", "steady", "steps=2 pause=0.01", "--project", "DEMO", "--follow")
    subprocess.run(["git", "clone", "-q", str(board), str(tmp_path / "clone")], check=True)
    diff = house.say("run", "diff", "last")
    subprocess.run(["git", "apply", "-"], cwd=tmp_path / "clone", input=diff, text=True, check=True)
    assert (tmp_path / "clone" / "progress.txt").exists()


def test_a_run_that_fails_gives_1(house: Cli) -> None:
    done = house.run("run", "submit", "steady", "fail", "--tries", "1", "--follow", code=1)
    assert "failed" in done.stdout.splitlines()[-1]


def test_a_prompt_may_come_from_standard_input(house: Cli) -> None:
    house.run("run", "submit", "steady", "-", "--follow", stdin="steps=1 pause=0.01")
    assert house.json("run", "show", "last")["prompt"] == "steps=1 pause=0.01"


def test_a_question_is_shown_answered_and_the_run_goes_on(house: Cli) -> None:
    following = house.start("run", "submit", "steady", "ask steps=2 pause=0.01", "--follow")
    asked = read_until(following, "run answer")
    assert any("Begin the work" in line for line in asked)
    number = asked[-1].split()[-2]
    assert "Begin the work" in house.say("run", "show", number)
    assert "who may answer" in house.say("run", "why", number)
    assert "has no option 'perhaps'" in house.refuse("run", "answer", number, "perhaps")
    assert house.say("run", "answer", number, "allow_once") == f"Answered; run {number} goes on.\n"
    said, _ = following.communicate(timeout=60)
    assert "answered by owner: Allow" in said
    assert said.endswith("completed\n")
    assert following.returncode == 0
    assert house.refuse("run", "answer", number, "yes") == f"Run {number} asks nothing."


def test_a_cancelled_run_gives_3_to_who_follows_it(house: Cli) -> None:
    following = house.start("run", "submit", "steady", "steps=1000 pause=0.05", "--follow")
    read_until(following, "✓ edit  step 1")
    number = house.json("run", "list", "--state", "running")[0]["number"]
    assert house.say("run", "cancel", str(number)) == f"Run {number} is cancelled.\n"
    said, _ = following.communicate(timeout=60)
    assert "cancelled" in said
    assert following.returncode == 3
    assert "already ended" in house.refuse("run", "cancel", str(number))


def test_ctrl_c_only_stops_watching(house: Cli) -> None:
    following = house.start("run", "submit", "steady", "steps=1000 pause=0.05", "--follow")
    read_until(following, "✓ edit  step 1")
    following.send_signal(signal.SIGINT)
    _, complaints = following.communicate(timeout=60)
    assert following.returncode == 130
    assert "Stopped watching; the run goes on." in complaints
    assert "Traceback" not in complaints
    run = house.json("run", "show", "last")
    assert run["state"] == "running"
    house.say("run", "cancel", run["id"])


def test_events_are_lines_of_json_for_programs(house: Cli) -> None:
    house.say("run", "submit", "steady", "steps=1 pause=0.01", "--follow")
    kinds = [json.loads(line)["kind"] for line in house.say("run", "follow", "last", "--json").splitlines()]
    assert kinds[0] == "run.submitted"
    assert kinds[-1] == "run.completed"


def test_agents_and_nodes_are_listed_with_what_to_do(house: Cli) -> None:
    agents = house.say("agent", "list")
    assert any(line.startswith("steady ") and " yes " in line for line in agents.splitlines())
    assert "Set OLLAMA_BASE_URL" in agents
    assert any(line.startswith("local ") and " yes " in line for line in house.say("node", "list").splitlines())


def test_an_admin_session_is_made_beside_a_hub_at_work_and_opens_everything(house: Cli) -> None:
    session = house.say("session", "create", "--admin", "--user", "ann").strip()
    assert "admin:users" in house.say("session", "show", session)
    assert house.json("project", "list", "--session", session) == house.json("project", "list")
    house.say("session", "delete", session)
    assert house.refuse("session", "show", session) == "Session not found."
    assert "unknown or has expired" in house.refuse("project", "list", "--session", session)
    with sqlite3.connect(house.home / "clawlink.db") as database:
        assert database.execute("PRAGMA quick_check").fetchone() == ("ok",)


def test_a_session_by_name_is_a_developers(house: Cli) -> None:
    session = house.json("session", "create", "--user", "bob")["session_id"]
    done = house.run("project", "delete", "DEMO", "--yes", code=2, env={"CLAWLINK_SESSION": session})
    assert done.stderr == "Permission denied: project:delete\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["run", "show", "9999"], "There is no run 9999"),
        (["run", "show", "00000000-0000-0000-0000-000000000000"], "Run not found."),
        (["run", "follow", "../../health"], "There is no run"),
        (["task", "show", "NOPE-1"], "There is no project NOPE"),
        (["task", "create", "DEMO", ""], "title:"),
        (["run", "submit", "nobody", "hello"], "There is no agent 'nobody'"),
        (["project", "list", "--url", "nonsense"], "no URL of a hub"),
        (["project", "list", "--url", "http://127.0.0.1:9"], "Start one with `clawlink serve`"),
        (["run", "diff", "1"], "has kept no diff"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(house: Cli, board: Path, words: list[str], complaint: str) -> None:
    if words == ["run", "diff", "1"]:
        words = ["run", "diff", house.json("run", "submit", "steady", "ask")["id"]]
    said = house.refuse(*words)
    assert complaint in said
    assert len(said.splitlines()) == 1


def test_a_server_that_is_no_hub_is_known_as_such(cli: Cli) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{other.server_port}"
        assert "is no hub" in cli.refuse("run", "list", "--url", url)
        other.shutdown()


def test_without_a_hub_every_command_says_how_to_start_one(cli: Cli) -> None:
    assert cli.refuse("run", "list", "--url", "http://127.0.0.1:9") == (
        "No hub answers at http://127.0.0.1:9. Start one with `clawlink serve`."
    )
    assert "Start the hub once" in cli.refuse("session", "create", "--admin")


def test_wrong_use_gives_2(cli: Cli) -> None:
    assert cli.run("run", "nonsense", code=2).returncode == 2
    assert cli.refuse("run", "submit", "steady", "--folow") == "There is no option --folow."
    assert cli.run("task", "move", "DEMO-1", "sideways", code=2).returncode == 2
