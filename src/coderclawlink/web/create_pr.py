"""Routes of proposing a task's result as a pull request, and of the pull requests that it has."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field

from coderclawlink import clock
from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import tasks
from coderclawlink.db.engine import Look, Tx
from coderclawlink.errors import Unavailable
from coderclawlink.ids import TaskId
from coderclawlink.pulls import deliveries, pull_requests
from coderclawlink.pulls.deliveries import Delivery, Stage, Words
from coderclawlink.pulls.hosts import CheckState, HostRefused, Mergeable, PullState
from coderclawlink.pulls.pull_requests import PullRequest
from coderclawlink.runs import nodes
from coderclawlink.web.rooms import CLOSING, Here, Rooms
from coderclawlink.web.shapes import LONG_TEXT_AT_MOST, Asked, Id, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(prefix="/api/tasks/{task_id}", tags=["pull requests"])

WAIT_SECONDS = 50.0
"""Less than our own command line waits for any answer."""
LOOK_AGAIN_SECONDS = 5.0
NODE_SECONDS = 10.0
"""How long a node that is away may take to come back, as after a restart, until people are told."""

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]
TaskNumber = Annotated[Id, Path()]
Title = Annotated[str, Field(max_length=500)]
Text = Annotated[str, Field(max_length=LONG_TEXT_AT_MOST)]


class StillUnderWay(Unavailable):
    """It is under way, and goes on by itself: ask again in a moment."""


class ProposalWanted(Asked):
    """`draft` null: as the project wants it; if it says nothing, a draft as long as no check has passed on the result."""

    title: Title | None = None
    body: Text | None = None
    draft: bool | None = None


class DeliveryTold(Told):
    """A result on its way to its branch. `repository`: its name within the project, "" for the project's own. `compare`: how to look at the
    branch where there are no pull requests. `error`: what stands in its way."""

    id: str
    run_id: str
    repository: str
    branch: str
    head: str
    state: Stage
    pr_number: int | None
    compare: str | None
    error: str | None
    tries: int


class Proposed(Told):
    """`pr_url`, `pr_number`: null on a plain git remote, where `compare` tells how to look at the branch."""

    success: Literal[True] = True
    pr_url: str | None
    pr_number: int | None
    branch_name: str
    draft: bool
    compare: str | None
    deliveries: list[DeliveryTold]


class PullCheckTold(Told):
    name: str
    state: CheckState
    url: str | None = None


class PullRequestTold(Told):
    """As it was seen last, at `looked_at`. `repository`: its name within the project; `place`: owner/name on the host. `rounds`: prompts that
    came of it since a person acted last. `error`: why it cannot be looked at; `needs`: why it waits for a person."""

    number: int
    url: str
    repository: str
    place: str
    title: str
    branch: str
    base: str
    head: str
    draft: bool
    state: PullState
    checks: Literal["none", "pending", "passed", "failed"]
    check_list: list[PullCheckTold]
    review: Literal["none", "approved", "changes_requested"]
    mergeable: Mergeable
    comments: int
    rounds: int
    error: str | None
    needs: str | None
    opened_at: Stamp
    looked_at: Stamp | None
    ended_at: Stamp | None


class OfTask(Told):
    pull_requests: list[PullRequestTold]
    deliveries: list[DeliveryTold]


def told(pull: PullRequest) -> PullRequestTold:
    checks = [
        PullCheckTold(name=one["name"], state=one["state"], url=one.get("url")) for one in json.loads(pull.checks_json)
    ]
    shown = {name: getattr(pull, name) for name in PullRequestTold.model_fields if hasattr(pull, name)}
    return PullRequestTold(**{**shown, "repository": pull.name, "place": str(pull.place), "check_list": checks})


def _delivery(look: Look, one: Delivery) -> DeliveryTold:
    number = None if one.pull_id is None else pull_requests.find(look, one.pull_id).number
    return DeliveryTold(
        id=one.id,
        run_id=one.run_id,
        repository=one.name,
        branch=one.branch,
        head=one.head,
        state=one.state,
        pr_number=number,
        compare=one.compare,
        error=one.error,
        tries=one.tries,
    )


@router.post("/create_pr")
async def create_pr(
    actor: Writer,
    here: Here,
    task_id: TaskNumber,
    wanted: Annotated[ProposalWanted | None, Body()] = None,
    title: Annotated[Title | None, Query()] = None,
    body: Annotated[Text | None, Query()] = None,
) -> Proposed:
    """Push the task's result to its branch and open its pull request, or find the one that is there. What cannot be done at once, because
    the node or the host is away, is answered with 503 and done as soon as it can be."""
    asked = wanted or ProposalWanted()
    words = Words(asked.title or title or None, asked.body or body or None, asked.draft)
    wished = await here.db.write(_want, actor, TaskId(task_id), words, here.public_url)
    over = await _until_over(here, [one.id for one in wished])
    return await here.db.read(_proposed, over)


def _want(tx: Tx, actor: Actor, task: TaskId, words: Words, public_url: str) -> list[Delivery]:
    return deliveries.want(tx, actor, tasks.find(tx, task), words, public_url)


async def _until_over(here: Rooms, wished: list[str]) -> list[Delivery]:
    """Raises `HostRefused`, `StillUnderWay`."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with contextlib.suppress(TimeoutError):
        async with clock.timeout(WAIT_SECONDS):
            with here.db.bell.listen(CLOSING, *(f"delivery:{one}" for one in wished)) as ear:
                while any(not one.is_over and one.error is None for one in await here.db.read(_all, wished)):
                    is_late = loop.time() >= began + NODE_SECONDS
                    if here.is_closing or (is_late and await here.db.read(_away, wished)):
                        break
                    await ear.wait(LOOK_AGAIN_SECONDS)
    found = await here.db.read(_all, wished)
    for one in found:
        if one.state == "failed":
            raise HostRefused(one.error or "The code host refused.")
    waits = next((one for one in found if not one.is_over), None)
    if waits is not None:
        raise StillUnderWay(f"{waits.error or await here.db.read(_whom, waits)} {StillUnderWay().message}".strip())
    return found


def _away(look: Look, wished: list[str]) -> bool:
    """Whether something is to be pushed by a node that is not here."""
    here = {node.name for node in nodes.online(look)}
    return any(one.state == "wanted" and one.node not in here for one in _all(look, wished))


def _whom(look: Look, waits: Delivery) -> str:
    if waits.state != "wanted":
        return ""
    is_away = "is away" if _away(look, [waits.id]) else "has not answered yet"
    return f"The node {waits.node} holds the work, and {is_away}."


def _all(look: Look, wished: list[str]) -> list[Delivery]:
    return [deliveries.find(look, one) for one in wished]


def _proposed(look: Look, over: list[Delivery]) -> Proposed:
    first = over[0]
    pull = None if first.pull_id is None else pull_requests.find(look, first.pull_id)
    return Proposed(
        pr_url=None if pull is None else pull.url,
        pr_number=None if pull is None else pull.number,
        branch_name=first.branch,
        draft=pull is not None and pull.draft,
        compare=first.compare,
        deliveries=[_delivery(look, one) for one in over],
    )


@router.get("/pull_requests")
async def list_pull_requests(actor: Reader, here: Here, task_id: TaskNumber) -> OfTask:
    """Newest first, and what is on its way."""
    return await here.db.read(_of_task, TaskId(task_id))


def _of_task(look: Look, task: TaskId) -> OfTask:
    tasks.find(look, task)
    return OfTask(
        pull_requests=[told(pull) for pull in pull_requests.of_task(look, task)],
        deliveries=[_delivery(look, one) for one in deliveries.of_task(look, task)],
    )
