"""Configurations: layers on one another, each change a version, nothing lost."""

from __future__ import annotations

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.agents import configurations
from coderclawlink.agents.configurations import BadAgentName, NoSuchProject, Resolved, VersionNotFound
from coderclawlink.agents.literals import SecretInPlain
from coderclawlink.board import projects
from coderclawlink.configuration import NOTHING_SAID, AgentConfiguration, McpServer
from coderclawlink.db.engine import Database, Tx
from coderclawlink.events import AgentConfigured
from coderclawlink.ids import ProjectId
from coderclawlink.journal import log
from coderclawlink.rules import Rule

DEVELOPER = Actor(Role.DEVELOPER, "ann", "s" * 64)
ONE = AgentConfiguration(model="m1", mode="ask", env={"A": "1", "B": "1"})
TWO = AgentConfiguration(model="m2", env={"B": "2"}, rules=(Rule(effect="deny", command="git push *"),))


def demo(tx: Tx) -> ProjectId:
    return projects.create(tx, OWNER, name="Demo", key="DEMO").id


def test_nothing_configured_is_nothing_said(db: Database) -> None:
    with db.look() as look:
        assert configurations.resolve(look, "goose", None, NOTHING_SAID) == Resolved(NOTHING_SAID, "")
        assert configurations.current(look, "goose") is None
        assert configurations.versions(look, "goose") == []


def test_the_project_lies_on_the_installation_and_the_runs_wishes_on_both(db: Database) -> None:
    def story(tx: Tx) -> None:
        project = demo(tx)
        configurations.put(tx, OWNER, "goose", AgentConfiguration(mode="auto"))
        configurations.put(tx, OWNER, "goose", ONE)
        configurations.put(tx, OWNER, "goose", TWO, project)
        configurations.put(tx, OWNER, "claude", AgentConfiguration(model="other"))
        found = configurations.resolve(tx, "goose", project, AgentConfiguration(model="m3"))
        assert found.label == "goose@2 DEMO/goose@1"
        assert found.configuration == AgentConfiguration(
            model="m3", mode="ask", env={"A": "1", "B": "2"}, rules=TWO.rules
        )
        assert configurations.resolve(tx, "goose", None, NOTHING_SAID) == Resolved(ONE, "goose@2")
        elsewhere = ProjectId(project + 1)
        assert configurations.resolve(tx, "goose", elsewhere, NOTHING_SAID) == Resolved(ONE, "goose@2")

    db.write_now(story)


def test_each_change_is_a_version_and_what_is_unchanged_is_none(db: Database) -> None:
    def story(tx: Tx) -> None:
        project = demo(tx)
        before = log.last_seq(tx)
        for project_or_none, key in ((None, None), (project, "DEMO")):
            first = configurations.put(tx, OWNER, "goose", ONE, project_or_none)
            assert (first.version, first.latest, first.changed_by) == (1, True, "owner")
            assert configurations.put(tx, OWNER, "goose", ONE, project_or_none) == first
            second = configurations.put(tx, OWNER, "goose", TWO, project_or_none)
            versions = configurations.versions(tx, "goose", project_or_none)
            assert [(one.version, one.latest, one.configuration) for one in versions] == [
                (2, True, TWO),
                (1, False, ONE),
            ]
            assert configurations.current(tx, "goose", project_or_none) == second == versions[0]
            told = [one for one in log.read(tx, before) if one.kind == "agent.configured"]
            assert [one.event for one in told] == [
                AgentConfigured(agent="goose", project=key, version=version) for version in (1, 2)
            ]
            assert {one.about.project for one in told} == {project_or_none}
            before = log.last_seq(tx)

    db.write_now(story)


