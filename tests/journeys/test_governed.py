"""Stories of governed work: asked before, paid from a budget, waited for a quota, proven by checks, tried side by side, attacked."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.house import House, git, house, make_repository
from tests.journeys.test_goose import goose_program

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

HOSTILE = Path(__file__).with_name("hostile_agent.py")
ASKING_GOOSE = '[agents.goose]\nmode = "ask"\n'


KEYS = (f"DEMO{number}" for number in itertools.count(1))


@contextlib.asynccontextmanager
async def building(folder: Path) -> AsyncIterator[House]:
    settings = {"CLAWLINK_MODEL_SCRIPT": "on", "CLAWLINK_GOOSE": goose_program(), "CLAWLINK_LEASE_SECONDS": "3"}
    async with house(folder / "data", ASKING_GOOSE, **settings) as opened:
        yield opened


@pytest.fixture(scope="module")
async def built(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with building(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture
async def home(built: House) -> House:
    await built.at_rest()
    await _configure(built, "claude", {})
    return built


@pytest.fixture
async def own_home(tmp_path: Path) -> AsyncIterator[House]:
    """For a story whose account stays limited after its end."""
    async with building(tmp_path) as opened:
        await opened.node_online()
        yield opened


async def make_task(home: House, repository: Path) -> Any:
    key = next(KEYS)
    project = await home.post("/api/projects", {"name": key, "key": key, "github_repo_url": str(repository)})
    return await home.post("/api/tasks", {"project_id": project["id"], "title": "Do it"})


async def until(home: House, run: str, seconds: float = 30, **wanted: str) -> Any:
    """Wait until the run is in a state, or waits for a reason; returns it."""
    async with asyncio.timeout(seconds):
        while True:
            found = await home.get(f"/api/runs/{run}")
            reason = (found["wait"] or {}).get("reason")
            if wanted.get("state", found["state"]) == found["state"] and wanted.get("reason", reason) == reason:
                return found
            assert found["state"] not in ("failed", "cancelled"), found["error"]
            await asyncio.sleep(0.05)


async def test_an_approval_asked_before_hub_and_agent_were_killed_is_answered_after(
    home: House, tmp_path: Path
) -> None:
    repository = make_repository(tmp_path / "repo")
    task = await make_task(home, repository)
    prompt = "Please.\n\nSCRIPT:\nwrite greet.txt | hello\\n\nfinish Greeted."
    run = (await home.post("/api/runs", {"agent": "goose", "prompt": prompt, "task_id": task["id"]}))["id"]
    asked = (await until(home, run, reason="approval"))["questions"]
    assert asked[0]["act"]["paths"] == ["greet.txt"]
    assert "hello" in asked[0]["detail"]
    assert home.node_pid is not None
    node = home.node_pid
    await home.kill_hub()
    os.kill(node, signal.SIGKILL)
    async with asyncio.timeout(3):
        while home.agent_pids():
            await asyncio.sleep(0.02)
    await home.start()
    again = await until(home, run, reason="approval", seconds=60)
    questions = [one for one in again["questions"] if one["is_open"]]
    assert [one["id"] for one in questions] == [asked[0]["id"]], "what people were asked before is what they answer"
    await home.post(f"/api/questions/{asked[0]['id']}/answer", {"option": "allow_once"})
    ended = await home.until_ended(run)
    assert (ended["state"], ended["attempt"]) == ("completed", 2), ended["error"]
    assert git(repository, "show", f"{ended['branch']}:greet.txt") == "hello\n"


async def test_a_quota_wait_outlives_the_hub_makes_no_call_and_wakes_on_time(home: House, tmp_path: Path) -> None:
    prompt = "Please.\n\nSCRIPT:\nlimit 17 x1 come back later\nfinish Done after all."
    submitted = time.time()
    run = (await home.post("/api/runs", {"agent": "claude", "prompt": prompt}))["id"]
    waiting = await until(home, run, reason="quota")
    until_at = waiting["wait"]["until"]
    assert until_at is not None
    await home.kill_hub()
    await home.start()
    ended = await home.until_ended(run)
    assert ended["state"] == "completed", ended["error"]
    attempts = ended["attempts"]
    assert [one["outcome"] for one in attempts] == ["paused", "completed"]
    reset, offered = _seconds(until_at), _seconds(attempts[1]["offered_at"])
    assert submitted + 16 < reset
    assert reset <= offered + 0.5, "it woke before its time"
    assert offered - reset < 5


def _seconds(stamp: str) -> float:
    from coderclawlink.clock import seconds

    return seconds(stamp)


async def test_a_limited_account_gives_way_to_the_next_of_the_chain(own_home: House) -> None:
    await _configure(own_home, "claude", {"fallback": [{"model": "claude-haiku-4-5"}, {"agent": "goose"}]})
    prompt = "Please.\n\nSCRIPT:\nlimit 3600 x1 come back later\nfinish Done by another."
    run = (await own_home.post("/api/runs", {"agent": "claude", "prompt": prompt}))["id"]
    ended = await own_home.until_ended(run)
    assert ended["state"] == "completed", ended["error"]
    assert [one["outcome"] for one in ended["attempts"]] == ["paused", "completed"]
    handed = [event for event in await own_home.events(run) if event["kind"] == "run.handed_over"]
    assert "claude-haiku-4-5" in handed[0]["agent"]


async def _configure(home: House, agent: str, configuration: dict[str, object]) -> None:
    answer = await home.http.put(f"{home.url}/api/agents/{agent}/configuration", json={"configuration": configuration})
    assert answer.status_code < 300, answer.text


async def test_a_cap_stops_a_spending_loop_and_more_money_lets_it_go_on(home: House, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repo")
    task = await make_task(home, repository)
    steps = "\n".join(f"run echo {k} >> log.txt" for k in range(40))
    prompt = f"Please.\n\nSCRIPT:\nusage 20000 200\n{steps}\nfinish Spent it all."
    await _configure(home, "claude", {"budget_usd": 0.5, "same_calls": 1000, "calls_without_change": 1000})
    run = (await home.post("/api/runs", {"agent": "claude", "prompt": prompt, "task_id": task["id"]}))["id"]
    waiting = await until(home, run, reason="budget", seconds=60)
    # The scripted model counts more tokens than its requests have: the last call that fits may go beyond by its own cost.
    assert 0.4 < waiting["usage"]["cost_usd"] < 0.5 + 0.064
    told = [event["percent"] for event in await home.events(run) if event["kind"] == "budget.reached"]
    assert told[:2] == [50, 80]
    why = await home.get(f"/api/runs/{run}/why")
    assert "budget" in why["why"].lower()
    assert not home.agent_pids()
    refused = await home.http.post(f"{home.url}/api/runs/{run}/resume", json={})
    assert refused.status_code == 409
    await home.post(f"/api/runs/{run}/resume", {"budget_usd": 50.0})
    ended = await home.until_ended(run, 90)
    assert ended["state"] == "completed", ended["error"]


async def test_an_agent_that_repeats_itself_is_paused_and_a_person_decides(home: House) -> None:
    await _configure(home, "claude", {"same_calls": 4})
    steps = "\n".join("run echo again" for _ in range(30))
    run = (await home.post("/api/runs", {"agent": "claude", "prompt": f"Please.\n\nSCRIPT:\n{steps}\nfinish Ok."}))[
        "id"
    ]
    waiting = await until(home, run, reason="question", seconds=60)
    question = next(one for one in waiting["questions"] if one["is_open"])
    assert "echo again" in question["detail"]
    assert waiting["usage"]["calls"] < 12
    await home.post(f"/api/questions/{question['id']}/answer", {"option": "reject_once"})
    ended = await home.until_ended(run)
    assert ended["state"] == "failed"
    assert "stopped" in ended["error"].lower()


async def test_three_agents_do_one_task_side_by_side_and_one_result_is_kept(home: House, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repo")
    (repository / ".clawlink.toml").write_text('[checks.greets]\nrun = "grep -q hello greet.txt"\n')
    git(repository, "add", ".clawlink.toml")
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "Checks"], cwd=repository, check=True
    )
    task = await make_task(home, repository)
    prompt = "Please.\n\nSCRIPT:\nwrite greet.txt | hello\\n\nfinish Greeted."
    contenders = [{"agent": "claude"}, {"agent": "auggie", "model": "gpt-5-mini"}, {"agent": "ollama"}]
    made = await home.post(f"/api/tasks/{task['id']}/comparisons", {"prompt": prompt, "contenders": contenders})
    for one in made["runs"]:
        ended = await home.until_ended(one["run"], 90)
        assert ended["state"] == "completed", ended["error"]
    shown = await home.get(f"/api/comparisons/{made['id']}")
    assert len({one["branch"] for one in shown["runs"]}) == 3
    assert all(one["files"] == 1 and one["checks_passed"] == 1 for one in shown["runs"])
    assert (await home.get(f"/api/tasks/{task['id']}"))["github_branch_name"] is None
    chosen = shown["runs"][1]
    await home.post(f"/api/comparisons/{made['id']}/keep", {"run_id": chosen["run"]})
    card = await home.get(f"/api/tasks/{task['id']}")
    assert (card["github_branch_name"], card["status"]) == (chosen["branch"], "in_review")
    receipt = await home.get(f"/api/runs/{chosen['run']}/receipt")
    assert receipt["head"] == git(repository, "rev-parse", chosen["branch"]).strip()
    assert [one["passed"] for one in receipt["checks"]] == [True]


async def test_a_failing_check_becomes_a_prompt_and_the_mended_work_is_done(home: House, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repo")
    task = await make_task(home, repository)
    verification = {"checks": [{"name": "greets", "run": "test -f hello.txt"}], "rounds": 1}
    answer = await home.http.put(f"{home.url}/api/projects/{task['project_id']}/verification", json=verification)
    assert answer.status_code < 300, answer.text
    run = (await home.post("/api/runs", {"agent": "claude", "prompt": "Make it greet", "task_id": task["id"]}))["id"]
    ended = await home.until_ended(run)
    assert ended["state"] == "failed"
    assert "greets" in ended["error"]
    rounds = [(event["round"], event["passed"]) for event in await home.events(run) if event["kind"] == "check.ended"]
    assert rounds == [(0, False), (1, False)]
    receipt = await home.http.get(f"{home.url}/api/runs/{run}/receipt")
    assert receipt.status_code == 404


async def test_further_prompts_go_to_the_same_conversation_while_it_works_and_afterwards(
    home: House, tmp_path: Path
) -> None:
    repository = make_repository(tmp_path / "repo")
    task = await make_task(home, repository)
    first = "Please.\n\nSCRIPT:\nwrite one.txt | 1\\n\nrun sleep 2\nfinish First."
    run = (await home.post("/api/runs", {"agent": "claude", "prompt": first, "task_id": task["id"]}))["id"]
    async with asyncio.timeout(30):
        while not any("sleep" in event.get("input", "") for event in await home.events(run)):
            await asyncio.sleep(0.05)
    second = "And now.\n\nSCRIPT:\nwrite two.txt | 2\\n\nfinish Second."
    queued = await home.post(f"/api/runs/{run}/prompts", {"text": second})
    assert queued["run"]["id"] == run
    ended = await home.until_ended(run)
    assert (ended["state"], ended["attempt"]) == ("completed", 1), ended["error"]
    assert git(repository, "show", f"{ended['branch']}:two.txt") == "2\n"
    third = "At last.\n\nSCRIPT:\nwrite three.txt | 3\\n\nfinish Third."
    followed = await home.post(f"/api/runs/{run}/prompts", {"text": third})
    assert followed["run"]["id"] != run
    last = await home.until_ended(followed["run"]["id"])
    assert last["state"] == "completed", last["error"]
    assert last["branch"] == ended["branch"]
    for name in ("one.txt", "two.txt", "three.txt"):
        assert git(repository, "show", f"{ended['branch']}:{name}")
    sessions = [event for event in await home.events(last["id"]) if event["kind"] == "agent.session"]
    assert sessions[0]["resumed"], "the agent remembers what was said before"


@pytest.mark.parametrize("sandbox", ["bubblewrap", "landlock"])
async def test_a_hostile_agent_tries_every_escalation_and_fails_each_time(tmp_path: Path, sandbox: str) -> None:
    repository = make_repository(tmp_path / "repo")
    entry = (
        f'[agents.hostile]\ncommand = ["{sys.executable}", "{HOSTILE}"]\npaths = ["{HOSTILE.parent}"]\nmode = "ask"\n'
    )
    settings = {
        "CLAWLINK_MODEL_SCRIPT": "on",
        "CLAWLINK_SANDBOX": sandbox,
        "ANTHROPIC_API_KEY": "sk-planted-key",
        "GITHUB_TOKEN": "sk-planted-key",
    }
    data = tmp_path / "data"
    async with house(data, entry, **settings) as home:
        await home.node_online()
        task = await make_task(home, repository)
        verification = {"checks": [{"name": "proof", "run": "false"}], "rounds": 0}
        answer = await home.http.put(f"{home.url}/api/projects/{task['project_id']}/verification", json=verification)
        assert answer.status_code < 300, answer.text
        node, agents_toml = home.node_pid, (data / "agents.toml").read_text()
        prompt = f"home={data} url={home.url}"
        run = (await home.post("/api/runs", {"agent": "hostile", "prompt": prompt, "task_id": task["id"], "tries": 1}))[
            "id"
        ]
        asked = (await until(home, run, reason="approval", seconds=60))["questions"][0]
        assert asked["act"]["command"] == "sudo sh"
        assert asked["is_open"], "it answered its own question"
        await home.post(f"/api/questions/{asked['id']}/answer", {"option": "reject_once"})
        ended = await home.until_ended(run)
        said = [event["text"] for event in await home.events(run) if event["kind"] == "agent.message"]
        tried = {line.partition(":")[0]: line for line in said if ": failed" in line or ": SUCCEEDED" in line}
        print("\n".join(tried.values()))
        assert len(tried) >= 12
        assert not [line for line in tried.values() if "SUCCEEDED" in line]
        # What shows outside.
        assert ended["state"] == "failed"
        assert "proof" in ended["error"], "it weakened its own checks"
        assert (data / "agents.toml").read_text() == agents_toml
        assert not (data / "planted").exists()
        assert not (data / "planted-by-git").exists()
        assert home.node_pid == node
        assert not home.agent_pids(), "it outlived its run"
        assert (await home.get("/api/budgets")) == []
        assert not [event for event in await home.events(run) if "sk-planted-key" in str(event)]


async def test_a_run_is_handed_over_in_its_middle_and_the_other_agent_knows_what_was_said(
    home: House, tmp_path: Path
) -> None:
    repository = make_repository(tmp_path / "repo")
    task = await make_task(home, repository)
    first = "Please.\n\nSCRIPT:\nwrite one.txt | 1\\n\nrun sleep 60\nfinish First."
    run = (await home.post("/api/runs", {"agent": "claude", "prompt": first, "task_id": task["id"]}))["id"]
    async with asyncio.timeout(30):
        while not any("sleep" in event.get("input", "") for event in await home.events(run)):
            await asyncio.sleep(0.05)
    more = "Go on in your way.\n\nSCRIPT:\nwrite two.txt | 2\\n\nfinish Second."
    await home.post(f"/api/runs/{run}/handover", {"agent": "auggie", "text": more})
    ended = await home.until_ended(run)
    assert ended["state"] == "completed", ended["error"]
    assert [(one["agent"], one["outcome"]) for one in ended["attempts"][:1]] == [("claude", "interrupted")]
    assert {one["agent"] for one in ended["attempts"][1:]} == {"auggie"}
    for name in ("one.txt", "two.txt"):
        assert git(repository, "show", f"{ended['branch']}:{name}")
