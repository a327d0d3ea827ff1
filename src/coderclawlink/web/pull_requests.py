"""Routes of what people do with a pull request: merge it, take it out of draft, look now, have an agent answer; and the webhook's secret."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import tasks
from coderclawlink.db.engine import Look
from coderclawlink.errors import Unavailable
from coderclawlink.ids import TaskId
from coderclawlink.pulls import pull_requests, watched
from coderclawlink.pulls.hosts import MergeMethod
from coderclawlink.pulls.pull_requests import PullRequest
from coderclawlink.pulls.watched import Watching
from coderclawlink.web.create_pr import PullRequestTold, TaskNumber, Writer, told
from coderclawlink.web.rooms import Here, Rooms
from coderclawlink.web.shapes import Asked, Id, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(tags=["pull requests"])

Admin = Annotated[Actor, needs(Permission.ADMIN_SYSTEM)]
Number = Annotated[Id, Path()]
Name = Annotated[
    str, Query(max_length=64, description="The repository's name within the project; empty: the project's own.")
]
BASE = "/api/tasks/{task_id}/pull_requests/{number}"
HOOK = "/api/github/webhook"


class NotWatched(Unavailable):
    """Pull requests cannot be reached from here."""


class MergeWanted(Asked):
    """`method` null: as the project merges. `head`: the commit that is to be merged, and no other; null: the one seen last."""

    method: MergeMethod | None = None
    head: Annotated[str | None, Field(pattern="^[0-9a-f]{40,64}$")] = None


class Answering(Told):
    """`run_id`: of the run that heeds what the host tells."""

    run_id: str


class WebhookTold(Told):
    """`secret`: told this once; making another one ends it."""

    url: str
    secret: str
    content_type: str = "application/json"


@router.post(f"{BASE}/merge")
async def merge_pull_request(
    actor: Writer,
    here: Here,
    task_id: TaskNumber,
    number: Number,
    wanted: Annotated[MergeWanted | None, Body()] = None,
    repository: Name = "",
) -> PullRequestTold:
    """Merge it on its host. What the host says against it is answered with 502."""
    asked = wanted or MergeWanted()
    found = await _found(here, task_id, number, repository)
    return told(await _watching(here).merge(actor, found, asked.head, asked.method))


@router.post(f"{BASE}/ready")
async def make_pull_request_ready(
    actor: Writer, here: Here, task_id: TaskNumber, number: Number, repository: Name = ""
) -> PullRequestTold:
    """Take it out of draft."""
    return told(await _watching(here).make_ready(actor, await _found(here, task_id, number, repository)))


@router.post(f"{BASE}/refresh")
async def refresh_pull_request(
    actor: Writer, here: Here, task_id: TaskNumber, number: Number, repository: Name = ""
) -> PullRequestTold:
    """Look on its host how it stands now."""
    return told(await _watching(here).refresh(actor, await _found(here, task_id, number, repository)))


@router.post(f"{BASE}/answer")
async def answer_pull_request(
    actor: Writer, here: Here, task_id: TaskNumber, number: Number, repository: Name = ""
) -> Answering:
    """Have an agent mend what fails, conflicts, or was asked for in reviews. The rounds that it may do so by itself begin anew."""
    run = await _watching(here).answer(actor, await _found(here, task_id, number, repository))
    return Answering(run_id=run.id)


@router.post("/api/github/webhook_secret")
async def make_webhook_secret(actor: Admin, here: Here) -> WebhookTold:
    """Make the secret that GitHub signs its webhooks with, in the place of an earlier one."""
    secret = await here.db.write(watched.make_secret, actor, here.vault)
    return WebhookTold(url=here.public_url.rstrip("/") + HOOK, secret=secret)


async def _found(here: Rooms, task: int, number: int, name: str) -> PullRequest:
    return await here.db.read(_find, TaskId(task), number, name)


def _find(look: Look, task: TaskId, number: int, name: str) -> PullRequest:
    tasks.find(look, task)
    return pull_requests.find_in(look, task, number, name)


def _watching(here: Rooms) -> Watching:
    if here.watching is None:
        raise NotWatched
    return here.watching
