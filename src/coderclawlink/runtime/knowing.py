"""What an agent is told of its task and project, as data: what a colleague would know who is given it.

Above: `wishing`, which makes it a run's context; agents behind a URL get it as it is, others in words (`node.briefing`). Below:
the board, and whose words a task of an issue has. The contract's keys come first, and further ones beside them.
"""

from __future__ import annotations

from pydantic import JsonValue

from coderclawlink.access.policy import Actor
from coderclawlink.board import attachments, comments, labels, links
from coderclawlink.board.projects import Project
from coderclawlink.board.tasks import Task
from coderclawlink.clock import rfc3339
from coderclawlink.db.engine import Look
from coderclawlink.ids import TaskId
from coderclawlink.pulls import meeting

COMMENTS_AT_MOST = 50
COMMENTS_CHARACTERS = 60_000
"""Of all comments together; the newest count more."""
LINKS_AT_MOST = 50


def of_project(project: Project) -> dict[str, JsonValue]:
    return {"key": project.key, "name": project.name, "github_repo": project.github_repo_url}


def of_task(look: Look, actor: Actor, task: Task) -> dict[str, JsonValue]:
    """Comments oldest first, the newest fifty as far as they fit; attachments with their size in bytes; of what is linked, what the
    actor sees."""
    told, left_out = _comments(look, task.id)
    title, description = meeting.of_a_stranger(look, task) or (task.title, task.description)
    known: dict[str, JsonValue] = {"key": task.key, "title": title, "description": description}
    if names := [label.name for label in labels.of_task(look, task.id)]:
        known["labels"] = list[JsonValue](names)
    if told:
        known["comments"] = told
    if left_out:
        known["comments_left_out"] = left_out
    if linked := _links(look, actor, task.id):
        known["links"] = linked
    if files := attachments.of_task(look, task.id):
        known["attachments"] = [{"name": file.name, "size": file.size, "media_type": file.media_type} for file in files]
    return known


def _comments(look: Look, task: TaskId) -> tuple[list[JsonValue], int]:
    """The comments that fit, and how many do not."""
    newest = comments.of_task(look, task, limit=COMMENTS_AT_MOST)
    told: list[JsonValue] = []
    room = COMMENTS_CHARACTERS
    for comment in reversed(newest):
        room -= len(comment.text)
        if room < 0:
            break
        told.append({"author": comment.author, "at": rfc3339(comment.created_at)[:16] + "Z", "text": comment.text})
    return told[::-1], comments.count(look, task) - len(told)


def _links(look: Look, actor: Actor, task: TaskId) -> list[JsonValue]:
    """What it waits for and belongs to first."""
    found = links.of_task(look, actor, task)
    told: list[tuple[str, links.Linked]] = [("blocked_by", each) for each in found.blocked_by]
    told += [("sub_task_of", found.parent)] if found.parent is not None else []
    for kind, others in (("blocks", found.blocks), ("sub_task", found.children), ("relates_to", found.relates)):
        told += [(kind, each) for each in others]
    return [
        {"kind": kind, "key": each.key, "title": each.title, "status": each.status.value}
        for kind, each in told[:LINKS_AT_MOST]
    ]
