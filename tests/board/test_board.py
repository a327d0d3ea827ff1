"""Projects and tasks: keys that are never used twice, changes that are told, and what runs do to cards."""

from __future__ import annotations

import contextlib
import json
import threading

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import projects, repository, tasks
from coderclawlink.board.projects import BadKey, KeyTaken, Project, ProjectNotFound, ProjectStatus
from coderclawlink.board.tasks import Priority, TaskNotFound, TaskStatus
from coderclawlink.db.engine import Database, open_database
from coderclawlink.ids import ProjectId, TaskId
from coderclawlink.journal import log
from tests.runs.played import submit

DEVELOPER = Actor(Role.DEVELOPER, "ann", "a" * 64)
VIEWER = Actor(Role.VIEWER, "vic", "v" * 64)


def project(db: Database, key: str = "DEMO") -> Project:
    return db.write_now(projects.create, OWNER, name="Demo", key=key)


def test_twenty_tasks_created_at_once_have_twenty_numbers(db: Database, shared_url: str) -> None:
    made = project(db)
    keys: list[str] = []
    with contextlib.ExitStack() as stack:
        hubs = [db]
        if db.dialect == "postgresql":
            hubs += [stack.enter_context(open_database(shared_url)) for _ in range(3)]

        def create(n: int) -> None:
            keys.append(hubs[n % len(hubs)].write_now(tasks.create, OWNER, project_id=made.id, title=str(n)).key)

        threads = [threading.Thread(target=create, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert sorted(keys) == sorted(f"DEMO-{n}" for n in range(1, 21))


def test_a_number_is_not_used_again_after_its_task_was_deleted_or_its_creation_failed(db: Database) -> None:
    made = project(db)
    first, second = (db.write_now(tasks.create, OWNER, project_id=made.id, title="T") for _ in range(2))
    db.write_now(tasks.delete, OWNER, second.id)
    with pytest.raises(PermissionMissing):
        db.write_now(tasks.create, VIEWER, project_id=made.id, title="T")
    third = db.write_now(tasks.create, OWNER, project_id=made.id, title="T")
    assert (first.key, second.key, third.key) == ("DEMO-1", "DEMO-2", "DEMO-3")
    assert third.id > second.id


def test_of_many_who_create_a_project_under_one_key_one_succeeds(db: Database) -> None:
    futures = [db.submit(projects.create, OWNER, name=key, key=key) for key in ("demo", "DEMO", "Demo", "dEMO")]
    failures = [type(future.exception(10)) for future in futures]
    assert sorted(failures, key=str) == sorted([type(None)] + [KeyTaken] * 3, key=str)
    with db.look() as look:
        assert [one.key for one in projects.all_of_them(look)] == ["DEMO"]
        assert projects.find_by_key(look, "demo").key == "DEMO"


@pytest.mark.parametrize("key", ["", "1A", "_A", "A-B", "A B", "Ä", "A" * 51, "A\n", "ß"])
def test_a_key_that_is_none_is_refused(db: Database, key: str) -> None:
    with pytest.raises(BadKey):
        project(db, key)


def test_a_change_tells_what_has_changed_and_nothing_else(db: Database) -> None:
    made = project(db)
    changes = {"name": "Demo", "status": ProjectStatus.ON_HOLD, "github_repo_url": "https://github.com/octo/demo/"}
    changed = db.write_now(projects.change, DEVELOPER, made.id, changes)
    assert (changed.status, changed.github_repo_owner, changed.github_repo_name) == ("on_hold", "octo", "demo")
    assert changed.updated_at >= made.updated_at
    with db.look() as look:
        told = log.read(look, 0)[-1]
        assert (told.kind, told.actor, told.about.project) == ("project.changed", "ann", made.id)
        assert set(json.loads(told.data)["changes"]) == {
            "status",
            "github_repo_url",
            "github_repo_owner",
            "github_repo_name",
        }
        head = told.seq
    assert db.write_now(projects.change, DEVELOPER, made.id, changes) == changed
    gone = db.write_now(projects.change, DEVELOPER, made.id, {"github_repo_url": None})
    assert (gone.github_repo_url, gone.github_repo_owner, gone.github_repo_name) == (None, None, None)
    with db.look() as look:
        assert log.last_seq(look) == head + 1  # what changes nothing is not told


def test_a_bad_repository_changes_nothing(db: Database) -> None:
    made = project(db)
    with pytest.raises(repository.NoRepository):
        db.write_now(projects.change, OWNER, made.id, {"name": "Other", "github_repo_url": "octo/demo"})
    with db.look() as look:
        assert projects.find(look, made.id) == made


def test_who_may_only_look_changes_nothing(db: Database) -> None:
    made = project(db)
    task = db.write_now(tasks.create, OWNER, project_id=made.id, title="T")
    for refused in (
        lambda: db.write_now(projects.create, VIEWER, name="X", key="X"),
        lambda: db.write_now(projects.change, VIEWER, made.id, {"name": "X"}),
        lambda: db.write_now(projects.delete, DEVELOPER, made.id),
        lambda: db.write_now(tasks.change, VIEWER, task.id, {"title": "X"}),
        lambda: db.write_now(tasks.delete, VIEWER, task.id),
    ):
        with pytest.raises(PermissionMissing):
            refused()
    with db.look() as look:
        assert (projects.find(look, made.id), tasks.find(look, task.id)) == (made, task)


def test_deleting_a_project_takes_its_tasks_and_runs_along_and_its_ids_are_not_used_again(db: Database) -> None:
    made = project(db)
    task = db.write_now(tasks.create, OWNER, project_id=made.id, title="T")
    db.write_now(lambda tx: submit(tx, task=task.id, project=made.id))
    db.write_now(projects.delete, OWNER, made.id)
    with db.look() as look:
        with pytest.raises(ProjectNotFound):
            projects.find(look, made.id)
        with pytest.raises(TaskNotFound):
            tasks.find(look, task.id)
        assert log.read(look, 0)[-1].kind == "project.deleted"
    again = project(db)
    assert again.id > made.id
    assert db.write_now(tasks.create, OWNER, project_id=again.id, title="T").id > task.id


def test_what_is_not_there_is_said_so(db: Database) -> None:
    with pytest.raises(ProjectNotFound):
        db.write_now(tasks.create, OWNER, project_id=ProjectId(99), title="T")
    with pytest.raises(TaskNotFound):
        db.write_now(tasks.change, OWNER, TaskId(99), {"title": "X"})
    with db.look() as look:
        with pytest.raises(ProjectNotFound, match="'NOPE'"):
            projects.find_by_key(look, "NOPE")
        with pytest.raises(TaskNotFound, match="'NOPE-1'"):
            tasks.find_by_key(look, "NOPE-1")


def test_a_list_is_filtered_and_paged_in_the_order_of_creation(db: Database) -> None:
    one, two = project(db, "ONE"), project(db, "TWO")
    for n in range(6):
        owner = one if n % 2 else two
        status = TaskStatus.DONE if n > 3 else TaskStatus.TODO
        db.write_now(tasks.create, OWNER, project_id=owner.id, title=str(n), status=status)
    with db.look() as look:
        assert [task.title for task in tasks.all_of_them(look)] == ["0", "1", "2", "3", "4", "5"]
        assert [task.title for task in tasks.all_of_them(look, project=one.id)] == ["1", "3", "5"]
        assert [task.title for task in tasks.all_of_them(look, status=TaskStatus.DONE, project=two.id)] == ["4"]
        assert [task.title for task in tasks.all_of_them(look, limit=2, offset=1)] == ["1", "2"]
        assert [task.title for task in tasks.all_of_them(look, offset=4)] == ["4", "5"]


def test_urgency_is_a_rank() -> None:
    assert sorted(Priority, key=lambda one: one.rank) == ["critical", "high", "medium", "low"]


@pytest.mark.parametrize(
    ("before", "submitted", "completed", "failed"),
    [
        ("todo", "in_progress", "in_review", "in_progress"),
        ("blocked", "in_progress", "in_review", "in_progress"),
        ("in_progress", "in_progress", "in_review", "in_progress"),
        ("in_review", "in_review", "in_review", "in_review"),
        ("done", "done", "done", "done"),
    ],
)
def test_a_run_moves_its_card_forward_and_never_back(
    db: Database, before: str, submitted: str, completed: str, failed: str
) -> None:
    made = project(db)
    for state, after in (("completed", completed), ("failed", failed), ("cancelled", failed)):
        task = db.write_now(tasks.create, OWNER, project_id=made.id, title="T", status=TaskStatus(before))
        db.write_now(tasks.run_submitted, task.id, "goose", DEVELOPER)
        with db.look() as look:
            card = tasks.find(look, task.id)
        assert (card.status, card.agent_execution_status, card.assigned_agent_type) == (submitted, "pending", None)
        db.write_now(tasks.run_ended, task.id, state, agent="goose", branch="task/demo-1")
        with db.look() as look:
            card = tasks.find(look, task.id)
        done = state == "completed"
        assert (card.status, card.agent_execution_status) == (after, state)
        assert card.assigned_agent_type == ("goose" if done else None)
        assert card.github_branch_name == ("task/demo-1" if done else None)
