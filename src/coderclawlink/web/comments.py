"""Routes of comments on tasks, and of a task's history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import activity, authorship, comments
from coderclawlink.board.comments import Comment
from coderclawlink.ids import CommentId, RunId, TaskId
from coderclawlink.runs.run import State
from coderclawlink.web.rooms import Here
from coderclawlink.web.shapes import Asked, Id, Seq, Stamp, Told
from coderclawlink.web.signing_in import needs

router = APIRouter(tags=["comments"])

Reader = Annotated[Actor, needs(Permission.PROJECT_READ)]
Writer = Annotated[Actor, needs(Permission.PROJECT_WRITE)]


class CommentTold(Told):
    """`text`: Markdown. `edited_at`: null if it stands as it was written. `may_change`, `may_delete`: whether you may."""

    id: int
    task_id: int
    text: str
    author: str
    created_at: Stamp
    edited_at: Stamp | None
    may_change: bool
    may_delete: bool


class CommentText(Asked):
    text: Annotated[str, Field(min_length=1, max_length=comments.TEXT_AT_MOST)]


class ActivityRun(Told):
    id: RunId
    number: int
    agent: str
    state: State


class ActivityEntry(Told):
    """`text` goes on after the actor's name: "moved it to done"."""

    seq: int
    at: Stamp
    actor: str
    kind: str
    text: str
    run: ActivityRun | None
    comment: CommentTold | None


class ActivityPage(Told):
    """`next`: what to give as `before` for the next page; null: there is none."""

    entries: list[ActivityEntry]
    next: int | None


def told(actor: Actor, comment: Comment) -> CommentTold:
    fields = {name: getattr(comment, name) for name in CommentTold.model_fields if not name.startswith("may_")}
    may_change, may_delete = (
        authorship.may_change(actor, comment, comment.project_id),
        authorship.may_delete(actor, comment, comment.project_id),
    )
    return CommentTold(**fields, may_change=may_change, may_delete=may_delete)


@router.get("/api/tasks/{task_id}/comments")
async def list_comments(
    actor: Reader,
    here: Here,
    task_id: Id,
    before: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[CommentTold]:
    """The newest, oldest of them first; `before` a comment's id goes further back."""
    earlier = None if before is None else CommentId(before)
    found = await here.db.read(comments.of_task, TaskId(task_id), before=earlier, limit=limit)
    return [told(actor, one) for one in found]


@router.post("/api/tasks/{task_id}/comments", status_code=201)
async def create_comment(actor: Writer, here: Here, task_id: Id, wanted: CommentText) -> CommentTold:
    return told(actor, await here.db.write(comments.create, actor, TaskId(task_id), wanted.text))


@router.patch("/api/comments/{comment_id}")
async def change_comment(actor: Writer, here: Here, comment_id: Id, wanted: CommentText) -> CommentTold:
    """Its author may."""
    return told(actor, await here.db.write(comments.change, actor, CommentId(comment_id), wanted.text))


@router.delete("/api/comments/{comment_id}", status_code=204)
async def delete_comment(actor: Writer, here: Here, comment_id: Id) -> None:
    """Its author or an admin may."""
    await here.db.write(comments.delete, actor, CommentId(comment_id))


@router.get("/api/tasks/{task_id}/activity")
async def show_activity(
    actor: Reader,
    here: Here,
    task_id: Id,
    before: Seq | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ActivityPage:
    """The task's history for people, newest first."""
    page = await here.db.read(activity.of_task, actor, TaskId(task_id), before=before, limit=limit)
    return ActivityPage(entries=[_entry(actor, one) for one in page.entries], next=page.next)


def _entry(actor: Actor, entry: activity.Entry) -> ActivityEntry:
    run = None if entry.run is None else ActivityRun.model_validate(entry.run)
    comment = None if entry.comment is None else told(actor, entry.comment)
    return ActivityEntry(
        seq=entry.seq, at=entry.at, actor=entry.actor, kind=entry.kind, text=entry.text, run=run, comment=comment
    )
