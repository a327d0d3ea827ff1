"""What is kept of policies and decisions, on both databases: versions, the projects that requests name, what was decided."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from coderclawlink.access import bundles, decisions, places
from coderclawlink.access.bundles import PolicyNotFound
from coderclawlink.access.decisions import KEPT_SECONDS, READS_APART, Decision, Keeper, Verdict
from coderclawlink.access.policy import OWNER, Actor, Permission, PermissionMissing, Role
from coderclawlink.access.rego import Bundle, Rego
from coderclawlink.access.rules import PolicyDenied, Rules
from coderclawlink.board import comments, projects, tasks
from coderclawlink.board.projects import Project
from coderclawlink.db.engine import Database
from coderclawlink.ids import ProjectId

pytestmark = pytest.mark.anyio

YES = {"main.rego": "package clawlink\nallow := true\n"}
NO = {"main.rego": 'package clawlink\nallow := false\nreason := "not here"\n'}
BOSS = Actor(Role.VIEWER, "ann", "user:1", proven=True)


@pytest.fixture
def project(db: Database) -> Project:
    return db.write_now(projects.create, OWNER, name="Demo", key="DEMO")


@pytest.fixture
async def rules(db: Database) -> AsyncIterator[Rules]:
    made = Rules(db, Rego(deadline_seconds=5.0))
    yield made
    await made.close()


async def test_one_version_is_in_force_and_all_are_kept(db: Database, project: Project) -> None:
    assert (await db.write(bundles.put, OWNER, None, YES)).version == 1
    assert (await db.write(bundles.put, OWNER, project.id, YES)).version == 1
    assert (await db.write(bundles.put, OWNER, None, NO)).version == 2
    found = await db.read(bundles.in_force)
    assert [(one.project_id, one.version, one.modules) for one in found] == [(None, 2, NO), (project.id, 1, YES)]
    assert [one.version for one in await db.read(bundles.history, OWNER, None)] == [2, 1]
    assert (await db.read(bundles.find, OWNER, None, 1)).modules == YES
    await db.write(bundles.remove, OWNER, None)
    with pytest.raises(PolicyNotFound):
        await db.read(bundles.find, OWNER, None)
    assert (await db.write(bundles.put, OWNER, None, YES)).version == 3


async def test_a_projects_policy_is_its_administrators(db: Database, project: Project) -> None:
    boss = Actor(Role.VIEWER, "ann", "user:1", memberships={int(project.id): Role.ADMIN})
    await db.write(bundles.put, boss, project.id, YES)
    with pytest.raises(PermissionMissing):
        await db.write(bundles.put, boss, None, YES)
    with pytest.raises(PermissionMissing):
        await db.write(bundles.remove, BOSS, project.id)


async def test_the_projects_are_found_of_what_a_request_names(db: Database, project: Project) -> None:
    task = await db.write(tasks.create, OWNER, project_id=project.id, title="x")
    comment = await db.write(comments.create, OWNER, task.id, "x")
    named: list[Mapping[str, object]] = [
        {"project_id": int(project.id)},
        {"project_id": f" {project.id} "},
        {"project_id": float(project.id)},
        {"project_id": ["x", str(project.id)]},
        {"task_id": str(task.id)},
        {"ids": [999_999, int(task.id)]},
        {"comment_id": str(comment.id)},
    ]
    for one in named:
        assert [found.key for found in await db.read(places.projects_of, one)] == ["DEMO"], one
    nothing: list[Mapping[str, object]] = [
        {},
        {"project_id": 2**80},
        {"project_id": None},
        {"project_id": {"a": 1}},
        {"task_id": "no"},
        {"run_id": "no"},
        {"question_id": "no"},
        {"chat_id": 7},
        {"comparison_id": "no"},
        {"label_id": -1},
        {"attachment_id": True},
        {"other": int(project.id)},
    ]
    for one in nothing:
        assert await db.read(places.projects_of, one) == [], one


async def test_both_the_installations_and_the_projects_must_allow(db: Database, project: Project, rules: Rules) -> None:
    named = {"project_id": int(project.id)}
    await rules.require(OWNER, Permission.PROJECT_WRITE, named)
    await db.write(bundles.put, OWNER, None, YES)
    await db.write(bundles.put, OWNER, project.id, NO)
    await rules.load()
    await rules.require(OWNER, Permission.PROJECT_WRITE, {})
    with pytest.raises(PolicyDenied, match="The policy does not allow project:write: not here"):
        await rules.require(OWNER, Permission.PROJECT_WRITE, named)


async def test_what_another_hub_puts_in_force_is_taken_up(db: Database, rules: Rules) -> None:
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        running = group.create_task(rules.run())
        with db.bell.listen("policy.changed") as ear:
            await db.write(bundles.put, OWNER, None, NO)
            while not rules.are_asked:
                await ear.wait(0.1)
        running.cancel()


async def test_writes_and_refusals_are_kept_and_one_look_in_a_hundred(db: Database, project: Project) -> None:
    keeper = Keeper()
    now = await db.read(lambda look: look.now())

    def asked(permission: Permission, at: float = now) -> Decision:
        return Decision(OWNER, permission, {"project_id": int(project.id)}, {}, at)

    for _ in range(2 * READS_APART):
        keeper.keep(asked(Permission.TASK_VIEW), Verdict(True))
    keeper.keep(asked(Permission.PROJECT_WRITE), Verdict(True))
    keeper.keep(asked(Permission.TASK_VIEW), Verdict(False, "no", "policy"))
    keeper.keep(asked(Permission.PROJECT_WRITE, now - KEPT_SECONDS - 60), Verdict(True))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(keeper.run(db))
        await asyncio.sleep(0)
        running.cancel()  # what is left is written down at the end
    db.write_now(decisions._tidy)
    found = await db.read(decisions.read, project=ProjectId(project.id))
    assert [(one.permission, one.allowed, one.reason) for one in found] == [
        ("task:view", False, "no"),
        ("project:write", True, ""),
        ("task:view", True, ""),
        ("task:view", True, ""),
    ]
    assert found[0].input["project"] == {"id": project.id, "key": "DEMO"}
    assert [one.id for one in await db.read(decisions.read, refused=True)] == [found[0].id]
    assert [one.id for one in await db.read(decisions.read, before=found[0].id, limit=1)] == [found[1].id]


async def test_a_replay_counts_what_would_have_been_blocked(db: Database, project: Project) -> None:
    keeper = Keeper()
    for number in range(3):
        keeper.keep(Decision(OWNER, Permission.PROJECT_WRITE, {"n": number}, {}, 1e9), Verdict(True))
    db.write_now(decisions._write, keeper._take())
    kept = await db.read(decisions.read)
    text = "package clawlink\nimport rego.v1\ndefault allow := true\nallow := false if { input.resource.n == 1 }\n"
    answers = await Rego(deadline_seconds=5.0).replay({"main.rego": text}, [one.input for one in kept], 20.0)
    told = decisions.replayed(kept, answers)
    assert (told.asked, told.left, told.blocked, told.by_permission) == (3, 0, 1, {"project:write": 1})
    assert [(one.actor, one.resource) for one in told.examples] == [("owner", {"n": 1})]
    assert await Rego().replay({"main.rego": text}, [one.input for one in kept], -1.0) == []


def test_a_bundles_digest_is_of_its_names_and_texts() -> None:
    assert Bundle(YES).digest == Bundle(dict(YES)).digest
    assert len({Bundle(YES).digest, Bundle(NO).digest, Bundle({"other.rego": YES["main.rego"]}).digest}) == 3
    assert Bundle({**YES, "main_test.rego": "package t"}).decides == YES
