"""Members of projects, private projects and rules of use from a terminal."""

from __future__ import annotations

from tests.cli.conftest import Cli

PASSWORD = "four unrelated words"


def test_a_project_is_made_private_and_given_to_somebody_and_an_agent_to_few(cli: Cli) -> None:
    cli.run("user", "create", "root", "--admin", stdin=PASSWORD)
    cli.serve(CLAWLINK_MODE="team")
    cli.run("sign-in", "--user", "root", stdin=PASSWORD)
    cli.run("user", "create", "ann", stdin=PASSWORD)
    cli.run("project", "create", "DEMO", "Demo")
    assert "is private" in cli.say("project", "private", "DEMO")
    assert [(one["user"], one["role"]) for one in cli.json("member", "list", "DEMO")] == [("root", "admin")]
    assert "may use the agent goose: rule 1" in cli.say("use", "allow", "role:admin", "goose")
    assert "may not use the agent goose in DEMO" in cli.say("use", "deny", "user:ann", "goose", "--project", "DEMO")
    cli.say("use", "remove", "1")
    assert "may not use" in cli.say("use", "list")
    cli.run("project", "create", "OTHER", "Other")
    assert "ann is viewer in OTHER" in cli.say("member", "give", "OTHER", "ann", "viewer")

    cli.run("sign-in", "--user", "ann", stdin=PASSWORD)
    assert "There is no project DEMO" in cli.refuse("project", "show", "DEMO")
    assert "project:write" in cli.refuse("task", "create", "OTHER", "Mine")
