"""The deliverer over hosts as a test plays them: what is away waits, what is refused is told, what is opened is written down once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.access.secrets import SecretNotFound
from coderclawlink.board import projects, tasks
from coderclawlink.board.tasks import Task
from coderclawlink.db.engine import Database
from coderclawlink.integrations.delivering import Deliverer
from coderclawlink.integrations.plain_git.host import PlainGit
from coderclawlink.pulls import deliveries, pull_requests
from coderclawlink.pulls.deliveries import Delivery
from coderclawlink.pulls.hosts import (
    CodeHost,
    Compare,
    Given,
    HostRefused,
    HostUnreachable,
    LimitReached,
    Opened,
    Place,
    Proposal,
    Pull,
)
from tests.pulls.test_deliveries import completed, push, want
from tests.runs.played import join

pytestmark = pytest.mark.anyio
URL = "https://github.com/ada/shop"


class Played(PlainGit):
    """A host that answers each proposal as it is told to: by raising, or with a pull request."""

    def __init__(self, *answers: Exception | None) -> None:
        super().__init__(URL)
        self.answers = list(answers)
        self.proposed: list[Proposal] = []

    @property
    def place(self) -> Place:
        return Place("https://github.com", "ada", "shop")

    async def propose(self, proposal: Proposal) -> Opened | Compare:
        self.proposed.append(proposal)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        pull = Pull(7, f"{URL}/pull/7", proposal.title, proposal.branch, "main", proposal.head, proposal.draft, "open")
        return Opened(pull, found=len(self.proposed) > 1)


class Hosts:
    def __init__(self, host: CodeHost, error: Exception | None = None) -> None:
        self.host = host
        self.error = error

    async def host_for(self, project: int | None, url: str, owner: str | None = None) -> CodeHost:
        if self.error is not None:
            raise self.error
        return self.host

    async def push_token(self, project: int | None, url: str, owner: str | None = None) -> str | None:
        return None

    def trial(self, url: str, access: Given) -> CodeHost:
        return self.host


@pytest.fixture
def task(db: Database) -> Task:
    project = db.write_now(projects.create, OWNER, name="Demo", key="DEMO", github_repo_url=URL)
    db.write_now(join)
    return db.write_now(tasks.create, OWNER, project_id=project.id, title="Add a shout")


@contextlib.asynccontextmanager
async def at_work(db: Database, hosts: Hosts) -> AsyncIterator[None]:
    async with asyncio.timeout(40), asyncio.TaskGroup() as group:
        working = group.create_task(Deliverer(db, hosts).run())
        yield
        working.cancel()


async def until(db: Database, delivery: Delivery, is_so: Callable[[Delivery], bool]) -> Delivery:
    with db.bell.listen(f"delivery:{delivery.id}") as ear:
        while not is_so(found := await db.read(deliveries.find, delivery.id)):
            await ear.wait(5.0)
    return found


async def test_what_was_pushed_is_proposed_and_written_down(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    host = Played()
    async with at_work(db, Hosts(host)):
        delivery = push(db, want(db, task))
        done = await until(db, delivery, lambda one: one.is_over)
    assert done.state == "done"
    (pull,) = await db.read(pull_requests.of_task, task.id)
    assert (pull.number, pull.branch, pull.id) == (7, task.branch, done.pull_id)
    (proposal,) = host.proposed
    assert proposal.mark in proposal.body


async def test_a_host_that_is_away_is_asked_again(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    host = Played(HostUnreachable("GitHub does not answer."), LimitReached("No more calls.", seconds=0.5))
    async with at_work(db, Hosts(host)):
        delivery = push(db, want(db, task))
        waits = await until(db, delivery, lambda one: one.tries > 0)
        assert (waits.state, waits.error) == ("pushed", "GitHub does not answer.")
        done = await until(db, delivery, lambda one: one.is_over)
    assert (done.state, done.error, len(host.proposed)) == ("done", None, 3)


async def test_what_is_refused_has_failed_in_the_hosts_own_words(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    host = Played(HostRefused("No commits between main and task.", status=422))
    async with at_work(db, Hosts(host)):
        failed = await until(db, push(db, want(db, task)), lambda one: one.is_over)
    assert (failed.state, failed.error) == ("failed", "No commits between main and task.")


async def test_without_the_secret_of_its_access_it_has_failed(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    async with at_work(db, Hosts(Played(), SecretNotFound("Its secret is gone."))):
        failed = await until(db, push(db, want(db, task)), lambda one: one.is_over)
    assert (failed.state, failed.error) == ("failed", "Its secret is gone.")


async def test_a_plain_git_remote_tells_how_to_look_at_the_branch(db: Database, task: Task) -> None:
    db.write_now(completed, task)
    async with at_work(db, Hosts(PlainGit("ssh://git@host/shop.git"))):
        done = await until(db, push(db, want(db, task)), lambda one: one.is_over)
    assert (done.state, done.pull_id) == ("done", None)
    assert done.compare == f"git fetch ssh://git@host/shop.git {task.branch} && git diff HEAD...FETCH_HEAD"
    assert await db.read(pull_requests.of_task, task.id) == []
