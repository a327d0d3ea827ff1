"""The doctor looks at everything a run needs, and says what to do."""

from __future__ import annotations

import json
import os
import socket

from tests.cli.conftest import Cli


def findings(text: str) -> dict[str, dict[str, str]]:
    return {finding["name"]: finding for finding in json.loads(text)}


def test_a_machine_that_is_fit_is_found_fit(cli: Cli) -> None:
    found = findings(cli.run("doctor", "--json", env={"API_PORT": "0"}).stdout)
    assert {
        name: found[name]["level"] for name in ("Python", "git", "Data", "Disk", "Database", "Hub")
    } == dict.fromkeys(("Python", "git", "Data", "Disk", "Database", "Hub"), "ok")
    assert found["Agent steady"]["level"] == "ok"
    assert found["Agent ollama"] == {
        "name": "Agent ollama",
        "level": "off",
        "found": "not available",
        "todo": "Set OLLAMA_BASE_URL, e.g. http://localhost:11434.",
    }


def test_what_is_wrong_is_named_with_what_to_do(cli: Cli) -> None:
    cli.home.chmod(0o755)
    (cli.home / "agents.toml").write_text("[agents.x]\nnonsense = 1\n")
    with socket.create_server(("127.0.0.1", 0)) as other:
        env = {"API_PORT": str(other.getsockname()[1]), "DATABASE_URL": "postgresql://u:secret@127.0.0.1:9/x"}
        done = cli.run("doctor", code=1, env=env)
    assert f"is taken by {_own_name()} (pid {os.getpid()})" in done.stdout
    assert f"chmod 700 {cli.home}" in done.stdout
    assert "agents.toml" in done.stdout
    assert "secret" not in done.stdout
    assert done.stdout.count("fail ") == 3


def test_a_hub_that_runs_is_found(house: Cli) -> None:
    found = findings(house.say("doctor", "--json"))
    assert found["Hub"]["found"] == f"runs at {house.url}"
    assert "tables of" in found["Database"]["found"]


def _own_name() -> str:
    with open("/proc/self/comm", encoding="utf-8") as file:
        return file.read().strip()
