"""One type for each kind of id, so that a task's number is never taken for a project's. Imports nothing of ours."""

from typing import NewType

import uuid_utils

ProjectId = NewType("ProjectId", int)
TaskId = NewType("TaskId", int)
RunId = NewType("RunId", str)
"""A UUIDv7 (RFC 9562), so that ids sort by the time they were made."""
NodeId = NewType("NodeId", str)
QuestionId = NewType("QuestionId", str)
CommentId = NewType("CommentId", int)
LabelId = NewType("LabelId", int)
AttachmentId = NewType("AttachmentId", int)
SessionId = NewType("SessionId", str)


def new_id() -> str:
    """A fresh UUIDv7 in its usual text form."""
    return str(uuid_utils.uuid7())