def test_an_old_version_comes_back_as_a_new_one(db: Database) -> None:
    def story(tx: Tx) -> None:
        configurations.put(tx, OWNER, "goose", ONE)
        configurations.put(tx, OWNER, "goose", TWO)
        assert configurations.restore(tx, OWNER, "goose", 1).version == 3
        assert configurations.resolve(tx, "goose", None, NOTHING_SAID) == Resolved(ONE, "goose@3")
        assert configurations.restore(tx, OWNER, "goose", 1).version == 3
        assert configurations.find_version(tx, "goose", 2).configuration == TWO
        with pytest.raises(VersionNotFound):
            configurations.restore(tx, OWNER, "goose", 9)
        with pytest.raises(VersionNotFound):
            configurations.find_version(tx, "claude", 1)

    db.write_now(story)


def test_a_layer_that_says_nothing_is_no_part_of_the_label(db: Database) -> None:
    def story(tx: Tx) -> None:
        assert configurations.put(tx, OWNER, "goose", NOTHING_SAID).version == 0
        configurations.put(tx, OWNER, "goose", ONE)
        assert configurations.put(tx, OWNER, "goose", NOTHING_SAID).version == 2
        assert configurations.resolve(tx, "goose", None, NOTHING_SAID) == Resolved(NOTHING_SAID, "")

    db.write_now(story)


def test_everywhere_tells_the_layers_with_their_projects(db: Database) -> None:
    def story(tx: Tx) -> None:
        project = demo(tx)
        other = projects.create(tx, OWNER, name="A", key="AAA").id
        for where in (project, other, None):
            configurations.put(tx, OWNER, "goose", ONE, where)
        assert [(key, one.project) for key, one in configurations.everywhere(tx, "goose")] == [
            (None, None), ("AAA", other), ("DEMO", project)
        ]  # fmt: skip
        projects.delete(tx, OWNER, project)
        assert [key for key, _ in configurations.everywhere(tx, "goose")] == [None, "AAA"]

    db.write_now(story)


def test_what_is_kept_is_read_as_it_was_written(db: Database) -> None:
    whole = AgentConfiguration(
        model="m",
        account="a",
        mode="auto",
        instructions="Say „ja“.\n",
        env={"X": "{secret:X}"},
        mcp_servers=(McpServer(name="s", url="https://x.example/mcp", headers={"Authorization": "Bearer {secret:S}"}),),
        timeout_seconds=1.5,
        budget_usd=0.0,
        budget_tokens=0,
        answered_by="admin",
    )
    made = db.write_now(configurations.put, OWNER, "goose", whole)
    with db.look() as look:
        found = configurations.current(look, "goose")
    assert found == made
    assert found is not None
    assert found.configuration == whole


def test_who_may_not_configure_is_refused_and_nothing_is_kept(db: Database) -> None:
    with pytest.raises(PermissionMissing):
        db.write_now(configurations.put, DEVELOPER, "goose", ONE)
    with pytest.raises(PermissionMissing):
        db.write_now(configurations.restore, DEVELOPER, "goose", 1)
    with db.look() as look:
        assert configurations.current(look, "goose") is None


@pytest.mark.parametrize("name", ["", "Goose", "a b", "-x", "x" * 65, "../x"])
def test_an_agents_name_is_well_formed(db: Database, name: str) -> None:
    with pytest.raises(BadAgentName):
        db.write_now(configurations.put, OWNER, name, ONE)


def test_a_project_that_is_not_there_has_no_configuration(db: Database) -> None:
    with pytest.raises(NoSuchProject):
        db.write_now(configurations.put, OWNER, "goose", ONE, ProjectId(999))
    with db.look() as look, pytest.raises(NoSuchProject):
        configurations.versions(look, "goose", ProjectId(999))


def test_a_secret_as_it_is_is_not_kept(db: Database) -> None:
    with pytest.raises(SecretInPlain, match="clawlink secret set OPENAI_API_KEY"):
        db.write_now(
            configurations.put,
            OWNER,
            "goose",
            AgentConfiguration(env={"OPENAI_API_KEY": "sk-proj-0123456789abcdefghij"}),
        )
    with db.look() as look:
        assert configurations.versions(look, "goose") == []
