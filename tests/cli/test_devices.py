"""Devices and what sessions remember, from a terminal: a real hub, a real node, and the scripted agent."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests import forked
from tests.cli.conftest import END_SECONDS, Cli, environment, opened

PASSWORD = "four unrelated words"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A team's hub with an agent that does as its prompt says, where root has signed in."""
    with opened(tmp_path_factory.mktemp("team")) as cli:
        with (cli.home / "agents.toml").open("a") as file:
            file.write('[agents.scripted]\ndriver = "scripted"\n')
        cli.run("user", "create", "root", "--admin", stdin=PASSWORD)
        cli.serve_quickly(CLAWLINK_MODE="team")
        cli.run("sign-in", "--user", "root", stdin=PASSWORD)
        yield cli


class Laptop:
    """Another machine: a data directory of its own, from which commands reach the hub."""

    def __init__(self, team: Cli, home: Path) -> None:
        self.home = home
        self._team = team

    def run(self, *words: str, code: int = 0) -> str:
        env = {**environment(self.home), "CLAWLINK_URL": self._team.url}
        done = forked.run(words, env, "", self._team.home.parent, END_SECONDS)
        assert done.returncode == code, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout if code == 0 else done.stderr


def test_a_device_is_paired_by_a_code_and_signs_in_by_its_key_until_it_is_revoked(team: Cli, tmp_path: Path) -> None:
    laptop = Laptop(team, tmp_path / "laptop")
    code = team.say("device", "code", "--trust", "low").strip()
    assert "sign-in" in laptop.run("whoami", code=2)
    paired = laptop.run("device", "pair", team.url, "--code", code.lower(), "--name", "thinkpad")
    kept = laptop.home / "devices.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    (device,) = team.json("device", "list")
    assert (device["name"], device["user"], device["trust"]) == ("thinkpad", "root", "low")
    assert device["fingerprint"] in paired
    assert "root" in laptop.run("whoami")
    assert "project:write" in laptop.run("project", "create", "Name", "KEY", code=2)  # it looks and changes nothing
    team.say("device", "trust", "thinkpad", "normal")
    assert "task:submit" in laptop.run("whoami")
    (laptop.home / "signed-in.json").unlink()  # its session has ended: it opens another
    assert "root" in laptop.run("whoami")
    assert "unknown, used" in laptop.run("device", "pair", "--code", code, code=2)
    team.say("device", "revoke", "thinkpad")
    assert "does not let this device in" in laptop.run("whoami", code=2)
    assert team.json("device", "list") == []
    assert [one["state"] for one in team.json("device", "list", "--revoked")] == ["revoked"]


def test_what_a_device_id_is_worth_to_a_teams_hub(team: Cli, tmp_path: Path) -> None:
    laptop = Laptop(team, tmp_path / "laptop")
    laptop.run("device", "pair", "--code", team.say("device", "code").strip(), "--name", "mine")
    device = next(one["id"] for one in team.json("device", "list") if one["name"] == "mine")
    assert "no paired device" in team.refuse("session", "create", "--device", "anything")
    session = team.say("session", "create", "--device", device).strip()
    assert "admin:users" not in team.json("whoami", "--session", session)["permissions"]
    team.say("device", "revoke", "mine")
    assert "unknown or has expired" in team.refuse("whoami", "--session", session)


def test_a_later_run_of_a_session_is_told_what_was_said_and_a_run_of_another_is_not(team: Cli) -> None:
    """The agent is asked to show all that it was told: the scripted one keeps it in its HOME."""
    show = 'script:\nrun cat "$HOME"/.scripted/*\nsay shown\nEND'

    def ask(session: str, prompt: str, **context: Any) -> str:
        """What it has been told, and has answered."""
        with httpx2.Client(base_url=team.url, headers={"Authorization": f"Bearer {session}"}, timeout=30) as client:
            body = {"agent_type": "scripted", "prompt": prompt, "context": context}
            run = client.post("/api/runtime/tasks/submit", json=body).json()["task_id"]
            return client.get(f"/api/runtime/tasks/{run}/stream").text

    mine, other = (team.say("session", "create").strip() for _ in range(2))
    assert "run.completed" in ask(mine, "Which colour?\nscript:\nsay Blue is the colour.\nEND")
    team.say("session", "memory", "--note", "Ann likes tea.", "--session", mine)
    told = ask(mine, show, remember=True)
    assert "> Blue is the colour." in told
    assert "> Ann likes tea." in told
    assert "Blue" not in ask(mine, show)
    assert "Blue" not in ask(other, show, remember=True)
    assert "Ann likes tea." in team.say("session", "memory", "--session", mine)
    team.say("session", "memory", "--forget", "--remember", "--session", mine)
    assert "Blue" not in ask(mine, show)
    assert team.json("session", "memory", "--session", mine)["remembers"] is True
