"""Routes of comments on tasks, and of a task's history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from coderclawlink.access.policy import Actor, Permission
from coderclawlink.board import activity, comments
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
    """`text`: Markdown. `edited_at`: null if it stands as it was written."""

    id: int
    task_id: int
    text: str
    author: str
    created_at: Stamp
    edited_at: Stamp | None


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


@router.get("/api/tasks/{task_id}/comments", response_model=list[CommentTold])
async def list_comments(
    actor: Reader,
    here: Here,
    task_id: Id,
    before: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Comment]:
    """The newest, oldest of them first; `before` a comment's id goes further back."""
    earlier = None if before is None else CommentId(before)
    return await here.db.read(comments.of_task, TaskId(task_id), before=earlier, limit=limit)


@router.post("/api/tasks/{task_id}/comments", status_code=201, response_model=CommentTold)
async def create_comment(actor: Writer, here: Here, task_id: Id, wanted: CommentText) -> Comment:
    return await here.db.write(comments.create, actor, TaskId(task_id), wanted.text)


@router.patch("/api/comments/{comment_id}", response_model=CommentTold)
async def change_comment(actor: Writer, here: Here, comment_id: Id, wanted: CommentText) -> Comment:
    """Its author may."""
    return await here.db.write(comments.change, actor, CommentId(comment_id), wanted.text)


@router.delete("/api/comments/{comment_id}", status_code=204)
async def delete_comment(actor: Writer, here: Here, comment_id: Id) -> None:
    """Its author or an admin may."""
    await here.db.write(comments.delete, actor, CommentId(comment_id))


@router.get("/api/tasks/{task_id}/activity", response_model=ActivityPage)
async def show_activity(
    actor: Reader,
    here: Here,
    task_id: Id,
    before: Seq | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> activity.Page:
    """The task's history for people, newest first."""
    return await here.db.read(activity.of_task, actor, TaskId(task_id), before=before, limit=limit)
