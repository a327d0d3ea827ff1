"""Further repositories of a project, and which of them a task is about."""

from __future__ import annotations

import json

import pytest

from coderclawlink.access.policy import OWNER, Actor, PermissionMissing, Role
from coderclawlink.board import projects, repositories, tasks
from coderclawlink.board.projects import Project
from coderclawlink.board.repositories import BadName, RepositoryNotFound, RepositoryTaken, TooManyRepositories
from coderclawlink.board.repository import NoRepository
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Database, Tx
from coderclawlink.journal import log

VIEWER = Actor(Role.VIEWER, "vic", "v" * 64)


def begun(tx: Tx) -> tuple[Project, Task]:
    project = projects.create(tx, OWNER, name="P", key="DEMO", github_repo_url="https://github.com/acme/api")
    return project, tasks.create(tx, OWNER, project_id=project.id, title="T")


def told(tx: Tx, kind: str) -> list[dict[str, object]]:
    return [json.loads(one.data) for one in log.read(tx, 0, at_most=10_000) if one.kind == kind]


def test_a_repository_is_added_moved_and_taken_away_and_each_is_told(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, _ = begun(tx)
        made = repositories.put(tx, OWNER, project.id, "web", "https://github.com/acme/web.git")
        assert (made.name, made.owner, made.host_name) == ("web", "acme", "web")
        moved = repositories.put(tx, OWNER, project.id, "web", "/srv/web")
        assert (moved.url, moved.owner) == ("/srv/web", None)
        assert [each.name for each in repositories.of_project(tx, project.id)] == ["web"]
        repositories.remove(tx, OWNER, project.id, "web")
        assert repositories.of_project(tx, project.id) == []
        changes = [event["changes"] for event in told(tx, "project.changed")]
        assert changes[1:] == [{"repositories": [{"name": "web", "url": "/srv/web"}]}, {"repositories": []}]

    db.write_now(story)


def test_no_repository_comes_twice_nor_is_it_the_projects_own(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, _ = begun(tx)
        repositories.put(tx, OWNER, project.id, "web", "https://github.com/acme/web")
        for url in ("https://github.com/acme/api.git", "https://github.com/acme/web.git"):
            with pytest.raises(RepositoryTaken):
                repositories.put(tx, OWNER, project.id, "other", url)

    db.write_now(story)


@pytest.mark.parametrize("name", ["", "Web", "a/b", "..", ".git", "a" * 65, "-a"])
def test_a_name_must_be_fit_for_a_folder(db: Database, name: str) -> None:
    def story(tx: Tx) -> None:
        project, _ = begun(tx)
        with pytest.raises(BadName):
            repositories.put(tx, OWNER, project.id, name, "/srv/web")

    db.write_now(story)


def test_what_is_no_repository_and_one_too_many_are_refused(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, _ = begun(tx)
        with pytest.raises(NoRepository):
            repositories.put(tx, OWNER, project.id, "web", "not a repository")
        for n in range(repositories.AT_MOST):
            repositories.put(tx, OWNER, project.id, f"r{n}", f"/srv/{n}")
        repositories.put(tx, OWNER, project.id, "r0", "/srv/elsewhere")
        with pytest.raises(TooManyRepositories):
            repositories.put(tx, OWNER, project.id, "more", "/srv/more")

    db.write_now(story)


def test_a_task_is_about_those_that_are_chosen(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, task = begun(tx)
        for name in ("web", "docs"):
            repositories.put(tx, OWNER, project.id, name, f"/srv/{name}")
        assert repositories.choose(tx, OWNER, task.id, ["web", "docs", "web"]) == ["docs", "web"]
        assert [each.url for each in repositories.of_task(tx, task.id)] == ["/srv/docs", "/srv/web"]
        with pytest.raises(RepositoryNotFound):
            repositories.choose(tx, OWNER, task.id, ["nowhere"])
        before = log.last_seq(tx)
        repositories.choose(tx, OWNER, task.id, ["docs", "web"])
        assert log.last_seq(tx) == before, "what is so already is not told again"
        repositories.remove(tx, OWNER, project.id, "web")
        assert [each.name for each in repositories.of_task(tx, task.id)] == ["docs"]
        repositories.choose(tx, OWNER, task.id, [])
        assert repositories.of_task(tx, task.id) == []

    db.write_now(story)


def test_another_projects_repositories_are_not_the_tasks(db: Database) -> None:
    def story(tx: Tx) -> None:
        _, task = begun(tx)
        other = projects.create(tx, OWNER, name="O", key="OTHER")
        repositories.put(tx, OWNER, other.id, "web", "/srv/web")
        with pytest.raises(RepositoryNotFound):
            repositories.choose(tx, OWNER, task.id, ["web"])

    db.write_now(story)


def test_who_may_only_look_changes_nothing(db: Database) -> None:
    def story(tx: Tx) -> None:
        project, task = begun(tx)
        repositories.put(tx, OWNER, project.id, "web", "/srv/web")
        with pytest.raises(PermissionMissing):
            repositories.put(tx, VIEWER, project.id, "docs", "/srv/docs")
        with pytest.raises(PermissionMissing):
            repositories.remove(tx, VIEWER, project.id, "web")
        with pytest.raises(PermissionMissing):
            repositories.choose(tx, VIEWER, task.id, ["web"])

    db.write_now(story)
