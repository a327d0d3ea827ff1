"""`clawlink pr merge | ready | refresh | answer`: what becomes of a task's pull request, and `clawlink webhook`, for the host to tell it at once.

Above: `main`, which puts these on the commands of `pr`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from coderclawlink.cli import screen
from coderclawlink.cli.pull_requests import Key, NoPullRequest
from coderclawlink.cli.reach import HERE, Reach

if TYPE_CHECKING:
    from coderclawlink.cli import hub as hubs

Number = Annotated[int | None, Parameter(help="The pull request's number; the task's newest open one if not said.")]


def merge(
    key: Key,
    /,
    *,
    number: Number = None,
    method: Annotated[
        Literal["merge", "squash", "rebase"] | None, Parameter(help="As the project merges, if not said.")
    ] = None,
    reach: Reach = HERE,
) -> int:
    """Merge a task's pull request at the commit that was seen last. The task is done then."""
    return _act(key, number, "merge", reach, {"method": method})


def ready(key: Key, /, *, number: Number = None, reach: Reach = HERE) -> int:
    """Take a pull request out of draft."""
    return _act(key, number, "ready", reach)


def refresh(key: Key, /, *, number: Number = None, reach: Reach = HERE) -> int:
    """Look on the host how a pull request stands now."""
    return _act(key, number, "refresh", reach)


def answer(key: Key, /, *, number: Number = None, reach: Reach = HERE) -> int:
    """Have an agent mend what fails, conflicts or was asked for in reviews; it may do so by itself again afterwards."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import pull_request_shapes as shapes

    with hubs.reached(reach) as hub:
        task = hub.task(key)
        told = hub.post(f"/api/tasks/{task.id}/pull_requests/{_number(hub, task.id, number)}/answer", {})
    if reach.json:
        screen.as_json(told.text)
        return 0
    screen.say(f"Run {told.read(shapes.Answering).run_id} answers.")
    return 0


def webhook(*, reach: Reach = HERE) -> int:
    """Make the webhook's secret and print it, once, with the address that GitHub is to be given. It ends an earlier one."""
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import pull_request_shapes as shapes

    with hubs.reached(reach) as hub:
        told = hub.post("/api/github/webhook_secret", {})
    if reach.json:
        screen.as_json(told.text)
        return 0
    made = told.read(shapes.Webhook)
    screen.say(f"Payload URL:   {made.url}\nContent type:  {made.content_type}\nSecret:        {made.secret}")
    return 0


COMMANDS = (merge, ready, refresh, answer)


def _act(key: str, number: int | None, verb: str, reach: Reach, body: dict[str, str | None] | None = None) -> int:
    from coderclawlink.cli import hub as hubs
    from coderclawlink.cli import pull_request_shapes as shapes
    from coderclawlink.cli.text import line

    with hubs.reached(reach) as hub:
        task = hub.task(key)
        path = f"/api/tasks/{task.id}/pull_requests/{_number(hub, task.id, number)}/{verb}"
        told = hub.post(path, {name: value for name, value in (body or {}).items() if value is not None})
    if reach.json:
        screen.as_json(told.text)
        return 0
    pull = told.read(shapes.Pull)
    draft = ", draft" if pull.draft else ""
    screen.say(f"#{pull.number} {pull.state}{draft}, checks {pull.checks}, review {pull.review}: {line(pull.url)}")
    if pull.error:
        screen.complain(line(pull.error))
    return 0


def _number(hub: hubs.Hub, task: int, number: int | None) -> int:
    """Raises `NoPullRequest`."""
    from coderclawlink.cli import pull_request_shapes as shapes

    if number is not None:
        return number
    found = hub.get(f"/api/tasks/{task}/pull_requests").read(shapes.OfTask).pull_requests
    newest = next((one for one in found if one.state == "open"), next(iter(found), None))
    if newest is None:
        raise NoPullRequest
    return newest.number
