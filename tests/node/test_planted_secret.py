"""An agent that gives its secret away in every way it has: nothing of it is stored, shown or logged on the way to the browser."""

from __future__ import annotations

import asyncio
import json
import runpy
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from coderclawlink.node import secrets
from tests.journeys.house import House, git, house, make_repository

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
AGENT = Path(__file__).with_name("indiscreet_agent.py")
PLANTED = 'tök-/"q+9\\zz=7 planted-by-the-test'


def forms(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the agent gives away, and each as it would stand in JSON."""
    monkeypatch.setenv("PLANTED", PLANTED)
    bare = [str(form) for form in runpy.run_path(str(AGENT))["FORMS"]]
    cores = [form[4:24] for form in bare[4:7]]  # Base64, without what depends on its neighbours
    escaped = [json.dumps(form)[1:-1] for form in bare] + [json.dumps(form, ensure_ascii=False)[1:-1] for form in bare]
    return [*bare, *cores, *escaped]


async def made(home: House, repository: Path) -> tuple[dict[str, object], str]:
    """Let the agent do its worst; returns the run and all that a browser was sent."""
    project = await home.post("/api/projects", {"name": "P", "key": "P", "github_repo_url": str(repository)})
    task = await home.post("/api/tasks", {"project_id": project["id"], "title": "Leak"})
    sent = ""
    async with asyncio.timeout(60), connect(home.url.replace("http", "ws") + "/api/live") as live:
        await live.send(json.dumps({"subscribe": {"tasks": [task["id"]]}, "after": 0}))
        run = await home.post(
            "/api/runs", {"agent": "indiscreet", "prompt": "Work.", "task_id": task["id"], "tries": 1}
        )
        while "run.completed" not in sent and "run.failed" not in sent:
            sent += str(await live.recv())
    return await home.until_ended(run["id"]), sent


async def test_nothing_that_an_agent_gives_away_is_stored_shown_or_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    secrets.keep(data, "PLANTED", PLANTED)
    agents = (
        f'[agents.indiscreet]\ncommand = ["{sys.executable}", "{AGENT}"]\npaths = ["{AGENT.parent}"]\n'
        'mode = "auto"\nenv = { PLANTED = "{secret:PLANTED}" }\n'
    )
    given_away = forms(monkeypatch)
    monkeypatch.delenv("PLANTED")
    repository = make_repository(tmp_path / "repository")
    async with house(data, agents, CLAWLINK_MODEL_SCRIPT="on") as home:
        await home.node_online()
        run, sent = await made(home, repository)
        assert run["state"] == "completed", run["error"]
        events = json.dumps(await home.events(str(run["id"])), ensure_ascii=False)
        while_up = {path: path.read_bytes() for path in data.iterdir() if path.is_file()}
    assert PLANTED in git(repository, "show", f"{run['branch']}:leak.txt")  # the agent did have it
    assert sent.count("[redacted PLANTED]") >= 10
    assert events.count("[redacted PLANTED]") >= 10
    names = {path.name for path in while_up}
    assert {"clawlink.db", "clawlink.db-wal", "node.db", "node.db-wal", "node.log"} <= names
    after = {path: path.read_bytes() for path in data.iterdir() if path.is_file()}
    for form in given_away:
        assert form not in sent
        assert form not in events
        for files in (while_up, after):
            for path, content in files.items():
                assert form.encode() not in content, (path, form)
